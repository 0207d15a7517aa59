//! The corpus: a folder of cases, read as a whole or not at all.

pub mod advisory;
pub mod case;
pub mod clause;
pub mod diagnostic;
pub mod fixture;
pub mod format;
pub mod kind;
mod reader;
pub mod releases;
pub mod surface;
pub mod universe;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use self::case::Case;
use self::clause::Clause;
use self::diagnostic::Diagnostic;
use self::fixture::Fixture;
use self::reader::Reader;
use self::universe::Universe;
use crate::{carried, compared};

/// The file that holds a model's clauses.
const CLAUSES: &str = "clauses.toml";

/// The file that holds what the laws are tried on.
const LAWS: &str = "laws.toml";

/// Cases, and what they refer to.
#[derive(Debug, Default)]
pub struct Corpus {
    /// The cases, by identity.
    pub cases: Vec<Case>,
    /// The clauses of every model.
    pub clauses: Vec<Clause>,
    /// What the laws are tried on.
    pub universes: Vec<Universe>,
    /// The fixtures that the cases name, by file: two corpora may have different ones of one name.
    pub fixtures: BTreeMap<PathBuf, Fixture>,
    /// A digest of every file that was read.
    pub digest: String,
}

/// Everything that is wrong with a corpus.
#[derive(Debug)]
pub struct BadCorpus(pub Vec<Diagnostic>);

impl fmt::Display for BadCorpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for diagnostic in &self.0 {
            writeln!(f, "{diagnostic}\n")?;
        }
        write!(f, "the corpus has {} errors, and no case was run", self.0.len())
    }
}

impl std::error::Error for BadCorpus {}

impl Corpus {
    /// Reads every case below a folder.
    ///
    /// Fixtures are looked up in `fixtures`, the first match wins; cases may cite the clauses of the folder and those in `cited`.
    pub fn read(folder: &Path, fixtures: &[PathBuf], cited: &[Clause]) -> Result<Self> {
        // A corpus outside of the project keeps its fixtures beside its cases.
        let (own_fixtures, comparison) = (folder.join("fixtures"), folder.join(compared::FILE));
        let is_ours = |path: &PathBuf| {
            let is_other = path.starts_with(&own_fixtures) || *path == comparison;
            !is_other && path.extension().is_some_and(|end| end == "toml")
        };
        let mut files = carried::files_below(folder)
            .with_context(|| format!("cannot read the corpus {}", folder.display()))?;
        files.retain(is_ours);
        let mut reader = Reader::new(folder, fixtures);
        reader.corpus.clauses = cited.to_vec();
        let is_called = |name: &str| {
            let name = name.to_owned();
            move |file: &PathBuf| file.file_name().is_some_and(|file| *file == *name)
        };
        let (clauses, files): (Vec<_>, Vec<_>) = files.into_iter().partition(is_called(CLAUSES));
        let (laws, cases): (Vec<_>, Vec<_>) = files.into_iter().partition(is_called(LAWS));
        for file in clauses {
            reader.clauses(&file)?;
        }
        for file in laws {
            reader.universes(&file)?;
        }
        for file in cases {
            reader.cases(&file)?;
        }
        reader.finish()
    }

    /// Reads only the file that holds the case of an identity; an empty corpus where there is none.
    ///
    /// For whoever runs a process per case, and would read everything each time.
    pub fn read_around(folder: &Path, fixtures: &[PathBuf], id: &str) -> Result<Self> {
        let mut reader = Reader::new(folder, fixtures);
        let Some((file, _)) = id.rsplit_once("::") else {
            return reader.finish();
        };
        let path = folder.join(format!("{}.toml", file.replace("::", "/")));
        if carried::exists(&path) {
            let model = folder.join(file.split("::").next().unwrap_or_default());
            reader.clauses(&model.join(CLAUSES))?;
            reader.cases(&path)?;
        }
        reader.finish()
    }

    /// Adds another corpus, which must not say of a case what this one says.
    pub fn add(&mut self, other: Corpus) -> Result<(), BadCorpus> {
        let places: HashMap<_, _> =
            self.cases.iter().map(|case| (case.id.as_str(), &case.source)).collect();
        let twice = |case: &Case| {
            let first = places.get(case.id.as_str())?.file.display();
            let message = format!("{} is a case of {first}, too", case.id);
            Some(Diagnostic::of_line(&case.source.file, case.source.line, message))
        };
        let errors: Vec<_> = other.cases.iter().filter_map(twice).collect();
        if !errors.is_empty() {
            return Err(BadCorpus(errors));
        }
        self.cases.extend(other.cases);
        self.clauses.extend(other.clauses);
        self.universes.extend(other.universes);
        self.fixtures.extend(other.fixtures);
        self.digest.push_str(&other.digest);
        Ok(())
    }

    /// The clause of that identity.
    pub fn clause(&self, id: &str) -> Option<&Clause> {
        self.clauses.iter().find(|clause| clause.id == id)
    }
}
