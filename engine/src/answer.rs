//! What a permission question is answered with.

/// The state of a permission, in the field's words.
///
/// An ignored resource shows as denied: a query does not tell the two apart, a use does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Access is granted.
    Granted {
        /// Whether a denial lies inside of what was asked about, so that only a part of it is granted.
        partial: bool,
    },
    /// Nothing settles the question: the user would be asked.
    Prompt,
    /// Access is denied.
    Denied,
}

impl Answer {
    /// All of what was asked about is granted.
    pub const GRANTED: Answer = Answer::Granted { partial: false };

    /// Whether access is granted, if only to a part.
    pub fn is_granted(self) -> bool {
        matches!(self, Answer::Granted { .. })
    }
}
