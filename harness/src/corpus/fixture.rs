//! Fixtures: the folders that cases run in, as data, so that links, modes and programs survive any checkout.

use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::launch::{ROOT, stays_inside};
use crate::wire::{File, FileKind};

/// A folder, as the list of what is in it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixture {
    /// What is in it; parents come into being by themselves.
    #[serde(default, rename = "entry")]
    pub entries: Vec<Entry>,
}

/// One file, directory, link or program.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Where, relative to the fixture's folder.
    pub path: String,
    /// What.
    #[serde(flatten)]
    pub content: Content,
}

/// What stands at an entry's path.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// A file with this text.
    File(String),
    /// A file with this text that can be run.
    Program(String),
    /// A link to this path, relative to the link or below `$ROOT`.
    Link(String),
    /// A directory.
    Directory(bool),
}

impl Fixture {
    /// Reads a fixture's file.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("cannot read the fixture {}", path.display()))?;
        let fixture: Fixture = toml::from_str(&text)
            .with_context(|| format!("cannot read the fixture {}", path.display()))?;
        for entry in &fixture.entries {
            let inside = Path::new(&entry.path)
                .components()
                .all(|component| matches!(component, Component::Normal(_)));
            let link_stays = match &entry.content {
                Content::Link(to) => {
                    let beside = Path::new(&entry.path).parent().unwrap_or(Path::new(""));
                    stays_inside(to, &format!("{ROOT}/{}", beside.display()))
                }
                Content::File(_) | Content::Program(_) | Content::Directory(_) => true,
            };
            if !inside || !link_stays {
                bail!("{}: the entry \"{}\" leads outside", path.display(), entry.path);
            }
        }
        Ok(fixture)
    }

    /// Makes the fixture in an empty folder.
    pub fn make(&self, root: &Path) -> Result<()> {
        for entry in &self.entries {
            let path = root.join(&entry.path);
            self.make_entry(entry, &path, root)
                .with_context(|| format!("cannot make {} of a fixture", path.display()))?;
        }
        Ok(())
    }

    fn make_entry(&self, entry: &Entry, path: &Path, root: &Path) -> Result<()> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        match &entry.content {
            Content::File(text) => fs::write(path, text)?,
            Content::Program(text) => {
                fs::write(path, text)?;
                make_runnable(path)?;
            }
            Content::Link(destination) => {
                let destination = destination.replace(ROOT, &root.to_string_lossy());
                make_link(&PathBuf::from(destination), path)?;
            }
            Content::Directory(_) => fs::create_dir_all(path)?,
        }
        Ok(())
    }

    /// What exists, for an implementation that has no folder; directories included.
    pub fn files(&self, root: &str) -> Vec<File> {
        let file = |path: &str, kind, target| File { path: format!("{root}/{path}"), kind, target };
        let mut files =
            vec![File { path: root.to_owned(), kind: FileKind::Directory, target: None }];
        for entry in &self.entries {
            for (slash, _) in entry.path.match_indices('/') {
                files.push(file(&entry.path[..slash], FileKind::Directory, None));
            }
            let (kind, target) = match &entry.content {
                Content::File(_) => (FileKind::File, None),
                Content::Program(_) => (FileKind::Program, None),
                Content::Directory(_) => (FileKind::Directory, None),
                Content::Link(to) => (FileKind::Link, Some(to.replace(ROOT, root))),
            };
            files.push(file(&entry.path, kind, target));
        }
        files.sort();
        files.dedup();
        files
    }
}

#[cfg(unix)]
fn make_runnable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_runnable(_: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn make_link(destination: &Path, path: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(destination, path)
}

#[cfg(not(unix))]
fn make_link(destination: &Path, path: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_file(destination, path)
}
