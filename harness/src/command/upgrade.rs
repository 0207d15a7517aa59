//! `permscope upgrade`: which answers about some flags change between two releases.

use anyhow::{Context, Result};
use clap::Args;

use super::explain::{WORLD, World, wrong_usage};
use super::read_corpus;
use crate::exit::Exit;
use crate::explain::question::Subject;
use crate::project::Project;
use crate::upgrade::upgrade;

const HELP: &str = "\
Example:
  permscope upgrade --from deno@2.5 --to deno@2.9 -- --allow-read=/srv/keys/a --deny-read=/srv/keys

Asked is the whole of each kind that the flags touch, what they name of it, something just inside
and just beside that, and what it lies in.
A launch that only one of the two releases refuses is a change, too.

Exit codes:
  0    nothing changes
  2    the command line makes no sense, or both releases refuse the flags
  65   the corpus that clauses are cited from has errors
  100  something changes";

/// Lists which questions about some flags change their answer between two releases, with the clauses that explain it.
#[derive(Debug, Args)]
#[command(after_help = format!("{WORLD}\n\n{HELP}"))]
pub struct Upgrade {
    /// The release before: an exact one, or the newest modelled one of a line, as in deno@2.5.
    #[arg(long, value_name = "NAME@VERSION")]
    from: Subject,
    /// The release after.
    #[arg(long, value_name = "NAME@VERSION")]
    to: Subject,
    #[command(flatten)]
    world: World,
    /// Prints a JSON document.
    #[arg(long)]
    json: bool,
    /// The runtime's flags, as its users write them.
    #[arg(value_name = "FLAG", required = true, last = true, allow_hyphen_values = true)]
    flags: Vec<String>,
}

impl Upgrade {
    /// Prints what changes.
    pub fn execute(&self) -> Result<Exit> {
        let project = Project::here()?;
        let corpus = read_corpus(&project.corpus(), &[project.fixtures()], &[])?;
        let surroundings = self.world.surroundings();
        let upgrade = upgrade(self.from, self.to, &self.flags, &surroundings, &corpus);
        let upgrade = upgrade.unwrap_or_else(|bad| wrong_usage(&bad.to_string()));
        match self.json {
            true => {
                let json = serde_json::to_string_pretty(&upgrade);
                anstream::println!("{}", json.context("cannot write the changes as JSON")?);
            }
            false => anstream::print!("{upgrade}"),
        }
        Ok(if upgrade.changes.is_empty() { Exit::Expected } else { Exit::Unexpected })
    }
}
