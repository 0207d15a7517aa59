//! Configuration files: what the `permission` namespace and `nodeOptions` of one set.

use serde_json::{Map, Value};

use super::arguments::{self, BadFlag, Place, Refusal, Setting, Switch};
use crate::release::{Release, Since};

/// There is a namespace for permissions (nodejs/node#60746); before, it was overlooked like any other that is unknown.
const NAMESPACE: Since = Since(&[Release::new(24, 16, 0), Release::new(25, 4, 0)]);

/// A namespace that is there turns on what it configures (nodejs/node#60798).
const TURNS_ON: Since = Since(&[Release::new(25, 4, 0)]);

/// Reads the text of a configuration file.
pub fn read(text: &str, release: Release) -> Result<Vec<Setting>, BadFlag> {
    let bad = |key: &str, refusal| BadFlag::new(key, refusal);
    let file: Map<String, Value> = serde_json::from_str(text)
        .map_err(|_| bad("the configuration file", Refusal::BadValue))?;
    let mut settings = Vec::new();
    for (namespace, options) in &file {
        match namespace.as_str() {
            "nodeOptions" => {}
            "permission" if NAMESPACE.includes(release) => {}
            // What else a file configures is none of a permission's business.
            "$schema" | "nodeVersion" | "test" | "testRunner" | "watch" => continue,
            _ if NAMESPACE.includes(release) => return Err(bad(namespace, Refusal::UnknownFlag)),
            _ => continue,
        }
        let options = options.as_object().ok_or_else(|| bad(namespace, Refusal::BadValue))?;
        if namespace == "permission" && TURNS_ON.includes(release) {
            settings.push(Setting::Switch(Switch::Permission, true));
        }
        for (name, value) in options {
            settings.extend(option(name, value, release)?);
        }
    }
    Ok(settings)
}

/// The settings that one option makes; a list makes one for each of its elements.
fn option(name: &str, value: &Value, release: Release) -> Result<Vec<Setting>, BadFlag> {
    let bad = || BadFlag::new(name, Refusal::BadValue);
    let read = |arguments: &[String]| {
        arguments::read(arguments, Place::Options, release).map(|(settings, _)| settings)
    };
    let flag = format!("--{name}");
    let text = |value: &Value| value.as_str().map(|text| format!("{flag}={text}")).ok_or_else(bad);
    let is_switch = matches!(
        read(std::slice::from_ref(&flag)).as_deref(),
        Ok([Setting::Switch(..)])
    );
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
            _ => Err(bad()),
        },
    }
}
