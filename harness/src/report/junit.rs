//! JUnit's XML: a suite for each target, a test case for each record.
//!
//! It has no schema that all agree on; this is the part that every reader knows.
//! A known difference passes, because there is no word for a failure that is expected; its reason is among what the test case printed.

use std::io::Write;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Result, bail};

use super::Source;
use super::told::told;
use crate::outcome::Word;
use crate::record::{Ran, Record};
use crate::tally::{Counts, Tally};

/// The last second that a timestamp can tell, in milliseconds since 1970: years have four digits.
const LAST: u64 = 253_402_300_799_000;

/// Writes the suites, in the order of the footer, in which the records are, too.
pub fn write(source: &mut Source<'_>, out: &mut dyn Write) -> Result<()> {
    let tally = source.tally;
    let Tally { header, footer, counts, .. } = tally;
    // No reader would learn of a run that ended early, so such a run has a test case that says so.
    let missing = usize::from(!footer.complete);
    let started = UNIX_EPOCH + Duration::from_millis(header.started.min(LAST));
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"permscope\" {} time=\"{}\" timestamp=\"{}\">",
        counted(counts, missing),
        seconds(footer.stopped.saturating_sub(header.started)),
        humantime::format_rfc3339_seconds(started),
    )?;
    let mut next = source.next_record()?;
    for ran in &footer.targets {
        begin_suite(tally, ran, out)?;
        while let Some(record) = next.take_if(|record| is_of(record, ran)) {
            write_case(&record, out)?;
            next = source.next_record()?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    if let Some(Record { case, implementation, release, .. }) = next {
        bail!(
            "the record has {case} on {implementation}@{release} where its footer names no such target"
        );
    }
    if missing > 0 {
        writeln!(
            out,
            "  <testsuite name=\"permscope\" {}>\n    \
             <testcase classname=\"permscope\" name=\"complete\">\n      \
             <error message=\"not everything that was planned was run\" type=\"incomplete\"/>\n    \
             </testcase>\n  </testsuite>",
            counted(&Counts::default(), missing),
        )?;
    }
    writeln!(out, "</testsuites>")?;
    Ok(())
}

/// Opens the suite of a target, with what is to be known before its results are.
fn begin_suite(tally: &Tally, ran: &Ran, out: &mut dyn Write) -> Result<()> {
    writeln!(
        out,
        "  <testsuite name=\"{}\" {} time=\"{}\">\n    <properties>",
        attribute(&ran.to_string()),
        counted(&ran.counts, 0),
        seconds(ran.milliseconds),
    )?;
    let (not_for_release, not_asked) = (ran.not_for_release.to_string(), ran.not_asked.to_string());
    let properties = [
        ("model", ran.model.as_str()),
        ("corpus", &tally.header.corpus),
        ("program", &ran.program),
        ("adapter", ran.adapter.as_deref().unwrap_or("none")),
        ("not-for-release", &not_for_release),
        ("not-asked", &not_asked),
        ("headline", &tally.headline()),
    ];
    for (name, value) in properties {
        writeln!(out, "      <property name=\"{name}\" value=\"{}\"/>", attribute(value))?;
    }
    writeln!(out, "    </properties>")?;
    Ok(())
}

fn write_case(record: &Record, out: &mut dyn Write) -> Result<()> {
    let (area, name) = record.case.rsplit_once("::").unwrap_or((&record.model, &record.case));
    let (class, name) = (attribute(&area.replace("::", ".")), attribute(name));
    write!(out, "    <testcase classname=\"{class}\" name=\"{name}\"")?;
    let place = || escaped(&place(record));
    match record.outcome {
        Word::Pass => writeln!(out, "/>")?,
        Word::Known => {
            let told = escaped(&told(record));
            writeln!(out, "><system-out>{told}\n{}</system-out></testcase>", place())?;
        }
        Word::Fail | Word::Stale | Word::Broke => {
            let (element, kind) = match (record.outcome, record.severity) {
                (Word::Broke, _) => ("error", "broke"),
                (_, Some(severity)) => ("failure", severity.name()),
                (Word::Stale, None) => ("failure", "stale"),
                (_, None) => ("failure", "fail"),
            };
            let told = attribute(&told(record));
            write!(out, "><{element} message=\"{told}\" type=\"{kind}\">{}", place())?;
            writeln!(out, "</{element}></testcase>")?;
        }
    }
    Ok(())
}

/// Where a case is written, and the clauses that it cites.
fn place(record: &Record) -> String {
    let Record { file, line, clauses, .. } = record;
    let mut text = format!("{file}:{line}");
    for clause in clauses {
        text.push('\n');
        text.push_str(clause);
    }
    text
}

fn is_of(record: &Record, ran: &Ran) -> bool {
    record.implementation == ran.implementation && record.release == ran.release
}

/// The counts of a suite or of all, and how many test cases say that some are missing.
fn counted(counts: &Counts, missing: usize) -> String {
    format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\"",
        counts.all() + missing,
        counts.fail + counts.stale,
        counts.broke + missing,
    )
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

/// A text as an attribute holds it: as they are, tabs and line breaks would be read as spaces.
fn attribute(text: &str) -> String {
    escaped(text).replace('\t', "&#9;").replace('\n', "&#10;").replace('\r', "&#13;")
}

/// A text as it stands between tags, without the characters that XML cannot hold at all.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => escaped.push(letter),
            '\0'..' ' | '\u{fffe}' | '\u{ffff}' => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}
