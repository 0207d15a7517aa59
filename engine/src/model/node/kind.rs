//! What Node guards: a row per kind, with the releases that have it.

use crate::release::{Release, Since};

/// A kind of permission; what Node calls a scope is one of these, or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Reading the file system.
    FsRead,
    /// Writing to the file system.
    FsWrite,
    /// Starting processes.
    Child,
    /// Starting worker threads.
    Worker,
    /// Loading native addons.
    Addon,
    /// Making WASI instances.
    Wasi,
    /// Speaking the inspector's protocol.
    Inspector,
    /// The network.
    Net,
    /// Calling dynamic libraries.
    Ffi,
    /// The loaders of OpenSSL's stores.
    OpensslStore,
    /// Mounting virtual file systems.
    FsVfs,
}

/// What a text means for a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The kind has no parts, and its flag takes no value.
    Unit,
    /// A path, or a pattern of paths.
    Path,
}

/// One kind: its names, and since when it has them.
#[derive(Debug)]
pub struct Row {
    /// The kind.
    pub kind: Kind,
    /// The scope that asks for this kind alone.
    pub scope: &'static str,
    /// The flag that grants it.
    pub flag: &'static str,
    /// What an `ERR_ACCESS_DENIED` calls it.
    pub permission: &'static str,
    /// What a text means.
    pub shape: Shape,
    /// The releases that have the flag.
    pub allow: Since,
    /// The releases that have the scope; in others it is a name like any that means nothing.
    pub query: Since,
}

const ALWAYS: Since = Since(&[Release::new(20, 0, 0)]);
const NEVER: Since = Since(&[]);

const fn unit(
    kind: Kind,
    scope: &'static str,
    flag: &'static str,
    permission: &'static str,
    allow: Since,
) -> Row {
    Row { kind, scope, flag, permission, shape: Shape::Unit, allow, query: allow }
}

const fn path(
    kind: Kind,
    scope: &'static str,
    flag: &'static str,
    permission: &'static str,
) -> Row {
    Row { kind, scope, flag, permission, shape: Shape::Path, allow: ALWAYS, query: ALWAYS }
}

/// Every kind, in the order of [`Kind`].
pub const KINDS: [Row; 11] = [
    path(Kind::FsRead, "fs.read", "--allow-fs-read", "FileSystemRead"),
    path(Kind::FsWrite, "fs.write", "--allow-fs-write", "FileSystemWrite"),
    unit(Kind::Child, "child", "--allow-child-process", "ChildProcess", ALWAYS),
    unit(Kind::Worker, "worker", "--allow-worker", "WorkerThreads", ALWAYS),
    Row {
        query: Since(&[Release::new(22, 18, 0), Release::new(24, 4, 0)]),
        ..unit(Kind::Addon, "addon", "--allow-addons", "Addon", ALWAYS)
    },
    unit(Kind::Wasi, "wasi", "--allow-wasi", "WASI", ALWAYS),
    unit(Kind::Inspector, "inspector", "--allow-inspector", "Inspector", INSPECTOR),
    unit(Kind::Net, "net", "--allow-net", "Net", Since(&[Release::new(25, 0, 0)])),
    unit(Kind::Ffi, "ffi", "--allow-ffi", "FFI", Since(&[Release::new(26, 1, 0)])),
    unit(Kind::OpensslStore, "openssl.store", "--allow-openssl-store", "OpenSSLStore", STORE),
    Row {
        query: NEVER,
        ..unit(Kind::FsVfs, "", "--allow-fs-vfs", "", Since(&[Release::new(26, 9, 0)]))
    },
];

const INSPECTOR: Since = Since(&[Release::new(24, 12, 0), Release::new(25, 0, 0)]);
const STORE: Since = Since(&[Release::new(24, 21, 0), Release::new(26, 7, 0)]);

impl Kind {
    /// The kind's row.
    pub fn row(self) -> &'static Row {
        &KINDS[self as usize]
    }
}

/// The kinds that a scope asks for; none where the release has no such scope.
pub fn of_scope(scope: &str, release: Release) -> &'static [Kind] {
    const FILE_SYSTEM: [Kind; 2] = [Kind::FsRead, Kind::FsWrite];
    if scope == "fs" {
        return &FILE_SYSTEM;
    }
    let row = KINDS.iter().find(|row| row.scope == scope && row.query.includes(release));
    row.map_or(&[], |row| std::slice::from_ref(&row.kind))
}
