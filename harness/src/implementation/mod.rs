//! What is checked: an implementation of a model, attached in one of two ways.

pub mod acting;
pub mod attach;
pub mod conversation;
pub mod engine;
pub mod listener;
pub mod manifest;
pub mod program;
pub mod reference;
pub mod sandbox;
pub mod stdio;
pub mod strays;
pub mod terminal;

use crate::wire::{Hello, Launch, Refused, Rejected, Reply, Script};

/// An implementation in this process.
///
/// A third party that writes its engine in Rust implements this and nothing else.
pub trait Implementation: Sync {
    /// Who it is, which releases it can be and what it claims to do.
    fn hello(&self) -> Hello;

    /// Launches a program; what is refused before any code runs is refused here.
    fn launch(&self, launch: &Launch) -> Result<Box<dyn Session + '_>, Refused>;
}

/// A launched program.
pub trait Session {
    /// Acts a script out: in the program itself, or in a scope with the script's permissions.
    fn act(&mut self, script: &Script) -> Result<Vec<Reply>, Rejected>;
}
