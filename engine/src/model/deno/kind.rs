//! What Deno guards: a row per kind, with the releases that have it.

use crate::release::Release;

/// A kind of permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Reading the file system.
    Read,
    /// Writing to the file system.
    Write,
    /// The network.
    Net,
    /// Environment variables.
    Env,
    /// System information.
    Sys,
    /// Running programs.
    Run,
    /// Loading dynamic libraries.
    Ffi,
    /// Importing code from other hosts.
    Import,
    /// Measuring time with high resolution.
    Hrtime,
}

/// What a text means for a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The kind has no parts.
    Unit,
    /// A file or directory.
    Path,
    /// A host, with or without a port.
    Host,
    /// An environment variable.
    Variable,
    /// A system interface, from a closed list.
    Interface,
    /// A program.
    Program,
}

/// The releases from one on, up to but not including another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    since: Release,
    until: Release,
}

impl Span {
    /// Whether the release lies in the span.
    pub fn contains(self, release: Release) -> bool {
        self.since <= release && release < self.until
    }
}

/// Before the first modelled release.
const EVER: Release = Release::new(1, 0, 0);

const END: Release = Release::new(u32::MAX, 0, 0);
const ALWAYS: Span = Span { since: EVER, until: END };
const NEVER: Span = Span { since: END, until: END };
const BEFORE_2: Span = Span { since: EVER, until: Release::new(2, 0, 0) };

const fn since(major: u32, minor: u32) -> Span {
    Span { since: Release::new(major, minor, 0), until: END }
}

/// One kind: its names, and since when it has its flags.
#[derive(Debug)]
pub struct Row {
    /// The kind.
    pub kind: Kind,
    /// The name in descriptors, in options and in the flags.
    pub name: &'static str,
    /// The descriptor's field that names a part of the kind; empty where it has none.
    pub field: &'static str,
    /// What a text means.
    pub shape: Shape,
    /// The short form of the allow flag.
    pub short: Option<char>,
    /// When the allow flag exists.
    pub allow: Span,
    /// When the deny flag exists.
    pub deny: Span,
    /// When the ignore flag exists.
    pub ignore: Span,
    /// When a descriptor may name the kind.
    pub query: Span,
}

const fn row(kind: Kind, name: &'static str, field: &'static str, shape: Shape) -> Row {
    Row {
        kind,
        name,
        field,
        shape,
        short: None,
        allow: ALWAYS,
        deny: ALWAYS,
        ignore: NEVER,
        query: ALWAYS,
    }
}

/// Every kind, in the order of [`Kind`].
pub const KINDS: [Row; 9] = [
    Row { short: Some('R'), ignore: since(2, 6), ..row(Kind::Read, "read", "path", Shape::Path) },
    Row { short: Some('W'), ..row(Kind::Write, "write", "path", Shape::Path) },
    Row { short: Some('N'), ..row(Kind::Net, "net", "host", Shape::Host) },
    Row {
        short: Some('E'),
        ignore: since(2, 6),
        ..row(Kind::Env, "env", "variable", Shape::Variable)
    },
    Row { short: Some('S'), ..row(Kind::Sys, "sys", "kind", Shape::Interface) },
    row(Kind::Run, "run", "command", Shape::Program),
    row(Kind::Ffi, "ffi", "path", Shape::Path),
    Row {
        short: Some('I'),
        allow: since(2, 0),
        deny: since(2, 4),
        query: since(2, 4),
        ..row(Kind::Import, "import", "host", Shape::Host)
    },
    // Since 2.0 the flags are taken with a warning and mean nothing.
    Row { query: BEFORE_2, ..row(Kind::Hrtime, "hrtime", "", Shape::Unit) },
];

impl Kind {
    /// The kind's row.
    pub fn row(self) -> &'static Row {
        &KINDS[self as usize]
    }

    /// The kind that a descriptor of that name is about.
    pub fn of_descriptor(name: &str, release: Release) -> Option<&'static Row> {
        KINDS.iter().find(|row| row.name == name && row.query.contains(release))
    }
}

/// The system interfaces, with the release that brought each where a modelled release is without it.
const INTERFACES: [(&str, Release); 23] = [
    ("hostname", EVER),
    ("osRelease", EVER),
    ("osUptime", EVER),
    ("loadavg", EVER),
    ("networkInterfaces", EVER),
    ("systemMemoryInfo", EVER),
    ("uid", EVER),
    ("gid", EVER),
    ("cpus", EVER),
    ("homedir", EVER),
    ("getegid", EVER),
    ("statfs", EVER),
    ("getPriority", EVER),
    ("setPriority", EVER),
    ("username", EVER),
    ("userInfo", Release::new(2, 0, 6)),
    ("inspector", Release::new(2, 1, 0)),
    ("setuid", Release::new(2, 6, 0)),
    ("setgid", Release::new(2, 6, 0)),
    ("seteuid", Release::new(2, 6, 0)),
    ("setegid", Release::new(2, 6, 0)),
    ("ca", Release::new(2, 8, 0)),
    ("umask", Release::new(2, 9, 4)),
];

/// The system interface of that name, if the release has it; `username` is another word for `userInfo` since there is one.
pub fn interface(name: &str, release: Release) -> Option<&'static str> {
    let known =
        |name: &str| INTERFACES.iter().find(|(known, since)| *known == name && *since <= release);
    let (name, _) = known(name)?;
    match *name {
        "username" => known("userInfo").map_or(Some("username"), |(name, _)| Some(name)),
        name => Some(name),
    }
}
