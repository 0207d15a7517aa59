//! `permscope broker`: the reference engine as the permission broker of a real Deno.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::explain::wrong_usage;
use crate::exit::Exit;
use crate::explain::question::Subject;
use permscope_engine::model::Model;

const HELP: &str = "\
Example:
  permscope broker --socket /tmp/broker --model deno@2.9 --log app.log -- --allow-read=/srv &
  DENO_PERMISSION_BROKER_PATH=/tmp/broker deno run app.js

A Deno with a broker, since 2.5.7, asks it about everything that needs a permission, and its own flags
do not count; that program then behaves as the model says, at whatever release the model is taken.
The working directory is the broker's own, and programs are those of its search path.
The log has Deno's requests with the answers; `permscope replay` reads it.

What a broker cannot decide:
  Deno asks only with allow or deny, so what a flag ignores is denied.
  Deno.permissions, and the permissions of tests and workers, know nothing of a broker.
  Files below /proc, /dev and the like need Deno's own --allow-all as well.
  Deno asks once for all of run and of env, and then for nothing more, so where a part of either
  is denied the whole is.

Exit codes:
  0    it served until it was interrupted, or with --once until nobody was connected any more
  2    the command line makes no sense, or the flags are refused
  70   something that connected does not speak the protocol
  73   the socket or the log cannot be made";

/// Decides, as the permission broker of a real Deno, what its program may do: what the flags grant at a release of the model.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Broker {
    /// Where the socket is made; it is removed at the end.
    #[arg(long, value_name = "PATH")]
    socket: PathBuf,
    /// By what model: an exact release, as in deno@2.9.6, or the newest modelled one of a line, as in deno@2.9.
    #[arg(long, value_name = "NAME@VERSION")]
    model: Subject,
    /// Adds every request with its answer to this file.
    #[arg(long, value_name = "PATH")]
    log: Option<PathBuf>,
    /// The working directory of the program, which relative paths are read from; the broker's own unless given.
    #[arg(long, value_name = "PATH")]
    directory: Option<String>,
    /// Ends when nobody is connected any more, after somebody was.
    #[arg(long)]
    once: bool,
    /// The flags of Deno that say what is granted.
    #[arg(value_name = "FLAG", last = true, allow_hyphen_values = true)]
    flags: Vec<String>,
}

impl Broker {
    /// Serves.
    pub fn execute(&self) -> Result<Exit> {
        if self.model.model != Model::Deno {
            wrong_usage("only Deno has a permission broker; write --model deno@VERSION");
        }
        self.serve()
    }

    #[cfg(not(unix))]
    fn serve(&self) -> Result<Exit> {
        anyhow::bail!("a broker needs Unix sockets, which this system does not have")
    }

    #[cfg(unix)]
    fn serve(&self) -> Result<Exit> {
        use std::sync::Arc;

        use crate::broker::socket::{self, Log, Served, Socket};
        use crate::broker::{self, surroundings};
        use crate::command::{directory, temporary};

        let search_path = std::env::var_os("PATH").unwrap_or_default();
        let search_path: Vec<_> = std::env::split_paths(&search_path).collect();
        let world = Arc::new(surroundings(&directory(self.directory.as_deref())?, &search_path));
        let broker = broker::Broker::new(self.model, &self.flags, &world, temporary());
        let broker = broker.unwrap_or_else(|refused| wrong_usage(&refused.reason));
        super::executor()?.block_on(async {
            let mut end = std::pin::pin!(super::run::interruption());
            // Signals are listened to before there is a socket, which would else be left by an early one.
            tokio::select! {
                biased;
                () = &mut end => return Ok(Exit::Expected),
                () = std::future::ready(()) => {}
            }
            let log = self.log.as_deref().map(Log::open).transpose()?;
            let socket = Socket::bind(&self.socket)?;
            let served = socket::serve(&socket, broker, log, self.once, end, &Watched).await?;
            Ok(match served {
                Served::Well => Exit::Expected,
                Served::Mute => Exit::Mute,
            })
        })
    }
}

/// Whoever watches standard error.
#[cfg(unix)]
struct Watched;

#[cfg(unix)]
impl crate::broker::socket::Listener for Watched {
    fn denied(&self, reply: &crate::broker::Reply) {
        use std::io::IsTerminal;

        // A line for each denial is for a person; a program reads the log.
        if std::io::stderr().is_terminal() {
            anstream::eprintln!("{}", reply.reason);
        }
    }

    fn complained(&self, why: &str) {
        anstream::eprintln!("{why}; its connection is closed");
    }
}
