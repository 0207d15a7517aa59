//! Reading a corpus: what a file says becomes cases, or a diagnostic that shows where it is wrong.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use permscope_engine::model::Model;
use permscope_engine::model::node::arguments;

use super::advisory::Advisory;
use super::case::{Case, Expected, Scope, Source, Step};
use super::diagnostic::{Diagnostic, closest, line_of};
use super::fixture::Fixture;
use super::format::{self, At, CaseFile};
use super::releases::Releases;
use super::surface::Surface;
use super::universe::{Universe, UniverseFile};
use super::{BadCorpus, Corpus, clause};
use crate::carried;
use crate::launch::{Launch, Names, ROOT, stays_inside};
use crate::wire::{Command, Place};

/// Reads files one after the other, and collects what is wrong with them.
pub struct Reader<'a> {
    folder: &'a Path,
    fixtures: &'a [PathBuf],
    /// What was read so far.
    pub corpus: Corpus,
    errors: Vec<Diagnostic>,
    digest: blake3::Hasher,
}

/// A file that is being read.
struct Text<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Text<'_> {
    fn error(&self, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            file: self.path.to_owned(),
            text: self.text.to_owned(),
            span,
            message: message.into(),
            help: None,
        }
    }
}

impl<'a> Reader<'a> {
    /// Begins a corpus, whose identities are paths below the folder.
    pub fn new(folder: &'a Path, fixtures: &'a [PathBuf]) -> Self {
        Self {
            folder,
            fixtures,
            corpus: Corpus::default(),
            errors: Vec::new(),
            digest: blake3::Hasher::new(),
        }
    }

