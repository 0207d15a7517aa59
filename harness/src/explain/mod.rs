//! Why a question is answered as it is: the rule that settles it, the rules that lose and why, and what other releases answer.
//!
//! For whoever uses a runtime: nothing here needs a corpus or a runtime, since the reference engine answers.

pub mod launched;
pub mod question;

use std::fmt;
use std::sync::Arc;

use permscope_engine::release::Release;
use permscope_engine::world::World;
use serde::Serialize;

use self::launched::{Launched, Refused, Surroundings};
use self::question::{BadQuestion, Question, Subject};

/// Why a question is answered as it is; what `permscope explain --json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The model's name.
    pub model: &'static str,
    /// The release that was asked.
    pub release: String,
    /// The flags of the launch, as written.
    pub flags: Vec<String>,
    /// What was asked.
    pub question: Question,
    /// What is answered.
    #[serde(flatten)]
    pub answer: Answer,
    /// Why, in one sentence without its verb: what stands behind the answer in the text.
    pub because: String,
    /// Every rule of the kinds that were asked about; none where the launch is refused.
    pub rules: Vec<Fared>,
    /// What the other modelled releases answer, oldest first.
    pub releases: Vec<Run>,
}

/// How a rule fared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fared {
    /// The kind that it is a rule of.
    pub kind: &'static str,
    /// The flag that made it, as written; `default` or `implied` where that is no flag.
    pub rule: String,
    /// Why there is such a rule, where no flag made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What it does to what it reaches: `grant`, `deny`, `ignore` or `refuse`.
    pub effect: &'static str,
    /// What it reaches.
    pub reach: String,
    /// What became of it, in a word: `settles`, `agrees`, `excepts`, `outranked`, `overruled`, `yields`, `overlaps` or `apart`.
    pub standing: &'static str,
    /// The rule that it lost to, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_to: Option<String>,
    /// The same in words.
    pub told: String,
}

/// Modelled releases, one after the other, that answer alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The oldest.
    pub from: String,
    /// The newest.
    pub to: String,
    /// What they answer.
    #[serde(flatten)]
    pub answer: Answer,
}

/// What a release answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Answer {
    /// The answer in a word.
    #[serde(rename = "answer")]
    pub word: Word,
    /// Whether only a part of what was asked about is granted.
    pub partial: bool,
    /// Why there is no other answer: what is wrong with the launch or the question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Every answer that a launch and a question can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// It is granted, at least in part.
    Granted,
    /// Nothing settles it, and the user would be asked.
    Prompt,
    /// It is denied.
    Denied,
    /// No model is in force.
    Unrestricted,
    /// The release has no such scope, and answers with no.
    Unknown,
    /// The question makes no sense to the release.
    Error,
    /// The launch ends before any code runs.
    Refused,
    /// The launch does not end so; the answer only where nothing else is asked.
    Launched,
}

impl Answer {
    /// An answer, and nothing else about it.
    pub fn of(word: Word) -> Self {
        Self { word, partial: false, reason: None }
    }

    /// An answer that needs a reason.
    pub fn because(word: Word, reason: String) -> Self {
        Self { word, partial: false, reason: Some(reason) }
    }

    /// The answer without its reason.
    pub fn short(&self) -> &'static str {
        match (self.word, self.partial) {
            (Word::Granted, true) => "granted in part",
            (Word::Granted, false) => "granted",
            (Word::Prompt, _) => "prompt",
            (Word::Denied, _) => "denied",
            (Word::Unrestricted, _) => "unrestricted",
            (Word::Unknown, _) => "unknown",
            (Word::Error, _) => "error",
            (Word::Refused, _) => "refused",
            (Word::Launched, _) => "launched",
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())?;
        match &self.reason {
            Some(reason) => write!(f, ": {reason}"),
            None => Ok(()),
        }
    }
}

/// Explains what a release answers, and lets every modelled one answer.
pub fn explain(
    subject: Subject,
    flags: &[String],
    question: &Question,
    surroundings: &Surroundings,
) -> Result<Explanation, BadQuestion> {
    let world = Arc::new(surroundings.world());
    let (answer, because, rules) = match Launched::new(subject, flags, &world) {
        Ok(mut launched) => {
            let answer = launched.answer(question);
            if let (Word::Error, Some(reason)) = (answer.word, &answer.reason) {
                return Err(BadQuestion(format!("{subject} cannot be asked so: {reason}")));
            }
            let because = launched.because(question, &answer);
            let rules = match answer.word {
                Word::Unrestricted => Vec::new(),
                _ => launched.standings(question),
            };
            (answer, because, rules)
        }
        Err(Refused { reason, .. }) => {
            let because = format!("because {reason}");
            (Answer::because(Word::Refused, reason), because, Vec::new())
        }
    };
    Ok(Explanation {
        model: subject.model.name(),
        release: subject.release.to_string(),
        flags: flags.to_vec(),
        question: question.clone(),
        answer,
        because,
        rules,
        releases: runs(subject, flags, question, &world),
    })
}

/// What the other modelled releases answer; the release that was asked parts what is before it from what is after it where it answers otherwise.
fn runs(subject: Subject, flags: &[String], question: &Question, world: &Arc<World>) -> Vec<Run> {
    let mut releases = subject.model.releases().to_vec();
    releases.push(subject.release);
    releases.sort();
    releases.dedup();
    let mut runs: Vec<(Answer, Vec<Release>)> = Vec::new();
    for release in releases {
        let answer = match Launched::new(Subject { release, ..subject }, flags, world) {
            Ok(mut launched) => launched.answer(question),
            Err(Refused { reason, .. }) => Answer::because(Word::Refused, reason),
        };
        match runs.last_mut() {
            Some((last, releases)) if *last == answer => releases.push(release),
            _ => runs.push((answer, vec![release])),
        }
    }
    let run = |(answer, releases): (Answer, Vec<Release>)| {
        let mut others = releases.iter().filter(|release| **release != subject.release);
        let from = others.next()?;
        let to = others.next_back().unwrap_or(from);
        Some(Run { from: from.to_string(), to: to.to_string(), answer })
    };
    runs.into_iter().filter_map(run).collect()
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, release, question, answer, because, rules, releases, .. } = self;
        writeln!(f, "{}: {question} at {model} {release}\n{because}", answer.short())?;
        if !rules.is_empty() {
            writeln!(f, "\nrules:")?;
        }
        let width = rules.iter().map(|fared| fared.rule.chars().count()).max().unwrap_or_default();
        for Fared { rule, told, .. } in rules {
            writeln!(f, "  {rule:width$}  {told}")?;
        }
        if !releases.is_empty() {
            writeln!(f, "\nat the other modelled releases:")?;
        }
        for Run { from, to, answer } in releases {
            match from == to {
                true => writeln!(f, "  {from}: {answer}")?,
                false => writeln!(f, "  {from} to {to}: {answer}")?,
            }
        }
        Ok(())
    }
}
