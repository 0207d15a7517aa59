//! How a text names paths: in a grant, where an asterisk is a wildcard, and in a question, where it is a character.

use crate::resource::Resource;
use crate::resource::pattern::Pattern;
use crate::rule::Reach;
use crate::world::{Entry, World};

/// What the value of `--allow-fs-read` or `--allow-fs-write` reaches, in the world of the launch.
///
/// The path is made absolute and normalized first; then all after the first asterisk is ignored.
/// A directory that exists stands for all below it, and what does not exist stands for itself alone.
pub fn grant(text: &str, world: &World) -> Reach {
    match text {
        "*" => Reach::All,
        text => part(text, world),
    }
}

/// What a text reaches that is a path in any case.
pub fn part(text: &str, world: &World) -> Reach {
    let path = world.path(text);
    let pattern = match world.resolve(&path) {
        Some(Entry::Directory) if !path.as_str().contains('*') => Pattern::below(&path),
        _ => Pattern::with_wildcard(path),
    };
    Reach::Part(Resource::Pattern(pattern))
}

/// What a path asks about: itself.
pub fn question(text: &str, world: &World) -> Reach {
    Reach::Part(Resource::Pattern(Pattern::One(world.path(text))))
}
