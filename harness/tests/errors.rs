//! Errors in a corpus are shown where they stand, with how to mend them.

use std::fs;
use std::path::Path;

use permscope::corpus::fixture::Fixture;
use permscope::corpus::{BadCorpus, Corpus};
use rstest::rstest;
use tempfile::TempDir;

/// Reads a corpus of one file, and returns what is wrong with it, as shown to a person.
fn shown(text: &str) -> String {
    let folder = TempDir::new().expect("there is a temporary folder");
    fs::write(folder.path().join("file.toml"), text).expect("the file can be written");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let error = Corpus::read(folder.path(), &[fixtures], &[]).expect_err("the corpus has errors");
    let error = error.downcast::<BadCorpus>().expect("and they are the corpus's own");
    let folder = format!("{}/", folder.path().display());
    error.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n").replace(&folder, "")
}

const CASE: &str = "model = \"deno\"\n[[case]]\nname = \"one\"\n";

#[rstest]
#[case::unknown_key(
    "step = [{ query = 1, expect = \"prompt\" }]",
    "error: unknown field `step`, expected one of `name`, `releases`, `clauses`, `tags`, \
     `fixture`, `doors`, `surfaces`, `command`, `flags`, `entry`, `environment`, `search-path`, `directory`, `terminal`, \
     `permissions`, `in`, `steps`, `refused`, `rejected`, `error`
 --> file.toml:4:1
  |
4 | step = [{ query = 1, expect = \"prompt\" }]
  | ^^^^
  |
  = help: did you mean `steps`?"
)]
#[case::misspelt_answer(
    "steps = [{ query = 1, expect = \"promt\" }]",
    "error: unknown variant `promt`, expected one of `granted`, `prompt`, `denied`, \
     `unrestricted`, `error`, `allowed`, `blocked`, `absent`
 --> file.toml:4:32
  |
4 | steps = [{ query = 1, expect = \"promt\" }]
  |                                ^^^^^^^
  |
  = help: did you mean `prompt`?"
)]
#[case::not_toml(
    "steps = [",
    "error: unclosed array, expected `]`
 --> file.toml:4:10
  |
4 | steps = [
  |          ^"
)]
#[case::no_end(
    "",
    "error: a case has either `steps`, or `refused`, or `rejected`
 --> file.toml:3:8
  |
3 | name = \"one\"
  |        ^^^^^"
)]
#[case::two_verbs(
    "steps = [{ query = 1, revoke = 1, expect = \"prompt\" }]",
    "error: a step does one thing: query, request, revoke, drop or use
 --> file.toml:4:10
  |
4 | steps = [{ query = 1, revoke = 1, expect = \"prompt\" }]
  |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^"
)]
#[case::answer_of_a_use(
    "steps = [{ query = 1, expect = \"allowed\" }]",
    "error: only a use is allowed, blocked or absent; this is granted, prompt, denied or an error
 --> file.toml:4:10
  |
4 | steps = [{ query = 1, expect = \"allowed\" }]
  |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^"
)]
#[case::later_step(
    "steps = [{ query = 1, expect = \"prompt\", same-as = 2 }]",
    "error: step 1 refers to a step that comes after it
 --> file.toml:4:10
  |
4 | steps = [{ query = 1, expect = \"prompt\", same-as = 2 }]
  |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^"
)]
#[case::nobody_answers(
    "steps = [{ request = 1, answer = \"y\", expect = \"granted\" }]",
    "error: nobody answers a prompt without `terminal = true`
 --> file.toml:4:10
  |
4 | steps = [{ request = 1, answer = \"y\", expect = \"granted\" }]
  |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^"
)]
#[case::bare_version(
    "releases = \"2.6.0\"\nrefused = \"conflict\"",
    "error: \"2.6.0\" needs a comparator, as in \">=2.6.0\" or \"=2.6.0\"
 --> file.toml:4:12
  |
4 | releases = \"2.6.0\"
  |            ^^^^^^^"
)]
#[case::no_clause(
    "clauses = [\"deno.nothing\"]\nrefused = \"conflict\"",
    "error: there is no clause \"deno.nothing\"
 --> file.toml:4:12
  |
4 | clauses = [\"deno.nothing\"]
  |            ^^^^^^^^^^^^^^"
)]
#[case::no_fixture(
    "fixture = \"nothing\"\nrefused = \"conflict\"",
    "error: there is no fixture \"nothing\"
 --> file.toml:3:8
  |
