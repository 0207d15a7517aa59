//! The questions that flags touch: what they name, what lies in it, around it and beside it.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use permscope_engine::model::Model;
use permscope_engine::resource::Resource;
use permscope_engine::resource::name::Name;
use permscope_engine::resource::pattern::Pattern;
use permscope_engine::resource::program::Program;
use permscope_engine::rule::{Origin, Reach};
use permscope_engine::world::{Entry, World};

use crate::explain::launched::{Launched, reached};
use crate::explain::question::{Question, kinds};

/// What is asked about the flags of a launch: of each kind that they touch the whole, what they name of it, and what lies around that.
pub(super) fn questions(model: Model, before: &Launched, after: &Launched) -> Vec<Question> {
    let rules: Vec<_> = before.rules().into_iter().chain(after.rules()).collect();
    let is_given = |origin: &Origin| !matches!(origin, Origin::Default(_));
    let touched: BTreeSet<_> =
        rules.iter().filter(|(_, rule)| is_given(&rule.origin)).map(|(kind, _)| *kind).collect();
    let mut questions: Vec<Question> = Vec::new();
    for kind in kinds(model) {
        // The switch of Node's model touches every kind.
        if model == Model::Deno && !touched.contains(kind) {
            continue;
        }
        let of_kind = rules.iter().filter(|(of, _)| *of == kind);
        let parts = of_kind.flat_map(|(_, rule)| around(kind, &rule.reach)).map(Some);
        for part in std::iter::once(None).chain(parts) {
            let question = Question { kind, part };
            if !questions.contains(&question) {
                questions.push(question);
            }
        }
    }
    questions
}

/// The world where what Node's flags name as a path, and what is not there, is a directory; and those paths.
pub(super) fn furnished(world: &Arc<World>, launched: &Launched) -> (Arc<World>, Vec<String>) {
    let mut furnished = World::clone(world);
    let mut named = BTreeSet::new();
    for (_, rule) in launched.rules() {
        if let Reach::Part(Resource::Pattern(Pattern::One(path))) = &rule.reach
            && world.resolve(path).is_none()
        {
            furnished.entries.insert(path.clone(), Entry::Directory);
            named.insert(path.to_string());
        }
    }
    (Arc::new(furnished), named.into_iter().collect())
}

/// What a rule names, something just inside of that and just beside it, and what it lies in.
pub(super) fn around(kind: &str, reach: &Reach) -> Vec<String> {
    let Reach::Part(resource) = reach else {
        return Vec::new();
    };
    let written = reached(reach);
    match resource {
        Resource::Path(_) | Resource::Pattern(Pattern::One(_)) => around_path(&written),
        Resource::Pattern(Pattern::Prefix { prefix, .. }) => match prefix.strip_suffix('/') {
            Some(directory) => [around_path(directory), vec![written]].concat(),
            None => {
                let directory = prefix.rsplit_once('/').map_or("", |(directory, _)| directory);
                let beside = format!("{directory}/beside");
                let inside = format!("{prefix}inside");
                vec![prefix.to_string(), inside, beside, absolute(directory), written]
            }
        },
        Resource::Name(Name::Exact(name)) if kind == "sys" => {
            let other = ["hostname", "osRelease"].into_iter().find(|other| *other != &**name);
            vec![written].into_iter().chain(other.map(str::to_owned)).collect()
        }
        // What is a pattern to one of the releases is a name to the other.
        Resource::Name(Name::Exact(name)) if name.ends_with('*') => vec![written],
        Resource::Name(Name::Exact(name)) => vec![written, format!("{name}_BESIDE")],
        Resource::Name(Name::Prefix(prefix)) => {
            let mut shorter = prefix.to_string();
            shorter.pop();
            vec![prefix.to_string(), format!("{prefix}INSIDE"), shorter]
        }
        Resource::Host(_) => around_host(&written),
        Resource::Program(program) => match program {
            Program::Named(name) => {
                vec![written, format!("/bin/{name}"), format!("{name}-beside")]
            }
            Program::Missing(name) => vec![written, format!("{name}-beside")],
            Program::File(path) | Program::Found(path) | Program::Tree(path) => {
                [vec![path.file_name().to_owned()], around_path(&written)].concat()
            }
        },
    }
}

fn around_path(path: &str) -> Vec<String> {
    match path.rsplit_once('/') {
        Some((_, "")) | None => vec!["/".to_owned(), "/inside".to_owned()],
        Some((parent, _)) => {
            vec![
                path.to_owned(),
                format!("{path}/inside"),
                format!("{path}-beside"),
                absolute(parent),
            ]
        }
    }
}

/// A directory by its path without the last separator, which the root has lost.
fn absolute(directory: &str) -> String {
    if directory.is_empty() { "/".to_owned() } else { directory.to_owned() }
}

fn around_host(host: &str) -> Vec<String> {
    if let Some(path) = host.strip_prefix("unix:") {
        return vec![host.to_owned(), format!("unix:{path}-beside")];
    }
    if let Some((context, port)) = host.strip_prefix("vsock:").and_then(|it| it.split_once(':')) {
        let beside = port.parse().map_or(0, |port: u32| port.wrapping_add(1));
        return vec![host.to_owned(), format!("vsock:{context}:{beside}")];
    }
    let (place, port) = match host.rsplit_once(':') {
        Some((place, port)) if !port.ends_with(']') => (place, Some(port)),
        _ => (host, None),
    };
    let (inside, beside) = match (place.strip_prefix("*."), place.split_once('/')) {
        (Some(domain), _) => (vec![format!("inside.{domain}"), domain.to_owned()], None),
        (None, Some((first, length))) => {
            let first: Option<Ipv4Addr> = first.parse().ok();
            let size = length.parse().ok().and_then(|length: u32| 1_u32.checked_shl(32 - length));
            let next = first.zip(size).and_then(|(first, size)| address_after(first, size));
            (first.iter().map(ToString::to_string).collect(), next)
        }
        (None, None) => {
            let beside = match place.parse().ok() {
                Some(address) => address_after(address, 1),
                None if place.starts_with('[') => None,
                None => Some(format!("beside.{place}")),
            };
            (vec![place.to_owned()], beside)
        }
    };
    let mut hosts: Vec<String> = inside.iter().cloned().chain(beside).collect();
    match port {
        None => hosts.extend(inside.iter().map(|place| format!("{place}:443"))),
        Some(port) => {
            let other = port.parse().map_or(443, |port: u16| port.wrapping_add(1));
            hosts.extend(inside.iter().map(|place| format!("{place}:{port}")));
            hosts.extend(inside.iter().map(|place| format!("{place}:{other}")));
        }
    }
    hosts
}

fn address_after(address: Ipv4Addr, distance: u32) -> Option<String> {
    Some(Ipv4Addr::from(u32::from(address).checked_add(distance)?).to_string())
}
