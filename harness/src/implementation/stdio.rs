//! An implementation in Rust as a program of its own: the protocol on standard input and output.
//!
//! Whoever has written an [`Implementation`] needs nothing else to be attached as a process.

use std::io::{self, BufRead, Write};

use super::Implementation;
use crate::wire::{Acted, FromImplementation, Refused, ToImplementation};

/// Answers every message until the input ends, in the order in which they come.
///
/// An answer is passed on as soon as no other message waits to be read, so whoever sends one message at a time is answered at once, and whoever sends many does not pay for each.
pub fn serve(
    implementation: &dyn Implementation,
    mut input: io::BufReader<impl io::Read>,
    output: impl Write,
) -> io::Result<()> {
    let mut output = io::BufWriter::new(output);
    let mut line = String::new();
    while input.read_line(&mut line)? > 0 {
        let answer = match serde_json::from_str(&line).map_err(io::Error::other)? {
            ToImplementation::Hello { .. } => FromImplementation::Hello(implementation.hello()),
            ToImplementation::Run(script) => match implementation.launch(&script.launch) {
                Err(refused) => FromImplementation::Refused(Refused { id: script.id, ..refused }),
                Ok(mut session) => match session.act(&script) {
                    Err(rejected) => FromImplementation::Rejected(rejected),
                    Ok(steps) => FromImplementation::Result(Acted { id: script.id, steps }),
                },
            },
        };
        serde_json::to_writer(&mut output, &answer)?;
        output.write_all(b"\n")?;
        if input.buffer().is_empty() {
            output.flush()?;
        }
        line.clear();
    }
    output.flush()
}
