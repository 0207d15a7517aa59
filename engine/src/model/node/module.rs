//! Modules: which file a name of one means.

use crate::resource::path::Path;
use crate::world::{Entry, World};

/// The file of the program, whose name is a path in any case; none where nothing is there.
pub fn entry_point(name: &str, world: &World) -> Option<Path> {
    file_of(&world.path(name), world)
}

/// The file of a module that is loaded before the program, whose name is a path or that of a package.
pub fn preloaded(name: &str, world: &World) -> Option<Path> {
    let is_path = name.starts_with(['.', '/']);
    let installed = if is_path { None } else { installed(name, world) };
    file_of(&installed.unwrap_or_else(|| world.path(name)), world)
}

/// Where a package lies: in the nearest `node_modules` that has it.
fn installed(package: &str, world: &World) -> Option<Path> {
    let above = std::iter::successors(Some(world.directory.clone()), Path::parent);
    above
        .map(|folder| folder.join(&format!("node_modules/{package}"), world.platform))
        .find(|place| world.resolve(place).is_some())
}

/// The path itself, with an extension, or what a directory names as its main module.
fn file_of(path: &Path, world: &World) -> Option<Path> {
    let with = |path: &Path, end: &str| world.path(&format!("{path}{end}"));
    let is_file = |path: &Path| matches!(world.resolve(path), Some(Entry::File | Entry::Program));
    let as_file =
        |path: &Path| ["", ".js", ".json"].map(|end| with(path, end)).into_iter().find(is_file);
    let main = || {
        let text = world.texts.get(&with(path, "/package.json"))?;
        let package: serde_json::Value = serde_json::from_str(text).ok()?;
        let main = with(path, &format!("/{}", package.get("main")?.as_str()?));
        as_file(&main).or_else(|| as_file(&with(&main, "/index")))
    };
    as_file(path).or_else(main).or_else(|| as_file(&with(path, "/index")))
}
