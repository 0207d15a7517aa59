//! The protocol as a stranger reads it: its schemas, its page and its examples say what is really spoken.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use permscope::corpus::Corpus;
use permscope::implementation::attach::WINDOW;
use permscope::implementation::reference::Reference;
use permscope::implementation::stdio::serve;
use permscope::launch::{NOWHERE, Names};
use permscope::observation::Observation;
use permscope::operation::{OPERATIONS, Operation};
use permscope::project::Project;
use permscope::wire::{
    self, Answer, Capability, FromImplementation, Refusal, Rejection, Reply, ToImplementation,
};
use permscope_engine::model::Model;
use schemars::JsonSchema;
use serde_json::{Value, json};

/// The most lines that an adapter has: whoever copies one should have read it whole.
const LONGEST_ADAPTER: usize = 60;

fn project() -> Project {
    Project::find(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("the tests run in a checkout")
}

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("PROTOCOL.md");
    fs::read_to_string(path).expect("the page can be read")
}

/// The text of an example, by its name and its file.
fn example(name: &str, file: &str) -> String {
    let path = project().implementations().join(name).join(file);
    fs::read_to_string(path).expect("the example can be read")
}

/// What is made of a schema, by whom a message is to or from, and which it is.
struct Schemas(BTreeMap<String, Validator>);

impl Schemas {
    fn new() -> Self {
        let compile = |(name, text): (String, String)| {
            let schema = serde_json::from_str(&text).expect("a schema is JSON");
            (name, jsonschema::validator_for(&schema).expect("it is a schema"))
        };
        Self(wire::schemas().into_iter().map(compile).collect())
    }

    /// Whether a line is a message, and which; the error says what is wrong with it.
    fn check(&self, direction: &str, line: &str) -> Result<String, String> {
        let message: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let name = message.as_object().and_then(|fields| fields.keys().next());
        let name = format!("{direction}-{}", name.map_or("", String::as_str));
        let schema = self.0.get(&name).ok_or_else(|| format!("there is no {name}"))?;
        match schema.validate(&message) {
            Ok(()) => Ok(name),
            Err(error) => Err(format!("{line}: {error} at {}", error.instance_path())),
        }
    }
}

#[test]
fn the_schemas_are_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("protocol");
    let schemas = wire::schemas().into_iter();
    let schemas: BTreeMap<PathBuf, String> =
        schemas.map(|(name, text)| (folder.join(format!("{name}.schema.json")), text)).collect();
    let files = || {
        let entries = fs::read_dir(&folder).expect("the folder can be read");
        entries.map(|entry| entry.expect("its entries can, too").path())
    };
    if std::env::var_os("PERMSCOPE_UPDATE").is_some() {
        for file in files().filter(|file| !schemas.contains_key(file)) {
            fs::remove_file(file).expect("the file can be removed");
        }
        for (path, text) in &schemas {
            fs::write(path, text).expect("the file can be written");
        }
    }
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("the file can be read");
        (path, text)
    };
    let checked_in: BTreeMap<_, _> = files().map(read).collect();
    assert!(
        checked_in == schemas,
        "{} is out of date; write it anew with PERMSCOPE_UPDATE=1 cargo test --package permscope --test protocol",
        folder.display()
    );
}

#[test]
fn every_real_message_is_of_its_schema() {
    let project = project();
    let corpus = Corpus::read(&project.corpus(), &[project.fixtures()], &[])
        .unwrap_or_else(|error| panic!("{error:#}"));
    let schemas = Schemas::new();
    let mut seen = BTreeSet::new();
    for &model in Model::ALL {
        // What is sent is another at another release only where the release itself is said.
        let modelled = model.releases();
        for &release in modelled.first().into_iter().chain(modelled.last()) {
            let names = Names::of_nowhere(release);
            let cases = corpus.cases.iter().filter(|case| case.model == model);
            let cases = cases.filter(|case| case.releases.contain(release));
            let script = |(id, case): (usize, &permscope::corpus::case::Case)| {
                let fixture = &corpus.fixtures[&case.launch.fixture];
                ToImplementation::Run(Box::new(case.to_wire(id as u64, fixture, names)))
            };
            let hello = json!({ "hello": { "protocol": { "min": 1, "max": 1 } } });
            let runs = cases.enumerate().map(script);
            let runs = runs.map(|run| serde_json::to_value(run).expect("a message is JSON"));
            let sent: Vec<_> = [hello].into_iter().chain(runs).map(|it| it.to_string()).collect();
            let answers = answers(model, &sent);
            assert_eq!(sent.len(), answers.len(), "each message has one answer");
            let all = sent.iter().map(|line| ("to-implementation", line));
            let all = all.chain(answers.iter().map(|line| ("from-implementation", line)));
            for (direction, line) in all {
                seen.insert(schemas.check(direction, line).unwrap_or_else(|why| panic!("{why}")));
            }
        }
    }
    // The reference engine has no defects, knows all that it claims to, and needs no terminal to ask.
    let unseen: Vec<_> = schemas.0.keys().filter(|name| !seen.contains(*name)).collect();
    assert_eq!(
        unseen,
        [
            "from-implementation-error",
            "from-implementation-step",
            "from-implementation-unsupported"
        ]
    );
}

