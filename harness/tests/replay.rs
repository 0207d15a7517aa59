//! What is told of a recorded log: what is denied by which rule, and the fewest flags that suffice.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use permscope::explain::question::{Question, Subject};
use permscope::replay::{Access, Log, Options, replay};
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Replays a log with options and flags: the exit code, standard output and standard error.
fn told(log: &[u8], arguments: &[&str]) -> (i32, String, String) {
    let folder = TempDir::new().expect("there is a temporary folder");
    fs::write(folder.path().join("log"), log).expect("it can be written");
    told_in(folder.path(), arguments)
}

fn told_in(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_permscope"));
    program.arg("replay").args(arguments).current_dir(folder);
    let output = program.output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it speaks text");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// An audit file of accesses, each `KIND` or `KIND PART`.
fn audit(accesses: &[&str]) -> Vec<u8> {
    let mut text = String::new();
    for access in accesses {
        let (kind, part) = match access.split_once(' ') {
            Some((kind, part)) => (kind, Some(part)),
            None => (*access, None),
        };
        let line = json!({
            "v": 1, "datetime": "2026-01-01T00:00:00Z", "permission": kind, "value": part,
        });
        let _ = writeln!(text, "{line}");
    }
    text.into_bytes()
}

const OPTIONS: [&str; 5] = ["log", "--model", "deno@2.9.6", "--directory", "/srv"];

#[test]
fn equal_lines_are_counted_and_rules_named() {
    let mut accesses = vec!["read /srv/a"; 1000];
    accesses.extend(["read /etc/hosts", "env HOME", "read /srv/keys/a", "env HOME"]);
    let flags = ["--", "--allow-read=/srv", "--deny-read=/srv/keys"];
    let (code, stdout, _) = told(&audit(&accesses), &[&OPTIONS[..], &flags].concat());
    assert_eq!(code, 100);
    assert_eq!(
        stdout,
        "\
deno 2.9.6 denies 4 of 1004 recorded lines

denied because no flag grants it:
       1  read /etc/hosts
       2  env HOME

denied because of --deny-read=/srv/keys:
       1  read /srv/keys/a

granted because of --allow-read=/srv:
    1000  read /srv/a

these flags suffice, and nothing of them can be left out:
  --allow-read=/srv/a,/etc/hosts,/srv/keys/a --allow-env=HOME
"
    );
}

#[test]
fn a_script_reads_json() {
    let (code, stdout, _) =
        told(&audit(&["read a", "read b"]), &[&OPTIONS[..], &["--json", "--", "-R=a"]].concat());
    assert_eq!(code, 100);
    let value: Value = serde_json::from_str(&stdout).expect("it is JSON");
    assert_eq!(
        value,
        json!({
            "model": "deno", "release": "2.9.6", "flags": ["-R=a"], "lines": 2, "denied": 1,
            "accesses": [
                { "kind": "read", "part": "a", "lines": 1, "result": "allow", "because": "because of -R=a (/srv/a)" },
                { "kind": "read", "part": "b", "lines": 1, "result": "deny", "because": "because no flag grants it" },
            ],
            "sufficient": { "flags": ["--allow-read=/srv/a,/srv/b"], "impossible": [] },
        })
    );
}

#[rstest]
#[case::nothing_is_needed("deno@2.9.6", &["import jsr.io:443"], &[], &[])]
#[case::relative_and_spelled_anew("deno@2.9.6", &["read a", "read ./b/../a", "read /srv/a"], &[], &["--allow-read=/srv/a"])]
#[case::below_another("deno@2.9.6", &["read /a/b", "read /a", "read /ab"], &[], &["--allow-read=/a,/ab"])]
#[case::siblings_stay("deno@2.9.6", &["read /a/1", "read /a/2", "read /a/3"], &[], &["--allow-read=/a/1,/a/2,/a/3"])]
#[case::siblings_fold("deno@2.9.6", &["read /a/1", "read /a/2", "read /b/3"], &["--fold", "2"], &["--allow-read=/b/3,/a"])]
#[case::too_few_siblings("deno@2.9.6", &["read /a/1", "read /a/2"], &["--fold", "3"], &["--allow-read=/a/1,/a/2"])]
#[case::folders_fold("deno@2.9.6", &["read /x/a/1", "read /x/a/2", "read /x/b"], &["--fold", "2"], &["--allow-read=/x"])]
#[case::never_the_root("deno@2.9.6", &["read /a", "read /b"], &["--fold", "2"], &["--allow-read=/a,/b"])]
#[case::hosts_do_not_fold("deno@2.9.6", &["net a.x:1", "net b.x:1"], &["--fold", "2"], &["--allow-net=a.x:1,b.x:1"])]
#[case::all_of_a_kind("deno@2.9.6", &["env A", "env"], &[], &["--allow-env"])]
#[case::a_url_and_its_host("deno@2.9.6", &["net https://a.x/b?c", "net a.x:443", "net ws://b.x"], &[], &["--allow-net=a.x:443,b.x:80"])]
#[case::an_address("deno@2.9.6", &["net [::1]:80", "net http://[::1]/"], &[], &["--allow-net=[::1]:80"])]
#[case::a_default_that_a_grant_takes("deno@2.9.6", &["import jsr.io:443", "import a.x:443"], &[], &["--allow-import=jsr.io:443,a.x:443"])]
#[case::a_comma_of_a_path("deno@2.9.6", &["read /a,b"], &[], &["--allow-read=/a,,b"])]
#[case::a_comma_of_a_variable("deno@2.9.6", &["env A,B"], &[], &["--allow-env"])]
#[case::a_program_by_its_name("deno@2.9.6", &["run git", "run /bin/git"], &[], &["--allow-run=git"])]
#[case::a_program_elsewhere("deno@2.9.6", &["run git", "run /opt/git"], &["--program", "/opt/git"], &["--allow-run=git"])]
#[case::a_program_that_is_written_to("deno@2.9.6", &["run /a/b", "write /a/b"], &[], &["--allow-write=/a/b", "--allow-run"])]
#[case::temporary("deno@2.9.6", &["write <TMP>", "write /tmp/a"], &[], &["--allow-write=/tmp"])]
#[case::another_name_of_an_interface("deno@2.9.6", &["sys userInfo", "sys username"], &[], &["--allow-sys=userInfo"])]
fn the_fewest_flags(
    #[case] model: &str,
    #[case] accesses: &[&str],
    #[case] options: &[&str],
    #[case] expected: &[&str],
) {
    let arguments = [&["log", "--model", model, "--directory", "/srv", "--json"], options].concat();
    let log = audit(accesses);
    let (_, stdout, stderr) = told(&log, &arguments);
    let value: Value = serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{stderr}"));
    assert_eq!(value["sufficient"], json!({ "flags": expected, "impossible": [] }));
    // A script that gates on the flags is content with these.
    let (code, stdout, _) = told(&log, &[&arguments[..], &["--"], expected].concat());
    assert_eq!(code, 0, "{stdout}");
}

#[test]
fn what_a_release_does_not_know_no_flag_allows() {
    let log = audit(&["net unix:/run/a", "net a.x:1"]);
    let arguments = ["log", "--model", "deno@2.5", "--json", "--", "--allow-all"];
    let (code, stdout, _) = told(&log, &arguments);
    assert_eq!(code, 100);
    let value: Value = serde_json::from_str(&stdout).expect("it is JSON");
    let impossible = json!([{ "kind": "net", "part": "unix:/run/a" }]);
    let flags = json!(["--allow-net=a.x:1"]);
    assert_eq!(value["sufficient"], json!({ "flags": flags, "impossible": impossible }));
}

#[rstest]
#[case::the_program_comes_next(&[(7, None), (7, Some("git"))], &["--allow-run=git"])]
#[case::another_process_between(&[(7, None), (8, None), (7, Some("git"))], &["--allow-run"])]
#[case::processes_apart(&[(7, None), (8, None), (7, Some("a")), (8, Some("b"))], &["--allow-run=a,b"])]
#[case::nothing_comes_next(&[(7, Some("git")), (7, None)], &["--allow-run"])]
fn a_broker_is_asked_about_all_programs_first(
    #[case] runs: &[(u64, Option<&str>)],
    #[case] expected: &[&str],
) {
    let line = |(pid, value): &(u64, Option<&str>)| {
        let line = json!({ "v": 1, "pid": pid, "id": 1, "permission": "run", "value": value, "result": "deny" });
        format!("{line}\n")
    };
    let log: String = runs.iter().map(line).collect();
    let (_, stdout, _) = told(log.as_bytes(), &["log", "--model", "deno@2.9", "--json"]);
    let value: Value = serde_json::from_str(&stdout).expect("it is JSON");
    assert_eq!(value["sufficient"]["flags"], json!(expected));
}

#[rstest]
#[case::empty(b"", 68, "log is empty")]
#[case::an_empty_line(b"\n", 68, "log is empty")]
#[case::no_json(b"{nope\n", 67, "log:1: key must be a string at column 2")]
#[case::no_object(b"7\n", 67, "log:1: invalid type: integer `7`")]
#[case::cut_off(
    b"{\"v\":1,\"permission\":\"env\",\"value\":null}\n{\"v\":1,\"perm",
    67,
    "log:2: EOF"
)]
#[case::a_gap(
    b"{\"v\":1,\"permission\":\"env\",\"value\":null}\n\n{}\n",
    67,
    "log:2: the line is empty"
)]
#[case::no_text(b"\xff\n", 67, "log:1: the line is not UTF-8")]
#[case::no_permission(b"{\"v\":1}\n", 67, "log:1: missing field `permission`")]
#[case::no_kind(
    b"{\"v\":1,\"permission\":\"telepathy\",\"value\":null}\n",
    67,
    "log:1: deno has no \"telepathy\""
)]
#[case::another_version(
    b"{\"v\":2,\"permission\":\"env\",\"value\":null}\n",
    67,
    "log:1: there is no version 2"
)]
#[case::a_number(
    b"{\"v\":1,\"permission\":\"env\",\"value\":7}\n",
    67,
    "log:1: invalid type: integer `7`"
)]
#[case::an_answer(
    b"{\"v\":1,\"permission\":\"env\",\"value\":null,\"result\":\"maybe\"}\n",
    67,
    "log:1: unknown variant `maybe`"
)]
fn a_bad_log_is_an_error(#[case] log: &[u8], #[case] code: i32, #[case] expected: &str) {
    let (seen, stdout, stderr) = told(log, &["log", "--model", "deno@2.9"]);
    assert_eq!((seen, stdout.as_str()), (code, ""), "{stderr}");
    assert!(stderr.starts_with(&format!("error: {expected}")), "{stderr}");
}