    fn read(&mut self, path: &Path) -> Result<Cow<'static, str>> {
        let text = carried::read_to_string(path)
            .with_context(|| format!("cannot read the corpus file {}", path.display()))?;
        // The digest of a corpus is the same wherever it lies, so a fixture beside it counts by its name.
        let name = path.strip_prefix(self.folder).ok().or(path.file_name().map(Path::new));
        let name = name.unwrap_or(path).to_string_lossy();
        self.digest.update(name.as_bytes()).update(&[0]).update(text.as_bytes()).update(&[0]);
        Ok(text)
    }

    /// Reads the clauses of a file.
    pub fn clauses(&mut self, path: &Path) -> Result<()> {
        let text = self.read(path)?;
        match toml::from_str::<clause::ClauseFile>(&text) {
            Ok(file) => self.corpus.clauses.extend(file.clauses),
            Err(error) => self.errors.push(Diagnostic::of_toml(path, &text, &error)),
        }
        Ok(())
    }

    /// Reads the universes of the model whose folder the file lies in.
    pub fn universes(&mut self, path: &Path) -> Result<()> {
        let text = self.read(path)?;
        let file: UniverseFile = match toml::from_str(&text) {
            Ok(file) => file,
            Err(error) => {
                self.errors.push(Diagnostic::of_toml(path, &text, &error));
                return Ok(());
            }
        };
        let text = Text { path, text: &text };
        let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
        for written in &file.universes {
            let line = line_of(text.text, written.span().start);
            let mut read = || {
                let model = folder.and_then(Model::of_name);
                let model = model.context("laws lie in the folder of a model")?;
                let fixture = written.get().fixture.as_deref().unwrap_or("empty");
                let fixture = self.fixture(fixture)?;
                let universe = Universe::read(written.get(), model, fixture, path.to_owned(), line);
                universe.map_err(anyhow::Error::msg)
            };
            match read() {
                Ok(universe) => self.corpus.universes.push(universe),
                Err(error) => self.errors.push(text.error(written.span(), format!("{error:#}"))),
            }
        }
        Ok(())
    }

    /// Reads the cases of a file.
    pub fn cases(&mut self, path: &Path) -> Result<()> {
        let text = self.read(path)?;
        let file: CaseFile = match toml::from_str(&text) {
            Ok(file) => file,
            Err(error) => {
                self.errors.push(Diagnostic::of_toml(path, &text, &error));
                return Ok(());
            }
        };
        let text = Text { path, text: &text };
        let Some(model) = Model::of_name(file.model.get()) else {
            let message = format!("there is no model \"{}\"", file.model.get());
            self.errors.push(text.error(file.model.span(), message));
            return Ok(());
        };
        let mut advisory = None;
        if let Some(written) = &file.advisory {
            match Advisory::read(written) {
                Ok(read) => advisory = Some(Arc::new(read)),
                Err(why) => self.errors.push(text.error(written.affected.span(), why)),
            }
        }
        let prefix = self.prefix(path);
        let mut names: HashMap<&str, usize> = HashMap::new();
        for case in &file.cases {
            let name = &case.get().name;
            let line = line_of(text.text, name.span().start);
            if let Some(first) = names.insert(name.get(), line) {
                let message = format!("the name \"{}\" is taken on line {first}", name.get());
                self.errors.push(text.error(name.span(), message));
            }
            match self.case(&text, &file, case.get(), model, format!("{prefix}::{}", name.get())) {
                Ok(read) => {
                    let read = Case { advisory: advisory.clone(), ..read };
                    let written = case.get();
                    match (&written.doors[..], &written.surfaces[..]) {
                        ([], []) => self.corpus.cases.push(read),
                        (doors, []) => {
                            self.corpus.cases.extend(doors.iter().map(|door| read.through(*door)));
                        }
                        (_, surfaces) => {
                            for surface in surfaces {
                                if let Err(why) = self.express(*surface, &read) {
                                    self.errors.push(text.error(name.span(), why));
                                }
                            }
                        }
                    }
                }
                Err(errors) => self.errors.extend(errors),
            }
        }
        Ok(())
    }

    /// Adds a case with its grants written on a surface, in a fixture of its own where it needs one.
    fn express(&mut self, surface: Surface, case: &Case) -> Result<(), String> {
        let fixture = &self.corpus.fixtures[&case.launch.fixture];
        let (mut case, own) = surface.express(case, fixture)?;
        if let Some(own) = own {
            // No file has this name, so the fixture of no other case does.
            let path = case.launch.fixture.join(&case.id);
            case.launch.fixture.clone_from(&path);
            self.corpus.fixtures.insert(path, own);
        }
        self.corpus.cases.push(case);
        Ok(())
    }

    /// The folders and the file of a case's identity.
    fn prefix(&self, path: &Path) -> String {
        let relative = path.strip_prefix(self.folder).unwrap_or(path).with_extension("");
        let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
        parts.join("::")
    }

    fn case(
        &mut self,
        text: &Text<'_>,
        file: &CaseFile,
        written: &format::Case,
        model: Model,
        id: String,
    ) -> Result<Case, Vec<Diagnostic>> {
        let mut errors = Vec::new();
        let name = &written.name;
        if !is_name(name.get()) {
            let message = "a name is lower case words and numbers, with hyphens between them";
            errors.push(text.error(name.span(), message));
        }
        let clauses: Vec<_> = file.clauses.iter().chain(&written.clauses).collect();
        for clause in &clauses {
            errors.extend(self.unknown_clause(text, clause));
        }
        let releases = match &written.releases {
            None => Releases::default(),
            Some(releases) => Releases::read(releases.get()).unwrap_or_else(|why| {
                errors.push(text.error(releases.span(), why));
                Releases::default()
            }),
        };
        let fixture = written.fixture.as_ref().or(file.fixture.as_ref());
        let fixture = fixture.map_or("empty", String::as_str);
        let fixture = self.fixture(fixture).unwrap_or_else(|error| {
            errors.push(text.error(name.span(), format!("{error:#}")));
            PathBuf::new()
        });
        let directory = written.directory.as_deref().unwrap_or(ROOT);
        if let Some(fixture) = self.corpus.fixtures.get(&fixture)
            && !fixture.has_directory(directory)
        {
            let message = format!("the fixture has no directory \"{directory}\"");
            errors.push(text.error(name.span(), message));
        }
        errors.extend(unpassable(written).map(|message| text.error(name.span(), message)));
        let scope = written.permissions.as_ref().map(|permissions| Scope {
            place: written.place.unwrap_or(Place::Test),
            permissions: permissions.clone(),
        });
        let expected = read_expected(text, written).unwrap_or_else(|more| {
            errors.extend(more);
            Expected::Steps(Vec::new())
        });
        if scope.is_none() && (written.place.is_some() || written.rejected.is_some()) {
            let message = "`in` and `rejected` need `permissions`";
            errors.push(text.error(name.span(), message));
        }
        let place = scope.as_ref().map(|scope| scope.place);
        if let Some(message) = unknown_to_the_model(model, written, place) {
            errors.push(text.error(name.span(), message));
        }
        let places = written.search_path.iter().flatten().map(|place| (place.as_str(), ROOT));
        let child = scope.as_ref().and_then(|scope| scope.permissions.get("cwd")?.as_str());
        let entry = written.entry.first().map(String::as_str);
        let others = child.into_iter().chain(entry).map(|place| (place, directory));
        let loaded = files_named(model, written);
        let loaded = loaded.iter().map(|file| (file.as_str(), directory));
        for (place, from) in places.chain(others).chain(loaded) {
            if !stays_inside(place, from) {
                let message = format!("\"{place}\" leads out of $ROOT, and no case may");
                errors.push(text.error(name.span(), message));
            }
        }
        let doors = &written.doors;
        let uses = written.steps.iter().flatten().any(|step| step.get().operation.is_some());
        if !doors.is_empty() && !uses {
            errors.push(text.error(name.span(), "`doors` need a step that uses something"));
        }
        if !doors.is_empty() && !written.surfaces.is_empty() {
            errors.push(text.error(name.span(), "a case has either `doors` or `surfaces`"));
        }
        if (1..doors.len()).any(|index| doors[..index].contains(&doors[index])) {
            errors.push(text.error(name.span(), "a door is named twice"));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let command = match (&scope, written.command) {
            (_, Some(command)) => command,
            (Some(Scope { place: Place::Test, .. }), None) => Command::Test,
            (_, None) => Command::Run,
        };
        let bare = Launch::bare();
        let launch = Launch {
            command,
            flags: written.flags.clone(),
            entry: written.entry.clone(),
            environment: written.environment.clone(),
            search_path: written.search_path.clone().unwrap_or(bare.search_path),
            directory: directory.to_owned(),
            terminal: written.terminal,
            fixture,
        };
        Ok(Case {
            id,
            model,
            needs: clauses.iter().filter_map(|id| self.corpus.clause(id.get())?.needs).collect(),
            clauses: clauses.iter().map(|clause| clause.get().clone()).collect(),
            tags: file.tags.iter().chain(&written.tags).cloned().collect(),
            releases,
            launch,
            scope,
            expected,
            advisory: None,
            source: Source {
                file: text.path.to_owned(),
                line: line_of(text.text, name.span().start),
            },
        })
    }

    fn unknown_clause(&self, text: &Text<'_>, cited: &At<String>) -> Option<Diagnostic> {
        let ids = || self.corpus.clauses.iter().map(|clause| clause.id.as_str());
        if ids().any(|id| id == cited.get()) {
            return None;
        }
        let mut error = text.error(cited.span(), format!("there is no clause \"{}\"", cited.get()));
        error.help = closest(cited.get(), ids()).map(|id| format!("did you mean \"{id}\"?"));
        Some(error)
    }

    /// The file of a fixture, which is read the first time that a case names it.
    fn fixture(&mut self, name: &str) -> Result<PathBuf> {
        let file = format!("{name}.toml");
        let found = self
            .fixtures
            .iter()
            .map(|folder| folder.join(&file))
            .find(|file| carried::exists(file));
        let path = found.with_context(|| format!("there is no fixture \"{name}\""))?;
        if !self.corpus.fixtures.contains_key(&path) {
            let text = self.read(&path)?;
            let fixture = Fixture::read(&path, &text).unwrap_or_else(|error| {
                self.errors.push(error);
                Fixture::default()
            });
            self.corpus.fixtures.insert(path.clone(), fixture);
        }
        Ok(path)
    }

    /// The corpus, if nothing was wrong with any file.
    pub fn finish(mut self) -> Result<Corpus> {
        if !self.errors.is_empty() {
            return Err(BadCorpus(self.errors).into());
        }
        self.corpus.digest = self.digest.finalize().to_hex().to_string();
        Ok(self.corpus)
    }
}

