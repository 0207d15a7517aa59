//! Static Analysis Results Interchange Format, 2.1.0: what is not as promised, at the place where it is promised.
//!
//! Readers take so many results and no more, so what matters most has room first: over-grants and what broke, then what else is unexpected, then what is known.
//! How much room each has is counted, not held.

use std::collections::BTreeSet;
use std::io::Write;

use anyhow::Result;
use serde_json::{Value, json};

use super::Source;
use super::told::{provenance, told};
use crate::compare::Severity;
use crate::outcome::Word;
use crate::record::Record;
use crate::tally::{Counts, Tally};

/// How many results a reader shows; it refuses a file with five times as many.
const MOST: usize = 5_000;

/// The rule of results that no clause is cited for.
const NO_CLAUSE: &str = "permscope.no-clause";

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Writes one run; its rules come after its results, which cite them.
pub fn write(source: &mut Source<'_>, out: &mut dyn Write) -> Result<()> {
    let tally = source.tally;
    write!(out, "{{\"$schema\":\"{SCHEMA}\",\"version\":\"2.1.0\",\"runs\":[{{\"results\":[")?;
    let mut room = room(&tally.counts);
    let (mut left_out, mut rules) = (0_usize, BTreeSet::new());
    let mut separator = "";
    while let Some(record) = source.next_differing()? {
        let Some(rank) = rank(&record) else { continue };
        if room[rank] == 0 {
            left_out += 1;
            continue;
        }
        room[rank] -= 1;
        writeln!(out, "{separator}")?;
        serde_json::to_writer(&mut *out, &result(&record))?;
        separator = ",";
        if record.clauses.is_empty() {
            rules.insert(NO_CLAUSE.to_owned());
        }
        rules.extend(record.clauses);
    }
    write!(out, "\n],\n\"columnKind\":\"unicodeCodePoints\",\"invocations\":[")?;
    serde_json::to_writer(&mut *out, &invocation(tally, left_out))?;
    write!(out, "],\n\"properties\":")?;
    serde_json::to_writer(&mut *out, &provenance(tally))?;
    write!(out, ",\n\"tool\":")?;
    let rules: Vec<_> = rules.iter().map(|id| rule(id)).collect();
    let driver = json!({ "name": "permscope", "version": tally.header.program, "rules": rules });
    serde_json::to_writer(&mut *out, &json!({ "driver": driver }))?;
    writeln!(out, "}}]}}")?;
    Ok(())
}

/// How much a record matters, zero most; none where everything is as promised.
fn rank(record: &Record) -> Option<usize> {
    match (record.outcome, record.severity) {
        (Word::Pass, _) => None,
        (Word::Known, _) => Some(2),
        (Word::Broke, _) | (_, Some(Severity::OverGrant)) => Some(0),
        (Word::Fail | Word::Stale, _) => Some(1),
    }
}

/// How many results of each rank are written.
fn room(counts: &Counts) -> [usize; 3] {
    // The over-grants that are known are among them, so this is at least as many as there are.
    let worst = counts.unexpected().min(counts.over_grants + counts.broke);
    [MOST, MOST.saturating_sub(worst), MOST.saturating_sub(counts.unexpected())]
}

fn result(record: &Record) -> Value {
    let Record { case, implementation, release, severity, .. } = record;
    let worst = record.outcome == Word::Broke || *severity == Some(Severity::OverGrant);
    let kind = severity.map_or(String::new(), |severity| format!("{}, ", severity.name()));
    let text = format!("{case} on {implementation}@{release}: {kind}{}", told(record));
    let mut result = json!({
        "ruleId": record.clauses.first().map_or(NO_CLAUSE, String::as_str),
        "level": if worst { "error" } else { "warning" },
        "message": message(&text),
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": uri(&record.file) },
                "region": { "startLine": record.line.max(1) },
            },
        }],
        "partialFingerprints": { "caseAtImplementation/v1": format!("{case}@{implementation}") },
        "properties": {
            "case": case,
            "target": format!("{implementation}@{release}"),
            "outcome": record.outcome,
            "severity": severity,
            "clauses": record.clauses,
        },
    });
    if record.outcome == Word::Known {
        let reason = record.reason.as_deref().unwrap_or_default();
        result["suppressions"] = json!([{ "kind": "external", "justification": reason }]);
    }
    result
}

fn rule(id: &str) -> Value {
    let text = match id {
        NO_CLAUSE => {
            "Everything is answered as the corpus promises, clause or no clause.".to_owned()
        }
        clause => format!("What the clause {clause} promises is kept."),
    };
    json!({ "id": id, "shortDescription": message(&text) })
}

/// How the run went, and what is not among its results.
fn invocation(tally: &Tally, left_out: usize) -> Value {
    let mut notifications = vec![json!({ "level": "note", "message": message(&tally.headline()) })];
    if left_out > 0 {
        let text = format!("{left_out} more results are left out; a report holds {MOST} at most");
        notifications.push(json!({ "level": "warning", "message": message(&text) }));
    }
    json!({
        "executionSuccessful": tally.footer.complete,
        "toolExecutionNotifications": notifications,
    })
}

/// A message; a brace in it would begin a placeholder.
fn message(text: &str) -> Value {
    json!({ "text": text.replace('{', "{{").replace('}', "}}") })
}

/// A path as a relative reference.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.replace('\\', "/").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
