//! An implementation that is a process: scripts in, answers out, and an end that is read whatever it is.
//!
//! All scripts of a group are written at once and the answers read as they come, so a process costs its start and little else.
//! When a process falls silent or dies, the first script without an answer is to blame; the others run again in a fresh process.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use permscope_engine::release::Release;
use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::time::timeout;

use super::manifest::{LaunchBy, Manifest};
use crate::corpus::case::Case;
use crate::corpus::fixture::Fixture;
use crate::launch::{self, Launch, NOWHERE, Names};
use crate::observation::Observation;
use crate::plan::Group;
use crate::wire::{
    Command, FromImplementation, Hello, PROTOCOL, Place, Range, Refused, ToImplementation,
};

/// More than this on standard output or standard error is not read.
const MOST_OUTPUT: u64 = 64 << 20;

/// The release of a process that is sent no script.
const NO_RELEASE: Release = Release::new(0, 0, 0);

/// How long what a process wrote to standard error is waited for once it has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A program that speaks the protocol.
#[derive(Clone, Debug)]
pub struct Runtime {
    /// How it is attached.
    pub manifest: Manifest,
    /// The program.
    pub program: PathBuf,
    /// The text of its adapter.
    pub adapter: String,
    /// How long it may be silent.
    pub patience: Duration,
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
}

/// How a process ended.
#[derive(Clone, Debug, PartialEq)]
enum End {
    /// By itself, with this last word.
    Exited(String),
    /// It was refused before any code ran.
    Refused(Refused),
    /// It died: by a signal, or by a defect that it told of.
    Died(String),
    /// It said nothing for too long, and was killed.
    Silent,
    /// It said something that is not of the protocol.
    Nonsense(String),
}

/// What came out of one process.
struct Attempt {
    hello: Option<Hello>,
    answers: HashMap<u64, Observation>,
    end: End,
}

