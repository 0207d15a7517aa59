//! The command line, from outside: what is said, and which number it ends with.

use std::fs;
use std::path::Path;
use std::process::Command;

use permscope::record;
use permscope::tally::Tally;
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
    // What runs the tests is CI, perhaps; what is tested is run by a person, unless it says otherwise.
    for variable in ["CI", "CARGO_TERM_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "NO_COLOR"] {
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
    let tally = Tally::of(&path).expect("the record is whole");
    assert_eq!(tally.header.schema, record::SCHEMA);
    assert_eq!(tally.counts.all(), 11, "one case at ten releases, and one at one");
    assert_eq!((tally.counts.fail, tally.counts.over_denials), (1, 1));
    assert_eq!(
        tally.footer.targets.len(),
        16,
        "every release of either model, with cases or without"
    );
}

/// Changes a record by hand, and has it reported.
#[rstest]
#[case::whole(|text: String| text, 0, "")]
#[case::no_footer(|text: String| text.rsplit_once("{\"footer").unwrap().0.to_owned(), 71, "no footer")]
#[case::cut(|text: String| text[..text.len() / 2].to_owned(), 71, "no footer")]
#[case::garbled(|text: String| text.replacen("\"outcome\":", "\"outcome\"", 1), 71, "not a line of a record")]
#[case::mended(
    |text: String| text.replacen("\"outcome\":\"fail\"", "\"outcome\":\"pass\"", 1),
    71,
    "is not what its footer counts"
)]
#[case::a_record_less(
    |text: String| text.lines().enumerate().filter(|(n, _)| *n != 1).map(|(_, l)| format!("{l}\n")).collect(),
    71,
    "the record holds 10 of 11 cases"
)]
#[case::empty(|_| String::new(), 71, "no header")]
#[case::newer(|text: String| text.replacen("\"schema\":3", "\"schema\":4", 1), 76, "of schema 4")]
fn a_record_is_read_only_if_it_can_be_trusted(
    #[case] change: fn(String) -> String,
    #[case] code: i32,
    #[case] said: &str,
) {
    let folder = checkout(&format!("{RIGHT}{WRONG}"));
    permscope(folder.path(), &[]);
    let path = folder.path().join("target/conformance/run.jsonl");
    let text = fs::read_to_string(&path).expect("the record can be read");
    fs::write(&path, change(text)).expect("it can be written");
    let record = path.to_str().expect("the path is text");
    let (seen, stdout, stderr) =
        permscope(folder.path(), &["report", record, "--report", "json=-"]);
    assert_eq!(seen, code, "{stdout}{stderr}");
    assert!(stderr.contains(said), "{stderr}");
}

#[test]
fn a_report_that_cannot_be_written_is_told_and_loses_nothing() {
    let folder = checkout(RIGHT);
    write(folder.path(), "file", "");
    for path in ["json=file/report.json", "json=conformance"] {
        let (code, _, stderr) = permscope(folder.path(), &["--report", path]);
        assert_eq!(code, 73, "{stderr}");
        assert!(stderr.starts_with("error: cannot "), "{stderr}");
        assert!(folder.path().join("target/conformance/run.jsonl").exists());
    }
    let (code, _, stderr) = permscope(folder.path(), &["--report", "jsn=x"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("there is no format \"jsn\""), "{stderr}");
}

#[test]
fn parts_of_a_run_are_merged_into_the_whole() {
    let cases: String = (0..20)
        .map(|n| format!("[[case]]\nname = \"case-{n}\"\nsteps = [{{ query = {{ name = \"read\" }}, expect = \"prompt\" }}]\n"))
        .collect();
    let folder = checkout(&cases);
    let run = |arguments: &[&str]| permscope(folder.path(), arguments);
    let saved = |name: &str| format!("jsonl={name}.jsonl");
    for part in 1..=3 {
        let partition = format!("hash:{part}/3");
        let arguments = ["--partition", &partition, "--report", &saved(&part.to_string())];
        assert_eq!(run(&arguments).0, 0);
    }
    assert_eq!(run(&["--report", &saved("whole")]).0, 0);
    let merged = ["merge", "1.jsonl", "2.jsonl", "3.jsonl", "-o", "merged.jsonl"];
    let (code, _, stderr) = run(&merged);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.starts_with("everything as expected; 0 over-grants"), "{stderr}");
    let tally = |name: &str| Tally::of(&folder.path().join(name)).expect("the record is whole");
    let (whole, merged) = (tally("whole.jsonl"), tally("merged.jsonl"));
    assert_eq!(whole.counts, merged.counts);
    assert_eq!(whole.counts.all(), 200);
    let (code, stdout, _) = run(&["diff", "whole.jsonl", "merged.jsonl"]);
    assert_eq!((code, stdout.as_str()), (0, "nothing changed\n"));

    for (records, why) in [
        (&["1.jsonl", "3.jsonl"][..], "hash:2/3 is missing"),
        (&["1.jsonl", "2.jsonl", "2.jsonl"], "hash:2/3 is there twice"),
        (&["whole.jsonl", "whole.jsonl"], "it is whole in one record, and again"),
        (&["whole.jsonl", "1.jsonl"], "it is whole in one record, and a part"),
    ] {
        let arguments = [&["merge"], records, &["-o", "bad.jsonl"]].concat();
        let (code, _, stderr) = run(&arguments);
        assert_eq!(code, 72, "{stderr}");
        assert!(stderr.contains(why), "{stderr}");
        assert!(!folder.path().join("bad.jsonl").exists(), "nothing is written");
    }
    write(folder.path(), "conformance/more.toml", &format!("model = \"deno\"\n{RIGHT}"));
    assert_eq!(run(&["--report", &saved("other")]).0, 0);
    let (code, _, stderr) = run(&["merge", "1.jsonl", "other.jsonl", "-o", "bad.jsonl"]);
    assert_eq!(code, 72);
    assert!(stderr.contains("of another corpus"), "{stderr}");
}

