//! What is tested does not reach beyond its folders on a system that can keep it there, and elsewhere the run says so.
#![cfg(unix)]

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use permscope::implementation::sandbox::Sandbox;
use process_wrap::tokio::CommandWrap;
use rstest::rstest;
use tempfile::TempDir;

/// An implementation that tries what it should not be able to do, says what it could, and ends.
///
/// Its working directory is the folder that it has for itself, its argument its cache; the port is put in by the test.
const TRIES: &str = r#"#!/bin/bash
PATH=/usr/bin:/bin
cache="$1"
reached=""
try() {
  if (eval "$2") 2>/dev/null; then reached="$reached $1"; fi
}
try a-file 'read -r line < "$0.old"'
try nowhere 'echo > /dev/null'
try its-folder 'echo > new && mkdir below && ln new below/linked && mv below/linked moved && rm new'
try its-cache 'echo > "$cache/new" && : > "$cache/new"'
try its-adapter 'echo >> "$cache/../adapter"'
try another-file 'echo > "$0.new"'
try an-old-file 'echo >> "$0.old"'
try an-old-file-whole ': > "$0.old"'
try another-name 'ln "$0.old" "$0.linked"'
try another-folder 'mkdir "$0.folder"'
try tcp 'exec 3<> /dev/tcp/127.0.0.1/PORT'
echo "it reached$reached" >&2
exit 3
"#;

/// What it reaches wherever it is.
const ITS_OWN: &str = "it reached a-file nowhere its-folder its-cache";

/// What else it reaches where it may write anywhere.
const WRITING: &str =
    " its-adapter another-file an-old-file an-old-file-whole another-name another-folder";

/// What else it reaches where it has a network.
const NETWORK: &str = " tcp";

/// An implementation that says who it is and ends.
const SPEAKS: &str = r#"#!/bin/sh
echo '{"hello":{"protocol":1,"name":"shell","version":"2.9.6","model":"deno","releases":["2.9.6"],"capabilities":["query"]}}'
"#;

const MANIFEST: &str = "name = \"shell\"\nmodel = \"deno\"\nlaunch = \"arguments\"\nprogram = \"shell\"\n\
                        commands.run = [\"{scratch}\"]\n";

/// A checkout of its own with an implementation that is a script.
fn checkout(script: &str) -> TempDir {
    let folder = TempDir::new().expect("there is a temporary folder");
    let case = "model = \"deno\"\n[[case]]\nname = \"one\"\n\
                steps = [{ query = { name = \"read\" }, expect = \"prompt\" }]\n";
    write(folder.path(), "conformance/cases.toml", case);
    write(folder.path(), "fixtures/empty.toml", "");
    write(folder.path(), "fixtures/implementations/shell/implementation.toml", MANIFEST);
    write(folder.path(), "shell", script);
    write(folder.path(), "shell.old", "something that was there before\n");
    allow(&folder, 0o755);
    fs::create_dir(folder.path().join("temporary")).expect("it can be made");
    folder
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("it can be made");
    fs::write(path, text).expect("it can be written");
}

fn allow(checkout: &TempDir, mode: u32) {
    let shell = checkout.path().join("shell");
    fs::set_permissions(shell, fs::Permissions::from_mode(mode)).expect("it can be changed");
}

/// The script with the port of a listener, which is open for as long as it lives.
fn tries() -> (String, TcpListener) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("there is a port");
    let port = listener.local_addr().expect("it has an address").port();
    (TRIES.replace("PORT", &port.to_string()), listener)
}

fn permscope(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_permscope"));
    command.args(arguments).current_dir(folder).env("TMPDIR", folder.join("temporary"));
    command.env_remove("CARGO_TERM_COLOR").env_remove("CLICOLOR_FORCE").stdin(Stdio::null());
    command.output().expect("the program starts")
}

