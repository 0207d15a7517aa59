//! What a verdict means in the light of what is known: the only place where judging and excusing meet.

use serde::{Deserialize, Serialize};

use crate::compare::{Difference, Severity, Verdict};
use crate::known::Known;

/// What came of a case on an implementation at a release.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// As promised.
    Pass,
    /// Not as promised, exactly as known.
    Known(Difference),
    /// Not as promised, and not known.
    Fail(Difference),
    /// Listed as known, and seen to be otherwise: mended, or wrong in another way.
    Stale(Option<Difference>),
    /// The protocol was broken; never excused.
    Broke(String),
}

/// The word for an outcome, in records and summaries.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// See [`Outcome::Pass`].
    Pass,
    /// See [`Outcome::Known`].
    Known,
    /// See [`Outcome::Fail`].
    Fail,
    /// See [`Outcome::Stale`].
    Stale,
    /// See [`Outcome::Broke`].
    Broke,
}

impl Word {
    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Word::Pass => "pass",
            Word::Known => "known",
            Word::Fail => "fail",
            Word::Stale => "stale",
            Word::Broke => "broke",
        }
    }
}

impl Outcome {
    /// Judges a verdict by what is known of the case at the release.
    pub fn of(verdict: Verdict, known: Option<&Known>) -> Self {
        match (verdict, known) {
            (Verdict::Broke(why), _) => Outcome::Broke(why),
            (Verdict::Agrees, None) => Outcome::Pass,
            (Verdict::Agrees, Some(_)) => Outcome::Stale(None),
            (Verdict::Differs(difference), None) => Outcome::Fail(difference),
            (Verdict::Differs(difference), Some(known)) if known.seen != difference.seen => {
                Outcome::Stale(Some(difference))
            }
            (Verdict::Differs(difference), Some(known)) => {
                // More access than promised is excused only by somebody who says so.
                match difference.severity == Severity::OverGrant && !known.acknowledged {
                    true => Outcome::Fail(difference),
                    false => Outcome::Known(difference),
                }
            }
        }
    }

    /// The word.
    pub fn word(&self) -> Word {
        match self {
            Outcome::Pass => Word::Pass,
            Outcome::Known(_) => Word::Known,
            Outcome::Fail(_) => Word::Fail,
            Outcome::Stale(_) => Word::Stale,
            Outcome::Broke(_) => Word::Broke,
        }
    }

    /// Whether a gate may let it through.
    pub fn is_expected(&self) -> bool {
        matches!(self, Outcome::Pass | Outcome::Known(_))
    }

    /// The difference, where there is one.
    pub fn difference(&self) -> Option<&Difference> {
        match self {
            Outcome::Known(difference) | Outcome::Fail(difference) => Some(difference),
            Outcome::Stale(difference) => difference.as_ref(),
            Outcome::Pass | Outcome::Broke(_) => None,
        }
    }
}
