//! Writing what is seen into a list of known differences; the reasons stay a person's to write.
//!
//! A reason is kept only as long as it explains the same answer; comments and order are kept always.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use permscope_engine::release::Release;
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

use crate::compare::{Seen, SeenStep, Severity};
use crate::corpus::format;
use crate::corpus::releases::Releases;
use crate::file;
use crate::outcome::Outcome;

/// What was seen of a case at a release.
#[derive(Clone, Debug)]
pub struct Blessing {
    case: String,
    release: Release,
    seen: Option<(Seen, Severity)>,
    broke: bool,
}

impl Blessing {
    /// What an outcome says was seen.
    pub fn new(case: &str, release: Release, outcome: &Outcome) -> Self {
        let seen = outcome.difference().map(|seen| (seen.seen.clone(), seen.severity));
        let broke = matches!(outcome, Outcome::Broke(_));
        Self { case: case.to_owned(), release, seen, broke }
    }
}

/// What a list of known differences becomes when what is seen is written into it.
#[derive(Clone, Debug)]
pub struct Blessed {
    /// How many entries are new, or hold for more releases.
    pub added: usize,
    /// How many entries are no longer seen.
    pub dropped: usize,
    before: String,
    after: String,
}

impl Blessed {
    /// Whether the list becomes another.
    pub fn is_change(&self) -> bool {
        self.before != self.after
    }

    /// The text of the list, before and after.
    pub fn texts(&self) -> (&str, &str) {
        (&self.before, &self.after)
    }

    /// Writes the list.
    pub fn write(&self, path: &Path) -> Result<()> {
        file::replace(path, self.after.as_bytes())
    }
}

/// What a list becomes by blessings; nothing is written yet.
pub fn bless(path: &Path, blessings: &[Blessing]) -> Result<Blessed> {
    if let Some(broke) = blessings.iter().find(|blessing| blessing.broke) {
        let Blessing { case, release, .. } = broke;
        bail!(
            "{case} at {release} broke the protocol, and that is never blessed; nothing was written"
        );
    }
    let text = match path.exists() {
        true => {
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?
        }
        false => String::new(),
    };
    let (about, list) = text.split_at(end_of_heading(&text));
    let mut document: DocumentMut =
        list.parse().with_context(|| format!("cannot read {}", path.display()))?;
    let entries = document.entry("difference").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let Some(entries) = entries.as_array_of_tables_mut() else {
        bail!("{}: \"difference\" is not a list of tables", path.display());
    };
    let mut by_case: BTreeMap<&str, Vec<&Blessing>> = BTreeMap::new();
    for blessing in blessings {
        by_case.entry(&blessing.case).or_default().push(blessing);
    }
    let dropped = drop_what_is_no_longer_seen(entries, &by_case)?;
    let mut added = 0;
    for (case, blessings) in by_case {
        for Blessing { release, seen, .. } in blessings {
            if let Some((seen, severity)) = seen {
                added += usize::from(add(entries, case, *release, seen, *severity)?);
            }
        }
    }
    let after = format!("{about}{document}");
    Ok(Blessed { added, dropped, before: text, after })
}

/// Where what is said about the whole list ends: at the last empty line before the first entry, whose own comment stands right above it.
fn end_of_heading(text: &str) -> usize {
    let first = if text.starts_with("[[") { Some(0) } else { text.find("\n[[") };
    let before = first.map_or("", |first| &text[..first]);
    before.rfind("\n\n").map_or(0, |empty| empty + 2)
}

/// Takes the releases at which an entry is no longer what is seen out of it, and the entry with its last.
fn drop_what_is_no_longer_seen(
    entries: &mut ArrayOfTables,
    by_case: &BTreeMap<&str, Vec<&Blessing>>,
) -> Result<usize> {
    let mut dropped = 0;
    let mut index = 0;
    while let Some(entry) = entries.get_mut(index) {
        index += 1;
        let Some(blessings) = entry["case"].as_str().and_then(|case| by_case.get(case)) else {
            continue;
        };
        let versions = versions(entry)?;
        let seen = seen(entry)?;
        let is_gone = |blessing: &&&Blessing| {
            versions.contain(blessing.release)
                && blessing.seen.as_ref().is_none_or(|(now, _)| *now != seen)
        };
        let gone: Vec<_> =
            blessings.iter().filter(is_gone).map(|blessing| blessing.release).collect();
        if gone.is_empty() {
            continue;
        }
        let modelled =
            permscope_engine::model::Model::ALL.iter().flat_map(|model| model.releases());
        let run = blessings.iter().map(|blessing| &blessing.release);
        let mut left: Vec<_> = modelled.chain(run).copied().collect();
        left.retain(|release| versions.contain(*release) && !gone.contains(release));
        left.sort();
        left.dedup();
        if left.is_empty() {
            index -= 1;
            entries.remove(index);
            dropped += 1;
        } else {
            entry["versions"] = value(exactly(&left));
        }
    }
    Ok(dropped)
}

