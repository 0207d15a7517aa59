//! What a program did that needs a permission, as Deno tells of it to a broker and in an audit file, and what a launch decides about it.

use std::fmt;

use permscope_engine::model::Model;
use permscope_engine::release::Release;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::explain::launched::Launched;
use crate::explain::question::{BadQuestion, Question};
use crate::explain::{Answer, Word};

/// The version of the protocol and of the files, of which there is one.
pub const VERSION: u32 = 1;

/// How Deno writes the folder for temporary files where a program does not name it, so that the program does not learn where it is.
const TEMPORARY: &str = "<TMP>";

/// A line as Deno writes it; a broker's log has the broker's answer as well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Of which version the line is.
    pub v: u32,
    /// The process that asks; an audit file does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u64>,
    /// The number of the request, which its answer repeats; an audit file has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// When it was, as Deno writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datetime: Option<String>,
    /// The kind.
    pub permission: String,
    /// The part; none for the whole kind.
    pub value: Option<String>,
    /// What the broker answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Verdict>,
    /// Why it answered so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a broker answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It may be done.
    Allow,
    /// It may not.
    Deny,
}

/// Why a line tells of no access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine(String);

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadLine {}

impl BadLine {
    /// For a reason that the parser does not know.
    pub fn because(why: &str) -> Self {
        Self(why.to_owned())
    }
}

impl Line {
    /// Reads one line.
    pub fn read(text: &str) -> Result<Self, BadLine> {
        if text.trim().is_empty() {
            return Err(BadLine("the line is empty".to_owned()));
        }
        // The parser counts the lines of what it is given, which is always one.
        let untangled = |error: serde_json::Error| {
            let told = error.to_string();
            BadLine(told.replace(" at line 1 column", " at column"))
        };
        let line: Line = serde_json::from_str(text).map_err(untangled)?;
        match line.v {
            VERSION => Ok(line),
            other => Err(BadLine(format!("there is no version {other} of these lines, only 1"))),
        }
    }

    /// What is asked: a part is written as a flag would name it.
    ///
    /// `temporary` is the folder for temporary files.
    pub fn question(&self, temporary: &str) -> Result<Question, BadQuestion> {
        let words = std::iter::once(&self.permission).chain(&self.value).cloned();
        let question = Question::read(Model::Deno, &words.collect::<Vec<_>>())?;
        let part = question.part.map(|part| match question.kind {
            "read" | "write" | "ffi" if part == TEMPORARY => temporary.to_owned(),
            // An audit file tells of a fetch twice, by its URL and by its host.
            "net" | "import" => host_of(&part).unwrap_or(part),
            _ => part,
        });
        Ok(Question { part, ..question })
    }
}

/// The host and port of a URL; none where the text is no URL with a host.
fn host_of(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|_| text.contains("://"))?;
    let host = url.host_str()?;
    Some(match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

/// What a launch decides about an access.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decided {
    /// The answer.
    pub verdict: Verdict,
    /// Why, in one sentence without its verb.
    pub because: String,
}

/// Decides whether something may be done; nobody is asked, so silence denies.
pub fn decide(launched: &mut Launched, release: Release, question: &Question) -> Decided {
    let answer = launched.answer(question);
    let verdict = verdict(&answer, release, question);
    let because = match (&answer.reason, answer.word) {
        (Some(reason), _) => format!("because {reason}"),
        (None, Word::Prompt) => "because no flag grants it".to_owned(),
        (None, Word::Granted) if verdict == Verdict::Deny => launched.except(question),
        (None, _) => launched.because(question, &answer),
    };
    Decided { verdict, because }
}

/// The same without its reason.
pub fn is_allowed(launched: &mut Launched, release: Release, question: &Question) -> bool {
    verdict(&launched.answer(question), release, question) == Verdict::Allow
}

fn verdict(answer: &Answer, release: Release, question: &Question) -> Verdict {
    let whole = !answer.partial || a_part_suffices(release, question);
    match answer.word == Word::Granted && whole {
        true => Verdict::Allow,
        false => Verdict::Deny,
    }
}

/// Whether something may be done where a denial lies inside of what is asked about.
fn a_part_suffices(release: Release, question: &Question) -> bool {
    match (&question.part, question.kind) {
        // Whoever is allowed to run everything is never asked about a program,
        // and whoever is allowed every variable is handed all of them.
        (None, "run" | "env") => false,
        (None, _) => true,
        (Some(_), _) => release.since(2, 8, 3),
    }
}
