//! `PermissionOptions`: what a test or a worker is given of its parent's permissions.

use super::descriptor::{Thrown, text_of, thrown};
use super::grammar::Grammar;
use super::kind::{KINDS, Kind, Row};
use crate::resource::Resource;
use crate::resource::program::Program;
use crate::rule::{Effect, Reach};
use crate::value::Value;

/// Where permissions are applied; the two do not read every value alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// `Deno.test` and its `permissions`.
    Test,
    /// `new Worker` and its `deno.permissions`.
    Worker,
}

/// What a child scope is given.
#[derive(Clone, Debug, PartialEq)]
pub enum Options {
    /// Its parent's own permissions: what the child does to them, the parent sees.
    Shared,
    /// A copy of its parent's.
    Inherit,
    /// Per kind, in the order of [`Kind`].
    Object(Box<[Share; KINDS.len()]>),
}

/// What a child scope is given of one kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Share {
    /// Nothing; what its parent is denied, it is denied as well.
    #[default]
    None,
    /// A copy of its parent's.
    Inherit,
    /// Everything of the kind.
    All,
    /// These parts.
    Parts(Vec<Reach>),
}

/// Reads a value where `PermissionOptions` belong.
pub fn read(value: &Value, place: Place, grammar: Grammar<'_>) -> Result<Options, Thrown> {
    let falsy = match value {
        Value::Bool(false) => true,
        Value::Number(number) => *number == 0.0,
        Value::Text(text) => text.is_empty(),
        _ => false,
    };
    match value {
        Value::Undefined | Value::Null => Ok(Options::Shared),
        _ if falsy && place == Place::Test => Ok(Options::Shared),
        Value::Text(text) if text == "inherit" => Ok(Options::Inherit),
        Value::Text(text) if text == "none" => Ok(Options::Object(Default::default())),
        Value::Text(_) | Value::Bool(_) | Value::Number(_) => Err(Thrown::type_error(format!(
            "expected \"inherit\", \"none\" or an object, and was given {}",
            value.noun()
        ))),
        Value::List(_) | Value::Url(_) | Value::Object(_) => {
            let mut shares: [Share; KINDS.len()] = Default::default();
            for row in KINDS.iter().filter(|row| row.allow.contains(grammar.release)) {
                let means_nothing = row.kind == Kind::Hrtime && grammar.release.since(2, 0, 0);
                if !means_nothing {
                    shares[row.kind as usize] = read_share(row, value.field(row.name), grammar)?;
                }
            }
            Ok(Options::Object(Box::new(shares)))
        }
    }
}

fn read_share(row: &Row, value: &Value, grammar: Grammar<'_>) -> Result<Share, Thrown> {
    match value {
        Value::Undefined | Value::Null | Value::Bool(false) => Ok(Share::None),
        Value::Bool(true) => Ok(Share::All),
        Value::Text(text) if text == "inherit" => Ok(Share::Inherit),
        Value::List(elements) if !row.field.is_empty() => {
            let parts = elements.iter().map(|element| read_element(row, element, grammar));
            parts.filter_map(Result::transpose).collect::<Result<_, _>>().map(Share::Parts)
        }
        _ => Err(Thrown::type_error(format!(
            "\"{}\" expects true, false, \"inherit\" or a list, and was given {}",
            row.name,
            value.noun()
        ))),
    }
}

fn read_element(row: &Row, element: &Value, grammar: Grammar<'_>) -> Result<Option<Reach>, Thrown> {
    let text = text_of(row, element)?;
    match (element, row.kind) {
        (Value::Url(_), Kind::Run) => {
            let file = Program::File(grammar.world.path(&text));
            Ok(Some(Reach::Part(Resource::Program(file))))
        }
        // Nothing is called by an empty name, and a list that holds it is taken.
        (_, Kind::Run) if text.is_empty() => Ok(None),
        _ => grammar.rule(row, Effect::Grant, &text).map_err(|why| thrown(row, &text, why)),
    }
}
