//! Every report is of its format, says what the record says, and keeps within what its readers take.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use permscope::record::{self, Footer, Header, Ran, Record, Writer};
use permscope::report::{self, Format, Wanted};
use permscope::tally::{Counts, Tally};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use quick_junit::{NonSuccessKind, TestCaseStatus, XmlString};
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

/// What means something in one format or another, what some cannot hold, and what is written in two units or four bytes.
const ODD: &str =
    "<b>&amp;\"'|`\\|% ,:]]>-->\u{0}\u{1b}[31m\u{fffe}\n::error::x\r{0}[x](1)$*_#~é🦀";

/// The characters of it that XML cannot hold.
const NO_XML: [char; 3] = ['\u{0}', '\u{1b}', '\u{fffe}'];

/// A record on disk, and its counts.
struct Run {
    folder: TempDir,
    tally: Tally,
}

impl Run {
    fn of(records: impl IntoIterator<Item = Record>, complete: bool) -> Self {
        let folder = TempDir::new().expect("there is a temporary folder");
        let path = folder.path().join("record.jsonl");
        let header = json!({
            "schema": record::SCHEMA, "program": "0.1.0", "corpus": "corpus-digest",
            "filters": [ODD], "partition": "hash:1/3", "started": 1_700_000_000_123_u64,
        });
        let header: Header = serde_json::from_value(header).expect("it is a header");
        let mut writer = Writer::begin(&path, &header).expect("a record can be begun");
        for record in records {
            writer.record(record).expect("a record can be written");
        }
        let target = |implementation: &str, adapter: Option<&str>| {
            json!({
                "implementation": implementation, "model": "deno", "release": "2.9.6",
                "argument": format!("{implementation}@2.9.6"), "program": "program-digest",
                "adapter": adapter, "counts": Counts::default(), "not-for-release": 17, "not-asked": 23,
                "milliseconds": 1_234,
            })
        };
        let targets =
            [target("deno", Some("adapter-digest")), target("empty", None), target(ODD, None)];
        let targets: Vec<Ran> = serde_json::from_value(json!(targets)).expect("they are targets");
        let footer = json!({
            "records": 0, "complete": complete, "targets": [], "clauses": 50,
            "untested": ["deno.untested", ODD], "stopped": 1_700_000_004_567_u64,
        });
        let footer: Footer = serde_json::from_value(footer).expect("it is a footer");
        writer.finish(Footer { targets, ..footer }).expect("a record can be finished");
        let tally = Tally::of(&path).expect("the record can be counted");
        Self { folder, tally }
    }

    fn record(&self) -> PathBuf {
        self.folder.path().join("record.jsonl")
    }

    fn report(&self, format: Format) -> String {
        let path = self.folder.path().join(format.name());
        let wanted = Wanted { format, path: path.clone() };
        report::write(&self.record(), &self.tally, None, &wanted).expect("a report can be written");
        fs::read_to_string(path).expect("a report is text")
    }

    fn json(&self, format: Format) -> Value {
        serde_json::from_str(&self.report(format)).expect("the report is JSON")
    }
}

/// A record with this outcome and severity, and with more fields.
fn record(number: usize, outcome: &str, severity: Option<&str>, more: &Value) -> Record {
    let mut record = json!({
        "case": format!("deno::area::file::case-{number}"), "implementation": "deno",
        "model": "deno", "release": "2.9.6", "outcome": outcome, "file": "conformance/deno/area/file.toml",
        "line": 7, "clauses": ["deno.one", "deno.two"], "script": "s", "promise": "p",
        "severity": severity,
    });
    let fields = record.as_object_mut().expect("it is an object");
    fields.extend(more.as_object().expect("more fields are an object").clone());
    serde_json::from_value(record).expect("it is a record")
}

