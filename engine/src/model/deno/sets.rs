//! Permission sets: what a configuration file grants and denies under a name, for `-P`.

use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::kind::{KINDS, Kind};
use crate::rule::Effect;

/// The set that `-P` means without a name.
pub const DEFAULT: &str = "default";

/// Why a set cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadSet {
    /// The file has no set of that name.
    Missing,
    /// What is written makes no sense.
    Malformed,
}

impl fmt::Display for BadSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadSet::Missing => "the configuration file has no such set",
            BadSet::Malformed => "the configuration file makes no sense",
        })
    }
}

/// What a set says of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The kind.
    pub kind: Kind,
    /// What is done to it.
    pub effect: Effect,
    /// The parts; none where all of it is meant.
    pub parts: Option<Vec<String>>,
}

/// One of the effects, as written: all of a kind or nothing of it, or some parts.
#[derive(Deserialize)]
#[serde(untagged)]
enum Parts {
    All(bool),
    Some(Vec<String>),
}

/// A kind, as written.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Allowed(Parts),
    Each(Effects),
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Effects {
    allow: Option<Parts>,
    deny: Option<Parts>,
    ignore: Option<Parts>,
}

/// Reads the set of a name out of the text of a configuration file; none means the default, which need not be there.
pub fn read(text: &str, name: Option<&str>) -> Result<Vec<Entry>, BadSet> {
    let file: Map<String, Value> = serde_json::from_str(text).map_err(|_| BadSet::Malformed)?;
    let sets = file.get("permissions").and_then(Value::as_object);
    let Some(set) = sets.and_then(|sets| sets.get(name.unwrap_or(DEFAULT))) else {
        return if name.is_none() { Ok(Vec::new()) } else { Err(BadSet::Missing) };
    };
    let set = set.as_object().ok_or(BadSet::Malformed)?;
    let mut entries = Vec::new();
    if let Some(all) = set.get("all") {
        let all = all.as_bool().ok_or(BadSet::Malformed)?;
        // Whatever is said of a kind counts more than what is said of all.
        let others = KINDS.iter().filter(|row| all && !set.contains_key(row.name));
        entries.extend(others.map(|row| Entry {
            kind: row.kind,
            effect: Effect::Grant,
            parts: None,
        }));
    }
    for (name, written) in set.iter().filter(|(name, _)| *name != "all") {
        let row = KINDS.iter().find(|row| row.name == *name).ok_or(BadSet::Malformed)?;
        let written = Written::deserialize(written).map_err(|_| BadSet::Malformed)?;
        let effects = match written {
            Written::Allowed(parts) => Effects { allow: Some(parts), ..Effects::default() },
            Written::Each(effects) => effects,
        };
        let Effects { allow, deny, ignore } = effects;
        let effects = [(Effect::Grant, allow), (Effect::Deny, deny), (Effect::Ignore, ignore)];
        for (effect, parts) in effects {
            let parts = match parts {
                None | Some(Parts::All(false)) => continue,
                Some(Parts::All(true)) => None,
                Some(Parts::Some(parts)) => Some(parts),
            };
            entries.push(Entry { kind: row.kind, effect, parts });
        }
    }
    Ok(entries)
}
