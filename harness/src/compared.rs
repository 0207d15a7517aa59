//! The comparison of the models: for the same intent the flags of each, what each promises, and where they differ.
//!
//! The page is made from data, from clauses, and from what the reference engine answers; a test keeps it up to date.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use permscope_engine::model::Model;
use serde::Deserialize;
use serde_json::Value;

use crate::corpus::Corpus;
use crate::corpus::fixture::Fixture;
use crate::implementation::Implementation;
use crate::implementation::reference::Reference;
use crate::launch::{Launch, Names};
use crate::wire::{Action, Reply, Script, Step};

/// The file below the corpus that says what is compared, and the fixture of the same name that the engine answers in.
pub const FILE: &str = "compared.toml";

/// The page that is made of it.
pub const PAGE: &str = "COMPARED.md";

/// Where the fixture lies.
const ROOT: &str = "/srv";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Comparison {
    #[serde(rename = "intent")]
    intents: Vec<Intent>,
}

/// Something that a user wants, in the words of each model.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Intent {
    title: String,
    deno: Wording,
    node: Wording,
    #[serde(default)]
    ask: Vec<Question>,
    /// Where the models differ by design.
    differ: String,
}

/// The flags that say it, and the clauses that promise what they mean.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wording {
    flags: Vec<String>,
    clauses: Vec<String>,
}

/// A question, as each model puts it; none where it has no words for it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    what: String,
    #[serde(default)]
    deno: Option<Value>,
    #[serde(default)]
    node: Option<Value>,
}

/// The page, in Markdown.
pub fn page(corpus: &Corpus, folder: &Path, fixtures: &Path) -> Result<String> {
    let read = |path: &Path| {
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let path = folder.join(FILE);
    let comparison: Comparison = toml::from_str(&read(&path)?)
        .with_context(|| format!("cannot read the comparison {}", path.display()))?;
    let path = fixtures.join(FILE);
    let fixture = Fixture::read(&path, &read(&path)?)?;
    let newest = |model: Model| *model.releases().last().expect("a model has releases");
    let mut text = format!(
        "# Two models, side by side\n\n\
         For the same intent: the flags of each model, what the reference engine answers as Deno {} and as Node {}, what each model promises, and where they differ by design.\n\
         This page is made from `{FILE}` and the clauses; `PERMSCOPE_UPDATE=1 cargo test --package permscope --test promises` makes it anew.\n",
        newest(Model::Deno),
        newest(Model::Node),
    );
    for Intent { title, deno, node, ask, differ } in &comparison.intents {
        let _ = write!(text, "\n## {title}\n\n| | Deno | Node |\n|---|---|---|\n");
        let flags = |wording: &Wording| match &wording.flags[..] {
            [] => "no flag".to_owned(),
            flags => format!("`{}`", flags.join(" ")),
        };
        let _ = writeln!(text, "| flags | {} | {} |", flags(deno), flags(node));
        for Question { what, deno: as_deno, node: as_node } in ask {
            let answer = |model, wording: &Wording, question: &Option<Value>| match question {
                Some(question) => answer(model, &wording.flags, question, &fixture),
                None => "cannot be asked".to_owned(),
            };
            let (deno, node) =
                (answer(Model::Deno, deno, as_deno), answer(Model::Node, node, as_node));
            let _ = writeln!(text, "| {what} | {deno} | {node} |");
        }
        for (model, wording) in [("Deno", deno), ("Node", node)] {
            let _ = write!(text, "\n{model} promises:\n\n");
            for id in &wording.clauses {
                let clause = corpus.clause(id);
                let clause = clause.with_context(|| format!("there is no clause \"{id}\""))?;
                let _ = writeln!(text, "* {} (`{id}`)", clause.promise);
            }
        }
        let _ = write!(text, "\n{}\n", sentences(differ));
    }
    Ok(text)
}

/// A text with a line for each of its sentences.
fn sentences(text: &str) -> String {
    text.replace(". ", ".\n")
}

/// What the reference engine answers at the newest release of a model.
fn answer(model: Model, flags: &[String], question: &Value, fixture: &Fixture) -> String {
    let release = *model.releases().last().expect("a model has releases");
    let launch = Launch { flags: flags.to_vec(), ..Launch::bare() };
    let reference = Reference(model);
    let script = Script {
        id: 0,
        launch: launch.to_wire(fixture, Names { root: ROOT, ..Names::of_nowhere(release) }),
        place: None,
        permissions: None,
        steps: vec![Step { action: Action::Query(question.clone()), answer: None }],
    };
    let replies = match reference.launch(&script.launch) {
        Ok(mut session) => session.act(&script).unwrap_or_default(),
        Err(_) => return "the launch is refused".to_owned(),
    };
    match replies.first().and_then(Reply::answered) {
        Some(answered) if answered.partial => format!("{}, in part", answered.answer.name()),
        Some(answered) => answered.answer.name().to_owned(),
        None => "no answer".to_owned(),
    }
}
