//! The project's own commands, as `cargo xtask`: a thin layer that links nothing of ours.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "speaks to whoever runs it")]

mod conformance;
mod failure;
mod manifest;
mod npm;
mod runtimes;
mod wanted;

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use crate::failure::Failure;
use crate::runtimes::Runtimes;

const HELP: &str = "\
The project's own commands.

Usage: cargo xtask <COMMAND>

Commands:
  conformance [ARGS]...               Build the permscope program in release mode and run it
  bench [ARGS]...                     Build it and measure what the corpus costs
  report                              Run the corpus on everything, and write what is published in reports/
  runtimes install <NAME@VERSION>...  Install real runtimes into target/runtimes
  runtimes list                       List the runtimes that are installed

`cargo xtask <COMMAND> --help` says more.
Exit codes: 0 done, 2 wrong usage, 69 no npm or no network, 1 anything else;
`conformance`, `bench` and `report` pass on the program's own.
";

const RUNTIMES_HELP: &str = "\
Keeps exact versions of real runtimes under target/runtimes, a folder each.

Usage: cargo xtask runtimes install <NAME@VERSION>...
       cargo xtask runtimes list
";

const REPORT_HELP: &str = "\
Runs the corpus on the reference engine, on four releases of Deno, on six of Node and on three versions of the crate deno_permissions,
and writes reports/MATRIX.md and reports/index.html.

Usage: cargo xtask report

What is not installed is installed first.
";

/// What the published reports are about, beside the reference engine.
const PUBLISHED: [&str; 13] = [
    "deno@1.46.3",
    "deno@2.1.14",
    "deno@2.5.7",
    "deno@2.9.6",
    "deno_permissions@2.4.4",
    "deno_permissions@2.6.8",
    "deno_permissions@2.9.6",
    "node@20.20.2",
    "node@22.23.3",
    "node@23.8.0",
    "node@24.21.0",
    "node@25.9.0",
    "node@26.10.0",
];

const INSTALL_HELP: &str = "\
Installs real runtimes into target/runtimes/<NAME@VERSION>, by the npm client; what is a crate is built.

Usage: cargo xtask runtimes install <NAME@VERSION>...

Takes any number of exact versions, such as deno@2.9.6; what is installed already stays as it is.
No script of a package is run.
One that fails does not keep the others from being installed.
";

const LIST_HELP: &str = "\
Lists the runtimes under target/runtimes, and what each binary says its version is.

Usage: cargo xtask runtimes list
";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    // The program's arguments are its own and need not even be text.
    let program = match arguments.split_first() {
        Some((command, rest)) if command == "conformance" => Some(rest),
        Some((command, _)) if command == "bench" => Some(&arguments[..]),
        _ => None,
    };
    if let Some(arguments) = program {
        return conformance::run(root(), arguments).unwrap_or_else(|failure| report(&failure));
    }
    let words: Vec<_> = arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["runtimes", "install", rest @ ..] if asks_for_help(rest) => say(INSTALL_HELP),
        ["runtimes", "list", rest @ ..] if asks_for_help(rest) => say(LIST_HELP),
        ["runtimes"] => report(&Failure::Usage(format!("which command?\n\n{RUNTIMES_HELP}"))),
        ["runtimes", "help" | "--help" | "-h"] => say(RUNTIMES_HELP),
        ["runtimes", "install"] => {
            report(&Failure::Usage("which runtimes? for example deno@2.9.6".to_owned()))
        }
        ["runtimes", "install", wanted @ ..] => install(wanted),
        ["runtimes", "list"] => list(),
        ["report", rest @ ..] if asks_for_help(rest) => say(REPORT_HELP),
        ["report"] => publish(),
        ["help" | "--help" | "-h"] => say(HELP),
        [] => report(&Failure::Usage(format!("which command?\n\n{HELP}"))),
        words => {
            report(&Failure::Usage(format!("unknown command \"{}\"\n\n{HELP}", words.join(" "))))
        }
    }
}

fn asks_for_help(words: &[&str]) -> bool {
    words.iter().any(|word| matches!(*word, "--help" | "-h"))
}

fn say(text: &str) -> ExitCode {
    print!("{text}");
    ExitCode::SUCCESS
}

fn report(failure: &Failure) -> ExitCode {
    eprintln!("error: {failure}");
    failure.code()
}

fn install(wanted: &[&str]) -> ExitCode {
    let runtimes = Runtimes::of(root());
    let mut worst = None;
    for name in wanted {
        match runtimes.install(name) {
            Ok(done) => println!("{done}"),
            Err(failure) => {
                eprintln!("error: {name}: {failure}");
                worst = worst.max(Some(failure));
            }
        }
    }
    worst.map_or(ExitCode::SUCCESS, |failure| failure.code())
}

/// Writes the published reports from a fresh run.
fn publish() -> ExitCode {
    let installed = install(&PUBLISHED);
    if installed != ExitCode::SUCCESS {
        return installed;
    }
    let implementations = ["reference"].iter().chain(&PUBLISHED);
    let mut arguments: Vec<OsString> =
        implementations.map(|name| format!("--implementation={name}").into()).collect();
    for (format, file) in [("matrix", "MATRIX.md"), ("html", "index.html")] {
        let mut report = OsString::from(format!("--report={format}="));
        report.push(root().join("reports").join(file));
        arguments.push(report);
    }
    conformance::run(root(), &arguments).unwrap_or_else(|failure| report(&failure))
}

fn list() -> ExitCode {
    match Runtimes::of(root()).list() {
        Ok(installed) if installed.is_empty() => {
            say("no runtime is installed; `cargo xtask runtimes install deno@2.9.6` installs one\n")
        }
        Ok(installed) => {
            installed.iter().for_each(|runtime| println!("{runtime}"));
            ExitCode::SUCCESS
        }
        Err(failure) => report(&failure),
    }
}

/// The checkout that this program was built from.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package lies inside the workspace")
}
