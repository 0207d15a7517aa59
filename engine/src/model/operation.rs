//! What operations of every model have in common: a name in a table, and what a file is opened for.

use crate::value::Value;

/// The row of an operation in a model's table, by its name; the error says that there is none.
pub fn row_of<'r, R>(
    rows: &'r [R],
    name_of: fn(&R) -> &'static str,
    operation: &Value,
) -> Result<&'r R, String> {
    let name = match operation.field("name") {
        Value::Text(name) => name.as_str(),
        other => return Err(format!("{} is no operation", other.noun())),
    };
    let row = rows.iter().find(|row| name_of(row) == name);
    row.ok_or_else(|| format!("\"{name}\" is no operation"))
}

/// What a file is opened for: `r`, `w`, `a` or `wx`, and a `+` behind where the file is both read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode<'v>(&'v str);

impl<'v> Mode<'v> {
    /// The mode of an operation; to read, where it says none.
    pub fn of(operation: &'v Value) -> Self {
        match operation.field("mode") {
            Value::Text(mode) => Self(mode),
            _ => Self("r"),
        }
    }

    /// Whether the file can be read.
    pub fn reads(self) -> bool {
        self.0 == "r" || self.0.contains('+')
    }

    /// Whether the file can be written to.
    pub fn writes(self) -> bool {
        self.0 != "r"
    }

    /// Whether the file has to be there.
    pub fn expects_a_file(self) -> bool {
        self.0.starts_with('r')
    }
}
