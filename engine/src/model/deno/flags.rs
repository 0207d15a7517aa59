//! The command line: which rules the permission flags of a launch make, and which launches are refused.

use std::fmt;

use super::grammar::{BadText, Grammar};
use super::kind::{KINDS, Kind, Row, Shape};
use super::sets::{self, BadSet, Entry};
use crate::release::Release;
use crate::resource::Resource;
use crate::resource::host::Host;
use crate::resource::path::Path;
use crate::resource::program::Program;
use crate::rule::{Effect, Origin, Reach, Rule};
use crate::world::World;

/// Which of the runtime's commands is launched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// `deno run`.
    Run,
    /// `deno test`; it never prompts, since 2.0.
    Test,
    /// `deno eval`; it has every permission and takes no permission flag.
    Eval,
}

/// Why a launch is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The release has no such flag.
    UnknownFlag,
    /// The flag does not take this value.
    BadValue(Option<BadText>),
    /// The permission set that the flag names cannot be had.
    BadSet(BadSet),
    /// The flag cannot stand beside another, or beside itself.
    Conflict,
}

/// A flag that ends the launch before any code runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadFlag {
    /// The flag, without its value.
    pub flag: String,
    /// The value, or the element of the list that is bad.
    pub value: Option<String>,
    /// Why.
    pub refusal: Refusal,
}

impl fmt::Display for BadFlag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flag = &self.flag;
        let value = self.value.as_deref().unwrap_or_default();
        match self.refusal {
            Refusal::UnknownFlag => write!(f, "this release knows no flag \"{flag}\""),
            Refusal::BadValue(Some(why)) => write!(f, "{flag} does not take \"{value}\": {why}"),
            Refusal::BadSet(why) => write!(f, "{flag} does not take \"{value}\": {why}"),
            Refusal::BadValue(None) => {
                write!(f, "{flag} takes no value, and was given \"{value}\"")
            }
            Refusal::Conflict => write!(f, "{flag} cannot stand beside what was given before it"),
        }
    }
}

impl std::error::Error for BadFlag {}

/// What the flags of a launch come to.
#[derive(Debug)]
pub struct Given {
    /// The rules of each kind, in the order of [`Kind`].
    pub rules: [Vec<Rule>; KINDS.len()],
    /// Whether the user may be asked.
    pub prompt: bool,
}

/// Reads the flags of a launch.
pub fn read<'w>(
    command: Command,
    flags: &'w [String],
    grammar: Grammar<'w>,
) -> Result<Given, BadFlag> {
    let (given, seen) = (empty(), Vec::new());
    let mut reader = Reader { command, grammar, given, seen, config: None, set: None };
    for flag in flags {
        reader.flag(flag)?;
    }
    reader.finish()
}

fn empty() -> Given {
    Given { rules: Default::default(), prompt: true }
}

/// One of the flags that concern permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flag {
    AllowAll,
    NoPrompt,
    CachedOnly,
    Quiet,
    /// Which file configures the launch.
    Config,
    /// Which set of that file is granted.
    Set,
    Rule(Effect, Kind),
}

struct Reader<'w> {
    command: Command,
    grammar: Grammar<'w>,
    given: Given,
    seen: Vec<Flag>,
    /// The configuration file, as written.
    config: Option<&'w str>,
    /// The permission set: its name, if it was given one.
    set: Option<Option<&'w str>>,
}

