//! The reference engine as Node's model.

use std::sync::Arc;

use permscope_engine::model::node::arguments;
use permscope_engine::model::node::descriptor::Thrown;
use permscope_engine::model::node::options;
use permscope_engine::model::node::session::{self, AccessDenied, Effected, Status};
use permscope_engine::release::Release;

use super::{because, refused, value, world};
use crate::implementation::Session;
use crate::wire::{
    Action, Answer, Answered, Capability, Launch, Place, Refusal, Refused, Rejected, Rejection,
    Reply, Script, Step,
};

/// What the engine does as this model.
pub const CAPABILITIES: &[Capability] = &[
    Capability::Query,
    Capability::Drop,
    Capability::InWorker,
    Capability::InChild,
    Capability::Entry,
    Capability::CommandLine,
    Capability::Values,
    Capability::Operations,
];

/// The code of an error that means a denial.
const ACCESS_DENIED: &str = "ERR_ACCESS_DENIED";

/// Launches a program.
pub fn launch(launch: &Launch, release: Release) -> Result<Box<dyn Session>, Refused> {
    let world = Arc::new(world(launch));
    let session = session::Session::launch(release, &launch.flags, &launch.entry, world);
    let session = session.map_err(|bad| refused(refusal(bad.refusal), bad.to_string()))?;
    Ok(Box::new(Program { session }))
}

fn refusal(refusal: arguments::Refusal) -> Refusal {
    match refusal {
        arguments::Refusal::UnknownFlag => Refusal::UnknownFlag,
        arguments::Refusal::BadValue => Refusal::BadValue,
        arguments::Refusal::MissingOption => Refusal::MissingOption,
        arguments::Refusal::Blocked => Refusal::Blocked,
    }
}

/// A program launched on the engine.
struct Program {
    session: session::Session,
}

impl Session for Program {
    fn act(&mut self, script: &Script) -> Result<Vec<Reply>, Rejected> {
        let Some(options) = &script.permissions else {
            return Ok(act(&mut self.session, &script.steps));
        };
        let place = match script.place {
            Some(Place::Child) => options::Place::Child,
            // No case of this model can ask for a test.
            Some(Place::Worker | Place::Test) | None => options::Place::Worker,
        };
        let started = self.session.start(&value(options), place);
        let mut started = started.map_err(|rejection| rejected(script.id, rejection))?;
        Ok(act(&mut started, &script.steps))
    }
}

fn rejected(id: u64, rejection: session::Rejection) -> Rejected {
    let (reason, error, message) = match rejection {
        session::Rejection::Blocked(denied) => {
            (Rejection::Blocked, Some(ACCESS_DENIED), message(&denied))
        }
        session::Rejection::BadOptions(thrown) => {
            (Rejection::BadPermissions, Some(thrown.code), thrown.message)
        }
        session::Rejection::Refused(bad) => (Rejection::BadPermissions, None, bad.to_string()),
    };
    Rejected { id, reason, error: error.map(str::to_owned), message: Some(message) }
}

fn act(session: &mut session::Session, steps: &[Step]) -> Vec<Reply> {
    steps.iter().map(|step| answer(session, &step.action)).collect()
}

fn answer(session: &mut session::Session, action: &Action) -> Reply {
    let answered = match action {
        Action::Query(descriptor) => status(session.has(&value(descriptor))),
        Action::Drop(descriptor) => {
            let descriptor = value(descriptor);
            match session.drop(&descriptor) {
                Ok(()) => status(session.has(&descriptor)),
                Err(thrown) => thrown_with(&thrown),
            }
        }
        Action::Use(operation) => match session.perform(&value(operation)) {
            Ok(Effected::Allowed) => Answered::of(Answer::Allowed),
            Ok(Effected::Absent) => Answered::of(Answer::Absent),
            Ok(Effected::Blocked(denied)) => Answered {
                error: Some(ACCESS_DENIED.to_owned()),
                message: Some(message(&denied)),
                permission: Some(denied.permission.to_owned()),
                resource: Some(denied.resource),
                ..Answered::of(Answer::Blocked)
            },
            Err(thrown) => thrown_with(&thrown),
        },
        Action::Request(_) | Action::Revoke(_) => {
            return Reply::Unsupported { unsupported: "Node has no such function".to_owned() };
        }
    };
    Reply::Answered(answered)
}

fn status(status: Result<Status<'_>, Thrown>) -> Answered {
    match status {
        Ok(Status::Granted(rule)) => {
            Answered { message: Some(because(rule)), ..Answered::of(Answer::Granted) }
        }
        Ok(Status::Denied) => Answered::of(Answer::Denied),
        Ok(Status::Unrestricted) => Answered::of(Answer::Unrestricted),
        Err(thrown) => thrown_with(&thrown),
    }
}

fn thrown_with(thrown: &Thrown) -> Answered {
    Answered {
        error: Some(thrown.code.to_owned()),
        message: Some(thrown.message.clone()),
        ..Answered::of(Answer::Error)
    }
}

fn message(denied: &AccessDenied) -> String {
    format!("access to this is restricted; {} would grant it", denied.flag)
}
