//! What was seen when a case was acted out.

use crate::wire::{Refused, Rejected, Reply};

/// What an implementation did with a case.
#[derive(Clone, Debug, PartialEq)]
pub enum Observation {
    /// It launched, and answered the steps; none where the case has none.
    Acted(Vec<Reply>),
    /// The launch was refused.
    Refused(Refused),
    /// The permissions were not accepted.
    Rejected(Rejected),
    /// The process died, and died again in the same way in a fresh one: an answer like any other.
    Crashed(String),
    /// The protocol was broken: silence, nonsense, or a death that was not the same twice.
    Broke(String),
}
