//! The broker at its socket, spoken to as Deno speaks to it; and by a real Deno, where that is asked for.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A broker that serves a folder of its own, and is ended with the test.
struct Serving {
    program: Child,
    folder: TempDir,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

impl Serving {
    fn new(model: &str, options: &[&str], flags: &[&str]) -> Self {
        let folder = TempDir::new().expect("there is a temporary folder");
        let program = command(folder.path(), model, options, flags).spawn();
        let serving = Self { program: program.expect("the program starts"), folder };
        let began = Instant::now();
        while UnixStream::connect(serving.socket()).is_err() {
            assert!(began.elapsed() < Duration::from_secs(30), "the broker makes its socket");
            std::thread::sleep(Duration::from_millis(10));
        }
        serving
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    fn log(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.folder.path().join("log")).expect("there is a log");
        text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
    }

    fn end(&mut self, signal: &str) -> Option<i32> {
        let number = self.program.id().to_string();
        let killed = Command::new("kill").args([signal, &number]).status();
        assert!(killed.expect("kill starts").success());
        self.program.wait().expect("the broker ends").code()
    }
}

/// The program as a broker in a folder.
fn command(folder: &Path, model: &str, options: &[&str], flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_permscope"));
    command.args(["broker", "--socket", "socket", "--model", model]).args(options);
    command.arg("--").args(flags).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// A process that asks, as Deno does.
struct Asking {
    reader: BufReader<UnixStream>,
    asked: u64,
}

impl Asking {
    fn new(socket: &Path) -> Self {
        let stream = UnixStream::connect(socket).expect("the broker is there");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time can be set");
        Self { reader: BufReader::new(stream), asked: 0 }
    }

    /// Says a line; what comes back, or nothing where the connection is closed.
    fn say(&mut self, line: &str) -> Option<Value> {
        self.reader.get_mut().write_all(format!("{line}\n").as_bytes()).expect("it is listened to");
        let mut answer = String::new();
        // A connection that is closed with something unread is reset.
        self.reader.read_line(&mut answer).ok().filter(|length| *length > 0)?;
        Some(serde_json::from_str(&answer).expect("an answer is JSON"))
    }

    /// Asks for a permission: the answer in a word.
    fn ask(&mut self, permission: &str, value: Option<&str>) -> (String, String) {
        self.asked += 1;
        let request = json!({
            "v": 1, "pid": 7, "id": self.asked, "datetime": "2026-01-01T00:00:00Z",
            "permission": permission, "value": value,
        });
        let answer = self.say(&request.to_string()).expect("it is answered");
        assert_eq!(answer["id"], self.asked, "an answer repeats the number of its request");
        let text = |field: &str| answer[field].as_str().expect("a text").to_owned();
        (text("result"), text("reason"))
    }
}

#[rstest]
#[case::granted("deno@2.9.6", "--allow-read=/srv", "read", Some("/srv/a"), "allow")]
#[case::not_granted("deno@2.9.6", "--allow-read=/srv", "read", Some("/etc/a"), "deny")]
#[case::relative("deno@2.9.6", "--allow-read=.", "read", Some("a/../b"), "allow")]
#[case::above("deno@2.9.6", "--allow-read=.", "read", Some("../b"), "deny")]
#[case::all("deno@2.9.6", "--allow-all", "ffi", None, "allow")]
#[case::temporary("deno@2.9.6", "--allow-write=/tmp", "write", Some("<TMP>"), "allow")]
#[case::not_temporary("deno@2.9.6", "--allow-write=/srv", "write", Some("<TMP>"), "deny")]
#[case::host("deno@2.9.6", "--allow-net=127.0.0.1", "net", Some("127.0.0.1:80"), "allow")]
#[case::bracketed("deno@2.9.6", "--allow-net=[::1]:80", "net", Some("[::1]:81"), "deny")]
#[case::unix_socket("deno@2.9.6", "--allow-net=unix:/s", "net", Some("unix:/s"), "allow")]
#[case::default_import("deno@2.9.6", "--no-prompt", "import", Some("jsr.io:443"), "allow")]
#[case::variable("deno@2.9.6", "--allow-env=A*", "env", Some("AB"), "allow")]
#[case::interface("deno@2.9.6", "--allow-sys=uid", "sys", Some("gid"), "deny")]
#[case::found("deno@2.9.6", "--allow-run=sh", "run", Some("sh"), "allow")]
#[case::not_all_programs("deno@2.9.6", "--allow-run=sh", "run", None, "deny")]
#[case::narrowest("deno@2.6.8", "--allow-read=/a/b --deny-read=/a", "read", Some("/a/b"), "allow")]
#[case::denial("deno@2.5.7", "--allow-read=/a/b --deny-read=/a", "read", Some("/a/b"), "deny")]
#[case::in_part("deno@2.9.6", "--allow-read --deny-read=/a/b", "read", Some("/a"), "allow")]
#[case::in_part_before("deno@2.5.7", "--allow-read --deny-read=/a/b", "read", Some("/a"), "deny")]
#[case::whole_in_part("deno@2.5.7", "--allow-read --deny-read=/a/b", "read", None, "allow")]
#[case::programs_in_part("deno@2.9.6", "--allow-run --deny-run=sh", "run", None, "deny")]
#[case::variables_in_part("deno@2.9.6", "--allow-env --deny-env=A", "env", None, "deny")]
#[case::ignored("deno@2.9.6", "--allow-env --ignore-env=A", "env", Some("A"), "deny")]
#[case::protected("deno@2.9.6", "--allow-write --allow-run=/x/y", "write", Some("/x/y"), "deny")]
#[case::no_host("deno@2.9.6", "--allow-net", "net", Some("a b"), "deny")]
#[case::no_kind("deno@2.9.6", "--allow-all", "telepathy", None, "deny")]
fn it_answers_as_the_model_decides(
    #[case] model: &str,
    #[case] flags: &str,
    #[case] permission: &str,
    #[case] value: Option<&str>,
    #[case] expected: &str,
) {
    let flags: Vec<_> = flags.split(' ').collect();
    let serving = Serving::new(model, &["--log", "log"], &flags);
    let (result, reason) = Asking::new(&serving.socket()).ask(permission, value);
    assert_eq!(result, expected, "{reason}");
    let log = serving.log();
    let [line] = &log[..] else { panic!("one line for one request: {log:?}") };
    assert_eq!(line["permission"], permission);
    assert_eq!(line["value"], json!(value));
    assert_eq!(line["pid"], 7);
    assert_eq!((&line["result"], &line["reason"]), (&json!(result), &json!(reason)));
}

#[rstest]
#[case::a_rule(
    "--allow-read --deny-read=/srv/keys",
    "read access to \"/srv/keys/a\" is denied because of --deny-read=/srv/keys"
)]
#[case::none("--allow-write", "read access to \"/srv/keys/a\" is denied because no flag grants it")]
fn the_reason_is_the_rule(#[case] flags: &str, #[case] expected: &str) {
    let serving = Serving::new("deno@2.9.6", &[], &flags.split(' ').collect::<Vec<_>>());
    let (_, reason) = Asking::new(&serving.socket()).ask("read", Some("/srv/keys/a"));
    assert_eq!(reason, expected);
}

