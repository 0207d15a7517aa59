//! What this program's own start costs: until a small selection is judged, and until the whole corpus is.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// How often a program is started.
const STARTS: usize = 20;

/// Medians of some starts.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// Of a program that does nothing.
    pub nothing: Duration,
    /// Of this program, which says its version.
    pub version: Duration,
    /// Of this program, which judges one case at all its releases.
    pub one_case: Duration,
    /// Of this program, which judges the whole corpus on the reference engine.
    pub corpus: Duration,
}

/// Measures this program, and `true` of the system's.
pub fn measure() -> Result<Start> {
    let program = std::env::current_exe().context("this program does not know where it is")?;
    let program = program.to_string_lossy();
    Ok(Start {
        nothing: median("true", &[])?,
        version: median(&program, &["--version"])?,
        one_case: median(&program, &["run", "deno::read::precedence::the-narrower-grant-wins"])?,
        corpus: median(&program, &["run"])?,
    })
}

fn median(program: &str, arguments: &[&str]) -> Result<Duration> {
    let mut times = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let start = Instant::now();
        let output = Command::new(program).args(arguments).output();
        output.with_context(|| format!("cannot start {program}"))?;
        times.push(start.elapsed());
    }
    times.sort();
    Ok(times[STARTS / 2])
}
