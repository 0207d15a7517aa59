//! What is run on what: decided here, before anything runs; nothing later may skip.

use std::collections::BTreeSet;

use permscope_engine::release::Release;

use crate::corpus::case::Case;
use crate::launch::Launch;
use crate::wire::{Capability, Place};

/// The cases for one implementation at one release.
#[derive(Debug)]
pub struct Plan<'c> {
    /// The release.
    pub release: Release,
    /// The cases that run, in the order of their identity.
    pub cases: Vec<&'c Case>,
    /// The cases whose promise is not made for the release.
    pub not_for_release: usize,
    /// The cases that need what the implementation does not claim.
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

/// Whether a case is selected by filters: without any, or where one is a part of its identity or one of its tags.
pub fn selects(filters: &[String], case: &Case) -> bool {
    let selected =
        |filter: &String| case.id.contains(filter.as_str()) || case.tags.contains(filter);
    filters.is_empty() || filters.iter().any(selected)
}

/// Plans selected cases for an implementation at a release.
pub fn plan<'c>(
    cases: impl Iterator<Item = &'c Case>,
    model: &str,
    capabilities: &[Capability],
    release: Release,
) -> Plan<'c> {
    let claimed: BTreeSet<_> = capabilities.iter().copied().collect();
    let mut plan = Plan { release, cases: Vec::new(), not_for_release: 0, not_asked: 0 };
    for case in cases.filter(|case| case.model.name() == model) {
        if !case.releases.contain(release) {
            plan.not_for_release += 1;
        } else if !case.capabilities().is_subset(&claimed) {
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
