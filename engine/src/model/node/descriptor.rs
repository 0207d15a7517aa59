//! Descriptors: the scope and the reference of `process.permission.has`, and what a script is told when they make no sense.

use std::fmt;

use percent_encoding::percent_decode_str;
use url::Url;

use super::kind::{self, Kind};
use crate::release::{Release, Since};
use crate::value::Value;

/// An error that a script can catch, but for a denial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thrown {
    /// Its `code`.
    pub code: &'static str,
    /// The message, in our words.
    pub message: String,
}

impl Thrown {
    /// An argument of a type that has no place there.
    pub fn type_error(message: impl Into<String>) -> Self {
        Self { code: "ERR_INVALID_ARG_TYPE", message: message.into() }
    }
}

impl fmt::Display for Thrown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Thrown {}

/// What is asked about.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The kinds that must all be granted; none where the scope means nothing.
    pub kinds: &'static [Kind],
    /// The part.
    pub reference: Reference,
}

/// The part of a scope that a question is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// All of it.
    Whole,
    /// A path, as written.
    Path(String),
    /// An empty text or null, which names nothing that could be granted.
    Empty,
}

/// References may be file URLs and byte arrays, too (nodejs/node#65492).
const MORE_REFERENCES: Since = Since(&[Release::new(26, 9, 0)]);

/// Reads a descriptor: its `name` is the scope, its `reference` the reference.
pub fn read(descriptor: &Value, release: Release) -> Result<Question, Thrown> {
    let scope = match descriptor.field("name") {
        Value::Text(scope) => scope.as_str(),
        other => {
            let message = format!("the scope must be a string, and was {}", other.noun());
            return Err(Thrown::type_error(message));
        }
    };
    let reference = match descriptor.field("reference") {
        Value::Undefined => Reference::Whole,
        Value::Null => Reference::Empty,
        // Where a scope has no paths, a URL need not be one of a file.
        Value::Url(url) if MORE_REFERENCES.includes(release) && !scope.starts_with("fs") => {
            Reference::Path(url.clone())
        }
        reference => match text_of(reference, release)? {
            text if text.is_empty() => Reference::Empty,
            text => Reference::Path(text),
        },
    };
    Ok(Question { kinds: kind::of_scope(scope, release), reference })
}

fn text_of(reference: &Value, release: Release) -> Result<String, Thrown> {
    let more = MORE_REFERENCES.includes(release);
    let bytes = match reference.instance("uint8array") {
        Some(text) if more => Some(text),
        _ => reference.instance("buffer"),
    };
    match (reference, bytes) {
        (Value::Text(text), _) | (_, Some(Value::Text(text))) => Ok(text.clone()),
        (Value::Url(url), _) if more => file_path(url),
        _ => {
            let message = format!("the reference must be a path, and was {}", reference.noun());
            Err(Thrown::type_error(message))
        }
    }
}

/// The path of a `file:` URL without a host.
pub fn file_path(text: &str) -> Result<String, Thrown> {
    let bad = |code, message: &str| Thrown { code, message: format!("{text}: {message}") };
    let url = Url::parse(text).map_err(|_| bad("ERR_INVALID_URL", "this is no URL"))?;
    if url.scheme() != "file" {
        return Err(bad("ERR_INVALID_URL_SCHEME", "the URL of a path is a file URL"));
    }
    if url.host_str().is_some() {
        return Err(bad("ERR_INVALID_FILE_URL_HOST", "a file URL has no host"));
    }
    if url.path().to_ascii_lowercase().contains("%2f") {
        return Err(bad("ERR_INVALID_FILE_URL_PATH", "a separator is not encoded"));
    }
    Ok(percent_decode_str(url.path()).decode_utf8_lossy().into_owned())
}
