//! Arguments: what each flag of a command line, or of `NODE_OPTIONS`, sets.

use std::fmt;

use super::kind::{KINDS, Kind, Shape};
use crate::release::{Release, Since};

/// What a flag sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Whether something is on.
    Switch(Switch, bool),
    /// A path that a kind is granted for.
    Grant(Kind, String),
    /// A module that is loaded before the program.
    Preload(Preload, String),
    /// A file of environment variables, and whether it must be there.
    EnvironmentFile(String, bool),
    /// A configuration file.
    ConfigurationFile(String),
    /// Something that permissions do not depend on.
    Other,
}

impl Setting {
    /// The file that is loaded or read because of this.
    pub fn file(&self) -> Option<&str> {
        match self {
            Setting::Preload(_, file)
            | Setting::EnvironmentFile(file, _)
            | Setting::ConfigurationFile(file) => Some(file),
            Setting::Switch(..) | Setting::Grant(..) | Setting::Other => None,
        }
    }
}

/// What is on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// The model.
    Permission,
    /// The model, but for its denials.
    Audit,
    /// A kind that has no parts.
    Grant(Kind),
}

/// How a module is loaded before the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preload {
    /// By `--require`.
    Require,
    /// By `--import`.
    Import,
}

/// Why a launch is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The release has no such flag, or not in this place.
    UnknownFlag,
    /// The flag does not take this value, or wants one.
    BadValue,
    /// The flag means nothing without another.
    MissingOption,
    /// The program, or a module that it needs, may not be read.
    Blocked,
}

/// What ends the launch before any code runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadFlag {
    /// The flag without its value, or the file that may not be read.
    pub flag: String,
    /// Why.
    pub refusal: Refusal,
}

impl fmt::Display for BadFlag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flag = &self.flag;
        match self.refusal {
            Refusal::UnknownFlag => write!(f, "this release knows no flag \"{flag}\" here"),
            Refusal::BadValue => write!(f, "{flag} was given what it does not take"),
            Refusal::MissingOption => write!(f, "{flag} means nothing without --permission"),
            Refusal::Blocked => write!(f, "{flag} may not be read; --allow-fs-read would grant it"),
        }
    }
}

impl std::error::Error for BadFlag {}

impl BadFlag {
    /// A flag that is refused.
    pub fn new(flag: &str, refusal: Refusal) -> Self {
        Self { flag: flag.to_owned(), refusal }
    }
}

/// The model's own switch, which 20 does not have (nodejs/node#56201).
pub const PERMISSION: Since = Since(&[Release::new(22, 13, 0), Release::new(23, 5, 0)]);

/// The switch's first name was taken away when the model had become stable (nodejs/node#56240).
const EXPERIMENTAL_UNTIL: Release = Release::new(24, 0, 0);

/// Auditing (nodejs/node#61869).
pub const AUDIT: Since = Since(&[Release::new(24, 20, 0), Release::new(25, 8, 0)]);

/// Configuration files (nodejs/node#57016).
const CONFIGURATION: Since = Since(&[Release::new(22, 16, 0), Release::new(23, 10, 0)]);

/// The flag of a configuration file has its value behind an equals sign, or none (nodejs/node#61610).
const DEFAULT_BY_ITSELF: Since = Since(&[Release::new(24, 19, 0), Release::new(26, 1, 0)]);

/// The name that a configuration file has where none is given.
const DEFAULT_CONFIGURATION: &str = "node.config.json";

/// What a flag is, before its value is read.
enum Flag {
    Switch(Switch),
    Paths(Kind),
    Preload(Preload),
    EnvironmentFile(bool),
    ConfigurationFile,
    DefaultConfiguration,
    Title,
}

impl Flag {
    fn of_name(name: &str, release: Release) -> Option<Self> {
        match name {
            "--permission" => PERMISSION.includes(release).then_some(Switch::Permission),
            "--experimental-permission" => {
                (release < EXPERIMENTAL_UNTIL).then_some(Switch::Permission)
            }
            "--permission-audit" => AUDIT.includes(release).then_some(Switch::Audit),
            _ => None,
        }
        .map(Flag::Switch)
        .or_else(|| match name {
            "-r" | "--require" => Some(Flag::Preload(Preload::Require)),
            "--import" => Some(Flag::Preload(Preload::Import)),
            "--env-file" => Some(Flag::EnvironmentFile(true)),
            "--env-file-if-exists" => Some(Flag::EnvironmentFile(false)),
            "--experimental-config-file" if CONFIGURATION.includes(release) => {
                Some(Flag::ConfigurationFile)
            }
            "--experimental-default-config-file" if CONFIGURATION.includes(release) => {
                Some(Flag::DefaultConfiguration)
            }
            "--title" => Some(Flag::Title),
            _ => {
                let row =
                    KINDS.iter().find(|row| row.flag == name && row.allow.includes(release))?;
                Some(match row.shape {
                    Shape::Unit => Flag::Switch(Switch::Grant(row.kind)),
                    Shape::Path => Flag::Paths(row.kind),
                })
            }
        })
    }

