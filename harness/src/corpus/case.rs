//! A case, read: nothing in it can be malformed.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use permscope_engine::model::Model;
use permscope_engine::model::deno::descriptor::file_path;
use serde_json::Value;

use super::advisory::Advisory;
use super::diagnostic::closest;
use super::fixture::Fixture;
use super::format;
use super::releases::Releases;
use crate::launch::{self, Launch, NOWHERE, Names, ROOT};
use crate::operation::{self, DOOR, Door, Effect};
use crate::wire::{
    self, Action, Answer, Capability, Change, Command, Key, Place, Refusal, Rejection, Script,
};

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its folders, its file and its name, joined by `::`; the same everywhere.
    pub id: String,
    /// The model that it is about.
    pub model: Model,
    /// The clauses that promise its answers.
    pub clauses: Vec<String>,
    /// What its clauses need.
    pub needs: BTreeSet<Capability>,
    /// Words to select by.
    pub tags: Vec<String>,
    /// The releases that the promise is made for.
    pub releases: Releases,
    /// The process that it needs.
    pub launch: Launch,
    /// The permissions of the scope, with where they are applied; none where the steps act in the program itself.
    pub scope: Option<Scope>,
    /// What is promised.
    pub expected: Expected,
    /// The advisory that it is a case of.
    pub advisory: Option<Arc<Advisory>>,
    /// Where it is written.
    pub source: Source,
}

/// A scope with permissions of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    /// Where they are applied.
    pub place: Place,
    /// The `PermissionOptions`, as written.
    pub permissions: Value,
}

/// A file and a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from one.
    pub line: usize,
}

/// What is promised: the end of the launch, of the scope, or an answer for each step.
#[derive(Clone, Debug, PartialEq)]
pub enum Expected {
    /// The launch ends before any code runs.
    Refused(Refusal),
    /// The scope is not made.
    Rejected {
        /// Why.
        reason: Rejection,
        /// With an error of this class, if the case says so.
        error: Option<String>,
    },
    /// Each step has its answer.
    Steps(Vec<Step>),
}

/// A step, and the answer that is promised.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// What the user answers to a prompt.
    pub answer: Option<Key>,
    /// What is promised.
    pub promise: Promise,
}

/// The answer that is promised for a step; what is left out is not compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Promise {
    /// The answer.
    pub answer: Answer,
    /// Whether a grant is partial.
    pub partial: bool,
    /// The class or the code of the error.
    pub error: Option<String>,
    /// The permission that the error names.
    pub permission: Option<String>,
    /// The resource that the error names.
    pub resource: Option<String>,
    /// A part of the native message.
    pub message: Option<String>,
    /// What the user is asked.
    pub shown: Option<String>,
    /// The events.
    pub changes: Option<Vec<Change>>,
    /// The step whose status object this is.
    pub same_as: Option<usize>,
}

impl Promise {
    /// An answer, and nothing else about it.
    pub fn of(answer: Answer) -> Self {
        Self {
            answer,
            partial: false,
            error: None,
            permission: None,
            resource: None,
            message: None,
            shown: None,
            changes: None,
            same_as: None,
        }
    }
}

impl Case {
    /// Whether it uses the network, and so needs the harness's listener.
    pub fn needs_listener(&self) -> bool {
        let is_network = |step: &Step| match &step.action {
            Action::Use(value) => value.get("host").is_some() || value.get("url").is_some(),
            _ => false,
        };
        self.steps().iter().any(is_network)
    }

    /// The case with every operation of it done through a door.
    pub fn through(&self, door: Door) -> Self {
        let mut case = self.clone();
        case.id = format!("{}@{}", self.id, door.name());
        if let Expected::Steps(steps) = &mut case.expected {
            for step in steps {
                if let Action::Use(Value::Object(fields)) = &mut step.action {
                    fields.insert(DOOR.to_owned(), Value::from(door.name()));
                }
            }
        }
        case
    }

    /// The steps; none where the case is about the end of its launch or scope.
    pub fn steps(&self) -> &[Step] {
        match &self.expected {
            Expected::Steps(steps) => steps,
            Expected::Refused(_) | Expected::Rejected { .. } => &[],
        }
    }

    /// The case as it is sent: without what it expects.
    pub fn to_wire(&self, id: u64, fixture: &Fixture, names: Names<'_>) -> Script {
        let scope = self.scope.as_ref();
        Script {
            id,
            launch: self.launch.to_wire(fixture, names),
            place: scope.map(|scope| scope.place),
            permissions: scope.map(|scope| names.value(&scope.permissions)),
            steps: self.steps().iter().map(|step| step.to_wire(names)).collect(),
        }
    }

    /// What is asked, as a text that is another for every other question; the same at every release.
    pub fn asked(&self, fixture: &Fixture) -> String {
        let Launch { command, flags, entry, environment, search_path, directory, terminal, .. } =
            &self.launch;
        let scope = self.scope.as_ref().map(|scope| (scope.place, &scope.permissions));
        let actions: Vec<_> = self.steps().iter().map(|step| (&step.action, step.answer)).collect();
        let surroundings = (environment, search_path, directory, terminal, fixture.files(ROOT));
        serde_json::to_string(&(command, flags, entry, surroundings, scope, actions))
            .expect("a question is JSON")
    }

