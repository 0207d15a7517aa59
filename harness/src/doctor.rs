//! Examining an adapter before the corpus does: whether it speaks the protocol, keeps scripts apart, and ends.
//!
//! An engine that answers wrongly is none of a doctor's business; an adapter that does not pass its answers on is.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use permscope_engine::release::Release;
use serde_json::Value;

use crate::corpus::Corpus;
use crate::corpus::case::Case;
use crate::implementation::attach::Attached;
use crate::implementation::conversation::{Conversation, End};
use crate::implementation::manifest::LaunchBy;
use crate::implementation::program::{Program, Setting};
use crate::implementation::strays;
use crate::observation::Observation;
use crate::plan::plan;
use crate::wire::{Action, Capability, FromImplementation, Reply};

/// How many scripts are sent together to see whether they disturb each other.
const TOGETHER: usize = 32;

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How it is.
    pub health: Health,
    /// What was found.
    pub what: String,
    /// How to mend it, where there is something to mend.
    pub mend: Option<String>,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// As it should be.
    Sound,
    /// Allowed, and perhaps not meant.
    Doubtful,
    /// Against the protocol: the corpus would say *broke*, or worse, nothing.
    Broken,
}

impl Finding {
    fn sound(what: impl Into<String>) -> Self {
        Self { health: Health::Sound, what: what.into(), mend: None }
    }

    fn doubtful(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { health: Health::Doubtful, what: what.into(), mend: Some(mend.into()) }
    }

    fn broken(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { health: Health::Broken, what: what.into(), mend: Some(mend.into()) }
    }
}

/// What is examined, and what it is examined with.
#[derive(Clone, Copy)]
pub struct Patient<'a> {
    /// What is attached.
    pub attached: &'a Attached,
    /// Its program.
    pub program: &'a Program,
    /// Where the scripts are taken from.
    pub corpus: &'a Corpus,
    /// A folder that it may fill.
    pub scratch: &'a Path,
}

/// Examines an adapter from its greeting to its end, and tells each finding as it is made.
pub async fn examine(patient: Patient<'_>, tell: &mut dyn FnMut(Finding)) -> Result<()> {
    strays::adopt();
    tell(patient.greeting());
    let release = *patient.attached.releases.last().expect("whoever is attached can be a release");
    let hello = &patient.attached.hello;
    let cases = plan(patient.corpus.cases.iter(), hello, release).cases;
    if cases.is_empty() {
        let what = format!("no case of the corpus can be asked at {release} with what it claims");
        tell(Finding::broken(what, "claim what it can do: at the least \"query\""));
        return Ok(());
    }
    for finding in patient.claims(&cases, release).await? {
        tell(finding);
    }
    for finding in patient.denials(release).await? {
        tell(finding);
    }
    for finding in patient.isolation(&cases, release).await? {
        tell(finding);
    }
    for finding in patient.end(&cases, release).await? {
        tell(finding);
    }
    Ok(())
}

