//! What a worker or a child process is started with: its own arguments and environment, or its parent's.

use std::collections::BTreeMap;

use super::descriptor::Thrown;
use crate::value::Value;

/// Where a program is started by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a thread of the same process.
    Worker,
    /// In a process of its own.
    Child,
}

/// The options that decide about permissions; what is left out comes from the parent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `execArgv`, the flags; for a process, those of its command line.
    pub flags: Option<Vec<String>>,
    /// `env`, the environment.
    pub environment: Option<BTreeMap<String, String>>,
    /// `cwd`, the working directory; only a process has one of its own.
    pub directory: Option<String>,
}

/// Reads options as written: `"inherit"` for none at all, or an object with `execArgv`, `env` and `cwd`.
pub fn read(value: &Value) -> Result<Options, Thrown> {
    if *value == Value::Text("inherit".to_owned()) {
        return Ok(Options::default());
    }
    let Value::Object(_) = value else {
        return Err(Thrown::type_error(format!("{} is no object of options", value.noun())));
    };
    let flags = match value.field("execArgv") {
        Value::Undefined | Value::Null => None,
        Value::List(elements) => Some(elements.iter().map(text).collect::<Result<_, _>>()?),
        other => return Err(Thrown::type_error(format!("{} is no execArgv", other.noun()))),
    };
    let environment = match value.field("env") {
        Value::Undefined | Value::Null => None,
        Value::Object(fields) => {
            let variable = |(name, value): &(String, Value)| Ok((name.clone(), text(value)?));
            Some(fields.iter().map(variable).collect::<Result<_, _>>()?)
        }
        other => return Err(Thrown::type_error(format!("{} is no environment", other.noun()))),
    };
    let directory = match value.field("cwd") {
        Value::Undefined => None,
        other => Some(text(other)?),
    };
    Ok(Options { flags, environment, directory })
}

fn text(value: &Value) -> Result<String, Thrown> {
    match value {
        Value::Text(text) => Ok(text.clone()),
        other => Err(Thrown::type_error(format!("{} is no string", other.noun()))),
    }
}
