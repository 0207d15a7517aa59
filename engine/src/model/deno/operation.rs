//! What a program does with its permissions: the operations, and what each requires.

use super::descriptor::{Thrown, text_of, thrown};
use super::grammar::Grammar;
use super::kind::{self, KINDS, Kind, Shape};
use crate::model::operation::{self, Mode};
use crate::model::question::{Foreseen, Question};
use crate::release::Release;
use crate::resource::Resource;
use crate::resource::host;
use crate::resource::path::Path;
use crate::resource::program::Program;
use crate::rule::Reach;
use crate::value::Value;
use crate::world::Entry;

/// An operation, and what it requires, in the order in which it is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// What is required; nothing where every program may do it.
    pub requires: Vec<Requirement>,
    /// The variables that a program is started with, beside those of the process.
    pub environment: Vec<String>,
    /// The variable that a list of them is looked through for.
    pub listed: Option<Reach>,
    /// Whether there is something to do it with.
    pub present: bool,
}

/// Something that an operation requires.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirement {
    /// The kind.
    pub kind: Kind,
    /// The part of it.
    pub reach: Reach,
    /// How much of it.
    pub extent: Extent,
}

/// How much of what is required has to be granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What is named, but for what a denial takes out of it: a folder that is only looked at itself.
    Itself,
    /// What is named, with nothing taken out.
    Whole,
    /// What is named, whatever is taken out.
    Part,
    /// Nothing: it only must not be denied, because a name leads to it.
    NotDenied,
}

/// The field of an operation that something is required for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Field(&'static str),
    /// The host in an address.
    Url,
    /// The system interface of that name.
    Interface(&'static str),
    /// All of the kind, as a grant that names no part gives it.
    Whole,
    /// All of the kind, or what is left of it.
    Rest,
}

/// What an operation needs to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Nothing,
    Variable,
    File,
    Anything,
    /// A directory around its path.
    Place,
    /// Something at its path, and a directory around the other.
    AnythingAndPlace,
    OtherPlace,
    Program,
}

struct Row {
    name: &'static str,
    requires: &'static [(Kind, Of)],
    need: Need,
}

const fn row(name: &'static str, requires: &'static [(Kind, Of)], need: Need) -> Row {
    Row { name, requires, need }
}

const PATH: Of = Of::Field("path");
const TO: Of = Of::Field("to");
const READ: &[(Kind, Of)] = &[(Kind::Read, PATH)];
const WRITE: &[(Kind, Of)] = &[(Kind::Write, PATH)];
const READ_AND_WRITE: &[(Kind, Of)] = &[(Kind::Read, PATH), (Kind::Write, PATH)];
const COPIED: &[(Kind, Of)] = &[(Kind::Read, PATH), (Kind::Write, TO)];
const SOCKET: &[(Kind, Of)] = &[(Kind::Read, PATH), (Kind::Write, PATH), (Kind::Net, PATH)];
const HOST: &[(Kind, Of)] = &[(Kind::Net, Of::Field("host"))];
const FETCHED: &[(Kind, Of)] = &[(Kind::Net, Of::Url)];
const VARIABLE: &[(Kind, Of)] = &[(Kind::Env, Of::Field("variable"))];