#[test]
fn processes_are_served_side_by_side() {
    let serving = Serving::new("deno@2.9.6", &["--log", "log"], &["--allow-env=A"]);
    let (mut first, mut second) = (Asking::new(&serving.socket()), Asking::new(&serving.socket()));
    for _ in 0..3 {
        assert_eq!(first.ask("env", Some("A")).0, "allow");
        assert_eq!(second.ask("env", Some("B")).0, "deny");
    }
    assert_eq!(serving.log().len(), 6);
}

#[rstest]
#[case::nonsense("{nope")]
#[case::nothing("")]
#[case::another_version(r#"{"v":2,"id":1,"permission":"read","value":null}"#)]
#[case::no_number(r#"{"v":1,"permission":"read","value":null}"#)]
#[case::no_permission(r#"{"v":1,"id":1,"value":null}"#)]
#[case::no_text(r#"{"v":1,"id":1,"permission":"read","value":7}"#)]
fn what_is_no_request_is_not_answered(#[case] line: &str) {
    let mut serving = Serving::new("deno@2.9.6", &["--log", "log"], &["--allow-all"]);
    assert_eq!(Asking::new(&serving.socket()).say(line), None, "the connection is closed");
    // Others are served on.
    assert_eq!(Asking::new(&serving.socket()).ask("read", None).0, "allow");
    assert_eq!(serving.log().len(), 1, "what is no request is not logged");
    assert_eq!(serving.end("-TERM"), Some(70), "it is not forgotten");
}