/// Adds a release to the entry that says the same, or a new entry; false where it is there.
fn add(
    entries: &mut ArrayOfTables,
    case: &str,
    release: Release,
    seen: &Seen,
    severity: Severity,
) -> Result<bool> {
    for entry in entries.iter_mut().filter(|entry| entry["case"].as_str() == Some(case)) {
        if self::seen(entry)? != *seen {
            continue;
        }
        if versions(entry)?.contain(release) {
            return Ok(false);
        }
        let mut versions = match entry["versions"].as_array() {
            Some(versions) => versions.clone(),
            None => entry["versions"].as_str().into_iter().collect(),
        };
        versions.push(format!("={release}"));
        entry["versions"] = value(versions);
        return Ok(true);
    }
    let mut entry = Table::new();
    entry["case"] = value(case);
    entry["versions"] = value(exactly(&[release]));
    entry["seen"] = value(written(seen));
    entry["reason"] = value("");
    if severity == Severity::OverGrant {
        entry["acknowledged"] = value(false);
    }
    entries.push(entry);
    Ok(true)
}

fn versions(entry: &Table) -> Result<Releases> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let versions = match entry.get("versions").and_then(Item::as_value) {
        Some(Value::String(text)) => format::Releases::One(text.value().clone()),
        Some(Value::Array(texts)) => format::Releases::Any(texts.iter().filter_map(text).collect()),
        _ => bail!("an entry about {} has no versions", entry["case"]),
    };
    Releases::read(&versions).map_err(anyhow::Error::msg)
}

/// What an entry says is seen.
fn seen(entry: &Table) -> Result<Seen> {
    #[derive(serde::Deserialize)]
    struct Only {
        seen: Seen,
    }
    let mut only = DocumentMut::new();
    only["seen"] = entry.get("seen").cloned().context("an entry does not say what is seen")?;
    let only: Only = toml::from_str(&only.to_string())?;
    Ok(only.seen)
}

fn exactly(releases: &[Release]) -> Array {
    releases.iter().map(|release| format!("={release}")).collect()
}

fn written(seen: &Seen) -> Value {
    match seen {
        Seen::End(word) => word.as_str().into(),
        Seen::Steps(steps) => {
            let mut array: Array = steps.iter().map(written_step).collect();
            if steps.len() > 1 {
                array.iter_mut().for_each(|step| step.decor_mut().set_prefix("\n  "));
                array.set_trailing("\n");
                array.set_trailing_comma(true);
            }
            array.into()
        }
    }
}

fn written_step(step: &SeenStep) -> Value {
    let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let mut table = InlineTable::new();
    table.insert("step", number(step.step).into());
    let texts = [
        ("answer", &step.answer),
        ("error", &step.error),
        ("permission", &step.permission),
        ("resource", &step.resource),
        ("message", &step.message),
        ("shown", &step.shown),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            table.insert(key, text.as_str().into());
        }
    }
    if let Some(partial) = step.partial {
        table.insert("partial", partial.into());
    }
    if let Some(done) = step.done {
        table.insert("done", done.into());
    }
    if let Some(same_as) = step.same_as {
        table.insert("same-as", number(same_as).into());
    }
    if let Some(changes) = &step.changes {
        let change = |change: &crate::wire::Change| {
            let mut table = InlineTable::new();
            table.insert("status", number(change.status).into());
            table.insert("state", change.state.name().into());
            table.insert("partial", change.partial.into());
            Value::from(table)
        };
        table.insert("changes", changes.iter().map(change).collect::<Array>().into());
    }
    table.into()
}
