//! Which way a difference errs: what somebody who reads a report looks at first.

use std::fs;
use std::path::Path;

use permscope::compare::Severity::{Diagnostic, OverDeny, OverGrant};
use permscope::compare::{Seen, Severity, Verdict, compare};
use permscope::corpus::Corpus;
use permscope::corpus::case::Case;
use permscope::observation::Observation;
use rstest::rstest;
use tempfile::TempDir;

/// A case with that end.
fn case(end: &str) -> Case {
    let folder = TempDir::new().expect("there is a temporary folder");
    let text = format!("model = \"deno\"\n[[case]]\nname = \"one\"\npermissions = {{}}\n{end}\n");
    fs::write(folder.path().join("file.toml"), text).expect("the file can be written");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let corpus = Corpus::read(folder.path(), &[fixtures], &[]);
    let mut corpus = corpus.unwrap_or_else(|error| panic!("{error:#}"));
    corpus.cases.pop().expect("there is a case")
}

/// What an implementation says, as an observation.
fn observation(said: &str) -> Observation {
    let message = serde_json::from_str(said).expect("it is of the protocol");
    Observation::of(message).expect("it is an answer").1
}

fn difference(case: &Case, observation: &Observation) -> (Severity, Seen) {
    match compare(case, observation) {
        Verdict::Differs(difference) => (difference.severity, difference.seen),
        other => panic!("{other:?}"),
    }
}

/// One query, its promise, and a reply that differs from it.
#[rstest]
#[case::grant_for_prompt("'prompt'", r#""answer":"granted""#, OverGrant)]
#[case::grant_for_denial("'denied'", r#""answer":"granted""#, OverGrant)]
#[case::prompt_for_denial("'denied'", r#""answer":"prompt""#, OverGrant)]
#[case::denial_for_prompt("'prompt'", r#""answer":"denied""#, OverDeny)]
#[case::prompt_for_grant("'granted'", r#""answer":"prompt""#, OverDeny)]
#[case::error_for_grant("'granted'", r#""answer":"error""#, OverDeny)]
#[case::error_for_denial("'denied'", r#""answer":"error""#, Diagnostic)]
#[case::denial_for_error("'error'", r#""answer":"denied""#, Diagnostic)]
#[case::part_for_all("'granted'", r#""answer":"granted","partial":true"#, Diagnostic)]
#[case::all_for_part("'granted', partial = true", r#""answer":"granted""#, Diagnostic)]
#[case::class("'error', error = 'TypeError'", r#""answer":"error","error":"Error""#, Diagnostic)]
#[case::words("'error', message = 'x'", r#""answer":"error","message":"y""#, Diagnostic)]
#[case::object("'prompt', same-as = 1", r#""answer":"prompt","status":0"#, Diagnostic)]
#[case::events(
    "'prompt', changes = []",
    r#""answer":"prompt","changes":[{"status":1,"state":"denied"}]"#,
    Diagnostic
)]
#[case::unsupported("'granted'", r#""unsupported":"not today""#, Diagnostic)]
fn of_a_step(#[case] promise: &str, #[case] reply: &str, #[case] severity: Severity) {
    let case = case(&format!("steps = [{{ query = {{ name = 'read' }}, expect = {promise} }}]"));
    let seen = observation(&format!(r#"{{"result":{{"id":0,"steps":[{{{reply}}}]}}}}"#));
    assert_eq!(difference(&case, &seen).0, severity);
}

const GRANT: &str = "steps = [{ query = { name = \"read\" }, expect = \"granted\" }]";
const PROMPT: &str = "steps = [{ query = { name = \"read\" }, expect = \"prompt\" }]";
const REFUSED: &str = "refused = \"bad-value\"";
const REJECTED: &str = "rejected = \"escalation\"\nerror = \"NotCapable\"";

/// A case, and an end of its launch or scope that is not the promised one.
#[rstest]
#[case::started(REFUSED, r#"{"result":{"id":0,"steps":[]}}"#, OverGrant, "started")]
#[case::started_and_rejected(
    REFUSED,
    r#"{"rejected":{"id":0,"as":"escalation"}}"#,
    OverGrant,
    "escalation"
)]
#[case::refused_for_another_reason(
    REFUSED,
    r#"{"refused":{"id":0,"as":"conflict"}}"#,
    Diagnostic,
    "conflict"
)]
#[case::accepted(REJECTED, r#"{"result":{"id":0,"steps":[]}}"#, OverGrant, "accepted")]
#[case::rejected_for_another_reason(
    REJECTED,
    r#"{"rejected":{"id":0,"as":"bad-permissions","error":"NotCapable"}}"#,
    Diagnostic,
    "bad-permissions"
)]
#[case::rejected_with_another_class(
    REJECTED,
    r#"{"rejected":{"id":0,"as":"escalation","error":"Error"}}"#,
    Diagnostic,
    "escalation with Error"
)]
#[case::refused_instead_of_a_grant(
    GRANT,
    r#"{"refused":{"id":0,"as":"bad-value"}}"#,
    OverDeny,
    "bad-value"
)]
#[case::rejected_instead_of_a_grant(
    GRANT,
    r#"{"rejected":{"id":0,"as":"escalation"}}"#,
    OverDeny,
    "escalation"
)]
#[case::refused_instead_of_a_prompt(
    PROMPT,
    r#"{"refused":{"id":0,"as":"bad-value"}}"#,
    Diagnostic,
    "bad-value"
)]
fn of_an_end(
    #[case] end: &str,
    #[case] said: &str,
    #[case] severity: Severity,
    #[case] word: &str,
) {
    let seen = difference(&case(end), &observation(said));
    assert_eq!(seen, (severity, Seen::End(word.to_owned())));
}

#[rstest]
#[case::where_a_grant_was_promised(GRANT, OverDeny)]
#[case::where_none_was(PROMPT, Diagnostic)]
#[case::at_a_launch_to_be_refused(REFUSED, Diagnostic)]
fn of_a_death(#[case] end: &str, #[case] severity: Severity) {
    let seen = difference(&case(end), &Observation::Crashed("by a signal".to_owned()));
    assert_eq!(seen, (severity, Seen::End("crashed".to_owned())));
}

#[rstest]
#[case::too_few(r#"{"result":{"id":0,"steps":[]}}"#)]
#[case::too_many(r#"{"result":{"id":0,"steps":[{"answer":"granted"},{"answer":"granted"}]}}"#)]
fn replies_that_are_not_one_for_each_step_are_broken(#[case] said: &str) {
    assert!(matches!(compare(&case(GRANT), &observation(said)), Verdict::Broke(_)));
}
