//! `permscope doctor`: an examination of an adapter, before the corpus asks it anything.

use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use tempfile::TempDir;

use super::sandboxed::Sandboxed;
use super::{executor, read_corpus};
use crate::doctor::{Finding, Health, Patient, examine};
use crate::exit::Exit;
use crate::implementation::attach::{By, Wanted};
use crate::implementation::engine::Engine;
use crate::message;
use crate::project::Project;

const HELP: &str = "\
Examples:
  permscope doctor --command './my-engine'
  permscope doctor --implementation deno=./target/release/deno

Exit codes:
  0    the adapter is sound; whether the engine answers as promised is for `permscope run` to say
  69, 70, 126, 127   it cannot be attached at all, as `permscope run --help` says
  100  something about the adapter is broken";

/// Examines an adapter: its greeting, a case of each capability, what it does not claim, whether scripts disturb each other, and how it ends.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Doctor {
    /// The engine, by the command that starts it.
    #[arg(long = "command", short = 'c', value_name = "COMMAND")]
    engines: Vec<Engine>,
    /// The implementation, as `permscope run` takes it.
    #[arg(
        long = "implementation",
        short,
        value_name = "NAME[@VERSION]|NAME=PATH",
        required_unless_present = "engines"
    )]
    implementations: Vec<Wanted>,
    /// How many seconds it may be silent.
    #[arg(long, value_name = "S", default_value = "5", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
    #[command(flatten)]
    sandboxed: Sandboxed,
}

impl Doctor {
    /// Examines whatever was named, and prints what was found.
    pub fn execute(&self) -> Result<Exit> {
        let project = Project::here()?;
        let corpus = read_corpus(&project.corpus(), &[project.fixtures()], &[])?;
        let scratch =
            TempDir::with_prefix("permscope-").context("cannot make a temporary folder")?;
        let patience = Duration::from_secs(self.timeout);
        let mut worst = Health::Sound;
        executor()?.block_on(async {
            let (wanted, engines) = (&self.implementations, &self.engines);
            let all = self.sandboxed.attach(wanted, engines, &project, patience, scratch.path());
            for attached in &all.await? {
                let By::Process(program) = &attached.by else {
                    anstream::println!(
                        "the reference engine is a part of this program, and has no adapter"
                    );
                    continue;
                };
                let patient =
                    Patient { attached, program, corpus: &corpus, scratch: scratch.path() };
                let mut tell = |finding: Finding| {
                    worst = worst.max(finding.health);
                    anstream::print!("{}", message::finding(&finding));
                };
                examine(patient, &mut tell).await?;
            }
            anyhow::Ok(())
        })?;
        Ok(match worst {
            Health::Sound | Health::Doubtful => Exit::Expected,
            Health::Broken => Exit::Unexpected,
        })
    }
}
