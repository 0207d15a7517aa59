//! A case as a person reads it: its command line, its steps, and the answers to them.

use std::fmt;

use permscope_engine::model::Model;
use permscope_engine::release::Release;
use serde_json::Value;

use crate::compare::{SeenStep, refusal, rejection};
use crate::corpus::case::{Case, Expected, Promise};
use crate::launch::Names;
use crate::wire::{Action, Answer, Answered, Change, Command, Place};

/// The command line of a case at a release.
pub fn command_line(case: &Case, release: Release) -> String {
    let program = match (case.model, case.launch.command) {
        (Model::Node, _) => "node",
        (Model::Deno, Command::Run) => "deno run",
        (Model::Deno, Command::Test) => "deno test",
        (Model::Deno, Command::Eval) => "deno eval",
    };
    let names = names(release);
    let words = case.launch.flags.iter().chain(&case.launch.entry).map(|word| names.text(word));
    std::iter::once(program.to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// The variables that a case is launched with, as `NAME=value`.
pub fn environment(case: &Case, release: Release) -> Vec<String> {
    let names = names(release);
    let variable = |(name, value): (&String, &String)| format!("{name}={}", names.text(value));
    case.launch.environment.iter().map(variable).collect()
}

/// Where a case's permissions are applied, and what they are; none where it acts in the program itself.
pub fn scope(case: &Case, release: Release) -> Option<String> {
    let scope = case.scope.as_ref()?;
    let place = match scope.place {
        Place::Test => "",
        Place::Worker => "in a worker  ",
        Place::Child => "in a child process  ",
    };
    Some(format!("{place}permissions: {}", names(release).value(&scope.permissions)))
}

/// The fixture's folder keeps its name, wherever it is.
fn names(release: Release) -> Names<'static> {
    Names::as_written(release)
}

/// How a launch or a scope ends, where that is what is promised; nothing where there are steps.
pub fn end(expected: &Expected) -> String {
    match expected {
        Expected::Refused(reason) => format!("the launch is refused: {}", refusal(*reason)),
        Expected::Rejected { reason, error } => {
            let class = error.as_ref().map(|error| format!(" with {error}")).unwrap_or_default();
            format!("the permissions are rejected: {}{class}", rejection(*reason))
        }
        Expected::Steps(_) => String::new(),
    }
}

/// What a step does.
pub fn action(action: &Action) -> String {
    let (verb, value) = match action {
        Action::Query(value) => ("query", value),
        Action::Request(value) => ("request", value),
        Action::Revoke(value) => ("revoke", value),
        Action::Drop(value) => ("drop", value),
        Action::Use(value) => ("use", value),
    };
    format!("{verb} {}", descriptor(value))
}

/// A descriptor in few words, its name first.
fn descriptor(value: &Value) -> String {
    let Value::Object(fields) = value else {
        return value.to_string();
    };
    let name = fields.get("name").map(|name| match name {
        Value::String(name) => name.clone(),
        other => format!("name={other}"),
    });
    let others = fields.iter().filter(|(key, _)| *key != "name");
    let others = others.map(|(key, value)| format!("{key}={value}"));
    name.into_iter().chain(others).collect::<Vec<_>>().join(" ")
}

/// An answer with what belongs to it, as far as a promise goes.
#[derive(Debug)]
pub struct Told<'a> {
    answer: &'a str,
    partial: bool,
    error: Option<&'a str>,
    permission: Option<&'a str>,
    resource: Option<&'a str>,
    message: Option<&'a str>,
    shown: Option<&'a str>,
    /// What was seen to have happened, where that is not what the answer says.
    done: Option<bool>,
    object: Option<usize>,
    changes: Option<&'a [Change]>,
}

impl<'a> Told<'a> {
    /// What is promised.
    pub fn of_promise(promise: &'a Promise) -> Self {
        Self {
            answer: promise.answer.name(),
            partial: promise.partial,
            error: promise.error.as_deref(),
            permission: promise.permission.as_deref(),
            resource: promise.resource.as_deref(),
            message: promise.message.as_deref(),
            shown: promise.shown.as_deref(),
            done: None,
            object: promise.same_as,
            changes: promise.changes.as_deref(),
        }
    }

    /// What was seen, where something is promised about it.
    pub fn of_reply(seen: &'a Answered, promise: &'a Promise) -> Self {
        let is_other = seen.answer != promise.answer;
        let native = seen.message.as_deref().unwrap_or_default();
        let message = |part: &'a str| if native.contains(part) { part } else { native };
        let tells_error = promise.error.is_some() || (is_other && seen.error.is_some());
        let error = || seen.error.as_deref().unwrap_or("no error");
        let named = |promised: &Option<String>, seen: &'a Option<String>| {
            promised.as_ref().map(|_| seen.as_deref().unwrap_or("none"))
        };
        Self {
            answer: seen.answer.name(),
            partial: seen.partial,
            error: tells_error.then(error),
            permission: named(&promise.permission, &seen.permission),
            resource: named(&promise.resource, &seen.resource),
            message: promise.message.as_deref().map(message),
            shown: named(&promise.shown, &seen.prompt),
            done: seen.done.filter(|done| *done != (seen.answer == Answer::Allowed)),
            object: promise.same_as.map(|_| seen.status.unwrap_or_default()),
            changes: promise.changes.as_ref().map(|_| seen.changes.as_slice()),
        }
    }

    /// What a record says was seen: what it does not mention was as promised, but for what only the promised answer has.
    pub fn of_record(seen: &'a SeenStep, promise: &'a Promise) -> Self {
        let promised = Self::of_promise(promise);
        let of_answer = |told: Option<&'a str>| told.filter(|_| seen.answer.is_none());
        Self {
            answer: seen.answer.as_deref().unwrap_or(promised.answer),
            partial: seen.partial.unwrap_or(promised.partial && seen.answer.is_none()),
            error: seen.error.as_deref().or(of_answer(promised.error)),
            permission: seen.permission.as_deref().or(of_answer(promised.permission)),
            resource: seen.resource.as_deref().or(of_answer(promised.resource)),
            message: seen.message.as_deref().or(of_answer(promised.message)),
            shown: seen.shown.as_deref().or(promised.shown),
            done: seen.done.filter(|done| {
                *done != (seen.answer.as_deref().unwrap_or(promised.answer) == "allowed")
            }),
            object: seen.same_as.or(promised.object),
            changes: seen.changes.as_deref().or(promised.changes),
        }
    }
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.answer)?;
        if self.partial {
            f.write_str(", partial")?;
        }
        if let Some(error) = self.error {
            write!(f, " with {error}")?;
        }
        if let Some(permission) = self.permission {
            write!(f, ", permission {permission:?}")?;
        }
        if let Some(resource) = self.resource {
            write!(f, ", resource {resource:?}")?;
        }
        if let Some(message) = self.message {
            write!(f, " saying {message:?}")?;
        }
        if let Some(shown) = self.shown {
            write!(f, ", asked for {shown:?}")?;
        }
        match self.done {
            Some(true) => f.write_str(", and yet it was done")?,
            Some(false) => f.write_str(", and yet nothing was done")?,
            None => {}
        }
        if let Some(step) = self.object {
            write!(f, ", the object of step {step}")?;
        }
        match self.changes {
            None => Ok(()),
            Some([]) => f.write_str(", no event"),
            Some(changes) => {
                let event = |change: &Change| {
                    let partial = if change.partial { ", partial" } else { "" };
                    format!("object {} is {}{partial}", change.status, change.state.name())
                };
                write!(f, ", events: {}", changes.iter().map(event).collect::<Vec<_>>().join("; "))
            }
        }
    }
}