impl Runtime {
    /// Starts the program without a script, to learn who it is.
    pub async fn hello(&self, scratch: &Path) -> Result<Hello> {
        let launch = Launch::bare();
        let group = Group { launch: &launch, place: None, cases: Vec::new() };
        let fixture = Fixture::default();
        let setting = Setting { release: NO_RELEASE, fixtures: &|_| &fixture, scratch };
        let attempt = self.attempt(&group, &[], &[], setting).await?;
        let program = self.program.display();
        match (attempt.hello, attempt.end) {
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
        let bare = Self { adapter: String::new(), ..self.clone() };
        let scratch = &scratch.join("bare");
        let (entry, directory) = (Vec::new(), launch::ROOT.to_owned());
        let launch = Launch { entry, directory, ..group.launch.clone() };
        let group = Group { launch: &launch, place: group.place, cases: Vec::new() };
        let root = folder.path().to_string_lossy();
        let names = Names { root: &root, release };
        let mut command = bare.command(&group, names, scratch)?;
        let start = Instant::now();
        let child = command.spawn();
        let mut child =
            Running(child.with_context(|| format!("cannot start {}", self.program.display()))?);
        drop(child.0.stdin().take());
        child.0.wait().await.context("cannot wait for a process")?;
        Ok(start.elapsed())
    }

    /// Acts a group of cases out; what each was answered with stands beside its index.
    pub async fn act(
        &self,
        group: &Group<'_>,
        cases: &[&Case],
        setting: Setting<'_>,
    ) -> Result<Vec<(usize, Observation)>> {
        let mut observations = Vec::with_capacity(group.cases.len());
        let mut pending = group.cases.clone();
        while !pending.is_empty() {
            let mut attempt = self.attempt(group, cases, &pending, setting).await?;
            pending.retain(|&index| match attempt.answers.remove(&(index as u64)) {
                Some(observation) => {
                    observations.push((index, observation));
                    false
                }
                None => true,
            });
            let Some(&culprit) = pending.first() else { break };
            let mut at_launch = attempt.hello.is_none();
            let observation = match attempt.end {
                End::Refused(refused) => Observation::Refused(refused),
                End::Exited(how) => Observation::Broke(format!("it had not answered, and {how}")),
                End::Silent => {
                    Observation::Broke(format!("it was silent for {} s", self.patience.as_secs()))
                }
                End::Nonsense(why) => Observation::Broke(why),
                End::Died(how) => {
                    let again = self.attempt(group, cases, &[culprit], setting).await?;
                    at_launch &= again.hello.is_none();
                    match again.end {
                        End::Died(twice) if twice == how => Observation::Crashed(how),
                        _ => Observation::Broke(format!("it died once, and not again: {how}")),
                    }
                }
            };
            // Nothing of the launch depends on the script, so where that fails the others would end alike.
            let ended = if at_launch { pending.len() } else { 1 };
            observations.extend(pending.drain(..ended).map(|index| (index, observation.clone())));
        }
        Ok(observations)
    }

    /// Starts one process, and has it act some cases out.
    async fn attempt(
        &self,
        group: &Group<'_>,
        cases: &[&Case],
        indices: &[usize],
        setting: Setting<'_>,
    ) -> Result<Attempt> {
        let folder = temporary_folder()?;
        let root = folder.path().join("root");
        fs::create_dir(&root).with_context(|| format!("cannot make {}", root.display()))?;
        (setting.fixtures)(&group.launch.fixture).make(&root, &self.adapter)?;
        let root = match self.manifest.launch {
            LaunchBy::Arguments => root.to_string_lossy().into_owned(),
            LaunchBy::Message => NOWHERE.to_owned(),
        };
        let names = Names { root: &root, release: setting.release };
        let versions = Range { min: PROTOCOL, max: PROTOCOL };
        let mut input = line(&ToImplementation::Hello { protocol: versions });
        for &index in indices {
            let case = cases[index];
            let fixture = (setting.fixtures)(&case.launch.fixture);
            let script = case.to_wire(index as u64, fixture, names);
            input.push_str(&line(&ToImplementation::Run(Box::new(script))));
        }
        let mut command = self.command(group, names, setting.scratch)?;
        let child =
            command.spawn().with_context(|| format!("cannot start {}", self.program.display()))?;
        let mut child = Running(child);
        let mut stdin = child.0.stdin().take().expect("standard input is a pipe");
        let stdout = child.0.stdout().take().expect("standard output is a pipe");
        let stderr = child.0.stderr().take().expect("standard error is a pipe");
        let writing = tokio::spawn(async move {
            // A process that has ended reads no more; how it ended is seen elsewhere.
            let _ = stdin.write_all(input.as_bytes()).await;
        });
        let listening = tokio::spawn(async move {
            let mut text = Vec::new();
            let _ = stderr.take(MOST_OUTPUT).read_to_end(&mut text).await;
            String::from_utf8_lossy(&text).into_owned()
        });
        let sent = indices.iter().map(|&index| index as u64).collect();
        let mut heard = Heard { sent, ..Heard::default() };
        let finished = heard.listen(stdout, &self.manifest.mark, self.patience).await;
        let status = match finished {
            true => timeout(self.patience, child.0.wait()).await.ok().and_then(Result::ok),
            false => None,
        };
        // Whatever the process has started ends with it.
        drop(child);
        writing.abort();
        let stderr = timeout(LAST_WORDS, listening).await;
        let stderr = stderr.ok().and_then(Result::ok).unwrap_or_default();
        let end = match (heard.nonsense.take(), status) {
            (Some(nonsense), _) => End::Nonsense(nonsense),
            (None, None) => End::Silent,
            (None, Some(status)) => self.end(heard.hello.is_some(), status, &stderr),
        };
        for rejected in self.manifest.rejections(&heard.unmarked) {
            heard.answers.entry(rejected.id).or_insert(Observation::Rejected(rejected));
        }
        let answers = heard.answers.into_iter();
        let answers = answers.map(|(id, seen)| (id, seen.with_root(&root))).collect();
        Ok(Attempt { hello: heard.hello, answers, end })
    }

    /// The command of a process, with its folder, its arguments and its environment.
    fn command(&self, group: &Group<'_>, names: Names<'_>, scratch: &Path) -> Result<CommandWrap> {
        let manifest = &self.manifest;
        let scratch = scratch.join(&manifest.name);
        let adapter = self.adapter_path(&scratch)?;
        let arguments = match (group.launch.command, group.place) {
            _ if manifest.launch == LaunchBy::Message => &manifest.commands.run,
            _ if !group.launch.entry.is_empty() => &manifest.commands.entry,
            (Command::Eval, _) => &manifest.commands.eval,
            (_, Some(Place::Test)) => &manifest.commands.test,
            (_, Some(Place::Worker)) => &manifest.commands.worker,
            (_, Some(Place::Child)) => &manifest.commands.child,
            (Command::Run | Command::Test, None) => &manifest.commands.run,
        };
        let launch = group.launch;
        let place = |text: &String| names.text(text);
        let scratch = scratch.to_string_lossy();
        let mut command = tokio::process::Command::new(&self.program);
        for argument in arguments {
            match argument.as_str() {
                "{flags}" => command.args(launch.flags.iter().map(place)),
                "{entry}" => command.args(launch.entry.iter().map(place)),
                "{adapter}" => command.arg(&adapter),
                "{adapter-text}" => command.arg(&self.adapter),
                text => command.arg(text.replace("{scratch}", &scratch)),
            };
        }
        command.env_clear();
        for (name, value) in &manifest.environment {
            command.env(name, value.replace("{scratch}", &scratch));
        }
        if manifest.launch == LaunchBy::Arguments {
            let path = std::env::join_paths(launch.search_path.iter().map(place))
                .context("a directory of the search path holds a separator")?;
            command.env("PATH", path);
            command.envs(launch.environment.iter().map(|(name, value)| (name, place(value))));
            command.current_dir(place(&launch.directory));
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut command = CommandWrap::from(command);
        command.wrap(KillOnDrop);
        #[cfg(unix)]
        command.wrap(process_wrap::tokio::ProcessGroup::leader());
        #[cfg(windows)]
        command.wrap(process_wrap::tokio::JobObject);
        Ok(command)
    }

    /// Where the adapter lies: at one path for all of a run, so that a runtime which caches code by its path can do so.
    fn adapter_path(&self, scratch: &Path) -> Result<PathBuf> {
        let path = scratch.join(self.manifest.adapter.as_deref().unwrap_or("adapter"));
        if !path.exists() {
            fs::create_dir_all(scratch)
                .and_then(|()| fs::write(&path, &self.adapter))
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(path)
    }

    /// Reads the end of a process that ended by itself.
    fn end(&self, started: bool, status: ExitStatus, stderr: &str) -> End {
        if self.manifest.is_crash(stderr) {
            return End::Died("told of a defect of its own".to_owned());
        }
        let Some(code) = status.code() else {
            return End::Died(format!("{status}"));
        };
        let last_word = stderr.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let how = format!("ended with exit code {code}: {last_word}");
        match self.manifest.refusal(stderr) {
            Some(reason) if !started && code != 0 => {
                End::Refused(Refused { id: 0, reason, message: Some(last_word.to_owned()) })
            }
            _ => End::Exited(how),
        }
    }
}

/// A process; when this goes, it and all that it has started go, too.
struct Running(Box<dyn ChildWrapper>);

impl Drop for Running {
    fn drop(&mut self) {
        // Nothing is left to be killed where the whole group has ended.
        let _ = self.0.start_kill();
    }
}

/// What a process said on standard output.
#[derive(Default)]
struct Heard {
    /// The scripts that it was sent.
    sent: Vec<u64>,
    hello: Option<Hello>,
    answers: HashMap<u64, Observation>,
    /// Lines that are not of the protocol, which the manifest may read something from.
    unmarked: String,
    /// What is not of the protocol, and should be.
    nonsense: Option<String>,
}

impl Heard {
    /// Reads lines to the end; false where there was silence for too long, or nonsense.
    async fn listen(
        &mut self,
        stdout: impl tokio::io::AsyncRead + Unpin,
        mark: &str,
        patience: Duration,
    ) -> bool {
        let mut lines = BufReader::new(stdout.take(MOST_OUTPUT)).split(b'\n');
        loop {
            let Ok(line) = timeout(patience, lines.next_segment()).await else {
                return false;
            };
            let Ok(Some(line)) = line else {
                return true;
            };
            self.line(&String::from_utf8_lossy(&line), mark);
            if self.nonsense.is_some() {
                return false;
            }
        }
    }

    fn line(&mut self, line: &str, mark: &str) {
        let Some(start) = line.find(mark) else {
            self.unmarked.push_str(line);
            self.unmarked.push('\n');
            return;
        };
        let message = &line[start + mark.len()..];
        let (id, observation) = match serde_json::from_str(message) {
            Ok(FromImplementation::Hello(hello)) => {
                self.hello = Some(hello);
                return;
            }
            Ok(FromImplementation::Result(acted)) => (acted.id, Observation::Acted(acted.steps)),
            Ok(FromImplementation::Rejected(rejected)) => {
                (rejected.id, Observation::Rejected(rejected))
            }
            Ok(FromImplementation::Refused(refused)) => (refused.id, Observation::Refused(refused)),
            Err(error) => {
                let shown: String = message.chars().take(200).collect();
                self.nonsense = Some(format!("it said {shown:?}: {error}"));
                return;
            }
        };
        if !self.sent.contains(&id) {
            self.nonsense = Some(format!("it answered script {id}, which it was not sent"));
        } else if self.answers.insert(id, observation).is_some() {
            // Which of the two is meant cannot be known.
            self.answers.insert(id, Observation::Broke("it answered twice".to_owned()));
        }
    }
}

fn temporary_folder() -> Result<TempDir> {
    TempDir::with_prefix("permscope-").context("cannot make a temporary folder")
}

fn line(message: &ToImplementation) -> String {
    let mut text = serde_json::to_string(message).expect("a message is JSON");
    text.push('\n');
    text
}
