//! Implementations that are processes, from outside: how they are attached, and how a run with them ends early.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use permscope::tally::Tally;
use rstest::rstest;
use tempfile::TempDir;

/// An implementation in the shell's language: it says who it is, and then, asked anything, waits for a child that never ends.
const SHELL: &str = r#"#!/bin/sh
read -r hello
echo '{"hello":{"protocol":1,"name":"shell","version":"2.9.6","model":"deno","releases":["2.9.6"],"capabilities":["query"]}}'
read -r run || exit 0
sleep 60 &
echo "$!" > "$0.child"
mv "$0.child" "$0.asked"
wait
"#;

const MANIFEST: &str =
    "name = \"shell\"\nmodel = \"deno\"\nlaunch = \"message\"\nprogram = \"shell\"\n";

/// Longer than anything here takes, even on a busy machine.
const LONG: Duration = Duration::from_secs(20);

/// A checkout of its own with an implementation that is a script.
fn checkout(manifest: &str, script: &str) -> TempDir {
    let folder = TempDir::new().expect("there is a temporary folder");
    let case = "model = \"deno\"\n[[case]]\nname = \"one\"\n\
                steps = [{ query = { name = \"read\" }, expect = \"prompt\" }]\n";
    write(folder.path(), "conformance/cases.toml", case);
    write(folder.path(), "fixtures/empty.toml", "");
    write(folder.path(), "fixtures/implementations/shell/implementation.toml", manifest);
    write(folder.path(), "shell", script);
    let runnable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(folder.path().join("shell"), runnable).expect("it can be made runnable");
    fs::create_dir(folder.path().join("temporary")).expect("it can be made");
    folder
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("it can be made");
    fs::write(path, text).expect("it can be written");
}

/// The program in a checkout, which keeps its temporary folders there, too.
fn permscope(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_permscope"));
    command.args(arguments).current_dir(folder).env("TMPDIR", folder.join("temporary"));
    command.env_remove("CARGO_TERM_COLOR").env_remove("CLICOLOR_FORCE");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn code_and_error(output: &Output) -> (i32, String) {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap_or(-1), stderr)
}

/// Whether a command of the shell's own succeeds.
fn shell(command: &str) -> bool {
    let status = Command::new("sh").args(["-c", command]).stderr(Stdio::null()).status();
    status.expect("there is a shell").success()
}

/// Whether a process lives; one that has ended may wait for long until somebody asks how.
fn is_alive(process: &str) -> bool {
    let processes = Path::new("/proc");
    match processes.join("self").exists() {
        true => {
            fs::read(processes.join(process).join("cmdline")).is_ok_and(|line| !line.is_empty())
        }
        false => shell(&format!("kill -0 {process}")),
    }
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + LONG;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what} takes too long");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[rstest]
#[case::of_another_name(&MANIFEST.replace("\"shell\"\nmodel", "\"sea-shell\"\nmodel"), SHELL, 69, "the name \"sea-shell\" is not that of its folder")]
#[case::unreadable("name = 1", SHELL, 69, "cannot read the manifest")]
#[case::without_its_adapter(&format!("{MANIFEST}adapter = \"adapter.js\""), SHELL, 69, "cannot read the adapter")]
#[case::as_another(MANIFEST, &SHELL.replace("\"name\":\"shell\"", "\"name\":\"deno\""), 70, "it says that it is deno of the model deno, and its manifest shell of deno")]
#[case::of_another_model(MANIFEST, &SHELL.replace("\"model\":\"deno\"", "\"model\":\"node\""), 70, "it says that it is shell of the model node")]
#[case::of_another_protocol(MANIFEST, &SHELL.replace("\"protocol\":1", "\"protocol\":2"), 70, "it speaks version 2 of the protocol, not 1")]
#[case::of_an_older_protocol(MANIFEST, &SHELL.replace("\"protocol\":1", "\"protocol\":0"), 70, "it speaks version 0 of the protocol, not 1")]
#[case::of_no_release(MANIFEST, &SHELL.replace("[\"2.9.6\"]", "[]"), 70, "it names no release that it can be")]
#[case::that_speaks_otherwise(
    MANIFEST,
    "#!/bin/sh\necho HTTP/1.1 400 Bad Request\n",
    70,
    "it said \"HTTP/1.1 400 Bad Request\""
)]
#[case::that_ends(MANIFEST, "#!/bin/sh\necho no >&2\nexit 3\n", 70, "ended with exit code 3: no")]
#[case::that_has_no_interpreter(MANIFEST, "#!/nowhere/interpreter\n", 126, "cannot start")]
fn is_not_attached(
    #[case] manifest: &str,
    #[case] script: &str,
    #[case] code: i32,
    #[case] said: &str,
) {
    let folder = checkout(manifest, script);
    let output = permscope(folder.path(), &["-i", "shell=./shell"]).output();
    let (seen, stderr) = code_and_error(&output.expect("the program starts"));
    assert_eq!(seen, code, "{stderr}");
    assert!(stderr.contains(said), "{stderr}");
}

