//! The record of a run: JSON lines, with a header, and a footer without which it is not to be trusted.
//!
//! The record is the product of a run, and every report is a fold over it: nothing else need be known of who ran what, in how many processes, on how many machines.
//! So it is read and written line by line, and its size does not matter.

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::compare::{Seen, Severity};
use crate::file::Replacement;
use crate::outcome::Word;
use crate::tally::Counts;

/// The version of the format.
pub const SCHEMA: u32 = 3;

/// How much of a record is read at once, in bytes.
const BLOCK: usize = 1 << 17;

/// A line of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// The first line.
    Header(Header),
    /// One case, on one implementation, at one release.
    Record(Record),
    /// The last line.
    Footer(Footer),
}

/// What a run was about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Header {
    /// The version of the format.
    pub schema: u32,
    /// The version of the program that wrote it.
    pub program: String,
    /// The digest of the corpus.
    pub corpus: String,
    /// Whether laws were tried instead of cases.
    #[serde(default)]
    pub laws: bool,
    /// What selected the cases.
    pub filters: Vec<String>,
    /// Which part of the cases it is, as `hash:1/3`; all where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<String>,
    /// When the run began, in milliseconds since 1970.
    pub started: u64,
}

/// What came of one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Record {
    /// The case.
    pub case: String,
    /// The implementation.
    pub implementation: String,
    /// The model.
    pub model: String,
    /// The release.
    pub release: String,
    /// What came of it.
    pub outcome: Word,
    /// Where the case is written: its file below the corpus.
    pub file: String,
    /// The line, counted from one.
    pub line: usize,
    /// The clauses that promise its answers.
    #[serde(default)]
    pub clauses: Vec<String>,
    /// A digest of what the implementation is asked: the launch, the permissions and the steps.
    pub script: String,
    /// A digest of what is promised.
    pub promise: String,
    /// What was seen, where it is not as promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
    /// Which way it errs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Why it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why there is nothing to compare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broke: Option<String>,
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Footer {
    /// The number of records.
    pub records: usize,
    /// Whether everything that was planned was run.
    pub complete: bool,
    /// What was run, in order.
    pub targets: Vec<Ran>,
    /// How many clauses the models that were run have.
    pub clauses: usize,
    /// The clauses that no case tested.
    pub untested: Vec<String>,
    /// When the run ended, in milliseconds since 1970.
    pub stopped: u64,
}

/// An implementation at a release, and how much of the corpus was run on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Ran {
    /// The implementation.
    pub implementation: String,
    /// The model.
    pub model: String,
    /// The release.
    pub release: String,
    /// The option of the command line that asks for it alone, as a shell takes it.
    pub argument: String,
    /// The digest of its program.
    pub program: String,
    /// The digest of its adapter and its manifest; none where it has neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter: Option<String>,
    /// What came of the cases that were run.
    pub counts: Counts,
    /// How many are not for the release.
    pub not_for_release: usize,
    /// How many need what it does not claim.
    pub not_asked: usize,
    /// How long it took.
    pub milliseconds: u64,
}

impl Ran {
    /// Whether a line of the record is of this target.
    pub fn made(&self, record: &Record) -> bool {
        self.implementation == record.implementation && self.release == record.release
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.implementation, self.release)
    }
}

/// What is wrong with a record, so that nothing is to be concluded from it.
#[derive(Debug)]
pub enum BadRecord {
    /// It ends too early, or has a line that is none of a record.
    Truncated(String),
    /// It is of a schema that this program does not know.
    Schema(String),
    /// It cannot be read beside another: they are of different corpora, implementations or parts.
    Mixed(String),
}

impl fmt::Display for BadRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadRecord::Truncated(why) | BadRecord::Schema(why) | BadRecord::Mixed(why) => {
                f.write_str(why)
            }
        }
    }
}

impl std::error::Error for BadRecord {}

/// The counts of a record that is being written or read, by target.
#[derive(Debug, Default)]
struct Counted(Vec<(String, String, Counts)>);

impl Counted {
    /// Adds a record; the records of a target follow each other, so the last one is looked at first.
    fn add(&mut self, glance: &Glance<'_>) {
        let Glance { implementation, release, outcome, severity } = glance;
        let known = self.0.iter_mut().rfind(|(i, r, _)| i == implementation && r == release);
        match known {
            Some((_, _, counts)) => counts.add(*outcome, *severity),
            None => {
                let mut counts = Counts::default();
                counts.add(*outcome, *severity);
                self.0.push((implementation.to_string(), release.to_string(), counts));
            }
        }
    }

