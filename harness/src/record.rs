//! The record of a run: JSON lines, with a header, and a footer without which it is not to be trusted.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::compare::{Seen, Severity};
use crate::file;
use crate::outcome::Word;

/// The version of the format.
pub const SCHEMA: u32 = 1;

/// A line of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Header {
    /// The version of the format.
    pub schema: u32,
    /// The version of the program that wrote it.
    pub program: String,
    /// The digest of the corpus.
    pub corpus: String,
    /// What selected the cases.
    pub filters: Vec<String>,
}

/// What came of one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Record {
    /// The case.
    pub case: String,
    /// The implementation.
    pub implementation: String,
    /// The release.
    pub release: String,
    /// What came of it.
    pub outcome: Word,
    /// What was seen, where it is not as promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
    /// Which way it errs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Why there is nothing to compare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broke: Option<String>,
}

/// How much a complete record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Footer {
    /// The number of records.
    pub records: usize,
}

/// Writes a record, whole or not at all.
pub fn write(path: &Path, header: Header, records: &[Record]) -> Result<()> {
    let mut lines = Vec::new();
    let mut line = |line: &Line| -> Result<()> {
        serde_json::to_writer(&mut lines, line).context("a record is JSON")?;
        lines.push(b'\n');
        Ok(())
    };
    line(&Line::Header(header))?;
    for record in records {
        line(&Line::Record(record.clone()))?;
    }
    line(&Line::Footer(Footer { records: records.len() }))?;
    file::replace(path, &lines)
}

/// Reads a record; one without its footer may have lost more than that.
pub fn read(path: &Path) -> Result<(Header, Vec<Record>)> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("cannot read the record {}", path.display()))?;
    let mut header = None;
    let mut footer = None;
    let mut records = Vec::new();
    for (index, text) in text.lines().enumerate() {
        let place = || format!("{}:{}: not a line of a record", path.display(), index + 1);
        match serde_json::from_str(text).with_context(place)? {
            Line::Header(line) => header = Some(line),
            Line::Record(record) => records.push(record),
            Line::Footer(line) => footer = Some(line),
        }
    }
    let Some(header) = header else {
        bail!("{}: the record has no header", path.display());
    };
    if header.schema != SCHEMA {
        bail!("{}: the record is of schema {}, not {SCHEMA}", path.display(), header.schema);
    }
    match footer {
        Some(footer) if footer.records == records.len() => Ok((header, records)),
        Some(footer) => bail!(
            "{}: the record holds {} of {} cases",
            path.display(),
            records.len(),
            footer.records
        ),
        None => bail!("{}: the record has no footer, so more may be missing", path.display()),
    }
}
