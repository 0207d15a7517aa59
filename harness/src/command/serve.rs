//! `permscope serve`: the reference engine over standard input and output, as any engine is attached.

use std::io::{self, BufReader};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use permscope_engine::model::Model;

use crate::exit::Exit;
use crate::implementation::reference::Reference;
use crate::implementation::{Implementation, Session, stdio};
use crate::wire::{Hello, Launch, Refused};

/// Serves the reference engine over the protocol, under the name `reference-served`.
///
/// To see a conversation, or to compare an engine of your own with: permscope run --command 'permscope serve deno'
#[derive(Debug, Args)]
pub struct Serve {
    /// Whose model.
    #[arg(value_enum)]
    model: Name,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Name {
    Deno,
    Node,
}

/// The reference engine under another name, since what is attached as a process is told from what is part of this program.
struct Served(Reference);

impl Implementation for Served {
    fn hello(&self) -> Hello {
        Hello { name: "reference-served".to_owned(), ..self.0.hello() }
    }

    fn launch(&self, launch: &Launch) -> Result<Box<dyn Session + '_>, Refused> {
        self.0.launch(launch)
    }
}

impl Serve {
    /// Serves until the input ends.
    pub fn execute(&self) -> Result<Exit> {
        let model = match self.model {
            Name::Deno => Model::Deno,
            Name::Node => Model::Node,
        };
        let input = BufReader::new(io::stdin());
        stdio::serve(&Served(Reference(model)), input, io::stdout())
            .context("the talk broke off")?;
        Ok(Exit::Expected)
    }
}
