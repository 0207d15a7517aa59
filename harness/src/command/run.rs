//! `permscope run`: a run from end to end.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use permscope_engine::model::Model;
use tempfile::TempDir;

use super::corpora::Corpora;
use super::executor;
use super::sandboxed::Sandboxed;
use super::selection::Selection;
use crate::bless::{self, Blessing};
use crate::corpus::Corpus;
use crate::corpus::case::Case;
use crate::exit::Exit;
use crate::file::Unwritable;
use crate::implementation::attach::{Attached, Wanted};
use crate::implementation::engine::Engine;
use crate::implementation::reference;
use crate::judgement::{Judged, Judgement, Target, judge, judge_laws};
use crate::known::KnownDifferences;
use crate::law::{self, Instance};
use crate::message;
use crate::partition::Partition;
use crate::project::Project;
use crate::record::{self, Footer, Header, Ran, Writer};
use crate::report::{self, Format};
use crate::run::Options;
use crate::stop::Stop;
use crate::tally::Tally;

/// What to run, on what.
#[derive(Debug, Args)]
pub struct Run {
    #[command(flatten)]
    selection: Selection,
    /// What to check: NAME for all that is installed of it, NAME@VERSION, or NAME=PATH for a build of your own.
    ///
    /// Without it: the reference engine, at every modelled release.
    #[arg(long = "implementation", short, value_name = "NAME[@VERSION]|NAME=PATH")]
    implementations: Vec<Wanted>,
    /// What to check, too: an engine of your own, by the command that starts it; it speaks the protocol on its standard input and output.
    #[arg(long = "command", short = 'c', value_name = "COMMAND")]
    engines: Vec<Engine>,
    #[command(flatten)]
    corpora: Corpora,
    /// The list of known differences; without it, reports/known/NAME.toml.
    #[arg(long, value_name = "FILE")]
    known: Option<PathBuf>,
    /// Tries the laws that hold of any permission model, on every small set of grants, instead of running cases.
    #[arg(long)]
    laws: bool,
    /// Runs the cases of advisories alone, and shows which binaries have the weakness; without an implementation, on every runtime that is installed.
    #[arg(long, conflicts_with_all = ["laws", "bless", "repeat"])]
    advisories: bool,
    /// Lists the selected cases, and runs none.
    #[arg(long)]
    list: bool,
    /// Writes what is seen into the list of known differences; the reasons are yours to write.
    #[arg(long, conflicts_with = "list")]
    bless: bool,
    /// Runs everything this many times; what is not answered the same each time broke.
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..))]
    repeat: u16,
    /// Runs one part of the selected cases, by a hash of their identity: hash:M/N, with M from 1 to N.
    #[arg(long, value_name = "hash:M/N", conflicts_with = "bless")]
    partition: Option<Partition>,
    /// Writes a report, too: jsonl, json, junit, ctrf, sarif, markdown, matrix, html, github or badge; - is standard output.
    #[arg(long = "report", value_name = "FORMAT=PATH")]
    reports: Vec<report::Wanted>,
    /// How many processes run at once; without it, as many as there are processors.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// How many seconds an implementation may be silent.
    #[arg(long, value_name = "S", default_value = "10", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
    #[command(flatten)]
    sandboxed: Sandboxed,
    /// When to colour what is printed.
    #[arg(long, value_enum, default_value = "auto")]
    color: Color,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Color {
    /// Where a person watches.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What is to be run, and where.
#[derive(Clone, Copy)]
struct Work<'c> {
    project: &'c Project,
    corpus: &'c Corpus,
    selected: &'c [&'c Case],
    laws: &'c [Instance<'c>],
}

