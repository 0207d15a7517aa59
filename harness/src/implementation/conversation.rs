//! One process, from its start to its end: scripts are sent as far as the window allows, and answers are heard in whatever order they come.
//!
//! Whatever a process does, a conversation ends: by itself, or because nothing new was heard for too long, or because something was heard that is not of the protocol.
//! What is kept of it is bounded, and nothing that it has started outlives it.

use std::cell::Cell;
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::BuildHasher;
use std::path::Path;
use std::process::ExitStatus;

use anyhow::{Context, Result};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader, BufWriter};
use tokio::process::ChildStdin;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Duration, Instant, sleep_until, timeout, timeout_at};

use super::listener::Listener;
use super::manifest::{LaunchBy, PromptPattern};
use super::program::{Program, Running, Setting, temporary_folder};
use super::terminal::{Asked, Terminal};
use crate::corpus::case::{Case, Step};
use crate::effect::Watch;
use crate::launch::{NOBODYS_PORT, NOWHERE, Names};
use crate::observation::Observation;
use crate::plan::Group;
use crate::wire::{
    FromImplementation, Hello, Key, PROTOCOL, Range, Refused, Reply, ToImplementation,
};

/// A longer line, in bytes, is none of the protocol.
const LONGEST_LINE: u64 = 1 << 20;

/// How much a process may write to standard output beside its answers, in bytes.
const MOST_UNMARKED: usize = 64 << 20;

/// How much of standard error is kept, in bytes; the rest is read, and forgotten.
const MOST_LAST_WORDS: usize = 1 << 20;

/// How long what a process still has to say is waited for once it has ended, or once it has answered everything.
const FAREWELL: Duration = Duration::from_secs(1);

/// How a process ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// By itself, with this last word.
    Exited(String),
    /// It was refused before any code ran.
    Refused(Refused),
    /// It died: by a signal, or by a defect that it told of.
    Died(String),
    /// It said nothing new for too long, and was killed.
    Silent,
    /// It said something that is not of the protocol, and was killed.
    Nonsense(String),
}

/// What came of a conversation.
#[derive(Debug)]
pub struct Conversation {
    /// Who the process said that it is.
    pub hello: Option<Hello>,
    /// What the cases were answered with, by their index.
    pub answers: HashMap<usize, Observation>,
    /// The cases that were sent, in order.
    pub sent: Vec<usize>,
    /// How the process ended.
    pub end: End,
}

