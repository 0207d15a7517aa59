//! Comparing two records: what changed, and who changed it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use anyhow::Result;

use crate::outcome::Word;
use crate::record::{Reader, Record};

/// Who changed what came of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// It was asked the same, and answers otherwise.
    Implementation,
    /// It is asked something else.
    Corpus,
    /// It is asked the same, and something else is promised.
    Expectations,
    /// It answers the same, and something else is known.
    Known,
    /// The case is new, or newly run.
    Added,
    /// The case is gone, or no longer run.
    Removed,
}

impl Cause {
    /// The cause as a heading.
    fn heading(self) -> &'static str {
        match self {
            Cause::Implementation => "the implementation changed",
            Cause::Corpus => "the corpus changed: something else is asked",
            Cause::Expectations => "the expectations changed: something else is promised",
            Cause::Known => "what is known changed",
            Cause::Added => "only in the second",
            Cause::Removed => "only in the first",
        }
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The case, and what it was run on.
    pub what: String,
    /// What came of it before, if anything.
    pub before: Option<String>,
    /// What comes of it now, if anything.
    pub after: Option<String>,
}

/// Every change, by its cause.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes(BTreeMap<Cause, Vec<Change>>);

impl Changes {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return writeln!(f, "nothing changed");
        }
        for (cause, changes) in &self.0 {
            writeln!(f, "{} ({}):", cause.heading(), changes.len())?;
            for Change { what, before, after } in changes {
                let before = before.as_deref().unwrap_or("not run");
                let after = after.as_deref().unwrap_or("not run");
                writeln!(f, "  {what}: {before} -> {after}")?;
            }
        }
        Ok(())
    }
}

/// What a record says of a case, as far as two are compared.
struct Entry {
    script: String,
    promise: String,
    seen: String,
    outcome: Word,
}

impl Entry {
    fn of(record: &Record) -> Self {
        let seen = serde_json::to_string(&record.seen).unwrap_or_default();
        let seen = record.broke.clone().unwrap_or(seen);
        let (script, promise) = (record.script.clone(), record.promise.clone());
        Self { script, promise, seen, outcome: record.outcome }
    }

    fn told(&self) -> String {
        match self.seen.as_str() {
            "null" => self.outcome.name().to_owned(),
            seen => format!("{} {seen}", self.outcome.name()),
        }
    }

    fn changed(&self, after: &Self) -> Option<Cause> {
        if self.script != after.script {
            return (self.told() != after.told()).then_some(Cause::Corpus);
        }
        if self.promise != after.promise {
            return (self.told() != after.told()).then_some(Cause::Expectations);
        }
        if self.seen != after.seen {
            return Some(Cause::Implementation);
        }
        (self.outcome != after.outcome).then_some(Cause::Known)
    }
}

/// Compares two records.
///
/// Where each is of one implementation at one release, these are compared whatever their releases are; else only what has the same name and release.
pub fn diff(before: &Path, after: &Path) -> Result<Changes> {
    let (before, after) = (Entries::read(before)?, Entries::read(after)?);
    let key = |(case, target): &Name| match before.have_one_target && after.have_one_target {
        true => (case.clone(), String::new()),
        false => (case.clone(), target.clone()),
    };
    let mut later: BTreeMap<_, _> =
        after.by_name.iter().map(|(name, entry)| (key(name), (name, entry))).collect();
    let mut changes = Changes::default();
    let mut add = |cause, (case, target): &Name, before: Option<&Entry>, after: Option<&Entry>| {
        changes.0.entry(cause).or_default().push(Change {
            what: format!("{case} on {target}"),
            before: before.map(Entry::told),
            after: after.map(Entry::told),
        });
    };
    for (name, entry) in &before.by_name {
        match later.remove(&key(name)) {
            None => add(Cause::Removed, name, Some(entry), None),
            Some((name, now)) => {
                if let Some(cause) = entry.changed(now) {
                    add(cause, name, Some(entry), Some(now));
                }
            }
        }
    }
    for (name, entry) in later.into_values() {
        add(Cause::Added, name, None, Some(entry));
    }
    Ok(changes)
}

/// A case, and what it was run on.
type Name = (String, String);

/// What a record says.
struct Entries {
    by_name: BTreeMap<Name, Entry>,
    have_one_target: bool,
}

impl Entries {
    fn read(path: &Path) -> Result<Self> {
        let mut reader = Reader::open(path)?;
        let mut by_name = BTreeMap::new();
        while let Some(record) = reader.next_record()? {
            let target = format!("{}@{}", record.implementation, record.release);
            by_name.insert((record.case.clone(), target), Entry::of(&record));
        }
        let have_one_target = reader.footer().is_some_and(|footer| footer.targets.len() == 1);
        Ok(Self { by_name, have_one_target })
    }
}
