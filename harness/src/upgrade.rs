//! What some flags mean at one release and no longer at another: the questions that change their answer, and the clauses that explain it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::Ipv4Addr;
use std::sync::Arc;

use permscope_engine::model::{Model, deno, node};
use permscope_engine::release::Release;
use permscope_engine::resource::Resource;
use permscope_engine::resource::name::Name;
use permscope_engine::resource::pattern::Pattern;
use permscope_engine::resource::program::Program;
use permscope_engine::rule::{Origin, Reach};
use permscope_engine::world::{Entry, World};
use serde::Serialize;

use crate::corpus::Corpus;
use crate::corpus::case::{Case, Expected};
use crate::corpus::clause::{self, Clause};
use crate::corpus::releases::Releases;
use crate::explain::{
    Answer, Launched, Question, Refused, Subject, Surroundings, Word, is_unknown, kinds, reached,
};
use crate::implementation::Implementation;
use crate::implementation::reference::Reference;
use crate::launch::{NOWHERE, Names};
use crate::wire::{self, Action, Reply};

/// How many clauses are cited for one change.
const MOST_CITED: usize = 3;

/// What changes for some flags from one release to another; what `permscope upgrade --json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Upgrade {
    /// The model's name.
    pub model: &'static str,
    /// The release before.
    pub from: String,
    /// The release after.
    pub to: String,
    /// The flags of the launch, as written.
    pub flags: Vec<String>,
    /// How many questions were asked of both.
    pub asked: usize,
    /// Whether there was a corpus to cite clauses of.
    pub corpus: bool,
    /// What is answered otherwise.
    pub changes: Vec<Change>,
}

/// A question that the two releases do not answer alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What was asked; `the launch` where one of the releases refuses that.
    pub question: String,
    /// The answer before.
    pub before: Answer,
    /// The answer after.
    pub after: Answer,
    /// The clauses that explain it, at most three; none where no case of the corpus shows the same change.
    pub clauses: Vec<Cited>,
}

/// A clause that holds at one of the two releases, and that a case about such flags and such a question cites.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cited {
    /// The clause.
    pub id: String,
    /// What it promises.
    pub promise: String,
    /// The one of the two releases that it holds at.
    pub holds_at: String,
    /// Where the promise was made: the changes between the two releases, or all that is said of its source.
    pub sources: Vec<Source>,
    /// A case that cites it and changes in the same way.
    pub shown_by: String,
}

/// Where a promise was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Source {
    /// By a change, whose number is a part of its text.
    Change {
        /// The release that brought it.
        release: String,
        /// The change.
        change: String,
    },
    /// In a document.
    Document {
        /// Its title.
        document: String,
        /// The heading.
        heading: String,
    },
}

/// Releases and flags that there is nothing to say about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadUpgrade(pub String);

impl fmt::Display for BadUpgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadUpgrade {}

