//! A launch that is only thought of: the reference engine as a program of either model, in surroundings that are told.

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
use permscope_engine::world::{Entry, Platform, World};

use super::question::{Question, Subject};
use super::{Answer, Fared, Word};

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
            Session::Deno(session) => match session.foresee(&descriptor) {
                Ok(engine::Answer::Granted { partial }) => {
                    Answer { partial, ..Answer::of(Word::Granted) }
                }
                Ok(engine::Answer::Prompt) => Answer::of(Word::Prompt),
                Ok(engine::Answer::Denied) => Answer::of(Word::Denied),
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

    /// The one grant that a question of Deno's is answered by, where no other would do instead.
    pub fn lone_grant(&self, question: &Question) -> Option<&Rule> {
        let Session::Deno(session) = &self.session else { return None };
        let standings = session.standings(&question.descriptor(self.subject.model)).ok()?;
        let mut grants = standings.into_iter().filter(|(rule, standing)| {
            let beside = matches!(standing, Standing::Overlaps | Standing::Apart);
            rule.effect == Effect::Grant && !beside
        });
        let (rule, _) = grants.next()?;
        grants.next().is_none().then_some(rule)
    }

    /// How each rule fares with a question, those first that have the most to do with the answer.
    pub(super) fn standings(&self, question: &Question) -> Vec<Fared> {
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

    /// Why a grant is one of a part only: the rules that lie inside of what is asked about.
    pub fn except(&self, question: &Question) -> String {
        let standings = self.standings(question);
        let inside = standings.iter().filter(|one| one.standing == "excepts");
        let rules: Vec<_> = inside.map(|one| one.rule.as_str()).collect();
        format!("because of {}, which takes a part of it away", rules.join(" and "))
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
    pub fn because(&self, question: &Question, answer: &Answer) -> String {
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
            let value = flag.split_once('=').map(|(_, value)| value);
            let says_so = rule.reach == Reach::All || value == Some(reach.as_str());
            if says_so { flag.to_string() } else { format!("{flag} ({reach})") }
        }
        Origin::Default(_) => format!("default ({reach})"),
        Origin::Implied(_) => format!("implied ({reach})"),
        Origin::Prompt => format!("the answer to a request ({reach})"),
        Origin::Options => format!("the scope's permissions ({reach})"),
    }
}

/// What a rule reaches, as a flag would name it.
pub fn reached(reach: &Reach) -> String {
    let spelled = |path: &Path| path.as_str().to_owned();
    match reach {
        Reach::All => "everything".to_owned(),
        Reach::Part(Resource::Name(Name::Exact(name))) => name.to_string(),
        Reach::Part(Resource::Name(Name::Prefix(prefix))) => format!("{prefix}*"),
        Reach::Part(Resource::Path(path) | Resource::Pattern(Pattern::One(path))) => spelled(path),
        Reach::Part(Resource::Pattern(Pattern::Prefix { prefix, ignored })) => {
            format!("{prefix}*{ignored}")
        }
        Reach::Part(Resource::Host(host)) => host.to_string(),
        Reach::Part(Resource::Program(program)) => match program {
            Program::File(path) | Program::Found(path) | Program::Tree(path) => spelled(path),
            Program::Missing(name) | Program::Named(name) => name.to_string(),
        },
    }
}
