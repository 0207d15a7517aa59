//! What can be asked of a case, and how a text is compared to it.

use permscope_engine::model::Model;
use regex::Regex;

use crate::corpus::case::{Case, Step};
use crate::corpus::kind::{kinds, name_of};
use crate::operation::OPERATIONS;
use crate::wire::Action;

/// What a text is compared to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Id,
    Model,
    Area,
    Name,
    Clause,
    Tag,
    Kind,
    Step,
}

/// How a text is compared.
#[derive(Clone, Debug)]
pub enum Matcher {
    /// As the subject has it.
    Plain(String),
    Exact(String),
    Part(String),
    /// A regular expression, or a text with `*`, which is one.
    Pattern(Regex),
}

impl Subject {
    /// Every subject, by the name of its predicate.
    pub const ALL: [(&str, Subject); 8] = [
        ("id", Subject::Id),
        ("model", Subject::Model),
        ("area", Subject::Area),
        ("name", Subject::Name),
        ("clause", Subject::Clause),
        ("tag", Subject::Tag),
        ("kind", Subject::Kind),
        ("step", Subject::Step),
    ];

    /// The subject that a predicate is about.
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, subject) = Self::ALL.iter().find(|(known, _)| *known == name)?;
        Some(*subject)
    }

    /// The only texts that there are, with what they are; none where whoever writes a corpus may add to them.
    pub fn known(self) -> Option<(&'static str, Vec<&'static str>)> {
        const VERBS: [&str; 5] = ["query", "request", "revoke", "drop", "use"];
        match self {
            Subject::Model => {
                Some(("model", Model::ALL.iter().map(|model| model.name()).collect()))
            }
            Subject::Step => {
                let operations = OPERATIONS.iter().map(|operation| operation.name);
                Some(("step or operation", VERBS.into_iter().chain(operations).collect()))
            }
            _ => None,
        }
    }

    /// Whether a case has a text that is meant.
    pub fn fits(self, case: &Case, matcher: &Matcher) -> bool {
        let fits = |text: &str| match matcher {
            Matcher::Plain(plain) => self.is_meant(plain, text),
            Matcher::Exact(exact) => text == exact,
            Matcher::Part(part) => text.contains(part.as_str()),
            Matcher::Pattern(pattern) => pattern.is_match(text),
        };
        match self {
            Subject::Id => fits(&case.id),
            Subject::Model => fits(case.model.name()),
            Subject::Area => fits(area(case)),
            Subject::Name => fits(case.id.rsplit("::").next().unwrap_or_default()),
            Subject::Clause => case.clauses.iter().any(|clause| fits(clause)),
            Subject::Tag => case.tags.iter().any(|tag| fits(tag)),
            Subject::Kind => kinds(case).any(fits),
            Subject::Step => case.steps().iter().any(|step| {
                let (verb, operation) = done(step);
                fits(verb) || operation.is_some_and(fits)
            }),
        }
    }

    /// Whether a text that was written without a sign means another.
    fn is_meant(self, plain: &str, text: &str) -> bool {
        match self {
            Subject::Id | Subject::Name => text.contains(plain),
            Subject::Area | Subject::Clause | Subject::Kind => text
                .strip_prefix(plain)
                .is_some_and(|below| below.is_empty() || below.starts_with(['.', ':'])),
            Subject::Model | Subject::Tag | Subject::Step => text == plain,
        }
    }
}

/// The folders of a case between its model and its file; of a law, the universe.
fn area(case: &Case) -> &str {
    let (place, _name) = case.id.rsplit_once("::").unwrap_or_default();
    let folders = match place.strip_prefix("laws::") {
        Some(universe) => universe,
        None => place.rsplit_once("::").map_or("", |(folders, _file)| folders),
    };
    // A corpus outside of the project need not have a folder for the model.
    let (first, rest) = folders.split_once("::").unwrap_or((folders, ""));
    let model = case.model.name();
    if first == model {
        return rest;
    }
    // Some folders hold both models, a folder each.
    folders.strip_suffix(model).and_then(|above| above.strip_suffix("::")).unwrap_or(folders)
}

/// What a step does: its verb, and the operation where it uses a permission.
fn done(step: &Step) -> (&'static str, Option<&str>) {
    match &step.action {
        Action::Query(_) => ("query", None),
        Action::Request(_) => ("request", None),
        Action::Revoke(_) => ("revoke", None),
        Action::Drop(_) => ("drop", None),
        Action::Use(operation) => ("use", name_of(operation)),
    }
}
