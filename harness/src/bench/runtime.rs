//! What a run on a real runtime costs: against the bare starts of the processes that it needs, and one process at a time against two.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use permscope_engine::release::Release;

use crate::corpus::Corpus;
use crate::corpus::case::Scope;
use crate::implementation::attach::{Attached, By};
use crate::plan::{Group, plan};
use crate::run::{self, run};
use crate::stop::Stop;
use crate::wire::{Command, Place};

/// What a scope may cost beside the start of its process.
const PER_SCOPE: Duration = Duration::from_micros(250);

/// What a step may cost.
const PER_STEP: Duration = Duration::from_micros(5);

/// How many launches of a way are started bare before a run, and again after it.
const STARTS: usize = 20;

/// How long a process may be silent while it is measured.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// What a run of the corpus on a real runtime cost.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// How many processes it needed.
    pub processes: usize,
    /// How many cases acted in scopes of their own.
    pub scopes: usize,
    /// How many steps were done.
    pub steps: usize,
    /// What the bare processes, scopes and steps cost by themselves.
    pub floor: Duration,
    /// The run, one process at a time.
    pub one: Duration,
    /// The run, two processes at once.
    pub two: Duration,
}

/// The processes that are started in one way: as a program, a test, a worker or a child.
#[derive(Default)]
struct Way<'g> {
    groups: Vec<&'g Group<'g>>,
    /// Also those that cases start.
    processes: usize,
    starts: Vec<Duration>,
}

/// Measures the whole corpus on a runtime at a release; nothing for an implementation in this process.
pub async fn measure(
    attached: &Attached,
    release: Release,
    corpus: &Corpus,
    scratch: &Path,
) -> Result<Option<Cost>> {
    let By::Process(program) = &attached.by else {
        return Ok(None);
    };
    let hello = &attached.hello;
    let plan = plan(corpus.cases.iter(), hello, release);
    let groups = plan.groups();
    let mut by_way: BTreeMap<(Command, Option<Place>), Way<'_>> = BTreeMap::new();
    for group in &groups {
        let way = by_way.entry((group.launch.command, group.place)).or_default();
        way.processes += 1;
        way.groups.push(group);
    }
    // A scope that is a process of its own costs one.
    for case in &plan.cases {
        if let Some(Scope { place: Place::Child, .. }) = case.scope {
            let way = (case.launch.command, Some(Place::Child));
            by_way.entry(way).or_default().processes += 1;
        }
    }
    let processes = by_way.values().map(|way| way.processes).sum();
    let scopes = plan.cases.iter().filter(|case| case.scope.is_some()).count();
    let steps = plan.cases.iter().map(|case| case.steps().len()).sum();
    // A machine is not as fast at one time as at another, so starts are measured on both sides of the run.
    let mut measure_starts = async || {
        for way in by_way.values_mut() {
            let apart = way.groups.len().div_ceil(STARTS).max(1);
            for group in way.groups.iter().step_by(apart) {
                way.starts.push(program.bare_start(group, release, scratch).await?);
            }
        }
        anyhow::Ok(())
    };
    let timed = async |jobs| {
        let options = run::Options { jobs, scratch, progress: &|_| {}, stop: &Stop::default() };
        let start = Instant::now();
        run(attached, &plan, corpus, options).await.context("the run to be measured failed")?;
        anyhow::Ok(start.elapsed())
    };
    measure_starts().await?;
    let one = timed(1).await?;
    measure_starts().await?;
    let mut floor = PER_SCOPE * scale(scopes) + PER_STEP * scale(steps);
    for way in by_way.values() {
        // Launches differ in what their flags cost, so it is the mean that stands for all.
        let all: Duration = way.starts.iter().sum();
        floor += all / scale(way.starts.len().max(1)) * scale(way.processes);
    }
    let two = timed(2).await?;
    Ok(Some(Cost { processes, scopes, steps, floor, one, two }))
}

fn scale(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
