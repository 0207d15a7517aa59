//! The language of filters: what each predicate selects, how operators join them, and what is said of a mistake.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use permscope::corpus::Corpus;
use permscope::corpus::case::Case;
use permscope::filter::{Filter, HELP};
use permscope::law;
use permscope::project::Project;
use permscope::wire::Action;
use permscope_engine::model::Model;
use rstest::rstest;
use tempfile::TempDir;

/// A small corpus: a case for whatever a filter can tell apart.
static SMALL: LazyLock<Corpus> = LazyLock::new(|| {
    let folder = TempDir::new().expect("there is a temporary folder");
    for (name, text) in FILES {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().expect("it has one")).expect("a folder can be made");
        fs::write(file, text).expect("the file can be written");
    }
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let corpus = Corpus::read(folder.path(), &[fixtures], &[]);
    corpus.unwrap_or_else(|error| panic!("{error:#}"))
});

static OURS: LazyLock<Corpus> = LazyLock::new(|| {
    let project = Project::find(Path::new(env!("CARGO_MANIFEST_DIR")));
    let project = project.expect("the tests run in a checkout");
    let corpus = Corpus::read(&project.corpus(), &[project.fixtures()], &[]);
    corpus.unwrap_or_else(|error| panic!("{error:#}"))
});

const FILES: [(&str, &str); 7] = [
    (
        "deno/clauses.toml",
        r#"
[[clause]]
id = "deno.part.one"
promise = "One."
level = "must"
source = [{ release = "2.6.0", change = "one" }]
[[clause]]
id = "deno.part.two"
promise = "Two."
level = "must"
source = [{ release = "2.6.0", change = "two" }]
[[clause]]
id = "deno.partial"
promise = "Another."
level = "must"
source = [{ release = "2.6.0", change = "three" }]
"#,
    ),
    (
        "deno/laws.toml",
        r#"
[[universe]]
name = "reading"
grant = "--allow-read"
separator = ","
kind = "read"
field = "path"
size = 1
values = ["/m"]
"#,
    ),
    (
        "deno/read/state.toml",
        r#"
model = "deno"
tags = ["slow"]
[[case]]
name = "asked"
clauses = ["deno.part.one"]
steps = [{ query = { name = "read" }, expect = "prompt" }]
[[case]]
name = "asked-again"
releases = ">=2.6.0"
clauses = ["deno.part.two"]
tags = ["slow.twice"]
steps = [{ request = { name = "write" }, expect = "denied" }]
"#,
    ),
    (
        "deno/reading/deep/flags.toml",
        r#"
model = "deno"
clauses = ["deno.partial"]
[[case]]
name = "long"
flags = ["--deny-net=a:1", "--ignore-env"]
steps = [{ revoke = { name = "sys" }, expect = "denied" }]
[[case]]
name = "short"
flags = ["-RW=/m", "-A", "--allow-worker"]
refused = "conflict"
"#,
    ),
    (
        "deno/use.toml",
        r#"
model = "deno"
[[case]]
name = "program"
tags = ["state"]
steps = [{ use = { name = "run", command = "tool" }, expect = "blocked" }]
[[case]]
name = "options"
permissions = { ffi = true }
rejected = "escalation"
"#,
    ),
    (
        "node/fs/state.toml",
        r#"
model = "node"
[[case]]
name = "scope"
flags = ["$PERMISSION", "--allow-fs-vfs"]
steps = [{ query = { name = "fs.read" }, expect = "denied" }, { query = { name = 1 }, expect = "error" }]
[[case]]
name = "whole"
flags = ["$PERMISSION", "--no-allow-worker"]
steps = [{ drop = { name = "fs" }, expect = "denied" }]
"#,
    ),
    (
        "without-a-model/beside.toml",
        r#"
model = "node"
[[case]]
name = "variable"
flags = ["-R"]
environment = { NODE_OPTIONS = "--title=x --allow-wasi" }
steps = [{ use = { name = "worker", path = "w.js" }, expect = "blocked" }]
[[case]]
name = "worker"
permissions = { execArgv = ["--allow-addons"], env = { NODE_OPTIONS = "--allow-net" } }
in = "worker"
steps = [{ query = { name = "child" }, expect = "denied" }]
"#,
    ),
];