    /// What is promised, as a text that is another for every other promise.
    pub fn promised(&self) -> String {
        match &self.expected {
            Expected::Steps(steps) => {
                format!("{:?}", steps.iter().map(|step| &step.promise).collect::<Vec<_>>())
            }
            ended => format!("{ended:?}"),
        }
    }

    /// What an implementation must claim to be asked.
    pub fn capabilities(&self) -> BTreeSet<Capability> {
        let steps = self.steps().iter().flat_map(|step| {
            let verb = match &step.action {
                Action::Query(_) => Some(Capability::Query),
                Action::Request(_) => Some(Capability::Request),
                Action::Revoke(_) => Some(Capability::Revoke),
                Action::Drop(_) => Some(Capability::Drop),
                Action::Use(operation) => {
                    operation::of(operation).map(|it| Capability::Use(it.name))
                }
            };
            let events = step.promise.changes.is_some() || step.promise.same_as.is_some();
            verb.into_iter().chain(events.then_some(Capability::Events))
        });
        let scope = self.scope.as_ref().map(|scope| match scope.place {
            Place::Test => Capability::InTest,
            Place::Worker => Capability::InWorker,
            Place::Child => Capability::InChild,
        });
        let eval = (self.launch.command == Command::Eval).then_some(Capability::CommandEval);
        let terminal = self.launch.terminal.then_some(Capability::Terminal);
        let entry = (!self.launch.entry.is_empty()).then_some(Capability::Entry);
        let values = self.has_unusual_values().then_some(Capability::Values);
        let claimed = self.needs.iter().copied();
        let claimed = claimed.chain(values);
        steps.chain(scope).chain(eval).chain(terminal).chain(entry).chain(claimed).collect()
    }

    /// Whether it hands over what is no object of texts where a descriptor or an operation belongs, or what JSON cannot write.
    fn has_unusual_values(&self) -> bool {
        let is_usual = |value: &Value| {
            let fields = value.as_object().filter(|fields| fields.contains_key("name"));
            fields.is_some_and(|fields| fields.values().all(Value::is_string))
        };
        let steps = self.steps().iter().map(|step| match &step.action {
            Action::Query(value)
            | Action::Request(value)
            | Action::Revoke(value)
            | Action::Drop(value)
            | Action::Use(value) => value,
        });
        self.scope
            .as_ref()
            .is_some_and(|scope| scope.permissions.is_array() || is_beyond_json(&scope.permissions))
            || !steps.into_iter().all(is_usual)
    }

    /// Whether what the case does could be seen by another case of the same process.
    ///
    /// What is done in a scope of its own stays there; a scope that is refused may leave a mark on its parent.
    pub fn leaves_traces(&self) -> bool {
        let mutates = |step: &Step| {
            matches!(
                step.action,
                Action::Request(_) | Action::Revoke(_) | Action::Drop(_) | Action::Use(_)
            )
        };
        let watches =
            |step: &Step| step.promise.changes.is_some() || step.promise.same_as.is_some();
        let is_seen = |step: &Step| match &step.action {
            Action::Use(value) => {
                operation::of(value).is_some_and(|it| it.effect_of(value) != Effect::Nothing)
            }
            _ => false,
        };
        self.launch.terminal
            || !matches!(self.expected, Expected::Steps(_))
            || self.steps().iter().any(is_seen)
            || self.steps().iter().any(watches)
            || (!self.scope.as_ref().is_some_and(Scope::is_private)
                && self.steps().iter().any(mutates))
    }
}

/// Whether a value stands in it that JSON has not, such as a URL.
fn is_beyond_json(value: &Value) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(is_beyond_json),
        Value::Object(fields) => {
            fields.iter().any(|(key, field)| key.starts_with('$') || is_beyond_json(field))
        }
        _ => false,
    }
}

impl Scope {
    /// Whether the permissions are sure to be the scope's own; some values mean that it shares its parent's.
    fn is_private(&self) -> bool {
        match &self.permissions {
            Value::String(text) => text == "inherit" || text == "none",
            Value::Object(fields) => !fields.keys().any(|key| key.starts_with('$')),
            _ => false,
        }
    }
}

/// Whether there is such an operation, and whether it has such fields.
fn check_operation(value: &Value) -> Result<(), String> {
    let Some(operation) = operation::of(value) else {
        let name = value.get("name").and_then(Value::as_str).unwrap_or_default();
        let names = operation::OPERATIONS.iter().map(|operation| operation.name);
        let hint = closest(name, names).map(|name| format!("; did you mean \"{name}\"?"));
        return Err(format!("there is no operation \"{name}\"{}", hint.unwrap_or_default()));
    };
    let mut fields = value.as_object().into_iter().flatten().map(|(field, _)| field.as_str());
    let is_unknown =
        |field: &&str| !["name", DOOR].contains(field) && !operation.fields.contains(field);
    match fields.find(is_unknown) {
        None => Ok(()),
        Some(field) => Err(format!("the operation \"{}\" has no {field}", operation.name)),
    }
}

