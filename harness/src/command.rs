//! The command line: what a run is asked to do, and the run from end to end.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use tempfile::TempDir;

use crate::bench;
use crate::bless::{self, Blessing};
use crate::corpus::case::Case;
use crate::corpus::clause::Clause;
use crate::corpus::{BadCorpus, Corpus, format};
use crate::exit::{self, Exit, NoCorpus};
use crate::implementation::attach::{Wanted, attach};
use crate::implementation::reference;
use crate::judgement::{Judged, Judgement, Target, judge, judge_laws};
use crate::known::KnownDifferences;
use crate::law::{self, Instance};
use crate::message;
use crate::plan;
use crate::project::Project;
use crate::record::{self, Header};
use crate::run::Options;

/// The conformance suite of runtime permission models.
///
/// Runs the corpus on the reference engine, on real runtimes and on engines of others, and shows every answer that is not as promised.
#[derive(Debug, Parser)]
#[command(name = "permscope", version, after_help = exit::HELP, args_conflicts_with_subcommands = true)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: Run,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs cases; what happens without a subcommand, too.
    #[command(after_help = exit::HELP)]
    Run(Run),
    /// Measures what the corpus costs on the reference engine and on real runtimes, as ratios.
    Bench {
        /// What to measure, beside the reference engine.
        #[arg(long = "implementation", short, value_name = "NAME[@VERSION]|NAME=PATH")]
        implementations: Vec<Wanted>,
    },
    /// Prints the JSON Schema of a case file.
    Schema,
}

/// What to run, on what.
#[derive(Debug, Args)]
struct Run {
    /// Runs only cases whose identity holds this text, or which carry it as a tag; several add up.
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,
    /// What to check: NAME for all that is installed of it, NAME@VERSION, or NAME=PATH for a build of your own.
    ///
    /// Without it: the reference engine, at every modelled release.
    #[arg(long = "implementation", short, value_name = "NAME[@VERSION]|NAME=PATH")]
    implementations: Vec<Wanted>,
    /// A folder of cases; without it, the project's own.
    #[arg(long = "corpus", value_name = "DIR")]
    corpora: Vec<PathBuf>,
    /// The list of known differences; without it, reports/known/NAME.toml.
    #[arg(long, value_name = "FILE")]
    known: Option<PathBuf>,
    /// Tries the laws that hold of any permission model, on every small set of grants, instead of running cases.
    #[arg(long)]
    laws: bool,
    /// Lists the selected cases, and runs none.
    #[arg(long)]
    list: bool,
    /// Writes what is seen into the list of known differences; the reasons are yours to write.
    #[arg(long, conflicts_with = "list")]
    bless: bool,
    /// How many processes run at once; without it, as many as there are processors.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// How many seconds an implementation may be silent.
    #[arg(long, value_name = "S", default_value = "10", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
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

impl CommandLine {
    /// Does what was asked.
    pub fn execute(self) -> Result<Exit> {
        match self.command {
            None => self.run.execute(),
            Some(Command::Run(run)) => run.execute(),
            Some(Command::Bench { implementations }) => {
                executor()?.block_on(measure(&implementations))?;
                Ok(Exit::Expected)
            }
            Some(Command::Schema) => {
                anstream::print!("{}", format::schema());
                Ok(Exit::Expected)
            }
        }
    }
}

impl Run {
    fn execute(&self) -> Result<Exit> {
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
        let (corpus, known_ids) = self.corpus(&project)?;
        let mut laws = law::instances(&corpus.universes);
        laws.retain(|instance| self.laws && plan::selects(&self.filters, &instance.case));
        let selected: Vec<_> = match self.laws {
            true => laws.iter().map(|instance| &instance.case).collect(),
            false => {
                corpus.cases.iter().filter(|case| plan::selects(&self.filters, case)).collect()
            }
        };
        // A filter that was mistyped must not hide behind another that was not.
        let is_idle = |filter: &&String| {
            !selected.iter().any(|case| plan::selects(std::slice::from_ref(*filter), case))
        };
        let idle: Vec<_> = self.filters.iter().filter(is_idle).cloned().collect();
        if selected.is_empty() || !idle.is_empty() {
            let (what, all) = match self.laws {
                true => ("law", law::instances(&corpus.universes).len()),
                false => ("case", corpus.cases.len()),
            };
            anstream::eprintln!("no {what} of {all} is selected by: {}", idle.join(" "));
            return Ok(Exit::NothingSelected);
        }
        if self.list {
            for case in selected {
                anstream::println!("{}", case.id);
            }
            return Ok(Exit::Expected);
        }
        executor()?.block_on(async {
            tokio::select! {
                exit = self.run(&project, &corpus, &known_ids, &selected, &laws) => exit,
                // Dropping the run ends every process of it.
                () = interruption() => anyhow::bail!("interrupted; nothing was recorded"),
            }
        })
    }

    /// The corpus to run, and every identity that a list of known differences may name: the project's own, too.
    fn corpus(&self, project: &Project) -> Result<(Corpus, BTreeSet<String>)> {
        let own = read_corpus(&project.corpus(), &[project.fixtures()], &[])?;
        let ids = |corpus: &Corpus| {
            let laws = law::instances(&corpus.universes).into_iter().map(|law| law.case.id);
            corpus.cases.iter().map(|case| case.id.clone()).chain(laws).collect()
        };
        let mut known_ids: BTreeSet<String> = ids(&own);
        if self.corpora.is_empty() {
            return Ok((own, known_ids));
        }
        let clauses = own.clauses;
        let mut corpus = Corpus::default();
        for folder in &self.corpora {
            if !folder.is_dir() {
                return Err(NoCorpus(format!("there is no folder {}", folder.display())).into());
            }
            let fixtures = [folder.join("fixtures"), project.fixtures()];
            corpus.add(read_corpus(folder, &fixtures, &clauses)?)?;
        }
        let more: BTreeSet<String> = ids(&corpus);
        known_ids.extend(more);
        Ok((corpus, known_ids))
    }

