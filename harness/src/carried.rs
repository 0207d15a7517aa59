//! The project's own files, which this program carries, so that it needs no checkout.
//!
//! They lie below a folder that is on no disk; so a path says by itself whether its file is carried, and whoever reads a file need not ask.

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// The folder that everything carried lies below.
pub const FOLDER: &str = "permscope:";

/// Every file that is carried: its path below the project, with slashes on every system, and its text.
///
/// The files of a folder stand in the order in which [`files_below`] walks a disk.
pub static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/carried.rs"));

/// A digest of the reference engine's sources, which are a part of this program.
pub static ENGINE: &str = include!(concat!(env!("OUT_DIR"), "/engine.rs"));

/// The text of a file, carried or on disk.
pub fn read_to_string(path: &Path) -> io::Result<Cow<'static, str>> {
    match name_of(path) {
        None => fs::read_to_string(path).map(Cow::Owned),
        Some(name) => match FILES.iter().find(|(known, _)| *known == name) {
            Some((_, text)) => Ok(Cow::Borrowed(text)),
            None => Err(io::Error::from(io::ErrorKind::NotFound)),
        },
    }
}

/// Whether there is a file, carried or on disk.
pub fn exists(path: &Path) -> bool {
    match name_of(path) {
        None => path.exists(),
        Some(name) => FILES.iter().any(|(known, _)| *known == name),
    }
}

/// Every file below a folder, carried or on disk: by name, folder by folder.
pub fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let Some(name) = name_of(folder) else {
        let entries = WalkDir::new(folder).sort_by_file_name().into_iter();
        let files = entries.filter(|entry| !entry.as_ref().is_ok_and(|it| it.file_type().is_dir()));
        return files.map(|entry| Ok(entry?.into_path())).collect();
    };
    let prefix = if name.is_empty() { name } else { format!("{name}/") };
    let names = FILES.iter().filter_map(|(known, _)| known.strip_prefix(prefix.as_str()));
    // A path is made of parts, whatever stands between them on a system.
    Ok(names
        .map(|rest| rest.split('/').fold(folder.to_owned(), |path, part| path.join(part)))
        .collect())
}

/// The name of a carried file; none where a path leads to a disk.
fn name_of(path: &Path) -> Option<String> {
    let below = path.strip_prefix(FOLDER).ok()?;
    let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
    Some(parts.join("/"))
}