    fn of(&self, ran: &Ran) -> Counts {
        let found = self.0.iter().find(|(i, r, _)| *i == ran.implementation && *r == ran.release);
        found.map_or_else(Counts::default, |(_, _, counts)| *counts)
    }

    fn all(&self) -> usize {
        self.0.iter().map(|(_, _, counts)| counts.all()).sum()
    }
}

/// What is to be known of a record to count it, read without the rest.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Glance<'a> {
    #[serde(borrow)]
    implementation: Cow<'a, str>,
    #[serde(borrow)]
    release: Cow<'a, str>,
    outcome: Word,
    #[serde(default)]
    severity: Option<Severity>,
}

impl<'a> From<&'a Record> for Glance<'a> {
    fn from(record: &'a Record) -> Self {
        Self {
            implementation: (&record.implementation).into(),
            release: (&record.release).into(),
            outcome: record.outcome,
            severity: record.severity,
        }
    }
}

/// A record that is being written; nothing is in its place until it is finished.
pub struct Writer {
    file: Replacement,
    counted: Counted,
}

impl Writer {
    /// Begins a record.
    pub fn begin(path: &Path, header: &Header) -> Result<Self> {
        let mut writer = Self { file: Replacement::of(path)?, counted: Counted::default() };
        writer.line(&Line::Header(header.clone()))?;
        Ok(writer)
    }

    /// Adds what came of a case.
    pub fn record(&mut self, record: Record) -> Result<()> {
        self.counted.add(&Glance::from(&record));
        self.line(&Line::Record(record))
    }

    /// Ends the record, and puts it in its place; what it counts is the writer's own.
    pub fn finish(mut self, mut footer: Footer) -> Result<()> {
        footer.records = self.counted.all();
        for ran in &mut footer.targets {
            ran.counts = self.counted.of(ran);
        }
        self.line(&Line::Footer(footer))?;
        self.file.persist()
    }

    fn line(&mut self, line: &Line) -> Result<()> {
        serde_json::to_writer(&mut self.file, line).context("cannot write a record")?;
        self.file.write_all(b"\n").context("cannot write a record")
    }
}

/// A record that is being read, one line after the other.
pub struct Reader {
    path: PathBuf,
    file: BufReader<File>,
    /// The line that was read last, and its number.
    line: Vec<u8>,
    number: usize,
    /// What the run was about.
    pub header: Header,
    counted: Counted,
    footer: Option<Footer>,
}

impl Reader {
    /// Opens a record, and reads its header.
    pub fn open(path: &Path) -> Result<Self> {
        let unreadable = || format!("cannot read the record {}", path.display());
        let file = File::open(path).with_context(unreadable)?;
        let mut file = BufReader::with_capacity(BLOCK, file);
        let mut line = Vec::new();
        file.read_until(b'\n', &mut line).with_context(unreadable)?;
        // The schema is read by itself, because a newer one may have another header.
        #[derive(Deserialize)]
        struct Schema {
            header: Version,
        }
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let no_header =
            || BadRecord::Truncated(format!("{}: the record has no header", path.display()));
        let Schema { header: Version { schema } } =
            serde_json::from_slice(&line).map_err(|_| no_header())?;
        if schema != SCHEMA {
            let path = path.display();
            let why = format!(
                "{path}: the record is of schema {schema}, and this program reads {SCHEMA}"
            );
            return Err(BadRecord::Schema(why).into());
        }
        let Ok(Line::Header(header)) = serde_json::from_slice(&line) else {
            return Err(no_header().into());
        };
        let (path, counted) = (path.to_owned(), Counted::default());
        Ok(Self { path, file, line, number: 1, header, counted, footer: None })
    }

    /// The next record; none at the end, which is only reached where the footer is, and counts what was read.
    pub fn next_record(&mut self) -> Result<Option<Record>> {
        match self.next_line()? {
            true => self.record(),
            false => Ok(None),
        }
    }