fn filter(text: &str) -> Filter {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn selected<'c>(text: &str, cases: impl IntoIterator<Item = &'c Case>) -> Vec<&'c str> {
    let filter = filter(text);
    let selected = cases.into_iter().filter(|case| filter.selects(case));
    selected.map(|case| case.id.as_str()).collect()
}

/// The names of the small corpus, in its order: none of them stands twice.
const NAMES: &str = "asked asked-again long short program options scope whole variable worker";

#[rstest]
// A text by itself means what it always meant.
#[case("read", "asked asked-again long short")]
#[case("deno::read::state::asked", "asked asked-again")]
#[case("state", "asked asked-again program scope whole")]
#[case("slow", "asked asked-again")]
#[case("slo", "")]
#[case("=slow", "asked asked-again")]
#[case("=deno::read::state::asked", "asked")]
#[case("~slow.t", "asked-again")]
#[case("deno::*::asked*", "asked asked-again")]
#[case("/^node|slow$/", "asked asked-again scope whole")]
#[case("/(use|fs)::/ & !(whole)", "program options scope")]
// What a case is called.
#[case("id(=deno::use::program)", "program")]
#[case("id(slow)", "")]
#[case("model(deno)", "asked asked-again long short program options")]
#[case("model(node)", "scope whole variable worker")]
#[case("model(n*)", "scope whole variable worker")]
#[case("area(read)", "asked asked-again")]
#[case("area(reading)", "long short")]
#[case("area(reading::deep)", "long short")]
#[case("area(=reading)", "")]
#[case("area(deep)", "")]
#[case("area(*::deep)", "long short")]
#[case("area(without-a-model)", "variable worker")]
#[case("area(/^$/)", "program options")]
#[case("area(node)", "")]
#[case("name(as)", "asked asked-again")]
#[case("name(state)", "")]
#[case("name(=asked)", "asked")]
#[case("name(as*d)", "asked")]
#[case("name(/^.{5}$/)", "asked short scope whole")]
#[case(r"name(/\//)", "")]
// What it rests on, and how it is tagged.
#[case("clause(deno.part)", "asked asked-again")]
#[case("clause(deno.part.*)", "asked asked-again")]
#[case("clause(=deno.part)", "")]
#[case("clause(~part)", "asked asked-again long short")]
#[case("clause(part)", "")]
#[case("clause(/one|partial/)", "asked long short")]
#[case("tag(slow)", "asked asked-again")]
#[case("tag(sl)", "")]
#[case("tag(slow.*)", "asked-again")]
// What it is about: descriptors, operations, flags, options.
#[case("kind(read)", "asked short")]
#[case("kind(write)", "asked-again short")]
#[case("kind(net)", "long worker")]
#[case("kind(env)", "long")]
#[case("kind(sys)", "long")]
#[case("kind(run)", "program")]
#[case("kind(ffi)", "options")]
#[case("kind(fs)", "scope whole variable")]
#[case("kind(=fs)", "whole")]
#[case("kind(fs.read)", "scope variable")]
#[case("kind(fs.vfs)", "scope")]
#[case("kind(wasi)", "variable")]
#[case("kind(worker)", "whole variable")]
#[case("kind(addon)", "worker")]
#[case("kind(child)", "worker")]
// What it does.
#[case("step(query)", "asked scope worker")]
#[case("step(request)", "asked-again")]
#[case("step(revoke)", "long")]
#[case("step(drop)", "whole")]
#[case("step(use)", "program variable")]
#[case("step(run)", "program")]
#[case("step(worker)", "variable")]
// When.
#[case("release(2.5.7)", "asked long short program options")]
#[case("release(2.9.6)", "asked asked-again long short program options")]
#[case("release(26.10.0)", "scope whole variable worker")]
#[case("all()", NAMES)]
#[case("none()", "")]
// Not binds closest, then and, then or.
#[case("all() | none() & none()", NAMES)]
#[case("(all() | none()) & none()", "")]
#[case("!none() | all()", NAMES)]
#[case("!(none() | all())", "")]
#[case("!none() & none()", "")]
#[case("not not all()", NAMES)]
#[case("!!all()", NAMES)]
#[case("not(none())", NAMES)]
#[case("none() or all() and all()", NAMES)]
#[case("(all())and(none())", "")]
// Spaces mean nothing but between words, and a word is an operator only as a whole.
#[case(" ( ( name( =asked )|name(\t=long ) ) ) ", "asked long")]
#[case("name(asked)&!again", "asked")]
#[case("program | options&worker", "program")]
#[case("notasked or nor", "")]
fn selects(#[case] text: &str, #[case] names: &str) {
    let of_name = |id: &&str| id.rsplit("::").next().map(str::to_owned);
    let seen: Vec<_> = selected(text, &SMALL.cases).iter().filter_map(of_name).collect();
    assert_eq!(seen.join(" "), names, "{text}");
}

