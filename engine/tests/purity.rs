//! The engine is pure: nothing of the standard library that reaches outside is named in its source.

use std::fs;
use std::path::Path;

/// Modules and macros through which a program reaches outside of itself.
const OUTSIDE: [&str; 10] = [
    "std::fs",
    "std::env",
    "std::io",
    "std::process",
    "std::time",
    "std::thread",
    "println!",
    "static mut",
    "thread_local!",
    "TcpStream",
];

#[test]
fn the_engine_reaches_nothing_outside() {
    let mut files = 0;
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the source is there") {
            let path = entry.expect("the source is readable").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let source = fs::read_to_string(&path).expect("the source is text");
            for word in OUTSIDE {
                assert!(!source.contains(word), "{} names {word}", path.display());
            }
        }
    }
    assert!(files > 10, "only {files} files were read");
}
