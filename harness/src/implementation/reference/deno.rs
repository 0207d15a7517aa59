//! The reference engine as Deno's model.

use std::sync::Arc;

use permscope_engine::answer as engine;
use permscope_engine::model::deno::descriptor::Thrown;
use permscope_engine::model::deno::flags::{self, BadFlag};
use permscope_engine::model::deno::kind::Kind;
use permscope_engine::model::deno::options;
use permscope_engine::model::deno::prompt;
use permscope_engine::model::deno::session::{self, Effected};
use permscope_engine::release::Release;
use permscope_engine::rule::Reach;

use super::{because, refused, value, world};
use crate::implementation::Session;
use crate::wire::{
    Action, Answer, Answered, Capability, Change, Command, Key, Launch, Place, Refusal, Refused,
    Rejected, Rejection, Reply, Script, Step,
};

/// What the engine does as this model.
pub const CAPABILITIES: &[Capability] = &[
    Capability::Query,
    Capability::Request,
    Capability::Revoke,
    Capability::InTest,
    Capability::InWorker,
    Capability::CommandEval,
    Capability::Terminal,
    Capability::Prompts,
    Capability::Events,
    Capability::CommandLine,
    Capability::Values,
    Capability::Operations,
];

/// Launches a program.
pub fn launch(launch: &Launch, release: Release) -> Result<Box<dyn Session>, Refused> {
    let command = match launch.command {
        Command::Run => flags::Command::Run,
        Command::Test => flags::Command::Test,
        Command::Eval => flags::Command::Eval,
    };
    let session =
        session::Session::launch(release, command, &launch.flags, Arc::new(world(launch)))
            .map_err(|error| refused(refusal(&error), error.to_string()))?;
    Ok(Box::new(Program { session }))
}

fn refusal(error: &BadFlag) -> Refusal {
    match error.refusal {
        flags::Refusal::UnknownFlag => Refusal::UnknownFlag,
        flags::Refusal::BadValue(_) | flags::Refusal::BadSet(_) => Refusal::BadValue,
        flags::Refusal::Conflict => Refusal::Conflict,
    }
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
            // No case of this model can ask for a process.
            Some(Place::Test | Place::Child) | None => options::Place::Test,
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
    // A prompt that nobody answers is closed.
    let lines = step.answer.map_or(&[None][..], Key::lines);
    let mut asked = None;
    let mut prompter = |kind: Kind, reach: &Reach| {
        asked = Some(prompt::asked(kind, reach));
        let reply = lines.iter().find_map(|line| prompt::read(*line));
        reply.unwrap_or(session::Reply::No)
    };
    let answered = answer_with(session, &step.action, &mut prompter);
    Answered { prompt: asked, ..answered }
}

fn answer_with(
    session: &mut session::Session,
    action: &Action,
    prompter: &mut session::Prompter<'_>,
) -> Answered {
    let status = match action {
        Action::Query(descriptor) => session.query(&value(descriptor)),
        Action::Request(descriptor) => session.request(&value(descriptor), prompter),
        Action::Revoke(descriptor) => session.revoke(&value(descriptor)),
        Action::Use(operation) => {
            return match session.perform(&value(operation), prompter) {
                Ok(Effected::Allowed) => Answered::of(Answer::Allowed),
                Ok(Effected::Absent) => Answered::of(Answer::Absent),
                Ok(Effected::Blocked(thrown)) => thrown_with(Answer::Blocked, &thrown),
                Err(thrown) => thrown_with(Answer::Error, &thrown),
            };
        }
        Action::Drop(_) => return Answered::of(Answer::Error),
    };
    match status {
        Ok(status) => {
            let (answer, partial) = state(status.answer);
            let message = status.because.as_ref().map(because);
            Answered { partial, status: Some(status.object), message, ..Answered::of(answer) }
        }
        Err(thrown) => thrown_with(Answer::Error, &thrown),
    }
}

fn thrown_with(answer: Answer, thrown: &Thrown) -> Answered {
    Answered {
        error: Some(thrown.class.name().to_owned()),
        message: Some(thrown.message.clone()),
        ..Answered::of(answer)
    }
}

fn state(answer: engine::Answer) -> (Answer, bool) {
    match answer {
        engine::Answer::Granted { partial } => (Answer::Granted, partial),
        engine::Answer::Prompt => (Answer::Prompt, false),
        engine::Answer::Denied => (Answer::Denied, false),
    }
}
