//! `permscope export`: the corpus and what belongs to it, as files.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use crate::carried;
use crate::exit::Exit;
use crate::file;

/// Writes the corpus, the fixtures, the adapters and the lists of known differences that this program carries into a folder.
#[derive(Debug, Args)]
pub struct Export {
    /// The folder; it must be empty, or not be there yet.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Export {
    /// Writes them.
    pub fn execute(&self) -> Result<Exit> {
        let folder = self.folder.display();
        let is_empty = match fs::read_dir(&self.folder) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
            Err(error) => return Err(error).with_context(|| format!("cannot read {folder}")),
        };
        if !is_empty {
            let why = format!("{folder} is not empty, and nothing in it is written over");
            return Err(file::Unwritable::because(&why).into());
        }
        for (name, text) in carried::FILES {
            let path = name.split('/').fold(self.folder.clone(), |path, part| path.join(part));
            file::replace(&path, text.as_bytes())?;
        }
        anstream::println!("{} files are in {folder}", carried::FILES.len());
        Ok(Exit::Expected)
    }
}
