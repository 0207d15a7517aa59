//! Clauses: what a model promises, in our words, and where it says so.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

use super::format::Releases;
use crate::wire::Capability;

/// The clauses of a model, as written in its `clauses.toml`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClauseFile {
    /// The clauses.
    #[serde(default, rename = "clause")]
    pub clauses: Vec<Clause>,
}

/// One promise.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Clause {
    /// How cases cite it.
    pub id: String,
    /// What is promised, in our words.
    pub promise: String,
    /// How strong the promise is.
    pub level: Level,
    /// Where it is made.
    pub source: Vec<Source>,
    /// The releases that it is made for; without it, all.
    #[serde(default)]
    pub releases: Option<Releases>,
    /// What keeps the promise, where that is not the permissions alone; who does not claim it is not asked.
    #[serde(default)]
    pub needs: Option<Capability>,
    /// What took its place.
    #[serde(default)]
    pub superseded_by: Option<String>,
    /// Why no case can test it yet.
    #[serde(default)]
    pub untested: Option<String>,
}

/// How strong a promise is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Breaking it is a defect.
    Must,
    /// Breaking it wants a reason.
    Should,
    /// Nothing is promised; the modelled releases agree, or the stricter answer is taken.
    Unspecified,
    /// The document says that this is not guarded.
    NonGoal,
    /// Another promise took its place.
    Superseded,
}

/// A place where a promise is made.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The title of a document.
    #[serde(default)]
    pub document: Option<String>,
    /// The heading in it.
    #[serde(default)]
    pub heading: Option<String>,
    /// A release.
    #[serde(default)]
    pub release: Option<String>,
    /// The change in it.
    #[serde(default)]
    pub change: Option<String>,
}

impl Level {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Level::Must => "must",
            Level::Should => "should",
            Level::Unspecified => "unspecified",
            Level::NonGoal => "non-goal",
            Level::Superseded => "superseded",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let release = self.release.as_ref().map(|release| format!("release {release}"));
        let parts = [&self.document, &self.heading, &release, &self.change];
        let parts: Vec<_> = parts.into_iter().flatten().map(String::as_str).collect();
        f.write_str(&parts.join(", "))
    }
}