    /// The next record of something that is not as promised; the others are counted, and not looked at any closer.
    pub fn next_differing(&mut self) -> Result<Option<Record>> {
        /// A line of a record, read only as far as is needed to pass it over.
        #[derive(Deserialize)]
        struct Passing<'a> {
            #[serde(borrow)]
            record: Glance<'a>,
        }
        while self.next_line()? {
            let text = std::str::from_utf8(&self.line).ok();
            match text.and_then(|text| serde_json::from_str(text).ok()) {
                Some(Passing { record }) if record.outcome == Word::Pass => {
                    self.counted.add(&record);
                }
                // Whatever else it is, it is read in full.
                Some(_) | None => return self.record(),
            }
        }
        Ok(None)
    }

    /// What the run came to, once every record was read.
    pub fn footer(&self) -> Option<&Footer> {
        self.footer.as_ref()
    }

    /// Goes on to the next line, if the last was not the footer.
    fn next_line(&mut self) -> Result<bool> {
        if self.footer.is_some() {
            return Ok(false);
        }
        self.line.clear();
        self.number += 1;
        let read = self.file.read_until(b'\n', &mut self.line);
        let (path, number) = (self.path.display(), self.number);
        match read.with_context(|| format!("cannot read {path}:{number}"))? {
            0 => Err(no_footer(&self.path).into()),
            _ => Ok(true),
        }
    }

    /// The record on the line; none where it is the footer.
    fn record(&mut self) -> Result<Option<Record>> {
        match serde_json::from_str(self.text()?) {
            Ok(Line::Record(record)) => {
                self.counted.add(&Glance::from(&record));
                Ok(Some(record))
            }
            Ok(Line::Footer(footer)) => {
                self.check(&footer)?;
                self.footer = Some(footer);
                Ok(None)
            }
            Ok(Line::Header(_)) => Err(self.bad_line("a second header").into()),
            Err(error) => {
                let why = format!("not a line of a record: {error}");
                Err(self.bad_line(&why).into())
            }
        }
    }

    /// Whether what was read is what the footer counts.
    fn check(&self, footer: &Footer) -> Result<(), BadRecord> {
        let (path, read, all) = (self.path.display(), self.counted.all(), footer.records);
        if read != all {
            return Err(BadRecord::Truncated(format!(
                "{path}: the record holds {read} of {all} cases"
            )));
        }
        match footer.targets.iter().find(|ran| self.counted.of(ran) != ran.counts) {
            None => Ok(()),
            Some(ran) => {
                let why =
                    format!("{path}: what the record holds of {ran} is not what its footer counts");
                Err(BadRecord::Truncated(why))
            }
        }
    }

    /// The line as text, which is checked once for all that is read of it.
    fn text(&self) -> Result<&str, BadRecord> {
        std::str::from_utf8(&self.line).map_err(|_| self.bad_line("not a line of text"))
    }

    fn bad_line(&self, why: &str) -> BadRecord {
        BadRecord::Truncated(format!("{}:{}: {why}", self.path.display(), self.number))
    }
}

fn no_footer(path: &Path) -> BadRecord {
    let path = path.display();
    BadRecord::Truncated(format!("{path}: the record has no footer, so more may be missing"))
}

impl Footer {
    /// The footer of a record that lies on disk, read from its end.
    pub fn of(path: &Path) -> Result<Self> {
        let unreadable = || format!("cannot read the record {}", path.display());
        let mut file = File::open(path).with_context(unreadable)?;
        let length = file.metadata().with_context(unreadable)?.len();
        let mut size = 1 << 16;
        loop {
            let start = length.saturating_sub(size);
            file.seek(SeekFrom::Start(start)).with_context(unreadable)?;
            let mut text = Vec::new();
            Read::take(&mut file, size).read_to_end(&mut text).with_context(unreadable)?;
            let line = text.trim_ascii_end().rsplit(|byte| *byte == b'\n').next();
            let line = line.unwrap_or_default();
            let is_whole = start == 0 || line.len() < text.trim_ascii_end().len();
            match (is_whole, serde_json::from_slice(line)) {
                (true, Ok(Line::Footer(footer))) => return Ok(footer),
                (true, _) => return Err(no_footer(path).into()),
                (false, _) => size *= 2,
            }
        }
    }
}

/// The JSON Schema of a line of a record, as text.
pub fn schema() -> String {
    let settings = schemars::generate::SchemaSettings::draft07();
    let schema = settings.into_generator().into_root_schema_for::<Line>();
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    text.push('\n');
    text
}
