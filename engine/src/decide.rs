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

/// How a rule fared where a question was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing<'r> {
    /// It settles the question.
    Settles,
    /// It says what the rule that settles the question says.
    Agrees,
    /// It lies inside of what was asked about, and makes the grant partial.
    Excepts,
    /// A narrower rule silences it.
    Outranked {
        /// The narrower rule.
        by: &'r Rule,
    },
    /// A stricter rule settles the question, which this one does not outrank.
    Overruled {
        /// The stricter rule.
        by: &'r Rule,
    },
    /// It is a default that would outrank the rule that settles the question, had somebody given it.
    Yields {
        /// The rule that settles the question.
        to: &'r Rule,
    },
    /// It has a part in common with what was asked about, which says nothing of the whole.
    Overlaps,
    /// It has nothing in common with what was asked about.
    Apart,
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

/// How each rule fares where the question is decided, in the order of the rules.
///
/// The rule that settles the question is the one that [`decide`] names; rules are told apart by where they stand, so that of two equal ones only one settles.
pub fn standings<'r, I>(
    rules: I,
    question: &Reach,
    precedence: Precedence,
) -> impl Iterator<Item = (&'r Rule, Standing<'r>)>
where
    I: Iterator<Item = &'r Rule> + Clone,
{
    let decision = decide(rules.clone(), question, precedence);
    let standing = move |rule: &'r Rule, others: I| {
        let (Decision::Granted { because, .. } | Decision::Denied { because }) = decision else {
            return beside(rule, question);
        };
        if std::ptr::eq(rule, because) {
            return Standing::Settles;
        }
        if !rule.matches(question) {
            let excepts = because.effect == Effect::Grant && lies_inside(rule, question);
            return if excepts { Standing::Excepts } else { beside(rule, question) };
        }
        // Where the rule that settles is one of those that are narrower, it is the one to name.
        let mut narrower = std::iter::once(because)
            .chain(others.filter(|other| other.matches(question)))
            .filter(|other| outranks(other, rule, precedence));
        match narrower.next() {
            Some(by) => Standing::Outranked { by },
            None if rule.effect == because.effect => Standing::Agrees,
            None if is_narrower(rule, because, precedence) => Standing::Yields { to: because },
            None => Standing::Overruled { by: because },
        }
    };
    rules.clone().map(move |rule| (rule, standing(rule, rules.clone())))
}

/// How a rule fares that has no say in the question.
fn beside(rule: &Rule, question: &Reach) -> Standing<'static> {
    match rule.reach.overlaps(question) {
        true => Standing::Overlaps,
        false => Standing::Apart,
    }
}

/// Whether `rule` silences `other`, where both match the question.
fn outranks(rule: &Rule, other: &Rule, precedence: Precedence) -> bool {
    let yields = rule.effect == Effect::Grant
        && matches!(rule.origin, Origin::Default(_))
        && other.effect != Effect::Grant;
    is_narrower(rule, other, precedence) && !yields
}

/// Whether `rule` ranks above `other` because of what it reaches.
fn is_narrower(rule: &Rule, other: &Rule, precedence: Precedence) -> bool {
    precedence == Precedence::NarrowestWins
        && other.effect != Effect::Refused
        && rule.reach.narrower(&other.reach)
}

/// Whether a denial takes a part of the question away, and not all of it.
fn lies_inside(rule: &Rule, question: &Reach) -> bool {
    matches!(rule.effect, Effect::Deny | Effect::Ignore)
        && rule.reach.overlaps(question)
        && !rule.reach.covers(question)
}
