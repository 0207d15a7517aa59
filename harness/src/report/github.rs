//! Annotations of GitHub's: commands in a step's log that show up beside the lines of files.
//!
//! A step may show ten of a level, and what exceeds that is dropped without a word; so ten are written, over-grants first, and a notice says where the rest is.

use std::io::Write;

use anyhow::Result;

use super::Source;
use super::told::told;
use crate::compare::Severity;
use crate::outcome::Word;
use crate::record::Record;
use crate::tally::Tally;

/// How many annotations of a level are shown.
const MOST: usize = 10;

/// Writes the errors, the warnings, and notices with the headline, the digests and what was left out.
pub fn write(source: &mut Source<'_>, out: &mut dyn Write) -> Result<()> {
    let (mut over_grants, mut errors, mut warnings) =
        (Few::default(), Few::default(), Few::default());
    while let Some(record) = source.next_differing()? {
        let is_over_grant = record.severity == Some(Severity::OverGrant);
        match (record.outcome, is_over_grant) {
            (Word::Fail | Word::Stale | Word::Broke, true) => over_grants.add("error", &record),
            (Word::Fail | Word::Stale | Word::Broke, false) => errors.add("error", &record),
            (Word::Known, true) => warnings.add("warning", &record),
            (Word::Known, false) | (Word::Pass, _) => {}
        }
    }
    let all_errors = over_grants.all + errors.all;
    let shown = over_grants.first.iter().chain(&errors.first).take(MOST).chain(&warnings.first);
    for annotation in shown {
        writeln!(out, "{annotation}")?;
    }
    writeln!(out, "::notice title=permscope::{}", message(&about(source.tally)))?;
    // It is a notice, because an eleventh error would not be shown.
    let (errors, warnings) = (all_errors.saturating_sub(MOST), warnings.all.saturating_sub(MOST));
    if errors + warnings > 0 {
        writeln!(
            out,
            "::notice title=permscope::{errors} errors and {warnings} warnings more are not shown here; the summary of the step has what there is room for, and the record has them all"
        )?;
    }
    Ok(())
}

/// The headline, and below it the digests of what was run.
fn about(tally: &Tally) -> String {
    let mut text = format!("{}\ncorpus {}", tally.headline(), tally.header.corpus);
    for ran in &tally.footer.targets {
        let adapter = ran.adapter.as_deref().unwrap_or("none");
        text.push_str(&format!("\n{ran}: program {}, adapter {adapter}", ran.program));
    }
    text
}

/// The first annotations of a kind, and how many there are.
#[derive(Default)]
struct Few {
    first: Vec<String>,
    all: usize,
}

impl Few {
    fn add(&mut self, level: &str, record: &Record) {
        self.all += 1;
        if self.first.len() < MOST {
            self.first.push(annotation(level, record));
        }
    }
}

fn annotation(level: &str, record: &Record) -> String {
    let Record { case, implementation, release, file, line, clauses, .. } = record;
    let kind = match (record.outcome, record.severity) {
        (Word::Broke, _) => "broke",
        (_, Some(severity)) => severity.name(),
        (Word::Stale, None) => "stale",
        (_, None) => "failed",
    };
    let mut text = format!("{implementation}@{release}: {}", told(record));
    if !clauses.is_empty() {
        text.push_str("\nClauses: ");
        text.push_str(&clauses.join(", "));
    }
    let (file, title) = (property(file), property(&format!("{kind}: {case}")));
    format!("::{level} file={file},line={line},title={title}::{}", message(&text))
}

/// A text as the message of a command.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A text as the value of a command's property.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
