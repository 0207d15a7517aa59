//! `permscope diff`: what is different between two records.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::diff::diff;
use crate::exit::Exit;

/// Says what is different between two records, and whether the implementation, the corpus or the expectations changed.
///
/// Ends with 100 where anything is.
#[derive(Debug, Args)]
pub struct Diff {
    /// The earlier record.
    #[arg(value_name = "A")]
    before: PathBuf,
    /// The later record.
    #[arg(value_name = "B")]
    after: PathBuf,
}

impl Diff {
    /// Prints every change.
    pub fn execute(&self) -> Result<Exit> {
        let changes = diff(&self.before, &self.after)?;
        anstream::print!("{changes}");
        Ok(if changes.is_empty() { Exit::Expected } else { Exit::Unexpected })
    }
}
