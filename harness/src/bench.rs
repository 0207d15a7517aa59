//! What a run costs, as ratios: to the bare starts of the processes that it needs, and of one process to two at once.
//!
//! Ratios hold where seconds do not: both sides are measured in one run, on one machine.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use permscope_engine::release::Release;

use crate::corpus::Corpus;
use crate::corpus::case::Scope;
use crate::implementation::attach::{Attached, By};
use crate::plan::plan;
use crate::run::{self, run};
use crate::wire::{Command, Place};

/// What a scope may cost beside the start of its process.
const PER_SCOPE: Duration = Duration::from_micros(250);

/// What a step may cost.
const PER_STEP: Duration = Duration::from_micros(5);

/// How often a bare start is measured before a run, and again after it; the median counts.
const STARTS: usize = 9;

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

/// Measures the whole corpus on a runtime at a release; nothing for an implementation in this process.
pub async fn measure(
    attached: &Attached,
    release: Release,
    corpus: &Corpus,
    scratch: &Path,
) -> Result<Option<Cost>> {
    let By::Process(runtime) = &attached.by else {
        return Ok(None);
    };
    let hello = &attached.hello;
    let plan = plan(corpus.cases.iter(), &hello.model, &hello.capabilities, release);
    let groups = plan.groups();
    let mut by_way: BTreeMap<(Command, Option<Place>), usize> = BTreeMap::new();
    for group in &groups {
        *by_way.entry((group.launch.command, group.place)).or_default() += 1;
    }
    // A scope that is a process of its own costs one.
    for case in &plan.cases {
        if let Some(Scope { place: Place::Child, .. }) = case.scope {
            *by_way.entry((case.launch.command, Some(Place::Child))).or_default() += 1;
        }
    }
    let processes = by_way.values().sum();
    let scopes = plan.cases.iter().filter(|case| case.scope.is_some()).count();
    let steps = plan.cases.iter().map(|case| case.steps().len()).sum();
    // A machine is not as fast at one time as at another, so starts are measured on both sides of the run.
    let mut starts: BTreeMap<(Command, Option<Place>), Vec<Duration>> = BTreeMap::new();
    let mut measure_starts = async || {
        for &(command, place) in by_way.keys() {
            for _ in 0..STARTS {
                let start = runtime.bare_start(command, place, scratch).await?;
                starts.entry((command, place)).or_default().push(start);
            }
        }
        anyhow::Ok(())
    };
    let timed = async |jobs| {
        let options = run::Options { jobs, scratch, progress: &|_| {} };
        let start = Instant::now();
        run(attached, &plan, corpus, options).await.context("the run to be measured failed")?;
        anyhow::Ok(start.elapsed())
    };
    measure_starts().await?;
    let one = timed(1).await?;
    measure_starts().await?;
    let mut floor = PER_SCOPE * scale(scopes) + PER_STEP * scale(steps);
    for (way, mut starts) in starts {
        starts.sort();
        floor += starts[starts.len() / 2] * scale(by_way[&way]);
    }
    let two = timed(2).await?;
    Ok(Some(Cost { processes, scopes, steps, floor, one, two }))
}

fn scale(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Measures this program on the reference engine, its own start included: the median of some runs.
pub fn measure_reference() -> Result<Duration> {
    let program = std::env::current_exe().context("this program does not know where it is")?;
    let mut times = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let start = Instant::now();
        let output = std::process::Command::new(&program).arg("run").output();
        output.with_context(|| format!("cannot start {}", program.display()))?;
        times.push(start.elapsed());
    }
    times.sort();
    Ok(times[STARTS / 2])
}
