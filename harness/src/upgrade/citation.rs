//! Which clauses explain a change: those that hold at one of two releases alone, and whose cases change as the answer does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use permscope_engine::model::{Model, deno, node};
use permscope_engine::release::Release;
use permscope_engine::world::World;

use crate::corpus::Corpus;
use crate::corpus::case::{Case, Expected};
use crate::corpus::clause::{self, Clause};
use crate::corpus::releases::Releases;
use crate::explain::launched::{Launched, is_unknown};
use crate::explain::question::{Question, Subject};
use crate::explain::{Answer, Word};
use crate::implementation::Implementation;
use crate::implementation::reference::Reference;
use crate::launch::Names;
use crate::wire::{self, Action, Reply};

use super::{Cited, MOST_CITED, Source};

/// What becomes of a change from release to release: the modelled ones between the two, and these, oldest first.
type History = Vec<(Release, &'static str)>;

pub(super) fn history(
    ends: [Subject; 2],
    flags: &[String],
    world: &Arc<World>,
    sought: &Sought<'_>,
) -> History {
    let [from, to] = ends.map(|subject| subject.release);
    let model = ends[0].model;
    let is_between = |release: &Release| from.min(to) < *release && *release < from.max(to);
    let mut releases: Vec<_> = model.releases().iter().copied().filter(is_between).collect();
    releases.extend([from, to]);
    releases.sort();
    let answer = |release| match (Launched::new(Subject { model, release }, flags, world), sought) {
        (Ok(mut launched), Sought::Answer { question, .. }) => launched.answer(question).short(),
        (Ok(_), Sought::Launch { .. }) => Answer::of(Word::Launched).short(),
        (Err(_), _) => Answer::of(Word::Refused).short(),
    };
    releases.into_iter().map(|release| (release, answer(release))).collect()
}

/// Whether the answer changes where a clause begins to hold, or ceases to.
fn changes_with(clause: &Clause, history: &History) -> bool {
    history.windows(2).any(|pair| {
        let [(before, one), (after, other)] = [pair[0], pair[1]];
        separates(clause, before, after).is_some() && one != other
    })
}

/// A change that clauses are sought for.
pub(super) enum Sought<'s> {
    /// One of the two releases refuses the launch, because of a flag.
    Launch { answers: &'s [Answer; 2], flag: &'s str },
    /// They answer a question otherwise, under flags of a shape.
    Answer { question: &'s Question, answers: &'s [Answer; 2], shape: Shape },
}

/// A case that changes between the two releases, and the clauses of it that hold at one of them.
pub(super) struct Witness<'c> {
    case: &'c Case,
    clauses: Vec<&'c Clause>,
    shown: Vec<Shown>,
}

/// A change that a case shows.
pub(super) struct Shown {
    /// The question; none where it is the launch.
    question: Option<(String, bool)>,
    answers: [Answer; 2],
    shape: Shape,
}

/// What flags say of a kind, but for the names of its parts.
type Shape = BTreeSet<(String, Form)>;

/// What a flag is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    Whole,
    Part,
    Pattern,
}

/// Every case that the reference engine answers otherwise at one release than at the other, and that cites a clause which holds at one of them only.
pub(super) fn witnesses(corpus: &Corpus, from: Subject, to: Subject) -> Vec<Witness<'_>> {
    let parts = |clause: &&Clause| separates(clause, from.release, to.release).is_some();
    let witness = |case| {
        let case: &Case = case;
        let clauses = case.clauses.iter().filter_map(|id| corpus.clause(id));
        let clauses: Vec<_> = clauses.filter(parts).collect();
        let is_plain = case.scope.is_none()
            && case.launch.entry.is_empty()
            && case.launch.environment.is_empty()
            && !matches!(case.expected, Expected::Rejected { .. })
            && case.steps().iter().all(|step| matches!(step.action, Action::Query(_)));
        if case.model != from.model || clauses.is_empty() || !is_plain {
            return None;
        }
        let shown = shown(case, corpus, [from, to]);
        (!shown.is_empty()).then_some(Witness { case, clauses, shown })
    };
    corpus.cases.iter().filter_map(witness).collect()
}

/// The release of the two that a clause holds at, if it is only one.
fn separates(clause: &Clause, from: Release, to: Release) -> Option<Release> {
    let releases = Releases::read(clause.releases.as_ref()?).ok()?;
    match (releases.contain(from), releases.contain(to)) {
        (true, false) => Some(from),
        (false, true) => Some(to),
        _ => None,
    }
}

