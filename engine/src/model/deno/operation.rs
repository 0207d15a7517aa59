//! What a program does with its permissions: the operations, and what each requires.

use super::descriptor::{Thrown, text_of, thrown};
use super::grammar::Grammar;
use super::kind::Kind;
use crate::resource::Resource;
use crate::resource::path::Path;
use crate::resource::program::Program;
use crate::rule::Reach;
use crate::value::Value;
use crate::world::Entry;

/// An operation, and the permission that it requires.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// The kind required.
    pub kind: Kind,
    /// The part required.
    pub reach: Reach,
    /// Whether every program may do it.
    pub free: bool,
    /// Whether there is something to do it with.
    pub present: bool,
}

/// Reads an operation: its name and its argument.
pub fn read(value: &Value, grammar: Grammar<'_>) -> Result<Operation, Thrown> {
    let name = match value.field("name") {
        Value::Text(name) => name.as_str(),
        other => return Err(Thrown::type_error(format!("{} is no operation", other.noun()))),
    };
    let (kind, doing): (Kind, Doing) = match name {
        "read-file" | "worker" => (Kind::Read, Doing::Read),
        "write-file" => (Kind::Write, Doing::Write),
        "env-get" => (Kind::Env, Doing::Get),
        "run" => (Kind::Run, Doing::Run),
        _ => return Err(Thrown::type_error(format!("\"{name}\" is no operation"))),
    };
    let row = kind.row();
    let argument = text_of(row, value.field(row.field))?;
    let reach = grammar.question(row, &argument).map_err(|why| thrown(row, &argument, why))?;
    let present = doing.is_present(&reach, &argument, grammar);
    let free = kind == Kind::Env && is_public(&argument, grammar);
    Ok(Operation { kind, reach, free, present })
}

/// Every operation.
pub fn names() -> impl Iterator<Item = &'static str> {
    ["read-file", "write-file", "env-get", "run", "worker"].into_iter()
}

/// What an operation can require.
pub fn kinds_of(name: &str) -> impl Iterator<Item = Kind> + use<> {
    let kinds: &[Kind] = match name {
        "read-file" | "worker" => &[Kind::Read],
        "write-file" => &[Kind::Write],
        "env-get" => &[Kind::Env],
        "run" => &[Kind::Run],
        _ => &[],
    };
    kinds.iter().copied()
}

/// What is done to a resource.
#[derive(Clone, Copy)]
enum Doing {
    Read,
    Write,
    Get,
    Run,
}

impl Doing {
    fn is_present(self, reach: &Reach, argument: &str, grammar: Grammar<'_>) -> bool {
        let world = grammar.world;
        match (self, reach) {
            (Doing::Get, _) => world.environment.contains_key(argument),
            (Doing::Read, Reach::Part(Resource::Path(path))) => {
                matches!(world.resolve(path), Some(Entry::File | Entry::Program))
            }
            (Doing::Write, Reach::Part(Resource::Path(path))) => {
                let directory = path.parent().unwrap_or_else(|| Path::root(world.platform));
                matches!(world.resolve(&directory), Some(Entry::Directory))
            }
            (Doing::Run, Reach::Part(Resource::Program(program))) => match program {
                Program::File(file) | Program::Found(file) | Program::Tree(file) => {
                    world.resolve(file) == Some(&Entry::Program)
                }
                Program::Missing(_) | Program::Named(_) => false,
            },
            _ => false,
        }
    }
}

/// Variables that every program may read, whatever its permissions.
fn is_public(variable: &str, grammar: Grammar<'_>) -> bool {
    match variable {
        "NODE_OPTIONS" | "NODE_DEBUG" => true,
        "NO_COLOR" | "FORCE_COLOR" => grammar.release.since(2, 3, 0),
        _ => false,
    }
}
