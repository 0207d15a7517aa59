//! Finding what is to be checked: by name, by name and version, or by the path of a build of one's own.

use std::borrow::Cow;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result};
use permscope_engine::model::Model;
use permscope_engine::release::Release;

use super::manifest::Manifest;
use super::program::Program;
use super::reference::{self, Reference};
use super::sandbox::Sandbox;
use super::{Implementation, manifest};
use crate::carried;
use crate::corpus::diagnostic::closest;
use crate::message::quoted;
use crate::project::Project;
use crate::wire::{Hello, PROTOCOL};

/// How many scripts an engine is sent before it has answered the first of them, if it says nothing else.
pub const WINDOW: usize = 128;

/// What was asked for: `NAME`, `NAME@VERSION` or `NAME=PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The implementation.
    pub name: String,
    /// Which of it.
    pub which: Which,
}

/// Which of an implementation is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// All that there are.
    All,
    /// One release.
    Release(Release),
    /// The program at this path.
    Program(PathBuf),
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, which) = match (text.split_once('='), text.split_once('@')) {
            (Some((name, path)), _) => (name, Which::Program(path.into())),
            (None, Some((name, release))) => {
                (name, Which::Release(release.parse().map_err(|error| format!("{error}"))?))
            }
            (None, None) => (text, Which::All),
        };
        if name.is_empty() {
            return Err("write NAME, NAME@VERSION or NAME=PATH".to_owned());
        }
        Ok(Self { name: name.to_owned(), which })
    }
}

/// An implementation that is there and has said hello.
pub struct Attached {
    /// Who it is.
    pub hello: Hello,
    /// The releases that it is run at.
    pub releases: Vec<Release>,
    /// How it is spoken to.
    pub by: By,
    /// The option that asks for it alone, as a shell takes it.
    pub argument: String,
}

/// How an implementation is spoken to.
pub enum By {
    /// In this process.
    Call(Box<dyn Implementation>),
    /// As a process of its own.
    Process(Box<Program>),
}

/// What tells one build of an implementation from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    /// Of the program.
    pub program: String,
    /// Of the adapter and the manifest; none where it is in this process.
    pub adapter: Option<String>,
}

impl Attached {
    /// Gives an engine without a manifest the name that it says it has.
    pub fn rename(&mut self, name: String) {
        if let By::Process(program) = &mut self.by {
            program.manifest.name = name;
        }
    }

    /// The digests of what is attached.
    pub fn digests(&self) -> Result<Digests> {
        let By::Process(program) = &self.by else {
            return Ok(Digests { program: carried::ENGINE.to_owned(), adapter: None });
        };
        let mut adapter = blake3::Hasher::new();
        adapter.update(program.adapter.as_bytes()).update(&[0]);
        adapter.update(format!("{:?}", program.manifest).as_bytes());
        // Where the program is an interpreter, it is the files behind it that make the engine.
        for text in program.manifest.commands.run.iter().flat_map(fs::read) {
            adapter.update(&[0]).update(&text);
        }
        let path = program.program.display();
        let file =
            fs::File::open(&program.program).with_context(|| format!("cannot read {path}"))?;
        let mut digest = blake3::Hasher::new();
        digest.update_reader(file).with_context(|| format!("cannot read {path}"))?;
        let program = digest.finalize().to_hex().to_string();
        Ok(Digests { program, adapter: Some(adapter.finalize().to_hex().to_string()) })
    }
}

/// Why an implementation cannot be attached.
#[derive(Debug)]
pub enum NotAttached {
    /// There is no such implementation.
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// There is no such release of it here.
    NotInstalled {
        /// What was asked for.
        wanted: String,
        /// What there is.
        installed: Vec<String>,
    },
    /// Its manifest or its adapter cannot be read, or it is none that can be asked for so.
    Unreadable {
        /// What was asked for.
        wanted: String,
        /// Why.
        why: String,
    },
    /// There is no such program.
    NoProgram {
        /// What was asked for.
        wanted: String,
        /// Why.
        why: String,
    },
    /// The program cannot be started.
    NotStarted {
        /// What was asked for.
        wanted: String,
        /// Why.
        why: String,
    },
    /// It was started, and does not speak the protocol, or not of what it is said to be.
    Mute {
        /// What was asked for.
        wanted: String,
        /// Why.
        why: String,
    },
}

impl fmt::Display for NotAttached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotAttached::Unknown { name, known } => {
                write!(f, "there is no implementation \"{name}\"; there are {}", known.join(", "))?;
                match closest(name, known.iter().map(String::as_str)) {
                    Some(close) => write!(f, "; did you mean \"{close}\"?"),
                    None => Ok(()),
                }
            }
            NotAttached::NotInstalled { wanted, installed } => {
                write!(
                    f,
                    "{wanted} is not installed; install it with\n\n    cargo xtask runtimes install {wanted}\n\nor name a program of it: --implementation {}=PATH\n\n",
                    wanted.split('@').next().unwrap_or_default(),
                )?;
                match installed.is_empty() {
                    true => write!(f, "no release of it is installed"),
                    false => write!(f, "installed are {}", installed.join(", ")),
                }
            }
            NotAttached::Unreadable { wanted, why }
            | NotAttached::NoProgram { wanted, why }
            | NotAttached::NotStarted { wanted, why }
            | NotAttached::Mute { wanted, why } => {
                write!(f, "{wanted} cannot be attached: {why}")
            }
        }
    }
}

impl std::error::Error for NotAttached {}