/// Every way in which what came of a case can become another, and who is said to have changed it.
#[test]
fn a_difference_between_two_runs_says_who_made_it() {
    let folder = checkout(&format!("{RIGHT}{WRONG}"));
    let run = |arguments: &[&str]| permscope(folder.path(), arguments);
    let only = ["-i", "reference@2.9.6"];
    let save = |name: &str| run(&[&only[..], &["--report", &format!("jsonl={name}")]].concat());
    let compare = |said: &str| {
        save("after");
        let (code, stdout, stderr) = run(&["diff", "before", "after"]);
        assert_eq!(code, 100, "{stderr}");
        assert!(stdout.starts_with(said), "{stdout}");
    };
    let corpus = folder.path().join("conformance/cases.toml");
    let original = fs::read_to_string(&corpus).expect("there are cases");
    let rewrite = |from: &str, to: &str| {
        fs::write(&corpus, original.replacen(from, to, 1)).expect("the cases can be written");
    };
    save("before");
    rewrite("expect = \"granted\"", "expect = \"prompt\"");
    compare(
        "the expectations changed: something else is promised (1):\n  cases::wrong on reference@2.9.6: fail [{\"step\":1,\"answer\":\"prompt\"}] -> pass\n",
    );
    rewrite("name = \"wrong\"", "name = \"wrong\"\nflags = [\"--allow-read\"]");
    compare("the corpus changed: something else is asked (1):");
    rewrite("name = \"right\"", "name = \"renamed\"");
    compare("only in the second (1):\n  cases::renamed");
    rewrite("", "");
    let known = "[[difference]]\ncase = \"cases::wrong\"\nversions = \"=2.9.6\"\n\
                 seen = [{ step = 1, answer = \"prompt\" }]\nreason = \"It is so.\"\n";
    write(folder.path(), "reports/known/reference.toml", known);
    compare("what is known changed (1):");
    // An implementation that changed is the same record with another answer.
    let text = fs::read_to_string(folder.path().join("before")).expect("it was written");
    fs::write(
        folder.path().join("after"),
        text.replace("\"answer\":\"prompt\"", "\"answer\":\"denied\""),
    )
    .expect("it can be written");
    let (_, stdout, _) = run(&["diff", "before", "after"]);
    assert!(stdout.starts_with("the implementation changed (1):"), "{stdout}");
}

