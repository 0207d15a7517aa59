//! What a page is made from: the record, the corpus, and the reference engine's reasons; what a browser makes of it is tested in `page/`.

use std::fs;
use std::path::Path;

use permscope::corpus::Corpus;
use permscope::project::Project;
use permscope::record::{self, BadRecord, Footer, Header, Record, Writer};
use permscope::report::{self, Format, Wanted};
use permscope::tally::{Counts, Tally};
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

const CASE: &str = "deno::net::precedence::a-denied-network-inside-a-granted-one";
const LAW: &str = "laws::node::fs-read::order-does-not-matter";

fn corpus() -> Corpus {
    let project = Project::find(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("a checkout");
    Corpus::read(&project.corpus(), &[project.fixtures()], &[]).expect("the corpus can be read")
}

/// The data of a page about two targets that have these records.
fn page(
    corpus: Option<&Corpus>,
    digest: &str,
    laws: bool,
    records: &[Value],
) -> anyhow::Result<Value> {
    let folder = TempDir::new()?;
    let path = folder.path().join("record.jsonl");
    let header: Header = serde_json::from_value(json!({
        "schema": record::SCHEMA, "program": "0.1.0", "corpus": digest, "laws": laws,
        "filters": [], "started": 1,
    }))?;
    let mut writer = Writer::begin(&path, &header)?;
    for record in records {
        let record: Record = serde_json::from_value(record.clone())?;
        writer.record(record)?;
    }
    let target = |release: &str, model: &str| {
        json!({
            "implementation": model, "model": model, "release": release, "argument": "a",
            "program": "p", "counts": Counts::default(), "not-for-release": 2, "not-asked": 3, "milliseconds": 4,
        })
    };
    let targets = [target("2.5.7", "deno"), target("2.9.6", "deno"), target("26.10.0", "node")];
    let footer: Footer = serde_json::from_value(json!({
        "records": 0, "complete": true, "targets": targets, "clauses": 9,
        "untested": ["deno.default.shared-storage"], "stopped": 2,
    }))?;
    writer.finish(footer)?;
    let wanted = Wanted { format: Format::Html, path: folder.path().join("page.html") };
    report::write(&path, &Tally::of(&path)?, corpus, &wanted)?;
    let text = fs::read_to_string(&wanted.path)?;
    let (_, data) = text.split_once("id=\"run\">").expect("the page has data");
    let (data, _) = data.split_once("</script>").expect("the data ends");
    assert!(!data.contains('<'), "nothing in the data can end its element");
    Ok(serde_json::from_str(data)?)
}

fn record(case: &str, release: &str, outcome: &str, more: &Value) -> Value {
    let mut record = json!({
        "case": case, "implementation": "deno", "model": "deno", "release": release,
        "outcome": outcome, "file": "conformance/a.toml", "line": 7, "script": "s", "promise": "p",
    });
    let fields = record.as_object_mut().expect("it is an object");
    fields.extend(more.as_object().expect("more fields are an object").clone());
    record
}

#[test]
fn a_case_has_what_was_promised_and_seen_and_why() {
    let corpus = corpus();
    let known = json!({
        "severity": "over-grant", "reason": "</script><img>",
        "seen": [{ "step": 1, "answer": "granted" }],
    });
    let records =
        [record(CASE, "2.5.7", "pass", &json!({})), record(CASE, "2.9.6", "known", &known)];
    let page = page(Some(&corpus), &corpus.digest, false, &records).expect("a page can be made");
    let case = &page["cases"][0];
    assert_eq!(case["id"], CASE);
    assert_eq!(case["launch"], "deno run --allow-net=10.0.0.0/8 --deny-net=10.1.0.0/16");
    assert_eq!((&case["outcomes"], &case["severities"]), (&json!("pk "), &json!(" + ")));
    assert_eq!(
        case["steps"][0],
        json!({ "action": "query net host=\"10.1.0.1\"", "promise": "denied" })
    );
    let seen = json!([{
        "targets": [1], "steps": ["granted", null], "end": null, "reason": "</script><img>",
    }]);
    assert_eq!(case["seen"], seen);
    // Both releases settle it by the same rules.
    assert_eq!(case["because"][0]["targets"], json!([0, 1]));
    assert_eq!(case["because"][0]["steps"][0], "because of --deny-net=10.1.0.0/16");
    let clause = |index: &Value| &page["clauses"][index.as_u64().expect("it is an index") as usize];
    let cited = case["clauses"].as_array().expect("they are a list");
    let cited: Vec<_> = cited.iter().map(|index| clause(index)["id"].as_str()).collect();
    let of_corpus = &corpus.cases.iter().find(|case| case.id == CASE).expect("it is there").clauses;
    assert_eq!(cited, of_corpus.iter().map(|id| Some(id.as_str())).collect::<Vec<_>>());
    let clauses = page["clauses"].as_array().expect("they are a list");
    let untested: Vec<_> = clauses.iter().filter(|clause| !clause["untested"].is_null()).collect();
    assert_eq!(untested.len(), 1);
    assert_eq!(untested[0]["id"], "deno.default.shared-storage");
    assert_eq!(page["targets"][1]["overGrants"], 1);
}

#[test]
fn a_law_has_what_it_says_and_what_breaks_it() {
    let corpus = corpus();
    let broken = json!({
        "implementation": "node", "model": "node", "severity": "over-deny", "seen": "--a --b: no",
    });
    let records = [record(LAW, "26.10.0", "fail", &broken)];
    let page = page(Some(&corpus), &corpus.digest, true, &records).expect("a page can be made");
    let law = &page["cases"][0];
    let says = "The order of grants does not matter, nor that one is repeated.";
    assert_eq!(law["steps"], json!([{ "action": "", "promise": says }]));
    assert_eq!(law["seen"][0]["end"], "--a --b: no");
    assert_eq!(page["again"], "cargo xtask conformance --laws");
}

#[rstest]
#[case::another(true, "another corpus")]
#[case::none(false, "cannot be made without the corpus")]
fn a_page_needs_the_corpus_of_its_record(#[case] is_there: bool, #[case] expected: &str) {
    let corpus = is_there.then(corpus);
    let error = page(corpus.as_ref(), "of-another", false, &[]).expect_err("it is another corpus");
    assert!(error.to_string().contains(expected), "{error:#}");
    assert_eq!(error.is::<BadRecord>(), is_there);
}
