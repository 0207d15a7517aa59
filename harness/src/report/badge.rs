//! The endpoint of a badge, as shields reads it.
//!
//! It says how many, never how many in a hundred: one over-grant among a thousand answers is what has to be seen.

use std::io::Write;

use anyhow::Result;
use serde_json::json;

use super::Source;
use crate::compare::Severity;
use crate::outcome::Word;
use crate::tally::Counts;

/// Writes the endpoint.
pub fn write(source: &mut Source<'_>, out: &mut dyn Write) -> Result<()> {
    // The counts have the over-grants that are known among the others.
    let mut over_grants = 0;
    while let Some(record) = source.next_differing()? {
        let is_unexpected = !matches!(record.outcome, Word::Pass | Word::Known);
        over_grants += usize::from(is_unexpected && record.severity == Some(Severity::OverGrant));
    }
    let Counts { pass, known, fail, stale, broke, .. } = source.tally.counts;
    let is_error = !source.tally.footer.complete || source.tally.counts.all() == 0;
    let (message, color) = if !source.tally.footer.complete {
        ("incomplete".to_owned(), "red")
    } else if source.tally.counts.all() == 0 {
        ("nothing was run".to_owned(), "red")
    } else if over_grants > 0 {
        (format!("{over_grants} over-grant{}", if over_grants == 1 { "" } else { "s" }), "red")
    } else if source.tally.counts.unexpected() > 0 {
        (listed(&[(fail, "failed"), (stale, "stale"), (broke, "broke")]), "red")
    } else {
        let color = if known > 0 { "yellow" } else { "brightgreen" };
        (listed(&[(pass, "passed"), (known, "known")]), color)
    };
    let badge = json!({
        "schemaVersion": 1,
        "label": "permscope",
        "message": message,
        "color": color,
        "isError": is_error,
    });
    serde_json::to_writer_pretty(&mut *out, &badge)?;
    writeln!(out)?;
    Ok(())
}

/// The counts that are not zero, with their words.
fn listed(counts: &[(usize, &str)]) -> String {
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    counts.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}
