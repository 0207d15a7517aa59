//! What is run on what: decided here, before anything runs; nothing later may skip.

use std::collections::BTreeSet;

use permscope_engine::release::Release;

use crate::corpus::case::Case;
use crate::corpus::kind::kinds;
use crate::launch::Launch;
use crate::wire::{Hello, Place};

/// The cases for one implementation at one release.
#[derive(Debug)]
pub struct Plan<'c> {
    /// The release.
    pub release: Release,
    /// The cases that run, in the order of their identity.
    pub cases: Vec<&'c Case>,
    /// The cases whose promise is not made for the release.
    pub not_for_release: usize,
    /// The cases that need what the implementation does not claim, or are about kinds that it does not know.
    pub not_asked: usize,
}

/// Cases that can share a process.
#[derive(Debug)]
pub struct Group<'c> {
    /// The process.
    pub launch: &'c Launch,
    /// Where the permissions of its cases are applied.
    pub place: Option<Place>,
    /// The cases, by their index in the plan.
    pub cases: Vec<usize>,
}

/// Plans selected cases for an implementation at a release.
pub fn plan<'c>(
    cases: impl Iterator<Item = &'c Case>,
    hello: &Hello,
    release: Release,
) -> Plan<'c> {
    let claimed: BTreeSet<_> = hello.capabilities.iter().copied().collect();
    let knows =
        |kind: &str| hello.kinds.as_ref().is_none_or(|kinds| kinds.iter().any(|it| it == kind));
    let can = |case: &Case| case.capabilities().is_subset(&claimed) && kinds(case).all(knows);
    let mut plan = Plan { release, cases: Vec::new(), not_for_release: 0, not_asked: 0 };
    for case in cases.filter(|case| case.model.name() == hello.model) {
        if !case.releases.contain(release) {
            plan.not_for_release += 1;
        } else if !can(case) {
            plan.not_asked += 1;
        } else {
            plan.cases.push(case);
        }
    }
    plan
}

impl<'c> Plan<'c> {
    /// The processes that the plan needs: one per launch, and one for each case that leaves traces.
    pub fn groups(&self) -> Vec<Group<'c>> {
        let mut alone = Vec::new();
        let mut shared: std::collections::BTreeMap<_, Group<'c>> = Default::default();
        for (index, case) in self.cases.iter().enumerate() {
            let place = case.scope.as_ref().map(|scope| scope.place);
            let group = || Group { launch: &case.launch, place, cases: Vec::new() };
            if case.leaves_traces() {
                alone.push(Group { cases: vec![index], ..group() });
            } else {
                shared.entry((&case.launch, place)).or_insert_with(group).cases.push(index);
            }
        }
        alone.into_iter().chain(shared.into_values()).collect()
    }
}