/// Asks two releases what some flags touch.
pub fn upgrade(
    from: Subject,
    to: Subject,
    flags: &[String],
    surroundings: &Surroundings,
    corpus: Option<&Corpus>,
) -> Result<Upgrade, BadUpgrade> {
    if from.model != to.model {
        return Err(BadUpgrade(format!("{from} and {to} are not of one model")));
    }
    let witnesses = corpus.map_or_else(Vec::new, |corpus| witnesses(corpus, from, to));
    let cite = |sought: &Sought<'_>, world: &Arc<World>| {
        let history = history([from, to], flags, world, sought);
        corpus.map_or_else(Vec::new, |corpus| cite(corpus, &witnesses, sought, &history))
    };
    let world = Arc::new(surroundings.world());
    let launch = |subject, world| Launched::new(subject, flags, world);
    let mut upgrade = Upgrade {
        model: from.model.name(),
        from: from.release.to_string(),
        to: to.release.to_string(),
        flags: flags.to_vec(),
        asked: 0,
        corpus: corpus.is_some(),
        changes: Vec::new(),
    };
    let (before, after) = match (launch(from, &world), launch(to, &world)) {
        (Ok(before), Ok(after)) => (before, after),
        (Err(before), Err(after)) => {
            let message = format!(
                "both refuse these flags; {from}: {}; {to}: {}",
                before.reason, after.reason
            );
            return Err(BadUpgrade(message));
        }
        (before, after) => {
            let flag = [&before, &after].into_iter().find_map(|side| side.as_ref().err());
            let flag = flag.map(|refused| refused.flag.clone()).unwrap_or_default();
            let answer = |launched: Result<Launched, Refused>| match launched {
                Ok(_) => Answer::of(Word::Launched),
                Err(Refused { reason, .. }) => Answer::because(Word::Refused, reason),
            };
            let answers = [answer(before), answer(after)];
            let clauses = cite(&Sought::Launch { answers: &answers, flag: &flag }, &world);
            let [before, after] = answers;
            upgrade.asked = 1;
            upgrade.changes =
                vec![Change { question: "the launch".to_owned(), before, after, clauses }];
            return Ok(upgrade);
        }
    };
    let questions = questions(from.model, &before, &after);
    // What Node's flags name may be a directory or may not be there, and means another thing then.
    let (furnished, named) = furnished(&world, &before);
    let mut settings = vec![(String::new(), &world, before, after)];
    if let (false, Ok(before), Ok(after)) =
        (named.is_empty(), launch(from, &furnished), launch(to, &furnished))
    {
        let are = if named.len() == 1 { "is a directory" } else { "are directories" };
        let place = format!(", where {} {are}", named.join(" and "));
        settings.push((place, &furnished, before, after));
    }
    let mut seen = BTreeMap::new();
    for (place, world, before, after) in &mut settings {
        for question in &questions {
            let answers = [before.answer(question), after.answer(question)];
            let words = answers.each_ref().map(Answer::short);
            // Where a directory makes no difference, it is not worth a line.
            if seen.insert(question.to_string(), words) == Some(words) {
                continue;
            }
            upgrade.asked += 1;
            if words[0] != words[1] {
                let shape = shape(from.model, question.kind, flags);
                let clauses = cite(&Sought::Answer { question, answers: &answers, shape }, world);
                let [before, after] = answers;
                let question = format!("{question}{place}");
                upgrade.changes.push(Change { question, before, after, clauses });
            }
        }
    }
    Ok(upgrade)
}

/// What is asked about the flags of a launch: of each kind that they touch the whole, what they name of it, and what lies around that.
fn questions(model: Model, before: &Launched, after: &Launched) -> Vec<Question> {
    let rules: Vec<_> = before.rules().into_iter().chain(after.rules()).collect();
    let is_given = |origin: &Origin| !matches!(origin, Origin::Default(_));
    let touched: BTreeSet<_> =
        rules.iter().filter(|(_, rule)| is_given(&rule.origin)).map(|(kind, _)| *kind).collect();
    let mut questions: Vec<Question> = Vec::new();
    for kind in kinds(model) {
        // The switch of Node's model touches every kind.
        if model == Model::Deno && !touched.contains(kind) {
            continue;
        }
        let of_kind = rules.iter().filter(|(of, _)| *of == kind);
        let parts = of_kind.flat_map(|(_, rule)| around(kind, &rule.reach)).map(Some);
        for part in std::iter::once(None).chain(parts) {
            let question = Question { kind, part };
            if !questions.contains(&question) {
                questions.push(question);
            }
        }
    }
    questions
}

/// The world where what Node's flags name as a path, and what is not there, is a directory; and those paths.
fn furnished(world: &Arc<World>, launched: &Launched) -> (Arc<World>, Vec<String>) {
    let mut furnished = World::clone(world);
    let mut named = BTreeSet::new();
    for (_, rule) in launched.rules() {
        if let Reach::Part(Resource::Pattern(Pattern::One(path))) = &rule.reach
            && world.resolve(path).is_none()
        {
            furnished.entries.insert(path.clone(), Entry::Directory);
            named.insert(path.to_string());
        }
    }
    (Arc::new(furnished), named.into_iter().collect())
}