impl Program {
    /// Starts one process, and has it act some cases out: at most `window` of them before the first of those is answered.
    pub async fn converse(
        &self,
        group: &Group<'_>,
        cases: &[&Case],
        indices: &[usize],
        window: usize,
        setting: Setting<'_>,
    ) -> Result<Conversation> {
        let folder = temporary_folder()?;
        let mut sockets = Vec::new();
        let root = match self.manifest.launch {
            LaunchBy::Message => NOWHERE.to_owned(),
            LaunchBy::Arguments => {
                let root = folder.path().join("root");
                fs::create_dir(&root).with_context(|| format!("cannot make {}", root.display()))?;
                let fixture = (setting.fixtures)(&group.launch.fixture);
                sockets.extend(fixture.make(&root, &self.adapter)?);
                root.to_string_lossy().into_owned()
            }
        };
        // Only what acts by itself leaves anything behind, comes to a listener, and sits at a terminal.
        let acts = self.manifest.launch == LaunchBy::Arguments;
        let is_awaited = acts && indices.iter().any(|index| cases[*index].needs_listener());
        let listener = match is_awaited {
            true => Some(Listener::begin().await?),
            false => None,
        };
        let port = listener.as_ref().map(|listener| listener.port.to_string());
        let port = port.as_deref().unwrap_or(NOBODYS_PORT);
        let names = Names { root: &root, port, release: setting.release };
        let watch = match indices {
            [only] if acts => Watch::begin(cases[*only], Path::new(&root), names),
            _ => None,
        };
        let ids = random_ids(indices.len());
        let script = |number: usize| {
            let case = cases[indices[number]];
            let fixture = (setting.fixtures)(&case.launch.fixture);
            let script = case.to_wire(ids[number], fixture, names);
            line(&ToImplementation::Run(Box::new(script)))
        };
        let is_at_terminal = acts && group.launch.terminal;
        let messages: Vec<_> = match is_at_terminal {
            true => std::iter::once(greeting()).chain((0..indices.len()).map(script)).collect(),
            false => Vec::new(),
        };
        let mut command = self.command(group, names, setting.scratch, &messages)?;
        let terminal = match is_at_terminal {
            true => {
                let (terminal, [input, errors]) = Terminal::open()?;
                command.command_mut().stdin(input).stderr(errors);
                Some(terminal)
            }
            false => None,
        };
        let reachable = listener.as_ref().map(|listener| listener.port);
        let mut child = self.start(command, folder.path(), setting.scratch, reachable)?;
        let stdin = child.0.stdin().take();
        let stdout = child.0.stdout().take().context("standard output is a pipe")?;
        let last_words = child.0.stderr().take().map(|stderr| tokio::spawn(last_words(stderr)));
        let flow = Flow::new(self.manifest.launch, window);
        let places = ids.iter().copied().zip(indices.iter().copied()).collect();
        let keep = |index: usize, seen: &Observation| {
            (setting.keep)(index, seen.clone().with_names(names));
        };
        let mut heard = Heard {
            mark: &self.manifest.mark,
            tap: setting.tap,
            keep: &keep,
            places,
            hello: None,
            answers: HashMap::new(),
            unmarked: String::new(),
            nonsense: None,
        };
        let speaking = async {
            match (stdin, &terminal) {
                (Some(stdin), _) => {
                    // Where nobody listens any more, how the process ended is seen by whoever hears.
                    let _ = speak(stdin, script, indices.len(), &flow).await;
                }
                (None, Some(terminal)) => {
                    // All was sent at the start.
                    flow.open.forget_permits(indices.len());
                    flow.sent.set(indices.len());
                    let steps = indices.first().map_or(&[][..], |index| cases[*index].steps());
                    self.attend(terminal, steps, &flow.underway).await;
                }
                (None, None) => {}
            }
            std::future::pending::<Option<ExitStatus>>().await
        };
        let serving = async {
            if let Some(listener) = &listener {
                listener.serve().await;
            }
            std::future::pending::<Option<ExitStatus>>().await
        };
        let status = tokio::select! {
            status = heard.listen(stdout, &mut child, &flow, self.patience) => status,
            status = speaking => status,
            status = serving => status,
        };
        // Whatever the process has started ends with it.
        drop(child);
        drop(sockets);
        let (stderr, asked) = match (last_words, terminal) {
            (Some(last_words), _) => {
                let stderr = timeout(FAREWELL, last_words).await;
                (stderr.ok().and_then(Result::ok).unwrap_or_default(), Asked::new())
            }
            (None, Some(terminal)) => terminal.close(),
            (None, None) => Default::default(),
        };
        let end = match (heard.nonsense.take(), status) {
            (Some(nonsense), _) => End::Nonsense(nonsense),
            (None, None) => End::Silent,
            (None, Some(status)) => self.end(heard.hello.is_some(), status, &stderr),
        };
        for rejected in self.manifest.rejections(&heard.unmarked) {
            if let Some(&index) = heard.places.get(&rejected.id) {
                heard.answers.entry(index).or_insert(Observation::Rejected(rejected));
            }
        }
        if let Some(listener) = &listener {
            listener.close().await;
        }
        let visits = listener.as_ref().map_or(0, Listener::visits);
        let seen = |observation| match observation {
            Observation::Acted(mut replies) => {
                add_prompts(&mut replies, &asked);
                if let Some(watch) = &watch {
                    watch.complete(&mut replies, visits);
                }
                Observation::Acted(replies)
            }
            ended => ended,
        };
        let answers = heard.answers.into_iter();
        let answers = answers.map(|(index, said)| (index, seen(said).with_names(names))).collect();
        let sent = indices[..flow.sent.get()].to_vec();
        Ok(Conversation { hello: heard.hello, answers, sent, end })
    }

    /// Has one process act all of some cases out, which are numbered as they stand.
    pub async fn ask(
        &self,
        cases: &[&Case],
        window: usize,
        setting: Setting<'_>,
    ) -> Result<Conversation> {
        let first = cases.first().context("there is no case to ask about")?;
        let place = first.scope.as_ref().map(|scope| scope.place);
        let indices: Vec<usize> = (0..cases.len()).collect();
        let group = Group { launch: &first.launch, place, cases: indices.clone() };
        self.converse(&group, cases, &indices, window, setting).await
    }