fn code_and_error(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The version of the kernel's Landlock, as it says itself; 0 where there is none.
#[cfg(target_os = "linux")]
fn landlock() -> i32 {
    use landlock::{ABI, AccessFs, LandlockStatus, Ruleset, RulesetAttr};
    let asked = std::thread::spawn(|| {
        let ruleset = Ruleset::default().handle_access(AccessFs::from_write(ABI::V1));
        ruleset.and_then(Ruleset::create).and_then(landlock::RulesetCreated::restrict_self)
    });
    match asked.join().expect("it can be asked").expect("it answers").landlock {
        LandlockStatus::Available { effective_abi, .. } => effective_abi as i32,
        LandlockStatus::NotEnabled | LandlockStatus::NotImplemented => 0,
    }
}

#[cfg(not(target_os = "linux"))]
fn landlock() -> i32 {
    0
}

#[test]
fn an_implementation_reaches_its_own_folders_alone() {
    let (script, _listener) = tries();
    let folder = checkout(&script);
    let (code, stderr) = code_and_error(&permscope(folder.path(), &["-i", "shell=./shell"]));
    assert_eq!(code, Some(70), "{stderr}");
    let line = Sandbox::here().to_string();
    assert!(stderr.starts_with(&format!("{line}\n")), "{stderr}");
    let (keeps_writing, says) = match landlock() {
        ..=2 => (false, "write anywhere"),
        3 => (true, "write to their own folders alone, by Landlock (ABI 3)"),
        4.. => (
            true,
            "write to their own folders alone and reach by TCP only the harness's own listeners, by Landlock",
        ),
    };
    assert!(line.contains(says), "{line}");
    let has_network = landlock() < 4 && !line.contains("by an empty namespace");
    assert_eq!(line.contains("have the whole network"), has_network, "{line}");
    let writing = if keeps_writing { "" } else { WRITING };
    let network = if has_network { NETWORK } else { "" };
    assert!(stderr.ends_with(&format!(": {ITS_OWN}{writing}{network}\n")), "{stderr}");
    for name in ["shell.new", "shell.linked", "shell.folder"] {
        assert_eq!(folder.path().join(name).exists(), !keeps_writing, "{name}");
    }
    let old = fs::read(folder.path().join("shell.old")).expect("it is there");
    assert_eq!(old.is_empty(), !keeps_writing);
}

#[test]
fn without_the_sandbox_it_reaches_everything_and_nothing_is_said() {
    let (script, _listener) = tries();
    let folder = checkout(&script);
    let output = permscope(folder.path(), &["-i", "shell=./shell", "--no-sandbox"]);
    let (code, stderr) = code_and_error(&output);
    assert_eq!(code, Some(70), "{stderr}");
    assert!(stderr.ends_with(&format!(": {ITS_OWN}{WRITING}{NETWORK}\n")), "{stderr}");
    assert!(!stderr.contains("sandbox: "), "{stderr}");
}

/// One restriction by itself; where the system does not take it, the process is not started without it.
#[rstest]
#[case::writing(Sandbox { landlock: Some(3), namespace: false }, NETWORK)]
#[case::writing_and_tcp(Sandbox { landlock: Some(4), namespace: false }, "")]
#[case::the_network(Sandbox { landlock: None, namespace: true }, WRITING)]
#[case::both_ways(Sandbox { landlock: Some(3), namespace: true }, "")]
fn a_restriction_holds_or_nothing_is_started(#[case] sandbox: Sandbox, #[case] reached: &str) {
    let (script, _listener) = tries();
    let folder = checkout(&script);
    let [own, cache] = ["own", "cache"].map(|name| folder.path().join("temporary").join(name));
    fs::create_dir(&own).and_then(|()| fs::create_dir(&cache)).expect("they can be made");
    let mut command = tokio::process::Command::new(folder.path().join("shell"));
    command.arg(&cache).env_clear().current_dir(&own).stderr(Stdio::piped());
    let executor = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let output = executor.expect("processes can be driven").block_on(async {
        let child = sandbox.start(&mut CommandWrap::from(command), &[&own, &cache], None)?;
        anyhow::Ok(Box::into_pin(child.wait_with_output()).await?)
    });
    match output {
        Ok(output) => {
            let told = code_and_error(&output).1;
            assert_eq!(told.trim_end(), format!("{ITS_OWN}{reached}"));
        }
        Err(error) => {
            let is_old = landlock() < sandbox.landlock.unwrap_or_default();
            let may_not = sandbox.namespace && format!("{error:#}").ends_with("not permitted");
            assert!(is_old || may_not || cfg!(not(target_os = "linux")), "{error:#}");
        }
    }
}

#[rstest]
#[case::for_two_implementations(&["-i", "shell=./shell", "-i", "shell=./shell"], 1)]
#[case::for_no_process(&["-i", "reference@2.9.6"], 0)]
#[case::for_the_engine_of_a_command(&["--command", "./shell"], 1)]
fn it_is_said_once(#[case] arguments: &[&str], #[case] times: usize) {
    let folder = checkout(SPEAKS);
    let (_, stderr) = code_and_error(&permscope(folder.path(), arguments));
    assert_eq!(stderr.matches("sandbox: ").count(), times, "{stderr}");
}

/// What cannot be started is told of in the same words, whether it would have been restricted or not.
#[rstest]
#[case::with_the_sandbox(&["-i", "shell=./shell"])]
#[case::without(&["-i", "shell=./shell", "--no-sandbox"])]
fn what_cannot_be_started_is_not_attached(#[case] arguments: &[&str]) {
    let folder = checkout(SPEAKS);
    allow(&folder, 0o644);
    let (code, stderr) = code_and_error(&permscope(folder.path(), arguments));
    assert_eq!(code, Some(126), "{stderr}");
    assert!(
        stderr.contains(": cannot start ") && stderr.contains(": Permission denied"),
        "{stderr}"
    );
}
