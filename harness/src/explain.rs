//! Why a question is answered as it is: the rule that settles it, the rules that lose and why, and what other releases answer.
//!
//! For whoever uses a runtime: nothing here needs a corpus or a runtime, since the reference engine answers.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use permscope_engine::answer as engine;
use permscope_engine::decide::Standing;
use permscope_engine::model::deno::flags::Command;
use permscope_engine::model::deno::session as deno_session;
use permscope_engine::model::node::kind::of_scope;
use permscope_engine::model::node::session as node_session;
use permscope_engine::model::{Model, deno, node};
use permscope_engine::release::Release;
use permscope_engine::resource::Resource;
use permscope_engine::resource::name::Name;
use permscope_engine::resource::path::Path;
use permscope_engine::resource::pattern::Pattern;
use permscope_engine::resource::program::Program;
use permscope_engine::rule::{Effect, Origin, Reach, Rule};
use permscope_engine::value::Value;
use permscope_engine::world::{Entry, Platform, World};
use serde::Serialize;

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
    fn descriptor(&self, model: Model) -> Value {
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

/// What a launch that is only thought of finds around it; everything else does not exist, and nobody sits at a terminal.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The working directory, which exists.
    pub directory: String,
    /// Other directories that exist.
    pub directories: Vec<String>,
    /// Programs that exist; each is found by its name, too.
    pub programs: Vec<String>,
}

impl Surroundings {
    /// The world that this is.
    pub fn world(&self) -> World {
        let mut world = World::empty(Platform::Unix, &self.directory);
        for directory in std::iter::once(&self.directory).chain(&self.directories) {
            world.entries.insert(world.path(directory), Entry::Directory);
        }
        for program in &self.programs {
            let file = world.path(program);
            world.search_path.extend(file.parent());
            world.entries.insert(file, Entry::Program);
        }
        world
    }
}

/// A program of either model, launched on the reference engine.
#[derive(Debug)]
pub struct Launched {
    subject: Subject,
    world: Arc<World>,
    session: Session,
}

#[derive(Debug)]
enum Session {
    Deno(Box<deno_session::Session>),
    Node(Box<node_session::Session>),
}

