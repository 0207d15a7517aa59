//! A program that speaks the protocol, and how a process of it is started.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use permscope_engine::release::Release;
use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};
use tempfile::TempDir;

use super::conversation::End;
use super::manifest::{LaunchBy, Manifest};
use super::sandbox::Sandbox;
use crate::corpus::fixture::Fixture;
use crate::launch::{self, Launch, Names};
use crate::observation::Observation;
use crate::plan::Group;
use crate::wire::{Command, Hello, Place, Refused};

/// The release of a process that is sent no script.
const NO_RELEASE: Release = Release::new(0, 0, 0);

/// The part of an implementation's scratch folder that its processes may write to; not the adapter, which all of them share.
const CACHE: &str = "cache";

/// A program that speaks the protocol.
#[derive(Clone, Debug)]
pub struct Program {
    /// How it is attached.
    pub manifest: Manifest,
    /// The program.
    pub program: PathBuf,
    /// The text of its adapter.
    pub adapter: String,
    /// How long it may say nothing new.
    pub patience: Duration,
    /// How many scripts it is sent before the first of them is answered; what takes its launch as arguments gets all at once.
    pub window: usize,
    /// What its processes are restricted by.
    pub sandbox: Sandbox,
}

/// What a group of cases is acted out with.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// The release to be.
    pub release: Release,
    /// The fixture of the group's cases, or of each where launches are data.
    pub fixtures: &'a dyn Fn(&Path) -> &'a Fixture,
    /// A folder that the program may fill, shared by all of a run.
    pub scratch: &'a Path,
    /// Is given every message that is heard, as it was said.
    pub tap: &'a dyn Fn(&str),
    /// Is given the answer to each case as it is heard, by the case's index.
    pub keep: &'a dyn Fn(usize, Observation),
}

impl<'a> Setting<'a> {
    /// A setting that nobody else listens in.
    pub fn of(
        release: Release,
        fixtures: &'a dyn Fn(&Path) -> &'a Fixture,
        scratch: &'a Path,
    ) -> Self {
        Self { release, fixtures, scratch, tap: &|_| {}, keep: &|_, _| {} }
    }
}

impl Program {
    /// Starts the program without a script, to learn who it is.
    pub async fn hello(&self, scratch: &Path) -> Result<Hello> {
        let launch = Launch::bare();
        let group = Group { launch: &launch, place: None, cases: Vec::new() };
        let fixture = Fixture::default();
        let fixtures = |_: &Path| &fixture;
        let setting = Setting::of(NO_RELEASE, &fixtures, scratch);
        let talk = self.converse(&group, &[], &[], 1, setting).await?;
        let program = self.program.display();
        match (talk.hello, talk.end) {
            (Some(hello), _) => Ok(hello),
            (None, End::Silent) => {
                anyhow::bail!("{program} said nothing for {} s", self.patience.as_secs())
            }
            (None, End::Refused(Refused { message, .. })) => {
                anyhow::bail!("{program} did not start: {}", message.unwrap_or_default())
            }
            (None, End::Died(how) | End::Nonsense(how) | End::Exited(how)) => {
                anyhow::bail!("{program} {how}")
            }
        }
    }

    /// How long a process takes that is launched as another is, on an empty file, and does nothing.
    pub async fn bare_start(
        &self,
        group: &Group<'_>,
        release: Release,
        scratch: &Path,
    ) -> Result<Duration> {
        let folder = temporary_folder()?;
        // Whatever the sandbox costs is the harness's doing.
        let bare = Self { adapter: String::new(), sandbox: Sandbox::NONE, ..self.clone() };
        let scratch = &scratch.join("bare");
        let (entry, directory) = (Vec::new(), launch::ROOT.to_owned());
        let launch = Launch { entry, directory, ..group.launch.clone() };
        let group = Group { launch: &launch, place: group.place, cases: Vec::new() };
        let root = folder.path().to_string_lossy();
        let names = Names { root: &root, ..Names::of_nowhere(release) };
        let command = bare.command(&group, names, scratch, &[])?;
        let start = Instant::now();
        let mut child = bare.start(command, folder.path(), scratch, None)?;
        drop(child.0.stdin().take());
        child.0.wait().await.context("cannot wait for a process")?;
        Ok(start.elapsed())
    }

