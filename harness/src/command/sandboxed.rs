//! Attaching what is to be tested, in a sandbox unless that is declined.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use clap::Args;

use crate::implementation::attach::{Attached, Wanted, attach};
use crate::implementation::engine::Engine;
use crate::implementation::reference;
use crate::implementation::sandbox::Sandbox;
use crate::project::Project;

/// What was said of the sandbox.
#[derive(Debug, Args)]
pub struct Sandboxed {
    /// Lets processes write anywhere and use the network; without it they are kept from that where the system can do it.
    #[arg(long)]
    no_sandbox: bool,
}

impl Sandboxed {
    /// Attaches implementations by their names and engines by their commands, in that order.
    pub async fn attach(
        &self,
        implementations: &[Wanted],
        engines: &[Engine],
        project: &Project,
        patience: Duration,
        scratch: &Path,
    ) -> Result<Vec<Attached>> {
        let sandbox = self.sandbox(implementations, engines);
        let mut all = Vec::new();
        for wanted in implementations {
            all.extend(attach(wanted, project, patience, scratch, sandbox).await?);
        }
        for engine in engines {
            all.push(engine.attach(project, patience, scratch, sandbox).await?);
        }
        Ok(all)
    }

    /// The sandbox for all processes of a run; which it is, or that there is none, is said here, once, if any process is to be started.
    fn sandbox(&self, implementations: &[Wanted], engines: &[Engine]) -> Sandbox {
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
