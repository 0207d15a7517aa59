//! The matrix: clauses by targets, in Markdown, a table for each model.
//!
//! It is published in the project, so it holds nothing that another run of the same would change: no times, and digests only as far as they tell builds apart.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::Result;

use super::Source;
use super::markdown::{code, plain};
use crate::compare::Severity;
use crate::outcome::Word;
use crate::record::{Ran, Record};

/// How much of a digest is shown.
const SHOWN: usize = 12;

/// What came of the cases of a clause on a target.
#[derive(Clone, Copy, Default)]
struct Cell {
    all: usize,
    pass: usize,
    over_grants: usize,
    unexpected: usize,
}

impl Cell {
    fn add(&mut self, record: &Record) {
        self.all += 1;
        self.pass += usize::from(record.outcome == Word::Pass);
        self.over_grants += usize::from(record.severity == Some(Severity::OverGrant));
        self.unexpected += usize::from(!matches!(record.outcome, Word::Pass | Word::Known));
    }

    fn told(&self) -> String {
        let Self { all, pass, over_grants, unexpected } = self;
        let mark = match (all, over_grants, unexpected) {
            (0, ..) => return String::new(),
            (_, _, 1..) => "✗ ",
            (_, 1.., _) => "⚠ ",
            _ if pass == all => return all.to_string(),
            _ => "",
        };
        format!("{mark}{pass}/{all}")
    }
}

/// Writes a table of clauses for each model, and below it the clauses that no case tests.
pub fn write(source: &mut Source<'_>, out: &mut dyn Write) -> Result<()> {
    let tally = source.tally;
    // By model and clause, a cell for each target of the whole run.
    let mut rows: BTreeMap<(String, String), Vec<Cell>> = BTreeMap::new();
    let targets = &tally.footer.targets;
    while let Some(record) = source.next_record()? {
        let Some(column) = targets.iter().position(|ran| ran.made(&record)) else { continue };
        for clause in &record.clauses {
            let key = (record.model.clone(), clause.clone());
            let row = rows.entry(key).or_insert_with(|| vec![Cell::default(); targets.len()]);
            row[column].add(&record);
        }
    }
    writeln!(out, "# Clauses by implementation\n")?;
    writeln!(out, "{}\n", plain(&tally.headline()))?;
    writeln!(
        out,
        "A number alone says how many cases of the clause ran, and that all were as promised; *a/b* that a of b were.\n\
         ⚠ stands where an implementation gives more access than promised, ✗ where something is not as expected, and nothing where no case is for the release.\n\
         Why a case is not as promised stands in `known/`.\n\
         The corpus is `{}`.",
        shown(&tally.header.corpus)
    )?;
    let mut models: Vec<&str> = targets.iter().map(|ran| ran.model.as_str()).collect();
    models.sort_unstable();
    models.dedup();
    for model in models {
        let columns: Vec<_> =
            targets.iter().enumerate().filter(|(_, ran)| ran.model == model).collect();
        write!(out, "\n## {}\n\n| clause |", code(model))?;
        columns.iter().try_for_each(|(_, ran)| write!(out, " {} |", code(&ran.to_string())))?;
        write!(out, "\n|---|")?;
        columns.iter().try_for_each(|_| write!(out, "--:|"))?;
        writeln!(out)?;
        for ((_, clause), cells) in rows.iter().filter(|((of, _), _)| of == model) {
            write!(out, "| {} |", code(clause))?;
            columns.iter().try_for_each(|(index, _)| write!(out, " {} |", cells[*index].told()))?;
            writeln!(out)?;
        }
        for (what, digest) in [("program", of_program as fn(&Ran) -> _), ("adapter", of_adapter)] {
            write!(out, "| {what} |")?;
            columns.iter().try_for_each(|(_, ran)| write!(out, " {} |", digest(ran)))?;
            writeln!(out)?;
        }
    }
    if !tally.footer.untested.is_empty() {
        writeln!(out, "\n## Clauses that no case tests\n")?;
        tally.footer.untested.iter().try_for_each(|clause| writeln!(out, "* {}", code(clause)))?;
    }
    Ok(())
}

/// What tells the program; one that is a part of this program is another at every build, and says nothing.
fn of_program(ran: &Ran) -> String {
    ran.adapter.as_ref().map_or(String::new(), |_| format!("`{}`", shown(&ran.program)))
}

fn of_adapter(ran: &Ran) -> String {
    ran.adapter.as_deref().map_or(String::new(), |adapter| format!("`{}`", shown(adapter)))
}

/// The beginning of a digest.
fn shown(digest: &str) -> &str {
    &digest[..digest.len().min(SHOWN)]
}
