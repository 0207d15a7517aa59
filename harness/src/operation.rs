//! Operations: what a program does with its permissions, by the names that cases, adapters and the engine share.
//!
//! What each requires is the model's business, and stands in the engine; here is what each is about, and what it leaves behind.

use permscope_engine::model::question::Foreseen;
use permscope_engine::model::{Model, deno, node};
use permscope_engine::release::Release;
use permscope_engine::value as engine;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// An operation.
#[derive(Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its name.
    pub name: &'static str,
    /// What it does, for whoever implements it.
    pub does: &'static str,
    /// The fields that may stand beside the name.
    pub fields: &'static [&'static str],
    /// What is to be seen of it from outside, once it is done.
    pub effect: Effect,
}

/// What an operation leaves behind, which the harness looks for by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing that could be looked for.
    Nothing,
    /// Something else stands at the path of this field.
    Changes(&'static str),
    /// Something new stands below the path of this field, or below the working directory where it is left out.
    Appears(&'static str),
    /// Somebody has come to the harness's listener.
    Connects,
}

/// One of several ways to the same operation, which are to be answered alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Door {
    /// A call that returns when it is done.
    Sync,
    /// A promise.
    Promise,
    /// A callback.
    Callback,
    /// The path as a `Buffer`.
    Buffer,
    /// The path as a `Uint8Array`.
    Uint8array,
    /// The path as a URL.
    Url,
    /// Deno's module of Node's, by a call that returns when it is done.
    Node,
    /// Deno's module of Node's, by a callback.
    NodeCallback,
    /// Deno's module of Node's, by a promise.
    NodePromise,
}

impl Door {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Door::Sync => "sync",
            Door::Promise => "promise",
            Door::Callback => "callback",
            Door::Buffer => "buffer",
            Door::Uint8array => "uint8array",
            Door::Url => "url",
            Door::Node => "node",
            Door::NodeCallback => "node-callback",
            Door::NodePromise => "node-promise",
        }
    }
}

/// The field that says through which door an operation is done.
pub const DOOR: &str = "door";

/// An operation that leaves nothing behind that could be looked for.
const fn about(
    name: &'static str,
    fields: &'static [&'static str],
    does: &'static str,
) -> Operation {
    Operation { name, does, fields, effect: Effect::Nothing }
}

/// An operation that changes what stands at the path of a field.
const fn changes(
    name: &'static str,
    fields: &'static [&'static str],
    field: &'static str,
    does: &'static str,
) -> Operation {
    Operation { name, does, fields, effect: Effect::Changes(field) }
}

/// An operation that makes something with a name of its own choice.
const fn appears(
    name: &'static str,
    fields: &'static [&'static str],
    does: &'static str,
) -> Operation {
    Operation { name, does, fields, effect: Effect::Appears("path") }
}

/// An operation that comes to the listener.
const fn connects(
    name: &'static str,
    fields: &'static [&'static str],
    does: &'static str,
) -> Operation {
    Operation { name, does, fields, effect: Effect::Connects }
}