/// Every outcome with every severity it can have, and odd texts wherever there may be any.
fn everything() -> Vec<Record> {
    let steps = json!({ "seen": [
        { "step": 1, "answer": "granted", "partial": true },
        { "step": 3, "error": ODD, "message": ODD, "changes": [{ "status": 1, "state": "denied", "partial": false }] },
    ]});
    let known = json!({ "seen": "started", "reason": ODD });
    let odd = json!({
        "case": format!("deno::area::{ODD}"), "implementation": ODD, "file": format!("a folder/{ODD}"),
        "clauses": [ODD], "seen": ODD,
    });
    vec![
        record(0, "pass", None, &json!({})),
        record(1, "pass", None, &json!({ "clauses": [] })),
        record(2, "known", Some("over-grant"), &known),
        record(3, "known", Some("over-deny"), &known),
        record(4, "known", Some("diagnostic"), &known),
        record(5, "fail", Some("over-grant"), &steps),
        record(6, "fail", Some("over-deny"), &steps),
        record(7, "fail", Some("diagnostic"), &steps),
        record(8, "stale", None, &json!({ "clauses": [] })),
        record(9, "stale", Some("over-grant"), &json!({ "seen": "started" })),
        record(10, "broke", None, &json!({ "broke": ODD })),
        record(11, "fail", Some("over-deny"), &odd),
    ]
}

/// Validates a document, and shows everything that is wrong with it.
fn check(schema: &str, document: &Value) {
    let schema = serde_json::from_str(schema).expect("a schema is JSON");
    let options = jsonschema::options().should_validate_formats(true);
    let validator = options.build(&schema).expect("it is a schema");
    let errors = validator.iter_errors(document);
    let errors: Vec<_> =
        errors.map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

/// A text as JUnit's parser has it: without what XML cannot hold, which is ours to drop, and carriage returns, which it drops itself.
fn as_parsed(text: &str) -> String {
    text.replace(NO_XML, "").replace('\r', "")
}

/// A text on one line.
fn on_one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[rstest]
fn a_record_is_of_its_schema(#[values(true, false)] complete: bool) {
    let run = Run::of(everything(), complete);
    let report = run.report(Format::Jsonl);
    assert_eq!(report, fs::read_to_string(run.record()).expect("the record can be read"));
    let lines = report.lines().map(|line| serde_json::from_str(line).expect("a line is JSON"));
    let lines: Vec<Value> = lines.collect();
    assert_eq!(lines.len(), everything().len() + 2);
    for line in &lines {
        check(&record::schema(), line);
    }
    let document = run.json(Format::Json);
    assert_eq!(document["header"], lines[0]["header"]);
    assert_eq!(document["footer"], lines[lines.len() - 1]["footer"]);
    let records: Vec<_> = lines[1..lines.len() - 1].iter().map(|line| &line["record"]).collect();
    assert_eq!(document["records"], json!(records));
}

#[rstest]
fn every_report_names_what_was_run(
    #[values(
        Format::Json,
        Format::Junit,
        Format::Ctrf,
        Format::Sarif,
        Format::Markdown,
        Format::Github
    )]
    format: Format,
) {
    let report = Run::of(everything(), true).report(format);
    for digest in ["corpus-digest", "program-digest", "adapter-digest"] {
        assert!(report.contains(digest), "{digest} is not in\n{report}");
    }
}

/// How many over-grants, over-denials and untested clauses there are, and how many cases were not run.
#[rstest]
fn a_headline_counts(
    #[values(Format::Junit, Format::Ctrf, Format::Sarif, Format::Markdown, Format::Github)]
    format: Format,
) {
    let run = Run::of(everything(), false);
    let headline = run.tally.headline();
    assert!(!headline.contains('%'), "{headline}");
    for part in [
        "INCOMPLETE",
        "3 over-grants",
        "3 over-denials",
        "2 of 50 clauses untested",
        "69 not asked",
        "51 not for the release",
    ] {
        assert!(headline.contains(part), "{part} is not in: {headline}");
    }
    let report = run.report(format);
    assert!(report.contains(&headline), "{headline} is not in\n{report}");
}