#[rstest]
#[case::no_file(&["none", "--model", "deno@2.9"], 66, "cannot read none")]
#[case::a_folder(&[".", "--model", "deno@2.9"], 66, "cannot read .")]
#[case::no_model(&["log"], 2, "--model")]
#[case::another_model(&["log", "--model", "node@26"], 2, "only Deno writes such a log")]
#[case::no_flag(&["log", "--model", "deno@2.9", "--", "--allow-telepathy"], 2, "no flag")]
#[case::to_fold_one(&["log", "--model", "deno@2.9", "--fold", "1"], 2, "1 is not in 2..")]
fn a_bad_command_line_is_an_error(
    #[case] arguments: &[&str],
    #[case] code: i32,
    #[case] expected: &str,
) {
    let (seen, _, stderr) = told(&audit(&["env"]), arguments);
    assert_eq!(seen, code, "{stderr}");
    assert!(stderr.contains(expected), "{stderr}");
}

/// A sequence of numbers that look random and are the same every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn one<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        let place = self.below(texts.len() as u64);
        texts[usize::try_from(place).expect("a place is small")]
    }

    fn access(&mut self) -> Access {
        let kind = self.one(&["read", "write", "net", "env", "sys", "run", "ffi", "import"]);
        let part = match kind {
            "read" | "write" | "ffi" => {
                let depth = 1 + self.below(3);
                let parts = (0..depth).map(|_| self.one(&["/a", "/b", "/bin", "/p,q", "/p"]));
                parts.collect()
            }
            "net" | "import" => {
                let host = self.one(&["a.x", "jsr.io", "127.0.0.1", "[::1]"]);
                format!("{host}{}", self.one(&["", ":80", ":443"]))
            }
            "env" => self.one(&["A", "B", "AB", "A*", "C,D"]).to_owned(),
            "sys" => self.one(&["uid", "gid", "hostname"]).to_owned(),
            _ => self.one(&["p", "q", "/bin/p", "/a/b", "/a"]).to_owned(),
        };
        let whole = self.below(12) == 0;
        let words = [Some(kind.to_owned()), Some(part).filter(|_| !whole)];
        let words: Vec<_> = words.into_iter().flatten().collect();
        let question = Question::read(permscope_engine::model::Model::Deno, &words);
        Access { question: question.expect("it is a question"), lines: 1 }
    }
}

