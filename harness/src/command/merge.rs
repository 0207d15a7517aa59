//! `permscope merge`: the records of several machines, put together.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::corpora::Corpora;
use crate::exit::Exit;
use crate::merge::merge;
use crate::report;
use crate::tally::Tally;

/// Puts the records of several machines together.
///
/// They must be of one corpus and one selection; what one implementation at one release was run on must be all of its parts, or the whole in one record.
#[derive(Debug, Args)]
pub struct Merge {
    /// The records.
    #[arg(value_name = "RECORD", required = true)]
    records: Vec<PathBuf>,
    /// Where the record of all goes.
    #[arg(long, short, value_name = "PATH")]
    output: PathBuf,
    /// Reports of the whole, too; - is standard output.
    #[arg(long = "report", value_name = "FORMAT=PATH")]
    reports: Vec<report::Wanted>,
    #[command(flatten)]
    corpora: Corpora,
}

impl Merge {
    /// Merges them; what was unexpected in any part is unexpected in the whole.
    pub fn execute(&self) -> Result<Exit> {
        merge(&self.records, &self.output)?;
        let tally = Tally::of(&self.output)?;
        super::report::write(&self.output, &tally, &self.reports, &self.corpora)?;
        anstream::eprintln!("{}", tally.headline());
        Ok(Exit::of_tally(&tally))
    }
}
