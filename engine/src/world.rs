//! What the engine needs to know of the world, passed in as a value.

use std::collections::BTreeMap;

use crate::resource::path::Path;

/// Which syntax paths have, and whether names fold their case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// `/` separates; names are compared as they are.
    Unix,
    /// `\` and `/` separate; the case of paths and of environment variables does not count.
    Windows,
}

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A file with a text.
    File,
    /// A directory.
    Directory,
    /// A symbolic link to a path.
    Link(Path),
    /// A file that can be run.
    Program,
}

/// The surroundings of a launch.
#[derive(Clone, Debug)]
pub struct World {
    /// The platform of the runtime.
    pub platform: Platform,
    /// The working directory.
    pub directory: Path,
    /// The directories in which programs are looked up by name, the first match wins.
    pub search_path: Vec<Path>,
    /// What exists.
    pub entries: BTreeMap<Path, Entry>,
    /// What stands in the files that a runtime reads at its launch.
    pub texts: BTreeMap<Path, String>,
    /// The environment variables of the process.
    pub environment: BTreeMap<String, String>,
    /// Whether somebody sits at a terminal and can be asked.
    pub terminal: bool,
}

impl World {
    /// A world where nothing exists, seen from `directory`.
    pub fn empty(platform: Platform, directory: &str) -> Self {
        let root = Path::root(platform);
        Self {
            platform,
            directory: Path::read(directory, &root, platform),
            search_path: Vec::new(),
            entries: BTreeMap::new(),
            texts: BTreeMap::new(),
            environment: BTreeMap::new(),
            terminal: false,
        }
    }

    /// Reads a path as a program of this world would mean it.
    pub fn path(&self, text: &str) -> Path {
        Path::read(text, &self.directory, self.platform)
    }

    /// The file that a bare program name stands for, if the search path leads to one.
    pub fn find_program(&self, name: &str) -> Option<Path> {
        self.search_path
            .iter()
            .map(|directory| directory.join(name, self.platform))
            .find(|path| self.resolve(path) == Some(&Entry::Program))
    }

    /// Whether anything stands at a path; a link that leads nowhere does.
    pub fn has(&self, path: &Path) -> bool {
        self.resolve(path).is_some() || self.entries.contains_key(path)
    }

    /// Whether something could be made at a path: there is a directory for it.
    pub fn has_place_for(&self, path: &Path) -> bool {
        let directory = path.parent().unwrap_or_else(|| Path::root(self.platform));
        self.resolve(&directory) == Some(&Entry::Directory)
    }

    /// What stands at a path once links are followed.
    pub fn resolve(&self, path: &Path) -> Option<&Entry> {
        /// What lies above something that exists is a directory, whether it is listed or not.
        static ABOVE: Entry = Entry::Directory;
        let path = self.follow(path)?;
        Some(self.entries.get(&path).unwrap_or(&ABOVE))
    }

    /// Where a path leads once links are followed, its own and those of the directories on its way.
    ///
    /// None where nothing stands there, and where links lead in a circle.
    pub fn follow(&self, path: &Path) -> Option<Path> {
        // A chain longer than this is a loop on every platform.
        const LONGEST_CHAIN: usize = 40;
        let mut path = path.clone();
        for _ in 0..LONGEST_CHAIN {
            let mut prefix = Some(path.clone());
            // The outermost link is the first to be followed.
            let mut outermost = None;
            while let Some(place) = prefix {
                prefix = place.parent();
                if let Some(Entry::Link(destination)) = self.entries.get(&place) {
                    outermost = Some((place, destination));
                }
            }
            if let Some((link, destination)) = outermost {
                let rest = path.as_str()[link.as_str().len()..].trim_start_matches('/');
                path = destination.join(if rest.is_empty() { "." } else { rest }, self.platform);
                continue;
            }
            let is_above =
                path.parent().is_none() || self.entries.keys().any(|entry| path.covers(entry));
            return is_above.then_some(path);
        }
        None
    }
}
