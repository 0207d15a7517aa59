//! Markdown, for the summary of a step.
//!
//! A summary of a mebibyte or more is not shown at all, so each section holds so many bytes and then says how much it leaves out.
//! The sections are by outcome, and the failures by severity, too: however many there are of one, they take no room from another.

use std::io::Write;

use anyhow::Result;

use super::Source;
use super::told::told;
use crate::compare::Severity;
use crate::outcome::Word;
use crate::record::{Ran, Record};
use crate::tally::{Counts, Tally};

/// How many bytes a section holds; there are nine, so together they stay below a million.
const MOST: usize = 100_000;

/// How many characters a cell shows.
const LONGEST: usize = 400;

/// The sections of records, in order; the last is folded.
const TITLES: [&str; 6] = [
    "Failed: more access than promised",
    "Failed: less access than promised",
    "Failed: the same access, told otherwise",
    "Stale: listed as known, and otherwise",
    "Broke: nothing to judge",
    "Known differences",
];

const TARGETS: &str = "\
| target | model | ran | passed | known | failed | stale | broke | over-grants | over-denials | not asked | not for the release |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
";

const RECORDS: &str = "\
| case | written at | target | severity | clauses | what was seen |
|---|---|---|---|---|---|
";

/// Writes the headline, the targets, what they were, and what is not as promised.
pub fn write(source: &mut Source<'_>, out: &mut dyn Write) -> Result<()> {
    let tally = source.tally;
    let mut sections = TITLES.map(|_| Section::default());
    while let Some(record) = source.next_differing()? {
        let index = match (record.outcome, record.severity) {
            (Word::Pass, _) => continue,
            (Word::Fail, Some(Severity::OverGrant)) => 0,
            (Word::Fail, Some(Severity::OverDeny)) => 1,
            (Word::Fail, Some(Severity::Diagnostic) | None) => 2,
            (Word::Stale, _) => 3,
            (Word::Broke, _) => 4,
            (Word::Known, _) => 5,
        };
        sections[index].add(|| row(&record));
    }
    writeln!(out, "## Permscope\n\n{}\n", plain(&tally.headline()))?;
    let (targets, digests, untested) = of_run(tally);
    write!(out, "{TARGETS}")?;
    targets.write(out)?;
    write!(out, "### Digests\n\n")?;
    digests.write(out)?;
    let known = sections.len() - 1;
    for (index, (title, section)) in TITLES.iter().zip(sections).enumerate() {
        let all = section.all;
        if all == 0 {
            continue;
        }
        if index == known {
            write!(out, "<details><summary>{title} ({all})</summary>\n\n{RECORDS}")?;
            section.write(out)?;
            write!(out, "</details>\n\n")?;
        } else {
            write!(out, "### {title} ({all})\n\n{RECORDS}")?;
            section.write(out)?;
        }
    }
    if untested.all > 0 {
        write!(out, "<details><summary>Untested clauses ({})</summary>\n\n", untested.all)?;
        untested.write(out)?;
        write!(out, "</details>\n\n")?;
    }
    Ok(())
}

/// Rows, as many as there is room for.
#[derive(Default)]
struct Section {
    rows: String,
    all: usize,
    left_out: usize,
}

impl Section {
    /// Adds a row, which is only made where there may be room for it.
    fn add(&mut self, row: impl FnOnce() -> String) {
        self.all += 1;
        // Once one is left out, all are, so that what is shown is what comes first.
        if self.left_out == 0 {
            let row = row();
            if self.rows.len() + row.len() <= MOST {
                self.rows.push_str(&row);
                return;
            }
        }
        self.left_out += 1;
    }

    fn write(&self, out: &mut dyn Write) -> Result<()> {
        writeln!(out, "{}", self.rows)?;
        if self.left_out > 0 {
            let Self { all, left_out, .. } = self;
            writeln!(out, "**{left_out} of {all} are left out here**; the record has them all.\n")?;
        }
        Ok(())
    }
}

/// The targets with their counts, the digests, and the clauses without a test.
fn of_run(tally: &Tally) -> (Section, Section, Section) {
    let (mut targets, mut digests, mut untested) =
        (Section::default(), Section::default(), Section::default());
    digests.add(|| format!("* corpus: {}\n", code(&tally.header.corpus)));
    for ran in &tally.footer.targets {
        let Ran { model, not_asked, not_for_release, .. } = ran;
        let Counts { pass, known, fail, stale, broke, over_grants, over_denials } = ran.counts;
        let (name, model, all) = (code(&ran.to_string()), code(model), ran.counts.all());
        targets.add(|| {
            format!("| {name} | {model} | {all} | {pass} | {known} | {fail} | {stale} | {broke} | {over_grants} | {over_denials} | {not_asked} | {not_for_release} |\n")
        });
        let adapter = ran.adapter.as_deref().map_or("none".to_owned(), code);
        digests.add(|| format!("* {name}: program {}, adapter {adapter}\n", code(&ran.program)));
    }
    for clause in &tally.footer.untested {
        untested.add(|| format!("* {}\n", code(clause)));
    }
    (targets, digests, untested)
}

fn row(record: &Record) -> String {
    let Record { case, implementation, release, file, line, severity, clauses, .. } = record;
    let clauses: Vec<_> = clauses.iter().map(|clause| code(clause)).collect();
    format!(
        "| {} | {} | {} | {} | {} | {} |\n",
        code(case),
        code(&format!("{file}:{line}")),
        code(&format!("{implementation}@{release}")),
        severity.map_or("", Severity::name),
        clauses.join(", "),
        plain(&told(record)),
    )
}

/// A name as code, in which nothing has a meaning, except what would end it.
pub(super) fn code(text: &str) -> String {
    let ends = |letter: char| matches!(letter, '`' | '|' | '\\') || letter.is_control();
    match text.trim().is_empty() || text.contains(ends) || text.chars().count() > LONGEST {
        true => plain(text),
        false => format!("`{text}`"),
    }
}

/// A text in which nothing has a meaning, on one line and not too long.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len().min(LONGEST));
    for (index, letter) in text.chars().enumerate() {
        match letter {
            _ if index == LONGEST => {
                plain.push('…');
                break;
            }
            letter if letter.is_control() => plain.push(' '),
            '\\' | '`' | '|' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '~' | '$' | '&' => {
                plain.extend(['\\', letter]);
            }
            letter => plain.push(letter),
        }
    }
    plain
}
