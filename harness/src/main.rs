//! The `permscope` program.

use std::process::ExitCode;

use clap::Parser;
use permscope::command::CommandLine;
use permscope::exit::Exit;
use permscope::implementation::strays;

fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    let exit = command_line.execute().unwrap_or_else(|error| {
        let told = format!("{error:#}");
        // What is shown where it stands in a file says by itself that it is an error.
        let prefix = if told.starts_with("error") { "" } else { "error: " };
        anstream::eprintln!("{prefix}{told}");
        Exit::of(&error)
    });
    // No process outlives the run, wherever it has gone.
    strays::end_all();
    exit.into()
}
