//! The model in one function: which rule settles a question.

use crate::rule::{Effect, Origin, Reach, Rule};

/// How rules that contradict each other are ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precedence {
    /// A denial settles whatever it covers.
    DenialWins,
    /// The narrowest matching rule settles; of two that are equal or not comparable, the denial.
    NarrowestWins,
}

/// What the rules say of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision<'r> {
    /// A grant settles it.
    Granted {
        /// The grant.
        because: &'r Rule,
        /// A denial that lies inside of what was asked about, and makes the grant partial.
        except: Option<&'r Rule>,
    },
    /// A denial, an ignore or a refusal settles it; its effect tells which.
    Denied {
        /// The rule.
        because: &'r Rule,
    },
    /// Nothing settles it; the model says what silence means.
    Silent,
}

/// Decides a question by the rules of its kind.
///
/// The order of the rules never matters for what is decided; it only chooses which of several equal rules is named.
/// Nothing is allocated.
pub fn decide<'r, I>(mut rules: I, question: &Reach, precedence: Precedence) -> Decision<'r>
where
    I: Iterator<Item = &'r Rule> + Clone,
{
    let matching = rules.clone().filter(|rule| rule.matches(question));
    let settled = matching
        .clone()
        .filter(|rule| !matching.clone().any(|other| outranks(other, rule, precedence)))
        .reduce(|first, rule| if rule.effect > first.effect { rule } else { first });
    match settled {
        None => Decision::Silent,
        Some(because) if because.effect == Effect::Grant => {
            let except = rules.find(|rule| lies_inside(rule, question));
            Decision::Granted { because, except }
        }
        Some(because) => Decision::Denied { because },
    }
}

/// Whether `rule` silences `other`, where both match the question.
fn outranks(rule: &Rule, other: &Rule, precedence: Precedence) -> bool {
    let by_narrowness = precedence == Precedence::NarrowestWins
        && other.effect != Effect::Refused
        && rule.reach.narrower(&other.reach);
    let yields = rule.effect == Effect::Grant
        && matches!(rule.origin, Origin::Default(_))
        && other.effect != Effect::Grant;
    by_narrowness && !yields
}

/// Whether a denial takes a part of the question away, and not all of it.
fn lies_inside(rule: &Rule, question: &Reach) -> bool {
    matches!(rule.effect, Effect::Deny | Effect::Ignore)
        && rule.reach.overlaps(question)
        && !rule.reach.covers(question)
}
