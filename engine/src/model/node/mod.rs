//! Node's model: what `node --permission --allow-fs-read=/srv` means, release by release.

pub mod arguments;
pub mod configuration;
pub mod descriptor;
pub mod environment;
pub mod flags;
pub mod grammar;
pub mod kind;
pub mod module;
pub mod operation;
pub mod options;
pub mod session;

use crate::release::Release;

/// The modelled releases.
pub const RELEASES: &[Release] = &[
    Release::new(20, 20, 2),
    Release::new(22, 23, 3),
    Release::new(23, 8, 0),
    Release::new(24, 21, 0),
    Release::new(25, 9, 0),
    Release::new(26, 10, 0),
];
