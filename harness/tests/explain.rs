//! What users of a runtime are told: why a question is answered so, and what an upgrade changes.

use std::path::Path;
use std::process::Command;

use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Runs the program in a folder: its exit code, standard output and standard error.
fn permscope_in(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_permscope"));
    for variable in ["CARGO_TERM_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "NO_COLOR"] {
        program.env_remove(variable);
    }
    let output = program.args(arguments).current_dir(folder).output();
    let output = output.expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it speaks text");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// Runs the program in the checkout.
fn permscope(arguments: &[&str]) -> (i32, String, String) {
    permscope_in(Path::new(env!("CARGO_MANIFEST_DIR")), arguments)
}

/// Runs a command line as a shell without quotes would read it.
fn told(line: &str) -> (i32, String) {
    let (code, stdout, stderr) = permscope(&line.split(' ').collect::<Vec<_>>());
    (code, format!("{stdout}{stderr}"))
}

fn json_of(line: &str) -> Value {
    let (_, told) = told(line);
    serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error}: {told}"))
}

#[rstest]
#[case::a_denial_inside_a_grant(
    "explain --model deno@2.9 --allow-read=/srv --deny-read=/srv/keys -- read /srv/keys/a",
    "\
denied: read /srv/keys/a at deno 2.9.6
because of --deny-read=/srv/keys

rules:
  --deny-read=/srv/keys  settles it
  --allow-read=/srv      loses to --deny-read=/srv/keys, which is narrower

at the other modelled releases:
  1.46.3 to 2.8.3: denied
"
)]
#[case::the_narrowest_wins(
    "explain --model deno@2.9 --allow-read=/srv/keys/a --deny-read=/srv/keys -- read /srv/keys/a",
    "\
granted: read /srv/keys/a at deno 2.9.6
because of --allow-read=/srv/keys/a

rules:
  --allow-read=/srv/keys/a  settles it
  --deny-read=/srv/keys     loses to --allow-read=/srv/keys/a, which is narrower

at the other modelled releases:
  1.46.3 to 2.5.7: denied
  2.6.8 to 2.8.3: granted
"
)]
#[case::a_denial_won_before(
    "explain --model deno@2.5 --allow-read=/srv/keys/a --deny-read=/srv/keys -- read /srv/keys/a",
    "\
denied: read /srv/keys/a at deno 2.5.7
because of --deny-read=/srv/keys

rules:
  --deny-read=/srv/keys     settles it
  --allow-read=/srv/keys/a  loses to --deny-read=/srv/keys, although it is narrower: at this release a denial wins

at the other modelled releases:
  1.46.3 to 2.4.4: denied
  2.6.8 to 2.9.6: granted
"
)]
#[case::in_part(
    "explain --model deno@2.9 --directory /srv --allow-read --deny-read=keys,/tmp -- read /srv",
    "\
granted in part: read /srv at deno 2.9.6
because of --allow-read

rules:
  --allow-read                       settles it
  --deny-read=keys,/tmp (/srv/keys)  makes the grant partial: it lies inside
  --deny-read=keys,/tmp (/tmp)       matches nothing here

at the other modelled releases:
  1.46.3 to 2.8.3: granted in part
"
)]
#[case::ignored(
    "explain --model deno@2.9 --allow-env=AWS_KEY --ignore-env=AWS_* -- env AWS_ID",
    "\
denied: env AWS_ID at deno 2.9.6
because of --ignore-env=AWS_*, which hides what it covers as if it were not there

rules:
  --ignore-env=AWS_*   settles it
  --allow-env=AWS_KEY  matches nothing here

at the other modelled releases:
  1.46.3 to 2.5.7: refused: this release knows no flag \"--ignore-env\"
  2.6.8 to 2.8.3: denied
"
)]
#[case::stricter(
    "explain --model deno@2.9 -W=/srv --deny-write=/srv -- write /srv/a",
    "\
denied: write /srv/a at deno 2.9.6
because of --deny-write=/srv

