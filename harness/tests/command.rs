//! The command line, from outside: what is said, and which number it ends with.

use std::fs;
use std::path::Path;
use std::process::Command;

use permscope::record;
use rstest::rstest;
use tempfile::TempDir;

/// A checkout of its own, so that nothing a test does reaches the real one.
fn checkout(cases: &str) -> TempDir {
    let folder = TempDir::new().expect("there is a temporary folder");
    write(folder.path(), "conformance/cases.toml", &format!("model = \"deno\"\n{cases}"));
    write(folder.path(), "fixtures/empty.toml", "");
    folder
}

/// Writes a file below a folder.
fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("it can be made");
    fs::write(path, text).expect("it can be written");
}

/// The program, without what the environment of a test says of colours.
fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_permscope"));
    for variable in ["CARGO_TERM_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "NO_COLOR"] {
        program.env_remove(variable);
    }
    program
}

/// Runs the program in a folder: its exit code, standard output and standard error.
fn permscope(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = program().args(arguments).current_dir(folder).output();
    let output = output.expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it speaks text");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

const RIGHT: &str =
    "[[case]]\nname = \"right\"\nsteps = [{ query = { name = \"read\" }, expect = \"prompt\" }]\n";
const WRONG: &str = "[[case]]\nname = \"wrong\"\nreleases = \"=2.9.6\"\nsteps = [{ query = { name = \"read\" }, expect = \"granted\" }]\n";

#[rstest]
#[case::as_expected(&[], 0, "")]
#[case::only_the_right_one(&["right"], 0, "")]
#[case::listed(&["--list"], 0, "")]
#[case::nothing_selected(&["nothing"], 4, "no case of 1 is selected by: nothing")]
#[case::one_filter_of_two(&["right", "rihgt"], 4, "no case of 1 is selected by: rihgt")]
#[case::wrong_usage(&["--jobs", "0"], 2, "invalid value '0' for '--jobs <N>'")]
#[case::unknown_option(&["--jbos", "1"], 2, "unexpected argument '--jbos' found")]
#[case::no_folder(&["--corpus", "nowhere"], 66, "there is no folder nowhere")]
#[case::unknown_implementation(&["-i", "dino"], 69, "there is no implementation \"dino\"; there are reference")]
#[case::not_a_release(&["-i", "deno@2"], 2, "\"2\" is not a release; write three numbers, as in 2.9.6")]
#[case::no_program(&["-i", "reference=x"], 69, "the reference engine is a part of this program")]
fn ends_with(#[case] arguments: &[&str], #[case] code: i32, #[case] said: &str) {
    let folder = checkout(RIGHT);
    let (seen, stdout, stderr) = permscope(folder.path(), arguments);
    assert_eq!(seen, code, "{stdout}{stderr}");
    assert!(stderr.contains(said), "{stderr}");
}

#[test]
fn a_case_that_does_not_agree_is_shown_with_what_reproduces_it() {
    let folder = checkout(&format!("{RIGHT}{WRONG}"));
    let (code, stdout, stderr) = permscope(folder.path(), &[]);
    assert_eq!(code, 100, "{stdout}{stderr}");
    let expected = "\
FAIL cases::wrong on reference@2.9.6  over-deny
  conformance/cases.toml:6
  deno run
    - 1. query read -> granted
    + 1. query read -> prompt
  again: cargo xtask conformance cases::wrong --implementation reference@2.9.6
";
    assert!(stdout.contains(expected), "{stdout}");
    let (again, ..) =
        permscope(folder.path(), &["cases::wrong", "--implementation", "reference@2.9.6"]);
    assert_eq!(again, 100, "the command that is shown shows it again");
}

#[rstest]
#[case::nobody_watches(&[], &[], false)]
#[case::asked_for(&["--color", "always"], &[("NO_COLOR", "1")], true)]
#[case::asked_of_cargo(&[], &[("CARGO_TERM_COLOR", "always"), ("NO_COLOR", "1")], true)]
#[case::forced(&[], &[("CLICOLOR_FORCE", "1")], true)]
#[case::declined(&["--color", "never"], &[("CLICOLOR_FORCE", "1")], false)]
#[case::declined_to_cargo(&[], &[("CARGO_TERM_COLOR", "never"), ("CLICOLOR_FORCE", "1")], false)]
fn is_coloured(
    #[case] arguments: &[&str],
    #[case] environment: &[(&str, &str)],
    #[case] coloured: bool,
) {
    let folder = checkout(RIGHT);
    let mut program = program();
    program.args(arguments).envs(environment.iter().copied()).current_dir(folder.path());
    let output = program.output().expect("the program starts");
    assert_eq!(output.stdout.contains(&b'\x1b'), coloured);
}

#[test]
fn a_corpus_with_errors_runs_nothing() {
    let folder = checkout("[[case]]\nname = \"one\"\nstep = []\n");
    let (code, stdout, stderr) = permscope(folder.path(), &[]);
    assert_eq!(code, 65, "{stdout}{stderr}");
    assert!(stderr.starts_with("error: unknown field `step`"), "{stderr}");
    assert!(!folder.path().join("target").exists(), "nothing is recorded");
}

#[test]
fn a_run_is_recorded_whole() {
    let folder = checkout(&format!("{RIGHT}{WRONG}"));
    permscope(folder.path(), &[]);
    let path = folder.path().join("target/conformance/run.jsonl");
    let (header, records) = record::read(&path).expect("the record is whole");
    assert_eq!(header.schema, record::SCHEMA);
    assert_eq!(records.len(), 11, "one case at ten releases, and one at one");
    let text = fs::read_to_string(&path).expect("the record can be read");
    let (truncated, _) = text.trim_end().rsplit_once('\n').expect("it has lines");
    fs::write(&path, truncated).expect("it can be written");
    let error = record::read(&path).expect_err("a record without its footer is not to be trusted");
    assert!(error.to_string().contains("no footer"), "{error}");
}

/// The life of a known difference: found, blessed, refused without a reason, known, and stale once mended.
#[test]
fn a_known_difference_lives_and_dies() {
    let folder = checkout(&format!("{RIGHT}{WRONG}"));
    let known = folder.path().join("reports/known/reference.toml");
    let run = |arguments: &[&str]| permscope(folder.path(), arguments);
    let write = |text: &str| fs::write(&known, text).expect("the list can be written");
    let read = || fs::read_to_string(&known).expect("the list can be read");

    assert_eq!(run(&["--bless"]).0, 0);
    let blessed = "[[difference]]\ncase = \"cases::wrong\"\nversions = [\"=2.9.6\"]\n\
                   seen = [{ step = 1, answer = \"prompt\" }]\nreason = \"\"\n";
    assert_eq!(read(), blessed);

    let (code, _, stderr) = run(&[]);
    assert_eq!(code, 78, "a difference without a reason is not known");
    assert!(stderr.contains("a known difference needs a reason"), "{stderr}");

    let reasoned = blessed.replace("\"\"", "\"It was never granted.\"");
    let commented = format!("# A comment.\n{reasoned}");
    write(&commented);
    assert_eq!(run(&[]).0, 0, "a known difference is expected");

    assert_eq!(run(&["--bless"]).0, 0);
    assert_eq!(read(), commented, "comments and reasons stay");

    write(&commented.replace("answer = \"prompt\"", "answer = \"denied\""));
    let (code, stdout, _) = run(&[]);
    assert_eq!(code, 100);
    assert!(stdout.starts_with("STALE cases::wrong"), "{stdout}");
    assert_eq!(run(&["--bless"]).0, 0);
    assert_eq!(read(), blessed, "the reason explained another answer");

    write(&reasoned.replace("cases::wrong", "cases::wrnog"));
    let (code, _, stderr) = run(&[]);
    assert_eq!(code, 78);
    assert!(stderr.contains("did you mean \"cases::wrong\"?"), "{stderr}");

    write(&reasoned.replace("cases::wrong", "cases::right"));
    let (code, stdout, _) = run(&[]);
    assert_eq!(code, 100);
    assert!(stdout.contains("STALE cases::right"), "{stdout}");
    assert_eq!(run(&["right", "--bless"]).0, 0);
    assert_eq!(read(), "", "what is mended is dropped");
}

#[test]
fn more_access_than_promised_is_known_only_to_whoever_acknowledges_it() {
    let case = "[[case]]\nname = \"open\"\nflags = [\"--allow-read\"]\n\
                releases = \"=2.9.6\"\nsteps = [{ query = { name = \"read\" }, expect = \"denied\" }]\n";
    let folder = checkout(case);
    let known = folder.path().join("reports/known/reference.toml");
    assert_eq!(permscope(folder.path(), &["--bless"]).0, 0);
    let blessed = fs::read_to_string(&known).expect("the list was written");
    let reasoned = blessed.replace("reason = \"\"", "reason = \"It is open.\"");
    fs::write(&known, &reasoned).expect("the list can be written");
    assert_eq!(permscope(folder.path(), &[]).0, 100);
    let acknowledged = reasoned.replace("acknowledged = false", "acknowledged = true");
    fs::write(&known, acknowledged).expect("the list can be written");
    assert_eq!(permscope(folder.path(), &[]).0, 0);
}

/// A folder of cases outside of the project, each reading a file of a fixture that has the same name everywhere.
fn outside(name: &str) -> TempDir {
    let folder = TempDir::with_prefix("the cases of ").expect("there is a temporary folder");
    let entry = format!("[[entry]]\npath = \"{name}\"\nfile = \"text\"\n");
    write(folder.path(), "fixtures/own.toml", &entry);
    let case = format!(
        "model = \"deno\"\n[[case]]\nname = \"{name}\"\nfixture = \"own\"\nflags = [\"--allow-read\"]\n\
         steps = [{{ use = {{ name = \"read-file\", path = \"{name}\" }}, expect = \"allowed\" }}]\n"
    );
    write(folder.path(), "theirs.toml", &case);
    folder
}

#[test]
fn corpora_outside_of_the_project_bring_their_own_fixtures() {
    let inside = checkout(RIGHT);
    let (one, other) = (outside("one"), outside("other"));
    let path = |folder: &TempDir| folder.path().to_str().expect("the path is text").to_owned();
    let (one, other) = (path(&one), path(&other));
    let (code, stdout, stderr) =
        permscope(inside.path(), &["--corpus", &one, "--corpus", &other, "-i", "reference@2.9.6"]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(stdout.contains("reference@2.9.6       2      2"), "{stdout}");

    let (code, _, stderr) = permscope(inside.path(), &["--corpus", &one, "--corpus", &one]);
    assert_eq!(code, 65, "{stderr}");
    assert!(stderr.starts_with("error: theirs::one is a case of "), "{stderr}");
    assert!(stderr.contains("3 | name = \"one\""), "{stderr}");
}

#[test]
fn what_is_known_of_the_project_is_no_error_beside_another_corpus() {
    let inside = checkout(WRONG);
    let known = "[[difference]]\ncase = \"cases::wrong\"\nversions = \"=2.9.6\"\n\
                 seen = [{ step = 1, answer = \"prompt\" }]\nreason = \"It is so.\"\n";
    write(inside.path(), "reports/known/reference.toml", known);
    let theirs = outside("one");
    let folder = theirs.path().to_str().expect("the path is text");
    let (code, stdout, stderr) = permscope(inside.path(), &["--corpus", folder]);
    assert_eq!(code, 0, "{stdout}{stderr}");
}

#[test]
fn the_command_that_reproduces_a_failure_names_the_corpus_and_the_list() {
    let inside = checkout(RIGHT);
    let theirs = outside("one");
    let text = fs::read_to_string(theirs.path().join("theirs.toml")).expect("it was written");
    write(theirs.path(), "theirs.toml", &text.replace("allowed", "absent"));
    let folder = theirs.path().to_str().expect("the path is text");
    let arguments = ["--corpus", folder, "--known", "known.toml", "-i", "reference@2.9.6"];
    let (code, stdout, stderr) = permscope(inside.path(), &arguments);
    assert_eq!(code, 100, "{stdout}{stderr}");
    let again = format!(
        "again: cargo xtask conformance theirs::one --implementation reference@2.9.6 --corpus '{folder}' --known known.toml\n"
    );
    assert!(stdout.contains(&again), "{stdout}");
}

#[test]
#[cfg(unix)]
fn what_is_written_can_be_read_by_whoever_can_read_other_files() {
    use std::os::unix::fs::PermissionsExt;
    let folder = checkout(WRONG);
    permscope(folder.path(), &["--bless"]);
    let mode = |name: &str| {
        let metadata = fs::metadata(folder.path().join(name)).expect("it was written");
        metadata.permissions().mode() & 0o777
    };
    let usual = mode("conformance/cases.toml");
    assert_eq!(mode("target/conformance/run.jsonl"), usual);
    assert_eq!(mode("reports/known/reference.toml"), usual);
}
