//! GitHub: as much of it as the workflows use, on folders.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Map, Value};
use tempfile::TempDir;

use super::expression::{Values, evaluate, expand, is_true};
use super::workflow::{Job, Workflow, scalar};
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
  "xtask runtimes install "*@*.*.*) [ "$#" -eq 4 ] ;;
  "xtask conformance "*) shift 2; exec "PERMSCOPE" "$@" ;;
  "test --test conformance") [ -f tests/conformance.rs ]; exec bash tests/conformance.rs ;;
  "build --release") mkdir -p target/release; cp engine target/release/deno; chmod +x target/release/deno ;;
  *) echo "nobody runs: cargo $*" >&2; exit 101 ;;
esac
"#;

/// A repository, with what outlives a run of its workflows: the caches, the artifacts, and where cargo was told to look.
pub struct Repository {
    pub folder: TempDir,
    pub values: Values,
}

/// How a job ended.
#[derive(Debug)]
pub struct Done {
    pub job: String,
    pub result: &'static str,
    /// The steps that failed, each with its exit code.
    pub failed: Vec<(String, i32)>,
    /// The names of the steps that were run.
    pub ran: Vec<String>,
    pub said: String,
    pub summary: String,
}

impl Repository {
    /// A repository with these files, and a runner for it.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("there is a temporary folder");
        let repository = Self { folder, values: Values::new() };
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
        repository.where_it_is("push", "")
    }

    /// What is known of the event: its name, and the branch that a pull request is for.
    pub fn where_it_is(mut self, event: &str, base: &str) -> Self {
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
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn artifact(&self, name: &str) -> PathBuf {
        self.path("artifacts").join(name)
    }

    /// Calls a workflow with these inputs, as another would.
    pub fn call(&self, workflow: &Workflow, inputs: &[(&str, &str)]) -> Vec<Done> {
        let declared = workflow.inputs();
        let mut values = self.values.clone();
        for (name, input) in &declared {
            let given = inputs.iter().find(|(given, _)| given == name);
            assert!(given.is_some() || !input.required, "{name} must be given");
            let default = input.default.as_ref().map(scalar).unwrap_or_default();
            let value = given.map_or(default, |(_, value)| (*value).to_owned());
            values.insert(format!("inputs.{name}"), value);
        }
        let is_declared = |(name, _): &(&str, &str)| declared.contains_key(*name);
        assert!(inputs.iter().all(is_declared), "{inputs:?} are inputs of {}", workflow.name);
        self.run(workflow, values)
    }

    /// Starts a workflow by a push, where every input is empty.
    pub fn push(&self, workflow: &Workflow) -> Vec<Done> {
        let mut values = self.values.clone();
        values.extend(
            workflow.inputs().into_keys().map(|name| (format!("inputs.{name}"), String::new())),
        );
        self.run(workflow, values)
    }

    pub fn run(&self, workflow: &Workflow, mut values: Values) -> Vec<Done> {
        expand(&workflow.concurrency.group, &values);
        let environment = self.environment(&workflow.env, &mut values);
        let mut all: Vec<Done> = Vec::new();
        for (id, job) in workflow.jobs() {
            let needed = all.iter().filter(|done| job.needs.as_ref() == Some(&done.job));
            let is_fine = needed.clone().all(|done| done.result == "success");
            if !condition(job.r#if.as_deref(), is_fine, &values) {
                let (result, failed, ran) = ("skipped", Vec::new(), Vec::new());
                all.push(Done {
                    job: id,
                    result,
                    failed,
                    ran,
                    said: String::new(),
                    summary: String::new(),
                });
                continue;
            }
            let machines = job.strategy.iter().flat_map(|strategy| strategy.matrix.machines());
            let mut machines: Vec<_> = machines.collect();
            if job.strategy.is_none() {
                machines.push(Map::new());
            }
            values.insert("strategy.job-total".to_owned(), machines.len().to_string());
            for machine in machines {
                let mut values = values.clone();
                let matrix = machine.iter().map(|(k, v)| (format!("matrix.{k}"), scalar(v)));
                values.extend(matrix);
                all.push(self.run_job(&id, &job, &environment, values));
            }
            for (name, output) in &job.outputs {
                values
                    .insert(format!("needs.{id}.outputs.{name}"), expand(&scalar(output), &values));
            }
        }
        all
    }

    /// Expressions in variables are about what is known so far, and from then on the variables are known, too.
    fn environment(&self, env: &Map<String, Value>, values: &mut Values) -> Values {
        let of = |(name, value): (&String, &Value)| (name.clone(), expand(&scalar(value), values));
        let environment: Values = env.iter().map(of).collect();
        values
            .extend(environment.iter().map(|(name, value)| (format!("env.{name}"), value.clone())));
        environment
    }

    /// A job on a machine of its own, with a folder that is empty before the repository is checked out.
    fn run_job(&self, id: &str, job: &Job, environment: &Values, mut values: Values) -> Done {
        let machine = TempDir::new().expect("there is a temporary folder");
        let workspace = machine.path().join("workspace");
        fs::create_dir(&workspace).expect("a folder can be made");
        let mut environment = environment.clone();
        environment.extend(self.environment(&job.env, &mut values));
        expand(&job.name, &values);
        let (mut failed, mut ran, mut said) = (Vec::new(), Vec::new(), String::new());
        for step in &job.steps {
            if !condition(step.r#if.as_deref(), failed.is_empty(), &values) {
                continue;
            }
            ran.push(step.name.clone());
            let mut values_of_step = values.clone();
            let mut environment = environment.clone();
            environment.extend(self.environment(&step.env, &mut values_of_step));
            let code = match (&step.run, &step.uses) {
                (Some(script), None) => {
                    let (code, output) =
                        run_script(script, &environment, machine.path(), &self.path("tools"));
                    said.push_str(&output);
                    code
                }
                (None, Some(action)) => {
                    let with = |(name, value): (&String, &Value)| {
                        (name.clone(), expand(&scalar(value), &values_of_step))
                    };
                    let with: Values = step.with.iter().map(with).collect();
                    let act =
                        Act { repository: self, with, home: machine.path(), workspace: &workspace };
                    match act.act(action) {
                        Ok(is_hit) => {
                            let id = step.id.as_deref().unwrap_or_default();
                            values.insert(
                                format!("steps.{id}.outputs.cache-hit"),
                                is_hit.to_string(),
                            );
                            0
                        }
                        Err(why) => {
                            said.push_str(&format!("{why}\n"));
                            1
                        }
                    }
                }
                _ => panic!("{}: it runs or uses something, not both", step.name),
            };
            if code != 0 {
                failed.push((step.name.clone(), code));
            }
        }
        let result = if failed.is_empty() { "success" } else { "failure" };
        let summary = fs::read_to_string(machine.path().join("summary.md")).unwrap_or_default();
        Done { job: id.to_owned(), result, failed, ran, said, summary }
    }
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

/// Runs a script as GitHub does where a workflow asks for bash.
fn run_script(script: &str, environment: &Values, machine: &Path, tools: &Path) -> (i32, String) {
    assert!(
        !script.contains("${{"),
        "a command has no expression in it, but a variable:\n{script}"
    );
    let file = machine.join("step.sh");
    write(&file, script);
    let system = std::env::var("PATH").expect("there is a search path");
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(&file).env_clear();
    command.current_dir(machine.join("workspace")).envs(environment);
    let path = format!("{}/.cargo/bin:{}:{system}", machine.display(), tools.display());
    command.env("PATH", path).env("HOME", machine).env("CI", "true");
    command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", machine.join("summary.md"));
    let output = command.stdin(Stdio::null()).output().expect("there is bash");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).expect("it speaks text");
    (output.status.code().unwrap_or(-1), said)
}

