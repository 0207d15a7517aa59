//! What an implementation claims to do, by the names of the protocol.

use std::borrow::Cow;

use schemars::generate::SchemaGenerator;
use schemars::{JsonSchema, Schema, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::operation::{self, OPERATIONS};

/// What an implementation claims to do; a case asks only for what it uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Capability {
    /// Queries.
    Query,
    /// Requests.
    Request,
    /// Revocations.
    Revoke,
    /// Giving up for good.
    Drop,
    /// An operation, by its name.
    Use(&'static str),
    /// Permissions of a test.
    InTest,
    /// Permissions of a worker.
    InWorker,
    /// Permissions of a process that the program starts.
    InChild,
    /// A program in a file of the fixture.
    Entry,
    /// Running a text.
    CommandEval,
    /// A terminal, with somebody who answers prompts.
    Terminal,
    /// What a prompt shows, and what is made of whatever is typed at it.
    Prompts,
    /// The identity and the events of status objects.
    Events,
    /// Reading a command line as the runtime does: what is refused, repeated, abbreviated, escaped and added.
    CommandLine,
    /// Taking any value that a script can pass, and not only texts where they belong.
    Values,
    /// What operations allow and refuse for reasons of their own, whatever the permissions.
    Operations,
}

/// What the name of an operation stands behind, among the capabilities.
const USE: &str = "use.";

impl Capability {
    /// Every capability that is no operation, by its name.
    pub const WORDS: [(&str, Capability); 15] = [
        ("query", Capability::Query),
        ("request", Capability::Request),
        ("revoke", Capability::Revoke),
        ("drop", Capability::Drop),
        ("in.test", Capability::InTest),
        ("in.worker", Capability::InWorker),
        ("in.child", Capability::InChild),
        ("entry", Capability::Entry),
        ("command.eval", Capability::CommandEval),
        ("terminal", Capability::Terminal),
        ("prompts", Capability::Prompts),
        ("events", Capability::Events),
        ("command-line", Capability::CommandLine),
        ("values", Capability::Values),
        ("operations", Capability::Operations),
    ];

    /// Its name.
    pub fn name(self) -> String {
        match self {
            Capability::Use(operation) => format!("{USE}{operation}"),
            other => {
                let word = Self::WORDS.iter().find(|(_, capability)| *capability == other);
                word.map(|(name, _)| (*name).to_owned()).unwrap_or_default()
            }
        }
    }

    /// The capability of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        match name.strip_prefix(USE) {
            Some(used) => Some(Capability::Use(operation::of_name(used)?.name)),
            None => {
                let (_, capability) = Self::WORDS.iter().find(|(word, _)| *word == name)?;
                Some(*capability)
            }
        }
    }

    /// The names of all that there are.
    pub fn names() -> impl Iterator<Item = String> {
        let words = Self::WORDS.iter().map(|(word, _)| (*word).to_owned());
        words.chain(OPERATIONS.iter().map(|operation| Capability::Use(operation.name).name()))
    }
}

impl Serialize for Capability {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

impl<'de> Deserialize<'de> for Capability {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        Self::of_name(&name)
            .ok_or_else(|| D::Error::custom(format!("there is no capability `{name}`")))
    }
}

impl JsonSchema for Capability {
    fn schema_name() -> Cow<'static, str> {
        "Capability".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": Self::names().collect::<Vec<_>>() })
    }
}
