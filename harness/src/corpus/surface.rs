//! Surfaces: the places where a grant can be written, which are to mean the same.
//!
//! A case that names surfaces is written once, with flags, and becomes a case for each.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::case::{Case, Scope};
use super::fixture::{Content, Entry, Fixture};
use crate::launch::ROOT;
use crate::wire::{Capability, Command, Place};

/// The file that a permission set is written to, in the fixture's folder.
const CONFIGURATION: &str = "deno.json";

/// A place where grants can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Surface {
    /// The command line, as the case has it.
    Flags,
    /// A set in Deno's configuration file, which `-P` grants.
    Set,
    /// The permissions of a test, of a program that has them all.
    Test,
    /// The permissions of a worker, of a program that has them all; of Node, the flags of a worker.
    Worker,
    /// Node's variable for flags.
    Options,
    /// The flags of a process that an unrestricted program starts; Node's only.
    Child,
}

/// What a flag says of a kind.
struct Said<'f> {
    effect: &'f str,
    kind: &'f str,
    parts: Value,
}

impl Surface {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Surface::Flags => "flags",
            Surface::Set => "set",
            Surface::Test => "test",
            Surface::Worker => "worker",
            Surface::Options => "options",
            Surface::Child => "child",
        }
    }

    /// The case with what its flags say written here instead, and its fixture where that has to hold more; the error says what cannot be written here.
    pub fn express(
        self,
        case: &Case,
        fixture: &Fixture,
    ) -> Result<(Case, Option<Fixture>), String> {
        let mut case = case.clone();
        case.id = format!("{}@{}", case.id, self.name());
        let flags = std::mem::take(&mut case.launch.flags);
        let mut own = None;
        match self {
            Surface::Flags => case.launch.flags = flags,
            Surface::Set => {
                let mut set = Map::new();
                for said in said(&flags)? {
                    let kind = set.entry(said.kind).or_insert_with(|| json!({}));
                    kind[said.effect] = said.parts;
                }
                let text = json!({ "permissions": { "default": set } }).to_string();
                let text = text.replace(ROOT, ".");
                let mut fixture = fixture.clone();
                let entry = Entry { path: CONFIGURATION.to_owned(), content: Content::File(text) };
                fixture.entries.push(entry);
                own = Some(fixture);
                case.needs.insert(Capability::CommandLine);
                case.launch.flags =
                    vec![format!("--config={ROOT}/{CONFIGURATION}"), "-P".to_owned()];
            }
            Surface::Test | Surface::Worker if case.model.name() == "deno" => {
                let mut permissions = Map::new();
                for Said { effect, kind, parts } in said(&flags)? {
                    if effect != "allow" {
                        return Err(format!("`{}` cannot express a denial", self.name()));
                    }
                    permissions.insert(kind.to_owned(), parts);
                }
                let place = if self == Surface::Test { Place::Test } else { Place::Worker };
                case.scope = Some(Scope { place, permissions: Value::Object(permissions) });
                case.launch.flags = vec!["--allow-all".to_owned()];
                case.launch.command = match place {
                    Place::Test => Command::Test,
                    Place::Worker | Place::Child => Command::Run,
                };
            }
            Surface::Worker | Surface::Child => {
                let place = if self == Surface::Child { Place::Child } else { Place::Worker };
                case.scope = Some(Scope { place, permissions: json!({ "execArgv": flags }) });
            }
            Surface::Options => {
                let options = ("NODE_OPTIONS".to_owned(), flags.join(" "));
                case.launch.environment.extend([options]);
            }
            Surface::Test => return Err("Node has no `test` surface".to_owned()),
        }
        Ok((case, own))
    }
}

/// What flags say, kind by kind; only flags whose meaning stands in them can be written elsewhere.
fn said(flags: &[String]) -> Result<Vec<Said<'_>>, String> {
    let read = |flag: &'_ String| -> Option<(usize, usize)> {
        let name = flag.split('=').next()?.strip_prefix("--")?;
        let (effect, _) = name.split_once('-')?;
        ["allow", "deny", "ignore"].contains(&effect).then_some((2 + effect.len(), 2 + name.len()))
    };
    let mut all = Vec::new();
    for flag in flags {
        let (hyphen, end) = read(flag)
            .filter(|_| flag != "--allow-all")
            .ok_or_else(|| format!("{flag} can be written on the command line only"))?;
        let parts = match flag[end..].strip_prefix('=') {
            None => Value::Bool(true),
            Some(list) => list.split(',').map(Value::from).collect(),
        };
        all.push(Said { effect: &flag[2..hyphen], kind: &flag[hyphen + 1..end], parts });
    }
    Ok(all)
}