impl Patient<'_> {
    fn greeting(self) -> Finding {
        let hello = &self.attached.hello;
        let releases = hello.releases.join(", ");
        let window = match hello.window {
            Some(window) => format!(", and takes {window} scripts at a time"),
            None => String::new(),
        };
        Finding::sound(format!(
            "says hello: {} {}, model {}, releases {releases}{window}",
            hello.name, hello.version, hello.model
        ))
    }

    /// A case of each capability that is claimed.
    async fn claims(self, cases: &[&Case], release: Release) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        for capability in &self.attached.hello.capabilities {
            let name = &capability.name();
            let asking = cases.iter().filter(|case| case.capabilities().contains(capability));
            let Some(&case) = asking.min_by_key(|case| case.steps().len()) else {
                findings.push(Finding::doubtful(
                    format!("claims \"{name}\", and no case asks for it at {release}"),
                    "leave it out, unless it is meant for another release",
                ));
                continue;
            };
            let told = RefCell::new(Vec::new());
            let talk = self
                .ask(&[case], 1, release, &|line| told.borrow_mut().extend(unknown_fields(line)))
                .await?;
            findings.push(match talk.answers.get(&0) {
                Some(Observation::Broke(why)) => broke(name, case, why),
                None if matches!(talk.end, End::Refused(_)) => {
                    Finding::sound(format!("claims \"{name}\", and is refused as {} asks", case.id))
                }
                None => broke(name, case, &self.ended(&talk.end)),
                Some(Observation::Unsupported(why)) => unsupported(name, case, why),
                Some(Observation::Acted(replies)) => match lacking(replies) {
                    Some(why) => unsupported(name, case, why),
                    None if replies.len() != case.steps().len() && !case.steps().is_empty() => {
                        Finding::broken(
                            format!(
                                "answers {} of {} steps of {}",
                                replies.len(),
                                case.steps().len(),
                                case.id
                            ),
                            "give one reply for each step, in the order of the steps",
                        )
                    }
                    None => Finding::sound(format!("claims \"{name}\", and answers {}", case.id)),
                },
                Some(_) => Finding::sound(format!("claims \"{name}\", and answers {}", case.id)),
            });
            let fields: BTreeSet<_> = told.into_inner().into_iter().collect();
            for field in fields {
                findings.push(Finding::doubtful(
                    format!("says \"{field}\", which no message has"),
                    "leave it out, or spell it as the protocol does: it is not read",
                ));
            }
        }
        Ok(findings)
    }

    /// A case of each capability that is not claimed: it is to be told as unsupported, and nothing is to happen.
    async fn denials(self, release: Release) -> Result<Vec<Finding>> {
        // A runtime is asked by its own flags, and an adapter that cannot act on an answer does not know it.
        if self.program.manifest.launch == LaunchBy::Arguments {
            return Ok(Vec::new());
        }
        let hello = &self.attached.hello;
        let claimed: BTreeSet<_> = hello.capabilities.iter().copied().collect();
        let mut findings = Vec::new();
        let mut probed = BTreeSet::new();
        let of_model = self.corpus.cases.iter().filter(|case| case.model.name() == hello.model);
        for case in of_model.filter(|case| case.releases.contain(release)) {
            let needed = case.capabilities();
            let mut missing = needed.difference(&claimed);
            let (Some(&capability), None) = (missing.next(), missing.next()) else { continue };
            if !can_be_told(capability) || !probed.insert(capability) {
                continue;
            }
            let name = &capability.name();
            let talk = self.ask(&[case], 1, release, &|_| {}).await?;
            findings.push(match talk.answers.get(&0) {
                Some(Observation::Unsupported(_)) => says_no(name, case),
                Some(Observation::Acted(replies)) if lacking(replies).is_some() => {
                    says_no(name, case)
                }
                Some(Observation::Broke(why)) => Finding::broken(
                    format!("does not claim \"{name}\", and cannot say so of {}: {why}", case.id),
                    "answer what cannot be done with \"unsupported\" and a reason",
                ),
                None => Finding::broken(
                    format!(
                        "does not claim \"{name}\", and asked for it {}",
                        self.ended(&talk.end)
                    ),
                    "answer what cannot be done with \"unsupported\" and a reason, and go on",
                ),
                Some(_) => Finding::doubtful(
                    format!("does not claim \"{name}\", and answers {} all the same", case.id),
                    format!("claim \"{name}\", or answer \"unsupported\""),
                ),
            });
        }
        Ok(findings)
    }

    /// Whether a script is answered as it is alone when others come before it, with it, or twice.
    async fn isolation(self, cases: &[&Case], release: Release) -> Result<Vec<Finding>> {
        if self.program.manifest.launch == LaunchBy::Arguments {
            return Ok(vec![Finding::sound(
                "is launched anew for what could disturb another script",
            )]);
        }
        let mut findings = Vec::new();
        let is_mutating = |case: &&&Case| {
            case.steps().iter().any(|step| {
                matches!(step.action, Action::Revoke(_) | Action::Request(_) | Action::Drop(_))
            })
        };
        let mutating = cases.iter().filter(is_mutating);
        let mutating: Vec<_> = mutating.take(TOGETHER / 2).copied().collect();
        let others = cases.iter().filter(|case| !is_mutating(case)).take(TOGETHER / 2).copied();
        let others: Vec<_> = others.collect();
        // Each as often as it is asked, with its place among those that are asked alone.
        let twice = (0..mutating.len()).flat_map(|place| [place, place]).collect();
        let mixed: Vec<_> = (0..mutating.len() + others.len()).collect();
        let cases: Vec<_> = mutating.into_iter().chain(others).collect();
        let mut alone = Vec::with_capacity(cases.len());
        for case in &cases {
            alone.push(self.ask(&[*case], 1, release, &|_| {}).await?.answers.remove(&0));
        }
        for (what, places, mend) in [
            (
                "the same script twice",
                twice,
                "start every script from its own launch; nothing of the last one may be left",
            ),
            (
                "scripts behind those that change something",
                mixed,
                "start every script from its own launch, with the rules of its flags alone",
            ),
        ] {
            if places.is_empty() {
                continue;
            }
            let script: Vec<_> = places.iter().map(|place| cases[*place]).collect();
            let together = self.ask(&script, self.program.window, release, &|_| {}).await?;
            if together.answers.is_empty() {
                // Who answers nothing has been told so, and cannot be disturbed.
                continue;
            }
            let is_alike =
                |index: usize, place: usize| match (together.answers.get(&index), &alone[place]) {
                    (Some(together), Some(alone)) => together.is_like(alone),
                    (None, None) => true,
                    _ => false,
                };
            let mut asked = places.iter().enumerate();
            let disturbed = asked.find(|(index, place)| !is_alike(*index, **place));
            let disturbed = disturbed.map(|(_, place)| cases[*place].id.as_str());
            findings.push(match disturbed {
                None => Finding::sound(format!(
                    "answers {what} as it answers each alone ({} scripts)",
                    script.len()
                )),
                Some(id) => {
                    Finding::broken(format!("answers {what} otherwise than alone: {id}"), mend)
                }
            });
        }
        Ok(findings)
    }

    /// How it ends when its input does, and what it leaves behind.
    async fn end(self, cases: &[&Case], release: Release) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        let talk = self.ask(&cases[..1], 1, release, &|_| {}).await?;
        findings.push(match &talk.end {
            End::Exited(how) if how.starts_with("ended with exit code 0") => {
                Finding::sound("ends by itself when its input ends")
            }
            End::Exited(how) => Finding::doubtful(
                format!("{how}, once it has answered everything"),
                "end with exit code 0 at the end of the input",
            ),
            End::Silent if talk.answers.is_empty() => Finding::broken(
                format!("says nothing to {}, so how it ends was not seen", cases[0].id),
                "answer every script by its id, on one line of standard output",
            ),
            End::Silent => Finding::broken(
                "goes on when its input has ended, and has to be killed",
                "end at the end of the input: that is goodbye",
            ),
            end => Finding::broken(
                format!("when its input ends: {}", self.ended(end)),
                "end at the end of the input, and say nothing that was not asked",
            ),
        });
        let left = strays::end_adopted();
        findings.push(match left {
            0 => Finding::sound("leaves no process behind"),
            _ => Finding::broken(
                format!("left {left} processes behind, which were killed"),
                "end what it has started before it ends itself",
            ),
        });
        Ok(findings)
    }

    /// Has some cases acted out in one process.
    async fn ask(
        self,
        cases: &[&Case],
        window: usize,
        release: Release,
        tap: &dyn Fn(&str),
    ) -> Result<Conversation> {
        let fixtures = |file: &Path| &self.corpus.fixtures[file];
        let setting = Setting { tap, ..Setting::of(release, &fixtures, self.scratch) };
        self.program.ask(cases, window, setting).await
    }

    fn ended(self, end: &End) -> String {
        match end {
            End::Exited(how) | End::Died(how) | End::Nonsense(how) => how.clone(),
            End::Refused(_) => "the launch was refused".to_owned(),
            End::Silent => format!("it was silent for {} s", self.program.patience.as_secs()),
        }
    }
}

