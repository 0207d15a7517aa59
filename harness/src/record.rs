//! The record of a run: JSON lines, with a header, and a footer without which it is not to be trusted.
//!
//! The record is the product of a run, and every report is a fold over it: nothing else need be known of who ran what, in how many processes, on how many machines.
//! So it is read and written line by line, and its size does not matter.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::compare::{Seen, Severity};
use crate::file::Replacement;
use crate::outcome::Word;

/// The version of the format.
pub const SCHEMA: u32 = 2;

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
    /// The argument of the command line that asks for it alone.
    pub argument: String,
    /// The digest of its program.
    pub program: String,
    /// The digest of its adapter and its manifest; none where it has neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter: Option<String>,
    /// How many cases were run.
    pub ran: usize,
    /// How many are not for the release.
    pub not_for_release: usize,
    /// How many need what it does not claim.
    pub not_asked: usize,
    /// How long it took.
    pub milliseconds: u64,
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

/// A record that is being written; nothing is in its place until it is finished.
pub struct Writer {
    file: Replacement,
    records: usize,
}

impl Writer {
    /// Begins a record.
    pub fn begin(path: &Path, header: &Header) -> Result<Self> {
        let mut writer = Self { file: Replacement::of(path)?, records: 0 };
        writer.line(&Line::Header(header.clone()))?;
        Ok(writer)
    }

    /// Adds what came of a case.
    pub fn record(&mut self, record: Record) -> Result<()> {
        self.records += 1;
        self.line(&Line::Record(record))
    }

    /// Ends the record, and puts it in its place; the number of records is the writer's own.
    pub fn finish(mut self, footer: Footer) -> Result<()> {
        let records = self.records;
        self.line(&Line::Footer(Footer { records, ..footer }))?;
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
    lines: Lines<BufReader<File>>,
    number: usize,
    /// What the run was about.
    pub header: Header,
    records: usize,
    footer: Option<Footer>,
}

impl Reader {
    /// Opens a record, and reads its header.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path)
            .with_context(|| format!("cannot read the record {}", path.display()))?;
        let mut lines = BufReader::new(file).lines();
        let first = lines.next().transpose();
        let first = first.with_context(|| format!("cannot read the record {}", path.display()))?;
        // The schema is read by itself, because a newer one may have another header.
        #[derive(Deserialize)]
        struct Schema {
            header: Version,
        }
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let first = first.unwrap_or_default();
        let no_header =
            || BadRecord::Truncated(format!("{}: the record has no header", path.display()));
        let Schema { header: Version { schema } } =
            serde_json::from_str(&first).map_err(|_| no_header())?;
        if schema != SCHEMA {
            let path = path.display();
            let why = format!(
                "{path}: the record is of schema {schema}, and this program reads {SCHEMA}"
            );
            return Err(BadRecord::Schema(why).into());
        }
        let Ok(Line::Header(header)) = serde_json::from_str(&first) else {
            return Err(no_header().into());
        };
        Ok(Self { path: path.to_owned(), lines, number: 1, header, records: 0, footer: None })
    }

    /// The next record; none at the end, which is only reached where the footer is.
    pub fn next_record(&mut self) -> Result<Option<Record>> {
        let place = |number: usize| format!("{}:{number}", self.path.display());
        if self.footer.is_some() {
            return Ok(None);
        }
        let bad = |why: String| BadRecord::Truncated(why);
        let Some(line) = self.lines.next() else {
            let path = self.path.display();
            let why = format!("{path}: the record has no footer, so more may be missing");
            return Err(bad(why).into());
        };
        self.number += 1;
        let line = line.with_context(|| format!("cannot read {}", place(self.number)))?;
        match serde_json::from_str(&line) {
            Ok(Line::Record(record)) => {
                self.records += 1;
                Ok(Some(record))
            }
            Ok(Line::Footer(footer)) if footer.records == self.records => {
                self.footer = Some(footer);
                Ok(None)
            }
            Ok(Line::Footer(footer)) => {
                let (path, held, all) = (self.path.display(), self.records, footer.records);
                Err(bad(format!("{path}: the record holds {held} of {all} cases")).into())
            }
            Ok(Line::Header(_)) => {
                Err(bad(format!("{}: a second header", place(self.number))).into())
            }
            Err(error) => {
                Err(bad(format!("{}: not a line of a record: {error}", place(self.number))).into())
            }
        }
    }

    /// What the run came to, once every record was read.
    pub fn footer(&self) -> Option<&Footer> {
        self.footer.as_ref()
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
