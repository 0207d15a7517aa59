//! Fixtures: the folders that cases run in, as data, so that links, modes and programs survive any checkout.

use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::diagnostic::Diagnostic;
use super::format::At;
use crate::launch::{ROOT, stays_inside};
use crate::wire::{File, FileKind};

/// A folder, as the list of what is in it.
#[derive(Clone, Debug, Default)]
pub struct Fixture {
    /// What is in it; parents come into being by themselves.
    pub entries: Vec<Entry>,
}

/// One file, directory, link or program.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where, relative to the fixture's folder.
    pub path: String,
    /// What.
    pub content: Content,
}

/// What stands at an entry's path.
#[derive(Clone, Debug)]
pub enum Content {
    /// A file with this text.
    File(String),
    /// A file with this text that can be run.
    Program(String),
    /// A file with the text of the adapter of whatever implementation acts in the fixture.
    Adapter,
    /// A link to this path, relative to the link or below `$ROOT`.
    Link(String),
    /// A directory.
    Directory,
    /// A socket that somebody listens on for as long as the case lasts.
    Socket,
}

/// A fixture's file, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FixtureFile {
    #[serde(default, rename = "entry")]
    entries: Vec<WrittenEntry>,
}

/// An entry, as written: a path, and what stands there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEntry {
    path: At<String>,
    #[serde(default)]
    file: Option<String>,
    #[serde(default)]
    program: Option<String>,
    #[serde(default)]
    adapter: Option<bool>,
    #[serde(default)]
    link: Option<String>,
    #[serde(default)]
    directory: Option<bool>,
    #[serde(default)]
    socket: Option<bool>,
}

impl WrittenEntry {
    /// The entry that is meant, beside those that were read before it.
    fn read(self, before: &[Entry]) -> Result<Entry, String> {
        let path = self.path.get();
        let contents = [
            self.file.map(Content::File),
            self.program.map(Content::Program),
            self.link.map(Content::Link),
            self.adapter.filter(|is_it| *is_it).map(|_| Content::Adapter),
            self.directory.filter(|is_it| *is_it).map(|_| Content::Directory),
            self.socket.filter(|is_it| *is_it).map(|_| Content::Socket),
        ];
        let mut contents = contents.into_iter().flatten();
        let (Some(content), None) = (contents.next(), contents.next()) else {
            return Err("an entry is a `file`, a `program`, a `link`, `adapter = true`, \
                        `directory = true` or `socket = true`"
                .into());
        };
        let is_plain = |component| matches!(component, Component::Normal(_));
        let inside = !path.is_empty() && Path::new(path).components().all(is_plain);
        let link_stays = match &content {
            Content::Link(to) => {
                let beside = Path::new(path).parent().unwrap_or(Path::new(""));
                stays_inside(to, &format!("{ROOT}/{}", beside.display()))
            }
            Content::File(_)
            | Content::Program(_)
            | Content::Adapter
            | Content::Directory
            | Content::Socket => true,
        };
        if !inside || !link_stays {
            return Err(format!("the entry \"{path}\" leads out of the fixture"));
        }
        // An entry has its place to itself, and only a directory can hold another.
        let is_below = |path: &str, other: &Entry| Path::new(path).starts_with(&other.path);
        let clashes = before.iter().any(|other| {
            *path == other.path
                || (is_below(path, other) && !matches!(other.content, Content::Directory))
                || (Path::new(&other.path).starts_with(path)
                    && !matches!(content, Content::Directory))
        });
        if clashes {
            return Err(format!("the place of the entry \"{path}\" is taken"));
        }
        Ok(Entry { path: path.clone(), content })
    }
}

impl Fixture {
    /// Reads the text of a fixture's file.
    pub fn read(path: &Path, text: &str) -> Result<Self, Diagnostic> {
        let file: FixtureFile =
            toml::from_str(text).map_err(|error| Diagnostic::of_toml(path, text, &error))?;
        let mut entries = Vec::new();
        for entry in file.entries {
            let span = entry.path.span();
            let read = entry.read(&entries).map_err(|message| Diagnostic {
                file: path.to_owned(),
                text: text.to_owned(),
                span,
                message,
                help: None,
            })?;
            entries.push(read);
        }
        Ok(Self { entries })
    }

    /// Whether a path, as a case writes it, is a directory of the fixture.
    pub fn has_directory(&self, path: &str) -> bool {
        let is_it = |file: &File| file.path == path && file.kind == FileKind::Directory;
        self.files(ROOT).iter().any(is_it)
    }

    /// Makes the fixture in an empty folder, for an implementation with this adapter; its sockets are listened on until what is returned goes.
    pub fn make(&self, root: &Path, adapter: &str) -> Result<Vec<Listening>> {
        let mut sockets = Vec::new();
        for entry in &self.entries {
            let path = root.join(&entry.path);
            let made = make_entry(entry, &path, root, adapter);
            let made = made.with_context(|| format!("cannot make {} of a fixture", path.display()));
            sockets.extend(made?);
        }
        Ok(sockets)
    }

    /// What exists, for an implementation that has no folder; directories included.
    pub fn files(&self, root: &str) -> Vec<File> {
        let file = |path: &str, kind| File {
            path: format!("{root}/{path}"),
            kind,
            target: None,
            text: None,
        };
        let mut files = vec![File { path: root.to_owned(), ..file("", FileKind::Directory) }];
        for entry in &self.entries {
            for (slash, _) in entry.path.match_indices('/') {
                files.push(file(&entry.path[..slash], FileKind::Directory));
            }
            let (kind, target, text) = match &entry.content {
                Content::File(text) => (FileKind::File, None, Some(text.clone())),
                Content::Program(text) => (FileKind::Program, None, Some(text.clone())),
                Content::Adapter | Content::Socket => (FileKind::File, None, None),
                Content::Directory => (FileKind::Directory, None, None),
                Content::Link(to) => (FileKind::Link, Some(to.replace(ROOT, root)), None),
            };
            files.push(File { target, text, ..file(&entry.path, kind) });
        }
        files.sort();
        files.dedup();
        files
    }
}

/// Somebody who listens on a socket.
#[cfg(unix)]
pub type Listening = std::os::unix::net::UnixListener;

/// Nobody: there are no such sockets here.
#[cfg(not(unix))]
pub type Listening = std::convert::Infallible;

fn make_entry(entry: &Entry, path: &Path, root: &Path, adapter: &str) -> Result<Option<Listening>> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match &entry.content {
        Content::File(text) => fs::write(path, text)?,
        Content::Adapter => fs::write(path, adapter)?,
        Content::Program(text) => {
            fs::write(path, text)?;
            make_runnable(path)?;
        }
        Content::Link(destination) => {
            let destination = destination.replace(ROOT, &root.to_string_lossy());
            make_link(&PathBuf::from(destination), path)?;
        }
        Content::Directory => fs::create_dir_all(path)?,
        Content::Socket => return listen(path),
    }
    Ok(None)
}

#[cfg(unix)]
fn listen(path: &Path) -> Result<Option<Listening>> {
    Ok(Some(Listening::bind(path)?))
}

#[cfg(not(unix))]
fn listen(_: &Path) -> Result<Option<Listening>> {
    anyhow::bail!("a socket needs a system that has them in its files")
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
