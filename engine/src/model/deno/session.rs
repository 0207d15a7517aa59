//! A session: the permissions of a running program, what it asks, and what becomes of them.

use std::sync::Arc;

use super::descriptor::{self, ErrorClass, Question, Thrown};
use super::flags::{self, BadFlag, Command};
use super::grammar::Grammar;
use super::kind::{KINDS, Kind, Shape};
use super::operation::{self, Extent, Operation, Requirement};
use super::options::{self, Options, Place, Share};
use crate::answer::Answer;
use crate::decide::{Decision, Precedence, Standing};
use crate::release::Release;
use crate::rule::{Effect, Origin, Reach, Rule};
use crate::state::State;
use crate::value::Value;
use crate::world::World;

/// What the user says to a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Grant what was asked.
    Yes,
    /// Refuse it.
    No,
    /// Grant everything of the kind.
    All,
}

/// Whoever is asked where nothing settles a question.
pub type Prompter<'p> = dyn FnMut(Kind, &Reach) -> Reply + 'p;

/// The answer to a query, a request or a revocation.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// The state.
    pub answer: Answer,
    /// Which status object was returned: equal numbers are the same object.
    pub object: usize,
    /// The rule that settled it, if one did.
    pub because: Option<Rule>,
}

/// A `change` event on a status object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The object.
    pub object: usize,
    /// Its new state.
    pub answer: Answer,
}

/// What became of an operation.
#[derive(Clone, Debug, PartialEq)]
pub enum Effected {
    /// It was done.
    Allowed,
    /// It was not done, and the program was thrown this.
    Blocked(Thrown),
    /// There was nothing there, or the program was told so.
    Absent,
}

/// Why a child scope was not made.
#[derive(Clone, Debug, PartialEq)]
pub enum Rejection {
    /// It asked for more than its parent has.
    Escalation(ErrorClass),
    /// Its permissions make no sense.
    BadPermissions(Thrown),
}

/// The permissions of one program, test or worker.
#[derive(Clone, Debug)]
pub struct Session {
    release: Release,
    world: Arc<World>,
    states: [State; KINDS.len()],
    asking: Asking,
    objects: Vec<Object>,
    changes: Vec<Change>,
}

/// What happens where nothing settles a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asking {
    /// The user is asked.
    User,
    /// Nobody is there to be asked: the refusal is kept.
    Nobody,
    /// Asking was turned off at the launch.
    Off,
}

/// A status object that the program holds.
#[derive(Clone, Debug)]
struct Object {
    question: Question,
    answer: Answer,
}

impl Session {
    /// Launches a program with the flags of a command line.
    pub fn launch(
        release: Release,
        command: Command,
        flags: &[String],
        world: Arc<World>,
    ) -> Result<Self, BadFlag> {
        let grammar = Grammar { release, world: &world };
        let given = flags::read(command, flags, grammar)?;
        let silenced = world.environment.get("DENO_NO_PROMPT").is_some_and(|value| value == "1");
        let testing = command == Command::Test && release.since(2, 0, 0);
        let asking = match given.prompt && !silenced && !testing {
            false => Asking::Off,
            true if world.terminal => Asking::User,
            true => Asking::Nobody,
        };
        Ok(Self {
            release,
            world,
            states: given.rules.map(State::new),
            asking,
            objects: Vec::new(),
            changes: Vec::new(),
        })
    }

    /// `Deno.permissions.query`.
    pub fn query(&mut self, descriptor: &Value) -> Result<Status, Thrown> {
        let question = descriptor::read(descriptor, self.grammar())?;
        Ok(self.status(question))
    }

    /// What a query is answered, without a status object that is kept: for whoever asks often and watches nothing.
    pub fn foresee(&self, descriptor: &Value) -> Result<Answer, Thrown> {
        let question = descriptor::read(descriptor, self.grammar())?;
        Ok(self.answer(question.kind, &question.reach))
    }

    /// `Deno.permissions.request`: where nothing settles the question, the user does.
    pub fn request(
        &mut self,
        descriptor: &Value,
        prompter: &mut Prompter<'_>,
    ) -> Result<Status, Thrown> {
        let question = descriptor::read(descriptor, self.grammar())?;
        let answer = self.ask(question.kind, &question.reach, Purpose::Request, prompter);
        if answer.is_granted() {
            self.grant(question.kind, question.reach.clone());
        }
        self.notify();
        let status = self.status(question);
        Ok(Status { answer, ..status })
    }

