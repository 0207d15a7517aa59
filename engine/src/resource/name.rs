//! Names: environment variables and system interfaces, and patterns of them.

use crate::world::Platform;

/// A name, or every name that begins with a prefix.
///
/// A pattern without a prefix covers every name, and still is a part of its kind: it answers no question about the whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    /// This name alone.
    Exact(Box<str>),
    /// Every name that begins so.
    Prefix(Box<str>),
}

impl Name {
    /// The name as it is compared on a platform: Windows does not tell the case of environment variables apart.
    pub fn exact(text: &str, platform: Platform) -> Self {
        Name::Exact(fold(text, platform))
    }

    /// A name, or a pattern where one asterisk ends the text; any other asterisk stands for itself.
    pub fn pattern(text: &str, platform: Platform) -> Self {
        match text.strip_suffix('*') {
            Some(prefix) => Name::Prefix(fold(prefix, platform)),
            None => Name::exact(text, platform),
        }
    }

    /// Whether every name of `other` lies in this one.
    pub fn covers(&self, other: &Name) -> bool {
        match (self, other) {
            (Name::Exact(a), Name::Exact(b)) => a == b,
            (Name::Exact(_), Name::Prefix(_)) => false,
            (Name::Prefix(prefix), Name::Exact(name) | Name::Prefix(name)) => {
                name.starts_with(&**prefix)
            }
        }
    }
}

fn fold(text: &str, platform: Platform) -> Box<str> {
    match platform {
        Platform::Unix => text.into(),
        Platform::Windows => text.to_uppercase().into(),
    }
}
