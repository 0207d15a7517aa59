//! Whether what is tested is kept in a sandbox.

use clap::Args;

use crate::implementation::attach::Wanted;
use crate::implementation::engine::Engine;
use crate::implementation::reference;
use crate::implementation::sandbox::Sandbox;

/// What was said of the sandbox.
#[derive(Debug, Args)]
pub struct Sandboxed {
    /// Lets processes write anywhere and use the network; without it they are kept from that where the system can do it.
    #[arg(long)]
    no_sandbox: bool,
}

impl Sandboxed {
    /// The sandbox for all processes of a run; which it is, or that there is none, is said here, once, if any process is to be started.
    pub fn sandbox(&self, implementations: &[Wanted], engines: &[Engine]) -> Sandbox {
        let is_process = |wanted: &Wanted| wanted.name != reference::NAME;
        let has_processes = implementations.iter().any(is_process) || !engines.is_empty();
        if self.no_sandbox || !has_processes {
            return Sandbox::NONE;
        }
        let sandbox = Sandbox::here();
        anstream::eprintln!("{sandbox}");
        sandbox
    }
}
