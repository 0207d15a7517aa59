//! Universes: small worlds of grants and questions that touch each other, which the laws are tried on.

use std::path::PathBuf;

use permscope_engine::model::Model;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::format::{self, At};
use super::releases::Releases;
use crate::launch::Launch;

/// The universes of a model, as written in its `laws.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UniverseFile {
    #[serde(default, rename = "universe")]
    pub(super) universes: Vec<At<Written>>,
}

/// A universe, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Written {
    /// Says what it is about, in lower case with hyphens.
    pub(super) name: String,
    /// The releases that have what it is about.
    #[serde(default)]
    pub(super) releases: Option<format::Releases>,
    /// The fixture that every launch has.
    #[serde(default)]
    pub(super) fixture: Option<String>,
    /// The flags that every launch has.
    #[serde(default)]
    flags: Vec<String>,
    /// The flag that grants.
    grant: String,
    /// The flag that denies.
    #[serde(default)]
    deny: Option<String>,
    /// What stands between the values of one flag; without it, each value has a flag to itself.
    #[serde(default)]
    separator: Option<String>,
    /// The name of the kind in a descriptor.
    kind: String,
    /// The field of a descriptor that names a part.
    field: String,
    /// What is granted and denied, each with a part that it covers.
    values: Vec<WrittenValue>,
    /// What else is asked about.
    #[serde(default)]
    questions: Vec<String>,
    /// Texts that mean the same, list by list.
    #[serde(default)]
    spellings: Vec<Vec<String>>,
    /// How many grants a launch has at most.
    size: usize,
}

/// A value: a text that stands for itself, or a pattern and what it covers.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum WrittenValue {
    One(String),
    Pattern { value: String, member: String },
}

/// Grants and questions of one kind.
#[derive(Clone, Debug)]
pub struct Universe {
    /// The model.
    pub model: Model,
    /// What it is called, with its model.
    pub id: String,
    /// The releases that have what it is about.
    pub releases: Releases,
    /// What every launch has.
    pub launch: Launch,
    /// The flag that grants.
    pub grant: String,
    /// The flag that denies, if there is one.
    pub deny: Option<String>,
    /// What stands between the values of one flag; without it, each value has a flag to itself.
    pub separator: Option<String>,
    /// What is granted and denied.
    pub values: Vec<String>,
    /// What is asked about; the first questions are a part of each value, in their order.
    pub questions: Vec<String>,
    /// Questions that mean the same, by their index.
    pub spellings: Vec<Vec<usize>>,
    /// How many grants a launch has at most.
    pub size: usize,
    /// The file that it is written in.
    pub file: PathBuf,
    /// The line, counted from one.
    pub line: usize,
    kind: String,
    field: String,
}

impl Universe {
    /// The universe that is meant; its launches take place in a fixture.
    pub(super) fn read(
        written: &Written,
        model: Model,
        fixture: PathBuf,
        file: PathBuf,
        line: usize,
    ) -> Result<Self, String> {
        let releases = written.releases.as_ref().map_or(Ok(Releases::default()), Releases::read)?;
        let mut values = Vec::new();
        let mut questions = Vec::new();
        for one in &written.values {
            let (value, member) = match one {
                WrittenValue::One(value) => (value, value),
                WrittenValue::Pattern { value, member } => (value, member),
            };
            values.push(value.clone());
            questions.push(member.clone());
        }
        questions.extend(written.questions.iter().cloned());
        let mut spellings = Vec::new();
        for texts in &written.spellings {
            let first = questions.len();
            questions.extend(texts.iter().cloned());
            spellings.push((first..questions.len()).collect());
        }
        if values.is_empty() || written.size == 0 {
            return Err("a universe has values, and launches with at least one of them".to_owned());
        }
        let flags = written.flags.clone();
        Ok(Self {
            model,
            id: format!("laws::{}::{}", model.name(), written.name),
            releases,
            launch: Launch { flags, fixture, ..Launch::bare() },
            grant: written.grant.clone(),
            deny: written.deny.clone(),
            separator: written.separator.clone(),
            values,
            questions,
            spellings,
            size: written.size,
            file,
            line,
            kind: written.kind.clone(),
            field: written.field.clone(),
        })
    }

    /// The descriptor of a part, or of all.
    pub fn descriptor(&self, part: Option<&str>) -> Value {
        let mut fields = Map::new();
        fields.insert("name".to_owned(), self.kind.clone().into());
        if let Some(part) = part {
            fields.insert(self.field.clone(), part.into());
        }
        Value::Object(fields)
    }

    /// A question, as it is told.
    pub fn question(&self, index: usize) -> String {
        format!("{} {}", self.kind, self.questions[index])
    }
}