/// What a case shows to change between two releases.
fn shown(case: &Case, corpus: &Corpus, subjects: [Subject; 2]) -> Vec<Shown> {
    let fixture = &corpus.fixtures[&case.launch.fixture];
    let ends = subjects.map(|subject| {
        let names = Names::of_nowhere(subject.release);
        let script = case.to_wire(0, fixture, names);
        let reference = Reference(subject.model);
        let replies = reference.launch(&script.launch).map(|mut session| session.act(&script));
        (replies.map(Result::unwrap_or_default), script.launch.flags)
    });
    let [(before, flags), (after, _)] = ends;
    let (before, after) = match (before, after) {
        (Ok(before), Ok(after)) => (before, after),
        (Err(_), Err(_)) => return Vec::new(),
        (before, after) => {
            let answer = |end: Result<Vec<Reply>, wire::Refused>| match end {
                Ok(_) => Answer::of(Word::Launched),
                Err(refused) => Answer::because(Word::Refused, refused.message.unwrap_or_default()),
            };
            let answers = [answer(before), answer(after)];
            return vec![Shown { question: None, answers, shape: Shape::new() }];
        }
    };
    let steps = case.steps().iter().zip(before.iter().zip(&after));
    let shown = steps.filter_map(|(step, (before, after))| {
        let Action::Query(descriptor) = &step.action else {
            return None;
        };
        let kind = descriptor.get("name")?.as_str()?;
        let is_whole = descriptor.as_object()?.len() == 1;
        let answers = [answered(before, kind, subjects[0])?, answered(after, kind, subjects[1])?];
        let shape = shape(case.model, kind, &flags);
        let question = Some((kind.to_owned(), is_whole));
        (answers[0] != answers[1]).then_some(Shown { question, answers, shape })
    });
    shown.collect()
}

/// A reply as an answer of [`Launched`].
fn answered(reply: &Reply, kind: &str, subject: Subject) -> Option<Answer> {
    let answered = reply.answered()?;
    let word = match answered.answer {
        wire::Answer::Granted => Word::Granted,
        wire::Answer::Prompt => Word::Prompt,
        wire::Answer::Denied
            if subject.model == Model::Node && is_unknown(kind, subject.release) =>
        {
            Word::Unknown
        }
        wire::Answer::Denied => Word::Denied,
        wire::Answer::Unrestricted => Word::Unrestricted,
        wire::Answer::Error => Word::Error,
        wire::Answer::Allowed | wire::Answer::Blocked | wire::Answer::Absent => return None,
    };
    Some(Answer { partial: answered.partial, ..Answer::of(word) })
}

/// What flags say of a kind, but for the names of its parts.
pub(super) fn shape(model: Model, kind: &str, flags: &[String]) -> Shape {
    let of_element = |element: &str| match element {
        "*" if model == Model::Node => Form::Whole,
        _ if element.contains('*') => Form::Pattern,
        _ if kind == "net" && element.contains('/') => Form::Pattern,
        _ => Form::Part,
    };
    let forms = |value: Option<&str>| match value {
        None => vec![Form::Whole],
        Some(value) => value.split(',').map(of_element).collect(),
    };
    let mut shape = Shape::new();
    for flag in flags {
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (flag.as_str(), None),
        };
        let said: Option<String> = match model {
            Model::Deno => said_of_kind(kind, name),
            Model::Node if name.starts_with("--permission") => Some(name.to_owned()),
            Model::Node if name == "--experimental-permission" => Some("--permission".to_owned()),
            Model::Node => {
                let mut rows = node::kind::KINDS.iter().filter(|row| {
                    row.scope == kind || (kind == "fs" && row.scope.starts_with("fs."))
                });
                rows.any(|row| row.flag == name).then(|| name.to_owned())
            }
        };
        if let Some(said) = said {
            shape.extend(forms(value).into_iter().map(|form| (said.clone(), form)));
        }
    }
    shape
}

/// What a flag of Deno's does to a kind.
fn said_of_kind(kind: &str, name: &str) -> Option<String> {
    let short = deno::kind::KINDS.iter().find(|row| row.name == kind)?.short;
    match name.strip_prefix("--") {
        Some("allow-all") => Some("allow-all".to_owned()),
        Some(long) => {
            let (verb, of) = long.split_once('-')?;
            (of == kind).then(|| verb.to_owned())
        }
        None if name.contains('A') => Some("allow-all".to_owned()),
        None => short.filter(|letter| name.contains(*letter)).map(|_| "allow".to_owned()),
    }
}

