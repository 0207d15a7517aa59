//! A launch: what decides a process, and so which cases can share one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use permscope_engine::release::Release;
use permscope_engine::resource::path::Path;
use permscope_engine::world::Platform;
use serde_json::Value;

use crate::corpus::fixture::Fixture;
use crate::wire::{self, Command};

/// The name that stands for the fixture's folder in a case.
pub const ROOT: &str = "$ROOT";

/// The folder of an implementation that has none.
pub const NOWHERE: &str = "/permscope";

/// What decides a process, but for the implementation and its release.
///
/// Ordered, so that equal launches stand beside each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Launch {
    /// The runtime's command.
    pub command: Command,
    /// The flags, in order.
    pub flags: Vec<String>,
    /// The environment.
    pub environment: BTreeMap<String, String>,
    /// The directories in which programs are looked up.
    pub search_path: Vec<String>,
    /// The working directory.
    pub directory: String,
    /// Whether somebody sits at a terminal.
    pub terminal: bool,
    /// The fixture, by its file; empty where nothing is needed.
    pub fixture: PathBuf,
}

impl Launch {
    /// A launch with nothing unusual about it.
    pub fn bare() -> Self {
        Self {
            command: Command::Run,
            flags: Vec::new(),
            environment: BTreeMap::new(),
            search_path: vec![format!("{ROOT}/bin")],
            directory: ROOT.to_owned(),
            terminal: false,
            fixture: PathBuf::new(),
        }
    }

    /// The launch as it is sent, at a release, with the fixture in the folder `root`.
    pub fn to_wire(&self, release: Release, fixture: &Fixture, root: &str) -> wire::Launch {
        let place = |text: &String| text.replace(ROOT, root);
        wire::Launch {
            release: release.to_string(),
            command: self.command,
            flags: self.flags.iter().map(place).collect(),
            environment: self
                .environment
                .iter()
                .map(|(name, value)| (name.clone(), place(value)))
                .collect(),
            search_path: self.search_path.iter().map(place).collect(),
            directory: place(&self.directory),
            terminal: self.terminal,
            files: fixture.files(root),
        }
    }
}

/// Whether a path lies in the fixture's folder, `$ROOT`, once `..` is resolved; relative ones are read from a directory.
///
/// Whatever a case really does stays inside; what it only asks about may be anywhere.
pub fn stays_inside(path: &str, directory: &str) -> bool {
    let root = Path::read(NOWHERE, &Path::root(Platform::Unix), Platform::Unix);
    let read =
        |text: &str, base: &Path| Path::read(&text.replace(ROOT, NOWHERE), base, Platform::Unix);
    root.covers(&read(path, &read(directory, &root)))
}

/// Puts the folder in for `$ROOT`, in every text of a value.
pub fn resolve(value: &Value, root: &str) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace(ROOT, root)),
        Value::Array(elements) => {
            Value::Array(elements.iter().map(|element| resolve(element, root)).collect())
        }
        Value::Object(fields) => Value::Object(
            fields.iter().map(|(key, value)| (key.clone(), resolve(value, root))).collect(),
        ),
        other => other.clone(),
    }
}