impl Run {
    /// Runs what was asked for.
    pub fn execute(&self) -> Result<Exit> {
        // What cargo was told holds for what runs under it; the other variables are known where it is printed.
        let of_cargo = std::env::var("CARGO_TERM_COLOR").unwrap_or_default();
        match (self.color, of_cargo.as_str()) {
            (Color::Always, _) | (Color::Auto, "always") => {
                anstream::ColorChoice::Always.write_global();
            }
            (Color::Never, _) | (Color::Auto, "never") => {
                anstream::ColorChoice::Never.write_global();
            }
            (Color::Auto, _) => {}
        }
        let project = Project::here()?;
        if self.bless && self.known.is_none() && project.is_carried() {
            let why = "the lists that this program carries cannot be changed; name one of your own with --known FILE";
            return Err(Unwritable::because(why).into());
        }
        let (corpus, known_ids) = self.corpora.read(&project)?;
        let laws = self.laws.then(|| law::instances(&corpus));
        let laws: Vec<_> = laws.into_iter().flatten().collect();
        let cases: Vec<_> = match self.laws {
            true => laws.iter().map(|law| &law.case).collect(),
            false => corpus.cases.iter().filter(|case| self.is_wanted(case)).collect(),
        };
        let noun = if self.laws { "law" } else { "case" };
        let selected = match self.selection.of(noun, &cases) {
            Ok(selected) => selected,
            Err(why) => {
                anstream::eprintln!("{why}");
                return Ok(Exit::NothingSelected);
            }
        };
        let selected: Vec<_> = selected.into_iter().filter(|case| self.is_ours(case)).collect();
        if selected.is_empty() {
            anstream::eprintln!("no selected case is in this partition");
            return Ok(Exit::NothingSelected);
        }
        if self.list {
            for case in selected {
                anstream::println!("{}", case.id);
            }
            return Ok(Exit::Expected);
        }
        let ids: HashSet<_> = selected.iter().map(|case| &case.id).collect();
        let ours: Vec<_> = laws.iter().filter(|law| ids.contains(&law.case.id)).cloned().collect();
        let scratch =
            TempDir::with_prefix("permscope-").context("cannot make a temporary folder")?;
        let work = Work { project: &project, corpus: &corpus, selected: &selected, laws: &ours };
        let started = now();
        executor()?.block_on(async {
            let implementations = tokio::select! {
                attached = self.attach(&project, &known_ids, scratch.path()) => attached?,
                () = interruption() => {
                    anstream::eprintln!("interrupted before anything was run");
                    return Ok(Exit::Interrupted);
                }
            };
            let stop = Stop::default();
            let mut judging = pin!(self.judge(work, &implementations, scratch.path(), &stop));
            let judged = tokio::select! {
                judged = &mut judging => judged?,
                () = interruption() => {
                    stop.say();
                    judging.await?
                }
            };
            let complete = !stop.was_said();
            self.conclude(work, &implementations, &judged, started, complete, scratch.path())
        })
    }

    fn is_wanted(&self, case: &Case) -> bool {
        !self.advisories || case.advisory.is_some()
    }

    fn is_ours(&self, case: &Case) -> bool {
        self.partition.is_none_or(|partition| partition.holds(&case.id))
    }

    /// Attaches what was asked for, each with what is known of it.
    async fn attach(
        &self,
        project: &Project,
        known_ids: &BTreeSet<String>,
        scratch: &Path,
    ) -> Result<Vec<(Attached, KnownDifferences)>> {
        let patience = Duration::from_secs(self.timeout);
        let (wanted, engines) = (self.wanted(), &self.engines);
        let all = self.sandboxed.attach(&wanted, engines, project, patience, scratch).await?;
        // Read before anything runs, so that a mistake in one list loses nothing of a run.
        let with_known = |attached: Attached| {
            let file = self.known_file(project, &attached.hello.name);
            Ok((attached, KnownDifferences::read(&file, known_ids, self.bless)?))
        };
        all.into_iter().map(with_known).collect()
    }

