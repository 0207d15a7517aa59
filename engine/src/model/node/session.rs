//! A session: the permissions of a running program, what it asks, and what becomes of them.

use std::sync::Arc;

use super::arguments::{self, BadFlag};
use super::descriptor::{self, Question, Reference, Thrown};
use super::flags::{self, Given, Mode};
use super::grammar;
use super::kind::{KINDS, Kind, Shape};
use super::operation::{self, Found, Operation, Refused};
use super::options::{self, Options, Place};
use crate::decide::{Decision, Precedence, Standing};
use crate::release::{Release, Since};
use crate::rule::{Reach, Rule};
use crate::state::State;
use crate::value::Value;
use crate::world::World;

/// What `process.permission.has` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status<'r> {
    /// It is granted, by this rule or by as many as there are kinds in the scope.
    Granted(&'r Rule),
    /// It is not.
    Denied,
    /// There is no `process.permission`, because nothing is restricted.
    Unrestricted,
}

/// What became of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effected {
    /// It was done.
    Allowed,
    /// It was not done, and the program was thrown this.
    Blocked(AccessDenied),
    /// There was nothing there.
    Absent,
}

/// An `ERR_ACCESS_DENIED`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessDenied {
    /// Its `permission`.
    pub permission: &'static str,
    /// Its `resource`, as the program wrote it.
    pub resource: String,
    /// The flag that would grant it.
    pub flag: &'static str,
}

/// Why a worker or a child process was not started, or ended before any code of it ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// Its parent may not start any.
    Blocked(AccessDenied),
    /// It was started with options that make no sense.
    BadOptions(Thrown),
    /// Its own launch was refused.
    Refused(BadFlag),
}

/// The permissions of one program.
#[derive(Clone, Debug)]
pub struct Session {
    release: Release,
    world: Arc<World>,
    mode: Mode,
    states: [State; KINDS.len()],
    /// The flags that a child process gets, which are those of the launch whatever has been dropped since.
    flags: Arc<[String]>,
}

/// There are no denials, so nothing contradicts a grant.
const PRECEDENCE: Precedence = Precedence::DenialWins;

/// A child process gets the flags of its parent (nodejs/node#58853).
const PROPAGATION: Since = Since(&[Release::new(22, 18, 0), Release::new(24, 4, 0)]);

/// A child process of one that is audited is audited, too (nodejs/node#63047).
const AUDIT_PROPAGATION: Since = Since(&[Release::new(26, 2, 0)]);

/// A denied process is named by the file that was to be run (nodejs/node#58758).
const NAMED_FILES: Since = Since(&[Release::new(22, 18, 0), Release::new(24, 3, 0)]);

impl Session {
    /// Launches a program.
    pub fn launch(
        release: Release,
        flags: &[String],
        entry: &[String],
        world: Arc<World>,
    ) -> Result<Self, BadFlag> {
        let given = flags::read(release, flags, entry, &world)?;
        Ok(Self::with(release, given, world))
    }

    fn with(release: Release, given: Given, world: Arc<World>) -> Self {
        let Given { mode, rules, flags } = given;
        Self { release, world, mode, states: rules.map(State::new), flags: flags.into() }
    }