3 | name = \"one\"
  |        ^^^^^"
)]
#[case::no_scope(
    "rejected = \"escalation\"",
    "error: `in` and `rejected` need `permissions`
 --> file.toml:3:8
  |
3 | name = \"one\"
  |        ^^^^^"
)]
#[case::outside(
    "steps = [{ use = { name = \"read-file\", path = \"../x\" }, expect = \"blocked\" }]",
    "error: \"../x\" leads out of $ROOT, and nothing that a case does may
 --> file.toml:4:10
  |
4 | steps = [{ use = { name = \"read-file\", path = \"../x\" }, expect = \"blocked\" }]
  |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^"
)]
#[case::outside_by_url(
    "steps = [{ use = { name = \"read-file\", path = { \"$url\" = \"file:/x\" } }, expect = \"blocked\" }]",
    "error: \"file:/x\" leads out of $ROOT, and nothing that a case does may
 --> file.toml:4:10
  |
4 | steps = [{ use = { name = \"read-file\", path = { \"$url\" = \"file:/x\" } }, expect = \"blocked\" }]
  |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^"
)]
#[case::searched_outside(
    "search-path = [\"/bin\"]\nrefused = \"conflict\"",
    "error: \"/bin\" leads out of $ROOT, and no case may
 --> file.toml:3:8
  |
3 | name = \"one\"
  |        ^^^^^"
)]
#[case::no_directory(
    "directory = \"$ROOT/nothing\"\nrefused = \"conflict\"",
    "error: the fixture has no directory \"$ROOT/nothing\"
 --> file.toml:3:8
  |
3 | name = \"one\"
  |        ^^^^^"
)]
#[case::directory_of_whoever_runs_it(
    "directory = \"src\"\nrefused = \"conflict\"",
    "error: the fixture has no directory \"src\"
 --> file.toml:3:8
  |
3 | name = \"one\"
  |        ^^^^^"
)]
#[case::unpassable_flag(
    "flags = [\"a\\u0000b\"]\nrefused = \"conflict\"",
    "error: \"a\\0b\" cannot be passed to a process, for it holds a NUL
 --> file.toml:3:8
  |
3 | name = \"one\"
  |        ^^^^^"
)]
#[case::unpassable_variable(
    "environment = { \"A=B\" = \"\" }\nrefused = \"conflict\"",
    "error: \"A=B\" is no name of a variable
 --> file.toml:3:8
  |
3 | name = \"one\"
  |        ^^^^^"
)]
#[case::taken_name(
    "refused = \"conflict\"\n[[case]]\nname = \"one\"\nrefused = \"conflict\"",
    "error: the name \"one\" is taken on line 3
 --> file.toml:6:8
  |
6 | name = \"one\"
  |        ^^^^^"
)]
#[case::shouted_name(
    "refused = \"conflict\"\n[[case]]\nname = \"Two\"\nrefused = \"conflict\"",
    "error: a name is lower case words and numbers, with hyphens between them
 --> file.toml:6:8
  |
6 | name = \"Two\"
  |        ^^^^^"
)]
#[case::no_process_of_deno(
    "permissions = \"inherit\"\nin = \"child\"\nrejected = \"escalation\"",
    "error: Deno's scopes are tests and workers
 --> file.toml:3:8
  |
3 | name = \"one\"
  |        ^^^^^"
)]
#[case::no_entry_of_deno(
    "entry = [\"main.js\"]\nrefused = \"conflict\"",
    "error: only a case about Node has an `entry`
 --> file.toml:3:8
  |
3 | name = \"one\"
  |        ^^^^^"
)]
fn is_shown(#[case] rest: &str, #[case] expected: &str) {
    assert_eq!(shown(&format!("{CASE}{rest}")), expected);
}

const NODE_CASE: &str = "model = \"node\"\n[[case]]\nname = \"one\"\n";

