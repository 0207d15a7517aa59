//! Judging: what came of the selected cases on one implementation at one release.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::Result;
use permscope_engine::release::Release;

use crate::compare::{Verdict, compare};
use crate::consistency::Trial;
use crate::corpus::Corpus;
use crate::corpus::case::Case;
use crate::implementation::attach::{Attached, By, Digests};
use crate::known::{Known, KnownDifferences};
use crate::law::{self, Instance, Of, Trials};
use crate::observation::Observation;
use crate::outcome::{Outcome, Word};
use crate::plan::plan;
use crate::project::Project;
use crate::record::{Ran, Record};
use crate::run::{Options, run};
use crate::tally::Counts;

/// An implementation at a release.
#[derive(Clone, Debug)]
pub struct Target {
    /// The implementation's name.
    pub implementation: String,
    /// The release.
    pub release: Release,
    /// The option of the command line that asks for it alone, as a shell takes it.
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
    /// Why it is known, where it is.
    pub reason: Option<String>,
}

/// Plans, runs, compares and judges the selected cases on one implementation at one release.
///
/// Whatever is not answered the same each time that it is run has given no answer at all; what was not seen before the run was stopped is not judged.
pub async fn judge<'c>(
    attached: &Attached,
    release: Release,
    selected: &[&'c Case],
    corpus: &Corpus,
    known: &KnownDifferences,
    options: Options<'_>,
    repeat: usize,
) -> Result<Judged<'c>> {
    let hello = &attached.hello;
    let plan = plan(selected.iter().copied(), hello, release);
    let start = Instant::now();
    let mut observations = run(attached, &plan, corpus, options).await?;
    for _ in 1..repeat {
        let again = run(attached, &plan, corpus, options).await?;
        for (first, again) in observations.iter_mut().zip(again) {
            if let (Some(first), Some(again)) = (first, again)
                && !first.is_like(&again)
            {
                let why = "it was asked again, and did not answer the same".to_owned();
                *first = Observation::Broke(why);
            }
        }
    }
    let time = start.elapsed();
    let judgement = |(case, observation): (&&'c Case, Option<Observation>)| {
        let observation = observation?;
        let verdict = compare(case, &observation);
        Some(Judgement::of(case, observation, verdict, known.of(&case.id, release)))
    };
    let judgements = plan.cases.iter().zip(observations).filter_map(judgement).collect();
    let target = Target::of(attached, release);
    let (not_for_release, not_asked) = (plan.not_for_release, plan.not_asked);
    Ok(Judged { target, judgements, not_for_release, not_asked, time })
}

/// Tries laws on one implementation at one release, universe by universe and then on the cases, and judges them as cases are.
pub async fn judge_laws<'c>(
    attached: &Attached,
    release: Release,
    instances: &'c [Instance<'_>],
    corpus: &Corpus,
    known: &KnownDifferences,
    options: Options<'_>,
) -> Result<Judged<'c>> {
    let start = Instant::now();
    let target = Target::of(attached, release);
    let time = Duration::ZERO;
    let mut judged =
        Judged { target, judgements: Vec::new(), not_for_release: 0, not_asked: 0, time };
    let hello = &attached.hello;
    for (universe, laws) in law::by_universe(instances) {
        if universe.model.name() != hello.model {
            continue;
        }
        let trials = Trials::of(universe, &hello.capabilities);
        let plan = plan(trials.cases.iter(), hello, release);
        judged.not_for_release += if plan.not_for_release > 0 { laws.len() } else { 0 };
        judged.not_asked += if plan.not_asked > 0 { laws.len() } else { 0 };
        if plan.cases.len() < trials.cases.len() {
            continue;
        }
        let seen = run(attached, &plan, corpus, options).await?;
        // A law that was not tried in full says nothing.
        let Some(seen) = seen.into_iter().collect::<Option<Vec<_>>>() else { break };
        let tried = trials.tried(&seen);
        judged.judgements.extend(laws.into_iter().map(|(law, case)| {
            Judgement::of_law(case, tried.verdict(law), known.of(&case.id, release))
        }));
    }
    let is_tried =
        |one: &&Instance<'_>| matches!(one.of, Of::Case) && one.case.model.name() == hello.model;
    let tried = instances.iter().filter(is_tried).map(|Instance { case, .. }| case);
    let trials: Vec<_> = tried.map(|case| (case, Trial::of(case, release))).collect();
    let by_id: HashMap<_, _> = trials.iter().map(|tried| (&tried.0.id, tried)).collect();
    let plan = plan(trials.iter().map(|(_, trial)| &trial.case), hello, release);
    judged.not_for_release += plan.not_for_release;
    judged.not_asked += plan.not_asked;
    let seen = run(attached, &plan, corpus, options).await?;
    judged.judgements.extend(plan.cases.iter().zip(seen).filter_map(|(tried, observation)| {
        let (case, trial) = by_id[&tried.id];
        Some(Judgement::of_law(case, trial.verdict(&observation?), known.of(&case.id, release)))
    }));
    judged.time = start.elapsed();
    Ok(judged)
}

