//! A report of ten times as many records takes no more memory.
//!
//! One test, since the allocator counts for all threads of the process.

use std::path::Path;

use peak_alloc::PeakAlloc;
use permscope::record::{self, Writer};
use permscope::report::{self, Format, Wanted};
use permscope::tally::{Counts, Tally};
use serde_json::{from_value, json};
use tempfile::TempDir;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// How much the peaks may differ, in bytes: a buffer that has just grown, and nothing that grows with the record.
const SLACK: usize = 64 << 10;

fn record_of(path: &Path, count: usize) -> anyhow::Result<()> {
    let header = json!({
        "schema": record::SCHEMA, "program": "0.1.0", "corpus": "c", "filters": [], "started": 1,
    });
    let mut writer = Writer::begin(path, &from_value(header)?)?;
    for number in 0..count {
        writer.record(from_value(json!({
            "case": format!("deno::area::file::case-{number}"), "implementation": "deno",
            "model": "deno", "release": "2.9.6", "outcome": "pass", "file": "file.toml",
            "line": number + 1, "clauses": ["deno.one"], "script": "s", "promise": "p",
        }))?)?;
    }
    let footer = json!({
        "records": 0, "complete": true, "clauses": 1, "untested": [], "stopped": 2, "targets": [{
            "implementation": "deno", "model": "deno", "release": "2.9.6",
            "argument": "deno@2.9.6", "program": "p", "counts": Counts::default(),
            "not-for-release": 0, "not-asked": 0, "milliseconds": 1,
        }],
    });
    writer.finish(from_value(footer)?)
}

/// The most memory that is held while a report is written, beyond what is held before.
fn peak(record: &Path, format: Format, folder: &Path) -> anyhow::Result<usize> {
    let wanted = Wanted { format, path: folder.join(format.name()) };
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    report::write(record, &Tally::of(record)?, None, &wanted)?;
    Ok(ALLOCATOR.peak_usage() - before)
}

#[test]
fn memory_does_not_grow_with_the_record() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let (few, many) = (folder.path().join("few.jsonl"), folder.path().join("many.jsonl"));
    record_of(&few, 1_000)?;
    record_of(&many, 10_000)?;
    for format in Format::ALL.into_iter().filter(|format| !format.needs_corpus()) {
        let of_few = peak(&few, format, folder.path())?;
        let of_many = peak(&many, format, folder.path())?;
        let name = format.name();
        assert!(of_many <= of_few + SLACK, "{name}: {of_few} bytes at first, and then {of_many}");
    }
    Ok(())
}
