//! The project that a run takes place in: a checkout, or what this program carries of one.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use permscope_engine::release::Release;

use crate::carried;
use crate::implementation::manifest;

/// A folder that holds `conformance/`, `fixtures/` and `reports/`, on disk or carried.
#[derive(Clone, Debug)]
pub struct Project(PathBuf);

impl Project {
    /// The checkout at or above a folder, told by the fixture that every corpus needs; none where there is no such folder.
    pub fn find(from: &Path) -> Option<Self> {
        let is_project = |folder: &&Path| {
            folder.join("conformance").is_dir() && folder.join("fixtures/empty.toml").is_file()
        };
        from.ancestors().find(is_project).map(|folder| Self(folder.to_owned()))
    }

    /// What this program carries.
    pub fn carried() -> Self {
        Self(PathBuf::from(carried::FOLDER))
    }

    /// The checkout at or above the working directory, or else what this program carries.
    pub fn here() -> Result<Self> {
        let here = std::env::current_dir().context("there is no working directory")?;
        Ok(Self::find(&here).unwrap_or_else(Self::carried))
    }

    /// Whether nothing of it lies on a disk.
    pub fn is_carried(&self) -> bool {
        self.0 == Path::new(carried::FOLDER)
    }

    /// What a person in it types to run this program.
    pub fn command(&self) -> &'static str {
        if self.is_carried() { "permscope run" } else { "cargo xtask conformance" }
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

    /// Where records go; none where there is no checkout, whose folder for such things could take them.
    pub fn records(&self) -> Option<PathBuf> {
        (!self.is_carried()).then(|| self.0.join("target").join("conformance"))
    }

    /// A path as a person in the checkout would write it.
    pub fn short<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(&self.0).unwrap_or(path)
    }

    /// The implementations that there are.
    pub fn implementation_names(&self) -> Vec<String> {
        let mut names = vec![crate::implementation::reference::NAME.to_owned()];
        let files = carried::files_below(&self.implementations()).unwrap_or_default();
        let manifests = files.iter().filter(|file| file.ends_with(manifest::FILE));
        let folders = manifests.filter_map(|file| file.parent()?.file_name());
        names.extend(folders.map(|folder| folder.to_string_lossy().into_owned()));
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
