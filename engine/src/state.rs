//! What one kind holds at one moment: the rules of the launch, and those that came and went since.

use std::sync::Arc;

use crate::decide::{Decision, Precedence, Standing, decide, standings};
use crate::rule::{Effect, Origin, Reach, Rule};

/// The rules of one kind.
///
/// Denials and ignores never change after the launch, so every child scope shares them: a child that inherits costs a reference.
#[derive(Clone, Debug, Default)]
pub struct State {
    fixed: Arc<[Rule]>,
    own: Vec<Rule>,
}

impl State {
    /// The state of a launch: denials and ignores are fixed, grants can be revoked.
    pub fn new(rules: Vec<Rule>) -> Self {
        let is_fixed = |rule: &Rule| matches!(rule.effect, Effect::Deny | Effect::Ignore);
        let (fixed, own): (Vec<_>, Vec<_>) = rules.into_iter().partition(is_fixed);
        Self { fixed: fixed.into(), own }
    }

    /// The rules, in no order that matters.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> + Clone {
        self.own.iter().chain(self.fixed.iter())
    }

    /// What the rules say of the question.
    pub fn decide(&self, question: &Reach, precedence: Precedence) -> Decision<'_> {
        decide(self.rules(), question, precedence)
    }

    /// How each rule fares with the question.
    pub fn standings(
        &self,
        question: &Reach,
        precedence: Precedence,
    ) -> impl Iterator<Item = (&Rule, Standing<'_>)> {
        standings(self.rules(), question, precedence)
    }

    /// Whether everything of the kind is granted, with no exception at all.
    pub fn is_unrestricted(&self) -> bool {
        self.own.iter().any(|rule| rule.effect == Effect::Grant && rule.reach == Reach::All)
            && self.rules().all(|rule| rule.effect == Effect::Grant)
    }

    /// Adds a grant.
    pub fn grant(&mut self, reach: Reach, origin: Origin) {
        self.add(Rule { effect: Effect::Grant, reach, origin });
    }

    /// Adds a refusal; it cannot be taken back.
    pub fn refuse(&mut self, reach: Reach) {
        self.add(Rule { effect: Effect::Refused, reach, origin: Origin::Prompt });
    }

    fn add(&mut self, rule: Rule) {
        let held = |own: &Rule| own.effect == rule.effect && own.reach == rule.reach;
        if !self.own.iter().any(held) {
            self.own.push(rule);
        }
    }

    /// Takes grants back: every grant for the whole kind; else those that cover the reach, except a grant of all.
    ///
    /// Denials and refusals stay.
    pub fn revoke(&mut self, reach: &Reach) {
        self.own.retain(|rule| {
            let revoked = match reach {
                Reach::All => true,
                Reach::Part(_) => rule.reach != Reach::All && rule.reach.covers(reach),
            };
            rule.effect != Effect::Grant || !revoked
        });
    }

    /// Takes back the grants over just this reach, and neither wider nor narrower ones.
    pub fn take_back(&mut self, reach: &Reach) {
        self.own.retain(|rule| rule.effect != Effect::Grant || rule.reach != *reach);
    }

    /// The state of a child scope that holds no grant: denials, ignores and refusals are carried over.
    pub fn without_grants(&self) -> Self {
        let refusals = self.own.iter().filter(|rule| rule.effect != Effect::Grant).cloned();
        Self { fixed: Arc::clone(&self.fixed), own: refusals.collect() }
    }
}
