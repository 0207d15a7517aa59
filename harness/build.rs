//! Lists the project's files that the program carries: the corpus, the fixtures, the adapters, and what is known.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use walkdir::{DirEntry, WalkDir};

/// Folders below the project's, with how deep their files lie at most.
const CARRIED: [(&str, usize); 4] = [
    ("conformance", usize::MAX),
    ("fixtures", 1),
    ("fixtures/implementations", 2),
    ("reports/known", 1),
];

fn main() {
    let here = env::var("CARGO_MANIFEST_DIR").expect("cargo says where the package is");
    let project = Path::new(&here).parent().expect("the package lies in the project").to_owned();
    let mut list = String::from("&[\n");
    for (folder, depth) in CARRIED {
        println!("cargo::rerun-if-changed={}", project.join(folder).display());
        let walk = WalkDir::new(project.join(folder)).max_depth(depth).sort_by_file_name();
        for entry in walk.into_iter().filter_entry(|entry| !is_hidden(entry)) {
            let entry = entry.expect("the project can be read");
            if !entry.file_type().is_file() {
                continue;
            }
            let path = entry.path();
            let name = path.strip_prefix(&project).expect("it lies in the project");
            let name: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
            let name = name.join("/");
            writeln!(list, "    ({name:?}, include_str!({path:?})),").expect("a text takes more");
        }
    }
    list.push_str("]\n");
    let out = env::var("OUT_DIR").expect("cargo says where to write");
    let write = |name: &str, text: &str| {
        fs::write(Path::new(&out).join(name), text).expect("what was listed can be written");
    };
    write("carried.rs", &list);
    write("engine.rs", &format!("{:?}\n", engine_digest(&project)));
}

/// A digest of the reference engine's sources and of what attaches it: the same wherever, and however, they are built.
fn engine_digest(project: &Path) -> String {
    let mut digest = blake3::Hasher::new();
    for folder in ["engine/src", "harness/src/implementation/reference"] {
        println!("cargo::rerun-if-changed={}", project.join(folder).display());
        for entry in WalkDir::new(project.join(folder)).sort_by_file_name() {
            let entry = entry.expect("the project can be read");
            if entry.file_type().is_file() {
                digest.update(&fs::read(entry.path()).expect("a source can be read")).update(&[0]);
            }
        }
    }
    digest.finalize().to_hex().to_string()
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with('.')
}