    /// Judges every implementation at every release, one after the other, until the run is stopped.
    async fn judge<'c>(
        &self,
        work: Work<'c>,
        implementations: &[(Attached, KnownDifferences)],
        scratch: &Path,
        stop: &Stop,
    ) -> Result<Vec<(usize, Judged<'c>)>> {
        let mut judged = Vec::new();
        let Work { corpus, selected, laws, .. } = work;
        let repeat = usize::from(self.repeat);
        for (index, (attached, known)) in implementations.iter().enumerate() {
            for &release in &attached.releases {
                let steps = match self.laws {
                    true => law::trials(laws, &attached.hello),
                    false => selected.len() * repeat,
                };
                let progress = progress_bar(&Target::of(attached, release), steps);
                let options = Options {
                    jobs: self.jobs(),
                    scratch,
                    progress: &|done| progress.inc(done as u64),
                    stop,
                };
                let one = match self.laws {
                    true => judge_laws(attached, release, laws, corpus, known, options).await?,
                    false => {
                        judge(attached, release, selected, corpus, known, options, repeat).await?
                    }
                };
                progress.finish_and_clear();
                if !self.bless && !self.advisories {
                    self.show_unexpected(&one, work);
                }
                judged.push((index, one));
                if stop.was_said() {
                    return Ok(judged);
                }
            }
        }
        Ok(judged)
    }

    /// Records what was judged, writes the reports, and says how it ended.
    fn conclude(
        &self,
        work: Work<'_>,
        implementations: &[(Attached, KnownDifferences)],
        judged: &[(usize, Judged<'_>)],
        started: u64,
        complete: bool,
        scratch: &Path,
    ) -> Result<Exit> {
        let Work { project, corpus, .. } = work;
        let header = Header {
            schema: record::SCHEMA,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            corpus: corpus.digest.clone(),
            laws: self.laws,
            filters: self.selection.filters.iter().map(ToString::to_string).collect(),
            partition: self.partition.map(|partition| partition.to_string()),
            started,
        };
        let name = match (self.laws, self.advisories) {
            (true, _) => "laws.jsonl",
            (_, true) => "advisories.jsonl",
            _ => "run.jsonl",
        };
        let path = project.records().unwrap_or_else(|| scratch.to_owned()).join(name);
        let mut writer = Writer::begin(&path, &header)?;
        let mut targets = Vec::new();
        // The releases of one implementation follow each other, and have one program.
        for of_one in judged.chunk_by(|(a, _), (b, _)| a == b) {
            let (attached, _) = &implementations[of_one[0].0];
            let digests = attached.digests()?;
            for (_, one) in of_one {
                for record in one.records(corpus, project) {
                    writer.record(record)?;
                }
                targets.push(one.ran(attached, &digests));
            }
        }
        writer.finish(footer(corpus, judged, targets, complete))?;
        let tally = Tally::of(&path)?;
        for wanted in &self.reports {
            report::write(&path, &tally, Some(corpus), wanted)?;
        }
        let judged: Vec<_> = judged.iter().map(|(_, one)| one).collect();
        if self.advisories {
            let table = report::Wanted { format: Format::Advisories, path: "-".into() };
            report::write(&path, &tally, Some(corpus), &table)?;
        } else {
            anstream::print!("{}", message::summary(&judged));
        }
        match (complete, tally.counts.all()) {
            (false, _) => {
                let place = match project.is_carried() {
                    true => "a report".into(),
                    false => project.short(&path).to_string_lossy(),
                };
                anstream::eprintln!("interrupted; {place} has what was seen, as incomplete");
                Ok(Exit::Interrupted)
            }
            (true, 0) => {
                anstream::eprintln!("no selected case is for these implementations and releases");
                Ok(Exit::NothingSelected)
            }
            (true, _) if self.advisories => {
                match report::advisories_are_as_published(&path, &tally, corpus)? {
                    true => Ok(Exit::Expected),
                    false => Ok(Exit::Unexpected),
                }
            }
            (true, _) if self.bless => self.write_blessings(&judged, project),
            (true, _) => Ok(Exit::of_tally(&tally)),
        }
    }

    /// Writes what was seen into the lists of known differences, one list after the other; in CI, where nobody writes reasons, it only says what it would write.
    fn write_blessings(&self, judged: &[&Judged<'_>], project: &Project) -> Result<Exit> {
        let mut by_file: BTreeMap<PathBuf, Vec<Blessing>> = BTreeMap::new();
        for Judged { target, judgements, .. } in judged {
            let file = self.known_file(project, &target.implementation);
            let blessing =
                |one: &Judgement<'_>| Blessing::new(&one.case.id, target.release, &one.outcome);
            by_file.entry(file).or_default().extend(judgements.iter().map(blessing));
        }
        let mut exit = Exit::Expected;
        for (file, blessings) in by_file {
            let blessed = bless::bless(&file, &blessings)?;
            let short = project.short(&file).display();
            match (is_set("CI"), blessed.is_change()) {
                (true, true) => {
                    let told = message::blessed(&blessed);
                    anstream::print!("{short} is not changed, because CI is set: {told}");
                    exit = Exit::Unexpected;
                }
                (false, true) => {
                    blessed.write(&file)?;
                    anstream::print!("{short}: {}", message::blessed(&blessed));
                }
                (_, false) => anstream::println!("{short}: nothing to bless"),
            }
        }
        Ok(exit)
    }

    fn show_unexpected(&self, judged: &Judged<'_>, work: Work<'_>) {
        let Work { project, corpus, laws, .. } = work;
        let corpora = self.corpora.folders.iter().map(|folder| ("--corpus", &**folder));
        let known = self.known.iter().map(|file| ("--known", &**file));
        let options: Vec<_> = corpora.chain(known).collect();
        let unexpected = judged.judgements.iter().filter(|one| !one.outcome.is_expected());
        for judgement in unexpected {
            let target = &judged.target;
            let told = match laws.iter().find(|law| law.case.id == judgement.case.id) {
                Some(law) => message::broken_law(judgement, law, target, project, &options),
                None => message::unexpected(judgement, target, corpus, project, &options),
            };
            anstream::println!("{told}");
        }
    }

    fn known_file(&self, project: &Project, implementation: &str) -> PathBuf {
        self.known.clone().unwrap_or_else(|| project.known(implementation))
    }

    fn jobs(&self) -> usize {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        self.jobs.map_or(processors, usize::from)
    }

    fn wanted(&self) -> Vec<Wanted> {
        if !self.implementations.is_empty() || !self.engines.is_empty() {
            return self.implementations.clone();
        }
        // An advisory is about a runtime, which has the name of its model.
        let runtimes = Model::ALL.iter().map(|model| model.name());
        let names: Vec<_> = match self.advisories {
            true => runtimes.collect(),
            false => vec![reference::NAME],
        };
        names.iter().map(|name| name.parse().expect("the name is one")).collect()
    }
}

/// The footer of a record, with the clauses of the models that were run and were not tested.
fn footer(
    corpus: &Corpus,
    judged: &[(usize, Judged<'_>)],
    targets: Vec<Ran>,
    complete: bool,
) -> Footer {
    let models: BTreeSet<_> = targets.iter().map(|ran| format!("{}.", ran.model)).collect();
    let is_concerned = |id: &str| models.iter().any(|model| id.starts_with(model.as_str()));
    let judgements = judged.iter().flat_map(|(_, one)| &one.judgements);
    let tested: BTreeSet<_> = judgements.flat_map(|one| &one.case.clauses).collect();
    let concerned: Vec<_> =
        corpus.clauses.iter().map(|clause| &clause.id).filter(|id| is_concerned(id)).collect();
    let untested = concerned.iter().filter(|id| !tested.contains(**id));
    Footer {
        // The writer counts for itself.
        records: 0,
        complete,
        targets,
        clauses: concerned.len(),
        untested: untested.map(|id| (*id).clone()).collect(),
        stopped: now(),
    }
}

/// Milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Whether an environment variable says yes.
fn is_set(name: &str) -> bool {
    std::env::var(name).is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}

/// Ends when somebody wants the run to end: at the keyboard, or by ending the program.
pub(super) async fn interruption() {
    let keyboard = async {
        // Where the keyboard cannot be listened to, nobody interrupts.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut end) => tokio::select! { () = keyboard => {}, _ = end.recv() => {} },
            Err(_) => keyboard.await,
        }
    }
    #[cfg(not(unix))]
    keyboard.await;
}

/// A bar on standard error where a person watches, and nothing elsewhere.
fn progress_bar(target: &Target, cases: usize) -> ProgressBar {
    let watched = std::io::stderr().is_terminal() && !is_set("CI");
    if !watched {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{prefix} {wide_bar} {pos}/{len}")
        .expect("the template is one");
    ProgressBar::new(cases as u64).with_style(style).with_prefix(target.to_string())
}
