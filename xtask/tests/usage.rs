//! What the program says when it is asked for something that it cannot do, and how it exits.

use std::process::Command;

/// Arguments, the exit code, and what the first line says.
const CASES: &[(&[&str], i32, &str)] = &[
    (&["--help"], 0, "The project's own commands."),
    (&["runtimes", "--help"], 0, "Keeps exact versions of real runtimes under target/runtimes"),
    (&["runtimes", "install", "--help"], 0, "Installs real runtimes into"),
    (&["runtimes", "list", "-h"], 0, "Lists the runtimes under target/runtimes"),
    (&[], 2, "error: which command?"),
    (&["runtimes"], 2, "error: which command?"),
    (&["conform"], 2, "error: unknown command \"conform\""),
    (&["runtimes", "remove", "deno"], 2, "error: unknown command \"runtimes remove deno\""),
    (&["runtimes", "list", "deno"], 2, "error: unknown command \"runtimes list deno\""),
    (&["runtimes", "install"], 2, "error: which runtimes? for example deno@2.9.6"),
    (&["runtimes", "install", "deno@2"], 2, "error: deno@2: \"2\" is not an exact version"),
    (&["runtimes", "install", "dino@2.9.6"], 2, "error: dino@2.9.6: unknown runtime \"dino\""),
];

#[test]
fn says_what_was_wrong_and_exits_with_its_own_code() {
    for (arguments, code, says) in CASES {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask")).args(*arguments).output().unwrap();
        let said = if *code == 0 { &output.stdout } else { &output.stderr };
        let said = String::from_utf8_lossy(said);
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}: {said}");
        assert!(said.starts_with(says), "{arguments:?}: {said}");
    }
}
