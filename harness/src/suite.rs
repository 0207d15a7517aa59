//! The corpus as tests of an engine in Rust: for a `tests/conformance.rs` of whoever writes one.
//!
//! A trial is a case with all its releases inside, and its name is the case's identity, so that a filter selects cases, under `cargo test` and under nextest.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use permscope_engine::release::Release;

use crate::carried;
use crate::compare::compare;
use crate::corpus::Corpus;
use crate::corpus::case::Case;
use crate::implementation::Implementation;
use crate::judgement::{Judgement, Target};
use crate::known::{KnownDifferences, identities};
use crate::message;
use crate::outcome::Outcome;
use crate::plan::plan;
use crate::project::Project;
use crate::run::call;

/// An engine, and the cases that are for it.
pub struct Suite {
    engine: Box<dyn Implementation + Send>,
    project: Project,
    corpus: Corpus,
    known: KnownDifferences,
    releases: Vec<Release>,
}

/// A test of one case: its name, and what runs it and says what is wrong.
pub type Test = (String, Box<dyn FnOnce() -> Result<(), String> + Send>);

impl Suite {
    /// The cases that are for an engine at the releases that it says it can be.
    ///
    /// With `only`, no more of the corpus is read than holds the case of that identity: where a process is started for each test, it is otherwise read each time.
    pub fn of(engine: impl Implementation + Send + 'static, only: Option<&str>) -> Result<Self> {
        let project = match Project::find(Path::new(env!("CARGO_MANIFEST_DIR"))) {
            Some(checkout) => checkout,
            None => Project::carried(),
        };
        let (folder, fixtures) = (project.corpus(), [project.fixtures()]);
        let around = only.map(|id| Corpus::read_around(&folder, &fixtures, id)).transpose()?;
        let corpus = match around {
            Some(corpus) if !corpus.cases.is_empty() => corpus,
            Some(_) | None => Corpus::read(&folder, &fixtures, &[])?,
        };
        let releases = engine.hello().releases;
        let releases = releases.iter().map(|release| release.parse()).collect::<Result<_, _>>()?;
        let known = KnownDifferences::default();
        Ok(Self { engine: Box::new(engine), project, corpus, known, releases })
    }

    /// Takes the differences that are known from a list of one's own.
    ///
    /// A difference that is listed and seen exactly so is no failure; one that is listed and not seen is.
    pub fn known(mut self, list: &Path) -> Result<Self> {
        let whole = Corpus::read(&self.project.corpus(), &[self.project.fixtures()], &[])?;
        anyhow::ensure!(carried::exists(list), "there is no list {}", list.display());
        self.known = KnownDifferences::read(list, &identities(&whole), false)?;
        Ok(self)
    }

    /// A test for each case that the engine can be asked about; an error where there is none, since that would be green and say nothing.
    pub fn tests(self) -> Result<Vec<Test>> {
        let hello = self.engine.hello();
        let mut names = BTreeSet::new();
        for &release in &self.releases {
            let cases = self.corpus.cases.iter();
            let plan = plan(cases, &hello, release);
            names.extend(plan.cases.iter().map(|case| case.id.clone()));
        }
        anyhow::ensure!(!names.is_empty(), "no case asks for what {} can do", hello.name);
        let suite = Arc::new(self);
        let test = |name: String| {
            let (suite, id) = (Arc::clone(&suite), name.clone());
            let run = move || suite.run(&id);
            (name, Box::new(run) as Box<dyn FnOnce() -> Result<(), String> + Send>)
        };
        Ok(names.into_iter().map(test).collect())
    }

    /// Acts a case out at every release, and says what is not as expected.
    fn run(&self, id: &str) -> Result<(), String> {
        let hello = self.engine.hello();
        let mut told = String::new();
        for &release in &self.releases {
            let cases = self.corpus.cases.iter().filter(|case| case.id == id);
            for case in plan(cases, &hello, release).cases {
                told.push_str(&self.judge(case, &hello.name, release));
            }
        }
        match told.is_empty() {
            true => Ok(()),
            false => Err(anstream::adapter::strip_str(&told).to_string()),
        }
    }

    /// What is not as expected of a case at a release; nothing where all is.
    fn judge(&self, case: &Case, name: &str, release: Release) -> String {
        let fixture = &self.corpus.fixtures[&case.launch.fixture];
        let observation = call(&*self.engine, case, fixture, release);
        let known = self.known.of(&case.id, release);
        let outcome = Outcome::of(compare(case, &observation), known);
        if outcome.is_expected() {
            return String::new();
        }
        let judgement = Judgement { case, observation, outcome, reason: None };
        let argument = format!("--implementation {name}@{release}");
        let target = Target { implementation: name.to_owned(), release, argument };
        message::unexpected(&judgement, &target, &self.corpus, &self.project, &[])
    }
}
