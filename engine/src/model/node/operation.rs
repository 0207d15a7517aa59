//! What a program does with its permissions: the operations, and what each requires.

use super::descriptor::{Thrown, file_path};
use super::kind::Kind;
use crate::resource::path::Path;
use crate::value::Value;
use crate::world::{Entry, World};

/// An operation, and the permissions that it requires, in the order in which they are asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// The kinds required; none where every program may do it.
    pub requires: &'static [Kind],
    /// What it is done to, as written.
    pub argument: String,
    /// What is there to do it with.
    pub found: Found,
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

/// Reads an operation: its name and its argument.
pub fn read(value: &Value, world: &World) -> Result<Operation, Thrown> {
    let name = match value.field("name") {
        Value::Text(name) => name.as_str(),
        other => return Err(Thrown::type_error(format!("{} is no operation", other.noun()))),
    };
    let (field, requires): (&str, &'static [Kind]) = match name {
        "read-file" => ("path", &[Kind::FsRead]),
        "write-file" => ("path", &[Kind::FsWrite]),
        "run" => ("command", &[Kind::Child]),
        "worker" => ("path", &[Kind::Worker, Kind::FsRead]),
        // No release restricts the environment.
        "env-get" => ("variable", &[]),
        _ => return Err(Thrown::type_error(format!("\"{name}\" is no operation"))),
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
    let found = find(name, &argument, world);
    Ok(Operation { requires, argument, found })
}

/// Every operation.
pub fn names() -> impl Iterator<Item = &'static str> {
    ["read-file", "write-file", "env-get", "run", "worker"].into_iter()
}

/// What an operation can require.
pub fn kinds_of(name: &str) -> &'static [Kind] {
    match name {
        "read-file" => &[Kind::FsRead],
        "write-file" => &[Kind::FsWrite],
        "run" => &[Kind::Child],
        "worker" => &[Kind::Worker, Kind::FsRead],
        _ => &[],
    }
}

fn find(name: &str, argument: &str, world: &World) -> Found {
    let path = world.path(argument);
    let present = |is_there| if is_there { Found::Present } else { Found::Absent };
    match (name, world.resolve(&path)) {
        ("env-get", _) => present(world.environment.contains_key(argument)),
        ("write-file" | "read-file", Some(Entry::Directory)) => Found::Unfit("EISDIR"),
        ("write-file", _) => {
            let directory = path.parent().unwrap_or_else(|| Path::root(world.platform));
            present(world.resolve(&directory) == Some(&Entry::Directory))
        }
        ("run", _) if !argument.contains('/') => present(world.find_program(argument).is_some()),
        ("run", Some(Entry::File | Entry::Directory)) => Found::Unfit("EACCES"),
        (_, at) => present(matches!(at, Some(Entry::File | Entry::Program))),
    }
}
