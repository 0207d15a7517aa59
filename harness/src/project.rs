//! The checkout that a run takes place in: where its folders are.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use permscope_engine::release::Release;

use crate::exit::NoCorpus;
use crate::implementation::manifest;

/// A folder that holds `conformance/`, `fixtures/` and `reports/`.
#[derive(Clone, Debug)]
pub struct Project(PathBuf);

impl Project {
    /// The checkout at or above a folder.
    pub fn find(from: &Path) -> Result<Self> {
        let is_project = |folder: &&Path| {
            folder.join("conformance").is_dir() && folder.join("fixtures").is_dir()
        };
        match from.ancestors().find(is_project) {
            Some(folder) => Ok(Self(folder.to_owned())),
            None => Err(NoCorpus(format!(
                "{} is in no checkout of the project: no folder above it holds conformance/ and fixtures/",
                from.display()
            ))
            .into()),
        }
    }

    /// The checkout at or above the working directory.
    pub fn here() -> Result<Self> {
        Self::find(&std::env::current_dir().context("there is no working directory")?)
    }

    /// The corpus.
    pub fn corpus(&self) -> PathBuf {
        self.0.join("conformance")
    }

    /// The fixtures.
    pub fn fixtures(&self) -> PathBuf {
        self.0.join("fixtures")
    }

    /// The manifests and adapters, a folder each.
    pub fn implementations(&self) -> PathBuf {
        self.0.join("fixtures").join("implementations")
    }

    /// What is known of an implementation.
    pub fn known(&self, implementation: &str) -> PathBuf {
        self.0.join("reports").join("known").join(format!("{implementation}.toml"))
    }

    /// Where records go.
    pub fn records(&self) -> PathBuf {
        self.0.join("target").join("conformance")
    }

    /// A path as a person in the checkout would write it.
    pub fn short<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(&self.0).unwrap_or(path)
    }

    /// The implementations that there are.
    pub fn implementation_names(&self) -> Vec<String> {
        let mut names = vec![crate::implementation::reference::NAME.to_owned()];
        let folders = fs::read_dir(self.implementations()).into_iter().flatten().flatten();
        let folders = folders.filter(|folder| folder.path().join(manifest::FILE).exists());
        names.extend(folders.map(|folder| folder.file_name().to_string_lossy().into_owned()));
        names.sort();
        names
    }

    /// The installed releases of a runtime, oldest first: the argument that asks for each, and its program.
    pub fn installed(&self, name: &str, program: &str) -> Vec<(String, PathBuf)> {
        let runtimes = self.0.join("target").join("runtimes");
        let folders = fs::read_dir(runtimes).into_iter().flatten().flatten();
        let release = |folder: fs::DirEntry| {
            let argument = folder.file_name().to_string_lossy().into_owned();
            let release: Release = argument.strip_prefix(name)?.strip_prefix('@')?.parse().ok()?;
            let program = folder.path().join(format!("{program}{}", std::env::consts::EXE_SUFFIX));
            program.exists().then_some((release, argument, program))
        };
        let mut installed: Vec<_> = folders.filter_map(release).collect();
        installed.sort();
        installed.into_iter().map(|(_, argument, program)| (argument, program)).collect()
    }
}
