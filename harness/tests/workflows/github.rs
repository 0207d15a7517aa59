//! GitHub: as much of it as the workflows use, on folders.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Map, Value};
use tempfile::TempDir;

use super::expression::{Values, evaluate, expand, is_true};
use super::workflow::{Job, Step, Workflow, scalar};
use super::{ADDRESS, COMMIT};

/// Cargo, for whom every line of arguments that a workflow may give it is written here.
///
/// What it installs is a script, which is on nobody's search path before.
const CARGO: &str = r#"#!/usr/bin/env bash
set -eu
case "$*" in
  "install --locked --git ADDRESS --rev COMMIT permscope")
    mkdir -p "$HOME/.cargo/bin"
    printf '#!/usr/bin/env bash\nexec "PERMSCOPE" "$@"\n' > "$HOME/.cargo/bin/permscope"
    chmod +x "$HOME/.cargo/bin/permscope" ;;
  "xtask runtimes install "*@*.*.*) [ "$#" -eq 4 ]; echo "installed $4" ;;
  "xtask conformance "*) shift 2; exec "PERMSCOPE" "$@" ;;
  "test --test conformance") [ -f tests/conformance.rs ]; exec bash tests/conformance.rs ;;
  "build --release") mkdir -p target/release; cp engine target/release/deno; chmod +x target/release/deno ;;
  *) echo "nobody runs: cargo $*" >&2; exit 101 ;;
esac
"#;

/// A repository, with what outlives a run of its workflows.
pub struct Repository {
    folder: TempDir,
    values: Values,
}

/// How a job ended, on one machine.
#[derive(Debug)]
pub struct Done {
    /// The job.
    pub job: String,
    /// Success, failure or skipped.
    pub result: &'static str,
    /// The steps that failed, each with its exit code.
    pub failed: Vec<(String, i32)>,
    /// The names of the steps that were run.
    pub ran: Vec<String>,
    /// What its steps printed.
    pub said: String,
    /// Its summary.
    pub summary: String,
}

