//! The reference engine, in this process.

use std::sync::Arc;

use permscope_engine::answer as engine;
use permscope_engine::model::Model;
use permscope_engine::model::deno::descriptor::Thrown;
use permscope_engine::model::deno::flags::{self, BadFlag};
use permscope_engine::model::deno::kind::Kind;
use permscope_engine::model::deno::options;
use permscope_engine::model::deno::session::{self, Effected};
use permscope_engine::release::Release;
use permscope_engine::rule::{Origin, Reach, Rule};
use permscope_engine::value::Value;
use permscope_engine::world::{Entry, Platform, World};

use super::{Implementation, Session};
use crate::wire::{
    Action, Answer, Answered, Capability, Change, Command, FileKind, Hello, Key, Launch, PROTOCOL,
    Place, Refusal, Refused, Rejected, Rejection, Reply, Script, Step,
};

/// The name that the reference engine is attached by.
pub const NAME: &str = "reference";

/// The reference engine, as one model.
#[derive(Clone, Copy, Debug)]
pub struct Reference(pub Model);

impl Implementation for Reference {
    fn hello(&self) -> Hello {
        Hello {
            protocol: PROTOCOL,
            name: NAME.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: self.0.name().to_owned(),
            releases: self.0.releases().iter().map(ToString::to_string).collect(),
            capabilities: vec![
                Capability::Query,
                Capability::Request,
                Capability::Revoke,
                Capability::UseReadFile,
                Capability::UseWriteFile,
                Capability::UseEnvGet,
                Capability::UseRun,
                Capability::UseWorker,
                Capability::InTest,
                Capability::InWorker,
                Capability::CommandEval,
                Capability::Terminal,
                Capability::Events,
            ],
        }
    }

    fn launch(&self, launch: &Launch) -> Result<Box<dyn Session + '_>, Refused> {
        let bad = |reason, message: String| Refused { id: 0, reason, message: Some(message) };
        let release: Release =
            launch.release.parse().map_err(|error| bad(Refusal::BadValue, format!("{error}")))?;
        let command = match launch.command {
            Command::Run => flags::Command::Run,
            Command::Test => flags::Command::Test,
            Command::Eval => flags::Command::Eval,
        };
        let session =
            session::Session::launch(release, command, &launch.flags, Arc::new(world(launch)))
                .map_err(|error| bad(refusal(&error), error.to_string()))?;
        Ok(Box::new(Program { session }))
    }
}

fn refusal(error: &BadFlag) -> Refusal {
    match error.refusal {
        flags::Refusal::UnknownFlag => Refusal::UnknownFlag,
        flags::Refusal::BadValue(_) => Refusal::BadValue,
        flags::Refusal::Conflict => Refusal::Conflict,
    }
}

fn world(launch: &Launch) -> World {
    let mut world = World::empty(Platform::Unix, &launch.directory);
    world.search_path = launch.search_path.iter().map(|path| world.path(path)).collect();
    world.environment = launch.environment.clone();
    world.terminal = launch.terminal;
    for file in &launch.files {
        let path = world.path(&file.path);
        let entry = match file.kind {
            FileKind::File => Entry::File,
            FileKind::Directory => Entry::Directory,
            FileKind::Program => Entry::Program,
            FileKind::Link => {
                let beside = path.parent().unwrap_or_else(|| path.clone());
                let target = file.target.as_deref().unwrap_or_default();
                Entry::Link(beside.join(target, Platform::Unix))
            }
        };
        world.entries.insert(path, entry);
    }
    world
}

/// A program launched on the engine.
struct Program {
    session: session::Session,
}

impl Session for Program {
    fn act(&mut self, script: &Script) -> Result<Vec<Reply>, Rejected> {
        let Some(permissions) = &script.permissions else {
            return Ok(act(&mut self.session, &script.steps));
        };
        let place = match script.place {
            Some(Place::Worker) => options::Place::Worker,
            Some(Place::Test) | None => options::Place::Test,
        };
        let mut nobody = |_: Kind, _: &Reach| session::Reply::No;
        let child = self.session.narrow(&value(permissions), place, &mut nobody);
        match child.map_err(|rejection| rejected(script.id, rejection))? {
            Some(mut child) => Ok(act(&mut child, &script.steps)),
            None => Ok(act(&mut self.session, &script.steps)),
        }
    }
}