impl<'w> Reader<'w> {
    fn flag(&mut self, written: &'w str) -> Result<(), BadFlag> {
        let (name, value) = match written.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (written, None),
        };
        let unknown = |flag: String| BadFlag { flag, value: None, refusal: Refusal::UnknownFlag };
        if name.starts_with("--") {
            let flag = self.long(name).ok_or_else(|| unknown(name.to_owned()))?;
            return self.take(flag, name, value, written);
        }
        let letters = name.strip_prefix('-').filter(|letters| !letters.is_empty());
        let letters = letters.ok_or_else(|| unknown(name.to_owned()))?;
        let last = letters.chars().count() - 1;
        for (position, letter) in letters.chars().enumerate() {
            let name = format!("-{letter}");
            let flag = self.short(letter).ok_or_else(|| unknown(name.clone()))?;
            // In `-RW=/x` the value belongs to the last letter alone.
            let value = value.filter(|_| position == last);
            self.take(flag, &name, value, written)?;
        }
        Ok(())
    }

    fn long(&self, name: &str) -> Option<Flag> {
        let flag = match name {
            "--quiet" => return Some(Flag::Quiet),
            "--cached-only" => return Some(Flag::CachedOnly),
            "--allow-all" => Flag::AllowAll,
            "--no-prompt" => Flag::NoPrompt,
            "--config" => return Some(Flag::Config),
            "--permission-set" if self.release().since(2, 5, 0) => Flag::Set,
            _ => {
                let (verb, kind) = name.strip_prefix("--")?.split_once('-')?;
                let row = KINDS.iter().find(|row| row.name == kind)?;
                let (effect, span) = match verb {
                    "allow" => (Effect::Grant, row.allow),
                    "deny" => (Effect::Deny, row.deny),
                    "ignore" => (Effect::Ignore, row.ignore),
                    _ => return None,
                };
                span.contains(self.release()).then_some(Flag::Rule(effect, row.kind))?
            }
        };
        (self.command != Command::Eval).then_some(flag)
    }

    fn short(&self, letter: char) -> Option<Flag> {
        if letter == 'q' {
            return Some(Flag::Quiet);
        }
        if self.command == Command::Eval {
            return None;
        }
        if letter == 'A' {
            return Some(Flag::AllowAll);
        }
        if letter == 'P' {
            return self.release().since(2, 5, 0).then_some(Flag::Set);
        }
        let row = KINDS.iter().find(|row| row.short == Some(letter))?;
        row.allow.contains(self.release()).then_some(Flag::Rule(Effect::Grant, row.kind))
    }

    fn take(
        &mut self,
        flag: Flag,
        name: &str,
        value: Option<&'w str>,
        written: &str,
    ) -> Result<(), BadFlag> {
        let refuse = |value: Option<&str>, refusal| BadFlag {
            flag: name.to_owned(),
            value: value.map(str::to_owned),
            refusal,
        };
        if !self.may_stand(flag) {
            return Err(refuse(value, Refusal::Conflict));
        }
        self.seen.push(flag);
        match flag {
            Flag::Config => {
                self.config = value;
                return Ok(());
            }
            Flag::Set => {
                self.set = Some(value);
                return Ok(());
            }
            _ => {}
        }
        let Flag::Rule(effect, kind) = flag else {
            return match value {
                Some(_) => Err(refuse(value, Refusal::BadValue(None))),
                None => {
                    self.given.prompt &= flag != Flag::NoPrompt;
                    Ok(())
                }
            };
        };
        let row = kind.row();
        let Some(value) = value else {
            self.add(kind, effect, Reach::All, written);
            return Ok(());
        };
        if row.shape == Shape::Unit {
            return Err(refuse(Some(value), Refusal::BadValue(None)));
        }
        for element in split(value, row, self.release()) {
            let bad = |why| refuse(Some(&element), Refusal::BadValue(Some(why)));
            if let Some(port) = bare_port(row, &element) {
                for host in Host::local(port) {
                    self.add(kind, effect, Reach::Part(Resource::Host(host)), written);
                }
            } else if let Some(reach) = self.grammar.rule(row, effect, &element).map_err(bad)? {
                self.add(kind, effect, reach, written);
            }
        }
        Ok(())
    }

    /// Whether the flag may stand beside those before it.
    fn may_stand(&self, flag: Flag) -> bool {
        let release = self.release();
        let repeated = self.seen.contains(&flag);
        match flag {
            Flag::AllowAll if repeated => release.since(2, 6, 5),
            Flag::AllowAll => {
                let grants = |seen: &Flag| matches!(seen, Flag::Rule(Effect::Grant, _));
                !release.since(2, 0, 0) || !self.seen.iter().any(grants)
            }
            Flag::Set => !repeated && !self.seen.contains(&Flag::AllowAll),
            Flag::Rule(Effect::Grant, _)
                if release.since(2, 0, 0) && self.seen.contains(&Flag::AllowAll) =>
            {
                false
            }
            // Lists of paths add up since 2.0, every list since 2.9.6.
            Flag::Rule(_, kind) if repeated => match kind.row().shape {
                Shape::Path => release.since(2, 0, 0),
                Shape::Unit => false,
                _ => release.since(2, 9, 6),
            },
            _ => !repeated,
        }
    }

    fn add(&mut self, kind: Kind, effect: Effect, reach: Reach, written: &str) {
        let origin = Origin::Flag(written.into());
        self.given.rules[kind as usize].push(Rule { effect, reach, origin });
    }

    fn finish(mut self) -> Result<Given, BadFlag> {
        if let Some(name) = self.set {
            self.add_set(name)?;
        }
        let is_grant = |rule: &Rule| rule.effect == Effect::Grant;
        if self.seen.contains(&Flag::AllowAll) || self.command == Command::Eval {
            for row in &KINDS {
                self.add(row.kind, Effect::Grant, Reach::All, "--allow-all");
            }
        } else if !self.given.rules[Kind::Import as usize].iter().any(is_grant) {
            let cached = self.seen.contains(&Flag::CachedOnly);
            self.given.rules[Kind::Import as usize].extend(self.default_imports(cached));
        }
        if self.release().since(2, 0, 0) {
            self.protect_programs();
        }
        Ok(self.given)
    }

    /// Adds what the permission set says; of a kind that a flag grants, the flag alone says what is granted.
    fn add_set(&mut self, name: Option<&str>) -> Result<(), BadFlag> {
        let refuse = |value: &str, refusal| BadFlag {
            flag: "--permission-set".to_owned(),
            value: Some(value.to_owned()),
            refusal,
        };
        let world = self.grammar.world;
        let file = self.config.map(|config| world.path(config));
        let text = file.as_ref().and_then(|file| world.texts.get(file));
        let entries = match (text, name) {
            (Some(text), _) => sets::read(text, name),
            (None, None) => Ok(Vec::new()),
            (None, Some(_)) => Err(BadSet::Missing),
        };
        let entries =
            entries.map_err(|why| refuse(name.unwrap_or(sets::DEFAULT), Refusal::BadSet(why)))?;
        // What is relative in the file is read from where the file is.
        let directory = file.as_ref().and_then(Path::parent);
        let world =
            World { directory: directory.unwrap_or(world.directory.clone()), ..world.clone() };
        let grammar = Grammar { world: &world, ..self.grammar };
        for Entry { kind, effect, parts } in entries {
            if effect == Effect::Grant && self.seen.contains(&Flag::Rule(effect, kind)) {
                continue;
            }
            let Some(parts) = parts else {
                self.add(kind, effect, Reach::All, "--permission-set");
                continue;
            };
            for part in parts {
                let reach = grammar.rule(kind.row(), effect, &part);
                let reach = reach.map_err(|why| refuse(&part, Refusal::BadValue(Some(why))))?;
                if let Some(reach) = reach {
                    self.add(kind, effect, reach, "--permission-set");
                }
            }
        }
        Ok(())
    }

    /// The hosts that code may be imported from without a flag; only over HTTPS.
    fn default_imports(&self, cached: bool) -> Vec<Rule> {
        const HOSTS: [(&str, Release); 7] = [
            ("deno.land:443", Release::new(2, 0, 0)),
            ("jsr.io:443", Release::new(2, 0, 0)),
            ("esm.sh:443", Release::new(2, 0, 0)),
            ("raw.esm.sh:443", Release::new(2, 7, 1)),
            ("cdn.jsdelivr.net:443", Release::new(2, 0, 0)),
            ("raw.githubusercontent.com:443", Release::new(2, 0, 0)),
            ("gist.githubusercontent.com:443", Release::new(2, 0, 0)),
        ];
        let rule = |reach, why| Rule { effect: Effect::Grant, reach, origin: Origin::Default(why) };
        let row = Kind::Import.row();
        let hosts = HOSTS.iter().filter(|(_, since)| *since <= self.release());
        let hosts = hosts.filter_map(|(host, _)| {
            let reach = self.grammar.rule(row, Effect::Grant, host).expect("a default is a host");
            reach.map(|reach| rule(reach, "code may be imported from this host by default"))
        });
        match cached && self.release().since(2, 1, 5) {
            true => vec![rule(Reach::All, "--cached-only imports nothing from the network")],
            false => hosts.collect(),
        }
    }

    /// A program that may be run must not be overwritten, or it would be any program.
    fn protect_programs(&mut self) {
        let granted = self.given.rules[Kind::Run as usize].iter().filter_map(|rule| {
            match (&rule.effect, &rule.reach) {
                (
                    Effect::Grant,
                    Reach::Part(Resource::Program(Program::File(file) | Program::Found(file))),
                ) => Some(file.clone()),
                _ => None,
            }
        });
        let denials = granted.map(|file| Rule {
            effect: Effect::Deny,
            reach: Reach::Part(Resource::Path(file)),
            origin: Origin::Implied("a program that may be run may not be written to"),
        });
        let denials: Vec<_> = denials.collect();
        self.given.rules[Kind::Write as usize].extend(denials);
    }

    fn release(&self) -> Release {
        self.grammar.release
    }
}

/// The port of `:80`, which the network's flags read as that port of this machine.
fn bare_port(row: &Row, element: &str) -> Option<u16> {
    let port = element.strip_prefix(':').filter(|_| row.kind == Kind::Net)?;
    port.parse().ok()
}

/// Splits a list at its commas; since 2.0 a doubled comma in a list of paths is a comma of the path.
fn split(value: &str, row: &Row, release: Release) -> Vec<String> {
    let escapes = row.shape == Shape::Path && release.since(2, 0, 0);
    let mut elements = vec![String::new()];
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        let element = elements.last_mut().expect("the list begins with an element");
        match character {
            ',' if escapes && characters.next_if_eq(&',').is_some() => element.push(','),
            ',' => elements.push(String::new()),
            other => element.push(other),
        }
    }
    elements
}
