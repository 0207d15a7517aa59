//! What an engine decides about the accesses that a real program was seen to make, and which flags would have sufficed for them.
//!
//! The flags are computed and not guessed: each value is one that was recorded, and the engine has said that all of them allow everything and that none can be left out.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use permscope_engine::model::deno::kind::{KINDS, Shape};
use permscope_engine::resource::Resource;
use permscope_engine::rule::{Effect, Origin, Reach};
use permscope_engine::world::World;
use serde::Serialize;

use crate::access::{self, Decided, Line, Verdict};
use crate::explain::launched::{Launched, Refused, Surroundings, reached};
use crate::explain::question::{Question, Subject};
use crate::message;

/// Accesses that were recorded, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// In the order in which they were first seen.
    pub accesses: Vec<Access>,
}

/// An access, and how often it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// What needed a permission.
    pub question: Question,
    /// How many lines tell of it.
    pub lines: usize,
}

/// Why a log cannot be replayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadLog {
    /// The file cannot be read.
    Unreadable(String),
    /// A line tells of no access.
    Line(String),
    /// There is no line.
    Empty(String),
}

impl fmt::Display for BadLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadLog::Unreadable(told) | BadLog::Line(told) | BadLog::Empty(told) => {
                f.write_str(told)
            }
        }
    }
}

impl std::error::Error for BadLog {}

impl Log {
    /// Reads a broker's log, or the file that Deno writes for `DENO_AUDIT_PERMISSIONS`.
    ///
    /// `temporary` is the folder for temporary files.
    pub fn read(path: &Path, temporary: &str) -> Result<Self, BadLog> {
        let file = path.display();
        let text = fs::read(path)
            .map_err(|error| BadLog::Unreadable(format!("cannot read {file}: {error}")))?;
        // What follows the last line's end is no line, unless there is something.
        let text = text.strip_suffix(b"\n").unwrap_or(&text);
        if text.is_empty() {
            return Err(BadLog::Empty(format!("{file} is empty: nothing was recorded")));
        }
        let mut lines: Vec<(Line, Question)> = Vec::new();
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let bad = |why: &dyn fmt::Display| BadLog::Line(format!("{file}:{}: {why}", index + 1));
            let line = std::str::from_utf8(line).map_err(|_| bad(&"the line is not UTF-8"))?;
            let line = Line::read(line).map_err(|why| bad(&why))?;
            let question = line.question(temporary).map_err(|why| bad(&why))?;
            lines.push((line, question));
        }
        Ok(Self::of(&lines))
    }

    /// Counts what is equal.
    fn of(lines: &[(Line, Question)]) -> Self {
        let mut accesses: Vec<Access> = Vec::new();
        let mut places: HashMap<Question, usize> = HashMap::new();
        // Each line's successor in its own process.
        let mut next: HashMap<Option<u64>, &Line> = HashMap::new();
        let mut successors: Vec<Option<&Line>> =
            lines.iter().rev().map(|(line, _)| next.insert(line.pid, line)).collect();
        successors.reverse();
        for ((line, question), next) in lines.iter().zip(successors) {
            if next.is_some_and(|next| is_only_asked(line, next)) {
                continue;
            }
            let place = *places.entry(question.clone()).or_insert_with_key(|question| {
                accesses.push(Access { question: question.clone(), lines: 0 });
                accesses.len() - 1
            });
            accesses[place].lines += 1;
        }
        Self { accesses }
    }

    /// The programs that were run by their names, each in a folder where it can be found.
    ///
    /// Deno asks for no program that it does not find, so they were there; where is not recorded.
    fn programs(&self, known: &[String]) -> Vec<String> {
        let names = self.accesses.iter().filter(|access| access.question.kind == "run");
        let names = names.filter_map(|access| access.question.part.as_deref());
        let is_known =
            |name: &str| known.iter().any(|known| known.rsplit('/').next() == Some(name));
        let missing =
            names.filter(|name| !name.is_empty() && !name.contains('/') && !is_known(name));
        missing.map(|name| format!("/bin/{name}")).collect()
    }
}

/// Whether Deno only wanted to know: it asks a broker whether every program may be run, and for the one that it means where the answer is no.
fn is_only_asked(line: &Line, next: &Line) -> bool {
    let is_run = |line: &Line| line.permission == "run";
    let denied = line.result == Some(Verdict::Deny) && line.value.is_none();
    denied && is_run(line) && is_run(next) && next.value.is_some()
}

