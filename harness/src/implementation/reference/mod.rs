//! The reference engine, in this process: a model a file.

mod deno;
mod node;

use permscope_engine::model::Model;
use permscope_engine::release::Release;
use permscope_engine::rule::{Origin, Rule};
use permscope_engine::value::Value;
use permscope_engine::world::{Entry, Platform, World};

use super::{Implementation, Session};
use crate::operation;
use crate::wire::{Capability, FileKind, Hello, Launch, PROTOCOL, Refusal, Refused};

/// The name that the reference engine is attached by.
pub const NAME: &str = "reference";

/// The reference engine, as one model.
#[derive(Clone, Copy, Debug)]
pub struct Reference(pub Model);

impl Implementation for Reference {
    fn hello(&self) -> Hello {
        let capabilities = match self.0 {
            Model::Deno => deno::CAPABILITIES,
            Model::Node => node::CAPABILITIES,
        };
        let uses = operation::names(self.0).map(Capability::Use);
        Hello {
            protocol: PROTOCOL,
            name: NAME.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: self.0.name().to_owned(),
            releases: self.0.releases().iter().map(ToString::to_string).collect(),
            capabilities: capabilities.iter().copied().chain(uses).collect(),
            kinds: None,
            window: None,
        }
    }

    fn launch(&self, launch: &Launch) -> Result<Box<dyn Session + '_>, Refused> {
        let release: Release = launch
            .release
            .parse()
            .map_err(|error| refused(Refusal::BadValue, format!("{error}")))?;
        match self.0 {
            Model::Deno => deno::launch(launch, release),
            Model::Node => node::launch(launch, release),
        }
    }
}

/// A launch that ends before any code runs; whoever was sent a script puts its number in.
fn refused(reason: Refusal, message: String) -> Refused {
    Refused { id: 0, reason, message: Some(message) }
}

/// The surroundings that a launch describes.
fn world(launch: &Launch) -> World {
    let mut world = World::empty(Platform::Unix, &launch.directory);
    world.search_path = launch.search_path.iter().map(|path| world.path(path)).collect();
    world.environment = launch.environment.clone();
    world.terminal = launch.terminal;
    for file in &launch.files {
        let path = world.path(&file.path);
        let entry = match file.kind {
            FileKind::File => Entry::File,
            FileKind::Directory => Entry::Directory,
            FileKind::Program => Entry::Program,
            FileKind::Link => {
                let beside = path.parent().unwrap_or_else(|| path.clone());
                let target = file.target.as_deref().unwrap_or_default();
                Entry::Link(beside.join(target, Platform::Unix))
            }
        };
        if let Some(text) = &file.text {
            world.texts.insert(path.clone(), text.clone());
        }
        world.entries.insert(path, entry);
    }
    world
}

/// Which rule settled a question, for whoever asks why.
fn because(rule: &Rule) -> String {
    match &rule.origin {
        Origin::Flag(flag) => format!("because of {flag}"),
        Origin::Default(why) | Origin::Implied(why) => format!("because {why}"),
        Origin::Prompt => "because of the answer to a request".to_owned(),
        Origin::Options => "because of the scope's permissions".to_owned(),
    }
}

/// A value of the wire as a script would hand it over.
pub(crate) fn value(written: &serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match written {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Bool(*bool),
        Json::Number(number) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(elements) => Value::List(elements.iter().map(value).collect()),
        Json::Object(fields) => {
            let mut pairs = fields.iter();
            match (pairs.next(), pairs.next()) {
                (Some((key, Json::String(url))), None) if key == "$url" => Value::Url(url.clone()),
                (Some((key, Json::Bool(true))), None) if key == "$null" => Value::Null,
                (Some((key, Json::Bool(true))), None) if key == "$undefined" => Value::Undefined,
                _ => Value::Object(
                    fields.iter().map(|(key, field)| (key.clone(), value(field))).collect(),
                ),
            }
        }
    }
}
