//! What a record comes to: the counts that headlines and summaries are made of.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::compare::Severity;
use crate::outcome::Word;
use crate::record::{Footer, Header, Ran, Reader, Record};

/// How many records came to what, on one target or on all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
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

    fn add(&mut self, record: &Record) {
        *match record.outcome {
            Word::Pass => &mut self.pass,
            Word::Known => &mut self.known,
            Word::Fail => &mut self.fail,
            Word::Stale => &mut self.stale,
            Word::Broke => &mut self.broke,
        } += 1;
        match record.severity {
            Some(Severity::OverGrant) => self.over_grants += 1,
            Some(Severity::OverDeny) => self.over_denials += 1,
            Some(Severity::Diagnostic) | None => {}
        }
    }
}

/// A record, counted; it holds no record itself, so its size does not depend on theirs.
#[derive(Clone, Debug)]
pub struct Tally {
    /// What the run was about.
    pub header: Header,
    /// What it came to.
    pub footer: Footer,
    /// All counts.
    pub counts: Counts,
    /// The counts of each target, in the order of the footer.
    pub targets: Vec<(Ran, Counts)>,
}

impl Tally {
    /// Counts a record from its first line to its last.
    pub fn of(path: &Path) -> Result<Self> {
        let mut reader = Reader::open(path)?;
        let mut counts = Counts::default();
        let mut by_target: BTreeMap<(String, String), Counts> = BTreeMap::new();
        while let Some(record) = reader.next_record()? {
            counts.add(&record);
            let target = (record.implementation.clone(), record.release.clone());
            by_target.entry(target).or_default().add(&record);
        }
        let footer = reader.footer().context("a record ends with its footer")?.clone();
        let counted = |ran: &Ran| {
            let key = (ran.implementation.clone(), ran.release.clone());
            (ran.clone(), by_target.get(&key).copied().unwrap_or_default())
        };
        let targets = footer.targets.iter().map(counted).collect();
        Ok(Self { header: reader.header.clone(), footer, counts, targets })
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