    /// Answers the prompts of a case's steps.
    async fn attend(&self, terminal: &Terminal, steps: &[Step], underway: &Cell<usize>) {
        let Some(PromptPattern { pattern }) = &self.manifest.prompt else { return };
        let key = |step: usize| steps.get(step.wrapping_sub(1))?.answer;
        // What is typed before anything is asked is typed before the process is even there.
        if steps.iter().any(|step| step.answer == Some(Key::Ahead)) {
            terminal.enter(Some("y"));
        }
        terminal.attend(&pattern.0, underway, |step| key(step).map_or(&[], Key::lines)).await;
    }

    /// Reads the end of a process that ended by itself.
    fn end(&self, started: bool, status: ExitStatus, stderr: &str) -> End {
        if self.manifest.is_crash(stderr) {
            return End::Died("told of a defect of its own".to_owned());
        }
        let Some(code) = status.code() else {
            return End::Died(format!("was ended by {status}"));
        };
        let last_word = stderr.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let said = if last_word.is_empty() { String::new() } else { format!(": {last_word}") };
        let how = format!("ended with exit code {code}{said}");
        match self.manifest.refusal(stderr) {
            Some(reason) if !started && code != 0 => {
                End::Refused(Refused { id: 0, reason, message: Some(last_word.to_owned()) })
            }
            _ => End::Exited(how),
        }
    }
}

/// Adds what was asked at a terminal to the replies of the steps during which it was.
fn add_prompts(replies: &mut [Reply], asked: &Asked) {
    for (step, text) in asked {
        if let Some(Reply::Answered(answered)) = replies.get_mut(step.wrapping_sub(1)) {
            answered.prompt = Some(text.clone());
        }
    }
}

/// How many scripts may be sent, and when nothing more will be.
struct Flow {
    /// Scripts that may be sent.
    open: Semaphore,
    /// How many more may be once the process has said hello.
    at_hello: Cell<usize>,
    /// How many were sent.
    sent: Cell<usize>,
    /// The step that the process has said to be at.
    underway: Cell<usize>,
    /// Told when the input may be closed.
    goodbye: Notify,
}

impl Flow {
    /// A runtime gets everything at once and its input is closed behind that, because a test begins only once the file that registers it has been read.
    /// An engine says hello first, and its input is closed once everything is answered.
    fn new(launch: LaunchBy, window: usize) -> Self {
        let (open, at_hello) = match launch {
            LaunchBy::Arguments => (Semaphore::MAX_PERMITS, 0),
            LaunchBy::Message => (0, window.min(Semaphore::MAX_PERMITS)),
        };
        let goodbye = Notify::new();
        if launch == LaunchBy::Arguments {
            goodbye.notify_one();
        }
        Self {
            open: Semaphore::new(open),
            at_hello: Cell::new(at_hello),
            sent: Cell::new(0),
            underway: Cell::new(0),
            goodbye,
        }
    }
}

/// Says hello, then the scripts as the window opens, and goodbye by closing the input.
async fn speak(
    stdin: ChildStdin,
    script: impl Fn(usize) -> String,
    count: usize,
    flow: &Flow,
) -> std::io::Result<()> {
    let mut stdin = BufWriter::new(stdin);
    stdin.write_all(greeting().as_bytes()).await?;
    for number in 0..count {
        // What is written is passed on whenever nothing more may be.
        let permit = match flow.open.try_acquire() {
            Ok(permit) => permit,
            Err(_) => {
                stdin.flush().await?;
                flow.open.acquire().await.map_err(std::io::Error::other)?
            }
        };
        permit.forget();
        flow.sent.set(number + 1);
        stdin.write_all(script(number).as_bytes()).await?;
    }
    stdin.flush().await?;
    flow.goodbye.notified().await;
    Ok(())
}

/// What a process said on standard output.
struct Heard<'a> {
    /// What its lines begin with.
    mark: &'a str,
    /// Is given every message.
    tap: &'a dyn Fn(&str),
    /// Is given every answer.
    keep: &'a dyn Fn(usize, &Observation),
    /// The index of the case behind each script's number.
    places: HashMap<u64, usize>,
    hello: Option<Hello>,
    answers: HashMap<usize, Observation>,
    /// Lines that are not of the protocol, which the manifest may read something from.
    unmarked: String,
    /// What is not of the protocol, and should be.
    nonsense: Option<String>,
}