#[rstest]
fn the_flags_suffice_and_nothing_of_them_can_be_left_out(
    #[values("deno@1.46", "deno@2.0", "deno@2.5", "deno@2.9")] model: &str,
    #[values(None, Some(2))] fold: Option<usize>,
) {
    let subject: Subject = model.parse().expect("it is a release");
    let denied = |log: &Log, flags: &[String]| {
        let (directory, programs, flags) = ("/".to_owned(), Vec::new(), flags.to_vec());
        let options = Options { subject, flags, directory, programs, fold };
        replay(log, &options).expect("the flags are taken")
    };
    for seed in 0..150 {
        let mut numbers = Numbers(seed);
        let mut accesses: Vec<Access> = Vec::new();
        for _ in 0..=numbers.below(12) {
            let access = numbers.access();
            if accesses.iter().all(|other| other.question != access.question) {
                accesses.push(access);
            }
        }
        let log = Log { accesses };
        let sufficient = denied(&log, &[]).sufficient;
        let flags = &sufficient.flags;
        let impossible = sufficient.impossible.len();
        let under = |flags: &[String]| denied(&log, flags).denied;
        assert_eq!(under(flags), impossible, "{flags:?} do not suffice for {log:?}");
        for (place, flag) in flags.iter().enumerate() {
            let fewer = |flag: Option<String>| {
                let mut fewer = flags.clone();
                fewer.splice(place..=place, flag);
                fewer
            };
            let mut all = vec![fewer(None)];
            // A doubled comma is one of a value; a sign that no value has stands for it while the list is split.
            if let Some((name, values)) = flag.split_once('=') {
                let values = values.replace(",,", "\0");
                let values: Vec<_> = values.split(',').collect();
                for left_out in 0..values.len() {
                    let mut values = values.clone();
                    values.remove(left_out);
                    if !values.is_empty() {
                        let values = values.join(",").replace('\0', ",,");
                        all.push(fewer(Some(format!("{name}={values}"))));
                    }
                }
            }
            for fewer in all {
                assert!(under(&fewer) > impossible, "{fewer:?} of {flags:?} suffice for {log:?}");
            }
        }
    }
}