/// What a rule names, something just inside of that and just beside it, and what it lies in.
fn around(kind: &str, reach: &Reach) -> Vec<String> {
    let Reach::Part(resource) = reach else {
        return Vec::new();
    };
    let written = reached(reach);
    match resource {
        Resource::Path(_) | Resource::Pattern(Pattern::One(_)) => around_path(&written),
        Resource::Pattern(Pattern::Prefix { prefix, .. }) => match prefix.strip_suffix('/') {
            Some(directory) => [around_path(directory), vec![written]].concat(),
            None => {
                let directory = prefix.rsplit_once('/').map_or("", |(directory, _)| directory);
                let beside = format!("{directory}/beside");
                let inside = format!("{prefix}inside");
                vec![prefix.to_string(), inside, beside, absolute(directory), written]
            }
        },
        Resource::Name(Name::Exact(name)) if kind == "sys" => {
            let other = ["hostname", "osRelease"].into_iter().find(|other| *other != &**name);
            vec![written].into_iter().chain(other.map(str::to_owned)).collect()
        }
        // What is a pattern to one of the releases is a name to the other.
        Resource::Name(Name::Exact(name)) if name.ends_with('*') => vec![written],
        Resource::Name(Name::Exact(name)) => vec![written, format!("{name}_BESIDE")],
        Resource::Name(Name::Prefix(prefix)) => {
            let mut shorter = prefix.to_string();
            shorter.pop();
            vec![prefix.to_string(), format!("{prefix}INSIDE"), shorter]
        }
        Resource::Host(_) => around_host(&written),
        Resource::Program(program) => match program {
            Program::Named(name) => {
                vec![written, format!("/bin/{name}"), format!("{name}-beside")]
            }
            Program::Missing(name) => vec![written, format!("{name}-beside")],
            Program::File(path) | Program::Found(path) | Program::Tree(path) => {
                [vec![path.file_name().to_owned()], around_path(&written)].concat()
            }
        },
    }
}

fn around_path(path: &str) -> Vec<String> {
    match path.rsplit_once('/') {
        Some((_, "")) | None => vec!["/".to_owned(), "/inside".to_owned()],
        Some((parent, _)) => {
            vec![
                path.to_owned(),
                format!("{path}/inside"),
                format!("{path}-beside"),
                absolute(parent),
            ]
        }
    }
}

/// A directory by its path without the last separator, which the root has lost.
fn absolute(directory: &str) -> String {
    if directory.is_empty() { "/".to_owned() } else { directory.to_owned() }
}

fn around_host(host: &str) -> Vec<String> {
    if let Some(path) = host.strip_prefix("unix:") {
        return vec![host.to_owned(), format!("unix:{path}-beside")];
    }
    if let Some((context, port)) = host.strip_prefix("vsock:").and_then(|it| it.split_once(':')) {
        let beside = port.parse().map_or(0, |port: u32| port.wrapping_add(1));
        return vec![host.to_owned(), format!("vsock:{context}:{beside}")];
    }
    let (place, port) = match host.rsplit_once(':') {
        Some((place, port)) if !port.ends_with(']') => (place, Some(port)),
        _ => (host, None),
    };
    let (inside, beside) = match (place.strip_prefix("*."), place.split_once('/')) {
        (Some(domain), _) => (vec![format!("inside.{domain}"), domain.to_owned()], None),
        (None, Some((first, length))) => {
            let first: Option<Ipv4Addr> = first.parse().ok();
            let size = length.parse().ok().and_then(|length: u32| 1_u32.checked_shl(32 - length));
            let next = first.zip(size).and_then(|(first, size)| address_after(first, size));
            (first.iter().map(ToString::to_string).collect(), next)
        }
        (None, None) => {
            let beside = match place.parse().ok() {
                Some(address) => address_after(address, 1),
                None if place.starts_with('[') => None,
                None => Some(format!("beside.{place}")),
            };
            (vec![place.to_owned()], beside)
        }
    };
    let mut hosts: Vec<String> = inside.iter().cloned().chain(beside).collect();
    match port {
        None => hosts.extend(inside.iter().map(|place| format!("{place}:443"))),
        Some(port) => {
            let other = port.parse().map_or(443, |port: u16| port.wrapping_add(1));
            hosts.extend(inside.iter().map(|place| format!("{place}:{port}")));
            hosts.extend(inside.iter().map(|place| format!("{place}:{other}")));
        }
    }
    hosts
}