rules:
  --deny-write=/srv  settles it
  -W=/srv            loses to --deny-write=/srv, which is stricter and not wider

at the other modelled releases:
  1.46.3 to 2.8.3: denied
"
)]
#[case::a_default_yields(
    "explain --model deno@2.9 --deny-import=deno.land,a.b -- import deno.land:443",
    "\
denied: import deno.land:443 at deno 2.9.6
because of --deny-import=deno.land,a.b (deno.land)

rules:
  --deny-import=deno.land,a.b (deno.land)   settles it
  default (deno.land:443)                   is a default, and yields to --deny-import=deno.land,a.b (deno.land)
  default (jsr.io:443)                      matches nothing here
  default (esm.sh:443)                      matches nothing here
  default (raw.esm.sh:443)                  matches nothing here
  default (cdn.jsdelivr.net:443)            matches nothing here
  default (raw.githubusercontent.com:443)   matches nothing here
  default (gist.githubusercontent.com:443)  matches nothing here
  --deny-import=deno.land,a.b (a.b)         matches nothing here

at the other modelled releases:
  1.46.3 to 2.2.15: refused: this release knows no flag \"--deny-import\"
  2.4.4 to 2.8.3: denied
"
)]
#[case::a_program_by_name(
    "explain --model deno@2.9 --program /bin/git --allow-run=git -- run git",
    "\
granted: run git at deno 2.9.6
because of --allow-run=git (/bin/git)

rules:
  --allow-run=git (/bin/git)  settles it

at the other modelled releases:
  1.46.3 to 2.8.3: granted
"
)]
#[case::a_program_that_is_not_there(
    "explain --model deno@2.9 --allow-run=git -- run git",
    "\
prompt: run git at deno 2.9.6
because no rule settles it: the user would be asked; there is no program git, and --program /bin/git says that one is

at the other modelled releases:
  1.46.3: granted
  2.0.6 to 2.8.3: prompt
"
)]
#[case::what_follows_from_another_flag(
    "explain --model deno@2.9 --allow-run=/bin/git --allow-write -- write /bin/git",
    "\
denied: write /bin/git at deno 2.9.6
because a program that may be run may not be written to

rules:
  implied (/bin/git)  settles it
  --allow-write       loses to implied (/bin/git), which is narrower

at the other modelled releases:
  1.46.3: granted
  2.0.6 to 2.8.3: denied
"
)]
#[case::a_conflict(
    "explain --model deno@2.9 --allow-run=/bin/git -A -- write /bin/git",
    "\
refused: write /bin/git at deno 2.9.6
because -A cannot stand beside what was given before it

at the other modelled releases:
  1.46.3: granted
  2.0.6 to 2.8.3: refused: -A cannot stand beside what was given before it
"
)]
#[case::a_refused_launch(
    "explain --model deno@2.5.7 --ignore-read=/srv -- read /srv/a",
    "\
refused: read /srv/a at deno 2.5.7
because this release knows no flag \"--ignore-read\"

at the other modelled releases:
  1.46.3 to 2.4.4: refused: this release knows no flag \"--ignore-read\"
  2.6.8 to 2.9.6: denied
"
)]
#[case::without_flags(
    "explain --model deno@2.9 -- net",
    "\
prompt: net at deno 2.9.6
because no rule settles it: the user would be asked

at the other modelled releases:
  1.46.3 to 2.8.3: prompt
"
)]
#[case::a_release_that_is_not_modelled(
    "explain --model deno@2.6.0 -A -- read",
    "\
granted: read at deno 2.6.0
because of --allow-all

rules:
  --allow-all  settles it

at the other modelled releases:
  1.46.3 to 2.9.6: granted
"
)]
#[case::a_missing_directory(
    "explain --model node@26 --permission --allow-fs-read=/srv -- fs.read /srv/a",
    "\
denied: fs.read /srv/a at node 26.10.0
because no --allow-fs-read grants it

rules:
  --allow-fs-read=/srv  matches nothing here: /srv stands for itself alone, since no directory is there; --existing-directory /srv says that one is

