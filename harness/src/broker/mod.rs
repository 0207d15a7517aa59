//! The reference engine as the permission broker of a real Deno, which then asks it about everything that needs a permission.
//!
//! Deno connects to a socket once in every process, sends a request a line, and waits for the answer to each.
//! It ends with 87 where an answer is none, so whatever goes wrong here grants nothing.

#[cfg(unix)]
pub mod socket;

use std::path::PathBuf;
use std::sync::Arc;

use permscope_engine::release::Release;
use permscope_engine::world::{Entry, Platform, World};
use serde::Serialize;

use crate::access::{self, BadLine, Decided, Line, Verdict};
use crate::explain::launched::{Launched, Refused};
use crate::explain::question::Subject;

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// The number of the request.
    pub id: u64,
    /// What is decided.
    pub result: Verdict,
    /// Why; where it is denied, this is the message of the error that the program is thrown.
    pub reason: String,
}

/// A launch that decides what other processes may do.
#[derive(Debug)]
pub struct Broker {
    launched: Launched,
    release: Release,
    temporary: String,
}

impl Broker {
    /// A broker that grants what the flags grant, in a world that has the programs of the search path.
    pub fn new(
        subject: Subject,
        flags: &[String],
        world: &Arc<World>,
        temporary: String,
    ) -> Result<Self, Refused> {
        let launched = Launched::new(subject, flags, world)?;
        Ok(Self { launched, release: subject.release, temporary })
    }

    /// Answers one request.
    pub fn answer(&mut self, request: &Line) -> Result<Reply, BadLine> {
        let id = request.id.ok_or_else(|| BadLine::because("a request has an id"))?;
        let Decided { verdict, because } = match request.question(&self.temporary) {
            Ok(question) => access::decide(&mut self.launched, self.release, &question),
            // What the engine does not know it cannot allow.
            Err(bad) => Decided { verdict: Verdict::Deny, because: format!("because {bad}") },
        };
        Ok(Reply { id, result: verdict, reason: told(request, verdict, &because) })
    }
}

/// The decision as a sentence.
fn told(request: &Line, verdict: Verdict, because: &str) -> String {
    let verb = match verdict {
        Verdict::Allow => "granted",
        Verdict::Deny => "denied",
    };
    let Line { permission, value, .. } = request;
    match value {
        Some(value) => format!("{permission} access to \"{value}\" is {verb} {because}"),
        None => format!("{permission} access is {verb} {because}"),
    }
}

/// The world that a Deno finds which is started here: the working directory, and the programs of the search path.
pub fn surroundings(directory: &str, search_path: &[PathBuf]) -> World {
    let mut world = World::empty(Platform::Unix, directory);
    for folder in search_path {
        let place = world.path(&folder.to_string_lossy());
        let names = folder.read_dir().into_iter().flatten().flatten();
        for file in names.filter(|file| is_program(&file.path())) {
            let file = place.join(&file.file_name().to_string_lossy(), Platform::Unix);
            world.entries.insert(file, Entry::Program);
        }
        world.search_path.push(place);
    }
    world
}

#[cfg(unix)]
fn is_program(path: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    // A link to a program is a program, so links are followed.
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &std::path::Path) -> bool {
    path.is_file()
}