#[rstest]
fn junit(#[values(true, false)] complete: bool) {
    let text = Run::of(everything(), complete).report(Format::Junit);
    assert!(!text.contains(NO_XML));
    let report = quick_junit::Report::deserialize_from_str(&text);
    let report = report.unwrap_or_else(|error| panic!("{error}\n{text}"));
    let missing = usize::from(!complete);
    assert_eq!((report.tests, report.failures, report.errors), (12 + missing, 6, 1 + missing));
    assert_eq!(report.timestamp.map(|time| time.timestamp()), Some(1_700_000_000));
    assert_eq!(report.time.map(|time| time.as_millis()), Some(4_444));
    for suite in &report.test_suites {
        let count = |wanted: NonSuccessKind| {
            let is = |status: &TestCaseStatus| matches!(status, TestCaseStatus::NonSuccess { kind, .. } if *kind == wanted);
            suite.test_cases.iter().filter(|case| is(&case.status)).count()
        };
        assert_eq!(suite.tests, suite.test_cases.len());
        assert_eq!(suite.failures, count(NonSuccessKind::Failure));
        assert_eq!(suite.errors, count(NonSuccessKind::Error));
    }
    let names = report.test_suites.iter().map(|suite| suite.name.as_str());
    let odd = as_parsed(ODD);
    let odd_target = format!("{odd}@2.9.6");
    let expected = ["deno@2.9.6", "empty@2.9.6", &odd_target, "permscope"];
    assert_eq!(names.collect::<Vec<_>>(), expected[..3 + missing]);
    let properties = report.test_suites[0].properties.iter();
    let properties: BTreeMap<_, _> =
        properties.map(|property| (property.name.as_str(), property.value.as_str())).collect();
    assert_eq!((properties["not-asked"], properties["not-for-release"]), ("23", "17"));
    let known = &report.test_suites[0].test_cases[2];
    assert!(matches!(known.status, TestCaseStatus::Success { .. }));
    assert!(known.system_out.as_ref().is_some_and(|text| text.contains(&odd)));
    let last = &report.test_suites[2].test_cases[0];
    let class = last.classname.as_ref().map(XmlString::as_str);
    // The odd text has the separator of identities in it.
    let (area, name) = format!("deno::area::{odd}")
        .rsplit_once("::")
        .map(|(area, name)| (area.replace("::", "."), name.to_owned()))
        .expect("it has parts");
    assert_eq!((class, last.name.as_str()), (Some(area.as_str()), name.as_str()));
    let TestCaseStatus::NonSuccess { message, ty, .. } = &last.status else { panic!("{last:?}") };
    assert_eq!(message.as_ref().map(XmlString::as_str), Some(odd.as_str()));
    assert_eq!(ty.as_ref().map(XmlString::as_str), Some("over-deny"));
}

/// Suites cannot be written from records that are in another order.
#[test]
fn junit_wants_targets_in_order() {
    let mut records = everything();
    records.reverse();
    let run = Run::of(records, true);
    let path = run.folder.path().join("junit");
    let wanted = Wanted { format: Format::Junit, path: path.clone() };
    let error =
        report::write(&run.record(), &run.tally, None, &wanted).expect_err("they are reversed");
    assert!(error.to_string().contains("its footer names no such target"), "{error:#}");
    assert!(!path.exists());
}

#[rstest]
fn ctrf(#[values(true, false)] complete: bool) {
    let document = Run::of(everything(), complete).json(Format::Ctrf);
    check(include_str!("schemas/ctrf-0.0.json"), &document);
    let results = &document["results"];
    let tests = results["tests"].as_array().expect("the tests are a list");
    for status in ["passed", "failed", "skipped", "pending", "other"] {
        let count = tests.iter().filter(|test| test["status"] == status).count();
        assert_eq!(results["summary"][status], count, "{status}");
    }
    assert_eq!(results["summary"]["tests"], tests.len());
    assert_eq!(results["extra"]["complete"], complete);
    let test = &tests[5];
    assert_eq!(test["rawStatus"], "fail");
    assert_eq!(test["suite"], json!(["deno@2.9.6", "deno", "area", "file"]));
    assert_eq!(test["labels"]["clauses"], json!(["deno.one", "deno.two"]));
    let message = test["message"].as_str().expect("there is a message");
    assert!(message.starts_with("step 1, answer granted, partial true; step 3, "), "{message}");
}