/// What the reference engine answers to messages.
fn answers(model: Model, sent: &[String]) -> Vec<String> {
    let mut output = Vec::new();
    let input = sent.join("\n");
    serve(&Reference(model), BufReader::new(input.as_bytes()), &mut output).expect("it is served");
    let output = String::from_utf8(output).expect("a message is UTF-8");
    output.lines().map(str::to_owned).collect()
}

#[test]
fn a_schema_takes_what_the_harness_takes() {
    let answered = |step: Value| json!({ "result": { "id": 1, "steps": [step] } });
    let hello = |more: Value| {
        let mut hello = json!({
            "protocol": 1, "name": "x", "version": "1", "model": "deno", "releases": [], "capabilities": [],
        });
        hello
            .as_object_mut()
            .expect("it is one")
            .extend(more.as_object().expect("so is it").clone());
        json!({ "hello": hello })
    };
    let taken = [
        json!({ "error": { "id": 1, "message": "x" } }),
        json!({ "unsupported": { "id": 1, "reason": "x" } }),
        json!({ "unsupported": { "id": 1, "reason": "x", "since": "a newer protocol" } }),
        answered(json!({ "unsupported": "x" })),
        answered(json!({ "answer": "granted", "partial": true, "colour": "red" })),
        answered(json!({ "answer": "denied", "error": null })),
        hello(json!({ "window": 1, "capabilities": ["use.run"] })),
    ];
    let refused = [
        json!({}),
        json!({ "farewell": { "id": 1 } }),
        json!({ "error": { "id": 1, "message": "x" }, "id": 1 }),
        json!({ "error": { "message": "x" } }),
        json!({ "error": { "id": -1, "message": "x" } }),
        json!({ "error": { "id": "1", "message": "x" } }),
        json!({ "refused": { "id": 1, "as": "because" } }),
        answered(json!({})),
        answered(json!({ "answer": "maybe" })),
        answered(json!("granted")),
        answered(json!({ "answer": "granted", "partial": "yes" })),
        hello(json!({ "window": 0 })),
        hello(json!({ "capabilities": ["flying"] })),
    ];
    let schemas = Schemas::new();
    let lines = taken.iter().map(|line| (line, true));
    for (line, is_taken) in lines.chain(refused.iter().map(|line| (line, false))) {
        let line = line.to_string();
        let read = serde_json::from_str::<FromImplementation>(&line);
        assert_eq!(read.is_ok(), is_taken, "the harness: {line}: {read:?}");
        let checked = schemas.check("from-implementation", &line);
        assert_eq!(checked.is_ok(), is_taken, "the schema: {line}: {checked:?}");
    }
}

#[test]
fn the_tables_of_the_page_are_complete() {
    let page = page();
    let schemas: BTreeMap<String, Value> = wire::schemas()
        .into_iter()
        .map(|(name, text)| (name, serde_json::from_str(&text).expect("a schema is JSON")))
        .collect();
    let fields = |pointer: &str| {
        let run = &schemas["to-implementation-run"];
        let fields = run.pointer(pointer).and_then(Value::as_object).expect("it has fields");
        fields.keys().cloned().collect::<Vec<_>>()
    };
    let run = "/properties/run/properties";
    assert_eq!(table(&page, "### `run`"), fields(run));
    let launch = format!("{run}/launch/properties");
    assert_eq!(table(&page, "### The launch"), fields(&launch));
    let messages = schemas.keys().filter_map(|name| name.strip_prefix("from-implementation-"));
    let mut answered = table(&page, "## What is answered");
    answered.sort();
    assert_eq!(answered, messages.collect::<Vec<_>>());
    assert_eq!(table(&page, "### Answers to steps"), words::<Answer>());
    assert_eq!(table(&page, "### Refused launches"), words::<Refusal>());
    assert_eq!(table(&page, "### Rejected permissions"), words::<Rejection>());
    let words = Capability::WORDS.map(|(word, _)| word);
    assert_eq!(table(&page, "## Capabilities"), [&words[..], &["use.NAME"]].concat());
    let operation = |operation: &Operation| {
        let fields: Vec<_> = operation.fields.iter().map(|field| format!("`{field}`")).collect();
        format!("| `{}` | {} | {} |", operation.name, fields.join(", "), operation.does)
    };
    for row in OPERATIONS.iter().map(operation) {
        assert!(page.contains(&row), "the page does not say:\n{row}");
    }
    assert_eq!(
        table(&page, "### Operations"),
        OPERATIONS.iter().map(|it| it.name).collect::<Vec<_>>()
    );
    for constant in [format!("at most {WINDOW} "), format!("told `{NOWHERE}`")] {
        assert!(page.contains(&constant), "the page does not say {constant:?}");
    }
}