#[rstest]
#[case("area(reading) & name(order)", "laws::deno::reading::order-does-not-matter")]
#[case(
    "=laws::deno::reading::what-is-granted-is-granted",
    "laws::deno::reading::what-is-granted-is-granted"
)]
#[case("order & model(node)", "")]
#[case("order & kind(read)", "")]
fn selects_laws(#[case] text: &str, #[case] ids: &str) {
    let laws: Vec<_> = law::instances(&SMALL).collect();
    assert_eq!(selected(text, laws.iter().map(|law| &law.case)).join(" "), ids);
}

/// How an expression is written, how close its operator binds, and what it selects, said of its parts by sets alone.
#[derive(Clone)]
struct Law {
    text: String,
    rank: u8,
    set: BTreeSet<usize>,
}

impl Law {
    /// With parentheses where they are needed, and only there.
    fn operand(&self, rank: u8) -> String {
        if self.rank < rank { format!("({})", self.text) } else { self.text.clone() }
    }
}

/// All expressions that are one operator deeper than some, in one of two spellings.
fn deeper(laws: &[Law], everything: &BTreeSet<usize>, [or, and, not]: [&str; 3]) -> Vec<Law> {
    let mut all = laws.to_vec();
    for one in laws {
        let set = everything - &one.set;
        all.push(Law { text: format!("{not}{}", one.operand(2)), rank: 2, set });
        for other in laws {
            let text = format!("{}{or}{}", one.operand(0), other.operand(0));
            all.push(Law { text, rank: 0, set: &one.set | &other.set });
            let text = format!("{}{and}{}", one.operand(1), other.operand(1));
            all.push(Law { text, rank: 1, set: &one.set & &other.set });
        }
    }
    all
}

#[rstest]
#[case::symbols(["|", "&", "!"])]
#[case::words([" or ", " and ", "not "])]
fn an_expression_selects_as_sets_do(#[case] operators: [&str; 3]) {
    let cases = &SMALL.cases;
    let everything: BTreeSet<_> = (0..cases.len()).collect();
    let leaf = |text: &str| {
        let ids = selected(text, cases);
        let is_selected = |index: &usize| ids.contains(&cases[*index].id.as_str());
        let set = everything.iter().copied().filter(is_selected).collect();
        Law { text: text.to_owned(), rank: 3, set }
    };
    let leaves: Vec<_> = ["deno", "kind(net)", "name(/o|w/)"].map(leaf).into();
    let once = deeper(&leaves, &everything, operators);
    let twice = deeper(&once, &everything, operators);
    assert!(twice.len() > 1000, "there are {} expressions", twice.len());
    for law in &twice {
        let filter = filter(&law.text);
        assert_eq!(filter.to_string(), law.text, "it is given back as it was written");
        let selects = |index: &usize| filter.selects(&cases[*index]);
        let set: BTreeSet<_> = everything.iter().copied().filter(selects).collect();
        assert_eq!(set, law.set, "{}", law.text);
    }
}

