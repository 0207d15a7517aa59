//! Patterns of paths: a path by itself, or every path whose text begins in one way.

use crate::resource::path::Path;

/// Paths by their text; unlike [`Path`], a pattern covers what lies below only where it says so.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// This path and nothing else, not even what lies below it.
    One(Path),
    /// Every path whose text begins so, and the directory itself where the prefix ends in a separator.
    Prefix {
        /// How the text begins.
        prefix: Box<str>,
        /// What was written behind the wildcard: two patterns that differ in nothing else reach the same, and are not the same grant.
        ignored: Box<str>,
    },
}

impl Pattern {
    /// A pattern where an asterisk stands for anything, whatever follows it.
    pub fn with_wildcard(path: Path) -> Self {
        match path.as_str().split_once('*') {
            Some((prefix, ignored)) => {
                Pattern::Prefix { prefix: prefix.into(), ignored: ignored.into() }
            }
            None => Pattern::One(path),
        }
    }

    /// A directory and all that lies below it.
    pub fn below(directory: &Path) -> Self {
        let text = directory.as_str();
        let prefix = if text.ends_with('/') { text.into() } else { format!("{text}/").into() };
        Pattern::Prefix { prefix, ignored: "".into() }
    }

    /// Whether every path of `other` is one of this.
    pub fn covers(&self, other: &Pattern) -> bool {
        match (self, other) {
            (Pattern::One(a), Pattern::One(b)) => a == b,
            (Pattern::One(_), Pattern::Prefix { .. }) => false,
            (Pattern::Prefix { prefix, .. }, Pattern::One(path)) => {
                path.as_str().starts_with(&**prefix)
                    || prefix.strip_suffix('/') == Some(path.as_str())
            }
            (Pattern::Prefix { prefix: a, .. }, Pattern::Prefix { prefix: b, .. }) => {
                b.starts_with(&**a)
            }
        }
    }
}