#[rstest]
#[case::no_test("permissions = \"inherit\"\nsteps = []", "Node's scopes are workers and processes")]
#[case::no_command("command = \"run\"\nrefused = \"conflict\"", "Node has no commands")]
#[case::entry("entry = [\"../main.js\"]\nsteps = []", "\"../main.js\" leads out of $ROOT")]
#[case::required("flags = [\"$PERMISSION\", \"-r\", \"/x.js\"]\nsteps = []", "\"/x.js\" leads out")]
#[case::imported("flags = [\"--import=../x.mjs\"]\nsteps = []", "\"../x.mjs\" leads out")]
#[case::configured("flags = [\"--experimental-config-file=/x\"]\nsteps = []", "\"/x\" leads out")]
#[case::by_options(
    "environment = { NODE_OPTIONS = \"--title=x --require=/x.js\" }\nsteps = []",
    "\"/x.js\" leads out"
)]
#[case::child_directory(
    "permissions = { cwd = \"..\" }\nin = \"child\"\nsteps = []",
    "\"..\" leads out"
)]
#[case::bytes(
    "steps = [{ use = { name = \"read-file\", path = { \"$buffer\" = \"/x\" } }, expect = \"blocked\" }]",
    "\"/x\" leads out"
)]
#[case::named_but_granted(
    "steps = [{ query = 1, expect = \"denied\", permission = \"FileSystemRead\" }]",
    "only what is blocked names a permission and a resource"
)]
fn is_shown_of_node(#[case] rest: &str, #[case] expected: &str) {
    let shown = shown(&format!("{NODE_CASE}{rest}"));
    assert!(shown.contains(expected), "{shown}");
}

/// Reads a corpus with these laws, in the folder of a model.
#[rstest]
#[case::no_model(
    "dino",
    "grant = \"-g\"\nkind = \"k\"\nfield = \"f\"\nsize = 1\nvalues = [\"a\"]",
    "laws lie in the folder of a model"
)]
#[case::no_values(
    "deno",
    "grant = \"-g\"\nkind = \"k\"\nfield = \"f\"\nsize = 1\nvalues = []",
    "a universe has values"
)]
#[case::no_grant(
    "deno",
    "kind = \"k\"\nfield = \"f\"\nsize = 1\nvalues = [\"a\"]",
    "missing field `grant`"
)]
fn is_shown_of_laws(#[case] model: &str, #[case] rest: &str, #[case] expected: &str) {
    let folder = TempDir::new().expect("there is a temporary folder");
    fs::create_dir(folder.path().join(model)).expect("a folder can be made");
    let text = format!("[[universe]]\nname = \"one\"\n{rest}\n");
    fs::write(folder.path().join(model).join("laws.toml"), text).expect("the file can be written");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let error = Corpus::read(folder.path(), &[fixtures], &[]).expect_err("the laws have errors");
    assert!(format!("{error:#}").contains(expected), "{error:#}");
}

#[test]
fn every_error_of_a_corpus_is_shown_at_once() {
    let two =
        format!("{CASE}fixture = \"nothing\"\nclauses = [\"no.clause\"]\nrefused = \"conflict\"");
    assert_eq!(shown(&two).matches("error: ").count(), 2, "{}", shown(&two));
}

/// Reads a fixture, and returns what is wrong with it, as shown to a person.
fn fixture_shown(text: &str) -> String {
    Fixture::read(Path::new("own.toml"), text).expect_err("the fixture has errors").to_string()
}

#[rstest]
#[case::misspelt_key(
    "[[entry]]\npath = \"a\"\nflie = \"\"",
    "error: unknown field `flie`, expected one of `path`, `file`, `program`, `adapter`, `link`, `directory`, `socket`
 --> own.toml:3:1
  |
3 | flie = \"\"
  | ^^^^
  |
  = help: did you mean `file`?"
)]
#[case::two_things(
    "[[entry]]\npath = \"a\"\nfile = \"\"\nlink = \"b\"",
    "error: an entry is a `file`, a `program`, a `link`, `adapter = true`, `directory = true` or `socket = true`
 --> own.toml:2:8
  |
2 | path = \"a\"
  |        ^^^"
)]
#[case::outside(
    "[[entry]]\npath = \"../a\"\nfile = \"\"",
    "error: the entry \"../a\" leads out of the fixture
 --> own.toml:2:8
  |
2 | path = \"../a\"
  |        ^^^^^^"
)]
#[case::link_to_outside(
    "[[entry]]\npath = \"a/b\"\nlink = \"../../c\"",
    "error: the entry \"a/b\" leads out of the fixture
 --> own.toml:2:8
  |
2 | path = \"a/b\"
  |        ^^^^^"
)]
#[case::below_a_file(
    "[[entry]]\npath = \"a\"\nfile = \"\"\n[[entry]]\npath = \"a/b\"\nfile = \"\"",
    "error: the place of the entry \"a/b\" is taken
 --> own.toml:5:8
  |
5 | path = \"a/b\"
  |        ^^^^^"
)]
fn is_shown_of_a_fixture(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(fixture_shown(text), expected);
}