/// A launch that ends before any code runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The flag, without its value.
    pub flag: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Launched {
    /// Launches a program that is given as a text, so that it needs no file.
    pub fn new(subject: Subject, flags: &[String], world: &Arc<World>) -> Result<Self, Refused> {
        let world = Arc::clone(world);
        let release = subject.release;
        let session = match subject.model {
            Model::Deno => {
                let session =
                    deno_session::Session::launch(release, Command::Run, flags, Arc::clone(&world));
                let refused =
                    |bad: deno::flags::BadFlag| Refused { reason: bad.to_string(), flag: bad.flag };
                Session::Deno(Box::new(session.map_err(refused)?))
            }
            Model::Node => {
                let session =
                    node_session::Session::launch(release, flags, &[], Arc::clone(&world));
                let refused = |bad: node::arguments::BadFlag| Refused {
                    reason: bad.to_string(),
                    flag: bad.flag,
                };
                Session::Node(Box::new(session.map_err(refused)?))
            }
        };
        Ok(Self { subject, world, session })
    }

    /// What a program that asks is told.
    pub fn answer(&mut self, question: &Question) -> Answer {
        let descriptor = question.descriptor(self.subject.model);
        let release = self.subject.release;
        match &mut self.session {
            Session::Deno(session) => match session.query(&descriptor) {
                Ok(status) => match status.answer {
                    engine::Answer::Granted { partial } => {
                        Answer { partial, ..Answer::of(Word::Granted) }
                    }
                    engine::Answer::Prompt => Answer::of(Word::Prompt),
                    engine::Answer::Denied => Answer::of(Word::Denied),
                },
                Err(thrown) => Answer::because(Word::Error, thrown.message),
            },
            Session::Node(session) => match session.has(&descriptor) {
                Ok(node_session::Status::Granted(_)) => Answer::of(Word::Granted),
                Ok(node_session::Status::Unrestricted) => Answer::of(Word::Unrestricted),
                Ok(node_session::Status::Denied) if is_unknown(question.kind, release) => {
                    let reason = "there is no such scope, and so the answer is no";
                    Answer::because(Word::Unknown, reason.to_owned())
                }
                Ok(node_session::Status::Denied) => Answer::of(Word::Denied),
                Err(thrown) => Answer::because(Word::Error, thrown.message),
            },
        }
    }

    /// The rules of every kind that flags have made or implied, each with the kind's name.
    pub fn rules(&self) -> Vec<(&'static str, &Rule)> {
        match &self.session {
            Session::Deno(session) => {
                let rows = deno::kind::KINDS.iter();
                rows.flat_map(|row| session.rules(row.kind).map(|rule| (row.name, rule))).collect()
            }
            Session::Node(session) => {
                let rows = node::kind::KINDS.iter();
                rows.flat_map(|row| session.rules(row.kind).map(|rule| (row.scope, rule))).collect()
            }
        }
    }

    /// How each rule fares with a question, those first that have the most to do with the answer.
    fn standings(&self, question: &Question) -> Vec<Fared> {
        let descriptor = question.descriptor(self.subject.model);
        let standings: Vec<_> = match &self.session {
            Session::Deno(session) => {
                let standings = session.standings(&descriptor).unwrap_or_default();
                standings.into_iter().map(|(rule, how)| (question.kind, rule, how)).collect()
            }
            Session::Node(session) => {
                let standings = session.standings(&descriptor).unwrap_or_default();
                standings
                    .into_iter()
                    .map(|(kind, rule, how)| (kind.row().scope, rule, how))
                    .collect()
            }
        };
        let mut fared: Vec<_> = standings
            .iter()
            .map(|(kind, rule, how)| self.fared(question, kind, rule, how))
            .collect();
        fared.sort_by_key(|fared| match fared.standing {
            "settles" => 0,
            "excepts" => 1,
            "agrees" => 2,
            "outranked" | "overruled" | "yields" => 3,
            _ => 4,
        });
        fared
    }

    fn fared(
        &self,
        question: &Question,
        kind: &'static str,
        rule: &Rule,
        standing: &Standing<'_>,
    ) -> Fared {
        let (word, lost_to, told) = match standing {
            Standing::Settles if kind == question.kind => {
                ("settles", None, "settles it".to_owned())
            }
            Standing::Settles => ("settles", None, format!("settles {kind}")),
            Standing::Agrees => ("agrees", None, "says the same".to_owned()),
            Standing::Excepts => {
                ("excepts", None, "makes the grant partial: it lies inside".to_owned())
            }
            Standing::Outranked { by } => {
                let by = label(by);
                ("outranked", Some(by.clone()), format!("loses to {by}, which is narrower"))
            }
            Standing::Overruled { by } => {
                let told = match rule.reach.narrower(&by.reach) {
                    true => format!(
                        "loses to {}, although it is narrower: at this release a denial wins",
                        label(by)
                    ),
                    false => format!("loses to {}, which is stricter and not wider", label(by)),
                };
                ("overruled", Some(label(by)), told)
            }
            Standing::Yields { to } => {
                let to = label(to);
                ("yields", Some(to.clone()), format!("is a default, and yields to {to}"))
            }
            Standing::Overlaps => {
                ("overlaps", None, "reaches only a part of what is asked about".to_owned())
            }
            Standing::Apart => {
                let told = self.missing_directory(question, rule);
                ("apart", None, told.unwrap_or_else(|| "matches nothing here".to_owned()))
            }
        };
        let effect = match rule.effect {
            Effect::Grant => "grant",
            Effect::Ignore => "ignore",
            Effect::Deny => "deny",
            Effect::Refused => "refuse",
        };
        let why = match &rule.origin {
            Origin::Default(why) | Origin::Implied(why) => Some((*why).to_owned()),
            Origin::Flag(_) | Origin::Prompt | Origin::Options => None,
        };
        Fared {
            kind,
            rule: label(rule),
            why,
            effect,
            reach: reached(&rule.reach),
            standing: word,
            lost_to,
            told,
        }
    }

    /// What is to be said of a grant of Node's that stands for one path, and would reach the question if a directory were there.
    fn missing_directory(&self, question: &Question, rule: &Rule) -> Option<String> {
        let Reach::Part(Resource::Pattern(Pattern::One(path))) = &rule.reach else {
            return None;
        };
        let asked = self.world.path(question.part.as_ref()?);
        let told = format!(
            "matches nothing here: {path} stands for itself alone, since no directory is there; --existing-directory {path} says that one is"
        );
        path.covers(&asked).then_some(told)
    }

    /// What is to be said of a program of Deno's by a name that nothing has, since a grant of one is held by no rule.
    fn missing_program(&self, question: &Question) -> Option<String> {
        let name = question.part.as_ref().filter(|_| question.kind == "run")?;
        let is_missing = !name.contains('/') && self.world.find_program(name).is_none();
        let told =
            format!("; there is no program {name}, and --program /bin/{name} says that one is");
        is_missing.then_some(told)
    }

    /// Why a question is answered so, by the rules.
    fn because(&self, question: &Question, answer: &Answer) -> String {
        let release = self.subject.release;
        match (answer.word, self.subject.model) {
            (Word::Unrestricted, _) => {
                return "because no flag turns the model on, and so nothing is restricted"
                    .to_owned();
            }
            (Word::Unknown, _) => {
                return format!(
                    "because {release} has no scope {}, and says no to any that it does not have",
                    question.kind
                );
            }
            (Word::Prompt, _) => {
                let missing = self.missing_program(question).unwrap_or_default();
                return format!("because no rule settles it: the user would be asked{missing}");
            }
            _ => {}
        }
        let standings = self.standings(question);
        let settles: Vec<_> = standings.iter().filter(|one| one.standing == "settles").collect();
        if answer.word == Word::Denied && self.subject.model == Model::Node {
            let missing = of_scope(question.kind, release).iter().map(|kind| kind.row());
            let missing = missing.filter(|row| !settles.iter().any(|one| one.kind == row.scope));
            let flags: Vec<_> = missing.map(|row| row.flag).collect();
            let it = if question.part.is_some() { "it" } else { "all of it" };
            return format!("because no {} grants {it}", flags.join(" and no "));
        }
        let hides = settles.iter().any(|one| one.effect == "ignore");
        let hidden =
            if hides { ", which hides what it covers as if it were not there" } else { "" };
        let rules: Vec<_> = settles.iter().map(|one| one.rule.as_str()).collect();
        match &settles[..] {
            [Fared { why: Some(why), .. }] => format!("because {why}"),
            _ => format!("because of {}{hidden}", rules.join(" and ")),
        }
    }
}

