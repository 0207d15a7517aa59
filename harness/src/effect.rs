//! Effects: what a case has really done, seen from outside and not asked for.
//!
//! What a program is told and what happens are two observations, and a runtime may be wrong in either.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use walkdir::WalkDir;

use crate::corpus::case::{Case, Step};
use crate::launch::Names;
use crate::operation::{self, Effect};
use crate::wire::{Action, Answer, Reply};

/// A folder at one moment: everything in it, by its path.
type Snapshot = BTreeMap<PathBuf, Thing>;

/// What stands at a path, as far as an operation can change it.
#[derive(Debug, PartialEq, Eq)]
struct Thing {
    /// The text of a file, and where a link leads.
    content: Option<Vec<u8>>,
    marks: Vec<u64>,
}

/// What is to be looked at once a case is done.
#[derive(Debug)]
pub struct Watch {
    root: PathBuf,
    before: Snapshot,
    /// For each step that leaves something behind, where that would be seen.
    places: Vec<(usize, Place)>,
}

/// Where an effect would be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// At one of these paths, which are one where no link is on the way.
    At(PathBuf, PathBuf),
    /// Somewhere new below this folder.
    Below(PathBuf),
    /// At the listener.
    Listener,
}

impl Place {
    /// Whether what is seen in one place is seen in the other: two paths may lead to one file.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Place::At(_, a), Place::At(_, b)) => a == b,
            _ => self == other,
        }
    }
}

impl Watch {
    /// Looks at the folder of a case before it begins; nothing where no step of the case leaves anything behind.
    pub fn begin(case: &Case, root: &Path, names: Names<'_>) -> Option<Self> {
        let directory = PathBuf::from(names.text(&case.launch.directory));
        let place =
            |(index, step): (usize, &Step)| Some((index, place_of(step, &directory, names)?));
        let places: Vec<_> = case.steps().iter().enumerate().filter_map(place).collect();
        let is_watched = !places.is_empty();
        is_watched.then(|| Self { root: root.to_owned(), before: look(root), places })
    }

    /// Adds what was seen to what was told: that a step had an effect, or that it had none.
    pub fn complete(&self, replies: &mut [Reply], connections: usize) {
        let after = look(&self.root);
        for (number, (_, place)) in self.places.iter().enumerate() {
            let is_same = |(_, other): &&(usize, Place)| other.is_same(place);
            // Steps that would be seen in the same place cannot be told apart, and are judged together, once.
            if self.places[..number].iter().any(|earlier| is_same(&earlier)) {
                continue;
            }
            let steps: Vec<_> = self.places.iter().filter(is_same).map(|(step, _)| *step).collect();
            let is_allowed = |step: &usize| {
                let answered = replies.get(*step).and_then(Reply::answered);
                answered.is_some_and(|answered| answered.answer == Answer::Allowed)
            };
            let is_claimed = steps.iter().any(is_allowed);
            let is_seen = self.is_seen(place, &after, connections);
            let step = match &steps[..] {
                [first, ..] if is_seen && !is_claimed => *first,
                // Where one step does what another undoes, nothing is left to be seen.
                [only] if self.is_alone(place) => *only,
                _ => continue,
            };
            if let Some(Reply::Answered(answered)) = replies.get_mut(step) {
                answered.done = Some(is_seen);
            }
        }
    }

    fn is_seen(&self, place: &Place, after: &Snapshot, connections: usize) -> bool {
        let differs = |path: &PathBuf| self.before.get(path) != after.get(path);
        match place {
            Place::At(path, real) => differs(path) || differs(real),
            Place::Below(folder) => {
                after.keys().any(|path| path.starts_with(folder) && !self.before.contains_key(path))
            }
            Place::Listener => connections > 0,
        }
    }

    /// Whether no other step could have undone what is looked for.
    fn is_alone(&self, place: &Place) -> bool {
        let Place::At(path, _) = place else { return true };
        let touches = |other: &Place| match other {
            Place::At(other, _) => path.starts_with(other) || other.starts_with(path),
            Place::Below(folder) => path.starts_with(folder),
            Place::Listener => false,
        };
        self.places.iter().filter(|(_, other)| touches(other)).count() == 1
    }
}

/// Where the effect of a step would be seen.
fn place_of(step: &Step, directory: &Path, names: Names<'_>) -> Option<Place> {
    let Action::Use(value) = &step.action else { return None };
    let value = names.value(value);
    let path = |field: &str| Some(directory.join(path_of(value.get(field)?)?));
    match operation::of(&value)?.effect_of(&value) {
        Effect::Nothing => None,
        Effect::Changes(field) => {
            let path = path(field)?;
            // What is done to a link is done where it leads, or to the link itself.
            let real = fs::canonicalize(&path)
                .ok()
                .or_else(|| Some(fs::canonicalize(path.parent()?).ok()?.join(path.file_name()?)));
            let real = real.unwrap_or_else(|| path.clone());
            Some(Place::At(path, real))
        }
        Effect::Appears(field) => {
            let folder = path(field).unwrap_or_else(|| directory.to_owned());
            Some(Place::Below(fs::canonicalize(&folder).unwrap_or(folder)))
        }
        Effect::Connects => Some(Place::Listener),
    }
}

/// A path, however it is spelled.
fn path_of(value: &Value) -> Option<PathBuf> {
    let spelled = ["$buffer", "$uint8array", "$url"].iter().find_map(|class| value.get(class));
    let text = spelled.unwrap_or(value).as_str()?;
    Some(PathBuf::from(text.strip_prefix("file://").unwrap_or(text)))
}

/// What is in a folder now; what cannot be looked at is as if it were not there.
fn look(root: &Path) -> Snapshot {
    let entries = WalkDir::new(root).into_iter().flatten();
    entries.filter_map(|entry| Some((entry.path().to_owned(), thing(entry.path())?))).collect()
}

fn thing(path: &Path) -> Option<Thing> {
    let metadata = fs::symlink_metadata(path).ok()?;
    let content = match metadata.file_type() {
        kind if kind.is_symlink() => {
            Some(fs::read_link(path).ok()?.into_os_string().into_encoded_bytes())
        }
        kind if kind.is_file() => Some(fs::read(path).ok()?),
        _ => None,
    };
    Some(Thing { content, marks: marks(&metadata) })
}

/// Who may do what with a file, and when it was changed; of a directory not the latter, which tells of what is in it.
#[cfg(unix)]
fn marks(metadata: &fs::Metadata) -> Vec<u64> {
    use std::os::unix::fs::MetadataExt;
    let owner = [metadata.mode().into(), metadata.uid().into(), metadata.gid().into()];
    // The second tells of a change even where all else was set to what it had been.
    let time = [metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec()];
    let time = time.map(i64::cast_unsigned);
    match metadata.is_dir() {
        true => owner.to_vec(),
        false => [owner.as_slice(), &time].concat(),
    }
}

#[cfg(not(unix))]
fn marks(metadata: &fs::Metadata) -> Vec<u64> {
    let since =
        metadata.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    let time = since.filter(|_| !metadata.is_dir()).map(|since| since.as_secs());
    [u64::from(metadata.permissions().readonly())].into_iter().chain(time).collect()
}
