//! `permscope list`: the cases that filters select.

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::corpora::Corpora;
use super::selection::Selection;
use crate::exit::Exit;
use crate::filter;
use crate::project::Project;

/// Lists the cases that filters select, one a line.
#[derive(Debug, Args)]
#[command(after_help = filter::HELP)]
pub struct List {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    corpora: Corpora,
    /// Prints a JSON object a line, with where each case is written and what it rests on.
    #[arg(long)]
    json: bool,
}

impl List {
    /// Prints them.
    pub fn execute(&self) -> Result<Exit> {
        let project = Project::here()?;
        let (corpus, _) = self.corpora.read(&project)?;
        let selected = match self.selection.of("case", &corpus.cases.iter().collect::<Vec<_>>()) {
            Ok(selected) => selected,
            Err(why) => {
                anstream::eprintln!("{why}");
                return Ok(Exit::NothingSelected);
            }
        };
        for case in selected {
            if self.json {
                let line = json!({
                    "case": case.id,
                    "model": case.model.name(),
                    "releases": case.releases.to_string(),
                    "clauses": case.clauses,
                    "tags": case.tags,
                    "file": project.short(&case.source.file),
                    "line": case.source.line,
                });
                anstream::println!("{line}");
            } else {
                anstream::println!("{}", case.id);
            }
        }
        Ok(Exit::Expected)
    }
}
