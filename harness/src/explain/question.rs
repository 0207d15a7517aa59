//! What is asked: a model at a release, and a kind or a part of it.

use std::fmt;
use std::str::FromStr;

use permscope_engine::model::{Model, deno, node};
use permscope_engine::release::Release;
use permscope_engine::value::Value;
use serde::Serialize;

/// A model as it is at one release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The model.
    pub model: Model,
    /// The release, modelled or not.
    pub release: Release,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.model.name(), self.release)
    }
}

impl FromStr for Subject {
    type Err = String;

    /// Reads `deno@2.9.6`, or `deno@2.9` and `node@26` for the newest modelled release of that line.
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, version) =
            text.split_once('@').ok_or("write NAME@VERSION, as in deno@2.9 or node@26.10.0")?;
        let model = Model::of_name(name).ok_or_else(|| {
            let names: Vec<_> = Model::ALL.iter().map(|model| model.name()).collect();
            format!("there is no model \"{name}\"; there are {}", names.join(" and "))
        })?;
        let modelled = || {
            let releases: Vec<_> = model.releases().iter().map(ToString::to_string).collect();
            format!("the modelled releases of {name} are {}", releases.join(", "))
        };
        let numbers: Option<Vec<u32>> = version.split('.').map(|part| part.parse().ok()).collect();
        let release = match numbers.as_deref() {
            Some([major]) => newest(model, |release| release.major == *major),
            Some([major, minor]) => {
                newest(model, |release| (release.major, release.minor) == (*major, *minor))
            }
            _ => version.parse().ok().filter(|release| model.counts(*release)),
        };
        let release =
            release.ok_or_else(|| format!("there is no release {version}; {}", modelled()))?;
        Ok(Self { model, release })
    }
}

fn newest(model: Model, is_of_line: impl Fn(&Release) -> bool) -> Option<Release> {
    model.releases().iter().copied().rfind(is_of_line)
}

/// A kind, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Question {
    /// The kind of Deno's model, or the scope of Node's.
    pub kind: &'static str,
    /// The part, as a program would write it; none for the whole kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
}

/// A question that nobody could answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadQuestion(pub String);

impl fmt::Display for BadQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadQuestion {}

impl Question {
    /// Reads a kind, and a part if one is given.
    pub fn read(model: Model, words: &[String]) -> Result<Self, BadQuestion> {
        let (kind, part) = match words {
            [] => return Err(BadQuestion("nothing is asked; write KIND or KIND PART".to_owned())),
            [kind] => (kind, None),
            [kind, part] => (kind, Some(part.clone())),
            [_, _, more, ..] => {
                let message = format!("a question is KIND or KIND PART; what is \"{more}\"?");
                return Err(BadQuestion(message));
            }
        };
        let kinds = kinds(model);
        let kind = kinds.iter().copied().find(|known| known == kind).ok_or_else(|| {
            let name = model.name();
            BadQuestion(format!("{name} has no \"{kind}\"; it has {}", kinds.join(", ")))
        })?;
        if model == Model::Deno && part.is_some() && field(kind).is_empty() {
            return Err(BadQuestion(format!("{kind} has no parts to ask about")));
        }
        Ok(Self { kind, part })
    }

    /// The question as a program of the runtime puts it.
    pub(super) fn descriptor(&self, model: Model) -> Value {
        let field = match model {
            Model::Deno => field(self.kind),
            Model::Node => "reference",
        };
        let name = ("name".to_owned(), Value::Text(self.kind.to_owned()));
        let part = self.part.iter().map(|part| (field.to_owned(), Value::Text(part.clone())));
        Value::Object(std::iter::once(name).chain(part).collect())
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.part {
            Some(part) if part.is_empty() => write!(f, "{} \"\"", self.kind),
            Some(part) => write!(f, "{} {part}", self.kind),
            None => f.write_str(self.kind),
        }
    }
}

/// Everything that any release of a model can be asked about.
pub fn kinds(model: Model) -> Vec<&'static str> {
    match model {
        Model::Deno => deno::kind::KINDS.iter().map(|row| row.name).collect(),
        Model::Node => {
            let scopes = node::kind::KINDS.iter().map(|row| row.scope);
            std::iter::once("fs").chain(scopes.filter(|scope| !scope.is_empty())).collect()
        }
    }
}

/// The field of a descriptor of Deno's that names a part of a kind.
fn field(kind: &str) -> &'static str {
    deno::kind::KINDS.iter().find(|row| row.name == kind).map_or("", |row| row.field)
}
