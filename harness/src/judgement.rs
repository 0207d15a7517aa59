//! Judging: what came of the selected cases on one implementation at one release.

use std::time::{Duration, Instant};

use anyhow::Result;
use permscope_engine::release::Release;

use crate::compare::compare;
use crate::corpus::Corpus;
use crate::corpus::case::Case;
use crate::implementation::attach::Attached;
use crate::known::KnownDifferences;
use crate::law::{Instance, Trials};
use crate::observation::Observation;
use crate::outcome::{Outcome, Word};
use crate::plan::plan;
use crate::record::Record;
use crate::run::{Options, run};

/// An implementation at a release.
#[derive(Clone, Debug)]
pub struct Target {
    /// The implementation's name.
    pub implementation: String,
    /// The release.
    pub release: Release,
    /// The argument of the command line that asks for it alone.
    pub argument: String,
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.implementation, self.release)
    }
}

/// What came of the selected cases on a target.
#[derive(Debug)]
pub struct Judged<'c> {
    /// The target.
    pub target: Target,
    /// The cases that ran.
    pub judgements: Vec<Judgement<'c>>,
    /// How many cases are not for the release.
    pub not_for_release: usize,
    /// How many cases need what the implementation does not claim.
    pub not_asked: usize,
    /// How long the run took.
    pub time: Duration,
}

/// What came of one case.
#[derive(Debug)]
pub struct Judgement<'c> {
    /// The case.
    pub case: &'c Case,
    /// What was seen.
    pub observation: Observation,
    /// What that means.
    pub outcome: Outcome,
}

/// Plans, runs, compares and judges the selected cases on one implementation at one release.
pub async fn judge<'c>(
    attached: &Attached,
    release: Release,
    selected: &[&'c Case],
    corpus: &Corpus,
    known: &KnownDifferences,
    options: Options<'_>,
) -> Result<Judged<'c>> {
    let hello = &attached.hello;
    let plan = plan(selected.iter().copied(), &hello.model, &hello.capabilities, release);
    let start = Instant::now();
    let observations = run(attached, &plan, corpus, options).await?;
    let time = start.elapsed();
    let judgement = |(case, observation): (&&'c Case, Observation)| {
        let outcome = Outcome::of(compare(case, &observation), known.of(&case.id, release));
        Judgement { case, observation, outcome }
    };
    let judgements = plan.cases.iter().zip(observations).map(judgement).collect();
    let target = Target::of(attached, release);
    let (not_for_release, not_asked) = (plan.not_for_release, plan.not_asked);
    Ok(Judged { target, judgements, not_for_release, not_asked, time })
}

/// Tries laws on one implementation at one release, universe by universe, and judges them as cases are.
pub async fn judge_laws<'c>(
    attached: &Attached,
    release: Release,
    instances: &'c [Instance<'_>],
    corpus: &Corpus,
    known: &KnownDifferences,
    options: Options<'_>,
) -> Result<Judged<'c>> {
    let hello = &attached.hello;
    let (mut judgements, mut not_for_release, mut not_asked) = (Vec::new(), 0, 0);
    let start = Instant::now();
    for of_universe in instances.chunk_by(|a, b| a.universe.id == b.universe.id) {
        let universe = of_universe[0].universe;
        if universe.model.name() != hello.model {
            continue;
        }
        let trials = Trials::of(universe, &hello.capabilities);
        let plan = plan(trials.cases.iter(), &hello.model, &hello.capabilities, release);
        not_for_release += if plan.not_for_release > 0 { of_universe.len() } else { 0 };
        not_asked += if plan.not_asked > 0 { of_universe.len() } else { 0 };
        if plan.cases.len() < trials.cases.len() {
            continue;
        }
        let seen = run(attached, &plan, corpus, options).await?;
        judgements.extend(of_universe.iter().map(|Instance { law, case, .. }| {
            let outcome = Outcome::of(trials.verdict(*law, &seen), known.of(&case.id, release));
            // Every trial was acted out; what was seen of them is in the outcome.
            Judgement { case, observation: Observation::Acted(Vec::new()), outcome }
        }));
    }
    let (target, time) = (Target::of(attached, release), start.elapsed());
    Ok(Judged { target, judgements, not_for_release, not_asked, time })
}

impl Target {
    /// One release of what is attached.
    pub fn of(attached: &Attached, release: Release) -> Self {
        let argument = match attached.argument.contains(['@', '=']) {
            true => attached.argument.clone(),
            false => format!("{}@{release}", attached.argument),
        };
        Self { implementation: attached.hello.name.clone(), release, argument }
    }
}

impl Judged<'_> {
    /// How many cases came to an outcome.
    pub fn count(&self, word: Word) -> usize {
        self.judgements.iter().filter(|judgement| judgement.outcome.word() == word).count()
    }

    /// Whether a gate may let everything through.
    pub fn is_expected(&self) -> bool {
        self.judgements.iter().all(|judgement| judgement.outcome.is_expected())
    }

    /// The lines of the record.
    pub fn records(&self) -> impl Iterator<Item = Record> {
        self.judgements.iter().map(|Judgement { case, outcome, .. }| {
            let difference = outcome.difference();
            Record {
                case: case.id.clone(),
                implementation: self.target.implementation.clone(),
                release: self.target.release.to_string(),
                outcome: outcome.word(),
                seen: difference.map(|difference| difference.seen.clone()),
                severity: difference.map(|difference| difference.severity),
                broke: match outcome {
                    Outcome::Broke(why) => Some(why.clone()),
                    _ => None,
                },
            }
        })
    }
}
