//! `permscope report`: reports of a run that is recorded already.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use super::corpora::Corpora;
use crate::exit::Exit;
use crate::project::Project;
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
    #[command(flatten)]
    corpora: Corpora,
}

impl Report {
    /// Writes them.
    pub fn execute(&self) -> Result<Exit> {
        let tally = Tally::of(&self.record)?;
        write(&self.record, &tally, &self.reports, &self.corpora)?;
        Ok(Exit::Expected)
    }
}

/// Writes reports of a record, and reads the corpus only where one of them shows it.
pub fn write(
    record: &Path,
    tally: &Tally,
    reports: &[report::Wanted],
    corpora: &Corpora,
) -> Result<()> {
    let corpus = match reports.iter().any(|wanted| wanted.format.needs_corpus()) {
        true => Some(corpora.read(&Project::here()?)?.0),
        false => None,
    };
    reports.iter().try_for_each(|wanted| report::write(record, tally, corpus.as_ref(), wanted))
}
