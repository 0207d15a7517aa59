//! What a program does with its permissions: the operations, and what each requires.

use super::descriptor::{Thrown, file_path};
use super::kind::Kind;
use crate::model::operation::{self, Mode};
use crate::model::question::{Foreseen, Question};
use crate::release::{Release, Since};
use crate::value::Value;
use crate::world::{Entry, World};

/// An operation, and what it requires, in the order in which it is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// The kinds required, each with what it is required for, as written.
    pub requires: Vec<(Kind, String)>,
    /// What it is done to, as written.
    pub argument: String,
    /// Whether it is refused for what it is, whatever it is done to.
    pub refused: Refused,
    /// The code of the error that tells of it, where it is not told as a denial.
    pub told: Option<&'static str>,
    /// What is there to do it with.
    pub found: Found,
}

/// Whether an operation is refused for what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is not: its requirements decide.
    No,
    /// Unless everything may be read and written.
    UnlessAllFiles,
    /// Wherever the model is in force.
    Always,
}

/// What stands where an operation looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// What it needs.
    Present,
    /// Nothing.
    Absent,
    /// Something else, which the system refuses with this code.
    Unfit(&'static str),
}

/// The field of an operation that something is required for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Path,
    To,
    /// The operation is required as such.
    Itself,
}

/// What an operation needs to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Nothing,
    /// A file with a text.
    File,
    /// Something at its path.
    Anything,
    /// A directory around its path.
    Place,
    /// Something at its path, and a directory around the other.
    AnythingAndPlace,
    /// A directory around the other path.
    OtherPlace,
    Variable,
    Program,
    /// What no fixture has, so that the system refuses with this code.
    Never(&'static str),
}

/// One operation.
struct Row {
    name: &'static str,
    requires: &'static [(Kind, Field)],
    refused: Refused,
    told: Option<&'static str>,
    need: Need,
}

const fn row(name: &'static str, requires: &'static [(Kind, Field)], need: Need) -> Row {
    Row { name, requires, refused: Refused::No, told: None, need }
}

const fn disabled(name: &'static str, requires: &'static [(Kind, Field)]) -> Row {
    Row { refused: Refused::Always, ..row(name, requires, Need::Anything) }
}

const NOTHING: &[(Kind, Field)] = &[];
const READ: &[(Kind, Field)] = &[(Kind::FsRead, Field::Path)];
const WRITE: &[(Kind, Field)] = &[(Kind::FsWrite, Field::Path)];
const READ_AND_WRITE: &[(Kind, Field)] =
    &[(Kind::FsRead, Field::Path), (Kind::FsWrite, Field::Path)];
const NET: &[(Kind, Field)] = &[(Kind::Net, Field::Itself)];
/// What is moved or linked is read and written where it was, and written where it comes to.
const MOVED: &[(Kind, Field)] =
    &[(Kind::FsRead, Field::Path), (Kind::FsWrite, Field::Path), (Kind::FsWrite, Field::To)];

