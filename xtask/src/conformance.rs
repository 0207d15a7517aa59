//! `cargo xtask conformance`: builds the `permscope` program in release mode and runs it.

use std::env::consts::EXE_SUFFIX;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::{env, io};

use crate::failure::Failure;

/// Passes the arguments on unread, and the exit code back.
pub fn run(root: &Path, arguments: &[OsString]) -> Result<ExitCode, Failure> {
    build(root)?;
    let program = program()?;
    let status = Command::new(&program)
        .args(arguments)
        .status()
        .map_err(|error| failed("run", &program, &error))?;
    // Without a code it was ended by a signal, which has reached this process, too, if a user sent it.
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(ExitCode::from(code))
}

/// Says what cargo says, unless that is only that there was nothing to build.
fn build(root: &Path) -> Result<(), Failure> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(&cargo);
    command.args(["build", "--release", "--package", "permscope", "--manifest-path"]);
    command.arg(root.join("Cargo.toml")).stdin(Stdio::null()).stderr(Stdio::piped());
    if io::stderr().is_terminal() && env::var_os("CARGO_TERM_COLOR").is_none() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = command.spawn().map_err(|error| failed("run", Path::new(&cargo), &error))?;
    let said = BufReader::new(child.stderr.take().expect("stderr is piped"));
    for line in said.lines().map_while(Result::ok).filter(|line| !is_nothing_built(line)) {
        eprintln!("{line}");
    }
    match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Failure::Failed("the program \"permscope\" does not build".to_owned())),
        Err(error) => Err(failed("wait for", Path::new(&cargo), &error)),
    }
}

fn is_nothing_built(line: &str) -> bool {
    line.contains("Finished") && line.contains("`release` profile")
}

/// The program lies beside the folder of this one, wherever cargo was told to build.
fn program() -> Result<std::path::PathBuf, Failure> {
    let this = env::current_exe()
        .map_err(|error| Failure::Failed(format!("cannot tell where this program is: {error}")))?;
    let profiles = this.parent().and_then(Path::parent).expect("a profile's folder holds it");
    Ok(profiles.join("release").join(format!("permscope{EXE_SUFFIX}")))
}

fn failed(verb: &str, program: &Path, error: &io::Error) -> Failure {
    Failure::Failed(format!("cannot {verb} \"{}\": {error}", program.display()))
}

#[cfg(test)]
mod tests {
    use super::is_nothing_built;

    #[test]
    fn only_the_line_that_closes_a_build_is_left_out() {
        let plain = "    Finished `release` profile [optimized] target(s) in 0.05s";
        let coloured = "\u{1b}[1m\u{1b}[92m    Finished\u{1b}[0m `release` profile [optimized]";
        assert!(is_nothing_built(plain) && is_nothing_built(coloured));
        assert!(!is_nothing_built("   Compiling permscope v0.1.0"));
    }
}