#[rstest]
fn sarif(#[values(true, false)] complete: bool) {
    let document = Run::of(everything(), complete).json(Format::Sarif);
    // The pattern of `language`, which no report has, ends in what only some dialects take for a letter.
    let schema = include_str!("schemas/sarif-2.1.0-rtm.5.json").replace("{2}]?$", "{2}$");
    check(&schema, &document);
    let run = &document["runs"][0];
    assert_eq!(run["invocations"][0]["executionSuccessful"], complete);
    let results = run["results"].as_array().expect("the results are a list");
    assert_eq!(results.len(), 10);
    let rules = run["tool"]["driver"]["rules"].as_array().expect("the rules are a list");
    for result in results {
        assert_eq!(rules.iter().filter(|rule| rule["id"] == result["ruleId"]).count(), 1);
        let properties = &result["properties"];
        let is_worst = properties["severity"] == "over-grant" || properties["outcome"] == "broke";
        assert_eq!(result["level"], if is_worst { "error" } else { "warning" });
        assert_eq!(result["suppressions"].is_array(), properties["outcome"] == "known");
    }
    assert_eq!(results[0]["suppressions"][0]["justification"], ODD);
    assert_eq!(
        results[0]["partialFingerprints"],
        json!({ "caseAtImplementation/v1": "deno::area::file::case-2@deno" })
    );
    assert_eq!(results[6]["ruleId"], "permscope.no-clause");
    let text = results[9]["message"]["text"].as_str().expect("there is a message");
    assert!(text.contains("{{0}}"), "{text}");
    let place = &results[9]["locations"][0]["physicalLocation"];
    let uri = place["artifactLocation"]["uri"].as_str().expect("there is a place");
    assert!(uri.starts_with("a%20folder/%3Cb%3E"), "{uri}");
}

/// Over-grants come late, and are there all the same; what is known has the room that is left.
#[rstest]
#[case::too_many(5_900, 100, 500, [4_900, 100, 0], 1_500)]
#[case::almost_too_many(4_000, 100, 2_000, [4_000, 100, 900], 1_100)]
#[case::few(10, 10, 10, [10, 10, 10], 0)]
fn sarif_has_room(
    #[case] fails: usize,
    #[case] over_grants: usize,
    #[case] known: usize,
    #[case] shown: [usize; 3],
    #[case] left_out: usize,
) {
    let reason = json!({ "seen": "unknown-flag", "reason": "so" });
    let records = (0..known).map(|number| record(number, "known", Some("over-deny"), &reason));
    let records = records
        .chain((0..fails).map(|number| record(number, "fail", Some("over-deny"), &json!({}))));
    let records = records.chain(
        (0..over_grants).map(|number| record(number, "fail", Some("over-grant"), &json!({}))),
    );
    let run = &Run::of(records, true).json(Format::Sarif)["runs"][0];
    let results = run["results"].as_array().expect("the results are a list");
    let count = |outcome: &str, severity: &str| {
        let properties = results.iter().map(|result| &result["properties"]);
        properties
            .filter(|properties| {
                properties["outcome"] == outcome && properties["severity"] == severity
            })
            .count()
    };
    let seen =
        [count("fail", "over-deny"), count("fail", "over-grant"), count("known", "over-deny")];
    assert_eq!(seen, shown);
    let notifications = run["invocations"][0]["toolExecutionNotifications"].to_string();
    let says_so = notifications.contains(&format!("{left_out} more results are left out"));
    assert_eq!(says_so, left_out > 0, "{notifications}");
}

