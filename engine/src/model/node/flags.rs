//! The launch: which rules the flags make, from wherever they come, and which launches are refused.

use std::collections::BTreeMap;

use super::arguments::{self, BadFlag, Place, Preload, Refusal, Setting, Switch};
use super::configuration;
use super::environment;
use super::grammar;
use super::kind::{KINDS, Kind, Row};
use super::module;
use crate::decide::{Decision, Precedence, decide};
use crate::release::{Release, Since};
use crate::resource::Resource;
use crate::resource::path::Path;
use crate::resource::pattern::Pattern;
use crate::rule::{Effect, Origin, Reach, Rule};
use crate::world::World;

/// What becomes of what is not granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing is denied, and nothing is there to be asked.
    Off,
    /// It is reported, and done.
    Audit,
    /// It is denied.
    Enforced,
}

/// What the flags of a launch come to.
#[derive(Clone, Debug)]
pub struct Given {
    /// Whether anything is denied.
    pub mode: Mode,
    /// The grants of each kind, in the order of [`Kind`].
    pub rules: [Vec<Rule>; KINDS.len()],
    /// The flags that say the same to a child process.
    pub flags: Vec<String>,
}

/// The entry point and the modules of `--require` may be read without a flag (nodejs/node#58579).
const IMPLICIT_GRANTS: Since = Since(&[Release::new(22, 17, 0), Release::new(24, 2, 0)]);

/// An environment file counts more than a configuration file (nodejs/node#63035).
const FILE_OVER_CONFIGURATION: Since = Since(&[Release::new(24, 16, 0), Release::new(26, 1, 0)]);

/// A switch that grants is refused where there is no model that it could matter to (nodejs/node#62072).
const STRICT_SWITCHES: Since = Since(&[Release::new(26, 1, 0)]);

/// Reads the flags of a launch, and the entry point behind them; a program given as text has none.
pub fn read(
    release: Release,
    flags: &[String],
    entry: &[String],
    world: &World,
) -> Result<Given, BadFlag> {
    let line = match entry {
        // What follows is `-e`, which no flag takes for its value.
        [] => flags.to_vec(),
        entry => [flags, entry].concat(),
    };
    let (settings, read) = arguments::read(&line, Place::CommandLine, release)?;
    let entry = line.get(read).map(String::as_str);
    let variables = environment_file(&settings, world)?;
    let configured = configuration(&settings, release, world)?;
    let own = world.environment.get("NODE_OPTIONS");
    let options = options(own.or(variables.get("NODE_OPTIONS")), release)?;
    // What comes later counts more, where only one setting is possible.
    let mut all = match own.is_some() || FILE_OVER_CONFIGURATION.includes(release) {
        true => [configured, options].concat(),
        false => [options, configured].concat(),
    };
    all.extend(settings);
    Given::of(release, &all, entry, world)
}

/// Reads the flags that a worker is started with, instead of its parent's.
pub fn read_worker(release: Release, flags: &[String], world: &World) -> Result<Given, BadFlag> {
    let (settings, _) = arguments::read(flags, Place::Worker, release)?;
    let options = options(world.environment.get("NODE_OPTIONS"), release)?;
    Given::of(release, &[options, settings].concat(), None, world)
}

/// What `NODE_OPTIONS` grant by themselves, in the order of [`Kind`].
pub fn grants_of_options(
    release: Release,
    world: &World,
) -> Result<[Vec<Rule>; KINDS.len()], BadFlag> {
    let settings = options(world.environment.get("NODE_OPTIONS"), release)?;
    let mut given = Given::nothing(Mode::Off);
    given.grant_all(&settings, world);
    Ok(given.rules)
}

fn options(text: Option<&String>, release: Release) -> Result<Vec<Setting>, BadFlag> {
    let words = text.map_or(Ok(Vec::new()), |text| arguments::split(text))?;
    Ok(arguments::read(&words, Place::Options, release)?.0)
}

/// The settings of the configuration file that is named last.
fn configuration(
    settings: &[Setting],
    release: Release,
    world: &World,
) -> Result<Vec<Setting>, BadFlag> {
    let named = settings.iter().rev().find_map(|setting| match setting {
        Setting::ConfigurationFile(file) => Some(file),
        _ => None,
    });
    match named {
        Some(file) => configuration::read(text_of(file, world)?, release),
        None => Ok(Vec::new()),
    }
}

/// The variables of every environment file, the last of which counts.
fn environment_file(
    settings: &[Setting],
    world: &World,
) -> Result<BTreeMap<String, String>, BadFlag> {
    let mut variables = BTreeMap::new();
    for setting in settings {
        if let Setting::EnvironmentFile(file, required) = setting {
            match text_of(file, world) {
                Ok(text) => variables.extend(environment::read(text)),
                Err(missing) if *required => return Err(missing),
                Err(_) => {}
            }
        }
    }
    Ok(variables)
}

