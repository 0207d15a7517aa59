//! How the program ends: a number for each way, so that a script can tell them apart.

use std::process::ExitCode;

use crate::corpus::BadCorpus;
use crate::file::Unwritable;
use crate::implementation::attach::NotAttached;
use crate::known::BadKnown;
use crate::record::BadRecord;
use crate::replay::BadLog;
use crate::tally::Tally;

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
    /// The corpus, or a log of accesses, cannot be read.
    NoCorpus = 66,
    /// A log of accesses has errors.
    BadLog = 67,
    /// A log of accesses has nothing in it.
    EmptyLog = 68,
    /// There is no such implementation here.
    NotAttached = 69,
    /// An implementation does not speak the protocol.
    Mute = 70,
    /// A record is truncated.
    Truncated = 71,
    /// Records do not belong together, or a part is missing.
    Mixed = 72,
    /// Something cannot be written where it should be.
    Unwritable = 73,
    /// A record is of a schema that is not known.
    UnknownSchema = 76,
    /// The list of known differences has errors.
    BadKnown = 78,
    /// Something was not as expected.
    Unexpected = 100,
    /// The program of an implementation cannot be started.
    NotStarted = 126,
    /// There is no such program.
    NoProgram = 127,
    /// Somebody ended the run; what was seen is recorded.
    Interrupted = 130,
}

/// The exit codes, for `--help`.
pub const HELP: &str = "\
Exit codes:
  0    everything was as expected
  1    the program itself failed
  2    the command line makes no sense
  4    no case was selected
  65   the corpus has errors
  66   the corpus, or a log of accesses, cannot be read
  67   a log of accesses has errors
  68   a log of accesses is empty
  69   there is no such implementation here
  70   an implementation does not speak the protocol, or not this version of it
  71   a record is truncated
  72   records do not belong together, or a part of them is missing
  73   something cannot be written where it should be
  76   a record is of a schema that this program does not know
  78   the list of known differences has errors
  100  something was not as expected, or something changed
  126  the program of an implementation cannot be started
  127  there is no such program
  130  the run was interrupted; what was seen is recorded, as incomplete";

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
    /// The way that a run ends which came to these counts.
    pub fn of_tally(tally: &Tally) -> Self {
        match (tally.counts.all(), tally.counts.unexpected()) {
            (0, _) => Exit::NothingSelected,
            (_, 0) if !tally.footer.complete => Exit::Interrupted,
            (_, 0) => Exit::Expected,
            _ => Exit::Unexpected,
        }
    }

    /// The way that an error ends the program.
    pub fn of(error: &anyhow::Error) -> Self {
        if error.is::<BadCorpus>() {
            Exit::BadCorpus
        } else if error.is::<NoCorpus>() {
            Exit::NoCorpus
        } else if let Some(not) = error.downcast_ref::<NotAttached>() {
            match not {
                NotAttached::Unknown { .. }
                | NotAttached::NotInstalled { .. }
                | NotAttached::Unreadable { .. } => Exit::NotAttached,
                NotAttached::NoProgram { .. } => Exit::NoProgram,
                NotAttached::NotStarted { .. } => Exit::NotStarted,
                NotAttached::Mute { .. } => Exit::Mute,
            }
        } else if let Some(bad) = error.downcast_ref::<BadLog>() {
            match bad {
                BadLog::Unreadable(_) => Exit::NoCorpus,
                BadLog::Line(_) => Exit::BadLog,
                BadLog::Empty(_) => Exit::EmptyLog,
            }
        } else if error.is::<BadKnown>() {
            Exit::BadKnown
        } else if error.is::<Unwritable>() {
            Exit::Unwritable
        } else if let Some(bad) = error.downcast_ref::<BadRecord>() {
            match bad {
                BadRecord::Truncated(_) => Exit::Truncated,
                BadRecord::Mixed(_) => Exit::Mixed,
                BadRecord::Schema(_) => Exit::UnknownSchema,
            }
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
