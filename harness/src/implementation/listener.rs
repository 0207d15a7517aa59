//! A listener on this machine, which the cases of one process may come to, and no others.
//!
//! Whatever it is asked for, it answers with a module that does nothing, so that what comes to fetch or to import is served.

use std::cell::Cell;
use std::net::Ipv4Addr;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Duration, timeout};

/// What it answers with.
const MODULE: &str = "export default 1;\n";

/// How long somebody who came may stay silent.
const PATIENCE: Duration = Duration::from_secs(1);

/// The most that is read of a request, in bytes.
const LONGEST_REQUEST: usize = 1 << 14;

/// A listener.
pub struct Listener {
    listener: TcpListener,
    /// Its port.
    pub port: u16,
    visits: Cell<usize>,
}

impl Listener {
    /// Listens on a port that was free.
    pub async fn begin() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.context("cannot listen on this machine's own address")?;
        let port = listener.local_addr().context("a listener has no address")?.port();
        Ok(Self { listener, port, visits: Cell::new(0) })
    }

    /// How often somebody came.
    pub fn visits(&self) -> usize {
        self.visits.get()
    }

    /// Serves whoever comes, until it is dropped.
    pub async fn serve(&self) {
        let mut guests = futures::stream::FuturesUnordered::new();
        loop {
            tokio::select! {
                guest = self.listener.accept() => {
                    let Ok((guest, _)) = guest else { return };
                    self.count();
                    guests.push(timeout(PATIENCE, answer(guest)));
                }
                Some(_) = futures::StreamExt::next(&mut guests), if !guests.is_empty() => {}
            }
        }
    }

    /// Takes in whoever has come and was not seen yet.
    pub async fn close(&self) {
        while let Ok(Ok(_)) = timeout(Duration::ZERO, self.listener.accept()).await {
            self.count();
        }
    }

    fn count(&self) {
        self.visits.set(self.visits.get() + 1);
    }
}

/// Answers a request, if it is one of a kind that can be answered.
async fn answer(mut guest: TcpStream) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut chunk = [0; 1 << 10];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") && request.len() < LONGEST_REQUEST {
        match guest.read(&mut chunk).await? {
            0 => return Ok(()),
            read => request.extend_from_slice(&chunk[..read]),
        }
    }
    let length = MODULE.len();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/javascript\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{MODULE}"
    );
    guest.write_all(answer.as_bytes()).await?;
    guest.shutdown().await
}
