//! Advisories by version, in Markdown: which binaries show the weakness, and whether that is as published.

use std::collections::{BTreeSet, HashMap};
use std::io::Write;

use anyhow::{Context, Result};
use permscope_engine::release::Release;

use super::Source;
use super::markdown::{code, plain};
use crate::compare::Severity;
use crate::corpus::Corpus;
use crate::corpus::advisory::Advisory;
use crate::outcome::Word;
use crate::record::{Ran, Record};

/// What the cases of an advisory came to on a target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cell {
    ran: usize,
    over_grants: usize,
    others: usize,
    broke: usize,
}

/// What a cell says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Vulnerable,
    Fixed,
    /// It could not be looked for, because something else went wrong.
    Other,
    NotRun,
}

impl Cell {
    fn add(&mut self, record: &Record) {
        self.ran += 1;
        self.broke += usize::from(record.outcome == Word::Broke);
        match record.severity {
            Some(Severity::OverGrant) => self.over_grants += 1,
            Some(Severity::OverDeny) => self.others += 1,
            // It was not let happen, in whatever words that was told.
            Some(Severity::Diagnostic) | None => {}
        }
    }

    fn state(self) -> State {
        match self {
            Cell { ran: 0, .. } => State::NotRun,
            Cell { over_grants: 1.., .. } => State::Vulnerable,
            Cell { others: 1.., .. } | Cell { broke: 1.., .. } => State::Other,
            _ => State::Fixed,
        }
    }
}

/// Every advisory of a model, by the targets that were run.
pub struct Table<'c> {
    rows: Vec<Row<'c>>,
}

/// An advisory, and what was seen of it.
struct Row<'c> {
    model: &'c str,
    advisory: &'c Advisory,
    cases: usize,
    /// For each target of the run.
    cells: Vec<Cell>,
}

impl<'c> Table<'c> {
    /// Reads a record of the corpus.
    pub fn of(source: &mut Source<'_>, corpus: &'c Corpus) -> Result<Self> {
        let targets = &source.tally.footer.targets;
        let mut rows: Vec<Row<'c>> = Vec::new();
        let mut row_of_case = HashMap::new();
        for case in &corpus.cases {
            let Some(advisory) = &case.advisory else { continue };
            let is_its = |row: &Row<'_>| row.advisory.id == advisory.id;
            let index = rows.iter().position(is_its).unwrap_or_else(|| {
                let cells = vec![Cell::default(); targets.len()];
                rows.push(Row { model: case.model.name(), advisory, cases: 0, cells });
                rows.len() - 1
            });
            rows[index].cases += 1;
            row_of_case.insert(case.id.as_str(), index);
        }
        while let Some(record) = source.next_record()? {
            let column = targets.iter().position(|ran| ran.made(&record));
            let row = row_of_case.get(record.case.as_str());
            if let (Some(column), Some(&row)) = (column, row) {
                rows[row].cells[column].add(&record);
            }
        }
        // The newest that has no day yet comes last.
        rows.sort_by_key(|row| {
            let Advisory { published, id, .. } = row.advisory;
            (row.model, published.is_none(), published.as_deref(), id.as_str())
        });
        Ok(Self { rows })
    }

    /// The advisories that were seen otherwise than they were published, with the targets that show it.
    pub fn surprises<'r>(&self, targets: &'r [Ran]) -> Vec<(&'c Advisory, Vec<&'r Ran>)> {
        let odd = |row: &Row<'c>| {
            let columns = row.cells.iter().zip(targets);
            let odd = columns.filter(|(cell, ran)| !is_as_published(row.advisory, **cell, ran));
            (row.advisory, odd.map(|(_, ran)| ran).collect::<Vec<_>>())
        };
        self.rows.iter().map(odd).filter(|(_, odd)| !odd.is_empty()).collect()
    }
}

