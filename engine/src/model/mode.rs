//! What a file is opened for, as an operation says it in letters: the same in every model.

use crate::value::Value;

/// `r`, `w`, `a` or `wx`, and a `+` behind where the file is both read and written.
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
