//! A file that is written whole or not at all.

use std::fmt;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::NamedTempFile;

/// What cannot be written where it should be.
#[derive(Debug)]
pub struct Unwritable(String);

impl Unwritable {
    /// For a reason that is no error of the system.
    pub fn because(why: &str) -> Self {
        Self(why.to_owned())
    }
}

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unwritable {}

/// A file that takes the place of what was there once it is whole; its folder comes into being where it is missing.
pub struct Replacement {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
}

impl Replacement {
    /// Begins a file beside the one that it will replace.
    pub fn of(path: &Path) -> Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let unwritable = |verb: &str, place: &Path, error: io::Error| {
            Unwritable(format!("cannot {verb} {}: {error}", place.display()))
        };
        fs::create_dir_all(folder).map_err(|error| unwritable("make", folder, error))?;
        if path.is_dir() {
            let error = io::Error::from(io::ErrorKind::IsADirectory);
            return Err(unwritable("write", path, error).into());
        }
        let mut builder = tempfile::Builder::new();
        // A temporary file is its owner's alone; this one stays, and others read it.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file =
            builder.tempfile_in(folder).map_err(|error| unwritable("write into", folder, error))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file) })
    }

    /// Puts the file in its place.
    pub fn persist(self) -> Result<()> {
        let failed = |error: &dyn fmt::Display| {
            Unwritable(format!("cannot write {}: {error}", self.path.display()))
        };
        let file = self.file.into_inner().map_err(|error| failed(&error))?;
        file.persist(&self.path).map_err(|error| failed(&error))?;
        Ok(())
    }
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Puts a text in the place of what was there.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = Replacement::of(path)?;
    file.write_all(bytes).with_context(|| format!("cannot write {}", path.display()))?;
    file.persist()
}