impl Repository {
    /// A repository with these files, to which somebody pushes.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("there is a temporary folder");
        let mut repository = Self { folder, values: Values::new() };
        for name in ["checkout", "artifacts", "caches", "tools"] {
            fs::create_dir(repository.path(name)).expect("a folder can be made");
        }
        for (name, text) in files {
            write(&repository.path("checkout").join(name), text);
        }
        let program = env!("CARGO_BIN_EXE_permscope");
        let cargo = CARGO.replace("ADDRESS", ADDRESS).replace("COMMIT", COMMIT);
        write(&repository.path("tools/cargo"), &cargo.replace("PERMSCOPE", program));
        make_program(&repository.path("tools/cargo"));
        repository.next_event("push", "");
        repository
    }

    /// What happens next: its name, and the branch that a pull request is for.
    pub fn next_event(&mut self, event: &str, base: &str) {
        let values = [
            ("github.event_name", event),
            ("github.base_ref", base),
            ("github.ref", "refs/heads/main"),
            ("github.ref_name", "main"),
            ("github.sha", COMMIT),
            ("github.run_id", "1"),
            ("github.run_attempt", "1"),
            ("github.event.pull_request.number", if base.is_empty() { "" } else { "7" }),
            ("github.event.pull_request.head.repo.fork", ""),
            ("runner.os", "Linux"),
            ("runner.arch", "X64"),
        ];
        self.values.extend(values.map(|(name, value)| (name.to_owned(), value.to_owned())));
        // What one run uploads is not there for the next.
        fs::remove_dir_all(self.path("artifacts")).expect("a folder can be removed");
        fs::create_dir(self.path("artifacts")).expect("a folder can be made");
    }

    /// A path below the folder that has the repository as `checkout`, and the artifacts and caches.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where the artifact of that name is.
    pub fn artifact(&self, name: &str) -> PathBuf {
        self.path("artifacts").join(name)
    }

    /// Calls a workflow with these inputs, as another would.
    pub fn call(&self, workflow: &Workflow, inputs: &[(&str, &str)]) -> Vec<Done> {
        let declared = workflow.inputs();
        let is_declared = |(name, _): &(&str, &str)| declared.contains_key(*name);
        assert!(inputs.iter().all(is_declared), "{inputs:?} are inputs of {}", workflow.name);
        let mut values = self.values.clone();
        for (name, input) in &declared {
            let given = inputs.iter().find(|(given, _)| given == name);
            assert!(given.is_some() || !input.required, "{name} must be given");
            let default = input.default.as_ref().map(scalar).unwrap_or_default();
            let value = given.map_or(default, |(_, value)| (*value).to_owned());
            values.insert(format!("inputs.{name}"), value);
        }
        self.run(workflow, values)
    }

    /// Starts a workflow by one of its triggers, where every input is empty.
    pub fn start(&self, workflow: &Workflow) -> Vec<Done> {
        let inputs = workflow.inputs().into_keys();
        let empty = inputs.map(|name| (format!("inputs.{name}"), String::new()));
        self.run(workflow, self.values.clone().into_iter().chain(empty).collect())
    }

    fn run(&self, workflow: &Workflow, mut values: Values) -> Vec<Done> {
        expand(&workflow.concurrency.group, &values);
        let environment = take_in(&workflow.env, &mut values);
        let mut all: Vec<Done> = Vec::new();
        for (id, job) in workflow.jobs() {
            let mut needed = all.iter().filter(|done| job.needs.as_ref() == Some(&done.job));
            let is_fine = needed.all(|done| done.result == "success");
            if !condition(job.r#if.as_deref(), is_fine, &values) {
                all.push(Done::skipped(id));
                continue;
            }
            let machines = match &job.strategy {
                Some(strategy) => strategy.matrix.machines(),
                None => vec![Map::new()],
            };
            values.insert("strategy.job-total".to_owned(), machines.len().to_string());
            for machine in machines {
                let mut values = values.clone();
                let matrix = machine.iter().map(|(k, v)| (format!("matrix.{k}"), scalar(v)));
                values.extend(matrix);
                all.push(Machine::new(self, values, environment.clone()).run(&id, &job));
            }
            for (name, output) in &job.outputs {
                let output = expand(&scalar(output), &values);
                values.insert(format!("needs.{id}.outputs.{name}"), output);
            }
        }
        all
    }
}

impl Done {
    fn skipped(job: String) -> Self {
        let (said, summary) = (String::new(), String::new());
        Self { job, result: "skipped", failed: Vec::new(), ran: Vec::new(), said, summary }
    }
}

/// Expressions in variables are about what is known so far; from then on the variables are known, too.
fn take_in(variables: &Map<String, Value>, values: &mut Values) -> Values {
    let variable =
        |(name, value): (&String, &Value)| (name.clone(), expand(&scalar(value), values));
    let variables: Values = variables.iter().map(variable).collect();
    let known = variables.iter().map(|(name, value)| (format!("env.{name}"), value.clone()));
    values.extend(known.collect::<Values>());
    variables
}

/// Whether a job or a step is run: after a failure only if its condition says something about that.
fn condition(condition: Option<&str>, is_fine: bool, values: &Values) -> bool {
    let text = condition.unwrap_or("success()");
    let expression =
        text.strip_prefix("${{").and_then(|text| text.strip_suffix("}}")).unwrap_or(text);
    let mut values = values.clone();
    values.insert("cancelled()".to_owned(), "false".to_owned());
    values.insert("success()".to_owned(), is_fine.to_string());
    let is_about_failure = expression.contains("()");
    is_true(&evaluate(expression, &values)) && (is_fine || is_about_failure)
}

/// What a job is run on: a folder that is empty before the repository is checked out.
struct Machine<'r> {
    repository: &'r Repository,
    folder: TempDir,
    values: Values,
    environment: Values,
    said: String,
}

impl<'r> Machine<'r> {
    fn new(repository: &'r Repository, values: Values, environment: Values) -> Self {
        let folder = TempDir::new().expect("there is a temporary folder");
        let machine = Self { repository, folder, values, environment, said: String::new() };
        fs::create_dir(machine.workspace()).expect("a folder can be made");
        machine
    }