fn address_after(address: Ipv4Addr, distance: u32) -> Option<String> {
    Some(Ipv4Addr::from(u32::from(address).checked_add(distance)?).to_string())
}

/// What becomes of a change from release to release: the modelled ones between the two, and these, oldest first.
type History = Vec<(Release, &'static str)>;

fn history(
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
enum Sought<'s> {
    /// One of the two releases refuses the launch, because of a flag.
    Launch { answers: &'s [Answer; 2], flag: &'s str },
    /// They answer a question otherwise, under flags of a shape.
    Answer { question: &'s Question, answers: &'s [Answer; 2], shape: Shape },
}

/// A case that changes between the two releases, and the clauses of it that hold at one of them.
struct Witness<'c> {
    case: &'c Case,
    clauses: Vec<&'c Clause>,
    shown: Vec<Shown>,
}

/// A change that a case shows.
struct Shown {
    /// The question; none where it is the launch.
    question: Option<(String, bool)>,
    answers: [Answer; 2],
    shape: Shape,
}

/// What flags say of a kind, but for the names of its parts.
type Shape = BTreeSet<(String, Form)>;

/// What a flag is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    Whole,
    Part,
    Pattern,
}

/// Every case that the reference engine answers otherwise at one release than at the other, and that cites a clause which holds at one of them only.
fn witnesses(corpus: &Corpus, from: Subject, to: Subject) -> Vec<Witness<'_>> {
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
        let names = Names { root: NOWHERE, release: subject.release };
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
    let Reply::Answered(answered) = reply else {
        return None;
    };
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
fn shape(model: Model, kind: &str, flags: &[String]) -> Shape {
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
fn cite(
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
fn sources(clause: &Clause, older: Release, newer: Release) -> Vec<Source> {
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

impl fmt::Display for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, from, to, flags, asked, corpus, changes } = self;
        writeln!(f, "{model} {from} to {to}: {}\n", flags.join(" "))?;
        if !changes.is_empty() {
            let width = |text: &dyn Fn(&Change) -> &str, title: &str| {
                let lengths = changes.iter().map(|change| text(change).chars().count());
                lengths.max().unwrap_or_default().max(title.len())
            };
            let questions = width(&|change| &change.question, "question");
            let befores = width(&|change| change.before.short(), "before");
            writeln!(f, "{:questions$}  {:befores$}  after", "question", "before")?;
            for Change { question, before, after, .. } in changes {
                let (before, after) = (before.short(), after.short());
                writeln!(f, "{question:questions$}  {before:befores$}  {after}")?;
            }
            writeln!(f)?;
        }
        // Changes with one explanation share it.
        let mut explained: Vec<(&Change, Vec<&str>)> = Vec::new();
        let reasons = |change: &Change| [change.before.reason.clone(), change.after.reason.clone()];
        for change in changes {
            let is_alike = |other: &Change| {
                other.clauses == change.clauses && reasons(other) == reasons(change)
            };
            match explained.iter_mut().find(|(other, _)| is_alike(other)) {
                Some((_, questions)) => questions.push(&change.question),
                None => explained.push((change, vec![&change.question])),
            }
        }
        for (change, questions) in explained {
            writeln!(f, "{}:", questions.join("; "))?;
            for (release, answer) in [(from, &change.before), (to, &change.after)] {
                if answer.reason.is_some() {
                    writeln!(f, "  at {release} {answer}")?;
                }
            }
            let clauses = &change.clauses;
            match (&clauses[..], corpus) {
                ([], true) => writeln!(f, "  no clause of the corpus explains this change")?,
                ([], false) => writeln!(f, "  there is no corpus here to cite clauses of")?,
                _ => {}
            }
            for Cited { id, promise, holds_at, sources, shown_by } in clauses {
                writeln!(f, "  {id}, at {holds_at}: {promise}")?;
                for source in sources {
                    match source {
                        Source::Change { release, change } => {
                            writeln!(f, "    {release}: {change}")?;
                        }
                        Source::Document { document, heading } => {
                            writeln!(f, "    {document}: {heading}")?;
                        }
                    }
                }
                writeln!(f, "    shown by {shown_by}")?;
            }
            writeln!(f)?;
        }
        writeln!(f, "answers that change: {} of {asked}", changes.len())
    }
}
