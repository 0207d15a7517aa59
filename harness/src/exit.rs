//! How the program ends: a number for each way, so that a script can tell them apart.

use std::process::ExitCode;

use crate::corpus::BadCorpus;
use crate::implementation::attach::NotAttached;
use crate::known::BadKnown;

/// A way to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything was as expected.
    Expected = 0,
    /// The program itself failed.
    Failed = 1,
    /// No case was selected.
    NothingSelected = 4,
    /// The corpus has errors.
    BadCorpus = 65,
    /// The corpus cannot be read.
    NoCorpus = 66,
    /// An implementation cannot be attached.
    NotAttached = 69,
    /// The list of known differences has errors.
    BadKnown = 78,
    /// Something was not as expected.
    Unexpected = 100,
}

/// The exit codes, for `--help`.
pub const HELP: &str = "\
Exit codes:
  0    everything was as expected
  1    the program itself failed
  2    the command line makes no sense
  4    no case was selected
  65   the corpus has errors
  66   the corpus cannot be read
  69   an implementation cannot be attached
  78   the list of known differences has errors
  100  something was not as expected";

/// A corpus that cannot be read at all.
#[derive(Debug)]
pub struct NoCorpus(pub String);

impl std::fmt::Display for NoCorpus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoCorpus {}

impl Exit {
    /// The way that an error ends the program.
    pub fn of(error: &anyhow::Error) -> Self {
        if error.is::<BadCorpus>() {
            Exit::BadCorpus
        } else if error.is::<NoCorpus>() {
            Exit::NoCorpus
        } else if error.is::<NotAttached>() {
            Exit::NotAttached
        } else if error.is::<BadKnown>() {
            Exit::BadKnown
        } else {
            Exit::Failed
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}
