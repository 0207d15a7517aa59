//! A release: an exact version of a runtime.

use std::fmt;
use std::str::FromStr;

/// An exact version, compared number by number.
///
/// A pre-release or build suffix is dropped when a release is read, so that a canary build is judged as the release it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
    /// The third number.
    pub patch: u32,
}

impl Release {
    /// The release `major.minor.patch`.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// Whether a change that came with `major.minor.patch` of the main line is in this release.
    pub fn since(self, major: u32, minor: u32, patch: u32) -> bool {
        self >= Self::new(major, minor, patch)
    }
}

/// When a change came to a model that is maintained in several lines of releases at once.
///
/// It names the release that brought the change, and before it those that carried it back to older lines, a major version each.
/// So a release can have a change that a greater one is without: what came with 24.20.0 and with 26.3.0 is in no 25.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since(pub &'static [Release]);

impl Since {
    /// Whether the change is in a release.
    pub fn includes(self, release: Release) -> bool {
        let carried_back = |first: &Release| first.major == release.major && *first <= release;
        self.0.last().is_some_and(|newest| *newest <= release) || self.0.iter().any(carried_back)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// A text that is not a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRelease(pub String);

impl fmt::Display for BadRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" is not a release; write three numbers, as in 2.9.6", self.0)
    }
}

impl std::error::Error for BadRelease {}

impl FromStr for Release {
    type Err = BadRelease;

    fn from_str(text: &str) -> Result<Self, BadRelease> {
        let bad = || BadRelease(text.to_owned());
        let core = text.split(['-', '+']).next().unwrap_or_default();
        let mut numbers = core.split('.').map(|number| number.parse::<u32>().map_err(|_| bad()));
        let mut next = || numbers.next().unwrap_or_else(|| Err(bad()));
        let release = Self::new(next()?, next()?, next()?);
        if numbers.next().is_some() { Err(bad()) } else { Ok(release) }
    }
}
