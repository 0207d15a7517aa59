//! `permscope replay`: what flags would have decided about a recorded log, and which flags suffice.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use permscope_engine::model::Model;

use super::explain::wrong_usage;
use super::{directory, temporary};
use crate::exit::Exit;
use crate::explain::question::Subject;
use crate::replay::{Log, Options, replay};

const HELP: &str = "\
Example:
  DENO_AUDIT_PERMISSIONS=app.log deno run --allow-all app.js
  permscope replay app.log --model deno@2.9 -- --allow-read=/srv

Read is the log of `permscope broker --log`, or what Deno writes by itself, since 2.5, into the file that
DENO_AUDIT_PERMISSIONS names.
Neither tells of every program that is run: an audit file of none, a broker's log of none as long as all
of run is granted. A broker is asked about all of run before each program; where that is denied and
the program comes next, it is not counted.
Nothing is run again: the engine decides about each line, and equal lines are counted.

The flags that suffice are computed: their values are those that were recorded, the engine allows every
line under them, and denies one as soon as any value is left out.
Only with --fold does a folder take the place of the paths in it.

Exit codes:
  0    the flags allow all that was recorded
  2    the command line makes no sense, or the flags are refused
  66   the log cannot be read
  67   a line of the log makes no sense
  68   the log is empty
  100  something that was recorded would be denied";

/// Says what some flags would have decided about each access of a recorded log, by which rule, and which flags suffice.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Replay {
    /// The log.
    #[arg(value_name = "LOG")]
    log: PathBuf,
    /// By what model: an exact release, as in deno@2.9.6, or the newest modelled one of a line, as in deno@2.9.
    #[arg(long, value_name = "NAME@VERSION")]
    model: Subject,
    /// The working directory of the recorded program, which relative paths are read from; this one's own unless given.
    #[arg(long, value_name = "PATH")]
    directory: Option<String>,
    /// A program that exists, which is found by its name in its folder, too; what was run by name lies in /bin unless this says another folder.
    #[arg(long = "program", value_name = "PATH")]
    programs: Vec<String>,
    /// Names the folder of so many paths instead of them, in the flags that suffice; never the root folder.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(2..))]
    fold: Option<u32>,
    /// Prints a JSON document.
    #[arg(long)]
    json: bool,
    /// The flags of Deno; none unless given.
    #[arg(value_name = "FLAG", last = true, allow_hyphen_values = true)]
    flags: Vec<String>,
}

impl Replay {
    /// Prints what is decided.
    pub fn execute(&self) -> Result<Exit> {
        if self.model.model != Model::Deno {
            wrong_usage("only Deno writes such a log; write --model deno@VERSION");
        }
        let log = Log::read(&self.log, &temporary())?;
        let options = Options {
            subject: self.model,
            flags: self.flags.clone(),
            directory: directory(self.directory.as_deref())?,
            programs: self.programs.clone(),
            fold: self.fold.map(|count| count as usize),
        };
        let replay = replay(&log, &options);
        let replay = replay.unwrap_or_else(|refused| wrong_usage(&refused.reason));
        match self.json {
            true => {
                let json = serde_json::to_string_pretty(&replay);
                anstream::println!("{}", json.context("cannot write the decisions as JSON")?);
            }
            false => anstream::print!("{replay}"),
        }
        Ok(if replay.denied == 0 { Exit::Expected } else { Exit::Unexpected })
    }
}
