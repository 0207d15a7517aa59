//! Common Test Report Format: one JSON document with a summary and a test for each record.
//!
//! A known difference is `other`, neither passed nor failed; the word of the record is in `rawStatus`.

use std::io::Write;

use anyhow::Result;
use serde::Serialize;
use serde_json::{Value, json};

use super::Source;
use super::told::{provenance, told};
use crate::compare::Severity;
use crate::outcome::Word;
use crate::record::Record;
use crate::tally::Tally;

/// The version of the specification that the tests have the schema of.
const VERSION: &str = "0.0.0";

/// Writes the document; the tests come last, because there are many.
pub fn write(source: &mut Source<'_>, out: &mut dyn Write) -> Result<()> {
    let tally = source.tally;
    let program = &tally.header.program;
    write!(out, "{{\"reportFormat\":\"CTRF\",\"specVersion\":\"{VERSION}\",\"generatedBy\":")?;
    serde_json::to_writer(&mut *out, &format!("permscope {program}"))?;
    write!(out, ",\"results\":{{\"tool\":")?;
    serde_json::to_writer(&mut *out, &json!({ "name": "permscope", "version": program }))?;
    for (name, value) in [
        ("summary", summary(tally)),
        ("environment", environment(tally)),
        ("extra", provenance(tally)),
    ] {
        write!(out, ",\n\"{name}\":")?;
        serde_json::to_writer(&mut *out, &value)?;
    }
    write!(out, ",\n\"tests\":[")?;
    let mut separator = "";
    while let Some(record) = source.next_record()? {
        writeln!(out, "{separator}")?;
        write_test(&record, out)?;
        separator = ",";
    }
    writeln!(out, "\n]}}}}")?;
    Ok(())
}

fn summary(tally: &Tally) -> Value {
    let (start, stop) = (tally.header.started, tally.footer.stopped);
    // What was not run is no test here, so nothing is skipped; the counts are in `extra`.
    json!({
        "tests": tally.counts.all(),
        "passed": tally.counts.pass,
        "failed": tally.counts.unexpected(),
        "skipped": 0,
        "pending": 0,
        "other": tally.counts.known,
        "suites": tally.footer.targets.len(),
        "start": start,
        "stop": stop,
        "duration": stop.saturating_sub(start),
    })
}

fn environment(tally: &Tally) -> Value {
    let healthy = tally.footer.complete && tally.counts.unexpected() == 0;
    match &tally.header.partition {
        Some(partition) => json!({ "healthy": healthy, "shardId": partition }),
        None => json!({ "healthy": healthy }),
    }
}

/// A test, as the format has it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Test<'a> {
    test_id: String,
    name: &'a str,
    status: &'static str,
    /// Always zero: how long a case took is not measured, since many share a process.
    duration: u64,
    raw_status: &'static str,
    suite: Vec<&'a str>,
    file_path: &'a str,
    line: usize,
    labels: Labels<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// What a test is labelled with; a label has a value, or is not there.
#[derive(Serialize)]
struct Labels<'a> {
    model: &'a str,
    implementation: &'a str,
    release: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    clauses: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<&'static str>,
}

fn write_test(record: &Record, out: &mut dyn Write) -> Result<()> {
    let Record { case, implementation, release, .. } = record;
    let target = format!("{implementation}@{release}");
    let area = case.rsplit_once("::").map(|(area, _)| area);
    let (status, raw_status) = match record.outcome {
        Word::Pass => ("passed", "pass"),
        Word::Known => ("other", "known"),
        Word::Fail => ("failed", "fail"),
        Word::Stale => ("failed", "stale"),
        Word::Broke => ("failed", "broke"),
    };
    let test = Test {
        test_id: format!("{case}@{target}"),
        name: case,
        status,
        duration: 0,
        raw_status,
        suite: [target.as_str()]
            .into_iter()
            .chain(area.iter().flat_map(|area| area.split("::")))
            .collect(),
        file_path: &record.file,
        line: record.line,
        labels: Labels {
            model: &record.model,
            implementation,
            release,
            clauses: &record.clauses,
            severity: record.severity.map(Severity::name),
        },
        message: (record.outcome != Word::Pass).then(|| told(record)),
    };
    serde_json::to_writer(&mut *out, &test)?;
    Ok(())
}