    async fn run(
        &self,
        project: &Project,
        corpus: &Corpus,
        known_ids: &BTreeSet<String>,
        selected: &[&Case],
        laws: &[Instance<'_>],
    ) -> Result<Exit> {
        let scratch =
            TempDir::with_prefix("permscope-").context("cannot make a temporary folder")?;
        let patience = Duration::from_secs(self.timeout);
        let mut implementations = Vec::new();
        for wanted in self.wanted() {
            for attached in attach(&wanted, project, patience, scratch.path()).await? {
                // Read before anything runs, so that a mistake in one list loses nothing of a run.
                let file = self.known_file(project, &attached.hello.name);
                let known = KnownDifferences::read(&file, known_ids, self.bless)?;
                implementations.push((attached, known));
            }
        }
        let mut judged = Vec::new();
        for (attached, known) in &implementations {
            for &release in &attached.releases {
                let steps = match self.laws {
                    true => law::trials(laws, &attached.hello),
                    false => selected.len(),
                };
                let progress = progress_bar(&Target::of(attached, release), steps);
                let options = Options {
                    jobs: self.jobs(),
                    scratch: scratch.path(),
                    progress: &|done| progress.inc(done as u64),
                };
                let one = match self.laws {
                    true => judge_laws(attached, release, laws, corpus, known, options).await?,
                    false => judge(attached, release, selected, corpus, known, options).await?,
                };
                progress.finish_and_clear();
                if !self.bless {
                    self.show_unexpected(&one, corpus, laws, project);
                }
                judged.push(one);
            }
        }
        let header = Header {
            schema: record::SCHEMA,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            corpus: corpus.digest.clone(),
            filters: self.filters.clone(),
        };
        let records: Vec<_> = judged.iter().flat_map(Judged::records).collect();
        let file = if self.laws { "laws.jsonl" } else { "run.jsonl" };
        record::write(&project.records().join(file), header, &records)?;
        anstream::print!("{}", message::summary(&judged));
        if records.is_empty() {
            anstream::eprintln!("no selected case is for these implementations and releases");
            return Ok(Exit::NothingSelected);
        }
        if self.bless {
            self.write_blessings(&judged, project)?;
            return Ok(Exit::Expected);
        }
        Ok(match judged.iter().all(Judged::is_expected) {
            true => Exit::Expected,
            false => Exit::Unexpected,
        })
    }

    /// Writes what was seen into the lists of known differences, one list after the other.
    fn write_blessings(&self, judged: &[Judged<'_>], project: &Project) -> Result<()> {
        let mut by_file: BTreeMap<PathBuf, Vec<Blessing>> = BTreeMap::new();
        for Judged { target, judgements, .. } in judged {
            let file = self.known_file(project, &target.implementation);
            let blessing =
                |one: &Judgement<'_>| Blessing::new(&one.case.id, target.release, &one.outcome);
            by_file.entry(file).or_default().extend(judgements.iter().map(blessing));
        }
        for (file, blessings) in by_file {
            let told = bless::bless(&file, &blessings)?;
            anstream::print!("{}: {told}", project.short(&file).display());
        }
        Ok(())
    }

    fn show_unexpected(
        &self,
        judged: &Judged<'_>,
        corpus: &Corpus,
        laws: &[Instance<'_>],
        project: &Project,
    ) {
        let corpora = self.corpora.iter().map(|folder| ("--corpus", &**folder));
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
        if !self.implementations.is_empty() {
            return self.implementations.clone();
        }
        vec![reference::NAME.parse().expect("the name is one")]
    }
}

/// Ends when somebody wants the run to end: at the keyboard, or by ending the program.
async fn interruption() {
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

/// Reads a corpus; what cannot be read at all is told apart from what has errors in it.
fn read_corpus(folder: &Path, fixtures: &[PathBuf], cited: &[Clause]) -> Result<Corpus> {
    Corpus::read(folder, fixtures, cited).map_err(|error| match error.is::<BadCorpus>() {
        true => error,
        false => NoCorpus(format!("{error:#}")).into(),
    })
}

/// What drives processes: many at once, deadlines and signals, in one thread.
fn executor() -> Result<tokio::runtime::Runtime> {
    let executor = tokio::runtime::Builder::new_current_thread().enable_all().build();
    executor.context("cannot start what drives processes")
}

async fn measure(implementations: &[Wanted]) -> Result<()> {
    let project = Project::here()?;
    let corpus = read_corpus(&project.corpus(), &[project.fixtures()], &[])?;
    let scratch = TempDir::with_prefix("permscope-").context("cannot make a temporary folder")?;
    anstream::print!("{}", message::reference_cost(bench::measure_reference()?));
    for wanted in implementations {
        for attached in attach(wanted, &project, bench::PATIENCE, scratch.path()).await? {
            for &release in &attached.releases {
                if let Some(cost) =
                    bench::measure(&attached, release, &corpus, scratch.path()).await?
                {
                    let target = Target::of(&attached, release);
                    anstream::print!("{}", message::cost(&target, &cost));
                }
            }
        }
    }
    Ok(())
}

/// A bar on standard error where a person watches, and nothing elsewhere.
fn progress_bar(target: &Target, cases: usize) -> ProgressBar {
    let watched = std::io::stderr().is_terminal() && std::env::var_os("CI").is_none();
    if !watched {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{prefix} {wide_bar} {pos}/{len}")
        .expect("the template is one");
    ProgressBar::new(cases as u64).with_style(style).with_prefix(target.to_string())
}
