//! The broker at its socket: who connects, what is answered, and what is logged of it.

use std::cell::RefCell;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use super::{Broker, Reply};
use crate::access::{Line, Verdict};
use crate::file::Unwritable;

/// The longest request that is listened to, in bytes; what a program names in one is far shorter.
const LONGEST: u64 = 1 << 20;

/// The socket, which is gone from its folder when this is.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Makes the socket, for its owner alone.
    pub fn bind(path: &Path) -> Result<Self> {
        let unwritable = |error: io::Error| {
            let taken = match error.kind() {
                io::ErrorKind::AddrInUse => {
                    "; something is there already, remove it if no broker serves it"
                }
                _ => "",
            };
            let path = path.display();
            Unwritable::because(&format!("cannot make the socket {path}: {error}{taken}"))
        };
        let listener = UnixListener::bind(path).map_err(unwritable)?;
        let socket = Self { listener, path: path.to_owned() };
        fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(unwritable)?;
        Ok(socket)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Somebody may have removed it before.
        let _ = fs::remove_file(&self.path);
    }
}

/// The log: a line for each request, with its answer.
#[derive(Debug)]
pub struct Log {
    file: File,
    path: PathBuf,
}

impl Log {
    /// Opens a log at its end; what was logged before stays.
    pub fn open(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path);
        let file = file.map_err(|error| unwritable(path, &error))?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// Writes a line at once, so that it is not mixed up with one of another broker's.
    fn write(&mut self, line: &Line) -> Result<()> {
        let mut text = serde_json::to_vec(line).context("cannot write a line of the log")?;
        text.push(b'\n');
        Ok(self.file.write_all(&text).map_err(|error| unwritable(&self.path, &error))?)
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Unwritable {
    Unwritable::because(&format!("cannot write the log {}: {error}", path.display()))
}

/// Somebody who follows what the broker does.
pub trait Listener {
    /// Something was denied.
    fn denied(&self, reply: &Reply);
    /// A process said something that is no request, and was left alone.
    fn complained(&self, why: &str);
}

/// How the serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// Whoever connected kept to the protocol.
    Well,
    /// Somebody did not.
    Mute,
}

/// Serves until `end`; with `once` until nobody is connected any more, after somebody was.
///
/// Whoever says something that is no request is left alone, which ends a Deno; the others are served on.
pub async fn serve(
    socket: &Socket,
    broker: Broker,
    log: Option<Log>,
    once: bool,
    end: impl Future<Output = ()>,
    listener: &dyn Listener,
) -> Result<Served> {
    let desk = RefCell::new(Desk { broker, log });
    let mut conversations = FuturesUnordered::new();
    let mut served = Served::Well;
    let mut end = std::pin::pin!(end);
    loop {
        tokio::select! {
            () = &mut end => return Ok(served),
            accepted = socket.listener.accept() => {
                let (stream, _) = accepted.context("cannot accept a connection")?;
                conversations.push(converse(stream, &desk, listener));
            }
            Some(ended) = conversations.next() => {
                if let Ended::Mute(why) = ended? {
                    listener.complained(&why);
                    served = Served::Mute;
                }
                if once && conversations.is_empty() {
                    return Ok(served);
                }
            }
        }
    }
}

/// What every conversation needs, for as long as it takes to answer one request.
struct Desk {
    broker: Broker,
    log: Option<Log>,
}

/// How a conversation ended.
enum Ended {
    /// The process is gone.
    Gone,
    /// The process said something that is no request.
    Mute(String),
}

/// Answers a process until it is gone.
async fn converse(
    stream: UnixStream,
    desk: &RefCell<Desk>,
    listener: &dyn Listener,
) -> Result<Ended> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    loop {
        let text = match heard(&mut reader).await {
            Ok(Some(text)) => text,
            Ok(None) => return Ok(Ended::Gone),
            // A process that is killed resets its connection.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(Ended::Gone),
            Err(error) => return Ok(Ended::Mute(format!("cannot read a request: {error}"))),
        };
        let request = match Line::read(&text) {
            Ok(request) => request,
            Err(bad) => return Ok(Ended::Mute(format!("what came is no request: {bad}"))),
        };
        let reply = desk.borrow_mut().answer(request);
        let reply = match reply? {
            Ok(reply) => reply,
            Err(why) => return Ok(Ended::Mute(why)),
        };
        if reply.result == Verdict::Deny {
            listener.denied(&reply);
        }
        let mut text = serde_json::to_vec(&reply).context("cannot write an answer")?;
        text.push(b'\n');
        if writer.write_all(&text).await.is_err() {
            return Ok(Ended::Gone);
        }
    }
}

/// The next line; none where the process is gone.
async fn heard(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<String>> {
    let mut text = String::new();
    let length = reader.take(LONGEST).read_line(&mut text).await?;
    match text.strip_suffix('\n') {
        _ if length == 0 => Ok(None),
        Some(line) => Ok(Some(line.to_owned())),
        None => Err(io::Error::new(io::ErrorKind::InvalidData, "the line has no end")),
    }
}

impl Desk {
    /// Answers a request, which stands in the log before anybody acts on the answer.
    fn answer(&mut self, request: Line) -> Result<Result<Reply, String>> {
        let reply = match self.broker.answer(&request) {
            Ok(reply) => reply,
            Err(bad) => return Ok(Err(format!("what came is no request: {bad}"))),
        };
        if let Some(log) = &mut self.log {
            let (result, reason) = (Some(reply.result), Some(reply.reason.clone()));
            log.write(&Line { result, reason, ..request })?;
        }
        Ok(Ok(reply))
    }
}