/// What is to be replayed, beside the log.
#[derive(Clone, Debug)]
pub struct Options {
    /// By what model.
    pub subject: Subject,
    /// Under which flags.
    pub flags: Vec<String>,
    /// The working directory of the recorded program.
    pub directory: String,
    /// Programs that exist.
    pub programs: Vec<String>,
    /// How many recorded paths of one folder make that folder sufficient instead of them.
    pub fold: Option<usize>,
}

/// What an engine decides about a log; what `permscope replay --json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replay {
    /// The model's name.
    pub model: &'static str,
    /// The release.
    pub release: String,
    /// The flags of the launch, as written.
    pub flags: Vec<String>,
    /// How many lines the log has.
    pub lines: usize,
    /// How many of them are denied.
    pub denied: usize,
    /// Each access once, in the order in which they were first recorded.
    pub accesses: Vec<Replayed>,
    /// The fewest flags that would have sufficed.
    pub sufficient: Sufficient,
}

/// What is decided about an access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// The kind and the part.
    #[serde(flatten)]
    pub question: Question,
    /// How many lines tell of it.
    pub lines: usize,
    /// The decision.
    pub result: Verdict,
    /// Why, in one sentence without its verb.
    pub because: String,
}

/// Flags that allow what was recorded, of which none and no value of any can be left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sufficient {
    /// The flags.
    pub flags: Vec<String>,
    /// What no flag allows, if anything was recorded that the release does not know.
    pub impossible: Vec<Question>,
}

/// Replays a log.
pub fn replay(log: &Log, options: &Options) -> Result<Replay, Refused> {
    let Options { subject, flags, .. } = options;
    let mut programs = options.programs.clone();
    programs.extend(log.programs(&programs));
    let directory = options.directory.clone();
    let world = Arc::new(Surroundings { directory, directories: Vec::new(), programs }.world());
    let mut launched = Launched::new(*subject, flags, &world)?;
    let mut replayed = |access: &Access| {
        let Decided { verdict, because } =
            access::decide(&mut launched, subject.release, &access.question);
        let Access { question, lines } = access.clone();
        Replayed { question, lines, result: verdict, because }
    };
    let accesses: Vec<_> = log.accesses.iter().map(&mut replayed).collect();
    let denied = accesses.iter().filter(|access| access.result == Verdict::Deny);
    Ok(Replay {
        model: subject.model.name(),
        release: subject.release.to_string(),
        flags: flags.clone(),
        lines: log.accesses.iter().map(|access| access.lines).sum(),
        denied: denied.map(|access| access.lines).sum(),
        sufficient: Search { subject: *subject, world, log, fold: options.fold }.search(),
        accesses,
    })
}

/// The search for the fewest flags.
struct Search<'l> {
    subject: Subject,
    world: Arc<World>,
    log: &'l Log,
    fold: Option<usize>,
}

/// A value of a flag, and what it reaches.
#[derive(Clone, Debug)]
struct Value {
    /// The place of an access that it is there for.
    place: usize,
    text: String,
    reach: Reach,
}

/// What each kind's flag grants: everything, or values; a kind without an entry has no flag.
type Grants = BTreeMap<usize, Option<Vec<Value>>>;

