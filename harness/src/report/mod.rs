//! Reports: what a record says, in the formats that other tools read.
//!
//! Every report is a fold over a record that is read line by line, once to count it and once to write it, so its memory does not grow with the record.

mod advisories;
mod badge;
mod ctrf;
mod github;
mod html;
mod json;
mod junit;
mod markdown;
mod matrix;
mod sarif;
mod told;

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result};

use crate::corpus::Corpus;
use crate::file::Replacement;
use crate::record::{Reader, Record};
use crate::tally::Tally;

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The record itself.
    Jsonl,
    /// One JSON document.
    Json,
    /// JUnit's XML.
    Junit,
    /// Common Test Report Format.
    Ctrf,
    /// Static Analysis Results Interchange Format.
    Sarif,
    /// Markdown, short enough for a step's summary.
    Markdown,
    /// Clauses by implementation, in Markdown.
    Matrix,
    /// Clauses and cases by implementation, as a page.
    Html,
    /// Annotations of GitHub's, few enough to be shown.
    Github,
    /// The endpoint of a badge.
    Badge,
    /// Advisories by version, in Markdown.
    Advisories,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 11] = [
        Format::Jsonl,
        Format::Json,
        Format::Junit,
        Format::Ctrf,
        Format::Sarif,
        Format::Markdown,
        Format::Matrix,
        Format::Html,
        Format::Github,
        Format::Badge,
        Format::Advisories,
    ];

    /// The word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Jsonl => "jsonl",
            Format::Json => "json",
            Format::Junit => "junit",
            Format::Ctrf => "ctrf",
            Format::Sarif => "sarif",
            Format::Markdown => "markdown",
            Format::Matrix => "matrix",
            Format::Html => "html",
            Format::Github => "github",
            Format::Badge => "badge",
            Format::Advisories => "advisories",
        }
    }

    /// Whether it shows what only the corpus has: the steps of a case, the words of a clause.
    pub fn needs_corpus(self) -> bool {
        matches!(self, Format::Html | Format::Advisories)
    }
}

/// A report that was asked for: `FORMAT=PATH`, where `-` is standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The format.
    pub format: Format,
    /// Where it goes.
    pub path: PathBuf,
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || Format::ALL.map(Format::name).join(", ");
        let Some((name, path)) = text.split_once('=').filter(|(_, path)| !path.is_empty()) else {
            return Err(format!("write FORMAT=PATH, with one of the formats {}", names()));
        };
        let format = Format::ALL.into_iter().find(|format| format.name() == name);
        let format = format
            .ok_or_else(|| format!("there is no format \"{name}\"; there are {}", names()))?;
        Ok(Self { format, path: path.into() })
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.format.name(), self.path.display())
    }
}

/// What a format is written from: the counts of a record, and its lines one after the other.
pub struct Source<'r> {
    /// The counts.
    pub tally: &'r Tally,
    /// The corpus that was run, for a format that shows more of a case than its record has.
    pub corpus: Option<&'r Corpus>,
    reader: Reader,
}

impl Source<'_> {
    /// The next record; none behind the last.
    pub fn next_record(&mut self) -> Result<Option<Record>> {
        self.reader.next_record()
    }

    /// The next record of something that is not as promised; none behind the last.
    pub fn next_differing(&mut self) -> Result<Option<Record>> {
        self.reader.next_differing()
    }
}

/// Writes a report of a record: whole, or not at all.
///
/// The corpus is needed where [`Format::needs_corpus`], and has to be the one that was run.
pub fn write(record: &Path, tally: &Tally, corpus: Option<&Corpus>, wanted: &Wanted) -> Result<()> {
    let mut source = Source { tally, corpus, reader: Reader::open(record)? };
    if wanted.path == Path::new("-") {
        // As it is, with nothing taken out for a terminal; and in blocks, not line by line.
        let mut out = BufWriter::new(io::stdout().lock());
        fold(wanted.format, record, &mut source, &mut out)?;
        return out.flush().context("cannot write to standard output");
    }
    let mut file = Replacement::of(&wanted.path)?;
    fold(wanted.format, record, &mut source, &mut file)?;
    file.persist()
}

/// Whether every advisory of a record was seen as it was published.
pub fn advisories_are_as_published(record: &Path, tally: &Tally, corpus: &Corpus) -> Result<bool> {
    let mut source = Source { tally, corpus: Some(corpus), reader: Reader::open(record)? };
    let table = advisories::Table::of(&mut source, corpus)?;
    Ok(table.surprises(&tally.footer.targets).is_empty())
}

fn fold(format: Format, record: &Path, source: &mut Source<'_>, out: &mut dyn Write) -> Result<()> {
    match format {
        Format::Jsonl => {
            // It is not passed on before it was seen to be whole.
            while source.next_differing()?.is_some() {}
            io::copy(&mut File::open(record)?, out)?;
            Ok(())
        }
        Format::Json => json::write(source, out),
        Format::Junit => junit::write(source, out),
        Format::Ctrf => ctrf::write(source, out),
        Format::Sarif => sarif::write(source, out),
        Format::Markdown => markdown::write(source, out),
        Format::Matrix => matrix::write(source, out),
        Format::Html => html::write(source, out),
        Format::Github => github::write(source, out),
        Format::Badge => badge::write(source, out),
        Format::Advisories => advisories::write(source, out),
    }
}
