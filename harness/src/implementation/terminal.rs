//! A terminal that a process believes in, and whoever sits there: reads what is asked, and types the answer.

use std::cell::{Cell, RefCell};

use anstream::adapter::strip_str;
use anyhow::Result;
use regex::Regex;
use tokio::time::{Duration, sleep};

/// How long somebody takes to read before typing; a runtime may throw away what is typed sooner.
const READING: Duration = Duration::from_millis(200);

/// What is typed to end the input.
const END: &str = "\u{4}";

/// What was asked, by the step during which it was.
pub type Asked = Vec<(usize, String)>;

/// The side of a terminal that a person sits at.
pub struct Terminal {
    side: system::Side,
    /// Everything that was shown, without what moves the cursor and gives colour.
    screen: RefCell<String>,
    asked: RefCell<Asked>,
}

impl Terminal {
    /// Opens a terminal, and gives the side of it that is for the process: for its input and for its errors.
    pub fn open() -> Result<(Self, [std::process::Stdio; 2])> {
        let (side, ends) = system::open()?;
        Ok((Self { side, screen: RefCell::default(), asked: RefCell::default() }, ends))
    }

    /// Types a line; none is the end of the input.
    pub fn enter(&self, line: Option<&str>) {
        let text = line.map_or_else(|| END.to_owned(), |line| format!("{line}\n"));
        // Nobody reads any more where the process has ended.
        let _ = self.side.write(text.as_bytes());
    }

    /// Answers every prompt with the lines of the step that is underway, one prompt a line; and with no where it has none left.
    ///
    /// Never ends by itself.
    pub async fn attend(
        &self,
        prompt: &Regex,
        underway: &Cell<usize>,
        lines: impl Fn(usize) -> &'static [Option<&'static str>],
    ) {
        let mut unread = String::new();
        // The step that was asked about last, and how many prompts it has raised.
        let (mut last, mut raised) = (0, 0);
        loop {
            let shown = self.side.read().await;
            self.screen.borrow_mut().push_str(&plain(&shown));
            unread.push_str(&shown);
            let text = plain(&unread);
            let Some(captures) = prompt.captures(&text) else { continue };
            let asked = captures.name("asked").map(|asked| asked.as_str().to_owned());
            // What the process has said of the step by now is heard meanwhile.
            sleep(READING).await;
            let step = underway.get();
            raised = if step == last { raised + 1 } else { 1 };
            last = step;
            if let Some(asked) = asked {
                self.asked.borrow_mut().push((step, asked));
            }
            let line = lines(step).get(raised - 1).copied().unwrap_or(Some("n"));
            self.enter(line);
            unread.clear();
        }
    }

    /// What was shown, and what was asked.
    pub fn close(self) -> (String, Asked) {
        (self.screen.into_inner(), self.asked.into_inner())
    }
}

/// A text without what moves the cursor and gives colour.
fn plain(shown: &str) -> String {
    strip_str(shown).to_string().replace('\r', "")
}

#[cfg(unix)]
mod system {
    use std::fs::File;
    use std::io::{Read, Write};
    use std::process::Stdio;
    use std::thread;

    use anyhow::{Context, Result};
    use rustix::fs::{Mode, OFlags, open as open_file};
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use rustix::termios::{Winsize, tcsetwinsize};
    use tokio::sync::Mutex;
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    /// Wide enough that no prompt is broken into lines.
    const SIZE: Winsize = Winsize { ws_row: 50, ws_col: 1000, ws_xpixel: 0, ws_ypixel: 0 };

    /// The person's side.
    pub struct Side {
        keyboard: File,
        shown: Mutex<UnboundedReceiver<String>>,
    }

    pub fn open() -> Result<(Side, [Stdio; 2])> {
        let opened = || -> std::io::Result<_> {
            let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
            grantpt(&ours)?;
            unlockpt(&ours)?;
            tcsetwinsize(&ours, SIZE)?;
            let name = ptsname(&ours, Vec::new())?;
            let theirs = open_file(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty())?;
            let (ours, theirs) = (File::from(ours), File::from(theirs));
            Ok((ours.try_clone()?, ours, [theirs.try_clone()?, theirs].map(Stdio::from)))
        };
        let (mut screen, keyboard, ends) = opened().context("cannot open a terminal")?;
        let (say, shown) = unbounded_channel();
        // It ends by itself once the last process has let go of the other side.
        thread::spawn(move || {
            let mut chunk = [0; 1 << 13];
            while let Ok(read @ 1..) = screen.read(&mut chunk) {
                if say.send(String::from_utf8_lossy(&chunk[..read]).into_owned()).is_err() {
                    return;
                }
            }
        });
        Ok((Side { keyboard, shown: Mutex::new(shown) }, ends))
    }

    impl Side {
        /// Reads what is shown next; waits for ever where the process's side is closed.
        pub async fn read(&self) -> String {
            match self.shown.lock().await.recv().await {
                Some(shown) => shown,
                None => std::future::pending().await,
            }
        }

        pub fn write(&self, text: &[u8]) -> Result<()> {
            Ok((&self.keyboard).write_all(text)?)
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::process::Stdio;

    use anyhow::{Result, bail};

    /// There is none here.
    pub enum Side {}

    pub fn open() -> Result<(Side, [Stdio; 2])> {
        bail!("terminals are opened as Unix does it")
    }

    impl Side {
        pub async fn read(&self) -> String {
            match *self {}
        }

        pub fn write(&self, _: &[u8]) -> Result<()> {
            match *self {}
        }
    }
}