/// An action that a step uses.
struct Act<'a> {
    repository: &'a Repository,
    with: Values,
    home: &'a Path,
    workspace: &'a Path,
}

impl Act<'_> {
    /// Does what the action would, and says whether a cache had what was asked for.
    fn act(mut self, action: &str) -> Result<bool, String> {
        match action.split_once('@').expect("an action has a version").0 {
            "actions/checkout" => {
                assert_eq!(self.take("persist-credentials"), "false");
                copy(&self.repository.path("checkout"), self.workspace);
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
                    fs::read_dir(self.repository.path("caches")).expect("there are caches");
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
                write_copy(&path, &self.repository.path("caches").join(key));
            }
            "actions/upload-artifact" => {
                assert_eq!(self.take("if-no-files-found"), "error");
                let (name, path) = (self.take("name"), self.take_path());
                assert!(!name.contains(['"', ':', '<', '>', '|', '*', '?', '\\', '/']), "{name}");
                let artifact = self.repository.artifact(&name);
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
                    let artifact = self.repository.artifact(&name);
                    let found = artifact.exists().then(|| copy(&artifact, &path));
                    return found.map(|()| false).ok_or(format!("there is no artifact {name}"));
                };
                assert_eq!(self.take("merge-multiple"), "true");
                let prefix = pattern.strip_suffix('*').expect("the pattern is a prefix");
                for artifact in fs::read_dir(self.repository.path("artifacts")).expect("a folder") {
                    let artifact = artifact.expect("it can be read");
                    if artifact.file_name().to_string_lossy().starts_with(prefix) {
                        copy(&artifact.path(), &path);
                    }
                }
            }
            "github/codeql-action/upload-sarif" => {
                self.take("category");
                let file = self.workspace.join(self.take("sarif_file"));
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
            Some(path) => self.home.join(path),
            None => self.workspace.join(path),
        }
    }

    fn take_key(&mut self) -> String {
        let key = self.take("key");
        assert!(!key.contains(','), "{key}");
        // A key is a file here.
        key.replace('/', "-")
    }

    fn restore(&self, path: &Path, key: &str) -> bool {
        let cache = self.repository.path("caches").join(key);
        let is_hit = cache.exists();
        if is_hit {
            write_copy(&cache, path);
        }
        is_hit
    }
}

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

pub fn make_program(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it can be changed");
}

/// Artifacts keep no permissions.
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