#[test]
fn a_text_by_itself_means_what_it_meant_before_there_was_a_language() {
    let cases = &OURS.cases;
    let words = cases.iter().flat_map(|case| case.id.split("::").chain([case.id.as_str()]));
    let tags = cases.iter().flat_map(|case| &case.tags).map(String::as_str);
    let texts: BTreeSet<_> = words.chain(tags).chain(["read", "e", "::"]).collect();
    // Each word is tried where it matters: on a few cases, and on the one that it is from.
    for (index, text) in texts.iter().enumerate() {
        let filter = filter(text);
        let around = cases.iter().skip(index % 50).step_by(50);
        for case in around.chain(cases.iter().filter(|case| case.id == *text)) {
            let meant = case.id.contains(text) || case.tags.iter().any(|tag| tag == text);
            assert_eq!(filter.selects(case), meant, "{text} on {}", case.id);
        }
    }
}

/// The predicates, compared to what the corpus says by other means.
#[test]
fn predicates_are_true_of_our_corpus() {
    let folder = |case: &Case| {
        let folders = case.source.file.ancestors().skip(1).filter_map(Path::file_name);
        let mut folders = folders.map(|name| name.to_string_lossy().into_owned());
        folders.find(|name| name != case.model.name()).expect("it is in a folder")
    };
    let areas: BTreeSet<_> = OURS.cases.iter().map(folder).collect();
    assert!(areas.len() > 20, "{areas:?}");
    for area in &areas {
        let filter = filter(&format!("area({area})"));
        for case in &OURS.cases {
            assert_eq!(filter.selects(case), folder(case) == *area, "{area} on {}", case.id);
        }
    }
    for clause in &OURS.clauses {
        let filter = filter(&format!("clause(={})", clause.id));
        for case in OURS.cases.iter().filter(|case| case.clauses.contains(&clause.id)) {
            assert!(filter.selects(case), "{} on {}", clause.id, case.id);
        }
    }
    for case in &OURS.cases {
        for step in case.steps() {
            let (verb, about) = match &step.action {
                Action::Query(about) => ("query", about),
                Action::Request(about) => ("request", about),
                Action::Revoke(about) => ("revoke", about),
                Action::Drop(about) => ("drop", about),
                Action::Use(about) => ("use", about),
            };
            assert!(filter(&format!("step({verb})")).selects(case), "{verb} in {}", case.id);
            let name = about.get("name").and_then(|name| name.as_str()).unwrap_or_default();
            let predicate = if verb == "use" { "step" } else { "kind" };
            // A name that is no word is asked about, too, and only a pattern could hold it.
            if name.chars().all(|letter| letter.is_ascii_graphic()) && !name.is_empty() {
                let filter = filter(&format!("{predicate}(={name})"));
                assert!(filter.selects(case), "{filter} in {}", case.id);
            }
        }
    }
    for model in Model::ALL {
        for release in model.releases() {
            let filter = filter(&format!("model({}) & release({release})", model.name()));
            for case in &OURS.cases {
                let is_for = case.model == *model && case.releases.contain(*release);
                assert_eq!(filter.selects(case), is_for, "{release} on {}", case.id);
            }
        }
    }
}

#[test]
fn every_example_of_the_help_selects_something_and_leaves_something() {
    let lines = HELP.lines().skip(1).take_while(|line| !line.is_empty());
    let mut examples = 0;
    for line in lines {
        let line = line.trim_start();
        let text = match line.strip_prefix('\'') {
            Some(quoted) => quoted.split('\'').next(),
            None => line.split(' ').next(),
        };
        let selected = selected(text.expect("a text is split"), &OURS.cases);
        assert!(!selected.is_empty() && selected.len() < OURS.cases.len(), "{line}");
        examples += 1;
    }
    assert_eq!(examples, 6, "every line of the first paragraph is an example");
    let lines = HELP.lines().map(str::len).max();
    assert!(lines < Some(90), "the help fits into a terminal");
}

