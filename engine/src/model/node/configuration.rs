//! Configuration files: what the `permission` namespace and `nodeOptions` of one set.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::arguments::{self, BadFlag, Place, Refusal, Setting, Switch};
use crate::release::{Release, Since};

/// There is a namespace for permissions (nodejs/node#60746); before, it was overlooked like any other that is unknown.
const NAMESPACE: Since = Since(&[Release::new(24, 16, 0), Release::new(25, 4, 0)]);

/// A namespace that is there turns on what it configures (nodejs/node#60798).
const TURNS_ON: Since = Since(&[Release::new(25, 4, 0)]);

/// A file says which major version it is for, or is several in one (nodejs/node#63033).
const VERSIONS: Since = Since(&[Release::new(26, 2, 0)]);

/// Reads the text of a configuration file.
pub fn read(text: &str, release: Release) -> Result<Vec<Setting>, BadFlag> {
    let bad = |key: &str, refusal| BadFlag::new(key, refusal);
    let no_file = || bad("the configuration file", Refusal::BadValue);
    let Pairs(file) = serde_json::from_str::<Pairs<Box<RawValue>>>(text).map_err(|_| no_file())?;
    // Only what describes a file may stand beside several files in one.
    let fields = file.iter().filter(|(name, _)| name != "$schema").count();
    let mut settings = Vec::new();
    let mut named = BTreeSet::new();
    for (namespace, written) in file {
        let is_permission = match namespace.as_str() {
            "nodeOptions" => false,
            "permission" if NAMESPACE.includes(release) => true,
            "nodeVersion" if VERSIONS.includes(release) => match written.get().parse::<u32>() {
                Ok(major) if release.major == major => continue,
                _ => return Err(bad(&namespace, Refusal::BadValue)),
            },
            "configs" if VERSIONS.includes(release) && fields > 1 => {
                return Err(bad(&namespace, Refusal::BadValue));
            }
            "configs" if VERSIONS.includes(release) => {
                let configs: Vec<Versioned> =
                    serde_json::from_str(written.get()).map_err(|_| no_file())?;
                let ours = configs.iter().find(|config| config.node_version == release.major);
                return read(ours.ok_or_else(no_file)?.config.get(), release);
            }
            // What else a file configures is none of a permission's business.
            "$schema" | "test" | "watch" => continue,
            "testRunner" if NAMESPACE.includes(release) => {
                return Err(bad(&namespace, Refusal::BadValue));
            }
            _ if NAMESPACE.includes(release) => return Err(bad(&namespace, Refusal::UnknownFlag)),
            _ => continue,
        };
        let options = serde_json::from_str::<Pairs<Value>>(written.get());
        let Pairs(options) = options.map_err(|_| bad(&namespace, Refusal::BadValue))?;
        if is_permission && TURNS_ON.includes(release) {
            // Whatever else the file says of the switch counts more, wherever it stands.
            settings.insert(0, Setting::Switch(Switch::Permission, true));
        }
        for (name, value) in options {
            let made = option(&name, &value, release)?;
            let belongs = made.iter().all(|setting| match setting {
                Setting::Grant(..) | Setting::Switch(Switch::Grant(_), _) => true,
                Setting::Switch(Switch::Permission, _) => TURNS_ON.includes(release),
                _ => false,
            });
            if is_permission && !belongs {
                return Err(bad(&name, Refusal::UnknownFlag));
            }
            if !named.insert(name.clone()) && NAMESPACE.includes(release) {
                return Err(bad(&name, Refusal::BadValue));
            }
            settings.extend(made);
        }
    }
    Ok(settings)
}

/// One of several files in one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Versioned {
    node_version: u32,
    config: Box<RawValue>,
}

/// The settings that one option makes; a list makes one for each of its elements.
fn option(name: &str, value: &Value, release: Release) -> Result<Vec<Setting>, BadFlag> {
    let bad = |refusal| BadFlag::new(name, refusal);
    // Only here a flag has one name: neither its negation nor another spelling is known.
    if name.starts_with("no-") || name.starts_with('-') || name.contains('_') {
        return Err(bad(Refusal::UnknownFlag));
    }
    let read = |arguments: &[String]| {
        arguments::read(arguments, Place::Options, release).map(|(settings, _)| settings)
    };
    let flag = format!("--{name}");
    let text = |value: &Value| {
        value.as_str().map(|text| format!("{flag}={text}")).ok_or_else(|| bad(Refusal::BadValue))
    };
    let alone = read(std::slice::from_ref(&flag));
    let is_switch = matches!(alone.as_deref(), Ok([Setting::Switch(..)]));
    match value {
        Value::Bool(true) if is_switch => read(&[flag]),
        Value::Bool(false) if is_switch => read(&[format!("--no-{name}")]),
        Value::String(_) if !is_switch => read(&[text(value)?]),
        Value::Array(elements) if !is_switch => {
            read(&elements.iter().map(text).collect::<Result<Vec<_>, _>>()?)
        }
        // A name that is unknown is told before its value is.
        _ => match read(&[format!("{flag}=value")]) {
            Err(unknown) if unknown.refusal == Refusal::UnknownFlag => Err(unknown),
            _ => Err(bad(Refusal::BadValue)),
        },
    }
}

/// The fields of an object in the order written, each as often as it is there.
struct Pairs<V>(Vec<(String, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Pairs<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<V>(std::marker::PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for Fields<V> {
            type Value = Pairs<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Fields(std::marker::PhantomData))
    }
}