/// The path of an operation that does not stay in the fixture's folder.
fn leads_outside<'o>(operation: &'o Value, directory: &str) -> Option<&'o str> {
    let effect = operation::of(operation)?.effect_of(operation);
    let texts = |field: &'static str| operation.get(field).into_iter();
    ["path", "to", "command"].into_iter().flat_map(texts).find_map(|argument| {
        let bytes = ["$buffer", "$uint8array"].iter().find_map(|class| argument.get(class));
        let argument = bytes.unwrap_or(argument);
        let Some(url) = argument.get("$url").and_then(Value::as_str) else {
            let path = argument.as_str()?;
            // What the system makes up is read by some cases, and cannot be harmed by that.
            let is_made_up = ["/proc/", "/dev/"].iter().any(|above| path.starts_with(above));
            let may =
                launch::stays_inside(path, directory) || (is_made_up && effect == Effect::Nothing);
            return (!may).then_some(path);
        };
        // A URL of anything but a file names no path, and so does nothing.
        let path = file_path(&url.replace(ROOT, NOWHERE)).ok()?;
        (!launch::stays_inside(&path, directory)).then_some(url)
    })
}

/// The address of an operation that is not the harness's listener.
fn leads_away(operation: &Value) -> Option<&str> {
    let text = |field: &'static str| operation.get(field)?.as_str();
    let host = text("host").filter(|host| !launch::is_loopback(host));
    let url = text("url").filter(|url| {
        let authority = url.split_once("://").and_then(|(_, rest)| rest.split('/').next());
        !authority.is_some_and(launch::is_loopback)
    });
    host.or(url)
}

impl Step {
    /// The step as it is sent: without what is promised.
    fn to_wire(&self, names: Names<'_>) -> wire::Step {
        let action = match &self.action {
            Action::Query(value) => Action::Query(names.value(value)),
            Action::Request(value) => Action::Request(names.value(value)),
            Action::Revoke(value) => Action::Revoke(names.value(value)),
            Action::Drop(value) => Action::Drop(names.value(value)),
            Action::Use(value) => Action::Use(names.value(value)),
        };
        wire::Step { action, answer: self.answer }
    }

    /// Reads a step as written, of a case that acts in a directory; the error says what is wrong with it.
    pub fn read(written: &format::Step, directory: &str) -> Result<Self, String> {
        let verbs = [
            written.query.clone().map(Action::Query),
            written.request.clone().map(Action::Request),
            written.revoke.clone().map(Action::Revoke),
            written.drop.clone().map(Action::Drop),
            written.operation.clone().map(Action::Use),
        ];
        let mut verbs = verbs.into_iter().flatten();
        let (Some(action), None) = (verbs.next(), verbs.next()) else {
            return Err("a step does one thing: query, request, revoke, drop or use".into());
        };
        if let Action::Use(operation) = &action {
            check_operation(operation)?;
            if let Some(path) = leads_outside(operation, directory) {
                return Err(format!(
                    "\"{path}\" leads out of $ROOT, and nothing that a case does may"
                ));
            }
            if let Some(address) = leads_away(operation) {
                return Err(format!(
                    "\"{address}\" is not port $PORT or 0 of this machine, and a case may go nowhere else"
                ));
            }
        }
        let expect = written.expect;
        let is_use = matches!(action, Action::Use(_));
        let fits = match expect {
            Answer::Granted | Answer::Prompt | Answer::Denied | Answer::Unrestricted => !is_use,
            Answer::Allowed | Answer::Blocked | Answer::Absent => is_use,
            Answer::Error => true,
        };
        if !fits {
            return Err(match is_use {
                true => "a use is allowed, blocked, absent or an error".into(),
                false => "only a use is allowed, blocked or absent; this is granted, prompt, denied or an error".into(),
            });
        }
        if written.partial && expect != Answer::Granted {
            return Err("only a grant can be partial".into());
        }
        if written.error.is_some() && !matches!(expect, Answer::Error | Answer::Blocked) {
            return Err("only an error and what is blocked have an error's class".into());
        }
        let named = written.permission.is_some() || written.resource.is_some();
        if named && expect != Answer::Blocked {
            return Err("only what is blocked names a permission and a resource".into());
        }
        if written.shown.is_some() && written.answer.is_none() {
            return Err("only a prompt that is answered shows anything".into());
        }
        if written.answer.is_some() && !matches!(action, Action::Request(_) | Action::Use(_)) {
            return Err("only a request or a use can raise a prompt to be answered".into());
        }
        let promise = Promise {
            answer: expect,
            partial: written.partial,
            error: written.error.clone(),
            permission: written.permission.clone(),
            resource: written.resource.clone(),
            message: written.message.clone(),
            shown: written.shown.clone(),
            changes: written.changes.clone(),
            same_as: written.same_as,
        };
        Ok(Self { action, answer: written.answer, promise })
    }
}