/// Every operation.
const ROWS: &[Row] = &[
    row("read-file", READ, Need::File),
    row("stat", READ, Need::Anything),
    row("lstat", READ, Need::Anything),
    row("statfs", &[(Kind::Read, PATH), (Kind::Sys, Of::Interface("statfs"))], Need::Anything),
    row("exists", READ, Need::Anything),
    row("read-dir", READ, Need::Anything),
    row("read-link", READ, Need::Anything),
    row("real-path", READ, Need::Anything),
    row("watch", READ, Need::Anything),
    row("chdir", READ, Need::Anything),
    row("worker", READ, Need::File),
    row("require", READ, Need::File),
    row("write-file", WRITE, Need::Place),
    row("append-file", WRITE, Need::Place),
    row("open", READ_AND_WRITE, Need::Place),
    row("mkdir", WRITE, Need::Place),
    row("remove", WRITE, Need::Anything),
    row("remove-tree", WRITE, Need::Anything),
    row("truncate", WRITE, Need::Anything),
    row("chmod", WRITE, Need::Anything),
    row("chown", WRITE, Need::Anything),
    row("utime", WRITE, Need::Anything),
    row("make-temp-file", WRITE, Need::Anything),
    row("make-temp-dir", WRITE, Need::Anything),
    row(
        "rename",
        &[(Kind::Read, PATH), (Kind::Write, PATH), (Kind::Write, TO)],
        Need::AnythingAndPlace,
    ),
    row("copy-file", COPIED, Need::AnythingAndPlace),
    row(
        "link",
        &[(Kind::Read, PATH), (Kind::Write, PATH), (Kind::Read, TO), (Kind::Write, TO)],
        Need::AnythingAndPlace,
    ),
    row("symlink", &[(Kind::Read, Of::Whole), (Kind::Write, Of::Whole)], Need::OtherPlace),
    row("stat-open", READ, Need::Anything),
    row("utime-open", READ_AND_WRITE, Need::Anything),
    row("env-get", VARIABLE, Need::Variable),
    row("env-has", VARIABLE, Need::Variable),
    row("env-set", VARIABLE, Need::Nothing),
    row("env-delete", VARIABLE, Need::Nothing),
    row("env-list", &[(Kind::Env, Of::Rest)], Need::Nothing),
    row("load-env-file", &[(Kind::Read, PATH), (Kind::Env, Of::Whole)], Need::File),
    row("sys", &[(Kind::Sys, Of::Field("kind"))], Need::Nothing),
    row("run", &[(Kind::Run, Of::Field("command"))], Need::Program),
    row("dlopen", &[(Kind::Ffi, PATH)], Need::File),
    row("ffi-pointer", &[(Kind::Ffi, Of::Whole)], Need::Nothing),
    row("connect", HOST, Need::Nothing),
    row("listen", HOST, Need::Nothing),
    row("fetch", FETCHED, Need::Nothing),
    row("websocket", FETCHED, Need::Nothing),
    row("connect-unix", SOCKET, Need::Anything),
    row("listen-unix", SOCKET, Need::Place),
    row("import", &[(Kind::Import, Of::Url)], Need::Nothing),
    row("import-data", &[(Kind::Import, Of::Url)], Need::Nothing),
    row("worker-data", &[(Kind::Import, Of::Url)], Need::Nothing),
    row("sqlite-open", READ_AND_WRITE, Need::Place),
    row("sqlite-attach", READ_AND_WRITE, Need::Place),
];

/// Every operation.
pub fn names() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|row| row.name)
}

/// What an operation can require.
pub fn kinds_of(name: &str) -> impl Iterator<Item = Kind> + use<> {
    let row = ROWS.iter().find(|row| row.name == name);
    row.into_iter().flat_map(|row| row.requires).map(|(kind, _)| *kind)
}

/// What a program would ask before it does an operation in an environment.
pub fn foresee<'e>(
    value: &'e Value,
    mut environment: impl Iterator<Item = &'e str>,
    release: Release,
) -> Result<Foreseen, Thrown> {
    let row = row_of(value)?;
    let mut foreseen = Foreseen { questions: Vec::new(), suffices: true };
    for (kind, of) in row.required(value, release) {
        let row = kind.row();
        let part = of.text(row, value)?.map(|text| match of.is_socket(kind) {
            true => format!("unix:{text}"),
            false => text,
        });
        // More than what is named is required of a name that leads to an address, and of what the system makes up.
        foreseen.suffices &= part.as_ref().is_none_or(|text| match row.shape {
            Shape::Host => addresses(kind, text).is_empty(),
            Shape::Path => !is_special(text),
            _ => true,
        });
        // There were releases that guarded imports, and took no question about them.
        if row.query.contains(release) {
            let part = part.map(|text| (row.field, text));
            foreseen.questions.push(Question { name: row.name, part });
        } else {
            foreseen.suffices = false;
        }
    }
    let is_run = row.requires.iter().any(|(kind, _)| *kind == Kind::Run);
    let steers = |variable: &str| steers_loader(variable, release);
    if is_run && (environment.any(steers) || own_variables(value).any(steers)) {
        foreseen.questions.push(Question { name: Kind::Run.row().name, part: None });
    }
    Ok(foreseen)
}

