//! What a report of a million records costs, against libtest-mimic that prints as many trials.
//!
//! Each is a process of its own that writes a file, so that its peak of memory is its own, too.
//! Run it with `cargo bench --package permscope --bench report`; a number behind `--` is how many records.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "prints what it measured")]

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Trial};
use permscope::record::{self, Footer, Header, Record, Writer};
use permscope::report::{self, Format, Wanted};
use permscope::tally::{Counts, Tally};
use serde_json::{from_value, json};
use tempfile::TempDir;

/// How often each is run; the fastest counts, since nothing makes a process faster than it is.
const TIMES: usize = 3;

/// How many implementations and releases the records are about.
const TARGETS: usize = 10;

fn main() -> anyhow::Result<()> {
    let words: Vec<_> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["mimic", count] => mimic(count.parse()?),
        ["report", format, record] => write(format, Path::new(record))?,
        [] => measure(1_000_000)?,
        [count] => measure(count.parse()?)?,
        _ => anyhow::bail!("the number of records, and nothing else"),
    }
    Ok(())
}

fn measure(count: usize) -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let (all, tenth) = (folder.path().join("all.jsonl"), folder.path().join("tenth.jsonl"));
    make_record(&all, count)?;
    make_record(&tenth, count / 10)?;
    let (mimic, memory) = time(&["mimic", &count.to_string()], folder.path())?;
    println!("{count} trials printed by libtest-mimic: {:.2} s, {memory} KiB", mimic.as_secs_f64());
    println!(
        "{:<9} {:>8} {:>12} {:>14} {:>10}",
        "format", "seconds", "x as fast", "of a tenth, x", "peak KiB"
    );
    for format in Format::ALL.into_iter().filter(|format| !format.needs_corpus()) {
        let run = |record: &Path| {
            time(&["report", format.name(), &record.to_string_lossy()], folder.path())
        };
        let ((whole, memory), (part, _)) = (run(&all)?, run(&tenth)?);
        let [mimic, whole, part] = [mimic, whole, part].map(|time| time.as_secs_f64());
        println!(
            "{:<9} {whole:>8.2} {:>12.1} {:>14.1} {memory:>10}",
            format.name(),
            mimic / whole,
            whole / part
        );
    }
    Ok(())
}

/// Runs this program with some words, and reads its time and its peak of memory.
fn time(words: &[&str], folder: &Path) -> anyhow::Result<(Duration, u64)> {
    let (mut best, mut memory) = (Duration::MAX, 0);
    for _ in 0..TIMES {
        let output = File::create(folder.join("output"))?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(words).stdout(output).stderr(Stdio::piped());
        let start = Instant::now();
        let done = command.output()?;
        best = best.min(start.elapsed());
        anyhow::ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        memory = String::from_utf8(done.stderr)?.trim().parse()?;
    }
    Ok((best, memory))
}

/// Writes a report to standard output.
fn write(format: &str, record: &Path) -> anyhow::Result<()> {
    let wanted: Wanted = format!("{format}=-").parse().map_err(anyhow::Error::msg)?;
    report::write(record, &Tally::of(record)?, None, &wanted)?;
    tell_peak();
    Ok(())
}

fn mimic(count: usize) {
    let trial = |number| Trial::test(id(number), || Ok(()));
    let trials = (0..count).map(trial).collect();
    let conclusion = libtest_mimic::run(&Arguments::default(), trials);
    assert!(!conclusion.has_failed());
    tell_peak();
}

/// Says how much memory this process held at most, in KiB; nothing where the system does not say.
fn tell_peak() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|line| line.trim().strip_suffix(" kB")).unwrap_or("0");
    eprintln!("{}", peak.trim());
}

fn id(number: usize) -> String {
    format!("deno::read::generated::a-case-with-a-name-of-some-length-{number}")
}

/// A record of which one in a hundred is known and one in a thousand fails.
fn make_record(path: &Path, count: usize) -> anyhow::Result<()> {
    let header: Header = from_value(json!({
        "schema": record::SCHEMA, "program": "0.1.0", "corpus": "c".repeat(64), "filters": [],
        "started": 1,
    }))?;
    let mut writer = Writer::begin(path, &header)?;
    let of_target = count / TARGETS;
    for target in 0..TARGETS {
        for number in 0..of_target {
            let (outcome, severity, reason) = match number % 1000 {
                500 => ("fail", Some("over-deny"), None),
                number if number % 100 == 0 => ("known", Some("over-grant"), Some("so it is")),
                _ => ("pass", None, None),
            };
            let seen = severity.map(|_| json!([{ "step": 1, "answer": "granted" }]));
            writer.record(from_value::<Record>(json!({
                "case": id(number), "implementation": "deno", "model": "deno",
                "release": format!("2.{target}.0"), "outcome": outcome, "severity": severity,
                "file": "conformance/deno/read/generated.toml", "line": number + 1,
                "clauses": ["deno.read.some-promise"], "script": "0123456789abcdef",
                "promise": "fedcba9876543210", "seen": seen, "reason": reason,
            }))?)?;
        }
    }
    let target = |target| {
        json!({
            "implementation": "deno", "model": "deno", "release": format!("2.{target}.0"),
            "argument": format!("deno@2.{target}.0"), "program": "p".repeat(64),
            "adapter": "a".repeat(64), "counts": Counts::default(), "not-for-release": 0, "not-asked": 0,
            "milliseconds": 1,
        })
    };
    let targets: Vec<_> = (0..TARGETS).map(target).collect();
    let footer: Footer = from_value(json!({
        "records": 0, "complete": true, "targets": targets, "clauses": 1, "untested": [],
        "stopped": 2,
    }))?;
    writer.finish(footer)
}
