//! The command line: what the program can be asked to do.

mod broker;
mod corpora;
mod diff;
mod doctor;
mod explain;
mod export;
mod list;
mod merge;
mod replay;
mod report;
mod run;
mod sandboxed;
mod selection;
mod serve;
mod upgrade;

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{CommandFactory, Parser, Subcommand};
use tempfile::TempDir;

use crate::bench;
use crate::corpus::clause::Clause;
use crate::corpus::{BadCorpus, Corpus, format};
use crate::exit::{self, Exit, NoCorpus};
use crate::filter;
use crate::implementation::attach::Wanted;
use crate::judgement::Target;
use crate::message;
use crate::project::Project;
use crate::{record, wire};

const EXAMPLES: &str = "\
Examples:
  permscope                                          the corpus on the reference engine
  permscope -i deno=./target/release/deno            on a build of your own
  permscope -c 'python3 engine.py' 'kind(read)'      on an engine of yours, about reading
  permscope -i node=./node --report html=page.html   with a page of what came of it
  permscope explain --model deno@2.9 --allow-read=/srv --deny-read=/srv/keys -- read /srv/keys/a";

/// The conformance suite of runtime permission models.
///
/// Runs the corpus on the reference engine, on real runtimes and on engines of others, and shows every answer that is not as promised.
#[derive(Debug, Parser)]
#[command(name = "permscope", version, after_help = format!("{EXAMPLES}\n\n{}", exit::HELP), args_conflicts_with_subcommands = true)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: run::Run,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs cases and judges them by what is known; what happens without a subcommand, too.
    #[command(visible_alias = "gate", after_help = format!("{}\n\n{}", filter::HELP, exit::HELP))]
    Run(run::Run),
    /// Lists the cases that filters select.
    List(list::List),
    /// Examines an adapter before the corpus does: whether it speaks the protocol, keeps scripts apart, and ends.
    Doctor(doctor::Doctor),
    /// Writes reports of a run that is recorded already.
    Report(report::Report),
    /// Puts the records of several machines together.
    Merge(merge::Merge),
    /// Says what is different between two records, and whether the implementation, the corpus or the expectations changed.
    Diff(diff::Diff),
    /// Explains an answer: the rule that settled it, the rules that lost and why, and the answers at other releases.
    Explain(explain::Explain),
    /// Lists which questions about some flags change their answer from one release to another.
    Upgrade(upgrade::Upgrade),
    /// Decides, as the permission broker of a real Deno, what its program may do.
    Broker(broker::Broker),
    /// Says what some flags would have decided about a recorded log, and which flags suffice.
    Replay(replay::Replay),
    /// Measures what the corpus costs on the reference engine and on real runtimes, as ratios.
    Bench {
        /// What to measure, beside the reference engine.
        #[arg(long = "implementation", short, value_name = "NAME[@VERSION]|NAME=PATH")]
        implementations: Vec<Wanted>,
        #[command(flatten)]
        sandboxed: sandboxed::Sandboxed,
    },
    /// Serves the reference engine over the protocol.
    Serve(serve::Serve),
    /// Writes the corpus and what belongs to it, which this program carries, into a folder.
    Export(export::Export),
    /// Prints what a shell needs to complete the commands and options of this program.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Prints the JSON Schema of a case file, or of another format.
    Schema {
        /// Of what.
        #[arg(value_enum, default_value = "case")]
        of: Schema,
    },
}

/// What has a schema.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Schema {
    /// A case file.
    Case,
    /// A line of a record.
    Record,
    /// Each message of the protocol, by its name.
    Protocol,
}

impl CommandLine {
    /// Does what was asked.
    pub fn execute(self) -> Result<Exit> {
        match self.command {
            None => self.run.execute(),
            Some(Command::Run(run)) => run.execute(),
            Some(Command::List(list)) => list.execute(),
            Some(Command::Doctor(doctor)) => doctor.execute(),
            Some(Command::Report(report)) => report.execute(),
            Some(Command::Merge(merge)) => merge.execute(),
            Some(Command::Diff(diff)) => diff.execute(),
            Some(Command::Explain(explain)) => explain.execute(),
            Some(Command::Upgrade(upgrade)) => upgrade.execute(),
            Some(Command::Broker(broker)) => broker.execute(),
            Some(Command::Replay(replay)) => replay.execute(),
            Some(Command::Bench { implementations, sandboxed }) => {
                executor()?.block_on(measure(&implementations, &sandboxed))?;
                Ok(Exit::Expected)
            }
            Some(Command::Serve(serve)) => serve.execute(),
            Some(Command::Export(export)) => export.execute(),
            Some(Command::Completions { shell }) => {
                let mut command = Self::command();
                clap_complete::generate(shell, &mut command, "permscope", &mut io::stdout());
                Ok(Exit::Expected)
            }
            Some(Command::Schema { of }) => {
                let schema = match of {
                    Schema::Case => format::schema(),
                    Schema::Record => record::schema(),
                    Schema::Protocol => protocol_schemas()?,
                };
                anstream::print!("{schema}");
                Ok(Exit::Expected)
            }
        }
    }
}

/// The schema of each message, as one document.
fn protocol_schemas() -> Result<String> {
    let mut schemas = serde_json::Map::new();
    for (name, schema) in wire::schemas() {
        schemas.insert(name, serde_json::from_str(&schema).context("a schema is JSON")?);
    }
    Ok(format!("{:#}\n", serde_json::Value::Object(schemas)))
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

/// The working directory of a program that is not this one: the one that is given, and else our own.
fn directory(given: Option<&str>) -> Result<String> {
    let here = std::env::current_dir().context("there is no working directory")?;
    Ok(here.join(given.unwrap_or_default()).to_string_lossy().into_owned())
}

/// The folder for temporary files of a program that runs where this one does.
fn temporary() -> String {
    std::env::temp_dir().to_string_lossy().into_owned()
}

async fn measure(implementations: &[Wanted], sandboxed: &sandboxed::Sandboxed) -> Result<()> {
    let project = Project::here()?;
    let corpus = read_corpus(&project.corpus(), &[project.fixtures()], &[])?;
    let scratch = TempDir::with_prefix("permscope-").context("cannot make a temporary folder")?;
    anstream::print!("{}", message::start(&bench::start::measure()?));
    let talk = bench::talk::measure(&corpus, scratch.path()).await?;
    anstream::print!("{}", message::talk(&talk));
    let patience = bench::runtime::PATIENCE;
    let all = sandboxed.attach(implementations, &[], &project, patience, scratch.path()).await?;
    for attached in &all {
        for &release in &attached.releases {
            let cost = bench::runtime::measure(attached, release, &corpus, scratch.path()).await?;
            if let Some(cost) = cost {
                let target = Target::of(attached, release);
                anstream::print!("{}", message::cost(&target, &cost));
            }
        }
    }
    Ok(())
}
