//! The law that holds of every case: what a query says of an operation is what becomes of it.
//!
//! A case is acted out with the queries put before each of its operations, so the implementation contradicts nobody but itself.

use permscope_engine::model::Model;
use permscope_engine::model::question::Question;
use permscope_engine::release::Release;
use serde_json::Value;

use crate::compare::{Difference, Seen, Severity, Verdict};
use crate::corpus::Corpus;
use crate::corpus::case::{Case, Expected, Promise, Step};
use crate::implementation::reference;
use crate::launch::Launch;
use crate::observation::Observation;
use crate::operation;
use crate::wire::{Action, Answer, Reply};

/// A case with queries before its operations.
#[derive(Debug)]
pub struct Trial {
    /// What is acted out.
    pub case: Case,
    foreseen: Vec<Foreseen>,
}

/// An operation of a trial, and the queries that tell what will become of it, by where they stand.
#[derive(Debug)]
struct Foreseen {
    /// The step of the case, counted from one.
    step: usize,
    operation: usize,
    queries: Vec<usize>,
    suffices: bool,
}

/// The law as a sentence.
pub const STATEMENT: &str =
    "What a query says is denied does not happen, and what it says is granted is not blocked.";

/// The law as the last part of an identity.
const NAME: &str = "what-is-told-comes-true";

/// The identity of the law of a case.
pub fn id(case: &Case) -> String {
    format!("{}::{NAME}", case.id)
}

/// A case as it stands for the law of it.
pub fn named(case: &Case) -> Case {
    Case { id: id(case), advisory: None, ..case.clone() }
}

/// The cases that the law is about: something is done, nobody answers prompts meanwhile, and denials are not only told.
pub fn concerned(corpus: &Corpus) -> impl Iterator<Item = &Case> {
    let is_use = |step: &Step| matches!(step.action, Action::Use(_));
    corpus.cases.iter().filter(move |case| {
        !case.launch.terminal && case.steps().iter().any(is_use) && !is_audited(case)
    })
}

/// Whether Node only audits, and denies nothing of what its answers call denied.
fn is_audited(case: &Case) -> bool {
    let Launch { flags, environment, .. } = &case.launch;
    let texts = flags.iter().chain(environment.values());
    case.model == Model::Node && texts.into_iter().any(|text| text.contains("permission-audit"))
}

/// A question as a step asks it.
fn query(Question { name, part }: Question) -> Action {
    let fields = std::iter::once(("name", name.to_owned())).chain(part);
    Action::Query(fields.map(|(field, text)| (field.to_owned(), Value::from(text))).collect())
}

impl Trial {
    /// The trial of a case at a release; what is promised plays no part in it.
    pub fn of(case: &Case, release: Release) -> Self {
        let mut steps = Vec::new();
        let mut foreseen = Vec::new();
        let step = |action, answer| Step { action, answer, promise: Promise::of(Answer::Granted) };
        for (number, Step { action, answer, .. }) in case.steps().iter().enumerate() {
            let variables = case.launch.environment.keys().map(String::as_str);
            if let Action::Use(value) = action
                && let Some(told) =
                    operation::foresee(case.model, &reference::value(value), variables, release)
            {
                let first = steps.len();
                steps.extend(told.questions.into_iter().map(|it| step(query(it), None)));
                foreseen.push(Foreseen {
                    step: number + 1,
                    operation: steps.len(),
                    queries: (first..steps.len()).collect(),
                    suffices: told.suffices,
                });
            }
            steps.push(step(action.clone(), *answer));
        }
        Self { case: Case { expected: Expected::Steps(steps), ..case.clone() }, foreseen }
    }

    /// What came of it.
    pub fn verdict(&self, seen: &Observation) -> Verdict {
        let replies = match seen {
            Observation::Acted(replies) => replies,
            Observation::Broke(why) => return Verdict::Broke(why.clone()),
            // What came to no operation contradicts no query.
            _ => return Verdict::Agrees,
        };
        let contradiction =
            self.foreseen.iter().find_map(|foreseen| self.contradiction(foreseen, replies));
        contradiction.map_or(Verdict::Agrees, Verdict::Differs)
    }

    /// Where what became of an operation contradicts what queries had said, in words.
    fn contradiction(&self, foreseen: &Foreseen, replies: &[Reply]) -> Option<Difference> {
        let answered = |step: usize| replies.get(step).and_then(Reply::answered);
        let became = answered(foreseen.operation)?;
        let is_done = became.answer == Answer::Allowed || became.done == Some(true);
        let queries = foreseen.queries.iter().map(|query| Some((*query, answered(*query)?)));
        let queries = queries.collect::<Option<Vec<_>>>()?;
        let denial =
            queries.iter().find(|(_, told)| matches!(told.answer, Answer::Denied | Answer::Prompt));
        let is_free = |answer| matches!(answer, Answer::Granted | Answer::Unrestricted);
        let all_granted = queries.iter().all(|(_, told)| is_free(told.answer) && !told.partial);
        let step = format!("step {}: {}", foreseen.step, self.told(foreseen.operation));
        let (found, severity) = match denial {
            Some((query, told)) if is_done => {
                let verb = match became.answer {
                    Answer::Allowed => "is done",
                    _ => "is done all the same",
                };
                let (query, told) = (self.told(*query), told.answer.name());
                (format!("{step} {verb}, and {query} is {told}"), Severity::OverGrant)
            }
            None if all_granted && foreseen.suffices && became.answer == Answer::Blocked => {
                let granted = foreseen.queries.iter().map(|query| self.told(*query));
                let why = match granted.collect::<Vec<_>>().join(" and ") {
                    nothing if nothing.is_empty() => "it requires nothing".to_owned(),
                    granted => format!("{granted} is granted"),
                };
                (format!("{step} is blocked, and {why}"), Severity::OverDeny)
            }
            _ => return None,
        };
        Some(Difference { seen: Seen::End(found), severity })
    }

    /// A step in few words: what is asked about or done, by its name and by what stands beside that.
    fn told(&self, step: usize) -> String {
        let (Action::Query(value) | Action::Use(value)) = &self.case.steps()[step].action else {
            unreachable!("only queries and operations are told of");
        };
        let text = |field: &Value| field.as_str().map_or_else(|| field.to_string(), str::to_owned);
        let beside = value.as_object().into_iter().flatten().filter(|(key, _)| *key != "name");
        let name = value.get("name").into_iter().map(text);
        name.chain(beside.map(|(_, field)| text(field))).collect::<Vec<_>>().join(" ")
    }
}