impl Heard<'_> {
    /// Reads lines until the process has ended and said everything; no status where it was silent for too long, or said nonsense.
    async fn listen(
        &mut self,
        stdout: impl AsyncRead + Unpin,
        child: &mut Running,
        flow: &Flow,
        patience: Duration,
    ) -> Option<ExitStatus> {
        let mut stdout = BufReader::new(stdout);
        let mut text = Vec::new();
        let mut status = None;
        let mut deadline = Instant::now() + patience;
        loop {
            let room = LONGEST_LINE + 1 - text.len() as u64;
            let mut limited = (&mut stdout).take(room);
            tokio::select! {
                // What was read stays in the text, so nothing is lost where another branch is quicker.
                read = limited.read_until(b'\n', &mut text) => match read {
                    Ok(0) | Err(_) => break,
                    Ok(_) if text.ends_with(b"\n") || (text.len() as u64) <= LONGEST_LINE => {
                        if self.line(&text, flow) {
                            let is_done = self.hello.is_some() && self.answers.len() == self.places.len();
                            if is_done {
                                flow.goodbye.notify_one();
                            }
                            let wait = if is_done || status.is_some() { FAREWELL } else { patience };
                            deadline = Instant::now() + wait;
                        }
                        text.clear();
                    }
                    Ok(_) => self.nonsense = Some(format!("it said a line of more than {LONGEST_LINE} bytes")),
                },
                ended = child.0.wait(), if status.is_none() => {
                    status = Some(ended.ok()?);
                    deadline = Instant::now() + FAREWELL;
                }
                () = sleep_until(deadline) => return status,
            }
            if self.nonsense.is_some() {
                return None;
            }
        }
        match status {
            Some(status) => Some(status),
            None => timeout_at(deadline, child.0.wait()).await.ok()?.ok(),
        }
    }

    /// Hears a line; whether it says anything new.
    fn line(&mut self, text: &[u8], flow: &Flow) -> bool {
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let lossy = String::from_utf8_lossy(text);
        let Some(start) = lossy.find(self.mark) else {
            self.unmarked.push_str(&lossy);
            self.unmarked.push('\n');
            if self.unmarked.len() > MOST_UNMARKED {
                let why = format!("it wrote more than {MOST_UNMARKED} bytes beside its answers");
                self.nonsense = Some(why);
            }
            return false;
        };
        if std::str::from_utf8(text).is_err() {
            self.nonsense = Some("it said a line that is not UTF-8".to_owned());
            return false;
        }
        let message = &lossy[start + self.mark.len()..];
        (self.tap)(message);
        let message = match serde_json::from_str(message) {
            Ok(FromImplementation::Hello(hello)) => {
                let is_first = self.hello.replace(hello).is_none();
                flow.open.add_permits(flow.at_hello.take());
                return is_first;
            }
            Ok(FromImplementation::Step(begun)) => {
                flow.underway.set(begun.number);
                return true;
            }
            Ok(message) => message,
            Err(error) => {
                let shown: String = message.chars().take(200).collect();
                self.nonsense = Some(format!("it said {shown:?}: {error}"));
                return false;
            }
        };
        let Some((id, observation)) = Observation::of(message) else { return false };
        let Some(&index) = self.places.get(&id) else {
            self.nonsense = Some(format!("it answered script {id}, which it was not sent"));
            return false;
        };
        (self.keep)(index, &observation);
        if self.answers.insert(index, observation).is_some() {
            // Which of the two is meant cannot be known.
            self.answers.insert(index, Observation::Broke("it answered twice".to_owned()));
            return false;
        }
        flow.open.add_permits(1);
        true
    }
}

/// What a process writes to standard error, as far as it is kept.
async fn last_words(mut stderr: impl AsyncRead + Unpin) -> String {
    let mut kept = Vec::new();
    let mut chunk = [0; 1 << 13];
    while let Ok(read @ 1..) = stderr.read(&mut chunk).await {
        let room = MOST_LAST_WORDS - kept.len();
        kept.extend_from_slice(&chunk[..read.min(room)]);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// Numbers that nobody can guess a case from: they are others in every process.
///
/// Small enough to be exact in a language whose numbers are all floating.
fn random_ids(count: usize) -> Vec<u64> {
    let random = RandomState::new();
    let mut numbers = (0_u64..).map(|number| random.hash_one(number) >> 11);
    let mut ids = Vec::with_capacity(count);
    let mut taken = std::collections::HashSet::with_capacity(count);
    while ids.len() < count {
        ids.extend(numbers.next().filter(|id| taken.insert(*id)));
    }
    ids
}

/// What is said first.
fn greeting() -> String {
    let versions = Range { min: PROTOCOL, max: PROTOCOL };
    line(&ToImplementation::Hello { protocol: versions })
}

fn line(message: &ToImplementation) -> String {
    let mut text = serde_json::to_string(message).expect("a message is JSON");
    text.push('\n');
    text
}
