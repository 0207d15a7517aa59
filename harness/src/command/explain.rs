//! `permscope explain`: why a question is answered as it is.

use anyhow::{Context, Result};
use clap::Args;
use clap::error::ErrorKind;

use crate::exit::Exit;
use crate::explain::explain;
use crate::explain::launched::Surroundings;
use crate::explain::question::{Question, Subject};

/// How the help of a command that thinks of a launch says what it finds around it.
pub(super) const WORLD: &str = "\
The launch is only thought of: no runtime is started, and no file is looked at.
Paths are those of Unix, the working directory is / unless --directory says another,
nothing exists that is not named by an option, the environment is empty,
and nobody sits at a terminal.";

const HELP: &str = "\
Example:
  permscope explain --model deno@2.9 --allow-read=/srv --deny-read=/srv/keys -- read /srv/keys/a

Deno is asked about read, write, net, env, sys, run, ffi and import, with a path, host, variable,
interface or program; Node about a scope, as in fs.read, with a reference.
Options of this command stand before the first flag of the runtime.

Exit codes:
  0    the answer is explained, whatever it is
  2    the command line or the question makes no sense";

/// Explains what a runtime answers under some flags: which rule settles it, which rules lose and why, and what other releases answer.
#[derive(Debug, Args)]
#[command(
    override_usage = "permscope explain [OPTIONS] --model <NAME@VERSION> [FLAG]... -- <KIND> [PART]",
    after_help = format!("{WORLD}\n\n{HELP}")
)]
pub struct Explain {
    /// Of what: an exact release, as in deno@2.9.6, or the newest modelled one of a line, as in deno@2.9 and node@26.
    #[arg(long, value_name = "NAME@VERSION")]
    model: Subject,
    #[command(flatten)]
    surroundings: World,
    /// Prints a JSON document.
    #[arg(long)]
    json: bool,
    /// The runtime's flags as its users write them, then `--`, then what is asked.
    #[arg(
        value_name = "FLAG",
        required = true,
        num_args = 1..,
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    words: Vec<String>,
}

/// What a launch that is only thought of finds around it.
#[derive(Debug, Args)]
pub(super) struct World {
    /// The working directory, which relative paths are read from.
    #[arg(long, value_name = "PATH", default_value = "/")]
    directory: String,
    /// A directory that exists; nothing does unless it is named, and Node tells the two apart. Several add up.
    #[arg(long = "existing-directory", value_name = "PATH")]
    directories: Vec<String>,
    /// A program that exists, which Deno finds by its name in its folder, too; several add up.
    #[arg(long = "program", value_name = "PATH")]
    programs: Vec<String>,
}

impl World {
    pub(super) fn surroundings(&self) -> Surroundings {
        Surroundings {
            directory: self.directory.clone(),
            directories: self.directories.clone(),
            programs: self.programs.clone(),
        }
    }
}

impl Explain {
    /// Prints the explanation.
    pub fn execute(&self) -> Result<Exit> {
        // Where no flag stands before it, the `--` has been taken for the end of this command's own options.
        let separator = self.words.iter().position(|word| word == "--");
        let (flags, question) = match separator {
            Some(place) => (&self.words[..place], &self.words[place + 1..]),
            None => (&[][..], &self.words[..]),
        };
        if separator.is_none() && question[0].starts_with('-') {
            wrong_usage("nothing is asked; write the question behind `--`, as in `-- read /srv`");
        }
        own_option(flags);
        let question = Question::read(self.model.model, question);
        let question = question.unwrap_or_else(|bad| wrong_usage(&bad.to_string()));
        let explanation = explain(self.model, flags, &question, &self.surroundings.surroundings());
        let explanation = explanation.unwrap_or_else(|bad| wrong_usage(&bad.to_string()));
        match self.json {
            true => {
                let json = serde_json::to_string_pretty(&explanation);
                anstream::println!("{}", json.context("cannot write the explanation as JSON")?);
            }
            false => anstream::print!("{explanation}"),
        }
        Ok(Exit::Expected)
    }
}

/// Ends the program where an option of ours has ended up among the flags of a runtime, none of which is called so.
fn own_option(flags: &[String]) {
    let names = ["--model", "--json", "--directory", "--existing-directory", "--program", "--help"];
    let name = |flag: &String| flag.split('=').next().unwrap_or_default().to_owned();
    if let Some(option) = flags.iter().map(name).find(|name| names.contains(&name.as_str())) {
        wrong_usage(&format!("{option} stands behind a flag of the runtime; write it before"));
    }
}

/// Ends the program as a command line does that makes no sense.
pub(super) fn wrong_usage(message: &str) -> ! {
    clap::Error::raw(ErrorKind::ValueValidation, format!("{message}\n")).exit()
}
