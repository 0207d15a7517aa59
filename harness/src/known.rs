//! Known differences: an implementation answers exactly so at these versions, for this reason.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use permscope_engine::model::Model;
use permscope_engine::release::Release;
use serde::Deserialize;

use crate::carried;
use crate::compare::Seen;
use crate::corpus::Corpus;
use crate::corpus::diagnostic::{Diagnostic, closest};
use crate::corpus::format::{self, At};
use crate::corpus::releases::Releases;
use crate::law;

/// The file, as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct KnownFile {
    #[serde(default, rename = "difference")]
    differences: Vec<At<Entry>>,
}

/// An entry, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    case: At<String>,
    versions: At<format::Releases>,
    seen: Seen,
    reason: At<String>,
    #[serde(default)]
    link: Option<String>,
    #[serde(default)]
    acknowledged: bool,
}

/// One known difference.
#[derive(Clone, Debug)]
pub struct Known {
    /// The versions that show it.
    pub versions: Releases,
    /// What is seen.
    pub seen: Seen,
    /// Why.
    pub reason: String,
    /// Where it is talked about.
    pub link: Option<String>,
    /// Whether somebody took notice that it gives more access than promised.
    pub acknowledged: bool,
}

/// The known differences of one implementation, by case.
#[derive(Debug, Default)]
pub struct KnownDifferences {
    by_case: HashMap<String, Vec<Known>>,
}

/// Every identity that a list may name: of the cases of a corpus, and of its laws.
pub fn identities(corpus: &Corpus) -> BTreeSet<String> {
    corpus.cases.iter().map(|case| case.id.clone()).chain(law::ids(corpus)).collect()
}

/// Everything that is wrong with a file of known differences.
#[derive(Debug)]
pub struct BadKnown(pub Vec<Diagnostic>);

impl std::fmt::Display for BadKnown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for diagnostic in &self.0 {
            writeln!(f, "{diagnostic}\n")?;
        }
        write!(f, "the list of known differences has {} errors, and no case was run", self.0.len())
    }
}

impl std::error::Error for BadKnown {}

impl KnownDifferences {
    /// Reads a file; where there is none, nothing is known.
    ///
    /// `cases` are the identities that there are: an entry about any other is an error, as is one without a reason unless the list is `unfinished`.
    pub fn read(path: &Path, cases: &BTreeSet<String>, unfinished: bool) -> Result<Self> {
        if !carried::exists(path) {
            return Ok(Self::default());
        }
        let text = carried::read_to_string(path)
            .with_context(|| format!("cannot read the known differences {}", path.display()))?;
        let file: KnownFile = toml::from_str(&text)
            .map_err(|error| BadKnown(vec![Diagnostic::of_toml(path, &text, &error)]))?;
        let mut known = Self::default();
        let mut errors = Vec::new();
        for entry in file.differences {
            let Entry { case, versions, seen, reason, link, acknowledged } = entry.0.into_inner();
            let error = |span, message: String, help| Diagnostic {
                file: PathBuf::from(path),
                text: text.to_string(),
                span,
                message,
                help,
            };
            if !cases.contains(case.get()) {
                let help = closest(case.get(), cases.iter().map(String::as_str));
                let help = help.map(|id| format!("did you mean \"{id}\"?"));
                errors.push(error(
                    case.span(),
                    format!("there is no case \"{}\"", case.get()),
                    help,
                ));
                continue;
            }
            if reason.get().trim().is_empty() && !unfinished {
                let message =
                    "a known difference needs a reason that the runtime's maintainer would accept";
                errors.push(error(reason.span(), message.into(), None));
            }
            match Releases::read(versions.get()) {
                Err(why) => errors.push(error(versions.span(), why, None)),
                Ok(read) => {
                    if let Some(release) = known.overlap(case.get(), &read) {
                        let message = format!("{} is listed for {release} above", case.get());
                        errors.push(error(versions.span(), message, None));
                    }
                    known.by_case.entry(case.get().clone()).or_default().push(Known {
                        versions: read,
                        seen,
                        reason: reason.get().clone(),
                        link,
                        acknowledged,
                    });
                }
            }
        }
        if errors.is_empty() { Ok(known) } else { Err(BadKnown(errors).into()) }
    }

    /// A release that an earlier entry about a case holds for as well: a modelled one, or one that either of them names.
    fn overlap(&self, case: &str, versions: &Releases) -> Option<Release> {
        let modelled = Model::ALL.iter().flat_map(|model| model.releases().iter().copied());
        let earlier = self.all_of(case).map(|known| &known.versions);
        let named = earlier.clone().chain([versions]).flat_map(Releases::boundaries);
        let mut releases = modelled.chain(named).filter(|release| versions.contain(*release));
        releases.find(|release| earlier.clone().any(|earlier| earlier.contain(*release)))
    }

    /// What is known of a case at a release.
    pub fn of(&self, case: &str, release: Release) -> Option<&Known> {
        self.all_of(case).find(|known| known.versions.contain(release))
    }

    /// Everything that is known of a case, at any release.
    pub fn all_of(&self, case: &str) -> impl Iterator<Item = &Known> + Clone {
        self.by_case.get(case).into_iter().flatten()
    }
}