impl<'c> Judgement<'c> {
    /// Judges a verdict by what is known of its case, where anything is.
    fn of(
        case: &'c Case,
        observation: Observation,
        verdict: Verdict,
        known: Option<&Known>,
    ) -> Self {
        let reason = known.map(|known| known.reason.clone());
        Self { case, observation, outcome: Outcome::of(verdict, known), reason }
    }

    /// Judges a law, of which everything that was seen is in the verdict.
    fn of_law(case: &'c Case, verdict: Verdict, known: Option<&Known>) -> Self {
        Self::of(case, Observation::Acted(Vec::new()), verdict, known)
    }
}

impl Target {
    /// One release of what is attached.
    pub fn of(attached: &Attached, release: Release) -> Self {
        let argument = match attached.by {
            By::Call(_) => format!("{}@{release}", attached.argument),
            By::Process(_) => attached.argument.clone(),
        };
        Self { implementation: attached.hello.name.clone(), release, argument }
    }
}

impl Judged<'_> {
    /// How many cases came to an outcome.
    pub fn count(&self, word: Word) -> usize {
        self.judgements.iter().filter(|judgement| judgement.outcome.word() == word).count()
    }

    /// The lines of the record, with each case's file as a person in the project would write it.
    pub fn records<'j>(
        &'j self,
        corpus: &'j Corpus,
        project: &'j Project,
    ) -> impl Iterator<Item = Record> + 'j {
        let Target { implementation, release, .. } = &self.target;
        self.judgements.iter().map(move |Judgement { case, outcome, reason, .. }| {
            let difference = outcome.difference();
            Record {
                case: case.id.clone(),
                implementation: implementation.clone(),
                model: case.model.name().to_owned(),
                release: release.to_string(),
                outcome: outcome.word(),
                file: project.short(&case.source.file).to_string_lossy().into_owned(),
                line: case.source.line,
                clauses: case.clauses.clone(),
                script: short_digest(&case.asked(&corpus.fixtures[&case.launch.fixture])),
                promise: short_digest(&case.promised()),
                seen: difference.map(|difference| difference.seen.clone()),
                severity: difference.map(|difference| difference.severity),
                reason: reason.clone().filter(|_| matches!(outcome, Outcome::Known(_))),
                broke: match outcome {
                    Outcome::Broke(why) => Some(why.clone()),
                    _ => None,
                },
            }
        })
    }

    /// How much of the corpus was run, with the digests of what was run.
    pub fn ran(&self, attached: &Attached, digests: &Digests) -> Ran {
        let Digests { program, adapter } = digests.clone();
        Ran {
            implementation: self.target.implementation.clone(),
            model: attached.hello.model.clone(),
            release: self.target.release.to_string(),
            argument: self.target.argument.clone(),
            program,
            adapter,
            // Whoever writes the record counts.
            counts: Counts::default(),
            not_for_release: self.not_for_release,
            not_asked: self.not_asked,
            milliseconds: u64::try_from(self.time.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// Enough of a digest to tell two texts of a corpus apart.
fn short_digest(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}