    /// The command of a process, with its folder, its arguments and its environment; the messages are for one that cannot read them from its input.
    pub fn command(
        &self,
        group: &Group<'_>,
        names: Names<'_>,
        scratch: &Path,
        messages: &[String],
    ) -> Result<CommandWrap> {
        let manifest = &self.manifest;
        let scratch = scratch.join(&manifest.name);
        let adapter = self.adapter_path(&scratch)?;
        let launch = group.launch;
        let arguments = match (launch.command, group.place) {
            _ if manifest.launch == LaunchBy::Message => &manifest.commands.run,
            _ if !launch.entry.is_empty() => &manifest.commands.entry,
            (_, Some(Place::Test)) if launch.terminal => &manifest.commands.terminal_test,
            _ if launch.terminal => &manifest.commands.terminal,
            (Command::Eval, _) => &manifest.commands.eval,
            (_, Some(Place::Test)) => &manifest.commands.test,
            (_, Some(Place::Worker)) => &manifest.commands.worker,
            (_, Some(Place::Child)) => &manifest.commands.child,
            (Command::Run | Command::Test, None) => &manifest.commands.run,
        };
        let place = |text: &String| names.text(text);
        let cache = scratch.join(CACHE);
        let cache = cache.to_string_lossy();
        let mut command = tokio::process::Command::new(&self.program);
        // A launch with a configuration file of its own is not kept from it.
        let is_configured = launch.flags.iter().any(|flag| flag.starts_with("--config="));
        for argument in arguments {
            match argument.as_str() {
                "{no-configuration}" if is_configured => &mut command,
                "{no-configuration}" => command.args(&manifest.no_configuration),
                "{flags}" => command.args(launch.flags.iter().map(place)),
                "{entry}" => command.args(launch.entry.iter().map(place)),
                "{adapter}" => command.arg(&adapter),
                "{adapter-text}" => command.arg(&self.adapter),
                "{messages}" => command.args(messages),
                text => command.arg(text.replace("{scratch}", &cache)),
            };
        }
        command.env_clear();
        for (name, value) in &manifest.environment {
            command.env(name, value.replace("{scratch}", &cache));
        }
        if manifest.launch == LaunchBy::Arguments {
            let path = std::env::join_paths(launch.search_path.iter().map(place))
                .context("a directory of the search path holds a separator")?;
            command.env("PATH", path);
            command.envs(launch.environment.iter().map(|(name, value)| (name, place(value))));
            command.current_dir(place(&launch.directory));
        } else if let Some(path) = std::env::var_os("PATH") {
            // An engine may be a script, whose interpreter has to be found.
            command.env("PATH", path);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut command = CommandWrap::from(command);
        command.wrap(KillOnDrop);
        #[cfg(unix)]
        command.wrap(process_wrap::tokio::ProcessSession);
        #[cfg(windows)]
        command.wrap(process_wrap::tokio::JobObject);
        Ok(command)
    }

    /// Starts a process that may write to its own folder and to its implementation's cache, and come to a listener's port.
    pub fn start(
        &self,
        mut command: CommandWrap,
        folder: &Path,
        scratch: &Path,
        port: Option<u16>,
    ) -> Result<Running> {
        let cache = scratch.join(&self.manifest.name).join(CACHE);
        let child = self.sandbox.start(&mut command, &[folder, &cache], port);
        Ok(Running(child.with_context(|| format!("cannot start {}", self.program.display()))?))
    }

    /// Where the adapter lies: at one path for all of a run, so that a runtime which caches code by its path can do so.
    fn adapter_path(&self, scratch: &Path) -> Result<PathBuf> {
        let path = scratch.join(self.manifest.adapter.as_deref().unwrap_or("adapter"));
        if !path.exists() {
            fs::create_dir_all(scratch.join(CACHE))
                .and_then(|()| fs::write(&path, &self.adapter))
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(path)
    }
}

/// A process; when this goes, it and all that it has started go, too.
pub struct Running(pub Box<dyn ChildWrapper>);

impl Drop for Running {
    fn drop(&mut self) {
        // Nothing is left to be killed where the whole group has ended.
        let _ = self.0.start_kill();
    }
}

/// A folder that goes when it is dropped.
pub fn temporary_folder() -> Result<TempDir> {
    TempDir::with_prefix("permscope-").context("cannot make a temporary folder")
}