/// Whether what was seen is what was published of that release.
fn is_as_published(advisory: &Advisory, cell: Cell, ran: &Ran) -> bool {
    let release = ran.release.parse::<Release>();
    let is_affected = release.is_ok_and(|release| advisory.affected.contain(release));
    match cell.state() {
        State::Vulnerable => is_affected,
        State::Fixed => !is_affected,
        State::Other => cell.broke == 0,
        State::NotRun => true,
    }
}

/// Writes a table for each model, and below it what was not seen, and what was not as published.
pub fn write(source: &mut Source<'_>, out: &mut dyn Write) -> Result<()> {
    let corpus = source.corpus.context("a table of advisories needs the corpus")?;
    let table = Table::of(source, corpus)?;
    let targets = &source.tally.footer.targets;
    writeln!(out, "# Advisories by version\n")?;
    writeln!(
        out,
        "**vulnerable** stands where a binary let something happen that the promise rules out, *fixed* where it did not, and nothing where no case is for the release.\n\
         ⚠ stands where that is not what was published."
    )?;
    let models: BTreeSet<_> = table.rows.iter().map(|row| row.model).collect();
    for model in models {
        let is_column = |(_, ran): &(usize, &Ran)| ran.model == model;
        let columns: Vec<_> = targets.iter().enumerate().filter(is_column).collect();
        if columns.is_empty() {
            continue;
        }
        let rows: Vec<_> = table.rows.iter().filter(|row| row.model == model).collect();
        write!(out, "\n## {}\n\n| advisory | what it bypasses | what went wrong |", code(model))?;
        columns.iter().try_for_each(|(_, ran)| write!(out, " {} |", code(&ran.to_string())))?;
        write!(out, "\n|---|---|---|")?;
        columns.iter().try_for_each(|_| write!(out, ":-:|"))?;
        writeln!(out)?;
        for row in &rows {
            let Advisory { id, title, kind, .. } = row.advisory;
            write!(out, "| {} | {} | {} |", plain(id), code(kind), plain(title))?;
            for (index, ran) in &columns {
                let cell = row.cells[*index];
                let mark = if is_as_published(row.advisory, cell, ran) { "" } else { " ⚠" };
                let told = match cell.state() {
                    State::Vulnerable => "**vulnerable**",
                    State::Fixed => "fixed",
                    State::Other => "otherwise",
                    State::NotRun => "",
                };
                write!(out, " {told}{mark} |")?;
            }
            writeln!(out)?;
        }
        write_counts(&rows, &columns, out)?;
    }
    let surprises = table.surprises(targets);
    if !surprises.is_empty() {
        writeln!(out, "\n## Not as published\n")?;
        for (advisory, odd) in surprises {
            let odd: Vec<_> = odd.iter().map(|ran| code(&ran.to_string())).collect();
            writeln!(out, "* {}: {}", plain(&advisory.id), odd.join(", "))?;
        }
    }
    Ok(())
}

fn write_counts(rows: &[&Row<'_>], columns: &[(usize, &Ran)], out: &mut dyn Write) -> Result<()> {
    let has = |row: &Row<'_>, state: State| {
        columns.iter().any(|(index, _)| row.cells[*index].state() == state)
    };
    let both = |row: &&&Row<'_>| has(row, State::Vulnerable) && has(row, State::Fixed);
    let seen = rows.iter().filter(both).count();
    writeln!(out, "\n{seen} of {} were seen both ways.", rows.len())?;
    let missing = [
        (State::Vulnerable, "no binary that was run is vulnerable"),
        (State::Fixed, "no binary that was run is fixed"),
    ];
    for row in rows {
        let missing = missing.iter().filter(|(state, _)| !has(row, *state));
        let why: Vec<_> = missing.map(|(_, why)| *why).collect();
        if !why.is_empty() {
            let cases = row.cases;
            writeln!(out, "* {}: {} ({cases} cases)", plain(&row.advisory.id), why.join("; "))?;
        }
    }
    Ok(())
}