#[rstest]
#[case::the_keyboard("-INT")]
#[case::the_end("-TERM")]
fn a_signal_ends_it_and_removes_the_socket(#[case] signal: &str) {
    let mut serving = Serving::new("deno@2.9.6", &[], &[]);
    let mode = fs::metadata(serving.socket()).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "the socket is its owner's alone");
    let asking = Asking::new(&serving.socket());
    assert_eq!(serving.end(signal), Some(0));
    assert!(!serving.socket().exists());
    drop(asking);
}

#[test]
fn once_it_ends_with_whoever_was_connected() {
    let mut serving = Serving::new("deno@2.9.6", &["--once"], &[]);
    // The first connection was that which waited for the socket.
    assert_eq!(serving.program.wait().expect("it ends").code(), Some(0));
    assert!(!serving.socket().exists());
}

#[test]
fn a_log_is_added_to() {
    let folder = TempDir::new().expect("there is a temporary folder");
    let log = folder.path().join("log");
    fs::write(&log, "{}\n").expect("it can be written");
    let serving = Serving::new("deno@2.9.6", &["--log", &log.to_string_lossy()], &[]);
    Asking::new(&serving.socket()).ask("read", None);
    let text = fs::read_to_string(&log).expect("it can be read");
    assert!(text.starts_with("{}\n{\"v\":1,"), "{text}");
    assert_eq!(text.lines().count(), 2);
}

#[rstest]
#[case::taken("deno@2.9.6", &[], &[], 73, "socket: Address already in use")]
#[case::no_folder("deno@2.9.6", &["--socket", "none/socket"], &[], 73, "none/socket: No such file")]
#[case::no_log("deno@2.9.6", &["--socket", "other", "--log", "none/log"], &[], 73, "cannot write the log none/log")]
#[case::too_long("deno@2.9.6", &["--socket", LONG], &[], 73, "cannot make the socket")]
#[case::no_model("bun@1", &[], &[], 2, "there is no model \"bun\"")]
#[case::no_release("deno@3", &[], &[], 2, "there is no release 3")]
#[case::another_model("node@26", &[], &[], 2, "only Deno has a permission broker")]
#[case::no_flag("deno@2.9.6", &[], &["--allow-telepathy"], 2, "no flag \"--allow-telepathy\"")]
#[case::bad_value("deno@2.9.6", &[], &["--allow-net=a:b:c"], 2, "--allow-net does not take \"a:b:c\"")]
fn what_cannot_be_served_is_said(
    #[case] model: &str,
    #[case] options: &[&str],
    #[case] flags: &[&str],
    #[case] code: i32,
    #[case] told: &str,
) {
    let folder = TempDir::new().expect("there is a temporary folder");
    let taken = folder.path().join("socket");
    fs::write(&taken, "").expect("it can be written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_permscope"));
    command.args(["broker", "--model", model]).current_dir(&folder);
    let named = options.contains(&"--socket");
    command.args(["--socket", "socket"].iter().filter(|_| !named)).args(options);
    let output = command.arg("--").args(flags).output().expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(told), "{said}");
    assert!(taken.exists(), "what was there before stays");
    assert_eq!(fs::read_dir(&folder).expect("it can be read").count(), 1, "nothing is left behind");
}

/// Longer than the path of a socket may be.
const LONG: &str = "a234567890b234567890c234567890d234567890e234567890f234567890g234567890h234567890i234567890j234567890k234567890";

