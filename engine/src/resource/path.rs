//! Paths as lexical values, in Unix and in Windows syntax.

use std::fmt;

use crate::world::Platform;

/// An absolute path without `.`, `..`, doubled or trailing separators; it stands for itself and for all below it.
///
/// No link is followed: a path is what its text says.
/// A Windows path is held with `/` between its parts and in lower case, so that one comparison serves both platforms.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Box<str>);

impl Path {
    /// The root directory; on Windows that of drive `C:`.
    pub fn root(platform: Platform) -> Self {
        match platform {
            Platform::Unix => Path("/".into()),
            Platform::Windows => Path("c:/".into()),
        }
    }

    /// Reads a path as written, relative to `directory` where it is not absolute.
    ///
    /// Neither `~` nor a pattern nor a `file:` URL means anything here: each is a name like any other.
    pub fn read(text: &str, directory: &Path, platform: Platform) -> Self {
        match platform {
            Platform::Unix if text.starts_with('/') => build("/", "", text),
            Platform::Unix => build("/", &directory.0, text),
            Platform::Windows => read_windows(text, directory),
        }
    }

    /// The path of `name` in this directory.
    pub fn join(&self, name: &str, platform: Platform) -> Self {
        Path::read(name, self, platform)
    }

    /// The normalized text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part, without its directory.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The directory that holds this path; none for a root.
    pub fn parent(&self) -> Option<Path> {
        let (directory, name) = self.0.rsplit_once('/')?;
        let is_root = directory.is_empty() || directory.ends_with(':');
        match name {
            "" => None,
            // Only a root ends in a separator.
            _ if is_root => Some(Path(format!("{directory}/").into())),
            _ => Some(Path(directory.into())),
        }
    }

    /// Whether `other` is this path or lies below it; `/foo` does not cover `/foobar`.
    pub fn covers(&self, other: &Path) -> bool {
        match other.0.strip_prefix(&*self.0) {
            Some(rest) => rest.is_empty() || rest.starts_with('/') || self.0.ends_with('/'),
            None => false,
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Appends the parts of `base` and then of `text` to `root`, resolving `.` and `..`; `..` stops at the root.
fn build(root: &str, base: &str, text: &str) -> Path {
    let mut path = String::with_capacity(root.len() + base.len() + text.len() + 1);
    path.push_str(root);
    for part in base.split('/').chain(text.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                let parent = path.rfind('/').unwrap_or_default();
                path.truncate(parent.max(root.len()));
            }
            name => {
                if !path.ends_with('/') {
                    path.push('/');
                }
                path.push_str(name);
            }
        }
    }
    Path(path.into())
}

/// Windows: drives, shares, `\\?\` forms, paths relative to the drive or to the directory.
fn read_windows(text: &str, directory: &Path) -> Path {
    let text = text.replace('\\', "/").to_lowercase();
    let text = match text.strip_prefix("//?/") {
        Some(rest) => {
            rest.strip_prefix("unc/").map_or(rest.to_owned(), |share| format!("//{share}"))
        }
        None => text,
    };
    if let Some(share) = text.strip_prefix("//") {
        let mut parts = share.splitn(3, '/');
        let server = parts.next().unwrap_or_default();
        let name = parts.next().unwrap_or_default();
        return build(&format!("//{server}/{name}/"), "", parts.next().unwrap_or_default());
    }
    let (current_root, current_rest) = split_windows_root(&directory.0);
    match text.as_bytes() {
        [drive, b':', rest @ ..] if drive.is_ascii_alphabetic() => {
            let root = format!("{}:/", char::from(*drive));
            // `c:x` is relative to the current directory of that drive, which is known for the current drive only.
            let base =
                if !rest.starts_with(b"/") && root == current_root { current_rest } else { "" };
            build(&root, base, &text[2..])
        }
        [b'/', ..] => build(current_root, "", &text),
        _ => build(current_root, current_rest, &text),
    }
}

/// Splits a normalized Windows path into its root (`c:/` or `//server/share/`) and what follows.
fn split_windows_root(path: &str) -> (&str, &str) {
    let depth = if path.starts_with("//") { 4 } else { 1 };
    let end = path.match_indices('/').nth(depth - 1).map_or(path.len(), |(slash, _)| slash + 1);
    path.split_at(end)
}