/// Every operation.
pub const OPERATIONS: &[Operation] = &[
    // What is read of files.
    about("read-file", &["path"], "reads a file"),
    about(
        "read-file-patched",
        &["path", "patch"],
        "reads a file, with another function in the place of one that makes a path plain",
    ),
    about("read-stream", &["path"], "reads a file, as a stream"),
    about("glob", &["path"], "lists what fits a pattern"),
    about("stat", &["path"], "asks about what a path leads to"),
    about("lstat", &["path"], "asks about what stands at a path, a link included"),
    about("statfs", &["path"], "asks about the file system that a path is in"),
    about("access", &["path"], "asks whether a file may be read"),
    about("exists", &["path"], "asks whether something stands at a path"),
    about("read-dir", &["path"], "lists a directory"),
    about("open-dir", &["path"], "opens a directory"),
    about("read-link", &["path"], "reads where a link leads"),
    about("real-path", &["path"], "asks where a path leads"),
    about("real-path-native", &["path"], "asks where a path leads, by the system's own call"),
    about("blob", &["path"], "makes a blob of a file"),
    about("watch", &["path"], "watches a path, by events"),
    about("watch-file", &["path"], "watches a path, by asking again and again"),
    about("chdir", &["path"], "changes the working directory"),
    about("cwd", &[], "asks for the working directory"),
    about("exec-path", &[], "asks where the runtime lies"),
    about("main-module", &[], "asks for the address of the program"),
    // What is written.
    changes("write-file", &["path"], "path", "writes a file"),
    changes("append-file", &["path"], "path", "writes at the end of a file"),
    changes("write-stream", &["path"], "path", "writes a file, as a stream"),
    changes(
        "open",
        &["path", "mode"],
        "path",
        "opens a file in a mode, and writes a line where the mode lets it",
    ),
    changes("mkdir", &["path"], "path", "makes a directory"),
    changes("remove", &["path"], "path", "removes a file or an empty directory"),
    changes("remove-dir", &["path"], "path", "removes an empty directory"),
    changes("remove-tree", &["path"], "path", "removes a directory with what is in it"),
    changes("truncate", &["path"], "path", "empties a file"),
    changes("chmod", &["path"], "path", "changes who may do what with a file"),
    changes("chown", &["path"], "path", "gives a file to itself or to somebody else"),
    changes("lchown", &["path"], "path", "gives a link to somebody else"),
    changes("utime", &["path"], "path", "sets the times of a file"),
    changes("lutime", &["path"], "path", "sets the times of a link"),
    appears("make-temp-file", &["path", "prefix"], "makes a file with a new name in a directory"),
    appears(
        "make-temp-dir",
        &["path", "prefix"],
        "makes a directory with a new name in a directory",
    ),
    changes("rename", &["path", "to"], "to", "renames a file"),
    changes("copy-file", &["path", "to"], "to", "copies a file"),
    changes("copy-tree", &["path", "to"], "to", "copies a directory with what is in it"),
    changes("link", &["path", "to"], "to", "makes a second name of a file"),
    changes("symlink", &["path", "to"], "to", "makes a link at `to` that leads to `path`"),
    // What is done to a file that is open.
    about("stat-open", &["path", "mode"], "opens a file, and asks about it"),
    changes(
        "chmod-open",
        &["path", "mode"],
        "path",
        "opens a file, and changes who may do what with it",
    ),
    changes("chown-open", &["path", "mode"], "path", "opens a file, and gives it to somebody else"),
    changes("utime-open", &["path", "mode"], "path", "opens a file, and sets its times"),
    changes("truncate-open", &["path", "mode"], "path", "opens a file, and empties it"),
    about("sync-open", &["path", "mode"], "opens a file, and has it written to the disk"),
    // The environment and the system.
    about("env-get", &["variable"], "reads a variable"),
    about("env-has", &["variable"], "asks whether there is a variable"),
    about("env-set", &["variable"], "sets a variable"),
    about("env-delete", &["variable"], "removes a variable"),
    about("env-list", &["variable"], "lists all variables; a named one may be missing"),
    about("load-env-file", &["path"], "sets the variables that stand in a file"),
    about("sys", &["kind"], "asks for something about the system, by Deno's name for it"),
    about("name-servers", &[], "asks which servers look names up"),
    // Programs and code.
    about("run", &["command", "environment"], "runs a program, with some variables"),
    about("run-instead", &["command"], "becomes a program, as `exec` does"),
    about("kill", &["process"], "sends a signal to a process: to nobody's, or to its `self`"),
    about("dlopen", &["path"], "opens a dynamic library"),
    about("ffi-pointer", &[], "makes a pointer"),
    about("worker", &["path"], "starts a worker"),
    connects("worker-data", &["url"], "starts a worker of data, which imports the URL"),
    about(
        "worker-by-channel",
        &[],
        "starts a worker by the constructor of the runtime's own, as a channel shows it",
    ),
    about("require", &["path"], "loads a CommonJS module"),
    about("load-addon", &["path"], "loads a native addon"),
    about("wasi", &[], "makes a WASI instance"),
    about("inspector", &[], "opens the inspector"),
    about("inspector-session", &[], "connects to the inspector from within"),
    about("engine", &[], "has an engine of OpenSSL do the cryptography"),
    about("binding", &["path"], "reads a file by a binding of the runtime's own"),
    // The network.
    connects("connect", &["host"], "connects by TCP"),
    connects(
        "fetch",
        &["url", "proxy"],
        "fetches a URL, by a proxy on a Unix socket if there is one",
    ),
    connects("websocket", &["url"], "opens a web socket"),
    about("listen", &["host"], "listens by TCP"),
    about("datagram", &["host"], "opens a socket for datagrams"),
    about("connect-unix", &["path"], "connects to a Unix socket"),
    // The system takes the socket's file away with the process.
    about("listen-unix", &["path"], "listens on a Unix socket"),
    about("dns-lookup", &["host"], "looks a name up"),
    about(
        "import",
        &["path", "url", "type"],
        "imports a module, as something else than code if it says so",
    ),
    connects("import-data", &["url"], "imports a module of data, which imports the URL"),
    // What writes files by the way.
    changes("sqlite-open", &["path"], "path", "makes a database"),
    changes(
        "sqlite-attach",
        &["path", "limit"],
        "path",
        "attaches a database to one in memory, and makes a table in it",
    ),
    changes("sqlite-vacuum", &["path"], "path", "copies a database in memory to a file"),
    changes("sqlite-backup", &["path"], "path", "backs a database in memory up to a file"),
    changes("report", &["path"], "path", "writes a diagnostic report"),
    changes(
        "report-beside",
        &["path"],
        "path",
        "writes a diagnostic report of that name to a folder that was named before",
    ),
    changes(
        "report-unnamed",
        &["path"],
        "path",
        "writes a diagnostic report where the runtime was told before to write them",
    ),
    changes("heap-snapshot", &["path"], "path", "writes a snapshot of the heap"),
    appears("trace-events", &[], "turns tracing on, which writes a log"),
];