/// Every operation; those of the environment and of databases no release restricts.
const ROWS: &[Row] = &[
    row("read-file", READ, Need::File),
    row("read-file-patched", READ, Need::File),
    row("read-stream", READ, Need::File),
    row("glob", READ, Need::Place),
    row("stat", READ, Need::Anything),
    row("lstat", READ, Need::Anything),
    row("statfs", READ, Need::Anything),
    row("access", READ, Need::Anything),
    row("exists", READ, Need::Anything),
    row("read-dir", READ, Need::Anything),
    row("open-dir", READ, Need::Anything),
    row("read-link", READ, Need::Anything),
    row("real-path", READ, Need::Anything),
    row("real-path-native", READ, Need::Anything),
    row("blob", READ, Need::Anything),
    row("watch", READ, Need::Anything),
    row("watch-file", READ, Need::Nothing),
    row("chdir", READ, Need::Anything),
    row("cwd", NOTHING, Need::Nothing),
    row("write-file", WRITE, Need::Place),
    row("append-file", WRITE, Need::Place),
    row("write-stream", WRITE, Need::Place),
    row("open", READ_AND_WRITE, Need::Place),
    row("mkdir", WRITE, Need::Place),
    row("remove", WRITE, Need::Anything),
    row("remove-dir", WRITE, Need::Anything),
    row("remove-tree", READ_AND_WRITE, Need::Anything),
    row("truncate", READ_AND_WRITE, Need::Anything),
    row("chmod", WRITE, Need::Anything),
    row("chown", WRITE, Need::Anything),
    row("lchown", WRITE, Need::Anything),
    row("utime", WRITE, Need::Anything),
    row("lutime", WRITE, Need::Anything),
    row("make-temp-dir", WRITE, Need::Anything),
    row("rename", MOVED, Need::AnythingAndPlace),
    row("link", MOVED, Need::AnythingAndPlace),
    row(
        "copy-file",
        &[(Kind::FsRead, Field::Path), (Kind::FsWrite, Field::To)],
        Need::AnythingAndPlace,
    ),
    row(
        "copy-tree",
        &[(Kind::FsRead, Field::Path), (Kind::FsRead, Field::To), (Kind::FsWrite, Field::To)],
        Need::AnythingAndPlace,
    ),
    Row {
        refused: Refused::UnlessAllFiles,
        ..row("symlink", &[(Kind::FsWrite, Field::To)], Need::OtherPlace)
    },
    row("stat-open", READ, Need::Anything),
    row("truncate-open", READ_AND_WRITE, Need::Place),
    disabled("chmod-open", READ),
    disabled("chown-open", READ),
    disabled("utime-open", READ),
    disabled("sync-open", READ),
    row("env-get", NOTHING, Need::Variable),
    row("env-has", NOTHING, Need::Variable),
    row("env-set", NOTHING, Need::Nothing),
    row("env-delete", NOTHING, Need::Nothing),
    row("env-list", NOTHING, Need::Nothing),
    row("load-env-file", READ, Need::File),
    row("sys", NOTHING, Need::Nothing),
    row("run", &[(Kind::Child, Field::Itself)], Need::Program),
    row("run-instead", &[(Kind::Child, Field::Itself)], Need::Program),
    row("kill", NOTHING, Need::Nothing),
    row("worker", &[(Kind::Worker, Field::Itself), (Kind::FsRead, Field::Path)], Need::File),
    row("worker-by-channel", &[(Kind::Worker, Field::Itself)], Need::Nothing),
    row("require", READ, Need::File),
    row("import", READ, Need::File),
    row("dlopen", &[(Kind::Ffi, Field::Itself)], Need::Never("ERR_FFI_CALL_FAILED")),
    Row {
        told: Some("ERR_DLOPEN_DISABLED"),
        ..row("load-addon", &[(Kind::Addon, Field::Itself)], Need::Never("ERR_DLOPEN_FAILED"))
    },
    Row {
        refused: Refused::Always,
        told: Some("ERR_CRYPTO_CUSTOM_ENGINE_NOT_SUPPORTED"),
        ..row("engine", NOTHING, Need::Nothing)
    },
    row("wasi", &[(Kind::Wasi, Field::Itself)], Need::Nothing),
    row("inspector", &[(Kind::Inspector, Field::Itself)], Need::Nothing),
    row("inspector-session", &[(Kind::Inspector, Field::Itself)], Need::Nothing),
    disabled("binding", READ),
    row("connect", NET, Need::Nothing),
    row("fetch", NET, Need::Nothing),
    row("websocket", NET, Need::Nothing),
    row("listen", NET, Need::Nothing),
    row("datagram", NET, Need::Nothing),
    row("dns-lookup", NET, Need::Nothing),
    row("connect-unix", NET, Need::Anything),
    row("listen-unix", NET, Need::Place),
    row("sqlite-open", NOTHING, Need::Place),
    row("sqlite-attach", NOTHING, Need::Place),
    row("report", WRITE, Need::Place),
    row("report-beside", WRITE, Need::Place),
    row("report-unnamed", WRITE, Need::Place),
    row("heap-snapshot", WRITE, Need::Place),
    row("trace-events", WRITE, Need::Nothing),
];

/// The network was free before (nodejs/node#58517).
const NETWORK: Since = Since(&[Release::new(25, 0, 0)]);

/// Every operation.
pub fn names() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|row| row.name)
}

/// What an operation can require.
pub fn kinds_of(name: &str) -> impl Iterator<Item = Kind> + use<> {
    let row = ROWS.iter().find(|row| row.name == name);
    row.into_iter().flat_map(|row| row.requires).map(|(kind, _)| *kind)
}

/// Reads an operation: its name, and what it is done to.
pub fn read(value: &Value, release: Release, world: &World) -> Result<Operation, Thrown> {
    let row = row_of(value)?;
    let argument = argument(row, value)?;
    let other = other(value);
    let requires = row.required(value, release);
    let requires = requires.map(|(kind, field)| match field {
        Field::Path | Field::Itself => (kind, argument.clone()),
        Field::To => (kind, other.to_owned()),
    });
    let requires = requires.collect();
    let found = find(row, &argument, other, Mode::of(value), world);
    Ok(Operation { requires, argument, refused: row.refused, told: row.told, found })
}

