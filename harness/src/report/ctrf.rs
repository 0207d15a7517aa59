//! Common Test Report Format: one JSON document with a summary and a test for each record.
//!
//! A known difference is `other`, neither passed nor failed; the word of the record is in `rawStatus`.

use std::io::Write;

use anyhow::Result;
use serde_json::{Value, json};

use super::Source;
use super::told::{provenance, told};
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
        serde_json::to_writer(&mut *out, &test(&record))?;
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
        "suites": tally.targets.len(),
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

fn test(record: &Record) -> Value {
    let Record { case, implementation, release, .. } = record;
    let target = format!("{implementation}@{release}");
    let area = case.rsplit_once("::").map(|(area, _)| area);
    let suite = area.iter().flat_map(|area| area.split("::"));
    let suite: Vec<_> = [target.as_str()].into_iter().chain(suite).collect();
    let (status, raw) = match record.outcome {
        Word::Pass => ("passed", "pass"),
        Word::Known => ("other", "known"),
        Word::Fail => ("failed", "fail"),
        Word::Stale => ("failed", "stale"),
        Word::Broke => ("failed", "broke"),
    };
    let mut labels = json!({
        "model": record.model,
        "implementation": implementation,
        "release": release,
    });
    // A label has a value, or is not there.
    if !record.clauses.is_empty() {
        labels["clauses"] = json!(record.clauses);
    }
    if let Some(severity) = record.severity {
        labels["severity"] = json!(severity.name());
    }
    // How long a case took is not measured: many share a process.
    let mut test = json!({
        "testId": format!("{case}@{target}"),
        "name": case,
        "status": status,
        "duration": 0,
        "rawStatus": raw,
        "suite": suite,
        "filePath": record.file,
        "line": record.line,
        "labels": labels,
    });
    if record.outcome != Word::Pass {
        test["message"] = json!(told(record));
    }
    test
}