    /// `process.permission.has(scope, reference)`.
    pub fn has(&self, descriptor: &Value) -> Result<Status<'_>, Thrown> {
        if self.mode == Mode::Off {
            return Ok(Status::Unrestricted);
        }
        let Question { kinds, reference } = self.question(descriptor)?;
        let mut status = Status::Denied;
        for kind in kinds {
            status = match self.decide(*kind, &reference) {
                Some(rule) => Status::Granted(rule),
                None => return Ok(Status::Denied),
            };
        }
        Ok(status)
    }

    /// The rules of a kind, in no order that matters.
    pub fn rules(&self, kind: Kind) -> impl Iterator<Item = &Rule> + Clone {
        self.states[kind as usize].rules()
    }

    /// How each rule of each of its kinds fares with what a descriptor asks about.
    pub fn standings(
        &self,
        descriptor: &Value,
    ) -> Result<Vec<(Kind, &Rule, Standing<'_>)>, Thrown> {
        let Question { kinds, reference } = self.question(descriptor)?;
        let mut standings = Vec::new();
        for kind in kinds {
            match self.reach(*kind, &reference) {
                Some(question) => {
                    let of_kind = self.states[*kind as usize].standings(&question, PRECEDENCE);
                    standings.extend(of_kind.map(|(rule, standing)| (*kind, rule, standing)));
                }
                // What names nothing has nothing in common with any rule.
                None => {
                    standings.extend(self.rules(*kind).map(|rule| (*kind, rule, Standing::Apart)));
                }
            }
        }
        Ok(standings)
    }

    /// `process.permission.drop(scope, reference)`: takes back what was granted in just these words.
    pub fn drop(&mut self, descriptor: &Value) -> Result<(), Thrown> {
        let Question { kinds, reference } = descriptor::read(descriptor, self.release)?;
        for kind in kinds {
            let state = &mut self.states[*kind as usize];
            match (&reference, kind.row().shape) {
                // A grant of everything is no path, and is dropped only as a whole.
                (Reference::Path(path), Shape::Path) => {
                    state.take_back(&grammar::part(path, &self.world));
                }
                _ => state.revoke(&Reach::All),
            }
        }
        Ok(())
    }

    /// Does an operation.
    pub fn perform(&self, operation: &Value) -> Result<Effected, Thrown> {
        let operation = operation::read(operation, self.release, &self.world)?;
        if self.mode == Mode::Enforced
            && let Some(denied) = self.denial(&operation)
        {
            return match operation.told {
                Some(code) => Err(Thrown { code, message: "the model is in force".to_owned() }),
                None => Ok(Effected::Blocked(denied)),
            };
        }
        match operation.found {
            Found::Present => Ok(Effected::Allowed),
            Found::Absent => Ok(Effected::Absent),
            Found::Unfit(code) => {
                let message = format!("the system refuses \"{}\"", operation.argument);
                Err(Thrown { code, message })
            }
        }
    }

    /// Why an operation is denied, if it is.
    fn denial(&self, operation: &Operation) -> Option<AccessDenied> {
        let is_missing = |(kind, argument): &&(Kind, String)| {
            self.decide(*kind, &Reference::Path(argument.clone())).is_none()
        };
        if let Some((kind, argument)) = operation.requires.iter().find(is_missing) {
            return Some(self.access_denied(*kind, argument.clone()));
        }
        let has_all = |kind| self.decide(kind, &Reference::Whole).is_some();
        let is_refused = match operation.refused {
            Refused::No => false,
            Refused::UnlessAllFiles => !has_all(Kind::FsRead) || !has_all(Kind::FsWrite),
            Refused::Always => true,
        };
        // What is refused for what it is names neither a permission nor a resource.
        let nameless = || AccessDenied { permission: "", resource: String::new(), flag: "" };
        is_refused.then(nameless)
    }

    /// Starts a worker or a child process.
    pub fn start(&self, options: &Value, place: Place) -> Result<Self, Rejection> {
        // Options that make no sense are told before a denial.
        let options = options::read(options).map_err(Rejection::BadOptions)?;
        let kind = match place {
            Place::Worker => Kind::Worker,
            Place::Child => Kind::Child,
        };
        if self.mode == Mode::Enforced && self.decide(kind, &Reference::Whole).is_none() {
            return Err(Rejection::Blocked(self.access_denied(kind, String::new())));
        }
        match place {
            Place::Worker => self.worker(options),
            Place::Child => self.child(options),
        }
    }

    /// A worker has what its parent has at that moment, unless it is given flags of its own; what `NODE_OPTIONS` of its environment grant adds to that.
    fn worker(&self, options: Options) -> Result<Self, Rejection> {
        let refused = |bad: BadFlag| {
            let message = bad.to_string();
            Rejection::BadOptions(Thrown { code: "ERR_WORKER_INVALID_EXEC_ARGV", message })
        };
        let mut world = World::clone(&self.world);
        if let Some(environment) = &options.environment {
            world.environment.clone_from(environment);
        }
        // An unrestricted parent hands nothing on.
        let own = options.flags.or((self.mode == Mode::Off).then(Vec::new));
        if let Some(flags) = own {
            let given = flags::read_worker(self.release, &flags, &world).map_err(refused)?;
            return Ok(Self::with(self.release, given, Arc::new(world)));
        }
        let mut worker = self.clone();
        if options.environment.is_some() {
            let more = flags::grants_of_options(self.release, &world).map_err(refused)?;
            for (state, rules) in worker.states.iter_mut().zip(more) {
                rules.into_iter().for_each(|rule| state.grant(rule.reach, rule.origin));
            }
        }
        worker.world = Arc::new(world);
        Ok(worker)
    }

    /// A child process is a launch of its own, whose `NODE_OPTIONS` carry the flags of its parent where it has no model of its own.
    fn child(&self, options: Options) -> Result<Self, Rejection> {
        let mut world = World::clone(&self.world);
        if let Some(environment) = options.environment {
            world.environment = environment;
        }
        if let Some(directory) = options.directory {
            world.directory = world.path(&directory);
        }
        let mut flags = options.flags.unwrap_or_default();
        let own = world.environment.get("NODE_OPTIONS");
        let own = own.into_iter().flat_map(|text| arguments::split(text).unwrap_or_default());
        let speaks_for_itself =
            own.chain(flags.iter().cloned()).any(|flag| flag.starts_with("--permission"));
        let propagates = match self.mode {
            Mode::Off => false,
            Mode::Audit => AUDIT_PROPAGATION.includes(self.release),
            Mode::Enforced => PROPAGATION.includes(self.release),
        };
        if propagates && !speaks_for_itself {
            flags = [&self.flags[..], &flags].concat();
        }
        let given = flags::read(self.release, &flags, &[], &world).map_err(Rejection::Refused)?;
        Ok(Self::with(self.release, given, Arc::new(world)))
    }

    /// What a descriptor asks about.
    fn question(&self, descriptor: &Value) -> Result<Question, Thrown> {
        let Question { kinds, reference } = descriptor::read(descriptor, self.release)?;
        // Of the whole file system nothing but everything counts, whatever is referred to.
        let reference = match (kinds, reference) {
            ([_, _, ..], Reference::Path(_)) => Reference::Whole,
            (_, reference) => reference,
        };
        Ok(Question { kinds, reference })
    }

    /// The rule that grants a part of a kind, if one does; silence means that it is denied.
    fn decide(&self, kind: Kind, reference: &Reference) -> Option<&Rule> {
        let question = self.reach(kind, reference)?;
        match self.states[kind as usize].decide(&question, PRECEDENCE) {
            Decision::Granted { because, .. } => Some(because),
            Decision::Denied { .. } | Decision::Silent => None,
        }
    }

    /// The part of a kind that a reference names; none where that is nothing that could be granted.
    fn reach(&self, kind: Kind, reference: &Reference) -> Option<Reach> {
        match (reference, kind.row().shape) {
            (Reference::Empty, _) => None,
            (Reference::Path(path), Shape::Path) => Some(grammar::question(path, &self.world)),
            _ => Some(Reach::All),
        }
    }

    fn access_denied(&self, kind: Kind, argument: String) -> AccessDenied {
        let row = kind.row();
        let is_named = match kind {
            Kind::FsRead | Kind::FsWrite => true,
            Kind::Child => NAMED_FILES.includes(self.release),
            _ => false,
        };
        let resource = if is_named { argument } else { String::new() };
        AccessDenied { permission: row.permission, resource, flag: row.flag }
    }
}