/// What a program can do with each kind, a line for each: done, or the name of what it is thrown.
const PROGRAM: &str = r#"
const attempts = {
  read: () => Deno.readTextFileSync("granted/file"),
  above: () => Deno.readTextFileSync("file"),
  list: () => [...Deno.readDirSync("granted")],
  link: () => { Deno.symlinkSync("granted/file", "link"); Deno.removeSync("link"); },
  write: () => Deno.writeTextFileSync("granted/out", ""),
  copy: () => Deno.copyFileSync("granted/file", "out"),
  temporary: () => Deno.removeSync(Deno.makeTempDirSync()),
  variable: () => Deno.env.get("GRANTED"),
  other: () => Deno.env.get("OTHER"),
  variables: () => Deno.env.toObject(),
  uid: () => Deno.uid(),
  hostname: () => Deno.hostname(),
  run: () => new Deno.Command("true").outputSync(),
  path: () => new Deno.Command("/bin/sh", { args: ["-c", ""] }).outputSync(),
  kill: () => Deno.kill(2147483647, "SIGTERM"),
  listen: () => Deno.listen({ hostname: "127.0.0.1", port: 0 }).close(),
  everywhere: () => Deno.listen({ port: 0 }).close(),
  pointer: () => Deno.UnsafePointer.create(0n),
};
for (const [name, attempt] of Object.entries(attempts)) {
  try {
    attempt();
    console.log(name, "done");
  } catch (error) {
    console.log(name, error.name);
  }
}
"#;

#[rstest]
#[case::nothing("--no-prompt", &[])]
#[case::a_little(
    "--no-prompt --allow-read=granted --allow-write=granted,/tmp --allow-env=GRANTED --allow-sys=uid --allow-run=true --allow-net=127.0.0.1",
    &[]
)]
// A broker is asked about all of run before a program is run and before a signal is sent, and cannot tell these apart.
#[case::but_for_some(
    "--no-prompt --allow-read --deny-read=granted/keys --allow-write --deny-write=out --allow-env=G* --allow-run --deny-run=true --allow-ffi",
    &[("kill NotFound", "kill NotCapable")]
)]
#[case::crossed(
    "--no-prompt --allow-read --deny-read=granted --allow-write=granted --allow-env --allow-sys --deny-sys=uid --allow-run=/bin/sh --allow-net --deny-net=0.0.0.0",
    &[]
)]
#[case::everything("--allow-all", &[])]
#[ignore = "needs the real runtimes, which .ci/run installs"]
fn a_real_deno_does_with_the_broker_what_it_does_with_the_flags(
    #[values("2.9.6", "2.5.7")] version: &str,
    #[case] flags: &str,
    #[case] different: &[(&str, &str)],
) {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let deno = checkout.join(format!("target/runtimes/deno@{version}/deno"));
    assert!(deno.exists(), "install it: cargo xtask runtimes install deno@{version}");
    let flags: Vec<_> = flags.split(' ').collect();
    let mut serving = Serving::new(&format!("deno@{version}"), &["--log", "log"], &flags);
    let folder = serving.folder.path();
    fs::create_dir_all(folder.join("granted/keys")).expect("it can be made");
    fs::write(folder.join("granted/file"), "").expect("it can be written");
    fs::write(folder.join("file"), "").expect("it can be written");
    fs::write(folder.join("program.js"), PROGRAM).expect("it can be written");
    let run = |flags: &[&str], broker: bool| {
        let mut program = Command::new(&deno);
        program.arg("run").args(flags).arg("program.js").current_dir(folder);
        program.env("DENO_DIR", folder.join("cache")).env("NO_COLOR", "1");
        program.env("DENO_NO_UPDATE_CHECK", "1").stdin(Stdio::null());
        if broker {
            program.env("DENO_PERMISSION_BROKER_PATH", folder.join("socket"));
        }
        let output = program.output().expect("Deno starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        text
    };
    let alone = run(&flags, false);
    // The opposite flags, since a broker leaves nothing to them.
    let opposite = if flags == ["--allow-all"] { "--no-prompt" } else { "--allow-all" };
    let with_broker = run(&[opposite], true);
    assert_eq!(alone.lines().count(), 18, "{alone}");
    let both = alone.lines().zip(with_broker.lines());
    let seen: Vec<_> = both.filter(|(alone, broker)| alone != broker).collect();
    assert_eq!(seen, different, "by the flags, and by the broker");
    assert_eq!(serving.end("-TERM"), Some(0));
}