/// The operation that a value names, if it names one.
pub fn of(value: &Value) -> Option<&'static Operation> {
    of_name(value.get("name")?.as_str()?)
}

/// The operation of that name.
pub fn of_name(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.name == name)
}

/// The operations that a model knows.
pub fn names(model: Model) -> Box<dyn Iterator<Item = &'static str>> {
    match model {
        Model::Deno => Box::new(deno::operation::names()),
        Model::Node => Box::new(node::operation::names()),
    }
}

/// The kinds that an operation can require of a model, by their names.
pub fn kinds(model: Model, name: &str) -> impl Iterator<Item = &'static str> + use<> {
    let of_deno = (model == Model::Deno).then(|| deno::operation::kinds_of(name));
    let of_node = (model == Model::Node).then(|| node::operation::kinds_of(name));
    let of_deno = of_deno.into_iter().flatten().map(|kind| kind.row().name);
    of_deno.chain(of_node.into_iter().flatten().map(|kind| kind.row().scope))
}

/// What a program with these variables would ask of a release before it does an operation, to learn what will become of it; none where nothing that it could ask tells.
pub fn foresee<'e>(
    model: Model,
    operation: &'e engine::Value,
    environment: impl Iterator<Item = &'e str>,
    release: Release,
) -> Option<Foreseen> {
    match model {
        Model::Deno => deno::operation::foresee(operation, environment, release).ok(),
        Model::Node => node::operation::foresee(operation, release).ok(),
    }
}

impl Operation {
    /// Whether a value makes this operation do what its effect tells: a file that is only opened for reading is left as it is.
    pub fn effect_of(&self, value: &Value) -> Effect {
        let mode = value.get("mode").and_then(Value::as_str);
        match (self.name, mode) {
            ("open", None | Some("r" | "r+")) => Effect::Nothing,
            // Importing from a disk goes to no listener.
            ("import", _) if value.get("url").is_some() => Effect::Connects,
            _ => self.effect,
        }
    }
}
