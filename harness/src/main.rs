//! The `permscope` program.

use std::process::ExitCode;

use clap::Parser;
use permscope::command::CommandLine;
use permscope::exit::Exit;

fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    let exit = command_line.execute().unwrap_or_else(|error| {
        anstream::eprintln!("error: {error:#}");
        Exit::of(&error)
    });
    exit.into()
}