/// Whether a release of Node's has no such scope.
pub fn is_unknown(scope: &str, release: Release) -> bool {
    of_scope(scope, release).is_empty()
}

/// A rule as its user would know it: the flag, and what of the flag's value it is where that does not say so.
fn label(rule: &Rule) -> String {
    let reach = reached(&rule.reach);
    match &rule.origin {
        Origin::Flag(flag) => {
            let says_so = match flag.split_once('=') {
                Some((_, value)) => value == reach,
                None => rule.reach == Reach::All,
            };
            let is_all = rule.reach == Reach::All;
            if says_so || is_all { flag.to_string() } else { format!("{flag} ({reach})") }
        }
        Origin::Default(_) => format!("default ({reach})"),
        Origin::Implied(_) => format!("implied ({reach})"),
        Origin::Prompt => format!("the answer to a request ({reach})"),
        Origin::Options => format!("the scope's permissions ({reach})"),
    }
}

/// What a rule reaches, as a flag would name it.
pub fn reached(reach: &Reach) -> String {
    let below = |path: &Path| path.as_str().to_owned();
    match reach {
        Reach::All => "everything".to_owned(),
        Reach::Part(Resource::Name(Name::Exact(name))) => name.to_string(),
        Reach::Part(Resource::Name(Name::Prefix(prefix))) => format!("{prefix}*"),
        Reach::Part(Resource::Path(path) | Resource::Pattern(Pattern::One(path))) => below(path),
        Reach::Part(Resource::Pattern(Pattern::Prefix { prefix, ignored })) => {
            format!("{prefix}*{ignored}")
        }
        Reach::Part(Resource::Host(host)) => host.to_string(),
        Reach::Part(Resource::Program(program)) => match program {
            Program::File(path) | Program::Found(path) | Program::Tree(path) => below(path),
            Program::Missing(name) | Program::Named(name) => name.to_string(),
        },
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