#[rstest]
#[case("read", &[])]
#[case("slow", &[])]
#[case("nothing", &["nothing"])]
#[case("read | kind( nte )", &["kind( nte )"])]
#[case("!kind(nte) & not (name(xx) | /^xx/ | =y | read)", &["kind(nte)", "name(xx)", "/^xx/", "=y"])]
#[case("read & none()", &[])]
#[case("release(1.46.3) & release(99.0.0)", &[])]
#[case("tag(slow) | tag(fast)", &["tag(fast)"])]
fn what_selects_nothing_is_told(#[case] text: &str, #[case] idle: &[&str]) {
    let cases: Vec<_> = SMALL.cases.iter().collect();
    assert_eq!(filter(text).idle(&cases), idle);
}

#[rstest]
#[case::nothing("", "expected a text, or a predicate as in area(net)\n  \n  ^")]
#[case::no_operand(
    "read &",
    "expected a text, or a predicate as in area(net)\n  read &\n        ^"
)]
#[case::doubled(
    "read && write",
    "expected a text, or a predicate as in area(net)\n  read && write\n        ^"
)]
#[case::operator_first(
    "or read",
    "expected a text, or a predicate as in area(net)\n  or read\n  ^"
)]
#[case::operator_alone("not", "expected a text, or a predicate as in area(net)\n  not\n     ^")]
#[case::no_operator("read net", "expected `&`, `|` or the end\n  read net\n       ^")]
#[case::space_before_it("area (net)", "expected `&`, `|` or the end\n  area (net)\n       ^")]
#[case::closed_twice("(read))", "expected `&`, `|` or the end\n  (read))\n        ^")]
#[case::not_closed("!(read | net", "expected `&`, `|` or `)`\n  !(read | net\n              ^")]
#[case::predicate_not_closed("area(net & slow", "expected `)`\n  area(net & slow\n           ^")]
#[case::two_texts("name(a and b)", "expected `)`\n  name(a and b)\n         ^")]
#[case::argument_of_none("none(a)", "expected `)`\n  none(a)\n       ^")]
#[case::no_text("name( )", "expected a text\n  name( )\n        ^")]
#[case::no_text_behind_a_sign("name(=)", "expected a text\n  name(=)\n        ^")]
#[case::no_release("release()", "expected a text\n  release()\n          ^")]
#[case::predicate(
    "read & knid(net)",
    "there is no predicate \"knid\"\n  read & knid(net)\n         ^^^^\n  did you mean `kind`?"
)]
#[case::no_such_predicate(
    "where(net)",
    "there is no predicate \"where\"\n  where(net)\n  ^^^^^\n  \
     there are id, model, area, name, clause, tag, kind, step, release, all, none"
)]
#[case::model(
    "model(dneo)",
    "there is no model \"dneo\"\n  model(dneo)\n        ^^^^\n  did you mean `deno`?"
)]
#[case::step(
    "step( =revok )",
    "there is no step or operation \"revok\"\n  step( =revok )\n         ^^^^^\n  did you mean `revoke`?"
)]
#[case::release(
    "release(2.9)",
    "\"2.9\" is not a release; write three numbers, as in 2.9.6\n  release(2.9)\n          ^^^"
)]
#[case::pattern(
    "name(/a(b/)",
    "this is no regular expression: unclosed group\n  name(/a(b/)\n        ^^^"
)]
#[case::open_pattern(
    r"name(/a\/)",
    "expected `/` behind the regular expression\n  name(/a\\/)\n            ^"
)]
#[case::several_bytes_a_letter(
    "näme(x)",
    "there is no predicate \"näme\"\n  näme(x)\n  ^^^^\n  did you mean `name`?"
)]
#[case::several_lines("näme\n(", "expected `&`, `|` or the end\n  näme (\n       ^")]
fn a_mistake_is_shown(#[case] text: &str, #[case] shown: &str) {
    let error = text.parse::<Filter>().expect_err("it is no filter");
    assert_eq!(error.to_string(), shown);
}