impl Search<'_> {
    /// Grants what is denied until nothing is, as narrowly as can be, and leaves out what is not needed.
    ///
    /// More than one round is needed where a grant takes something away: that of a host to import from takes the default ones, and that of a program the right to write to it.
    fn search(&self) -> Sufficient {
        let impossible: BTreeSet<usize> = self.denied(&self.everything(), 0).collect();
        let mut values: BTreeMap<usize, Value> = BTreeMap::new();
        let mut whole: BTreeSet<usize> = BTreeSet::new();
        loop {
            let grants = self.grants(&values, &whole);
            let denied: Vec<_> =
                self.denied(&grants, 0).filter(|place| !impossible.contains(place)).collect();
            if denied.is_empty() {
                let questions = impossible.iter();
                let questions = questions.map(|place| self.log.accesses[*place].question.clone());
                let grants = self.without_needless(grants, &impossible);
                return Sufficient { flags: flags(&grants), impossible: questions.collect() };
            }
            let before = (values.len(), whole.len());
            for place in denied {
                let question = &self.log.accesses[place].question;
                if let Some(value) = self.value(place).filter(|_| !values.contains_key(&place)) {
                    values.insert(place, value);
                } else if !self.frees_programs(question, &values, &mut whole) {
                    whole.insert(kind_of(question.kind));
                }
            }
            if before == (values.len(), whole.len()) {
                // No grant of its own helps, and yet it is possible; what of this is needless is left out in the end.
                whole.extend(self.everything().into_keys());
            }
        }
    }

    /// All that a release can grant.
    fn everything(&self) -> Grants {
        let release = self.subject.release;
        let rows = KINDS.iter().enumerate().filter(|(_, row)| row.allow.contains(release));
        rows.map(|(kind, _)| (kind, None)).collect()
    }

    /// A program that may be run by its name may not be written to; where both was done, every program must be granted.
    fn frees_programs(
        &self,
        question: &Question,
        values: &BTreeMap<usize, Value>,
        whole: &mut BTreeSet<usize>,
    ) -> bool {
        let runs = |place: &usize| self.log.accesses[*place].question.kind == "run";
        question.kind == "write" && values.keys().any(runs) && whole.insert(kind_of("run"))
    }

    /// The value of a flag that grants just this, if it can be written so.
    fn value(&self, place: usize) -> Option<Value> {
        let question = &self.log.accesses[place].question;
        let part = question.part.as_ref()?;
        let row = &KINDS[kind_of(question.kind)];
        let flag = format!("--allow-{}={}", row.name, escaped(part, row.shape));
        let launched = Launched::new(self.subject, &[flag], &self.world).ok()?;
        let mut reaches = launched.rules().into_iter().filter(|(kind, rule)| {
            let given = matches!(rule.origin, Origin::Flag(_)) && rule.effect == Effect::Grant;
            given && *kind == row.name
        });
        let (_, rule) = reaches.next()?;
        // A text that is read as several values grants other things.
        if reaches.next().is_some() {
            return None;
        }
        let text = match row.shape {
            // What a name leads to is another value than the name.
            Shape::Program => part.clone(),
            _ => reached(&rule.reach),
        };
        Some(Value { place, text, reach: rule.reach.clone() })
    }

    /// The grants of these values, without those that others cover.
    fn grants(&self, values: &BTreeMap<usize, Value>, whole: &BTreeSet<usize>) -> Grants {
        let mut grants: Grants = whole.iter().map(|kind| (*kind, None)).collect();
        for (place, value) in values {
            let kind = kind_of(self.log.accesses[*place].question.kind);
            if let Some(list) = grants.entry(kind).or_insert_with(|| Some(Vec::new())) {
                list.push(value.clone());
            }
        }
        for list in grants.values_mut().flatten() {
            widest(list);
            if let Some(siblings) = self.fold {
                while fold(list, siblings) {
                    widest(list);
                }
            }
        }
        grants
    }

    /// The accesses that the grants do not allow, looked for from a place on.
    fn denied(&self, grants: &Grants, from: usize) -> impl Iterator<Item = usize> {
        let release = self.subject.release;
        let mut launched = self.launched(grants);
        let accesses = &self.log.accesses;
        (from..accesses.len()).chain(0..from).filter(move |place| {
            !access::is_allowed(&mut launched, release, &accesses[*place].question)
        })
    }

    fn launched(&self, grants: &Grants) -> Launched {
        let launched = Launched::new(self.subject, &flags(grants), &self.world);
        launched.expect("flags of values that were taken alone are taken together")
    }

    /// Leaves out every flag and every value without which nothing more is denied.
    fn without_needless(&self, mut grants: Grants, impossible: &BTreeSet<usize>) -> Grants {
        // Most are the only grant of an access, which one launch tells of all; the others take one each.
        let launched = self.launched(&grants);
        let questions = self.log.accesses.iter().map(|access| &access.question);
        let relied_on: HashSet<(&str, &Reach)> = questions
            .filter_map(|question| Some((question.kind, &launched.lone_grant(question)?.reach)))
            .collect();
        for kind in grants.keys().copied().collect::<Vec<_>>() {
            let values = grants[&kind].as_ref().map_or(1, Vec::len);
            for place in (0..values).rev() {
                let reach = grants[&kind].as_ref().map_or(&Reach::All, |list| &list[place].reach);
                if relied_on.contains(&(KINDS[kind].name, reach)) {
                    continue;
                }
                let mut fewer = grants.clone();
                let left_out = match fewer.get_mut(&kind) {
                    Some(Some(list)) if list.len() > 1 => Some(list.remove(place)),
                    _ => fewer.remove(&kind).flatten().and_then(|mut list| list.pop()),
                };
                // What is missed by the access that it is there for need not be looked for elsewhere.
                let from = left_out.map_or(0, |value| value.place);
                if self.denied(&fewer, from).all(|denied| impossible.contains(&denied)) {
                    grants = fewer;
                }
            }
        }
        grants
    }
}