#[test]
fn in_ci_a_blessing_only_says_what_it_would_write() {
    let folder = checkout(WRONG);
    let bless = |ci: &str| {
        let output = program().arg("--bless").env("CI", ci).current_dir(folder.path()).output();
        let output = output.expect("the program starts");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let list = folder.path().join("reports/known/reference.toml");
    let (code, stdout) = bless("true");
    assert_eq!(code, Some(100));
    assert!(stdout.contains("+ case = \"cases::wrong\""), "{stdout}");
    assert!(!list.exists(), "nothing is written");
    assert_eq!(bless("false").0, Some(0));
    assert!(list.exists());
    assert_eq!(bless("true").0, Some(0), "nothing would change");
}

#[test]
fn laws_are_tried_selected_and_counted() {
    let folder = checkout(RIGHT);
    let universe = "[[universe]]\nname = \"read\"\ngrant = \"--allow-read\"\nseparator = \",\"\nkind = \"read\"\n\
                    field = \"path\"\nsize = 2\nvalues = [\"/m\", \"/m/a\"]\n";
    write(folder.path(), "conformance/deno/laws.toml", universe);
    let (code, stdout, stderr) = permscope(folder.path(), &["--laws", "-i", "reference@2.9.6"]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(stdout.contains("reference@2.9.6       7      7"), "{stdout}");
    let (_, stdout, _) = permscope(folder.path(), &["--laws", "--list", "order"]);
    assert_eq!(stdout, "laws::deno::read::order-does-not-matter\n");
    let (code, _, stderr) = permscope(folder.path(), &["--laws", "nihil"]);
    assert_eq!(code, 4);
    assert!(stderr.contains("no law of 7 is selected by: nihil"), "{stderr}");
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

    write(&format!("{reasoned}\n{}", reasoned.replace("=2.9.6", ">=2.6.0")));
    let (code, _, stderr) = run(&[]);
    assert_eq!(code, 78, "two entries say what one case is known for");
    assert!(stderr.contains("cases::wrong is listed for 2.9.6 above"), "{stderr}");

    write(&reasoned.replace("cases::wrong", "cases::right"));
    let (code, stdout, _) = run(&[]);
    assert_eq!(code, 100);
    assert!(stdout.contains("STALE cases::right"), "{stdout}");
    assert_eq!(run(&["right", "--bless"]).0, 0);
    assert_eq!(read(), "", "what is mended is dropped");

    let about = "# About the list.\n\n";
    write(&format!("{about}# A comment.\n{}", reasoned.replace("cases::wrong", "cases::right")));
    assert_eq!(run(&["right", "--bless"]).0, 0);
    assert_eq!(read(), about, "what is said of the list outlives its entries");
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

/// What is served over the protocol answers as what is a part of the program, at every release.
#[rstest]
#[case::deno("deno")]
#[case::node("node")]
fn the_reference_engine_answers_the_same_as_a_process(#[case] model: &str) {
    let folder = TempDir::new().expect("there is a temporary folder");
    let program = env!("CARGO_BIN_EXE_permscope");
    let command = format!("'{program}' serve {model}");
    let filter = format!("model({model})");
    let run = |arguments: &[&str]| permscope(folder.path(), arguments);
    let (code, served, stderr) = run(&[&filter, "--command", &command]);
    assert_eq!(code, 0, "{served}{stderr}");
    let (_, within, _) = run(&[&filter, "--implementation", "reference"]);
    // The same number of cases at the same releases; the time is the last column.
    let counts = |summary: &str| -> Vec<Vec<String>> {
        let lines = summary.lines().filter_map(|line| line.split_once('@'));
        lines
            .map(|(_, line)| line.split_whitespace().take(7).map(str::to_owned).collect())
            .collect()
    };
    let of_model: Vec<_> = counts(&within).into_iter().filter(|line| line[1] != "0").collect();
    assert_eq!(counts(&served), of_model);
    assert!(of_model.len() >= 6, "{within}");
}

/// What the program carries makes a checkout of its own, which is run like any other.
#[test]
fn what_is_exported_can_be_run() {
    let folder = TempDir::new().expect("there is a temporary folder");
    let run = |arguments: &[&str]| permscope(folder.path(), arguments);
    assert_eq!(run(&["export", "suite"]).0, 0);
    let (code, _, stderr) = run(&["export", "suite"]);
    assert_eq!(code, 73, "{stderr}");
    assert!(stderr.contains("suite is not empty, and nothing in it is written over"), "{stderr}");
    let suite = folder.path().join("suite");
    let (_, carried, _) = run(&["list", "deno::read", "--json"]);
    let (_, exported, _) = permscope(&suite, &["list", "deno::read", "--json"]);
    assert_eq!(exported, carried);
    let lines = carried.lines().map(|line| serde_json::from_str(line).expect("a line is JSON"));
    let lines: Vec<serde_json::Value> = lines.collect();
    assert!(lines.len() > 20 && lines.iter().all(|line| line["model"] == "deno"), "{carried}");
    let (code, stdout, _) = permscope(&suite, &["deno::read", "-i", "reference@2.9.6"]);
    assert_eq!(code, 0, "{stdout}");
    assert!(suite.join("target/conformance/run.jsonl").exists(), "a checkout keeps its record");
    assert_eq!(run(&["deno::read", "-i", "reference@2.9.6"]).0, 0);
    assert!(!folder.path().join("target").exists(), "elsewhere nothing is left");
}

/// Without a checkout there is no list of ours that could be changed.
#[test]
fn nothing_that_is_carried_is_blessed() {
    let folder = TempDir::new().expect("there is a temporary folder");
    let (code, _, stderr) = permscope(folder.path(), &["deno::read", "--bless"]);
    assert_eq!(code, 73, "{stderr}");
    assert!(stderr.contains("name one of your own with --known FILE"), "{stderr}");
}

#[rstest]
#[case::of_a_case(&["schema"], "\"$schema\"")]
#[case::of_a_record(&["schema", "record"], "\"footer\"")]
#[case::of_the_protocol(&["schema", "protocol"], "\"from-implementation-hello\"")]
#[case::for_bash(&["completions", "bash"], "--implementation")]
#[case::for_zsh(&["completions", "zsh"], "doctor")]
#[case::for_fish(&["completions", "fish"], "doctor")]
fn is_printed(#[case] arguments: &[&str], #[case] expected: &str) {
    let folder = TempDir::new().expect("there is a temporary folder");
    let (code, stdout, stderr) = permscope(folder.path(), arguments);
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains(expected), "{stdout}");
}
