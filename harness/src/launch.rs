//! A launch: what decides a process, and so which cases can share one.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use permscope_engine::model::node;
use permscope_engine::release::Release;
use permscope_engine::resource::host;
use permscope_engine::resource::path::Path;
use permscope_engine::world::Platform;
use serde_json::Value;

use crate::corpus::fixture::Fixture;
use crate::wire::{self, Command};

/// The name that stands for the fixture's folder in a case.
pub const ROOT: &str = "$ROOT";

/// The name that stands for the flag that turns Node's model on, which has changed.
pub const PERMISSION: &str = "$PERMISSION";

/// The name that stands for the port of the harness's listener.
pub const PORT: &str = "$PORT";

/// The folder of an implementation that has none.
pub const NOWHERE: &str = "/permscope";

/// The port of a listener that is not there, because nobody will come.
pub const NOBODYS_PORT: &str = "4545";

/// What decides a process, but for the implementation and its release.
///
/// Ordered, so that equal launches stand beside each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Launch {
    /// The runtime's command.
    pub command: Command,
    /// The flags, in order.
    pub flags: Vec<String>,
    /// The program's file and its arguments; empty where it is the adapter alone.
    pub entry: Vec<String>,
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
            entry: Vec::new(),
            environment: BTreeMap::new(),
            search_path: vec![format!("{ROOT}/bin")],
            directory: ROOT.to_owned(),
            terminal: false,
            fixture: PathBuf::new(),
        }
    }

    /// The launch as it is sent.
    pub fn to_wire(&self, fixture: &Fixture, names: Names<'_>) -> wire::Launch {
        let texts = |texts: &[String]| texts.iter().map(|text| names.text(text)).collect();
        let variable = |(name, value): (&String, &String)| (name.clone(), names.text(value));
        wire::Launch {
            release: names.release.to_string(),
            command: self.command,
            flags: texts(&self.flags),
            entry: texts(&self.entry),
            environment: self.environment.iter().map(variable).collect(),
            search_path: texts(&self.search_path),
            directory: names.text(&self.directory),
            terminal: self.terminal,
            files: fixture.files(names.root),
        }
    }
}

/// What the names that a case uses stand for, in one process.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// The fixture's folder, [`ROOT`].
    pub root: &'a str,
    /// The port of the harness's listener, [`PORT`].
    pub port: &'a str,
    /// The release, which decides what [`PERMISSION`] is.
    pub release: Release,
}

impl<'a> Names<'a> {
    /// The names of an implementation that is given neither a folder nor a listener.
    pub fn of_nowhere(release: Release) -> Self {
        Self { root: NOWHERE, port: NOBODYS_PORT, release }
    }

    /// The names themselves, for whoever reads.
    pub fn as_written(release: Release) -> Self {
        Self { root: ROOT, port: PORT, release }
    }

    /// A text that an implementation said, with the names put back.
    pub fn back(&self, text: String) -> String {
        let text = match text.contains(self.root) {
            true => text.replace(self.root, ROOT),
            false => text,
        };
        // Every text of every answer comes by here, and few of them tell of a port.
        match text.contains(self.port) {
            true => text.replace(&format!(":{}", self.port), &format!(":{PORT}")),
            false => text,
        }
    }

    /// A text without the names.
    pub fn text(&self, text: &str) -> String {
        // Most texts hold none of them, and every text of every case comes by here.
        if !text.contains('$') {
            return text.to_owned();
        }
        let text = text.replace(ROOT, self.root).replace(PORT, self.port);
        text.replace(PERMISSION, node::flags::switch_of(self.release))
    }

    /// A value without the names, in every text of it.
    pub fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(elements) => {
                Value::Array(elements.iter().map(|element| self.value(element)).collect())
            }
            Value::Object(fields) => Value::Object(
                fields.iter().map(|(key, value)| (key.clone(), self.value(value))).collect(),
            ),
            other => other.clone(),
        }
    }
}

/// Whether an address is this machine's own, and its port the listener's, or one that nobody has yet.
pub fn is_loopback(address: &str) -> bool {
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) => (host, port),
        None => (address, "0"),
    };
    let host = host.trim_matches(['[', ']']);
    // Some resolvers take a plain number for an address.
    let address = match host::of_number(host) {
        Some(address) => Some(IpAddr::from(address)),
        None => host.parse::<IpAddr>().ok().map(|address| address.to_canonical()),
    };
    let is_own = host == "localhost"
        || host == "127.1"
        || address.is_some_and(|address| address.is_loopback() || address.is_unspecified());
    is_own && matches!(port, PORT | "0")
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
