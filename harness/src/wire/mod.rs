//! What the harness and an implementation say to each other: JSON lines.
//!
//! No message to an implementation has a field for an expectation, so none can be fitted to the answer, not even by accident.
//! Unknown fields of an answer are ignored, so that a newer implementation can speak to an older harness.

mod capability;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub use self::capability::Capability;

/// The version of the protocol that is spoken here.
pub const PROTOCOL: u32 = 1;

/// A message to an implementation, one line each.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ToImplementation {
    /// The first line: which versions of the protocol are understood.
    Hello {
        /// The range of versions.
        protocol: Range,
    },
    /// A script to act out.
    Run(Box<Script>),
}

/// Versions of the protocol, both ends included.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Range {
    /// The oldest.
    pub min: u32,
    /// The newest.
    pub max: u32,
}

/// What an implementation acts out: a case without what it expects.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Script {
    /// Comes back with the answer; answers may come in any order.
    pub id: u64,
    /// The launch; an implementation that is a fresh process per launch has been launched so already.
    pub launch: Launch,
    /// Where the permissions are applied; absent where the steps act in the program itself.
    #[serde(rename = "in", default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The permissions of the scope, as the runtime's user writes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Value>,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

/// Where a case's permissions are applied.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In the runtime's own test scope.
    Test,
    /// In a worker.
    Worker,
    /// In a process that the program starts.
    Child,
}

/// What decides a process.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub struct Launch {
    /// The release to be.
    pub release: String,
    /// The runtime's command.
    pub command: Command,
    /// The flags, in order.
    pub flags: Vec<String>,
    /// The program's file and its arguments; empty where the implementation's own adapter is the program.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entry: Vec<String>,
    /// The environment, which holds nothing else.
    pub environment: BTreeMap<String, String>,
    /// The directories in which programs are looked up.
    pub search_path: Vec<String>,
    /// The working directory.
    pub directory: String,
    /// Whether somebody sits at a terminal.
    pub terminal: bool,
    /// What exists.
    pub files: Vec<File>,
}

/// A command of a runtime.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// Runs a program.
    Run,
    /// Runs a program's tests.
    Test,
    /// Runs a text.
    Eval,
}

/// Something that exists at a launch.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct File {
    /// Where it is.
    pub path: String,
    /// What it is.
    pub kind: FileKind,
    /// Where a link leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What stands in a file, which a runtime may read at its launch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What can exist at a path.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A file that can be run.
    Program,
}

/// One step of a script: one of the verbs, and what it is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// What is done, and to what.
    #[serde(flatten)]
    pub action: Action,
    /// What the user answers to a prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Key>,
}

/// What a step does; descriptors and operations are as the runtime's users write them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Asks for the state of a permission.
    Query(Value),
    /// Asks for a permission.
    Request(Value),
    /// Gives a permission back.
    Revoke(Value),
    /// Gives a permission up for good.
    Drop(Value),
    /// Does something that needs a permission.
    Use(Value),
}

/// What a user does at a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Key {
    /// Yes.
    #[serde(rename = "y")]
    Yes,
    /// No.
    #[serde(rename = "n")]
    No,
    /// Yes, to everything of the kind.
    #[serde(rename = "A")]
    All,
    /// The escape key.
    #[serde(rename = "escape")]
    Escape,
    /// Nothing but the end of the line.
    #[serde(rename = "empty")]
    Empty,
    /// The end of the input.
    #[serde(rename = "end")]
    End,
    /// A word, `yes`, and not a key.
    #[serde(rename = "word")]
    Word,
    /// A key that means nothing, and yes when asked again.
    #[serde(rename = "again")]
    Again,
    /// Yes before anything was asked, and no then.
    #[serde(rename = "ahead")]
    Ahead,
}

impl Key {
    /// What is typed once the prompt is there, line by line; none is the end of the input.
    pub fn lines(self) -> &'static [Option<&'static str>] {
        match self {
            Key::Yes => &[Some("y")],
            Key::No | Key::Ahead => &[Some("n")],
            Key::All => &[Some("A")],
            Key::Escape => &[Some("\u{1b}")],
            Key::Empty => &[Some("")],
            Key::End => &[None],
            Key::Word => &[Some("yes")],
            Key::Again => &[Some("x"), Some("y")],
        }
    }
}

/// A message of an implementation.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FromImplementation {
    /// The first line: who answers.
    Hello(Hello),
    /// What the steps of a script were answered with.
    Result(Acted),
    /// A step begins; only from a process that has a terminal, so that whoever sits there knows what a prompt is about.
    Step(Begun),
    /// The script's permissions were not accepted, and no step was done.
    Rejected(Rejected),
    /// The script's launch was refused; only from an implementation that takes launches as data.
    Refused(Refused),
    /// The script could not be acted out, although what it needs was claimed.
    Unsupported {
        /// The script.
        id: u64,
        /// Why.
        reason: String,
    },
    /// The implementation failed on the script, by a defect of its own.
    Error {
        /// The script.
        id: u64,
        /// How.
        message: String,
    },
}