/// What stands in a file that the command line names.
fn text_of<'w>(file: &str, world: &'w World) -> Result<&'w String, BadFlag> {
    let text = world.follow(&world.path(file)).and_then(|path| world.texts.get(&path));
    text.ok_or_else(|| BadFlag::new(file, Refusal::BadValue))
}

/// The flag that turns the model on.
pub fn switch_of(release: Release) -> &'static str {
    match arguments::PERMISSION.includes(release) {
        true => "--permission",
        false => "--experimental-permission",
    }
}

/// Whether a switch is on: of several settings the last counts.
fn is_on(settings: &[Setting], switch: Switch) -> bool {
    let last = settings.iter().rev().find_map(|setting| match setting {
        Setting::Switch(one, on) if *one == switch => Some(*on),
        _ => None,
    });
    last.unwrap_or(false)
}

impl Given {
    /// What settings come to, for a program with an entry point or without.
    fn of(
        release: Release,
        settings: &[Setting],
        entry: Option<&str>,
        world: &World,
    ) -> Result<Self, BadFlag> {
        let mode = match (is_on(settings, Switch::Permission), is_on(settings, Switch::Audit)) {
            (true, _) => Mode::Enforced,
            (false, true) => Mode::Audit,
            (false, false) => Mode::Off,
        };
        let mut given = Self::nothing(mode);
        match mode {
            Mode::Off => {}
            Mode::Audit => given.flags.push("--permission-audit".to_owned()),
            Mode::Enforced => given.flags.push(switch_of(release).to_owned()),
        }
        given.grant_all(settings, world);
        if mode == Mode::Off {
            given.needs_a_model(release)?;
        }
        // What is not there is missed later, and not for lack of a permission.
        let entry = entry.and_then(|entry| module::entry_point(entry, world));
        let preloaded = settings.iter().filter_map(|setting| match setting {
            Setting::Preload(how, name) => Some((*how, module::preloaded(name, world)?)),
            _ => None,
        });
        let preloaded: Vec<_> = preloaded.collect();
        if IMPLICIT_GRANTS.includes(release) {
            let required = preloaded.iter().filter(|(how, _)| *how == Preload::Require);
            required
                .map(|(_, file)| file)
                .chain(&entry)
                .for_each(|file| given.grant_module(file, world));
        }
        if mode == Mode::Enforced {
            let loaded = preloaded.iter().map(|(_, file)| file).chain(&entry);
            loaded.into_iter().try_for_each(|file| may_load(file, &given, world))?;
        }
        Ok(given)
    }

    fn nothing(mode: Mode) -> Self {
        Self { mode, rules: Default::default(), flags: Vec::new() }
    }

    fn grant_all(&mut self, settings: &[Setting], world: &World) {
        for setting in settings {
            if let Setting::Grant(kind, path) = setting {
                let flag = format!("{}={path}", kind.row().flag);
                self.grant(*kind, grammar::grant(path, world), flag);
            }
        }
        for row in KINDS.iter().filter(|row| is_on(settings, Switch::Grant(row.kind))) {
            self.grant(row.kind, Reach::All, row.flag.to_owned());
        }
    }

    fn grant(&mut self, kind: Kind, reach: Reach, flag: String) {
        let origin = Origin::Flag(flag.as_str().into());
        self.rules[kind as usize].push(Rule { effect: Effect::Grant, reach, origin });
        self.flags.push(flag);
    }

    /// Refuses a grant that there is no model for.
    fn needs_a_model(&self, release: Release) -> Result<(), BadFlag> {
        let means_nothing = |kind: Kind| match kind {
            Kind::FsRead | Kind::FsWrite => true,
            Kind::FsVfs => false,
            _ => STRICT_SWITCHES.includes(release),
        };
        let granted = |row: &&Row| !self.rules[row.kind as usize].is_empty();
        match KINDS.iter().filter(granted).find(|row| means_nothing(row.kind)) {
            Some(row) => Err(BadFlag::new(row.flag, Refusal::MissingOption)),
            None => Ok(()),
        }
    }

    /// A module may be read under its own name, and where that leads.
    fn grant_module(&mut self, file: &Path, world: &World) {
        let origin = Origin::Implied("the entry point and required modules may be read");
        for path in [Some(file.clone()), world.follow(file)].into_iter().flatten() {
            let reach = Reach::Part(Resource::Pattern(Pattern::One(path)));
            let rule = Rule { effect: Effect::Grant, reach, origin: origin.clone() };
            self.rules[Kind::FsRead as usize].push(rule);
        }
    }
}

/// Whether the file of a module may be read, under its own name and where that leads.
fn may_load(file: &Path, given: &Given, world: &World) -> Result<(), BadFlag> {
    let real = world.follow(file);
    for path in [Some(file), real.as_ref()].into_iter().flatten() {
        let question = Reach::Part(Resource::Pattern(Pattern::One(path.clone())));
        let rules = given.rules[Kind::FsRead as usize].iter();
        let Decision::Granted { .. } = decide(rules, &question, Precedence::DenialWins) else {
            return Err(BadFlag::new(path.as_str(), Refusal::Blocked));
        };
    }
    Ok(())
}
