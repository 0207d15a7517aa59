//! Deno's model: what `deno run --allow-read` means, release by release.

pub mod descriptor;
pub mod flags;
pub mod grammar;
pub mod kind;
pub mod operation;
pub mod options;
pub mod prompt;
pub mod session;
pub mod sets;

use crate::release::Release;

/// The modelled releases.
pub const RELEASES: &[Release] = &[
    Release::new(1, 46, 3),
    Release::new(2, 0, 6),
    Release::new(2, 1, 14),
    Release::new(2, 2, 15),
    Release::new(2, 4, 4),
    Release::new(2, 5, 7),
    Release::new(2, 6, 8),
    Release::new(2, 7, 14),
    Release::new(2, 8, 3),
    Release::new(2, 9, 6),
];