/// Who an implementation is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hello {
    /// The version of the protocol that it speaks.
    pub protocol: u32,
    /// Its name.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// The model that it implements.
    pub model: String,
    /// The releases of the model that it can be; a runtime is its own version only.
    pub releases: Vec<String>,
    /// What it can do.
    pub capabilities: Vec<Capability>,
    /// The kinds that it knows, where it does not know all of its model's: no other is asked about, by a step, a flag or a scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinds: Option<Vec<String>>,
    /// How many scripts it takes before it has answered the first of them; without it, as many as come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<NonZeroUsize>,
}

/// A step that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Begun {
    /// The script.
    pub id: u64,
    /// The step, counted from one.
    pub number: usize,
}

/// The answers to the steps of a script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Acted {
    /// The script.
    pub id: u64,
    /// One for each step.
    pub steps: Vec<Reply>,
}

/// What a step was answered with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Reply {
    /// The step could not be done, although its capability was claimed.
    Unsupported {
        /// Why.
        unsupported: String,
    },
    /// An answer.
    Answered(Answered),
}

impl Reply {
    /// The answer, where there is one.
    pub fn answered(&self) -> Option<&Answered> {
        match self {
            Reply::Answered(answered) => Some(answered),
            Reply::Unsupported { .. } => None,
        }
    }
}

/// An answer, with what belongs to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answered {
    /// The answer.
    pub answer: Answer,
    /// Whether a grant is partial.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// The step, counted from one, that first obtained the status object of this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<usize>,
    /// The events seen during the step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// The class of the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The permission that was missing, as the error names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission: Option<String>,
    /// What it was missing for, as the error names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The native message, or the rule that settled it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What the user was asked at the last prompt of the step, such as `read access to "/srv"`; of a process with a terminal the harness reads it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// Whether the operation was done, which the harness finds out by itself where it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<bool>,
}

/// Every answer that a step can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// The permission is granted, at least in part.
    Granted,
    /// The user would be asked.
    Prompt,
    /// The permission is denied.
    Denied,
    /// No permission model is in force, so that nothing is there to be asked, and nothing is denied.
    Unrestricted,
    /// The step was answered with an error that is no refusal of permission.
    Error,
    /// The operation was done.
    Allowed,
    /// The operation was refused for lack of permission.
    Blocked,
    /// There was nothing there, or so the program was told.
    Absent,
}

impl Answered {
    /// An answer without anything else.
    pub fn of(answer: Answer) -> Self {
        Self {
            answer,
            partial: false,
            status: None,
            changes: Vec::new(),
            error: None,
            permission: None,
            resource: None,
            message: None,
            prompt: None,
            done: None,
        }
    }
}

impl Answer {
    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Answer::Granted => "granted",
            Answer::Prompt => "prompt",
            Answer::Denied => "denied",
            Answer::Unrestricted => "unrestricted",
            Answer::Error => "error",
            Answer::Allowed => "allowed",
            Answer::Blocked => "blocked",
            Answer::Absent => "absent",
        }
    }
}

/// A `change` event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The step, counted from one, that first obtained the status object.
    pub status: usize,
    /// The new state.
    pub state: Answer,
    /// Whether a grant is partial.
    #[serde(default)]
    pub partial: bool,
}

/// Permissions that were not accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rejected {
    /// The script.
    pub id: u64,
    /// Why, in our words.
    #[serde(rename = "as")]
    pub reason: Rejection,
    /// The class of the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The native message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Why permissions are not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rejection {
    /// They are more than their parent's.
    Escalation,
    /// They make no sense.
    BadPermissions,
    /// The program may not make such a scope, whatever its permissions.
    Blocked,
}

/// A launch that was refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Refused {
    /// The script.
    pub id: u64,
    /// Why, in our words.
    #[serde(rename = "as")]
    pub reason: Refusal,
    /// The native message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Why a launch ends before any code runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// The release has no such flag.
    UnknownFlag,
    /// A flag does not take the value.
    BadValue,
    /// Two flags cannot stand beside each other.
    Conflict,
    /// A flag needs another that is not there.
    MissingOption,
    /// The program may not be read.
    Blocked,
}

/// The JSON Schema of each message, as text, behind the name of its file: whom the message is to or from, and which it is.
pub fn schemas() -> Vec<(String, String)> {
    let to = schemas_of::<ToImplementation>("to-implementation");
    to.into_iter().chain(schemas_of::<FromImplementation>("from-implementation")).collect()
}

fn schemas_of<T: JsonSchema>(direction: &str) -> Vec<(String, String)> {
    // Whoever reads the schema of a message needs no other to understand it.
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    let schema = settings.into_generator().into_root_schema_for::<T>();
    let messages = schema.get("oneOf").and_then(Value::as_array);
    let schema_of = |message: &Value| {
        let name = message["required"][0].as_str().expect("a message has one field, its name");
        let mut whole = Map::new();
        whole.insert("$schema".to_owned(), schema.get("$schema").cloned().unwrap_or_default());
        whole.insert("title".to_owned(), json!(name));
        whole.extend(message.as_object().expect("a message is an object").clone());
        let mut text = serde_json::to_string_pretty(&whole).expect("a schema is JSON");
        text.push('\n');
        (format!("{direction}-{name}"), text)
    };
    messages.expect("there are several messages").iter().map(schema_of).collect()
}