    /// `Deno.permissions.revoke`.
    pub fn revoke(&mut self, descriptor: &Value) -> Result<Status, Thrown> {
        let question = descriptor::read(descriptor, self.grammar())?;
        self.states[question.kind as usize].revoke(&question.reach);
        self.notify();
        Ok(self.status(question))
    }

    /// Does an operation, asking for what it requires as a request would.
    pub fn perform(
        &mut self,
        operation: &Value,
        prompter: &mut Prompter<'_>,
    ) -> Result<Effected, Thrown> {
        let Operation { requires, environment, listed, present } =
            operation::read(operation, self.grammar())?;
        for Requirement { kind, reach, extent } in requires {
            let denial = match self.decide(kind, &reach) {
                Decision::Denied { because } => Some(because.effect),
                _ => None,
            };
            if extent == Extent::NotDenied {
                match denial {
                    Some(_) => return Ok(self.blocked(kind)),
                    None => continue,
                }
            }
            if denial == Some(Effect::Ignore) {
                return Ok(Effected::Absent);
            }
            let answer = self.ask(kind, &reach, Purpose::Use, prompter);
            self.notify();
            let is_enough = match extent {
                Extent::Itself => self.release.since(2, 8, 3) || answer == Answer::GRANTED,
                Extent::Whole => answer == Answer::GRANTED,
                Extent::Part | Extent::NotDenied => true,
            };
            if !answer.is_granted() || !is_enough || self.loader_is_forged(kind, &environment) {
                return Ok(self.blocked(kind));
            }
        }
        let is_listed = |reach| self.answer(Kind::Env, reach).is_granted();
        Ok(match present && listed.as_ref().is_none_or(is_listed) {
            true => Effected::Allowed,
            false => Effected::Absent,
        })
    }

    fn blocked(&self, kind: Kind) -> Effected {
        let kind = kind.row().name;
        let message = format!("{kind} access is not granted; --allow-{kind} would grant it");
        Effected::Blocked(Thrown { class: self.not_capable(), message })
    }

    /// Makes a child scope; none where the child acts in its parent's own.
    ///
    /// A child that asks for more than its parent has asks the user as a request would.
    pub fn narrow(
        &mut self,
        permissions: &Value,
        place: Place,
        prompter: &mut Prompter<'_>,
    ) -> Result<Option<Self>, Rejection> {
        let options =
            options::read(permissions, place, self.grammar()).map_err(Rejection::BadPermissions)?;
        let states = match options {
            Options::Shared => return Ok(None),
            Options::Inherit => self.states.clone(),
            Options::Object(shares) => {
                let mut states: [State; KINDS.len()] = Default::default();
                for (row, share) in KINDS.iter().zip(*shares) {
                    states[row.kind as usize] = self.share(row.kind, share, prompter)?;
                }
                states
            }
        };
        Ok(Some(Self {
            release: self.release,
            world: Arc::clone(&self.world),
            states,
            asking: self.asking,
            objects: Vec::new(),
            changes: Vec::new(),
        }))
    }

