//! What was seen when a case was acted out.

use crate::launch::Names;
use crate::wire::{Answered, FromImplementation, Refused, Rejected, Reply};

/// What an implementation did with a case.
#[derive(Clone, Debug, PartialEq)]
pub enum Observation {
    /// It launched, and answered the steps; none where the case has none.
    Acted(Vec<Reply>),
    /// The launch was refused.
    Refused(Refused),
    /// The permissions were not accepted.
    Rejected(Rejected),
    /// It could not be acted out, although what it needs was claimed.
    Unsupported(String),
    /// The process died, and died again in the same way in a fresh one: an answer like any other.
    Crashed(String),
    /// The protocol was broken: silence, nonsense, or a death that was not the same twice.
    Broke(String),
}

impl Observation {
    /// What a message tells of the script with this number; nothing where it is no answer to one.
    pub fn of(message: FromImplementation) -> Option<(u64, Self)> {
        match message {
            FromImplementation::Hello(_) | FromImplementation::Step(_) => None,
            FromImplementation::Result(acted) => Some((acted.id, Observation::Acted(acted.steps))),
            FromImplementation::Rejected(rejected) => {
                Some((rejected.id, Observation::Rejected(rejected)))
            }
            FromImplementation::Refused(refused) => {
                Some((refused.id, Observation::Refused(refused)))
            }
            FromImplementation::Unsupported { id, reason } => {
                Some((id, Observation::Unsupported(reason)))
            }
            FromImplementation::Error { id, message } => {
                Some((id, Observation::Broke(format!("it says that it failed: {message}"))))
            }
        }
    }

    /// Whether two observations say the same, in whatever words the implementation put it.
    pub fn is_like(&self, other: &Self) -> bool {
        let without_words = |reply: &Reply| match reply {
            Reply::Answered(answered) => {
                Reply::Answered(Answered { message: None, ..answered.clone() })
            }
            unsupported => unsupported.clone(),
        };
        match (self, other) {
            (Observation::Acted(a), Observation::Acted(b)) => {
                a.len() == b.len()
                    && a.iter().zip(b).all(|(a, b)| without_words(a) == without_words(b))
            }
            (Observation::Refused(a), Observation::Refused(b)) => a.reason == b.reason,
            (Observation::Rejected(a), Observation::Rejected(b)) => {
                (a.reason, &a.error) == (b.reason, &b.error)
            }
            (Observation::Crashed(a), Observation::Crashed(b)) => a == b,
            (Observation::Unsupported(_), Observation::Unsupported(_)) => true,
            (Observation::Broke(_), Observation::Broke(_)) => true,
            _ => false,
        }
    }

    /// The observation as it is compared and recorded: with the names in the place of what they stood for.
    pub fn with_names(self, names: Names<'_>) -> Self {
        let back = |text: Option<String>| text.map(|text| names.back(text));
        match self {
            Observation::Acted(replies) => {
                let reply = |reply| match reply {
                    Reply::Answered(mut answered) => {
                        answered.resource = back(answered.resource);
                        answered.message = back(answered.message);
                        answered.prompt = back(answered.prompt);
                        Reply::Answered(answered)
                    }
                    unsupported => unsupported,
                };
                Observation::Acted(replies.into_iter().map(reply).collect())
            }
            Observation::Rejected(rejected) => {
                let message = back(rejected.message.clone());
                Observation::Rejected(Rejected { message, ..rejected })
            }
            other => other,
        }
    }
}