/// Whether a variable may tell the system's loader to put other code into a program, so that since 2.0 starting one takes all of run (denoland/deno#25221).
pub fn steers_loader(variable: &str, release: Release) -> bool {
    let name = variable.to_ascii_uppercase();
    release.since(2, 0, 0) && (name.starts_with("LD_") || name.starts_with("DYLD_"))
}

/// The variables that a program is started with, beside those of the process.
fn own_variables(value: &Value) -> impl Iterator<Item = &str> {
    let fields = match value.field("environment") {
        Value::Object(fields) => &fields[..],
        _ => &[],
    };
    fields.iter().map(|(name, _)| name.as_str())
}

/// The row of an operation.
fn row_of(value: &Value) -> Result<&'static Row, Thrown> {
    operation::row_of(ROWS, |row| row.name, value).map_err(Thrown::type_error)
}

impl Of {
    /// The part of the kind that is named, as written; none for all of it.
    fn text(self, row: &kind::Row, value: &Value) -> Result<Option<String>, Thrown> {
        Ok(match self {
            Of::Whole | Of::Rest => None,
            Of::Field(field) => Some(text_of(row, value.field(field))?),
            Of::Url => Some(host_of(&text_of(row, value.field("url"))?)),
            Of::Interface(name) => Some(name.to_owned()),
        })
    }

    /// Whether the network's part is a socket of the file system.
    fn is_socket(self, kind: Kind) -> bool {
        (kind, self) == (Kind::Net, PATH)
    }
}

impl Row {
    /// What is required by a release for what the operation is done to.
    fn required<'v>(
        &'static self,
        value: &'v Value,
        release: Release,
    ) -> impl Iterator<Item = (Kind, Of)> + use<'v> {
        let mode = Mode::of(value);
        let is_free = match value.field("variable") {
            Value::Text(variable) => self.name == "env-get" && is_public(variable, release),
            _ => false,
        };
        let is_needed = move |kind: Kind| match (self.name, kind) {
            _ if is_free => false,
            // What a file is opened for decides what that needs.
            ("open", Kind::Read) => mode.reads(),
            ("open", Kind::Write) => mode.writes(),
            // A socket of the file system is the network's, too (denoland/deno#34395).
            ("connect-unix" | "listen-unix", Kind::Net) => release.since(2, 9, 0),
            _ => true,
        };
        let needed = self.requires.iter().filter(move |(kind, _)| is_needed(*kind));
        needed.map(move |&(kind, of)| match kind {
            // Before there was a permission to import, that was the network's business.
            Kind::Import if !release.since(2, 0, 0) => (Kind::Net, of),
            _ => (kind, of),
        })
    }
}

/// Reads an operation: its name, and what it is done to.
pub fn read(value: &Value, grammar: Grammar<'_>) -> Result<Operation, Thrown> {
    let row = row_of(value)?;
    let mut requires = Vec::new();
    for (kind, of) in row.required(value, grammar.release) {
        require(&mut requires, kind, of, value, grammar)?;
    }
    let variable = match value.field("variable") {
        Value::Text(name) => name.as_str(),
        _ => "",
    };
    let environment = own_variables(value).map(str::to_owned).collect();
    let listed = match row.name {
        "env-list" if !variable.is_empty() => {
            let row = Kind::Env.row();
            Some(grammar.question(row, variable).map_err(|why| thrown(row, variable, why))?)
        }
        _ => None,
    };
    Ok(Operation { requires, environment, listed, present: is_present(row, value, grammar)? })
}

