//! The workflows for GitHub Actions, run here step by step, in the order in which they stand.
//!
//! Every command of theirs is run by the shell that GitHub would use, in a folder like that of the repository they are for.
//! Only what needs a network is stood in for: cargo by a script that takes no other arguments than are written here, artifacts and caches by folders.
//! What a workflow says and this file has no value for is a failure, so nothing in one is passed over.

#![cfg(unix)]

#[path = "workflows/expression.rs"]
mod expression;
#[path = "workflows/github.rs"]
mod github;
#[path = "workflows/workflow.rs"]
mod workflow;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use permscope::tally::Tally;
use rstest::rstest;
use serde_json::json;

use crate::github::{Done, Repository, forget_permissions, make_program, write};
use crate::workflow::{Workflow, checkout, scalar, text};

/// Where a workflow says that Permscope comes from.
const ADDRESS: &str = "https://git.example/permscope";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// What the headline of every report begins with where nothing is wrong.
const RIGHT: &str = "everything as expected";

/// An engine that claims nothing and refuses every launch, which is all that it is asked about and right each time; a wrong one starts what it must refuse.
fn engine(name: &str, wrong: bool) -> String {
    let answer = match wrong {
        true => r#"{"result":{"id":%s,"steps":[]}}"#,
        false => r#"{"refused":{"id":%s,"as":"bad-value","message":"no"}}"#,
    };
    format!(
        r#"#!/usr/bin/env bash
while IFS= read -r line; do
  case $line in
    '{{"hello"'*) echo '{{"hello":{{"protocol":1,"name":"{name}","version":"0.1.0","model":"deno","releases":["2.9.6"],"capabilities":[]}}}}' ;;
    *) id=${{line#*'"id":'}}; printf '{answer}\n' "${{id%%,*}}" ;;
  esac
done
"#
    )
}

/// The job of that name, of which there is one.
fn only<'d>(all: &'d [Done], job: &str) -> &'d Done {
    let mut found = all.iter().filter(|done| done.job == job);
    let done = found.next().expect("the job is there");
    assert!(found.next().is_none(), "it is there once");
    done
}

impl Done {
    fn is_fine(&self) {
        assert_eq!((self.result, self.failed.as_slice()), ("success", &[][..]), "{}", self.said);
    }

    /// That one step failed, with this code.
    fn failed_with(&self, code: i32) {
        assert_eq!(self.result, "failure", "{}", self.said);
        let codes: Vec<_> = self.failed.iter().map(|(_, code)| *code).collect();
        assert_eq!(codes, [code], "{:?}\n{}", self.failed, self.said);
    }

    fn did(&self, words: &str) -> bool {
        self.ran.iter().any(|name| name.contains(words))
    }
}

#[rstest]
fn is_what_github_takes(#[values("gate-engine", "gate-runtime", "matrix")] file: &str) {
    let text = text(file);
    let workflow = Workflow::parse(&text);
    assert!(text.starts_with("# "), "whoever copies it is told what to change");
    assert!(!workflow.name.is_empty());
    assert!(
        !text.contains("pull_request_target"),
        "what a stranger wrote never runs with more rights"
    );
    assert!(!text.contains("secrets"), "none is needed");
    assert_eq!(workflow.defaults, json!({ "run": { "shell": "bash" } }));
    let read = BTreeMap::from([("contents".to_owned(), "read".to_owned())]);
    assert_eq!(workflow.permissions, read);
    let mut before = BTreeSet::new();
    let mut steps = 0;
    for (id, job) in workflow.jobs() {
        assert!(
            job.needs.is_none_or(|needed| before.contains(&needed)),
            "{id} needs what is there"
        );
        assert!(["ubuntu-24.04"].contains(&job.runs_on.as_str()), "{id}");
        assert!((1..=60).contains(&job.timeout_minutes), "{id}");
        assert!(job.strategy.is_none_or(|strategy| !strategy.fail_fast), "{id}");
        let permissions = job.permissions.unwrap_or_default();
        let mut writes = permissions.iter().filter(|(_, level)| *level != "read");
        if writes.any(|(scope, _)| !(id == "code-scanning" && scope == "security-events")) {
            panic!("{id} may write");
        }
        // What is allowed to write runs nothing but actions.
        let runs = job.steps.iter().any(|step| step.run.is_some());
        assert!(!(runs && permissions.values().any(|level| level == "write")), "{id}");
        let mut ids = BTreeSet::new();
        for step in &job.steps {
            let name = &step.name;
            steps += 1;
            assert!(
                name.ends_with('.') && name.starts_with(char::is_uppercase),
                "{name} is a sentence"
            );
            assert_ne!(step.run.is_some(), step.uses.is_some(), "{name} runs or uses");
            assert!(
                step.id.as_ref().is_none_or(|id| ids.insert(id)),
                "{name}: an id is there once"
            );
            let Some(action) = &step.uses else {
                assert!(step.with.is_empty(), "{name}");
                continue;
            };
            let (action, version) = action.split_once('@').expect("an action has a version");
            let is_official = action.starts_with("actions/") || action.starts_with("github/");
            assert!(is_official, "{name}");
            let major = version.strip_prefix('v').and_then(|major| major.parse::<u32>().ok());
            assert!(major.is_some(), "{name}: {version} is a major version");
        }
        before.insert(id);
    }
    // Each step has a name of its own in the text, so none was lost on the way.
    assert_eq!(text.matches("      - name: ").count(), steps);
}