fn says_no(name: &str, case: &Case) -> Finding {
    Finding::sound(format!("does not claim \"{name}\", and says \"unsupported\" to {}", case.id))
}

fn broke(name: &str, case: &Case, why: &str) -> Finding {
    Finding::broken(
        format!("claims \"{name}\", and gives no answer to {}: {why}", case.id),
        "answer every script by its id, on one line of standard output",
    )
}

fn unsupported(name: &str, case: &Case, why: &str) -> Finding {
    Finding::broken(
        format!("claims \"{name}\", and says that {} is unsupported: {why}", case.id),
        format!("do it, or do not claim \"{name}\""),
    )
}

/// Whether a script shows by what it asks that it needs the capability; the others are about how well something is done.
fn can_be_told(capability: Capability) -> bool {
    let is_quality = matches!(
        capability,
        Capability::Values
            | Capability::CommandLine
            | Capability::Operations
            | Capability::Events
            | Capability::Prompts
    );
    !is_quality
}

/// Why a step is unsupported, if one is.
fn lacking(replies: &[Reply]) -> Option<&str> {
    replies.iter().find_map(|reply| match reply {
        Reply::Unsupported { unsupported } => Some(unsupported.as_str()),
        Reply::Answered(_) => None,
    })
}

/// The fields of a message that are none of the protocol.
fn unknown_fields(line: &str) -> Vec<String> {
    let Ok(said) = serde_json::from_str::<Value>(line) else { return Vec::new() };
    let Ok(message) = serde_json::from_value::<FromImplementation>(said.clone()) else {
        return Vec::new();
    };
    let understood = serde_json::to_value(&message).unwrap_or_default();
    let mut unknown = Vec::new();
    compare_fields(&said, &understood, &mut unknown);
    unknown
}

/// Collects the fields that only the first value has; what means the same as leaving it out is no such field.
fn compare_fields(said: &Value, understood: &Value, unknown: &mut Vec<String>) {
    match (said, understood) {
        (Value::Object(said), Value::Object(understood)) => {
            for (name, value) in said {
                match understood.get(name) {
                    Some(other) => compare_fields(value, other, unknown),
                    None if is_nothing(value) => {}
                    None => unknown.push(name.clone()),
                }
            }
        }
        (Value::Array(said), Value::Array(understood)) => {
            for (value, other) in said.iter().zip(understood) {
                compare_fields(value, other, unknown);
            }
        }
        _ => {}
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(elements) => elements.is_empty(),
        _ => false,
    }
}
