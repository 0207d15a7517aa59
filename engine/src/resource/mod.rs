//! What a rule or a question names: one file per shape of resource.

pub mod host;
pub mod name;
pub mod path;
pub mod pattern;
pub mod program;

use host::Host;
use name::Name;
use path::Path;
use pattern::Pattern;
use program::Program;

/// A part of a kind, in one of the shapes that resources have.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// An environment variable, a system interface, or a pattern of such names.
    Name(Name),
    /// A file, or a directory with all below it.
    Path(Path),
    /// A path by itself, or every path whose text begins in one way.
    Pattern(Pattern),
    /// A place on the network.
    Host(Host),
    /// A program that can be run.
    Program(Program),
}

impl Resource {
    /// Whether every point of `other` lies in this resource.
    pub fn covers(&self, other: &Resource) -> bool {
        match (self, other) {
            (Resource::Name(a), Resource::Name(b)) => a.covers(b),
            (Resource::Path(a), Resource::Path(b)) => a.covers(b),
            (Resource::Pattern(a), Resource::Pattern(b)) => a.covers(b),
            (Resource::Host(a), Resource::Host(b)) => a.covers(b),
            (Resource::Program(a), Resource::Program(b)) => a.covers(b),
            _ => false,
        }
    }

    /// Whether a rule over this resource outranks one over `other` where the narrowest rule wins.
    pub fn narrower(&self, other: &Resource) -> bool {
        match (self, other) {
            (Resource::Program(a), Resource::Program(b)) => a.narrower(b),
            _ => other.covers(self) && !self.covers(other),
        }
    }

    /// Whether the two have a point in common.
    pub fn overlaps(&self, other: &Resource) -> bool {
        match (self, other) {
            (Resource::Host(a), Resource::Host(b)) => a.overlaps(b),
            _ => self.covers(other) || other.covers(self),
        }
    }
}