/// The tables, each with its rows, each with its cells; and the HTML.
fn tables(markdown: &str) -> (Vec<Vec<Vec<String>>>, String) {
    let (mut tables, mut html, mut is_cell) = (Vec::new(), String::new(), false);
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Table(_)) => tables.push(Vec::new()),
            Event::Start(Tag::TableHead | Tag::TableRow) => {
                tables.last_mut().expect("a row is in a table").push(Vec::new());
            }
            Event::Start(Tag::TableCell) => {
                is_cell = true;
                let row = tables.last_mut().and_then(|table| table.last_mut());
                row.expect("a cell is in a row").push(String::new());
            }
            Event::End(TagEnd::TableCell) => is_cell = false,
            Event::Text(text) | Event::Code(text) if is_cell => {
                let row = tables.last_mut().and_then(|table| table.last_mut());
                row.and_then(|row| row.last_mut()).expect("it is in a cell").push_str(&text);
            }
            Event::Html(text) | Event::InlineHtml(text) => html.push_str(&text),
            _ => {}
        }
    }
    (tables, html)
}

#[rstest]
fn markdown(#[values(true, false)] complete: bool) {
    let markdown = Run::of(everything(), complete).report(Format::Markdown);
    let (tables, html) = tables(&markdown);
    let sizes: Vec<_> = tables.iter().map(|table| table.len() - 1).collect();
    assert_eq!(sizes, [3, 1, 2, 1, 2, 1, 3], "{markdown}");
    for row in tables.iter().flatten() {
        assert!(matches!(row.len(), 6 | 12), "{row:?}");
    }
    let only = [
        "<details>",
        "</details>",
        "<summary>",
        "</summary>",
        "Known differences (3)",
        "Untested clauses (2)",
        "\n",
    ];
    assert_eq!(only.iter().fold(html, |html, part| html.replace(part, "")), "");
    let odd = on_one_line(ODD);
    let place = format!("a folder/{odd}:7");
    let (case, target) = (format!("deno::area::{odd}"), format!("{odd}@2.9.6"));
    assert_eq!(tables[2][2], [&case, &place, &target, "over-deny", &odd, &odd]);
    assert_eq!(tables[0][3][0], target);
}

/// However much there is, it is short enough, says what it leaves out, and leaves out no over-grant for the others.
#[test]
fn matrix() {
    let pass = |number| record(number, "pass", None, &json!({ "clauses": ["deno.kept"] }));
    let known = json!({ "clauses": ["deno.known"], "seen": "started", "reason": "It is so." });
    let mut records = everything();
    records.splice(2..2, [pass(20), pass(21), record(22, "known", Some("over-deny"), &known)]);
    let run = Run::of(records, true);
    let (tables, _) = tables(&run.report(Format::Matrix));
    let rows = tables.first().expect("there is a table of the model");
    let row = |clause: &str| {
        let row = rows.iter().find(|row| row[0] == clause);
        row.unwrap_or_else(|| panic!("there is no row of {clause} in {rows:?}"))[1..].to_vec()
    };
    // What is kept altogether is a number, and what is not says how much of it is.
    assert_eq!(row("deno.kept"), ["2", "", ""]);
    assert_eq!(row("deno.known"), ["0/1", "", ""]);
    assert_eq!(row("deno.one"), ["✗ 1/9", "", ""]);
    assert_eq!(row("program"), ["program-dige", "", ""]);
    let only_known = Run::of([record(0, "known", Some("over-grant"), &json!({}))], true);
    assert!(only_known.report(Format::Matrix).contains("| ⚠ 0/1 |"));
}

#[test]
fn markdown_is_short() {
    let long = json!({ "seen": "|".repeat(2_000), "clauses": ["deno.clause"] });
    let outcomes = [
        ("fail", "over-deny"),
        ("fail", "diagnostic"),
        ("known", "over-deny"),
        ("stale", "over-deny"),
        ("broke", "over-deny"),
    ];
    let many = outcomes.iter().flat_map(|&(outcome, severity)| {
        let long = &long;
        (0..2_000).map(move |number| record(number, outcome, Some(severity), long))
    });
    let records = many.chain([record(77_777, "fail", Some("over-grant"), &long)]);
    let markdown = Run::of(records, true).report(Format::Markdown);
    assert!(markdown.len() < 1_000_000, "{} bytes", markdown.len());
    assert!(markdown.contains("case-77777"));
    let lines = markdown.lines().filter(|line| line.contains("of 2000 are left out here"));
    assert_eq!(lines.count(), outcomes.len());
}

