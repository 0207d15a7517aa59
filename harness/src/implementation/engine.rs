//! An engine that is named by the command that starts it, and needs no manifest.

use std::env;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use anyhow::Result;
use permscope_engine::model::Model;

use super::attach::{Attached, NotAttached, WINDOW, greet};
use super::manifest::{LaunchBy, Manifest};
use super::program::Program;
use super::sandbox::Sandbox;
use crate::message::quoted;
use crate::project::Project;

/// A command as it would be typed, such as `python3 engine.py`; no shell is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    text: String,
    program: String,
    arguments: Vec<String>,
}

impl FromStr for Engine {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words = shlex::split(text).ok_or_else(|| format!("\"{text}\" has an open quote"))?;
        let [program, arguments @ ..] = words.as_slice() else {
            return Err("the command is empty".to_owned());
        };
        let (program, arguments) = (program.clone(), arguments.to_vec());
        Ok(Self { text: text.to_owned(), program, arguments })
    }
}

impl Engine {
    /// Starts it, and hears who it is.
    ///
    /// It gives itself its name, but not that of a runtime which the project knows: whatever is known of that is not known of it.
    pub async fn attach(
        &self,
        project: &Project,
        patience: Duration,
        scratch: &Path,
        sandbox: Sandbox,
    ) -> Result<Attached> {
        let mute = |why: String| NotAttached::Mute { wanted: self.text.clone(), why };
        let no_program = |why: String| NotAttached::NoProgram { wanted: self.text.clone(), why };
        let program = find(&self.program).map_err(no_program)?;
        let manifest = Manifest::of_engine(self.arguments.clone());
        let program = Program {
            manifest,
            program,
            adapter: String::new(),
            patience,
            window: WINDOW,
            sandbox,
        };
        let argument = format!("--command {}", quoted(&self.text));
        let mut attached = greet(program, argument, &self.text, scratch).await?;
        let name = attached.hello.name.clone();
        if !is_name(&name) {
            let why = format!(
                "it says that its name is {name:?}; a name is letters, digits, hyphens, dots and underscores"
            );
            return Err(mute(why).into());
        }
        if project.implementation_names().contains(&name) && !is_engine(project, &name) {
            let why =
                format!("it says that its name is {name}, which is that of another implementation");
            return Err(mute(why).into());
        }
        if Model::of_name(&attached.hello.model).is_none() {
            let names: Vec<_> = Model::ALL.iter().map(|model| model.name()).collect();
            let model = &attached.hello.model;
            let why =
                format!("it says that its model is {model:?}; there are {}", names.join(", "));
            return Err(mute(why).into());
        }
        attached.rename(name);
        Ok(attached)
    }
}

/// Whether the project knows an engine of that name, whose known differences are then meant.
fn is_engine(project: &Project, name: &str) -> bool {
    let manifest = Manifest::read(&project.implementations().join(name));
    manifest.is_ok_and(|manifest| manifest.launch == LaunchBy::Message)
}

fn is_name(text: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
    text.chars().all(is_plain) && text.starts_with(|letter: char| letter.is_ascii_alphanumeric())
}

/// The program of that name: at its path, or else in a directory of the search path.
fn find(name: &str) -> Result<PathBuf, String> {
    let path = Path::new(name);
    if path.components().count() > 1 {
        return path
            .canonicalize()
            .map_err(|error| format!("there is no program {name:?}: {error}"));
    }
    let places = env::var_os("PATH").unwrap_or_default();
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    let found =
        env::split_paths(&places).map(|place| place.join(&file)).find(|path| path.is_file());
    found.ok_or_else(|| {
        let beside =
            if path.exists() { format!("; \"./{name}\" is in this folder") } else { String::new() };
        format!("there is no program {name:?} on the search path{beside}")
    })
}