/// Adds what is required of a kind, with what follows from it.
fn require(
    requires: &mut Vec<Requirement>,
    kind: Kind,
    of: Of,
    value: &Value,
    grammar: Grammar<'_>,
) -> Result<(), Thrown> {
    let row = kind.row();
    let Some(text) = of.text(row, value)? else {
        // Since 2.6 a list of variables leaves out what may not be read (denoland/deno#31267).
        let extent = match of == Of::Rest && grammar.release.since(2, 6, 0) {
            true => Extent::Part,
            false => Extent::Whole,
        };
        requires.push(Requirement { kind, reach: Reach::All, extent });
        return Ok(());
    };
    let text = match of.is_socket(kind) {
        true => format!("unix:{}", grammar.world.path(&text)),
        false => text,
    };
    let reach = grammar.question(row, &text).map_err(|why| thrown(row, &text, why))?;
    if let Reach::Part(Resource::Path(path)) = &reach
        && is_special(path.as_str())
    {
        // What the system makes up tells and does more than a file.
        let all = KINDS.iter().filter(|row| row.query.contains(grammar.release));
        requires.extend(all.map(|row| Requirement {
            kind: row.kind,
            reach: Reach::All,
            extent: Extent::Whole,
        }));
    }
    requires.push(Requirement { kind, reach, extent: Extent::Itself });
    // A name of this machine must not lead around the denial of its address.
    for address in addresses(kind, &text) {
        let reach = grammar.question(row, &address).map_err(|why| thrown(row, &address, why))?;
        requires.push(Requirement { kind, reach, extent: Extent::NotDenied });
    }
    Ok(())
}

/// The addresses that a host of this machine leads to, where it is written in another way.
fn addresses(kind: Kind, text: &str) -> Vec<String> {
    if !matches!(kind, Kind::Net | Kind::Import) {
        return Vec::new();
    }
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) if !name.is_empty() => (name, format!(":{port}")),
        _ => (text, String::new()),
    };
    let number = host::of_number(name);
    let first = "127.0.0.1";
    match (name, number) {
        ("localhost", _) => vec![format!("{first}{port}"), format!("[::1]{port}")],
        ("127.1" | "[::ffff:127.0.0.1]", _) => vec![format!("{first}{port}")],
        (_, Some(address)) => vec![format!("{address}{port}")],
        _ => Vec::new(),
    }
}

/// The host and the port of an address.
fn host_of(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // A colon inside of brackets is the address's own.
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'));
    match (has_port, scheme) {
        (true, _) => host.to_owned(),
        (false, "https" | "wss") => format!("{host}:443"),
        (false, _) => format!("{host}:80"),
    }
}

/// Whether a path is one of those that the system makes up; a few of them are harmless.
fn is_special(path: &str) -> bool {
    const HARMLESS: [&str; 4] = ["/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"];
    ["/proc/", "/dev/", "/sys/"].iter().any(|above| path.starts_with(above))
        && !HARMLESS.contains(&path)
}

fn is_present(row: &Row, value: &Value, grammar: Grammar<'_>) -> Result<bool, Thrown> {
    let world = grammar.world;
    let mode = Mode::of(value);
    let path = |field: &str| -> Result<Path, Thrown> {
        Ok(world.path(&text_of(Kind::Read.row(), value.field(field))?))
    };
    Ok(match row.need {
        Need::Nothing => true,
        Need::Variable => match value.field("variable") {
            Value::Text(name) => world.environment.contains_key(name),
            _ => false,
        },
        Need::File => {
            let path = path("path")?;
            is_special(path.as_str())
                || matches!(world.resolve(&path), Some(Entry::File | Entry::Program))
        }
        Need::Anything => world.has(&path("path")?),
        Need::Place if row.name == "open" && mode.expects_a_file() => world.has(&path("path")?),
        Need::Place => world.has_place_for(&path("path")?),
        Need::AnythingAndPlace => world.has(&path("path")?) && world.has_place_for(&path("to")?),
        Need::OtherPlace => world.has_place_for(&path("to")?),
        Need::Program => {
            let command = text_of(Kind::Run.row(), value.field("command"))?;
            match grammar.question(Kind::Run.row(), &command) {
                Ok(Reach::Part(Resource::Program(
                    Program::File(file) | Program::Found(file) | Program::Tree(file),
                ))) => world.resolve(&file) == Some(&Entry::Program),
                _ => false,
            }
        }
    })
}

/// Variables that every program may read, whatever its permissions.
fn is_public(variable: &str, release: Release) -> bool {
    match variable {
        "NODE_OPTIONS" | "NODE_DEBUG" => true,
        "NO_COLOR" | "FORCE_COLOR" => release.since(2, 3, 0),
        _ => false,
    }
}
