//! Patterns of paths: a path by itself, or every path whose text begins in one way.

use crate::resource::path::Path;

/// Paths by their text; unlike [`Path`], a pattern covers what lies below only where it says so.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// This path and nothing else, not even what lies below it.
    One(Path),
    /// Every path whose text begins so, and the directory itself where the text ends in a separator.
    Prefix(Box<str>),
}

impl Pattern {
    /// A directory and all that lies below it.
    pub fn below(directory: &Path) -> Self {
        let text = directory.as_str();
        Pattern::Prefix(if text.ends_with('/') { text.into() } else { format!("{text}/").into() })
    }

    /// Whether every path of `other` is one of this.
    pub fn covers(&self, other: &Pattern) -> bool {
        match (self, other) {
            (Pattern::One(a), Pattern::One(b)) => a == b,
            (Pattern::One(_), Pattern::Prefix(_)) => false,
            (Pattern::Prefix(prefix), Pattern::One(path)) => {
                path.as_str().starts_with(&**prefix)
                    || prefix.strip_suffix('/') == Some(path.as_str())
            }
            (Pattern::Prefix(a), Pattern::Prefix(b)) => b.starts_with(&**a),
        }
    }
}
