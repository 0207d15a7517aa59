//! What a record comes to: the counts that headlines and summaries are made of.

use std::iter::Sum;
use std::path::Path;

use anyhow::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::compare::Severity;
use crate::outcome::Word;
use crate::record::{Footer, Header, Ran, Reader};

/// How many records came to what, on one target or on all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Counts {
    /// As promised.
    pub pass: usize,
    /// Not as promised, as known.
    pub known: usize,
    /// Not as promised, and not known.
    pub fail: usize,
    /// Listed as known, and otherwise.
    pub stale: usize,
    /// Nothing to judge.
    pub broke: usize,
    /// More access than promised, known or not.
    pub over_grants: usize,
    /// Less access than promised, known or not.
    pub over_denials: usize,
}

impl Counts {
    /// All records.
    pub fn all(&self) -> usize {
        self.pass + self.known + self.unexpected()
    }

    /// Those that a gate does not let through.
    pub fn unexpected(&self) -> usize {
        self.fail + self.stale + self.broke
    }

    /// Counts one more.
    pub fn add(&mut self, outcome: Word, severity: Option<Severity>) {
        *match outcome {
            Word::Pass => &mut self.pass,
            Word::Known => &mut self.known,
            Word::Fail => &mut self.fail,
            Word::Stale => &mut self.stale,
            Word::Broke => &mut self.broke,
        } += 1;
        match severity {
            Some(Severity::OverGrant) => self.over_grants += 1,
            Some(Severity::OverDeny) => self.over_denials += 1,
            Some(Severity::Diagnostic) | None => {}
        }
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |sum, one| Self {
            pass: sum.pass + one.pass,
            known: sum.known + one.known,
            fail: sum.fail + one.fail,
            stale: sum.stale + one.stale,
            broke: sum.broke + one.broke,
            over_grants: sum.over_grants + one.over_grants,
            over_denials: sum.over_denials + one.over_denials,
        })
    }
}

/// What a record is about and what it came to, without any of its records, so its size does not depend on theirs.
#[derive(Clone, Debug)]
pub struct Tally {
    /// What the run was about.
    pub header: Header,
    /// What it came to.
    pub footer: Footer,
    /// The counts of all targets.
    pub counts: Counts,
}

impl Tally {
    /// Reads the header and the footer of a record; that it holds what they say is checked by whoever reads it all.
    pub fn of(path: &Path) -> Result<Self> {
        let header = Reader::open(path)?.header;
        let footer = Footer::of(path)?;
        let counts = footer.targets.iter().map(|ran| ran.counts).sum();
        Ok(Self { header, footer, counts })
    }

    /// The cases that were not run, because they are not for a release or ask for more than was claimed.
    pub fn not_run(&self) -> (usize, usize) {
        let sum = |count: fn(&Ran) -> usize| self.footer.targets.iter().map(count).sum();
        (sum(|ran| ran.not_for_release), sum(|ran| ran.not_asked))
    }

    /// What is to be known first, in a sentence; never a percentage, which would hide what matters.
    pub fn headline(&self) -> String {
        let Counts { fail, stale, broke, known, over_grants, over_denials, .. } = self.counts;
        let (not_for_release, not_asked) = self.not_run();
        let unexpected = match self.counts.unexpected() {
            0 => "everything as expected".to_owned(),
            _ => format!("{fail} failed, {stale} stale, {broke} broke"),
        };
        let incomplete = if self.footer.complete { "" } else { "INCOMPLETE: " };
        format!(
            "{incomplete}{unexpected}; {over_grants} over-grants and {over_denials} over-denials, {known} differences known; {} of {} clauses untested; {} cases run, {not_asked} not asked, {not_for_release} not for the release",
            self.footer.untested.len(),
            self.footer.clauses,
            self.counts.all(),
        )
    }
}