/// A command as a runner reads it: its level, its properties and its message.
fn command(line: &str) -> (&str, BTreeMap<&str, String>, String) {
    let of_message =
        |text: &str| text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
    let of_property = |text: &str| of_message(&text.replace("%3A", ":").replace("%2C", ","));
    let inner = line.strip_prefix("::").expect("it begins as a command does");
    let (command, message) = inner.split_once("::").expect("and ends as one does");
    let (level, properties) = command.split_once(' ').expect("it has properties");
    let properties = properties
        .split(',')
        .map(|property| property.split_once('=').expect("a property has a value"));
    let properties = properties.map(|(name, value)| (name, of_property(value))).collect();
    (level, properties, of_message(message))
}

#[rstest]
fn github(#[values(true, false)] complete: bool) {
    let run = Run::of(everything(), complete);
    let report = run.report(Format::Github);
    let commands: Vec<_> = report.lines().map(command).collect();
    let levels: Vec<_> = commands.iter().map(|(level, _, _)| *level).collect();
    let mut expected = vec!["error"; 7];
    expected.extend(["warning", "notice"]);
    assert_eq!(levels, expected);
    let (_, properties, message) = &commands[6];
    let names: Vec<_> = properties.keys().copied().collect();
    assert_eq!(names, ["file", "line", "title"]);
    assert_eq!(properties["file"], format!("a folder/{ODD}"));
    assert_eq!(properties["title"], format!("over-deny: deno::area::{ODD}"));
    assert_eq!(*message, format!("{ODD}@2.9.6: {ODD}\nClauses: {ODD}"));
    assert!(commands[8].2.starts_with(&run.tally.headline()));
}

#[test]
fn github_has_ten_of_a_level() {
    let known = json!({ "seen": "started", "reason": "so" });
    let records = (0..30).map(|number| record(number, "fail", Some("over-deny"), &json!({})));
    let records =
        records.chain((0..3).map(|number| record(number, "fail", Some("over-grant"), &json!({}))));
    let records =
        records.chain((0..30).map(|number| record(number, "known", Some("over-grant"), &known)));
    let report = Run::of(records, true).report(Format::Github);
    let commands: Vec<_> = report.lines().map(command).collect();
    let count = |wanted: &str| commands.iter().filter(|(level, _, _)| *level == wanted).count();
    assert_eq!((count("error"), count("warning"), count("notice")), (10, 10, 2));
    assert!(
        commands[..3]
            .iter()
            .all(|(_, properties, _)| properties["title"].starts_with("over-grant"))
    );
    let (_, _, last) = &commands[21];
    assert!(last.starts_with("23 errors and 20 warnings more are not shown here"), "{last}");
}

#[rstest]
#[case::clean(&[("pass", None, 3)], true, "3 passed", "brightgreen")]
#[case::known(&[("pass", None, 617), ("known", Some("over-grant"), 9)], true, "617 passed, 9 known", "yellow")]
#[case::over_grants(&[("fail", Some("over-grant"), 2), ("stale", Some("over-grant"), 1), ("broke", None, 1)], true, "3 over-grants", "red")]
#[case::over_grant(&[("pass", None, 9), ("fail", Some("over-grant"), 1)], true, "1 over-grant", "red")]
#[case::failures(&[("fail", Some("over-deny"), 2), ("broke", None, 1)], true, "2 failed, 1 broke", "red")]
#[case::incomplete(&[("pass", None, 3)], false, "incomplete", "red")]
#[case::nothing(&[], true, "nothing was run", "red")]
fn badge(
    #[case] records: &[(&str, Option<&str>, usize)],
    #[case] complete: bool,
    #[case] message: &str,
    #[case] color: &str,
) {
    let records = records.iter().flat_map(|&(outcome, severity, count)| {
        (0..count).map(move |number| record(number, outcome, severity, &json!({})))
    });
    let badge = Run::of(records, complete).json(Format::Badge);
    let is_error = matches!(message, "incomplete" | "nothing was run");
    assert_eq!(
        badge,
        json!({ "schemaVersion": 1, "label": "permscope", "message": message, "color": color, "isError": is_error })
    );
}