/// The clauses that explain a change: those of cases that show the same one, the most often shown first.
pub(super) fn cite(
    corpus: &Corpus,
    witnesses: &[Witness<'_>],
    sought: &Sought<'_>,
    history: &History,
) -> Vec<Cited> {
    let (Some((older, _)), Some((newer, _))) = (history.first(), history.last()) else {
        return Vec::new();
    };
    let found = |is_same: &dyn Fn(&Shown) -> bool| {
        let mut found: BTreeMap<&str, (usize, &Case)> = BTreeMap::new();
        for Witness { case, clauses, shown } in witnesses {
            let times = shown.iter().filter(|shown| is_same(shown)).count();
            let explains = |clause: &&&Clause| times > 0 && changes_with(clause, history);
            for clause in clauses.iter().filter(explains) {
                let (all, plainest) = found.entry(&clause.id).or_insert((0, case));
                *all += times;
                // The case that is about the least shows it best.
                if case.clauses.len() < plainest.clauses.len() {
                    *plainest = case;
                }
            }
        }
        found
    };
    let mut found: Vec<_> = match sought {
        Sought::Launch { answers, flag } => {
            let exact = found(&|shown| is_refused_alike(shown, answers, &|word| word == *flag));
            // Of a rule about flags that stand beside each other, not each flag has a case.
            let is_rule = |word: &str| word.starts_with("--") && word != "--allow-all";
            let is_about_others = answers
                .iter()
                .any(|answer| answer.reason.as_ref().is_some_and(|reason| !reason.contains('"')));
            match exact.is_empty() && is_about_others && is_rule(flag) {
                true => found(&|shown| is_refused_alike(shown, answers, &is_rule)),
                false => exact,
            }
        }
        Sought::Answer { question, answers, shape } => {
            let words = |answers: &[Answer; 2]| answers.each_ref().map(Answer::short);
            let is_same = |shown: &Shown, is_kind: &dyn Fn(&str) -> bool| {
                let is_asked = shown.question.as_ref().is_some_and(|(kind, is_whole)| {
                    is_kind(kind) && *is_whole == question.part.is_none()
                });
                is_asked && words(&shown.answers) == words(answers) && shown.shape == *shape
            };
            let mut explained = found(&|shown| is_same(shown, &|kind| kind == question.kind));
            // Kinds whose parts are of one sort follow the same rules, and not each has every case.
            let sort = parts_of(question.kind);
            if explained.is_empty() && sort.is_some() {
                explained = found(&|shown| is_same(shown, &|kind| parts_of(kind) == sort));
            }
            // A scope that a release does not know comes with its flag.
            let is_unknown = answers.each_ref().map(|answer| answer.word == Word::Unknown);
            if explained.is_empty() && is_unknown.contains(&true) {
                let row = node::kind::KINDS.iter().find(|row| row.scope == question.kind);
                let flag = row.map_or("", |row| row.flag);
                explained = found(&|shown| {
                    let is_refused =
                        shown.answers.each_ref().map(|answer| answer.word == Word::Refused);
                    is_refused == is_unknown && names(shown, &|word| word == flag)
                });
            }
            explained
        }
    }
    .into_iter()
    .collect();
    found.sort_by_key(|(_, (times, _))| std::cmp::Reverse(*times));
    let cited = found.into_iter().filter_map(|(id, (_, case))| {
        let clause = corpus.clause(id)?;
        Some(Cited {
            id: id.to_owned(),
            promise: clause.promise.clone(),
            holds_at: separates(clause, *older, *newer)?.to_string(),
            sources: sources(clause, *older, *newer),
            shown_by: case.id.clone(),
        })
    });
    cited.take(MOST_CITED).collect()
}

/// What sort of parts a kind of Deno's has.
fn parts_of(kind: &str) -> Option<deno::kind::Shape> {
    deno::kind::KINDS.iter().find(|row| row.name == kind).map(|row| row.shape)
}

/// Whether a case's launch ends at each release as another does, with such a flag to blame.
fn is_refused_alike(shown: &Shown, answers: &[Answer; 2], is_flag: &dyn Fn(&str) -> bool) -> bool {
    // What stands in quotes is what was written, and so is the flag; neither need be the same.
    let bare = |answer: &Answer| {
        let reason = answer.reason.as_deref()?.split('"').step_by(2).collect::<String>();
        Some(reason.split(' ').filter(|word| !word.starts_with("--")).collect::<String>())
    };
    let mut pairs = shown.answers.iter().zip(answers);
    shown.question.is_none()
        && pairs.all(|(one, other)| one.word == other.word && bare(one) == bare(other))
        && names(shown, is_flag)
}

/// Whether a case's launch is refused because of such a flag.
fn names(shown: &Shown, is_flag: &dyn Fn(&str) -> bool) -> bool {
    let reasons = shown.answers.iter().filter_map(|answer| answer.reason.as_deref());
    shown.question.is_none()
        && reasons.flat_map(|reason| reason.split([' ', '"', ':'])).any(is_flag)
}

/// The changes between two releases that a clause is made by; where there is none, everything that is said of its source.
pub(super) fn sources(clause: &Clause, older: Release, newer: Release) -> Vec<Source> {
    let is_between = |source: &&clause::Source| {
        let release: Option<Release> = source.release.as_ref().and_then(|text| text.parse().ok());
        release.is_some_and(|release| older < release && release <= newer)
    };
    let mut sources: Vec<_> = clause.source.iter().filter(is_between).collect();
    if sources.is_empty() {
        sources = clause.source.iter().collect();
    }
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let source = |source: &clause::Source| match &source.release {
        Some(release) => Source::Change { release: release.clone(), change: text(&source.change) },
        None => {
            Source::Document { document: text(&source.document), heading: text(&source.heading) }
        }
    };
    sources.into_iter().map(source).collect()
}