fn is_name(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    text.split('-').all(is_word)
}

/// What a case asks of its model that the model does not have.
fn unknown_to_the_model(
    model: Model,
    written: &format::Case,
    place: Option<Place>,
) -> Option<&'static str> {
    match (model, place) {
        (Model::Deno, Some(Place::Child)) => Some("Deno's scopes are tests and workers"),
        (Model::Node, Some(Place::Test)) => Some(
            "Node's scopes are workers and processes; say `in = \"worker\"` or `in = \"child\"`",
        ),
        (Model::Deno, _) if !written.entry.is_empty() => {
            Some("only a case about Node has an `entry`")
        }
        (Model::Node, _) if written.command.is_some() => {
            Some("Node has no commands; a program in a file is an `entry`")
        }
        _ => None,
    }
}

/// The files that a launch has the runtime load or read before its program, by flags and by `NODE_OPTIONS`.
fn files_named(model: Model, written: &format::Case) -> Vec<String> {
    if model == Model::Deno {
        return Vec::new();
    }
    // The newest release knows the most flags; what it does not know is refused, and so reads nothing.
    let release = *model.releases().last().expect("a model has releases");
    let names = Names::as_written(release);
    let words = |texts: &[String]| texts.iter().map(|text| names.text(text)).collect::<Vec<_>>();
    let settings = |words: &[String], place| arguments::read(words, place, release);
    let of_flags = settings(&words(&written.flags), arguments::Place::CommandLine);
    let options = written.environment.get("NODE_OPTIONS").into_iter().cloned();
    let options = options.flat_map(|text| arguments::split(&text).unwrap_or_default());
    let of_options = settings(&words(&options.collect::<Vec<_>>()), arguments::Place::Options);
    let settings = [of_flags, of_options].into_iter().flatten().flat_map(|(settings, _)| settings);
    settings.filter_map(|setting| setting.file().map(str::to_owned)).collect()
}

