//! What a program would ask, to learn beforehand what will become of an operation.

/// What is asked before an operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Foreseen {
    /// What is required: the operation does not happen unless all of it is granted.
    pub questions: Vec<Question>,
    /// Whether it cannot be blocked where all of that is granted, with nothing taken out.
    pub suffices: bool,
}

/// A query, in the words of a descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The name of the kind, or of Node's scope.
    pub name: &'static str,
    /// The part that is asked about: the descriptor's field, and what stands in it.
    pub part: Option<(&'static str, String)>,
}
