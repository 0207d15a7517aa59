//! How what was seen differs from what is promised; knows nothing of what is known.

use serde::{Deserialize, Serialize};

use crate::corpus::case::{Case, Expected, Promise};
use crate::observation::Observation;
use crate::wire::{Answer, Answered, Change, Refusal, Rejection, Reply};

/// How an observation compares to a case.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Everything is as promised.
    Agrees,
    /// Something is not.
    Differs(Difference),
    /// There is nothing to compare.
    Broke(String),
}

/// What was seen where something else is promised.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// What was seen, only as far as it differs.
    pub seen: Seen,
    /// Which way it errs, at its worst.
    pub severity: Severity,
}

/// What was seen where something else is promised, in the words of the list of known differences.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Seen {
    /// How the launch or the scope ended: `started`, `accepted`, `crashed`, or why it was refused.
    End(String),
    /// Every step that differs.
    Steps(Vec<SeenStep>),
}

/// A step that differs, with the fields that do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SeenStep {
    /// The step, counted from one.
    pub step: usize,
    /// The answer, or `unsupported`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Whether the grant is partial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partial: Option<bool>,
    /// The class of the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The permission that the error names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission: Option<String>,
    /// The resource that the error names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The native message, where the case is about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What the user was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// Whether the operation was done, where that is not what was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<bool>,
    /// The step whose status object it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as: Option<usize>,
    /// The events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Vec<Change>>,
}

/// Which way a difference errs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The access is the same, what is told about it is not.
    Diagnostic,
    /// Less access than promised.
    OverDeny,
    /// More access than promised.
    OverGrant,
}

impl Severity {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Diagnostic => "diagnostic",
            Severity::OverDeny => "over-deny",
            Severity::OverGrant => "over-grant",
        }
    }
}

/// Compares what was seen to what a case promises.
pub fn compare(case: &Case, observation: &Observation) -> Verdict {
    let promises_access = case.steps().iter().any(|step| access(step.promise.answer) > 1);
    let loss = if promises_access { Severity::OverDeny } else { Severity::Diagnostic };
    let ended = |word: &str, severity| {
        Verdict::Differs(Difference { seen: Seen::End(word.to_owned()), severity })
    };
    match (&case.expected, observation) {
        (_, Observation::Broke(why)) => Verdict::Broke(why.clone()),
        (_, Observation::Crashed(_)) => ended("crashed", loss),
        (_, Observation::Unsupported(_)) => ended("unsupported", Severity::Diagnostic),
        (Expected::Steps(steps), Observation::Acted(replies)) => {
            if steps.len() != replies.len() {
                let (sent, got) = (steps.len(), replies.len());
                return Verdict::Broke(format!("steps: {sent}, replies to them: {got}"));
            }
            let promises = steps.iter().map(|step| &step.promise);
            compare_steps(promises.zip(replies))
        }
        (Expected::Refused(promised), Observation::Refused(seen)) if *promised == seen.reason => {
            Verdict::Agrees
        }
        (Expected::Rejected { reason, error }, Observation::Rejected(seen)) => {
            let same_error = error.is_none() || *error == seen.error;
            match (*reason == seen.reason, same_error) {
                (true, true) => Verdict::Agrees,
                (_, true) => ended(rejection(seen.reason), Severity::Diagnostic),
                (_, false) => {
                    let class = seen.error.as_deref().unwrap_or("no error");
                    let word = format!("{} with {class}", rejection(seen.reason));
                    ended(&word, Severity::Diagnostic)
                }
            }
        }
        (Expected::Refused(_), Observation::Acted(_)) => ended("started", Severity::OverGrant),
        // A launch that got as far as a scope has started, too.
        (Expected::Refused(_), Observation::Rejected(seen)) => {
            ended(rejection(seen.reason), Severity::OverGrant)
        }
        (Expected::Rejected { .. }, Observation::Acted(_)) => {
            ended("accepted", Severity::OverGrant)
        }
        (_, Observation::Refused(seen)) => ended(refusal(seen.reason), loss),
        (_, Observation::Rejected(seen)) => ended(rejection(seen.reason), loss),
    }
}

