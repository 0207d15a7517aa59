//! Which corpus a command is about: the project's own, or folders of somebody else's.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::read_corpus;
use crate::corpus::Corpus;
use crate::exit::NoCorpus;
use crate::known::identities;
use crate::project::Project;

/// The folders of cases that were named.
#[derive(Debug, Args)]
pub struct Corpora {
    /// A folder of cases; without it, the project's own.
    #[arg(long = "corpus", value_name = "DIR")]
    pub folders: Vec<PathBuf>,
}

impl Corpora {
    /// The corpus that is meant, and every identity that a list of known differences may name: the project's own, too.
    pub fn read(&self, project: &Project) -> Result<(Corpus, BTreeSet<String>)> {
        let own = read_corpus(&project.corpus(), &[project.fixtures()], &[])?;
        let mut known_ids = identities(&own);
        if self.folders.is_empty() {
            return Ok((own, known_ids));
        }
        let clauses = own.clauses;
        let mut corpus = Corpus::default();
        for folder in &self.folders {
            if !folder.is_dir() {
                return Err(NoCorpus(format!("there is no folder {}", folder.display())).into());
            }
            let fixtures = [folder.join("fixtures"), project.fixtures()];
            corpus.add(read_corpus(folder, &fixtures, &clauses)?)?;
        }
        known_ids.extend(identities(&corpus));
        Ok((corpus, known_ids))
    }
}