/// Inputs are declared with words about them, each is used, and none is used that is not declared.
#[rstest]
fn says_what_it_takes(#[values("gate-engine", "gate-runtime", "matrix")] file: &str) {
    let text = text(file);
    let inputs = Workflow::read(file).inputs();
    for (name, input) in &inputs {
        assert!(input.description.ends_with('.'), "{name}: {}", input.description);
        assert!(["string", "boolean"].contains(&input.r#type.as_str()), "{name}");
        assert_ne!(input.required, input.default.is_some(), "{name} is required or has a default");
    }
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    let expressions = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let used = expressions.flat_map(|line| line.split("inputs.").skip(1));
    let used: BTreeSet<_> = used.map(|rest| rest.split(|letter| !is_name(letter)).next()).collect();
    assert_eq!(used, inputs.keys().map(|name| Some(name.as_str())).collect());
}

/// Whoever copies a gate uncomments its triggers, and that is then a workflow, too.
#[rstest]
fn becomes_a_workflow_of_ones_own(#[values("gate-engine", "gate-runtime")] file: &str) {
    let uncommented = text(file).replace("\n  # push:", "\n  push:");
    let uncommented = uncommented.replace("\n  # pull_request:", "\n  pull_request:");
    let uncommented = uncommented.replace("\n  # workflow_dispatch:", "\n  workflow_dispatch:");
    let workflow = Workflow::parse(&uncommented);
    let triggers: Vec<_> = workflow.on.keys().map(String::as_str).collect();
    assert_eq!(triggers, ["push", "pull_request", "workflow_dispatch", "workflow_call"]);
}

const CALLED: [(&str, &str); 2] = [("permscope", ADDRESS), ("revision", COMMIT)];

#[test]
fn a_gate_lets_a_right_engine_pass() {
    let repository = Repository::of(&[("engine.sh", &engine("my-engine", false))]);
    // Whatever an input is, it is a text.
    let stolen = repository.path("stolen");
    let known = format!("\"$(touch {})", stolen.display());
    let more = [("command", "bash engine.sh"), ("build", "touch built"), ("known", &known)];
    let inputs = [&CALLED[..], &more].concat();
    let all = repository.call(&Workflow::read("gate-engine"), &inputs);
    assert_eq!(only(&all, "rust").result, "skipped");
    let done = only(&all, "command");
    done.is_fine();
    assert!(!stolen.exists());
    assert!(done.did("The engine is built"));
    assert!(done.summary.contains(RIGHT), "{}", done.summary);
    assert!(
        done.said.contains("::notice title=permscope::everything as expected"),
        "{}",
        done.said
    );
    let results = repository.artifact("permscope-results");
    let tally = Tally::of(&results.join("record.jsonl")).expect("the record is whole");
    assert!(tally.counts.pass > 0 && tally.counts.pass == tally.counts.all());
    for file in ["junit.xml", "summary.md"] {
        assert!(results.join(file).is_file(), "{file}");
    }
}

#[test]
fn a_gate_stops_a_wrong_engine() {
    let repository = Repository::of(&[("engine.sh", &engine("my-engine", true))]);
    let inputs = [&CALLED[..], &[("command", "bash engine.sh")]].concat();
    let all = repository.call(&Workflow::read("gate-engine"), &inputs);
    let done = only(&all, "command");
    done.failed_with(100);
    assert!(!done.did("The engine is built"), "there is nothing to build");
    assert!(done.said.contains("\n::error file="), "{}", done.said);
    assert!(done.summary.contains("Failed: more access than promised"), "{}", done.summary);
    assert!(
        repository.artifact("permscope-results").join("record.jsonl").is_file(),
        "it is there to be read"
    );
}

/// An engine that does not speak is no engine that is right, and says why where one looks first.
#[test]
fn a_gate_stops_what_is_no_engine() {
    let repository = Repository::of(&[("engine.sh", "exit 0")]);
    let inputs = [&CALLED[..], &[("command", "bash engine.sh")]].concat();
    let all = repository.call(&Workflow::read("gate-engine"), &inputs);
    let done = only(&all, "command");
    let [(gate, code), (upload, 1)] = done.failed.as_slice() else { panic!("{:?}", done.failed) };
    assert!(gate.contains("answers as promised") && ![0, 100].contains(code), "{code}");
    assert!(upload.contains("uploaded"), "there is nothing to upload: {}", done.said);
    assert_eq!(done.summary, "");
}

#[rstest]
#[case::right("echo 'test result: ok. 859 passed; 0 failed'", None)]
#[case::wrong("echo 'test result: FAILED. 858 passed; 1 failed'; exit 101", Some(101))]
fn a_gate_runs_the_tests_of_an_engine_in_rust(#[case] tests: &str, #[case] code: Option<i32>) {
    let repository = Repository::of(&[("tests/conformance.rs", tests)]);
    let all = repository.start(&Workflow::read("gate-engine"));
    assert_eq!(only(&all, "command").result, "skipped");
    let done = only(&all, "rust");
    match code {
        None => done.is_fine(),
        Some(code) => done.failed_with(code),
    }
    assert!(done.summary.contains("    test result: "), "{}", done.summary);
    assert!(repository.artifact("permscope-results").join("output.txt").is_file());
}

/// A gate of a runtime as whoever copied it would have changed it, for a runtime of that name.
fn copied(name: &str) -> Workflow {
    let mut text = text("gate-runtime");
    for (theirs, ours) in
        [("https://HOST/OWNER/permscope", ADDRESS), ("COMMIT", COMMIT), ("deno", name)]
    {
        let (theirs, ours) = (format!("|| '{theirs}'"), format!("|| '{ours}'"));
        assert_eq!(text.matches(&theirs).count(), 1, "{theirs}");
        text = text.replace(&theirs, &ours);
    }
    Workflow::parse(&text)
}

#[test]
fn a_copied_gate_of_a_runtime_builds_it_and_compares_it_to_the_base_branch() {
    let name = "deno_permissions";
    let mut repository = Repository::of(&[("engine", &engine(name, false))]);
    let workflow = copied(name);
    let all = repository.start(&workflow);
    let pushed = only(&all, "gate");
    pushed.is_fine();
    assert!(pushed.did("The runtime is built") && !pushed.did("The runtime is fetched"));
    assert!(pushed.did("The record is kept") && !pushed.did("since the base branch"));
    assert!(pushed.summary.contains(RIGHT), "{}", pushed.summary);
    assert_eq!(only(&all, "code-scanning").result, "skipped");

    repository.next_event("pull_request", "main");
    write(&repository.path("checkout/engine"), &engine(name, true));
    let all = repository.start(&workflow);
    let pulled = only(&all, "gate");
    pulled.failed_with(100);
    assert!(pulled.did("The record of the base branch is fetched"));
    assert!(!pulled.did("The record is kept"), "a pull request is nothing to compare to");
    let (_, changes) = pulled.summary.split_once("### Since the base branch\n\n").expect("changes");
    assert!(changes.contains("    the implementation changed ("), "{changes}");
    let results = repository.artifact("permscope-results");
    for file in ["base.jsonl", "record.jsonl", "changes.txt", "junit.xml", "permscope.sarif"] {
        assert!(results.join(file).is_file(), "{file}");
    }
}

/// The list of known differences is the repository's own: with it a runtime that differs passes, and where it is mended the list is stale.
#[test]
fn a_called_gate_of_a_runtime_takes_an_artifact_and_a_list_of_what_is_known() {
    let name = "deno_permissions";
    let mut repository = Repository::of(&[]);
    let list = repository.path("checkout/permscope/known.toml");
    let program = repository.path("runtime");
    write(&program, &engine(name, true));
    make_program(&program);
    // This is what a person does, on a machine that is not CI.
    let mut bless = Command::new(env!("CARGO_BIN_EXE_permscope"));
    bless.args(["run", "--bless", "--implementation"]).arg(format!("{name}={}", program.display()));
    bless.arg("--known").arg(&list).env_remove("CI").current_dir(repository.path("checkout"));
    let blessed = bless.output().expect("the program starts");
    assert!(blessed.status.success(), "{}", String::from_utf8_lossy(&blessed.stderr));
    let reasons = fs::read_to_string(&list).expect("there is a list");
    let reasons = reasons.replace("reason = \"\"", "reason = \"It starts whatever it is given.\"");
    let reasons = reasons.replace("acknowledged = false", "acknowledged = true");
    fs::write(&list, reasons).expect("the list can be written");

    let more = [
        ("implementation", name),
        ("artifact", "built"),
        ("program", "./runtime"),
        ("code-scanning", "true"),
    ];
    let inputs = [&CALLED[..], &more].concat();
    let workflow = Workflow::read("gate-runtime");
    write(&repository.artifact("built").join("runtime"), &engine(name, true));
    forget_permissions(&repository.artifact("built"));
    let all = repository.call(&workflow, &inputs);
    let done = only(&all, "gate");
    done.is_fine();
    assert!(done.did("The runtime is fetched") && !done.did("The runtime is built"));
    assert!(done.said.contains("::warning file="), "what is known is not forgotten: {}", done.said);
    assert!(done.summary.contains("Known differences"), "{}", done.summary);
    only(&all, "code-scanning").is_fine();

    repository.next_event("push", "");
    write(&repository.artifact("built").join("runtime"), &engine(name, false));
    let all = repository.call(&workflow, &inputs);
    let done = only(&all, "gate");
    done.failed_with(100);
    assert!(done.summary.contains("Stale: listed as known"), "{}", done.summary);
    only(&all, "code-scanning").is_fine();
}

/// A program that was built once at a commit is not built again.
#[test]
fn a_gate_keeps_the_program_that_it_built() {
    let repository = Repository::of(&[("engine.sh", &engine("my-engine", false))]);
    let kept = repository.path(&format!("caches/permscope-Linux-X64-{COMMIT}"));
    let program = env!("CARGO_BIN_EXE_permscope");
    write(&kept, &format!("#!/usr/bin/env bash\nexec \"{program}\" \"$@\"\n"));
    make_program(&kept);
    let inputs = [&CALLED[..], &[("command", "bash engine.sh")]].concat();
    let all = repository.call(&Workflow::read("gate-engine"), &inputs);
    let done = only(&all, "command");
    done.is_fine();
    assert!(!done.did("Permscope is installed"));
}

/// The list of what is published stands in the project's own commands.
#[test]
fn the_matrix_runs_what_is_published() {
    let source = fs::read_to_string(checkout("xtask/src/main.rs")).expect("it can be read");
    let (_, list) = source.split_once("const PUBLISHED").expect("there is a list");
    let (list, _) = list.split_once("];").expect("the list ends");
    let published = list.split('"').skip(1).step_by(2);
    let published: BTreeSet<_> = published.chain(["reference"]).map(str::to_owned).collect();
    let workflow = Workflow::read("matrix");
    let (_, run) = workflow.jobs().remove(0);
    let machines = run.strategy.expect("it is a matrix").matrix.machines();
    let mut parts: BTreeMap<String, BTreeSet<(u64, u64)>> = BTreeMap::new();
    for machine in machines {
        let number = |name: &str| machine[name].as_u64().expect("it is a number");
        let is_new = parts.entry(scalar(&machine["implementation"])).or_default();
        assert!(is_new.insert((number("part"), number("of"))), "{machine:?} is there twice");
    }
    assert_eq!(parts.keys().cloned().collect::<BTreeSet<_>>(), published);
    for (name, parts) in parts {
        let of = parts.len() as u64;
        assert!(parts.into_iter().eq((1..=of).map(|part| (part, of))), "{name} is run whole");
    }
}

/// The workflow of the matrix, on versions that are here; the rest of it stays as it is.
fn matrix(parted: &str, whole: &str) -> Workflow {
    let mut workflow = Workflow::read("matrix");
    let matrix = &mut workflow.jobs["run"]["strategy"]["matrix"];
    matrix["implementation"] = json!([parted]);
    matrix["include"] = json!([{ "implementation": whole, "part": 1, "of": 1 }]);
    workflow
}

/// A checkout of Permscope with a corpus of a few cases, which is read sooner than its own.
fn small_checkout() -> Repository {
    let case = |name: &str| {
        format!(
            "[[case]]\nname = \"{name}\"\nsteps = [{{ query = {{ name = \"read\" }}, expect = \"prompt\" }}]\n"
        )
    };
    let cases: String = ["one", "two", "three", "four", "five"].map(case).concat();
    let cases = format!("model = \"deno\"\n{cases}");
    Repository::of(&[("conformance/cases.toml", &cases), ("fixtures/empty.toml", "")])
}

#[test]
fn the_records_of_all_machines_become_one_page() {
    let repository = Repository::of(&[]);
    for name in ["conformance", "fixtures", "reports"] {
        let link = repository.path("checkout").join(name);
        std::os::unix::fs::symlink(checkout(name), link).expect("a link can be made");
    }
    let all = repository.start(&matrix("reference@2.9.6", "reference@26.10.0"));
    assert_eq!(all.len(), 4, "two parts, one whole, and the merge");
    all.iter().for_each(Done::is_fine);
    let merged = only(&all, "merge");
    assert!(merged.summary.contains(RIGHT), "{}", merged.summary);
    let page = repository.artifact("permscope-page");
    let tally = Tally::of(&page.join("record.jsonl")).expect("the record is whole");
    let targets = tally.footer.targets.iter().map(ToString::to_string);
    let targets: BTreeSet<_> = targets.collect();
    assert_eq!(targets.len(), 2, "{targets:?}");
    assert_eq!(tally.header.partition, None);
    let html = fs::read_to_string(page.join("page/index.html")).expect("there is a page");
    assert!(html.contains("26.10.0") && html.contains("2.9.6"));
    assert!(page.join("page/matrix.md").is_file());
}

/// A machine that hands nothing in is noticed, whether another has a part of the same version or not.
#[rstest]
#[case::whole("reference@2.5.7-1", "Every machine handed in its record.", 1)]
#[case::part("reference@2.9.6-2", "The records become one, and a page.", 72)]
fn a_missing_record_is_no_page(#[case] missing: &str, #[case] step: &str, #[case] code: i32) {
    let repository = small_checkout();
    let mut workflow = matrix("reference@2.9.6", "reference@2.5.7");
    let steps = workflow.jobs["run"]["steps"].as_array_mut().expect("there are steps");
    let lose = format!("[ \"$RECORD\" != 'record/{missing}.jsonl' ] || rm \"$RECORD\"");
    steps.insert(steps.len() - 1, json!({ "name": "It is lost.", "run": lose }));
    if code == 72 {
        // The merge notices by itself, too, without being told how many there are.
        let steps = workflow.jobs["merge"]["steps"].as_array_mut().expect("there are steps");
        steps.retain(|step| step["name"] != "Every machine handed in its record.");
    }
    let all = repository.start(&workflow);
    let merged = only(&all, "merge");
    assert_eq!(merged.failed[0], (step.to_owned(), code), "{}", merged.said);
    assert!(!repository.artifact("permscope-page").exists());
}

/// What a machine does not have is installed by it first; here nothing is, so nothing is run.
#[test]
fn a_version_is_installed_before_it_is_run() {
    let mut workflow = matrix("deno@1.46.3", "reference");
    workflow.jobs.remove("merge");
    let all = small_checkout().start(&workflow);
    let [first, second, whole] = all.as_slice() else { panic!("{all:?}") };
    for part in [first, second] {
        assert!(part.said.starts_with("installed deno@1.46.3\n"), "{}", part.said);
        assert!(part.failed[0].0.contains("as expected"), "{:?}", part.failed);
    }
    whole.is_fine();
    assert!(!whole.did("The version is installed"));
}

/// The example in Python is an engine that a gate lets pass, with the list of what it does not know.
#[test]
fn a_gate_takes_an_engine_in_another_language() {
    let version = Command::new("python3").arg("--version").output();
    if !version.is_ok_and(|version| version.status.success()) {
        return;
    }
    let read = |path: &str| fs::read_to_string(checkout(path)).expect("it can be read");
    let engine = read("fixtures/implementations/example-python/engine.py");
    let known = read("reports/known/example-python.toml");
    let repository = Repository::of(&[("engine.py", &engine), ("known.toml", &known)]);
    let inputs =
        [&CALLED[..], &[("command", "python3 engine.py"), ("known", "known.toml")]].concat();
    let all = repository.call(&Workflow::read("gate-engine"), &inputs);
    let done = only(&all, "command");
    done.is_fine();
    assert!(done.summary.contains("`example-python@2.9.6`"), "{}", done.summary);
}