    /// The change events since the last call, in the order in which they were sent.
    pub fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// What the rules say of a question, and which of them settles it.
    pub fn decide(&self, kind: Kind, reach: &Reach) -> Decision<'_> {
        self.states[kind as usize].decide(reach, self.precedence())
    }

    /// The rules of a kind, in no order that matters.
    pub fn rules(&self, kind: Kind) -> impl Iterator<Item = &Rule> + Clone {
        self.states[kind as usize].rules()
    }

    /// How each rule of its kind fares with what a descriptor asks about.
    pub fn standings(&self, descriptor: &Value) -> Result<Vec<(&Rule, Standing<'_>)>, Thrown> {
        let question = descriptor::read(descriptor, self.grammar())?;
        let state = &self.states[question.kind as usize];
        Ok(state.standings(&question.reach, self.precedence()).collect())
    }

    fn grammar(&self) -> Grammar<'_> {
        Grammar { release: self.release, world: &self.world }
    }

    /// Up to 2.5 a denial wins; since 2.6 the narrowest rule does (denoland/deno#31224).
    fn precedence(&self) -> Precedence {
        match self.release.since(2, 6, 0) {
            true => Precedence::NarrowestWins,
            false => Precedence::DenialWins,
        }
    }

    fn answer(&self, kind: Kind, reach: &Reach) -> Answer {
        answer_to(self.decide(kind, reach))
    }

    /// The answer, after asking the user where nothing else settles it.
    fn ask(
        &mut self,
        kind: Kind,
        reach: &Reach,
        purpose: Purpose,
        prompter: &mut Prompter<'_>,
    ) -> Answer {
        let answer = self.answer(kind, reach);
        if answer != Answer::Prompt {
            return answer;
        }
        match self.asking {
            Asking::Off => {
                // Before 2.0 a request was recorded as refused even where asking was turned off.
                if purpose == Purpose::Request && !self.release.since(2, 0, 0) {
                    self.states[kind as usize].refuse(reach.clone());
                }
                return Answer::Denied;
            }
            Asking::Nobody => self.states[kind as usize].refuse(reach.clone()),
            Asking::User => match prompter(kind, reach) {
                Reply::No => self.states[kind as usize].refuse(reach.clone()),
                Reply::All => self.grant(kind, Reach::All),
                Reply::Yes => {
                    self.grant(kind, reach.clone());
                    // What was just granted is granted, even if no rule can hold it.
                    return match self.answer(kind, reach) {
                        Answer::Prompt => Answer::GRANTED,
                        settled => settled,
                    };
                }
            },
        }
        self.answer(kind, reach)
    }

    fn grant(&mut self, kind: Kind, reach: Reach) {
        if self.grammar().can_hold(&reach) {
            self.states[kind as usize].grant(reach, Origin::Prompt);
        }
    }

    /// One kind's state in a child scope.
    fn share(
        &mut self,
        kind: Kind,
        share: Share,
        prompter: &mut Prompter<'_>,
    ) -> Result<State, Rejection> {
        let parts = match share {
            Share::Inherit => return Ok(self.states[kind as usize].clone()),
            Share::None => Vec::new(),
            Share::All => vec![Reach::All],
            Share::Parts(parts) => parts,
        };
        for part in &parts {
            let answer = self.ask(kind, part, Purpose::Use, prompter);
            self.notify();
            // Denials are carried over, so a part with an exception could be given as it is.
            // Every modelled release does so, except for a path with a denial below it.
            let holed = answer != Answer::GRANTED && *part != Reach::All;
            if !answer.is_granted() || (holed && kind.row().shape == Shape::Path) {
                return Err(Rejection::Escalation(self.not_capable()));
            }
        }
        let mut state = self.states[kind as usize].without_grants();
        for part in parts {
            state.grant(part, Origin::Options);
        }
        Ok(state)
    }

    /// The status object for a question, with its present state.
    fn status(&mut self, question: Question) -> Status {
        let decision = self.decide(question.kind, &question.reach);
        let answer = answer_to(decision);
        let because = match decision {
            Decision::Granted { because, .. } | Decision::Denied { because } => {
                Some(because.clone())
            }
            Decision::Silent => None,
        };
        let same = |object: &Object| object.question.shares_object(&question);
        let object = self.objects.iter().position(same).unwrap_or_else(|| {
            self.objects.push(Object { question, answer });
            self.objects.len() - 1
        });
        Status { answer, object, because }
    }

    /// Sends a change event for each status object whose state is another than it was.
    fn notify(&mut self) {
        for index in 0..self.objects.len() {
            let Object { question, answer: before } = &self.objects[index];
            let answer = self.answer(question.kind, &question.reach);
            if answer != *before {
                self.objects[index].answer = answer;
                self.changes.push(Change { object: index, answer });
            }
        }
    }

    /// Whether a list of programs could be got around by telling the loader to load something else (denoland/deno#25221).
    fn loader_is_forged(&self, kind: Kind, environment: &[String]) -> bool {
        let mut variables = self.world.environment.keys().chain(environment);
        kind == Kind::Run
            && !self.states[kind as usize].is_unrestricted()
            && variables.any(|variable| operation::steers_loader(variable, self.release))
    }

    fn not_capable(&self) -> ErrorClass {
        match self.release.since(2, 0, 0) {
            true => ErrorClass::NotCapable,
            false => ErrorClass::PermissionDenied,
        }
    }
}

/// What a question is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// To know, as `request` does.
    Request,
    /// To do something.
    Use,
}

/// What a decision shows as; silence means that the user would be asked.
fn answer_to(decision: Decision<'_>) -> Answer {
    match decision {
        Decision::Granted { except, .. } => Answer::Granted { partial: except.is_some() },
        Decision::Denied { .. } => Answer::Denied,
        Decision::Silent => Answer::Prompt,
    }
}
