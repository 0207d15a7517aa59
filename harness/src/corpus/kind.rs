//! The kinds that a case is about: what it asks, what it does, and what its launch and its scope grant or deny.

use permscope_engine::model::{Model, deno, node};
use serde_json::Value;

use super::case::Case;
use crate::operation;
use crate::wire::Action;

/// The kinds that a case names, in its steps, its flags and its permissions; some more than once.
pub fn kinds(case: &Case) -> impl Iterator<Item = &str> {
    let model = case.model;
    let in_steps = case.steps().iter().flat_map(move |step| {
        let (asked, used) = match &step.action {
            Action::Query(descriptor)
            | Action::Request(descriptor)
            | Action::Revoke(descriptor)
            | Action::Drop(descriptor) => (name_of(descriptor), None),
            Action::Use(operation) => (None, name_of(operation)),
        };
        let required = used.into_iter().flat_map(move |name| operation::kinds(model, name));
        let required = required.map(|kind: &'static str| -> &str { kind });
        asked.into_iter().chain(required)
    });
    let permissions = case.scope.as_ref().map(|scope| &scope.permissions);
    let options = permissions.filter(|_| model == Model::Deno).and_then(Value::as_object);
    let in_options = options.into_iter().flat_map(|options| options.keys().map(String::as_str));
    let arguments = permissions.and_then(|permissions| permissions.get("execArgv")?.as_array());
    let arguments = arguments.into_iter().flatten().filter_map(Value::as_str);
    let of_launch = case.launch.environment.get(NODE_OPTIONS).map(String::as_str);
    let of_scope =
        permissions.and_then(|permissions| permissions.get("env")?.get(NODE_OPTIONS)?.as_str());
    let variables = of_launch.into_iter().chain(of_scope).flat_map(str::split_whitespace);
    let flags = case.launch.flags.iter().map(String::as_str).chain(arguments).chain(variables);
    in_steps.chain(in_options).chain(flags.flat_map(move |flag| kinds_of_flag(model, flag)))
}

/// The name in a descriptor or an operation, if it has one.
pub fn name_of(value: &Value) -> Option<&str> {
    value.get("name")?.as_str()
}

/// The kinds that a flag names; none where it is about something else, or about all of them.
fn kinds_of_flag(model: Model, flag: &str) -> impl Iterator<Item = &str> {
    let (flag, _value) = flag.split_once('=').unwrap_or((flag, ""));
    let long = ["--allow-", "--deny-", "--ignore-"];
    let long = long.into_iter().find_map(|effect| flag.strip_prefix(effect));
    // Several letters stand behind one hyphen, as in `-RW`.
    let letters = flag.strip_prefix('-').filter(|letters| !letters.starts_with('-'));
    let is_named = move |row: &&deno::kind::Row| {
        let is_short = |letters: &str| row.short.is_some_and(|short| letters.contains(short));
        model == Model::Deno && (long == Some(row.name) || letters.is_some_and(is_short))
    };
    let of_deno = deno::kind::KINDS.iter().filter(is_named).map(|row| row.name);
    let switch = flag.strip_prefix("--no-").or(flag.strip_prefix("--"));
    let is_granted =
        move |row: &&node::kind::Row| model == Model::Node && row.flag.strip_prefix("--") == switch;
    // Nothing asks about virtual file systems, so that only the flag has a name for them.
    let of_node = node::kind::KINDS.iter().filter(is_granted).map(|row| match row.scope {
        "" => "fs.vfs",
        scope => scope,
    });
    of_deno.chain(of_node)
}

/// The variable that holds flags of Node.
const NODE_OPTIONS: &str = "NODE_OPTIONS";