    fn workspace(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    fn run(mut self, id: &str, job: &Job) -> Done {
        expand(&job.name, &self.values);
        self.environment.extend(take_in(&job.env, &mut self.values));
        let (mut failed, mut ran) = (Vec::new(), Vec::new());
        for step in &job.steps {
            if !condition(step.r#if.as_deref(), failed.is_empty(), &self.values) {
                continue;
            }
            ran.push(step.name.clone());
            let code = self.step(step);
            if code != 0 {
                failed.push((step.name.clone(), code));
            }
        }
        let result = if failed.is_empty() { "success" } else { "failure" };
        let summary = fs::read_to_string(self.folder.path().join("summary.md"));
        let summary = summary.unwrap_or_default();
        Done { job: id.to_owned(), result, failed, ran, said: self.said, summary }
    }

    /// Does a step, and says with which code it ended.
    fn step(&mut self, step: &Step) -> i32 {
        let mut values = self.values.clone();
        let variables = take_in(&step.env, &mut values);
        let action = match (&step.run, &step.uses) {
            (Some(script), None) => return self.script(script, &variables),
            (None, Some(action)) => action,
            _ => panic!("{}: it runs or uses something, not both", step.name),
        };
        let with =
            |(name, value): (&String, &Value)| (name.clone(), expand(&scalar(value), &values));
        let with = step.with.iter().map(with).collect();
        match (Act { machine: self, with }).act(action) {
            Ok(is_hit) => {
                let id = step.id.as_deref().unwrap_or_default();
                self.values.insert(format!("steps.{id}.outputs.cache-hit"), is_hit.to_string());
                0
            }
            Err(why) => {
                self.said.push_str(&format!("{why}\n"));
                1
            }
        }
    }

    /// Runs a script as GitHub does where a workflow asks for bash.
    fn script(&mut self, script: &str, variables: &Values) -> i32 {
        assert!(!script.contains("${{"), "a command has variables, and no expression:\n{script}");
        let home = self.folder.path();
        let file = home.join("step.sh");
        write(&file, script);
        let tools = self.repository.path("tools");
        let system = std::env::var("PATH").expect("there is a search path");
        let path = format!("{}/.cargo/bin:{}:{system}", home.display(), tools.display());
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(&file);
        command.env_clear().envs(&self.environment).envs(variables);
        command.env("PATH", path).env("HOME", home).env("CI", "true").env("GITHUB_ACTIONS", "true");
        command.env("GITHUB_STEP_SUMMARY", home.join("summary.md"));
        command.current_dir(self.workspace()).stdin(Stdio::null());
        let output = command.output().expect("there is bash");
        self.said.push_str(&String::from_utf8_lossy(&output.stdout));
        self.said.push_str(&String::from_utf8_lossy(&output.stderr));
        output.status.code().unwrap_or(-1)
    }
}

/// An action that a step uses.
struct Act<'m> {
    machine: &'m Machine<'m>,
    with: Values,
}

