//! The launch: which rules the flags make, from wherever they come, and which launches are refused.

use super::arguments::{self, AUDIT, BadFlag, Place, Preload, Refusal, Setting, Switch};
use super::configuration;
use super::grammar;
use super::kind::{KINDS, Kind};
use crate::decide::{Decision, Precedence, decide};
use crate::release::{Release, Since};
use crate::resource::Resource;
use crate::resource::path::Path;
use crate::resource::pattern::Pattern;
use crate::rule::{Effect, Origin, Reach, Rule};
use crate::world::{Entry, World};

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
    let mut all = Vec::new();
    for file in settings.iter().filter_map(configuration_file) {
        let text = world.texts.get(&world.path(file));
        let text = text.ok_or_else(|| BadFlag::new(file, Refusal::BadValue))?;
        all.extend(configuration::read(text, release)?);
    }
    if let Some(options) = options(&settings, world) {
        let options = arguments::split(&options);
        all.extend(arguments::read(&options, Place::Options, release)?.0);
    }
    all.extend(settings);
    let given = rules(release, &all, entry, world)?;
    if given.mode == Mode::Enforced {
        let preloaded = all.iter().filter_map(|setting| match setting {
            Setting::Preload(_, module) => Some(module.as_str()),
            _ => None,
        });
        for module in preloaded.chain(entry) {
            may_load(module, &given, world)?;
        }
    }
    Ok(given)
}

fn configuration_file(setting: &Setting) -> Option<&str> {
    match setting {
        Setting::ConfigurationFile(file) => Some(file),
        _ => None,
    }
}

/// The text of `NODE_OPTIONS`: that of the environment, or that of a file named on the command line.
fn options(settings: &[Setting], world: &World) -> Option<String> {
    if let Some(options) = world.environment.get("NODE_OPTIONS") {
        return Some(options.clone());
    }
    settings.iter().rev().find_map(|setting| match setting {
        Setting::EnvironmentFile(file) => {
            let text = world.texts.get(&world.path(file))?;
            text.lines().find_map(|line| line.strip_prefix("NODE_OPTIONS=")).map(str::to_owned)
        }
        _ => None,
    })
}

/// The rules that settings make; of a switch that is set several times, the last counts.
fn rules(
    release: Release,
    settings: &[Setting],
    entry: Option<&str>,
    world: &World,
) -> Result<Given, BadFlag> {
    let is_on = |switch: Switch| {
        settings.iter().rev().find_map(|setting| match setting {
            Setting::Switch(one, on) if *one == switch => Some(*on),
            _ => None,
        })
    };
    let is_on = |switch| is_on(switch).unwrap_or(false);
    let mode = match (is_on(Switch::Permission), is_on(Switch::Audit)) {
        (true, _) => Mode::Enforced,
        (false, true) if AUDIT.includes(release) => Mode::Audit,
        (false, _) => Mode::Off,
    };
    let mut given = Given { mode, rules: Default::default(), flags: Vec::new() };
    match mode {
        Mode::Off => {}
        Mode::Audit => given.flags.push("--permission-audit".to_owned()),
        Mode::Enforced => given.flags.push(switch_of(release).to_owned()),
    }
    for setting in settings {
        if let Setting::Grant(kind, path) = setting {
            given.grant(*kind, grammar::grant(path, world), format!("{}={path}", kind.row().flag));
        }
    }
    for row in KINDS.iter().filter(|row| is_on(Switch::Grant(row.kind))) {
        given.grant(row.kind, Reach::All, row.flag.to_owned());
    }
    if mode == Mode::Off {
        let means_nothing = |kind: &Kind| match kind {
            Kind::FsRead | Kind::FsWrite => true,
            Kind::FsVfs => false,
            _ => STRICT_SWITCHES.includes(release),
        };
        let granted = KINDS.iter().filter(|row| !given.rules[row.kind as usize].is_empty());
        if let Some(row) = granted.into_iter().find(|row| means_nothing(&row.kind)) {
            return Err(BadFlag::new(row.flag, Refusal::MissingOption));
        }
    }
    if IMPLICIT_GRANTS.includes(release) {
        let required = settings.iter().filter_map(|setting| match setting {
            Setting::Preload(Preload::Require, module) => Some(module.as_str()),
            _ => None,
        });
        for module in required.chain(entry) {
            given.grant_module(module, world);
        }
    }
    Ok(given)
}

/// The flag that turns the model on.
pub fn switch_of(release: Release) -> &'static str {
    match arguments::PERMISSION.includes(release) {
        true => "--permission",
        false => "--experimental-permission",
    }
}

impl Given {
    fn grant(&mut self, kind: Kind, reach: Reach, flag: String) {
        let origin = Origin::Flag(flag.as_str().into());
        self.rules[kind as usize].push(Rule { effect: Effect::Grant, reach, origin });
        self.flags.push(flag);
    }

    /// A module may be read under the name that it was given, and where that leads.
    fn grant_module(&mut self, module: &str, world: &World) {
        let origin = Origin::Implied("the entry point and required modules may be read");
        let file = module_file(module, world);
        let real = file.as_ref().and_then(|file| world.follow(file));
        for path in file.into_iter().chain(real) {
            let reach = Reach::Part(Resource::Pattern(Pattern::One(path)));
            let rule = Rule { effect: Effect::Grant, reach, origin: origin.clone() };
            self.rules[Kind::FsRead as usize].push(rule);
        }
    }
}

/// Whether a module may be read; one that is not there is missed later, and not for lack of a permission.
fn may_load(module: &str, given: &Given, world: &World) -> Result<(), BadFlag> {
    let Some(file) = module_file(module, world).and_then(|file| world.follow(&file)) else {
        return Ok(());
    };
    let question = Reach::Part(Resource::Pattern(Pattern::One(file.clone())));
    let rules = given.rules[Kind::FsRead as usize].iter();
    match decide(rules, &question, Precedence::DenialWins) {
        Decision::Granted { .. } => Ok(()),
        _ => Err(BadFlag::new(file.as_str(), Refusal::Blocked)),
    }
}

/// The file that a path of a module means: itself, with an extension, or what a directory names as its main module.
fn module_file(module: &str, world: &World) -> Option<Path> {
    let path = world.path(module);
    let is_file = |path: &Path| matches!(world.resolve(path), Some(Entry::File | Entry::Program));
    let with = |path: &Path, end: &str| world.path(&format!("{path}{end}"));
    let as_file = |path: &Path| {
        let names = ["", ".js", ".json"].map(|end| with(path, end));
        names.into_iter().find(is_file)
    };
    let index = || as_file(&with(&path, "/index"));
    let main = || {
        let text = world.texts.get(&with(&path, "/package.json"))?;
        let package: serde_json::Value = serde_json::from_str(text).ok()?;
        let main = with(&path, &format!("/{}", package.get("main")?.as_str()?));
        as_file(&main).or_else(|| as_file(&with(&main, "/index")))
    };
    as_file(&path).or_else(main).or_else(index)
}