/// What no operating system passes on to a process.
fn unpassable(written: &format::Case) -> Option<String> {
    let texts = written.flags.iter().chain(&written.entry).chain(written.environment.values());
    let nul = texts.chain(written.environment.keys()).find(|text| text.contains('\0'));
    if let Some(text) = nul {
        return Some(format!("{text:?} cannot be passed to a process, for it holds a NUL"));
    }
    let is_no_name = |name: &&String| name.is_empty() || name.contains('=');
    if let Some(name) = written.environment.keys().find(is_no_name) {
        return Some(format!("{name:?} is no name of a variable"));
    }
    let joined = written.search_path.iter().flatten().find(|place| place.contains([':', '\0']));
    joined.map(|place| format!("{place:?} is no single directory of a search path"))
}

fn read_expected(text: &Text<'_>, written: &format::Case) -> Result<Expected, Vec<Diagnostic>> {
    let name = &written.name;
    let ends = (&written.steps, written.refused, written.rejected);
    let expected = match ends {
        (Some(steps), None, None) => Expected::Steps(read_steps(text, written, steps)?),
        (None, Some(refusal), None) => Expected::Refused(refusal),
        (None, None, Some(reason)) => Expected::Rejected { reason, error: written.error.clone() },
        _ => {
            let message = "a case has either `steps`, or `refused`, or `rejected`";
            return Err(vec![text.error(name.span(), message)]);
        }
    };
    if written.error.is_some() && !matches!(expected, Expected::Rejected { .. }) {
        return Err(vec![text.error(name.span(), "the `error` of a case needs `rejected`")]);
    }
    Ok(expected)
}

fn read_steps(
    text: &Text<'_>,
    case: &format::Case,
    written: &[At<format::Step>],
) -> Result<Vec<Step>, Vec<Diagnostic>> {
    let directory = case.directory.as_deref().unwrap_or(ROOT);
    let mut steps = Vec::new();
    let mut errors = Vec::new();
    for (index, step) in written.iter().enumerate() {
        let number = index + 1;
        match Step::read(step.get(), directory) {
            Ok(read) => {
                let later = |status: usize| status == 0 || status > number;
                let changes = read.promise.changes.iter().flatten();
                if changes.map(|change| change.status).chain(read.promise.same_as).any(later) {
                    let message = format!("step {number} refers to a step that comes after it");
                    errors.push(text.error(step.span(), message));
                }
                if read.answer.is_some() && !case.terminal {
                    let message = "nobody answers a prompt without `terminal = true`";
                    errors.push(text.error(step.span(), message));
                }
                steps.push(read);
            }
            Err(message) => errors.push(text.error(step.span(), message)),
        }
    }
    if errors.is_empty() { Ok(steps) } else { Err(errors) }
}
