//! The format of a case file, as written.
//!
//! A file holds what its cases share, then one `[[case]]` after the other; whatever is left out has a default, so that a case says only what is unusual.
//! An unknown key is an error.
//! The JSON Schema beside the corpus is made from these types.

use std::collections::BTreeMap;
use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use super::advisory;
use super::surface::Surface;
use crate::operation::Door;
use crate::wire::{Answer, Change, Command, Key, Place, Refusal, Rejection};

/// A case file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    /// The model that the cases are about, such as `deno`.
    pub model: At<String>,
    /// The clauses that every case of the file tests; a case's own are added.
    #[serde(default)]
    pub clauses: Vec<At<String>>,
    /// The fixture that every case runs in, unless it names its own.
    #[serde(default)]
    pub fixture: Option<String>,
    /// The tags of every case; a case's own are added.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The advisory whose weakness every case of the file shows.
    #[serde(default)]
    pub advisory: Option<advisory::Written>,
    /// The cases.
    #[serde(default, rename = "case")]
    pub cases: Vec<At<Case>>,
}

/// One case: a launch, permissions, and steps with the answers that the model promises.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Case {
    /// Says what the case says, in lower case with hyphens; unique in its file.
    pub name: At<String>,
    /// The releases that the promise is made for, as version requirements: in one text a comma means *and*, several texts mean *or*.
    /// Without it: every modelled release.
    #[serde(default)]
    pub releases: Option<At<Releases>>,
    /// The clauses that promise the answers.
    #[serde(default)]
    pub clauses: Vec<At<String>>,
    /// Words to select by.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The fixture, by the name of its file under `fixtures/`.
    #[serde(default)]
    pub fixture: Option<String>,

    /// The doors that the operations of the case are done through: it becomes a case for each, whose name ends in `@` and the door.
    #[serde(default)]
    pub doors: Vec<Door>,

    /// The places that the flags of the case are written in: it becomes a case for each, whose name ends in `@` and the surface.
    #[serde(default)]
    pub surfaces: Vec<Surface>,

    /// The runtime's command; `run` where it is left out.
    #[serde(default)]
    pub command: Option<Command>,
    /// The flags, in the order of the command line.
    ///
    /// `$PERMISSION` stands for the flag that turns Node's model on at the release: `--permission`, or `--experimental-permission` where there is no other.
    #[serde(default)]
    pub flags: Vec<String>,
    /// The program's file and its arguments, as they stand behind the flags; the file is an `adapter` of the fixture, or leads to one.
    /// Without it the adapter is launched as its manifest says, and no file of the fixture is involved.
    #[serde(default)]
    pub entry: Vec<String>,
    /// The environment; the program sees nothing else but the search path.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// The directories in which programs are looked up; `$ROOT/bin` where it is left out.
    #[serde(default)]
    pub search_path: Option<Vec<String>>,
    /// The working directory, one of the fixture's; `$ROOT`, the fixture's folder, where it is left out.
    #[serde(default)]
    pub directory: Option<String>,
    /// Whether somebody sits at a terminal and answers prompts.
    #[serde(default)]
    pub terminal: bool,

    /// The `PermissionOptions` of the scope that the steps act in: `"inherit"`, `"none"`, an object per kind, or any other value, as the runtime's user writes it.
    /// For Node, whose scopes are workers and processes: `"inherit"`, or an object with `execArgv`, `env` and `cwd`.
    /// Without it the steps act in the program itself.
    #[serde(default)]
    pub permissions: Option<Value>,
    /// Where the permissions are applied; in a test where it is left out.
    #[serde(default, rename = "in")]
    pub place: Option<Place>,

    /// The steps, in order.
    #[serde(default)]
    pub steps: Option<Vec<At<Step>>>,
    /// Instead of steps: the launch ends before any code runs, for this reason.
    #[serde(default)]
    pub refused: Option<Refusal>,
    /// Instead of steps: the permissions are not accepted, for this reason.
    #[serde(default)]
    pub rejected: Option<Rejection>,
    /// The class of the error that permissions are rejected with; not compared where it is left out.
    #[serde(default)]
    pub error: Option<String>,
}

/// One step: exactly one of `query`, `request`, `revoke`, `drop` and `use`, and the answer that is promised.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Step {
    /// A descriptor to ask about, as the runtime's user writes it: Node's scope and reference are its `name` and `reference`.
    ///
    /// What TOML lacks is written `{ "$url" = "file:///x" }`, `{ "$null" = true }` and `{ "$undefined" = true }`; for Node also `{ "$buffer" = "/x" }` and `{ "$uint8array" = "/x" }`.
    #[serde(default)]
    pub query: Option<Value>,
    /// A descriptor to request.
    #[serde(default)]
    pub request: Option<Value>,
    /// A descriptor to revoke.
    #[serde(default)]
    pub revoke: Option<Value>,
    /// A descriptor to give up for good.
    #[serde(default)]
    pub drop: Option<Value>,
    /// An operation: its `name`, and what it is done to: a `path`, a `variable`, a `command`, a `host`, ...
    /// `$PORT` in a `host` or a `url` is the port of a listener that the harness has on this machine.
    #[serde(default, rename = "use")]
    pub operation: Option<Value>,
    /// What the user does if a prompt is raised; needs a terminal.
    #[serde(default)]
    pub answer: Option<Key>,

    /// The answer.
    pub expect: Answer,
    /// Whether the grant is partial; compared wherever a grant is expected.
    #[serde(default)]
    pub partial: bool,
    /// The class of the error, or its code where it has one, of `error` and `blocked`; not compared where it is left out.
    #[serde(default)]
    pub error: Option<String>,
    /// The permission that the error of what is blocked names; not compared where it is left out.
    #[serde(default)]
    pub permission: Option<String>,
    /// The resource that the error of what is blocked names; not compared where it is left out.
    #[serde(default)]
    pub resource: Option<String>,
    /// A text that the native message holds; not compared where it is left out.
    #[serde(default)]
    pub message: Option<String>,
    /// What the user is asked, such as `read access to "/srv"`; not compared where it is left out.
    #[serde(default)]
    pub shown: Option<String>,
    /// The `change` events seen during the step, in order; not compared where it is left out.
    #[serde(default)]
    pub changes: Option<Vec<Change>>,
    /// The step, counted from one, whose status object this one's is; not compared where it is left out.
    #[serde(default)]
    pub same_as: Option<usize>,
}

/// One version requirement, or several of which one must hold.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Releases {
    /// `">=2.6.0"`, or `">=2.1.13, <2.2.0"`.
    One(String),
    /// `["<2.0.0", ">=2.6.0"]`.
    Any(Vec<String>),
}

/// A value that remembers where it stands in its file; to the schema, the value alone.
#[derive(Debug, Deserialize)]
#[serde(transparent, bound(deserialize = "T: Deserialize<'de>"))]
pub struct At<T>(pub Spanned<T>);

impl<T> At<T> {
    /// The value.
    pub fn get(&self) -> &T {
        self.0.get_ref()
    }

    /// Where it stands, in bytes.
    pub fn span(&self) -> Range<usize> {
        self.0.span()
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

/// The JSON Schema of a case file, as text.
pub fn schema() -> String {
    let settings = schemars::generate::SchemaSettings::draft07();
    let schema = settings.into_generator().into_root_schema_for::<CaseFile>();
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    text.push('\n');
    text
}