fn compare_steps<'a>(steps: impl Iterator<Item = (&'a Promise, &'a Reply)>) -> Verdict {
    let mut seen = Vec::new();
    let mut worst = Severity::Diagnostic;
    for (index, (promise, reply)) in steps.enumerate() {
        let (step, severity) = match reply {
            Reply::Unsupported { .. } => {
                let answer = Some("unsupported".to_owned());
                (SeenStep { answer, ..SeenStep::of(index + 1) }, Severity::Diagnostic)
            }
            Reply::Answered(answered) => compare_step(index + 1, promise, answered),
        };
        if step != SeenStep::of(index + 1) {
            seen.push(step);
            worst = worst.max(severity);
        }
    }
    if seen.is_empty() {
        return Verdict::Agrees;
    }
    Verdict::Differs(Difference { seen: Seen::Steps(seen), severity: worst })
}

fn compare_step(number: usize, promise: &Promise, seen: &Answered) -> (SeenStep, Severity) {
    let mut step = SeenStep::of(number);
    if promise.answer != seen.answer {
        step.answer = Some(seen.answer.name().to_owned());
    }
    if seen.answer == Answer::Granted && promise.partial != seen.partial {
        step.partial = Some(seen.partial);
    }
    // An error that should not have been, or that was not, has no class to be compared.
    if promise.answer == seen.answer {
        let differing = |promised: &Option<String>, seen: &Option<String>| {
            let differs = promised.is_some() && promised != seen;
            differs.then(|| seen.clone().unwrap_or_else(|| "none".to_owned()))
        };
        step.error = differing(&promise.error, &seen.error);
        step.permission = differing(&promise.permission, &seen.permission);
        step.resource = differing(&promise.resource, &seen.resource);
        let native = seen.message.as_deref().unwrap_or_default();
        if promise.message.as_ref().is_some_and(|part| !native.contains(part.as_str())) {
            step.message = Some(native.to_owned());
        }
    }
    if promise.shown.is_some() && promise.shown != seen.prompt {
        step.shown = Some(seen.prompt.clone().unwrap_or_else(|| "nothing".to_owned()));
    }
    if promise.same_as.is_some() && promise.same_as != seen.status {
        step.same_as = Some(seen.status.unwrap_or_default());
    }
    if promise.changes.as_ref().is_some_and(|changes| *changes != seen.changes) {
        step.changes = Some(seen.changes.clone());
    }
    // Where what was told and what happened agree, the answer says it all.
    step.done = seen.done.filter(|done| *done != (seen.answer == Answer::Allowed));
    // What happened counts, and not what was told of it.
    let given = match seen.done {
        Some(true) => access(Answer::Allowed),
        Some(false) => access(seen.answer).min(access(Answer::Blocked)),
        None => access(seen.answer),
    };
    let severity = match given.cmp(&access(promise.answer)) {
        std::cmp::Ordering::Greater => Severity::OverGrant,
        std::cmp::Ordering::Less => Severity::OverDeny,
        std::cmp::Ordering::Equal => Severity::Diagnostic,
    };
    (step, severity)
}

impl SeenStep {
    fn of(step: usize) -> Self {
        Self {
            step,
            answer: None,
            partial: None,
            error: None,
            permission: None,
            resource: None,
            message: None,
            shown: None,
            done: None,
            same_as: None,
            changes: None,
        }
    }
}

/// How much access an answer gives.
fn access(answer: Answer) -> u8 {
    match answer {
        Answer::Error | Answer::Blocked | Answer::Denied | Answer::Absent => 0,
        Answer::Prompt => 1,
        Answer::Granted | Answer::Allowed | Answer::Unrestricted => 2,
    }
}

/// The word for a refusal.
pub fn refusal(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::UnknownFlag => "unknown-flag",
        Refusal::BadValue => "bad-value",
        Refusal::Conflict => "conflict",
        Refusal::MissingOption => "missing-option",
        Refusal::Blocked => "blocked",
    }
}

/// The word for a rejection.
pub fn rejection(rejection: Rejection) -> &'static str {
    match rejection {
        Rejection::Escalation => "escalation",
        Rejection::BadPermissions => "bad-permissions",
        Rejection::Blocked => "blocked",
    }
}