/// Attaches what was asked for; a name may stand for several.
pub async fn attach(
    wanted: &Wanted,
    project: &Project,
    patience: Duration,
    scratch: &Path,
    sandbox: Sandbox,
) -> Result<Vec<Attached>> {
    if wanted.name == reference::NAME {
        return attach_reference(wanted);
    }
    let folder = project.implementations().join(&wanted.name);
    if !carried::exists(&folder.join(manifest::FILE)) {
        let known = project.implementation_names();
        return Err(NotAttached::Unknown { name: wanted.name.clone(), known }.into());
    }
    let unreadable = |error: anyhow::Error| NotAttached::Unreadable {
        wanted: wanted.name.clone(),
        why: format!("{error:#}"),
    };
    let manifest = Manifest::read(&folder).map_err(unreadable)?;
    let adapter = match &manifest.adapter {
        Some(name) => carried::read_to_string(&folder.join(name))
            .map(Cow::into_owned)
            .with_context(|| format!("cannot read the adapter {}", folder.join(name).display()))
            .map_err(unreadable)?,
        None => String::new(),
    };
    let mut attached = Vec::new();
    for (argument, program) in programs(wanted, &manifest, project)? {
        let program = Program {
            manifest: manifest.clone(),
            program,
            adapter: adapter.clone(),
            patience,
            window: WINDOW,
            sandbox,
        };
        let mute = |why: String| NotAttached::Mute { wanted: argument.clone(), why };
        let option = format!("--implementation {}", quoted(&argument));
        let one = greet(program, option, &argument, scratch).await?;
        let hello = &one.hello;
        // What is known of an implementation is looked up by its name, so it cannot give itself another.
        let (says, is) = ((&hello.name, &hello.model), (&manifest.name, &manifest.model));
        if says != is {
            let why = format!("it says that it is {} of the model {}", says.0, says.1);
            return Err(mute(format!("{why}, and its manifest {} of {}", is.0, is.1)).into());
        }
        if let Which::Release(release) = wanted.which
            && !one.releases.contains(&release)
        {
            return Err(mute(format!("it says that it is {}", hello.releases.join(", "))).into());
        }
        attached.push(one);
    }
    Ok(attached)
}

/// Hears who a program is; `wanted` is what was asked for, in words.
pub async fn greet(
    mut program: Program,
    argument: String,
    wanted: &str,
    scratch: &Path,
) -> Result<Attached> {
    let mute = |why: String| NotAttached::Mute { wanted: wanted.to_owned(), why };
    let hello = program.hello(scratch).await.map_err(|error| not_started(wanted, &error))?;
    if hello.protocol != PROTOCOL {
        let why = format!("it speaks version {} of the protocol, not {PROTOCOL}", hello.protocol);
        return Err(mute(why).into());
    }
    if let Some(window) = hello.window {
        program.window = program.window.min(window.get());
    }
    let mut releases = Vec::new();
    for release in &hello.releases {
        releases.push(release.parse().map_err(|error| mute(format!("{error}")))?);
    }
    if releases.is_empty() {
        return Err(mute("it names no release that it can be".to_owned()).into());
    }
    Ok(Attached { hello, releases, by: By::Process(Box::new(program)), argument })
}

/// Why a program has not said hello: it could not be started, or it said something else.
fn not_started(wanted: &str, error: &anyhow::Error) -> NotAttached {
    let (wanted, why) = (wanted.to_owned(), format!("{error:#}"));
    let of_system = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>());
    match of_system.map(io::Error::kind) {
        None => NotAttached::Mute { wanted, why },
        Some(io::ErrorKind::PermissionDenied) => {
            let hint = "make it executable, or name the interpreter that runs it";
            NotAttached::NotStarted { wanted, why: format!("{why}; {hint}") }
        }
        Some(_) => NotAttached::NotStarted { wanted, why },
    }
}

fn attach_reference(wanted: &Wanted) -> Result<Vec<Attached>> {
    let mut attached = Vec::new();
    for &model in Model::ALL {
        let reference = Reference(model);
        let releases = match &wanted.which {
            Which::All => model.releases().to_vec(),
            // The engine takes any release, modelled or not; of which model it is can be told by its number.
            Which::Release(release) if model.counts(*release) => vec![*release],
            Which::Release(_) => continue,
            Which::Program(_) => {
                let why = "the reference engine is a part of this program".to_owned();
                return Err(NotAttached::Unreadable { wanted: wanted.name.clone(), why }.into());
            }
        };
        attached.push(Attached {
            hello: reference.hello(),
            releases,
            by: By::Call(Box::new(reference)),
            argument: format!("--implementation {}", wanted.name),
        });
    }
    Ok(attached)
}

/// The programs that are meant, each with the argument that asks for it alone.
fn programs(
    wanted: &Wanted,
    manifest: &Manifest,
    project: &Project,
) -> Result<Vec<(String, PathBuf)>> {
    let name = &wanted.name;
    let installed = project.installed(name, &manifest.program);
    let names = || installed.iter().map(|(argument, _)| argument.clone()).collect();
    let not_installed = |wanted: String| NotAttached::NotInstalled { wanted, installed: names() };
    match &wanted.which {
        Which::Program(path) => {
            let argument = format!("{name}={}", path.display());
            match fs::canonicalize(path) {
                Ok(path) => Ok(vec![(argument, path)]),
                Err(why) => {
                    let why = format!("there is no such program: {why}");
                    Err(NotAttached::NoProgram { wanted: argument, why }.into())
                }
            }
        }
        Which::All if installed.is_empty() => Err(not_installed(name.clone()).into()),
        Which::All => Ok(installed.clone()),
        Which::Release(release) => {
            let argument = format!("{name}@{release}");
            match installed.iter().find(|(found, _)| *found == argument) {
                Some(found) => Ok(vec![found.clone()]),
                None => Err(not_installed(argument).into()),
            }
        }
    }
}