impl Act<'_> {
    /// Does what the action would, and says whether a cache had what was asked for.
    fn act(mut self, action: &str) -> Result<bool, String> {
        match action.split_once('@').expect("an action has a version").0 {
            "actions/checkout" => {
                assert_eq!(self.take("persist-credentials"), "false");
                copy(&self.machine.repository.path("checkout"), &self.machine.workspace());
            }
            "actions/cache" => {
                let (path, key) = (self.take_path(), self.take_key());
                // It saves at the end of a job that went well; here nothing that fails is asked about it.
                return Ok(self.restore(&path, &key));
            }
            "actions/cache/restore" => {
                let (path, key, prefix) =
                    (self.take_path(), self.take_key(), self.take("restore-keys"));
                let caches =
                    fs::read_dir(self.machine.repository.path("caches")).expect("there are caches");
                let names = caches.map(|entry| entry.expect("one can be read").file_name());
                let names = names.map(|name| name.into_string().expect("a name is text"));
                let newest = names.filter(|name| name.starts_with(&prefix)).max();
                let is_hit = self.restore(&path, &key);
                if let Some(name) = newest.filter(|_| !is_hit) {
                    self.restore(&path, &name);
                }
                return Ok(is_hit);
            }
            "actions/cache/save" => {
                let (path, key) = (self.take_path(), self.take_key());
                write_copy(&path, &self.machine.repository.path("caches").join(key));
            }
            "actions/upload-artifact" => {
                assert_eq!(self.take("if-no-files-found"), "error");
                let (name, path) = (self.take("name"), self.take_path());
                assert!(!name.contains(['"', ':', '<', '>', '|', '*', '?', '\\', '/']), "{name}");
                let artifact = self.machine.repository.artifact(&name);
                assert!(!artifact.exists(), "one run uploads {name} once");
                if !path.exists() {
                    return Err(format!("there is nothing to upload at {}", path.display()));
                }
                match path.is_dir() {
                    true => copy(&path, &artifact),
                    false => write_copy(&path, &artifact.join(path.file_name().expect("a name"))),
                }
                forget_permissions(&artifact);
            }
            "actions/download-artifact" => {
                let path = self.take_path();
                let Some(pattern) = self.with.remove("pattern") else {
                    let name = self.take("name");
                    let artifact = self.machine.repository.artifact(&name);
                    let found = artifact.exists().then(|| copy(&artifact, &path));
                    return found.map(|()| false).ok_or(format!("there is no artifact {name}"));
                };
                assert_eq!(self.take("merge-multiple"), "true");
                let prefix = pattern.strip_suffix('*').expect("the pattern is a prefix");
                for artifact in
                    fs::read_dir(self.machine.repository.path("artifacts")).expect("a folder")
                {
                    let artifact = artifact.expect("it can be read");
                    if artifact.file_name().to_string_lossy().starts_with(prefix) {
                        copy(&artifact.path(), &path);
                    }
                }
            }
            "github/codeql-action/upload-sarif" => {
                self.take("category");
                let file = self.machine.workspace().join(self.take("sarif_file"));
                let report = fs::read_to_string(file).expect("there is a report");
                let report: Value = serde_json::from_str(&report).expect("it is JSON");
                assert_eq!(report["version"], "2.1.0");
            }
            other => panic!("nobody here knows {other}"),
        }
        assert!(self.with.is_empty(), "{action} was told more: {:?}", self.with);
        Ok(false)
    }

    fn take(&mut self, name: &str) -> String {
        self.with.remove(name).unwrap_or_else(|| panic!("{name} is given"))
    }

    fn take_path(&mut self) -> PathBuf {
        let path = self.take("path");
        match path.strip_prefix("~/") {
            Some(path) => self.machine.folder.path().join(path),
            None => self.machine.workspace().join(path),
        }
    }

    fn take_key(&mut self) -> String {
        let key = self.take("key");
        assert!(!key.contains(','), "{key}");
        // A key is a file here.
        key.replace('/', "-")
    }

    fn restore(&self, path: &Path, key: &str) -> bool {
        let cache = self.machine.repository.path("caches").join(key);
        let is_hit = cache.exists();
        if is_hit {
            write_copy(&cache, path);
        }
        is_hit
    }
}

/// Writes a file, in a folder that need not be there.
pub fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("it can be made");
    fs::write(path, text).expect("it can be written");
}

fn write_copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().expect("it lies in a folder")).expect("it can be made");
    fs::copy(from, to).expect("it can be copied");
}

/// Copies a folder; a link in it leads where it led.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("a folder can be read") {
        let entry = entry.expect("its entries can, too");
        let (kind, to) = (entry.file_type().expect("it has a type"), to.join(entry.file_name()));
        if kind.is_symlink() {
            let target = fs::read_link(entry.path()).expect("a link leads somewhere");
            std::os::unix::fs::symlink(target, to).expect("a link can be made");
        } else if kind.is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("a file can be copied");
        }
    }
}

/// Makes a file one that can be run.
pub fn make_program(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it can be changed");
}

/// Makes files what they are in an artifact, which keeps no permissions.
pub fn forget_permissions(folder: &Path) {
    for entry in fs::read_dir(folder).expect("a folder can be read") {
        let path = entry.expect("its entries can, too").path();
        if path.is_dir() {
            forget_permissions(&path);
        } else {
            fs::set_permissions(path, fs::Permissions::from_mode(0o644))
                .expect("it can be changed");
        }
    }
}
