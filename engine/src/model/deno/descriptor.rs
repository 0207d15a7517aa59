//! Descriptors: what a script asks about, and what it is told when that makes no sense.

use std::fmt;

use percent_encoding::percent_decode_str;
use url::Url;

use super::grammar::{BadText, Grammar};
use super::kind::{Kind, Row, Shape};
use crate::resource::Resource;
use crate::resource::program::Program;
use crate::rule::Reach;
use crate::value::Value;

/// The class of an error that a script can catch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// `Error`.
    Error,
    /// `TypeError`.
    TypeError,
    /// `URIError`.
    UriError,
    /// `Deno.errors.NotCapable`, since 2.0.
    NotCapable,
    /// `Deno.errors.PermissionDenied`, before 2.0.
    PermissionDenied,
}

impl ErrorClass {
    /// The class's name.
    pub fn name(self) -> &'static str {
        match self {
            ErrorClass::Error => "Error",
            ErrorClass::TypeError => "TypeError",
            ErrorClass::UriError => "URIError",
            ErrorClass::NotCapable => "NotCapable",
            ErrorClass::PermissionDenied => "PermissionDenied",
        }
    }
}

/// What a script is thrown for a value that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thrown {
    /// The class.
    pub class: ErrorClass,
    /// The message, in our words.
    pub message: String,
}

impl Thrown {
    /// A `TypeError`.
    pub fn type_error(message: impl Into<String>) -> Self {
        Self { class: ErrorClass::TypeError, message: message.into() }
    }
}

impl fmt::Display for Thrown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class.name(), self.message)
    }
}

impl std::error::Error for Thrown {}

/// What a descriptor asks about.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The kind.
    pub kind: Kind,
    /// All of it, or a part.
    pub reach: Reach,
    /// The part as written, which decides whether two descriptors share a status object.
    pub written: Option<String>,
}

impl Question {
    /// Whether both questions are answered with the same status object: those of one kind, written alike.
    pub fn shares_object(&self, other: &Question) -> bool {
        self.kind == other.kind && self.written == other.written
    }
}

/// Reads a descriptor.
pub fn read(value: &Value, grammar: Grammar<'_>) -> Result<Question, Thrown> {
    let row = match value.field("name") {
        Value::Text(name) => Kind::of_descriptor(name, grammar.release)
            .ok_or_else(|| Thrown::type_error(format!("\"{name}\" is not a permission's name"))),
        other => Err(Thrown::type_error(format!("{} is not a permission's name", other.noun()))),
    }?;
    let whole = Question { kind: row.kind, reach: Reach::All, written: None };
    if row.shape == Shape::Unit {
        return Ok(whole);
    }
    match value.field(row.field) {
        Value::Undefined | Value::Null => Ok(whole),
        part => read_part(row, part, grammar),
    }
}

fn read_part(row: &Row, part: &Value, grammar: Grammar<'_>) -> Result<Question, Thrown> {
    let written = text_of(row, part)?;
    let reach = grammar.question(row, &written).map_err(|why| thrown(row, &written, why))?;
    let reach = match (part, reach) {
        // A URL names a file, and never a program to be looked up.
        (Value::Url(_), Reach::Part(Resource::Program(_))) => {
            Reach::Part(Resource::Program(Program::File(grammar.world.path(&written))))
        }
        (_, reach) => reach,
    };
    Ok(Question { kind: row.kind, reach, written: Some(written) })
}

/// The text of a part: a string, or the path of a file's URL where a path may stand.
pub fn text_of(row: &Row, part: &Value) -> Result<String, Thrown> {
    match (part, row.shape) {
        (Value::Text(text), _) => Ok(text.clone()),
        (Value::Url(url), Shape::Path | Shape::Program) => file_path(url),
        _ => Err(Thrown::type_error(format!("{} is not a {}", part.noun(), row.field))),
    }
}

/// The path of a `file:` URL without a host, as the URL's own parser reads it: neither its query nor its fragment is a part of it.
pub fn file_path(text: &str) -> Result<String, Thrown> {
    let url = Url::parse(text).map_err(|error| Thrown::type_error(format!("{text}: {error}")))?;
    if url.scheme() != "file" {
        return Err(Thrown::type_error("must be a file URL"));
    }
    match url.host_str() {
        None => Ok(percent_decode_str(url.path()).decode_utf8_lossy().into_owned()),
        Some(_) => Err(Thrown::type_error("a file URL has no host")),
    }
}

/// The error that a bad part is answered with.
pub fn thrown(row: &Row, written: &str, why: BadText) -> Thrown {
    let class = match why {
        BadText::EmptyPath | BadText::EmptyProgram | BadText::EmptyName => ErrorClass::Error,
        BadText::Host(_) => ErrorClass::UriError,
        BadText::Interface | BadText::Variable | BadText::NoParts => ErrorClass::TypeError,
    };
    Thrown { class, message: format!("\"{written}\" is not a {} to ask about: {why}", row.field) }
}