fn rejected(id: u64, rejection: session::Rejection) -> Rejected {
    let (reason, class, message) = match rejection {
        session::Rejection::Escalation(class) => {
            (Rejection::Escalation, class, "more than the parent's permissions".to_owned())
        }
        session::Rejection::BadPermissions(thrown) => {
            (Rejection::BadPermissions, thrown.class, thrown.message)
        }
    };
    Rejected { id, reason, error: Some(class.name().to_owned()), message: Some(message) }
}

fn act(session: &mut session::Session, steps: &[Step]) -> Vec<Reply> {
    // The step, counted from one, that first obtained each status object.
    let mut first_steps: Vec<Option<usize>> = Vec::new();
    let mut replies = Vec::with_capacity(steps.len());
    for (index, step) in steps.iter().enumerate() {
        let answered = answer(session, step);
        let mut first_step = |object: usize| {
            if first_steps.len() <= object {
                first_steps.resize(object + 1, None);
            }
            *first_steps[object].get_or_insert(index + 1)
        };
        let changes = session.take_changes().into_iter().map(|change| {
            let (state, partial) = state(change.answer);
            Change { status: first_step(change.object), state, partial }
        });
        let changes = changes.collect();
        let status = answered.status.map(&mut first_step);
        replies.push(Reply::Answered(Answered { status, changes, ..answered }));
    }
    replies
}

/// Does a step; the status is the number of the engine's object.
fn answer(session: &mut session::Session, step: &Step) -> Answered {
    let key = step.answer;
    let mut prompter = |_: Kind, _: &Reach| match key {
        Some(Key::Yes) => session::Reply::Yes,
        Some(Key::All) => session::Reply::All,
        // A prompt that nobody answers is closed, which is a no.
        Some(Key::No) | None => session::Reply::No,
    };
    let status = match &step.action {
        Action::Query(descriptor) => session.query(&value(descriptor)),
        Action::Request(descriptor) => session.request(&value(descriptor), &mut prompter),
        Action::Revoke(descriptor) => session.revoke(&value(descriptor)),
        Action::Use(operation) => {
            return match session.perform(&value(operation), &mut prompter) {
                Ok(Effected::Allowed) => plain(Answer::Allowed),
                Ok(Effected::Absent) => plain(Answer::Absent),
                Ok(Effected::Blocked(thrown)) => thrown_with(Answer::Blocked, &thrown),
                Err(thrown) => thrown_with(Answer::Error, &thrown),
            };
        }
        Action::Drop(_) => return plain(Answer::Error),
    };
    match status {
        Ok(status) => {
            let (answer, partial) = state(status.answer);
            let message = status.because.as_ref().map(because);
            Answered { partial, status: Some(status.object), message, ..plain(answer) }
        }
        Err(thrown) => thrown_with(Answer::Error, &thrown),
    }
}

fn plain(answer: Answer) -> Answered {
    Answered {
        answer,
        partial: false,
        status: None,
        changes: Vec::new(),
        error: None,
        message: None,
    }
}

fn thrown_with(answer: Answer, thrown: &Thrown) -> Answered {
    Answered {
        error: Some(thrown.class.name().to_owned()),
        message: Some(thrown.message.clone()),
        ..plain(answer)
    }
}

fn state(answer: engine::Answer) -> (Answer, bool) {
    match answer {
        engine::Answer::Granted { partial } => (Answer::Granted, partial),
        engine::Answer::Prompt => (Answer::Prompt, false),
        engine::Answer::Denied => (Answer::Denied, false),
    }
}

/// Which rule settled a question, for whoever asks why.
fn because(rule: &Rule) -> String {
    match &rule.origin {
        Origin::Flag(flag) => format!("because of {flag}"),
        Origin::Default(why) | Origin::Implied(why) => format!("because {why}"),
        Origin::Prompt => "because of the answer to a request".to_owned(),
        Origin::Options => "because of the scope's permissions".to_owned(),
    }
}

/// A value of the wire as a script would hand it over.
fn value(written: &serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match written {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Bool(*bool),
        Json::Number(number) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(elements) => Value::List(elements.iter().map(value).collect()),
        Json::Object(fields) => {
            let mut pairs = fields.iter();
            match (pairs.next(), pairs.next()) {
                (Some((key, Json::String(url))), None) if key == "$url" => Value::Url(url.clone()),
                (Some((key, Json::Bool(true))), None) if key == "$null" => Value::Null,
                (Some((key, Json::Bool(true))), None) if key == "$undefined" => Value::Undefined,
                _ => Value::Object(
                    fields.iter().map(|(key, field)| (key.clone(), value(field))).collect(),
                ),
            }
        }
    }
}