/// The words in the first column of the first table under a heading.
fn table(page: &str, heading: &str) -> Vec<String> {
    let section = page.lines().skip_while(|line| *line != heading).skip(1);
    let section = section.take_while(|line| !line.starts_with('#'));
    let rows = section.skip_while(|line| !line.starts_with('|'));
    let rows = rows.take_while(|line| line.starts_with('|')).skip(2);
    let word = |row: &str| row.split('`').nth(1).expect("a row begins with a word").to_owned();
    rows.map(word).collect()
}

/// The words of an enumeration, in its order.
fn words<T: JsonSchema>() -> Vec<String> {
    let schema = schemars::schema_for!(T);
    let variants = schema.get("oneOf").and_then(Value::as_array).expect("it is an enumeration");
    let word = |variant: &Value| variant["const"].as_str().expect("a variant is a word").to_owned();
    variants.iter().map(word).collect()
}

#[test]
fn the_conversation_on_the_page_could_be_had() {
    let page = page();
    let schemas = Schemas::new();
    let spoken = |mark: &str, direction: &str| {
        let lines: Vec<_> = page.lines().filter_map(|line| line.strip_prefix(mark)).collect();
        for line in &lines {
            schemas.check(direction, line).unwrap_or_else(|why| panic!("{why}"));
        }
        lines.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let sent = spoken("> ", "to-implementation");
    let told = spoken("< ", "from-implementation");
    assert_eq!(sent.len(), told.len(), "each message has one answer");
    let promised: BTreeMap<_, _> =
        answers(Model::Deno, &sent).iter().filter_map(|line| observed(line)).collect();
    let told: BTreeMap<_, _> = told.iter().filter_map(|line| observed(line)).collect();
    assert_eq!(told.len() + 1, sent.len(), "all but the greeting is about a script");
    for (id, seen) in told {
        // What the example does not know it says, and so nothing wrong of it.
        if !matches!(seen, Observation::Unsupported(_)) {
            assert_eq!(essence(&seen), essence(&promised[&id]), "script {id}");
        }
    }
}

fn observed(line: &str) -> Option<(u64, Observation)> {
    Observation::of(serde_json::from_str(line).expect("it is a message"))
}

/// What two engines agree on that answer alike.
fn essence(observation: &Observation) -> String {
    let step = |reply: &Reply| match reply {
        Reply::Answered(it) => format!("{} {} {:?}", it.answer.name(), it.partial, it.error),
        Reply::Unsupported { .. } => "unsupported".to_owned(),
    };
    match observation {
        Observation::Acted(replies) => replies.iter().map(step).collect::<Vec<_>>().join(", "),
        Observation::Refused(refused) => format!("refused as {:?}", refused.reason),
        other => format!("{other:?}"),
    }
}

#[test]
fn the_code_on_the_page_is_that_of_the_example() {
    let page = page();
    let example = example("example-python", "engine.py");
    let blocks = page.split("```python\n").skip(1);
    let blocks: Vec<_> = blocks.filter_map(|rest| rest.split("```").next()).collect();
    let [whole, parts @ ..] = blocks.as_slice() else { panic!("the page has code") };
    assert!(whole.lines().count() < 10, "the first is a program by itself, and a small one");
    for part in parts {
        assert!(example.contains(part), "this is not in the example:\n{part}");
    }
}

#[test]
fn an_adapter_fits_in_the_head() {
    let examples =
        [example("example-python", "engine.py"), example("example-javascript", "engine.mjs")];
    for example in examples {
        let is_heading = |line: &&str| line.contains(" The adapter: ");
        let adapter = example.lines().skip_while(|line| !is_heading(line));
        let count = adapter.count();
        assert!((1..=LONGEST_ADAPTER).contains(&count), "an adapter has {count} lines");
    }
}