/// Drops every value that another one covers; of two that are equal the first stays.
fn widest(list: &mut Vec<Value>) {
    let covered = |place: usize, list: &[Value]| {
        let reach = &list[place].reach;
        list.iter().enumerate().any(|(other, value)| {
            let equal = reach.covers(&value.reach);
            other != place && value.reach.covers(reach) && (!equal || other < place)
        })
    };
    let mut places = 0..;
    let all = list.clone();
    list.retain(|_| places.next().is_some_and(|place| !covered(place, &all)));
}

/// Puts the folder in the place of that many paths which lie in it; the root folder is never one, since it would grant everything.
fn fold(list: &mut Vec<Value>, siblings: usize) -> bool {
    let parent = |value: &Value| match &value.reach {
        Reach::Part(Resource::Path(path)) => {
            path.parent().filter(|parent| parent.parent().is_some())
        }
        _ => None,
    };
    let mut families: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for value in list.iter() {
        if let Some(folder) = parent(value) {
            families.entry(folder).or_default().push(value.place);
        }
    }
    families.retain(|_, places| places.len() >= siblings);
    list.retain(|value| parent(value).is_none_or(|folder| !families.contains_key(&folder)));
    let folded = !families.is_empty();
    list.extend(families.into_iter().map(|(folder, places)| Value {
        place: places[0],
        text: folder.to_string(),
        reach: Reach::Part(Resource::Path(folder)),
    }));
    folded
}

/// A flag for each kind.
fn flags(grants: &Grants) -> Vec<String> {
    let flag = |(kind, values): (&usize, &Option<Vec<Value>>)| {
        let row = &KINDS[*kind];
        match values {
            None => format!("--allow-{}", row.name),
            Some(values) => {
                let values: Vec<_> =
                    values.iter().map(|value| escaped(&value.text, row.shape)).collect();
                format!("--allow-{}={}", row.name, values.join(","))
            }
        }
    };
    grants.iter().map(flag).collect()
}

/// A value as a list has it: a comma of a path is doubled.
fn escaped(value: &str, shape: Shape) -> String {
    match shape {
        Shape::Path => value.replace(',', ",,"),
        _ => value.to_owned(),
    }
}

/// Where a kind's row stands.
fn kind_of(name: &str) -> usize {
    KINDS.iter().position(|row| row.name == name).expect("a question is about a kind")
}

impl fmt::Display for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, release, lines, denied, accesses, sufficient, .. } = self;
        let s = if *lines == 1 { "" } else { "s" };
        match denied {
            0 => writeln!(f, "{model} {release} allows all of {lines} recorded line{s}")?,
            _ => writeln!(f, "{model} {release} denies {denied} of {lines} recorded line{s}")?,
        }
        for (verdict, word) in [(Verdict::Deny, "denied"), (Verdict::Allow, "granted")] {
            let mut groups: Vec<(&str, Vec<&Replayed>)> = Vec::new();
            for access in accesses.iter().filter(|access| access.result == verdict) {
                match groups.iter_mut().find(|(because, _)| *because == access.because) {
                    Some((_, group)) => group.push(access),
                    None => groups.push((&access.because, vec![access])),
                }
            }
            for (because, group) in groups {
                writeln!(f, "\n{word} {because}:")?;
                for access in group {
                    writeln!(f, "  {:>6}  {}", access.lines, access.question)?;
                }
            }
        }
        match &sufficient.flags[..] {
            [] => writeln!(f, "\nno flag is needed")?,
            flags => {
                let flags: Vec<_> = flags.iter().map(|flag| message::quoted(flag)).collect();
                writeln!(f, "\nthese flags suffice, and nothing of them can be left out:")?;
                writeln!(f, "  {}", flags.join(" "))?;
            }
        }
        if !sufficient.impossible.is_empty() {
            writeln!(f, "\nno flag allows, at this release:")?;
        }
        for question in &sufficient.impossible {
            writeln!(f, "  {question}")?;
        }
        Ok(())
    }
}