/// An engine that is named by its command.
#[rstest]
#[case::nowhere("./nowhere", 127, "there is no program \"./nowhere\"")]
#[case::not_on_the_search_path(
    "nowhere --fast",
    127,
    "there is no program \"nowhere\" on the search path"
)]
#[case::only_in_this_folder("shell", 127, "\"./shell\" is in this folder")]
#[case::not_executable("./plain", 126, "make it executable, or name the interpreter that runs it")]
#[case::with_an_open_quote("./shell 'a", 2, "\"./shell 'a\" has an open quote")]
#[case::empty("", 2, "the command is empty")]
#[case::with_the_name_of_a_runtime(
    "sh -c 'sed s/shell/reference/ shell | sh'",
    70,
    "it says that its name is reference, which is that of another implementation"
)]
#[case::with_no_name(
    "sh -c 'sed s/\\\"shell/\\\"..\\\\/shell/ shell | sh'",
    70,
    "a name is letters, digits, hyphens, dots and underscores"
)]
#[case::of_no_model(
    "sh -c 'sed s/\\\"model\\\":\\\"deno/\\\"model\\\":\\\"bun/ shell | sh'",
    70,
    "it says that its model is \"bun\"; there are deno, node"
)]
fn no_engine_is(#[case] command: &str, #[case] code: i32, #[case] said: &str) {
    let folder = checkout(MANIFEST, SHELL);
    write(folder.path(), "plain", SHELL);
    let output = permscope(folder.path(), &["--command", command]).output();
    let (seen, stderr) = code_and_error(&output.expect("the program starts"));
    assert_eq!(seen, code, "{stderr}");
    assert!(stderr.contains(said), "{stderr}");
}

#[test]
fn a_mistake_in_any_list_is_told_before_anything_runs() {
    let folder = checkout(MANIFEST, SHELL);
    write(folder.path(), "reports/known/shell.toml", "[[difference]]\ncase = \"nothing\"\n");
    let arguments = ["-i", "reference", "-i", "shell=./shell", "--no-sandbox"];
    let output = permscope(folder.path(), &arguments).output().expect("the program starts");
    let (code, stderr) = code_and_error(&output);
    assert_eq!(code, 78, "{stderr}");
    assert!(!folder.path().join("shell.asked").exists(), "nothing was run");
}

#[test]
fn silence_breaks_the_protocol() {
    let folder = checkout(MANIFEST, SHELL);
    let arguments = ["-i", "shell=./shell", "--timeout", "1"];
    let output = permscope(folder.path(), &arguments).output().expect("the program starts");
    assert_eq!(code_and_error(&output).0, 100);
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(stdout.contains("the protocol was broken: it was silent for 1 s"), "{stdout}");
}

/// Whoever ends a run ends what it has started, and finds nothing left behind.
#[rstest]
#[case::at_the_keyboard("INT")]
#[case::by_its_number("TERM")]
fn an_interrupted_run_leaves_nothing_behind(#[case] signal: &str) {
    let folder = checkout(MANIFEST, SHELL);
    // It tells of its child by a file beside itself.
    let arguments = ["-i", "shell=./shell", "--timeout", "60", "--no-sandbox"];
    let mut running = permscope(folder.path(), &arguments).spawn().expect("the program starts");
    let asked = folder.path().join("shell.asked");
    wait_until("the first case", || asked.exists());
    let child = fs::read_to_string(&asked).expect("it was written whole");
    assert!(is_alive(child.trim()), "the child waits");
    assert!(shell(&format!("kill -{signal} {}", running.id())), "the run is there to be ended");
    wait_until("the end", || running.try_wait().expect("it can be waited for").is_some());
    let output = running.wait_with_output().expect("it has ended");
    let (code, stderr) = code_and_error(&output);
    assert_eq!(code, 130, "{stderr}");
    assert!(stderr.contains("run.jsonl has what was seen, as incomplete"), "{stderr}");
    wait_until("the child's end", || !is_alive(child.trim()));
    let left = fs::read_dir(folder.path().join("temporary")).expect("the folder is there").count();
    assert_eq!(left, 0, "temporary folders are left");
    let record = Tally::of(&folder.path().join("target/conformance/run.jsonl"));
    let record = record.expect("what was seen is recorded");
    assert!(!record.footer.complete && record.counts.all() == 0, "{record:?}");
}

/// What was answered before a run was ended is recorded, also of an implementation that was in the middle of it.
#[test]
fn an_interrupted_run_keeps_what_was_answered() {
    let script = r#"#!/bin/sh
read -r hello
echo '{"hello":{"protocol":1,"name":"shell","version":"2.9.6","model":"deno","releases":["2.9.6"],"capabilities":["query"]}}'
read -r run || exit 0
id=$(printf '%s' "$run" | sed 's/.*"id":\([0-9]*\).*/\1/')
echo "{\"result\":{\"id\":$id,\"steps\":[{\"answer\":\"prompt\"}]}}"
touch "$0.asked"
sleep 60
"#;
    let folder = checkout(MANIFEST, script);
    let step = "steps = [{ query = { name = \"read\" }, expect = \"prompt\" }]\n";
    let cases = format!(
        "model = \"deno\"\n[[case]]\nname = \"one\"\n{step}[[case]]\nname = \"two\"\n{step}"
    );
    write(folder.path(), "conformance/cases.toml", &cases);
    let arguments = ["-i", "shell=./shell", "--timeout", "60", "--jobs", "1", "--no-sandbox"];
    let mut running = permscope(folder.path(), &arguments).spawn().expect("the program starts");
    let asked = folder.path().join("shell.asked");
    wait_until("the first answer", || asked.exists());
    // The answer was written before the file was.
    std::thread::sleep(Duration::from_millis(200));
    assert!(shell(&format!("kill -INT {}", running.id())), "the run is there to be ended");
    wait_until("the end", || running.try_wait().expect("it can be waited for").is_some());
    let (code, stderr) = code_and_error(&running.wait_with_output().expect("it has ended"));
    assert_eq!(code, 130, "{stderr}");
    let record = Tally::of(&folder.path().join("target/conformance/run.jsonl"));
    let record = record.expect("what was seen is recorded");
    assert!(!record.footer.complete);
    assert_eq!((record.counts.all(), record.counts.pass), (1, 1), "{record:?}");
}
