//! Why a command did not do what it was asked to.

use std::fmt;
use std::process::ExitCode;

/// Ordered by how much it says about the one who asked: of several, the greatest decides the exit code.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// What it takes is not there: no npm, no network. Trying later, or elsewhere, may help.
    Unavailable(String),
    /// It was tried and did not work.
    Failed(String),
    /// It was asked for in a way that cannot work.
    Usage(String),
}

impl Failure {
    /// The exit code: 69 is the one of sysexits that means that a service is unavailable.
    pub fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Failure::Unavailable(_) => 69,
            Failure::Failed(_) => 1,
            Failure::Usage(_) => 2,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Unavailable(why) | Failure::Failed(why) | Failure::Usage(why) => {
                f.write_str(why)
            }
        }
    }
}
