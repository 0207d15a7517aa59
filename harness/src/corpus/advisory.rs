//! Advisories: what was published of a weakness, beside the cases that show it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::format::{self, At};
use super::releases::Releases;

/// An advisory, as written at the head of a case file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// Its number, such as `CVE-2025-48888`; of a weakness that was mended without one, the change that did.
    pub id: String,
    /// What went wrong, in our words.
    pub title: String,
    /// What was bypassed.
    pub kind: String,
    /// The day, as `2025-06-04`, where it is known.
    #[serde(default)]
    pub published: Option<String>,
    /// The releases that have the weakness, as published.
    pub affected: At<format::Releases>,
    /// The releases that brought the cure.
    pub fixed: Vec<String>,
}

/// An advisory.
#[derive(Clone, Debug)]
pub struct Advisory {
    /// Its number, or the change that mended the weakness.
    pub id: String,
    /// What went wrong, in our words.
    pub title: String,
    /// What was bypassed.
    pub kind: String,
    /// The day, where it is known.
    pub published: Option<String>,
    /// The releases that have the weakness, as published.
    pub affected: Releases,
    /// The releases that brought the cure.
    pub fixed: Vec<String>,
}

impl Advisory {
    /// Reads one as written; the error says what is wrong with its releases.
    pub fn read(written: &Written) -> Result<Self, String> {
        Ok(Self {
            id: written.id.clone(),
            title: written.title.clone(),
            kind: written.kind.clone(),
            published: written.published.clone(),
            affected: Releases::read(written.affected.get())?,
            fixed: written.fixed.clone(),
        })
    }
}