    /// Whether the flag may stand in `NODE_OPTIONS`.
    fn is_option(&self) -> bool {
        !matches!(
            self,
            Flag::EnvironmentFile(_) | Flag::ConfigurationFile | Flag::DefaultConfiguration
        )
    }
}

/// Where arguments stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the command line.
    CommandLine,
    /// In `NODE_OPTIONS`.
    Options,
    /// In the `execArgv` of a worker, which shares its process with others.
    Worker,
}

/// Reads arguments up to the first that is no flag, and says how many there were.
///
/// What stands behind the program's own name belongs to the program; `NODE_OPTIONS` can name none.
pub fn read(
    arguments: &[String],
    place: Place,
    release: Release,
) -> Result<(Vec<Setting>, usize), BadFlag> {
    let mut settings = Vec::new();
    let mut rest = arguments.iter();
    while let Some(written) = rest.as_slice().first() {
        match (written.as_str(), place) {
            ("--", Place::CommandLine | Place::Worker) => {
                rest.next();
                break;
            }
            (program, Place::Options) if !program.starts_with('-') => {
                return Err(BadFlag::new(program, Refusal::UnknownFlag));
            }
            (program, _) if !program.starts_with('-') || program == "-" => break,
            _ => {}
        }
        rest.next();
        settings.push(one(written, &mut rest, place, release)?);
    }
    Ok((settings, arguments.len() - rest.len()))
}

fn one(
    written: &str,
    rest: &mut std::slice::Iter<'_, String>,
    place: Place,
    release: Release,
) -> Result<Setting, BadFlag> {
    let (name, value) = match written.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (written, None),
    };
    let bad = |refusal| BadFlag::new(name, refusal);
    // An underscore in a name is another way to write a hyphen.
    let name = match name.strip_prefix("--") {
        Some(word) => format!("--{}", word.replace('_', "-")),
        None => name.to_owned(),
    };
    let positive = name.strip_prefix("--no-").map(|word| format!("--{word}"));
    let flag = Flag::of_name(positive.as_deref().unwrap_or(&name), release);
    let flag = flag.filter(|flag| match place {
        Place::CommandLine => true,
        Place::Options => flag.is_option(),
        // What is set for all of a process cannot be set for one of its workers.
        // A file that the process would read means nothing to it.
        Place::Worker => !matches!(flag, Flag::Title),
    });
    let flag = match (flag, &positive) {
        (Some(Flag::Switch(switch)), _) => {
            // A value behind a switch is not read, whatever it says.
            return Ok(Setting::Switch(switch, positive.is_none()));
        }
        (Some(flag), None) => flag,
        _ => return Err(bad(Refusal::UnknownFlag)),
    };
    let is_default = match flag {
        Flag::DefaultConfiguration => true,
        Flag::ConfigurationFile => value.is_none() && DEFAULT_BY_ITSELF.includes(release),
        _ => false,
    };
    if is_default {
        return Ok(Setting::ConfigurationFile(DEFAULT_CONFIGURATION.to_owned()));
    }
    let value = match value {
        Some("") => return Err(bad(Refusal::BadValue)),
        Some(value) => value.to_owned(),
        None => {
            let next = rest.as_slice().first().filter(|next| !next.starts_with('-'));
            let next = next.ok_or_else(|| bad(Refusal::BadValue))?.clone();
            rest.next();
            next
        }
    };
    Ok(match flag {
        Flag::Paths(kind) => Setting::Grant(kind, value),
        Flag::Preload(how) => Setting::Preload(how, value),
        Flag::EnvironmentFile(required) => Setting::EnvironmentFile(value, required),
        Flag::ConfigurationFile => Setting::ConfigurationFile(value),
        Flag::Title | Flag::DefaultConfiguration | Flag::Switch(_) => Setting::Other,
    })
}

/// Splits the text of `NODE_OPTIONS` at its spaces; double quotes keep one together, and a backslash in them a quote.
pub fn split(text: &str) -> Result<Vec<String>, BadFlag> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            ' ' if !quoted => words.extend(word.take()),
            // Quotes around nothing make no word.
            '"' => quoted = !quoted,
            '\\' if quoted => word.get_or_insert_default().extend(characters.next()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    match quoted {
        true => Err(BadFlag::new("NODE_OPTIONS", Refusal::BadValue)),
        false => Ok(words),
    }
}