/// What a program would ask before it does an operation.
pub fn foresee(value: &Value, release: Release) -> Result<Foreseen, Thrown> {
    let row = row_of(value)?;
    let argument = argument(row, value)?;
    let question = |(kind, field): (Kind, Field)| {
        let part = match field {
            Field::Path => Some(argument.as_str()),
            Field::To => Some(other(value)),
            Field::Itself => None,
        };
        let part = part.map(|text| ("reference", text.to_owned()));
        Question { name: kind.row().scope, part }
    };
    // Not every release that guards a kind takes questions about it.
    let is_asked = |(kind, _): &(Kind, Field)| kind.row().query.includes(release);
    let (asked, untold): (Vec<_>, Vec<_>) = row.required(value, release).partition(is_asked);
    let mut questions: Vec<_> = asked.into_iter().map(question).collect();
    if row.refused == Refused::UnlessAllFiles {
        let all = [Kind::FsRead, Kind::FsWrite];
        questions.extend(all.map(|kind| Question { name: kind.row().scope, part: None }));
    }
    Ok(Foreseen { questions, suffices: row.refused != Refused::Always && untold.is_empty() })
}

/// The row of an operation.
fn row_of(value: &Value) -> Result<&'static Row, Thrown> {
    operation::row_of(ROWS, |row| row.name, value).map_err(Thrown::type_error)
}

impl Row {
    /// What is required by a release for what the operation is done to.
    fn required<'v>(
        &'static self,
        value: &'v Value,
        release: Release,
    ) -> impl Iterator<Item = (Kind, Field)> + use<'v> {
        let mode = Mode::of(value);
        let is_guarded = move |kind: Kind| kind != Kind::Net || NETWORK.includes(release);
        let is_required = move |kind: Kind| match (self.name, kind) {
            ("open" | "truncate-open", Kind::FsRead) => mode.reads(),
            ("open" | "truncate-open", Kind::FsWrite) => mode.writes(),
            (_, kind) => is_guarded(kind),
        };
        self.requires.iter().copied().filter(move |(kind, _)| is_required(*kind))
    }
}

/// Where something comes to, as written.
fn other(value: &Value) -> &str {
    match value.field("to") {
        Value::Text(to) => to,
        _ => "",
    }
}

/// What an operation is done to, as written.
fn argument(row: &Row, value: &Value) -> Result<String, Thrown> {
    let field = match (row.need, row.name) {
        (Need::Program, _) => "command",
        (Need::Variable, _) | (_, "env-set" | "env-delete") => "variable",
        // What is written by the way goes to the working directory.
        (_, "trace-events") => return Ok(".".to_owned()),
        // What finds nothing and requires nothing of a path is done to none.
        (Need::Nothing, _) if !row.requires.iter().any(|(_, field)| *field == Field::Path) => {
            return Ok(String::new());
        }
        _ => "path",
    };
    let argument = match value.field(field) {
        Value::Text(text) => text.clone(),
        Value::Url(url) => file_path(url)?,
        other => match other.instance("buffer").or_else(|| other.instance("uint8array")) {
            Some(Value::Text(text)) => text.clone(),
            _ => return Err(Thrown::type_error(format!("{} is no {field}", other.noun()))),
        },
    };
    if argument.contains('\0') {
        let message = "a path has no NUL in it".to_owned();
        return Err(Thrown { code: "ERR_INVALID_ARG_VALUE", message });
    }
    Ok(argument)
}

fn find(row: &Row, argument: &str, other: &str, mode: Mode<'_>, world: &World) -> Found {
    let path = world.path(argument);
    let present = |is_there| if is_there { Found::Present } else { Found::Absent };
    match (row.need, world.resolve(&path)) {
        (Need::Nothing, _) => Found::Present,
        (Need::Never(code), _) => Found::Unfit(code),
        (Need::Variable, _) => present(world.environment.contains_key(argument)),
        (Need::Program, _) if !argument.contains('/') => {
            present(world.find_program(argument).is_some())
        }
        (Need::Program, Some(Entry::File | Entry::Directory)) => Found::Unfit("EACCES"),
        (Need::File, Some(Entry::Directory)) => Found::Unfit("EISDIR"),
        (Need::Place, Some(Entry::Directory)) if row.name == "write-file" => Found::Unfit("EISDIR"),
        (Need::File | Need::Program, at) => {
            present(matches!(at, Some(Entry::File | Entry::Program)))
        }
        (Need::Place, _) if row.name == "truncate-open" && !mode.writes() => Found::Unfit("EINVAL"),
        (Need::Place, _)
            if matches!(row.name, "open" | "truncate-open") && mode.expects_a_file() =>
        {
            present(world.has(&path))
        }
        (Need::Place, _) => present(world.has_place_for(&path)),
        (Need::Anything, _) => present(world.has(&path)),
        (Need::AnythingAndPlace, _) => {
            present(world.has(&path) && world.has_place_for(&world.path(other)))
        }
        (Need::OtherPlace, _) => present(world.has_place_for(&world.path(other))),
    }
}
