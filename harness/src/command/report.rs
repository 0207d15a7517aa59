//! `permscope report`: reports of a run that is recorded already.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::exit::Exit;
use crate::report;
use crate::tally::Tally;

/// Writes reports of a run that is recorded already.
#[derive(Debug, Args)]
pub struct Report {
    /// The record, such as target/conformance/run.jsonl.
    #[arg(value_name = "RECORD")]
    record: PathBuf,
    /// What to write, where; - is standard output.
    #[arg(long = "report", value_name = "FORMAT=PATH", required = true)]
    reports: Vec<report::Wanted>,
}

impl Report {
    /// Writes them.
    pub fn execute(&self) -> Result<Exit> {
        let tally = Tally::of(&self.record)?;
        for wanted in &self.reports {
            report::write(&self.record, &tally, wanted)?;
        }
        Ok(Exit::Expected)
    }
}
