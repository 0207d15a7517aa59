//! The manifest of an implementation that is a process: how it is launched, and how its end is read.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use regex::Regex;
use serde::Deserialize;

use crate::carried;
use crate::wire::{Refusal, Rejection};

/// The name of the file in an implementation's folder.
pub const FILE: &str = "implementation.toml";

/// How an implementation is attached.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// Its name, which is also that of its folder.
    pub name: String,
    /// The model that it implements.
    pub model: String,
    /// How it takes a launch.
    pub launch: LaunchBy,
    /// The name of its program in the folder where a release is installed.
    pub program: String,
    /// The adapter beside the manifest, in the runtime's own language.
    #[serde(default)]
    pub adapter: Option<String>,
    /// What its lines begin with, where others write to its standard output, too.
    #[serde(default)]
    pub mark: String,
    /// The arguments for each way of acting; see [`Commands`].
    #[serde(default)]
    pub commands: Commands,
    /// What keeps configuration files away from a launch that names none.
    #[serde(default)]
    pub no_configuration: Option<String>,
    /// The environment that it needs, beside the case's.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// How a refused launch is told from what it writes to standard error; the first that matches counts.
    #[serde(default, rename = "refusal")]
    pub refusals: Vec<RefusalPattern>,
    /// How permissions that were not accepted are told from its standard output.
    #[serde(default)]
    pub rejection: Option<RejectionPattern>,
    /// What it writes to standard error when it dies of a defect of its own, and not by a signal.
    #[serde(default)]
    pub crash: Option<CrashPattern>,
    /// How a prompt is told at a terminal; none where it asks nobody.
    #[serde(default)]
    pub prompt: Option<PromptPattern>,
    /// Where a release comes from; read by the command that installs runtimes.
    #[serde(default, rename = "package")]
    pub packages: Vec<toml::Table>,
}

/// How an implementation takes a launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LaunchBy {
    /// As the arguments of a fresh process: a runtime.
    Arguments,
    /// As data in each message, for as long as it lives: an engine.
    Message,
}

/// Arguments, in which `{flags}` stands for the case's flags, `{entry}` for its entry point and the arguments of that, `{adapter}` for the adapter's path, `{adapter-text}` for its text, `{no-configuration}` for what keeps configuration files away from a launch that names none, `{messages}` for the messages that otherwise come by standard input, and `{scratch}` for a folder that it may fill.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Commands {
    /// To act in the program itself.
    #[serde(default)]
    pub run: Vec<String>,
    /// To act in tests.
    #[serde(default)]
    pub test: Vec<String>,
    /// To act in workers.
    #[serde(default)]
    pub worker: Vec<String>,
    /// To act in processes that the program starts.
    #[serde(default)]
    pub child: Vec<String>,
    /// To act in a program that lies in the fixture.
    #[serde(default)]
    pub entry: Vec<String>,
    /// To act in a program given as text.
    #[serde(default)]
    pub eval: Vec<String>,
    /// To act where the standard input is a terminal.
    #[serde(default)]
    pub terminal: Vec<String>,
    /// To act there in tests.
    #[serde(default)]
    pub terminal_test: Vec<String>,
}

/// A pattern for a prompt at a terminal, with the group `asked`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromptPattern {
    /// What the terminal shows once an answer is waited for.
    pub pattern: Pattern,
}

/// A pattern for a refused launch.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusalPattern {
    /// Why it was refused.
    #[serde(rename = "as")]
    pub reason: Refusal,
    /// What standard error holds.
    pub pattern: Pattern,
}

/// A pattern for permissions that were not accepted, with the groups `id`, `error`, `message` and `escalation`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RejectionPattern {
    /// What standard output holds, once for each.
    pub pattern: Pattern,
}

/// A pattern for a death.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrashPattern {
    /// What standard error holds.
    pub pattern: Pattern,
}

/// A regular expression, read with the manifest.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern(pub Regex);

impl TryFrom<String> for Pattern {
    type Error = regex::Error;

    fn try_from(text: String) -> Result<Self, regex::Error> {
        Regex::new(&text).map(Self)
    }
}

impl Manifest {
    /// The manifest of an engine that is only a command with these arguments; who it is it says itself.
    pub fn of_engine(arguments: Vec<String>) -> Self {
        Self {
            name: "engine".to_owned(),
            model: String::new(),
            launch: LaunchBy::Message,
            program: String::new(),
            adapter: None,
            mark: String::new(),
            commands: Commands { run: arguments, ..Commands::default() },
            no_configuration: None,
            environment: BTreeMap::new(),
            refusals: Vec::new(),
            rejection: None,
            crash: None,
            prompt: None,
            packages: Vec::new(),
        }
    }

    /// Reads the manifest in an implementation's folder.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let text = carried::read_to_string(&path)
            .with_context(|| format!("cannot read the manifest {}", path.display()))?;
        let manifest: Self = toml::from_str(&text)
            .with_context(|| format!("cannot read the manifest {}", path.display()))?;
        ensure!(
            folder.file_name().is_some_and(|name| name == manifest.name.as_str()),
            "{}: the name \"{}\" is not that of its folder",
            path.display(),
            manifest.name
        );
        if let Some(RejectionPattern { pattern }) = &manifest.rejection {
            let has = |group| pattern.0.capture_names().flatten().any(|name| name == group);
            ensure!(has("id"), "{}: the rejection pattern needs the group \"id\"", path.display());
        }
        if let Some(PromptPattern { pattern }) = &manifest.prompt {
            let has_asked = pattern.0.capture_names().flatten().any(|name| name == "asked");
            ensure!(has_asked, "{}: the prompt pattern needs the group \"asked\"", path.display());
        }
        Ok(manifest)
    }

    /// Why a launch was refused, by what it wrote to standard error.
    pub fn refusal(&self, stderr: &str) -> Option<Refusal> {
        let matching = self.refusals.iter().find(|refusal| refusal.pattern.0.is_match(stderr));
        matching.map(|refusal| refusal.reason)
    }

    /// Whether what it wrote to standard error tells of a death of its own making.
    pub fn is_crash(&self, stderr: &str) -> bool {
        self.crash.as_ref().is_some_and(|crash| crash.pattern.0.is_match(stderr))
    }

    /// The scripts whose permissions were not accepted, by what it wrote to standard output.
    pub fn rejections(&self, stdout: &str) -> Vec<crate::wire::Rejected> {
        let Some(rejection) = &self.rejection else {
            return Vec::new();
        };
        let rejected = |captures: regex::Captures<'_>| {
            let text = |group| captures.name(group).map(|text| text.as_str().to_owned());
            let reason = match captures.name("escalation") {
                Some(_) => Rejection::Escalation,
                None => Rejection::BadPermissions,
            };
            let id = captures["id"].parse().ok()?;
            Some(crate::wire::Rejected {
                id,
                reason,
                error: text("error"),
                message: text("message"),
            })
        };
        rejection.pattern.0.captures_iter(stdout).filter_map(rejected).collect()
    }
}
