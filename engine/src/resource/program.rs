//! Programs: by name, by path, and by the file that a name was found to be.

use crate::resource::path::Path;

/// A program, in the form in which it was written; the form decides its rank.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Program {
    /// The file at this path and nothing else.
    File(Path),
    /// A bare name, by the file that the search path led to.
    Found(Path),
    /// A bare name that the search path does not know.
    Missing(Box<str>),
    /// A denied path: the file, or all files below the directory.
    Tree(Path),
    /// A denied name: every file of that name in any directory, whatever its extensions and case.
    Named(Box<str>),
}

impl Program {
    /// Whether every program of `other` is one of this.
    ///
    /// A file and the name that leads to it cover each other.
    pub fn covers(&self, other: &Program) -> bool {
        match (self, other) {
            (Program::File(a) | Program::Found(a), Program::File(b) | Program::Found(b)) => a == b,
            (
                Program::Tree(root),
                Program::File(path) | Program::Found(path) | Program::Tree(path),
            ) => root.covers(path),
            (Program::Named(name), Program::File(file) | Program::Found(file)) => {
                is_called(file, name)
            }
            (Program::Named(a), Program::Named(b)) => a.eq_ignore_ascii_case(b),
            (Program::Missing(a) | Program::Named(a), Program::Missing(b)) => a == b,
            _ => false,
        }
    }

    /// Programs rank by how they were written, a path over a name; a file in a denied directory gains nothing by being narrower.
    pub fn narrower(&self, other: &Program) -> bool {
        self.is_path() && !other.is_path()
    }

    fn is_path(&self) -> bool {
        matches!(self, Program::File(_) | Program::Tree(_))
    }
}

/// Whether a file has a name, with all of its extensions or with none.
fn is_called(file: &Path, name: &str) -> bool {
    let file = file.file_name();
    let stem = file.split_once('.').map_or(file, |(stem, _)| stem);
    file.eq_ignore_ascii_case(name) || stem.eq_ignore_ascii_case(name)
}