at the other modelled releases:
  20.20.2: refused: this release knows no flag \"--permission\" here
  22.23.3 to 25.9.0: denied
"
)]
#[case::an_existing_directory(
    "explain --model node@26 --existing-directory /srv --permission --allow-fs-read=/srv -- fs.read /srv/a",
    "\
granted: fs.read /srv/a at node 26.10.0
because of --allow-fs-read=/srv (/srv/*)

rules:
  --allow-fs-read=/srv (/srv/*)  settles it

at the other modelled releases:
  20.20.2: refused: this release knows no flag \"--permission\" here
  22.23.3 to 25.9.0: granted
"
)]
#[case::a_wildcard(
    "explain --model node@22 --permission --allow-fs-read=/srv/a* --allow-fs-write=* -- fs.read /srv/abc",
    "\
granted: fs.read /srv/abc at node 22.23.3
because of --allow-fs-read=/srv/a*

rules:
  --allow-fs-read=/srv/a*  settles it

at the other modelled releases:
  20.20.2: refused: this release knows no flag \"--permission\" here
  23.8.0 to 26.10.0: granted
"
)]
#[case::a_scope_of_two_kinds(
    "explain --model node@26 --permission --allow-fs-read=/srv/a* --allow-fs-write=* -- fs",
    "\
denied: fs at node 26.10.0
because no --allow-fs-read grants all of it

rules:
  --allow-fs-write=*       settles fs.write
  --allow-fs-read=/srv/a*  reaches only a part of what is asked about

at the other modelled releases:
  20.20.2: refused: this release knows no flag \"--permission\" here
  22.23.3 to 25.9.0: denied
"
)]
#[case::a_scope_that_is_not_there(
    "explain --model node@23 --permission -- net",
    "\
unknown: net at node 23.8.0
because 23.8.0 has no scope net, and says no to any that it does not have

at the other modelled releases:
  20.20.2: refused: this release knows no flag \"--permission\" here
  22.23.3 to 24.21.0: unknown: there is no such scope, and so the answer is no
  25.9.0 to 26.10.0: denied
"
)]
#[case::nothing_is_restricted(
    "explain --model node@26 -- fs.read /srv/a",
    "\
unrestricted: fs.read /srv/a at node 26.10.0
because no flag turns the model on, and so nothing is restricted

at the other modelled releases:
  20.20.2 to 25.9.0: unrestricted
"
)]
fn explains(#[case] line: &str, #[case] expected: &str) {
    let (_, told) = told(line);
    assert_eq!(told, expected);
}

#[rstest]
#[case::answered("explain --model deno@2.9 -- read", 0, "prompt")]
#[case::refused("explain --model deno@2.9 --alow-read -- read", 0, "knows no flag \"--alow-read\"")]
#[case::asked_for_help("explain --help", 0, "working directory is /")]
#[case::no_such_kind(
    "explain --model deno@2.9 -A -- reed /x",
    2,
    "deno has no \"reed\"; it has read"
)]
#[case::no_such_scope(
    "explain --model node@26 -- fs.reed",
    2,
    "node has no \"fs.reed\"; it has fs"
)]
#[case::no_parts("explain --model deno@1.46.3 -- hrtime x", 2, "hrtime has no parts")]
#[case::too_much("explain --model deno@2.9 -- read /a /b", 2, "what is \"/b\"?")]
#[case::nothing("explain --model deno@2.9 -A --", 2, "nothing is asked")]
#[case::no_separator("explain --model deno@2.9 -A", 2, "write the question behind `--`")]
#[case::no_host("explain --model deno@2.9 -- net http://a.b", 2, "a URL is not a host")]
#[case::not_yet_a_question(
    "explain --model deno@2.1 -- import",
    2,
    "deno 2.1.14 cannot be asked so"
)]
#[case::option_too_late(
    "explain --model deno@2.9 -A --json -- read",
    2,
    "--json stands behind a flag"
)]
#[case::no_such_model(
    "explain --model dino@2.9 -- read",
    2,
    "there is no model \"dino\"; there are deno and node"
)]
#[case::no_such_line(
    "explain --model deno@2.3 -- read",
    2,
    "there is no release 2.3; the modelled releases of deno are 1.46.3, 2.0.6"
)]
#[case::of_the_other_model(
    "explain --model node@2.9.6 -- fs",
    2,
    "the modelled releases of node are 20.20.2"
)]
#[case::no_release("explain --model deno -- read", 2, "write NAME@VERSION")]
#[case::changes("upgrade --from deno@2.5 --to deno@2.9 -- --ignore-read", 100, "the launch")]
#[case::nothing_changes(
    "upgrade --from deno@2.8 --to deno@2.9 -- -R=/srv --deny-read=/srv/keys",
    0,
    "answers that change: 0 of 8"
)]
#[case::nothing_changes_in_node(
    "upgrade --from node@25 --to node@25 -- --permission --allow-fs-read=/srv",
    0,
    "answers that change: 0 of 16"
)]
#[case::two_models("upgrade --from deno@2.9 --to node@26 -- -A", 2, "are not of one model")]
#[case::refused_by_both(
    "upgrade --from deno@2.5 --to deno@2.9 -- --alow-read",
    2,
    "both refuse these flags"
)]
#[case::no_flags(
    "upgrade --from deno@2.5 --to deno@2.9",
    2,
    "required arguments were not provided"
)]
#[case::says_its_exit_codes("upgrade --help", 0, "100  something changes")]
fn ends_with(#[case] line: &str, #[case] code: i32, #[case] said: &str) {
    let (seen, told) = told(line);
    assert_eq!(seen, code, "{told}");
    assert!(told.contains(said), "{told}");
}

#[test]
fn an_explanation_is_a_document() {
    let line = "explain --json --model deno@2.9 --allow-read=/srv/keys/a --deny-read=/srv/keys -- read /srv/keys/a";
    let expected = json!({
        "model": "deno",
        "release": "2.9.6",
        "flags": ["--allow-read=/srv/keys/a", "--deny-read=/srv/keys"],
        "question": { "kind": "read", "part": "/srv/keys/a" },
        "answer": "granted",
        "partial": false,
        "because": "because of --allow-read=/srv/keys/a",
        "rules": [
            {
                "kind": "read",
                "rule": "--allow-read=/srv/keys/a",
                "effect": "grant",
                "reach": "/srv/keys/a",
                "standing": "settles",
                "told": "settles it",
            },
            {
                "kind": "read",
                "rule": "--deny-read=/srv/keys",
                "effect": "deny",
                "reach": "/srv/keys",
                "standing": "outranked",
                "lost_to": "--allow-read=/srv/keys/a",
                "told": "loses to --allow-read=/srv/keys/a, which is narrower",
            },
        ],
        "releases": [
            { "from": "1.46.3", "to": "2.5.7", "answer": "denied", "partial": false },
            { "from": "2.6.8", "to": "2.8.3", "answer": "granted", "partial": false },
        ],
    });
    assert_eq!(json_of(line), expected);
}

/// The changes of an upgrade, a line each: the question, the answers, and the clauses.
fn changes(line: &str) -> String {
    let upgrade = json_of(&line.replacen("upgrade", "upgrade --json", 1));
    let text = |value: &Value| value.as_str().expect("it is a text").to_owned();
    let list = |value: &Value| value.as_array().expect("it is a list").clone();
    let changes = list(&upgrade["changes"]).into_iter().map(|change| {
        let clauses = list(&change["clauses"]).into_iter().map(|clause| text(&clause["id"]));
        let clauses = clauses.collect::<Vec<_>>().join(", ");
        let [before, after] = ["before", "after"].map(|side| text(&change[side]["answer"]));
        format!("{}: {before}, then {after} ({clauses})\n", text(&change["question"]))
    });
    changes.collect()
}

#[rstest]
#[case::the_narrowest_wins(
    "upgrade --from deno@2.5 --to deno@2.9 -- --allow-read=/srv/keys/a --deny-read=/srv/keys",
    "\
read /srv/keys/a: denied, then granted (deno.precedence.narrowest-wins, deno.precedence.denial-wins)
read /srv/keys/a/inside: denied, then granted (deno.precedence.narrowest-wins, deno.precedence.denial-wins)
"
)]
#[case::the_other_way(
    "upgrade --from deno@2.9 --to deno@2.5 -- --allow-read=/srv/a --deny-read=/srv",
    "\
read /srv/a: granted, then denied (deno.precedence.narrowest-wins, deno.precedence.denial-wins)
read /srv/a/inside: granted, then denied (deno.precedence.narrowest-wins, deno.precedence.denial-wins)
"
)]
#[case::a_pattern_was_a_name(
    "upgrade --from deno@2.0 --to deno@2.9 -- --allow-env=FOO_*",
    "\
env FOO_: prompt, then granted (deno.env.prefix, deno.env.star-literal-before, deno.env.star-is-not-the-kind)
env FOO_INSIDE: prompt, then granted (deno.env.prefix, deno.env.star-literal-before, deno.env.star-is-not-the-kind)
"
)]
#[case::a_flag_that_is_new(
    "upgrade --from node@23 --to node@26 -- --permission --allow-net",
    "the launch: refused, then launched (node.flags.net)\n"
)]
#[case::a_flag_that_is_gone(
    "upgrade --from node@23 --to node@26 -- --experimental-permission --allow-fs-read=/srv",
    "the launch: launched, then refused (node.switch.experimental, node.switch.removed)\n"
)]
#[case::kinds_that_are_new(
    "upgrade --from node@23 --to node@26 -- --permission --allow-fs-read=/srv --allow-fs-write=/tmp/a*",
    "\
addon: unknown, then denied ()
inspector: unknown, then denied (node.flags.inspector)
net: unknown, then denied (node.flags.net)
ffi: unknown, then denied (node.flags.ffi)
openssl.store: unknown, then denied (node.flags.openssl-store)
"
)]
fn changes_with_an_upgrade(#[case] line: &str, #[case] expected: &str) {
    assert_eq!(changes(line), expected);
}

#[test]
fn a_change_is_told_with_its_clause_and_the_number_of_the_release_note() {
    let (code, told) = told(
        "upgrade --from deno@2.5 --to deno@2.9 -- --allow-read=/srv/keys/a --deny-read=/srv/keys",
    );
    assert_eq!(code, 100, "{told}");
    let table = "\
question                 before  after
read /srv/keys/a         denied  granted
read /srv/keys/a/inside  denied  granted

read /srv/keys/a; read /srv/keys/a/inside:
  deno.precedence.narrowest-wins, at 2.9.6: Of a grant and a denial that both match, the narrower one settles it";
    assert!(told.contains(table), "{told}");
    assert!(told.contains("    2.6.0: denoland/deno#31224\n"), "{told}");
    assert!(told.ends_with("answers that change: 2 of 8\n"), "{told}");
}

#[test]
fn a_change_that_no_clause_explains_is_told_so() {
    let line = "upgrade --from deno@2.6 --to deno@2.9 -- --allow-sys=uid --allow-sys=gid";
    let (code, told) = told(line);
    assert_eq!(code, 100, "{told}");
    assert!(told.contains("  no clause of the corpus explains this change\n"), "{told}");
}

#[test]
fn neither_needs_a_checkout() {
    let folder = TempDir::new().expect("there is a temporary folder");
    let run = |arguments: &[&str]| permscope_in(folder.path(), arguments);
    let (code, stdout, stderr) = run(&["explain", "--model", "deno@2.9", "-A", "--", "read"]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    let (code, stdout, stderr) =
        run(&["upgrade", "--from", "deno@2.5", "--to", "deno@2.9", "--", "--ignore-read"]);
    assert_eq!(code, 100, "{stdout}{stderr}");
    assert!(stdout.contains("    shown by deno::"), "{stdout}");
}
