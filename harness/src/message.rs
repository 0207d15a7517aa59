//! Everything that is said to a person, one small function per thing said.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use permscope_engine::release::Release;
use similar::{ChangeTag, TextDiff};

use crate::bench::runtime::Cost;
use crate::bench::start::Start;
use crate::bench::talk::Talk;
use crate::bless::Blessed;
use crate::compare::{Difference, Seen, refusal, rejection};
use crate::corpus::Corpus;
use crate::corpus::case::{Case, Expected, Promise, Step};
use crate::doctor::{Finding, Health};
use crate::judgement::{Judged, Judgement, Target};
use crate::law::Instance;
use crate::observation::Observation;
use crate::outcome::{Outcome, Word};
use crate::project::Project;
use crate::transcript::{self, Told};
use crate::wire::Reply;

const BAD: Style = AnsiColor::Red.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const ODD: Style = AnsiColor::Yellow.on_default().bold();
const FAINT: Style = Style::new().dimmed();

/// The summary: a line for each target.
pub fn summary(judged: &[&Judged<'_>]) -> String {
    let name = |judged: &&Judged<'_>| judged.target.to_string();
    let width = judged.iter().map(|judged| name(judged).len()).max().unwrap_or_default();
    let mut text = format!(
        "{FAINT}{:width$}  {:>6} {:>6} {:>6} {:>6} {:>6} {:>6}  {:>15} {:>9} {:>8}{FAINT:#}\n",
        "",
        "ran",
        "passed",
        "known",
        "failed",
        "stale",
        "broke",
        "not for release",
        "not asked",
        "time"
    );
    for judged in judged {
        let count = |word, style: Style| match judged.count(word) {
            0 => format!("{FAINT}{:>6}{FAINT:#}", 0),
            count => format!("{style}{count:>6}{style:#}"),
        };
        let _ = writeln!(
            text,
            "{:width$}  {:>6} {} {} {} {} {}  {:>15} {:>9} {:>6.2} s",
            name(judged),
            judged.judgements.len(),
            count(Word::Pass, GOOD),
            count(Word::Known, ODD),
            count(Word::Fail, BAD),
            count(Word::Stale, BAD),
            count(Word::Broke, BAD),
            judged.not_for_release,
            judged.not_asked,
            judged.time.as_secs_f64(),
        );
    }
    text
}

/// What a blessing changes: how much, and every line.
pub fn blessed(blessed: &Blessed) -> String {
    let Blessed { added, dropped, .. } = blessed;
    let mut text =
        format!("{added} added, {dropped} dropped; write a reason for each that has none\n");
    let (before, after) = blessed.texts();
    for change in TextDiff::from_lines(before, after).iter_all_changes() {
        let line = change.value().trim_end();
        let _ = match change.tag() {
            ChangeTag::Equal => Ok(()),
            ChangeTag::Delete => writeln!(text, "  {BAD}- {line}{BAD:#}"),
            ChangeTag::Insert => writeln!(text, "  {GOOD}+ {line}{GOOD:#}"),
        };
    }
    text
}

/// What a doctor found.
pub fn finding(finding: &Finding) -> String {
    let (mark, style) = match finding.health {
        Health::Sound => ("ok    ", GOOD),
        Health::Doubtful => ("doubt ", ODD),
        Health::Broken => ("BROKEN", BAD),
    };
    let mut text = format!("{style}{mark}{style:#}  {}\n", finding.what);
    if let Some(mend) = &finding.mend {
        let _ = writeln!(text, "        {FAINT}to mend it: {mend}{FAINT:#}");
    }
    text
}

/// What a run on a real runtime cost.
pub fn cost(target: &Target, cost: &Cost) -> String {
    let Cost { processes, scopes, steps, floor, one, two } = cost;
    let ratio = |a: &Duration, b: &Duration| a.as_secs_f64() / b.as_secs_f64();
    format!(
        "{target}: {processes} processes, {scopes} scopes, {steps} steps\n  \
         {:.2} x what the bare processes, scopes and steps cost ({:.2} s of {:.2} s; at most 1.3 x)\n  \
         two processes at once are {:.2} x as fast as one ({:.2} s; at least 1.6 x)\n",
        ratio(one, floor),
        one.as_secs_f64(),
        floor.as_secs_f64(),
        ratio(one, two),
        two.as_secs_f64(),
    )
}

/// What this program's own start costs.
pub fn start(start: &Start) -> String {
    let Start { nothing, version, one_case, corpus } = start;
    let times = |time: &Duration| time.as_secs_f64() / nothing.as_secs_f64();
    format!(
        "start: {:.1} x a program that does nothing until it says its version, {:.0} x until one case is judged, {:.0} x until the corpus is on the reference engine\n  \
         that is {:.3} of the second that the corpus may take at all releases\n",
        times(version),
        times(one_case),
        times(corpus),
        corpus.as_secs_f64(),
    )
}

/// What it costs to speak with an engine.
pub fn talk(talk: &Talk) -> String {
    let Talk { scripts, called, pipelined, one_at_a_time } = talk;
    let each = |time: &Duration| time.as_secs_f64() * 1e6 / *scripts as f64;
    format!(
        "protocol: {scripts} scripts to the reference engine as a process cost {:.2} x what they cost in this one; one at a time costs {:.1} x as much as within a window\n  \
         {:.1} us a script in this process, {:.1} us within a window, {:.1} us one at a time\n",
        pipelined.as_secs_f64() / called.as_secs_f64(),
        one_at_a_time.as_secs_f64() / pipelined.as_secs_f64(),
        each(called),
        each(pipelined),
        each(one_at_a_time),
    )
}

/// A judgement that is not expected: the case, its clauses, what was promised and seen, and how to see it again.
///
/// `options` are what else of the command line decides what is seen.
pub fn unexpected(
    judgement: &Judgement<'_>,
    target: &Target,
    corpus: &Corpus,
    project: &Project,
    options: &[(&str, &Path)],
) -> String {
    let Judgement { case, observation, outcome, .. } = judgement;
    let mut text = headline(judgement, target, project);
    for id in &case.clauses {
        let promise = corpus.clause(id).map_or("", |clause| clause.promise.as_str());
        let _ = writeln!(text, "  {id}: {promise}");
    }
    let _ = writeln!(text, "  {}", launch(case, target.release));
    match outcome {
        Outcome::Broke(why) => {
            let _ = writeln!(text, "  the protocol was broken: {why}");
        }
        Outcome::Stale(None) => {
            text.push_str("  listed as a known difference, and now as promised; drop the entry, or bless it\n");
        }
        Outcome::Stale(Some(_)) => {
            text.push_str("  listed as a known difference, and differs in another way\n");
            text.push_str(&difference(case, observation));
        }
        Outcome::Fail(_) | Outcome::Pass | Outcome::Known(_) => {
            text.push_str(&difference(case, observation));
        }
    }
    text.push_str(&again(&quoted(&case.id), target, project, options));
    text
}

/// A law that is not kept as expected: the law, and the smallest launch that breaks it.
pub fn broken_law(
    judgement: &Judgement<'_>,
    instance: &Instance<'_>,
    target: &Target,
    project: &Project,
    options: &[(&str, &Path)],
) -> String {
    let mut text = headline(judgement, target, project);
    let _ = writeln!(text, "  {}", instance.statement());
    match (&judgement.outcome, judgement.outcome.difference()) {
        (Outcome::Broke(why), _) => {
            let _ = writeln!(text, "  the protocol was broken: {why}");
        }
        (Outcome::Stale(None), _) => {
            text.push_str("  listed as broken, and kept now; drop the entry, or bless it\n");
        }
        (outcome, Some(Difference { seen: Seen::End(found), .. })) => {
            if let Outcome::Stale(_) = outcome {
                text.push_str("  listed as broken, and broken in another way\n");
            }
            let _ = writeln!(text, "    {BAD}{found}{BAD:#}");
        }
        _ => {}
    }
    text.push_str(&again(&format!("--laws {}", judgement.case.id), target, project, options));
    text
}

/// What came of a judgement, and where what was judged is written.
fn headline(judgement: &Judgement<'_>, target: &Target, project: &Project) -> String {
    let Judgement { case, outcome, .. } = judgement;
    let word = match outcome.word() {
        Word::Pass => "PASS",
        Word::Known => "KNOWN",
        Word::Fail => "FAIL",
        Word::Stale => "STALE",
        Word::Broke => "BROKE",
    };
    let severity = outcome.difference().map_or("", |difference| difference.severity.name());
    let file = project.short(&case.source.file).display();
    format!(
        "{BAD}{word}{BAD:#} {} on {target}  {ODD}{severity}{ODD:#}\n  {FAINT}{file}:{}{FAINT:#}\n",
        case.id, case.source.line
    )
}

/// The command line that shows a judgement again.
fn again(what: &str, target: &Target, project: &Project, options: &[(&str, &Path)]) -> String {
    let mut again = format!("{} {what} {}", project.command(), target.argument);
    for (option, path) in options {
        let _ = write!(again, " {option} {}", quoted(&path.to_string_lossy()));
    }
    format!("  {FAINT}again: {again}{FAINT:#}\n")
}

/// A word as a shell takes it for one.
pub fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "_-./:=@+,%".contains(letter);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// What was promised and what was seen, line by line.
fn difference(case: &Case, observation: &Observation) -> String {
    let promised = promised(case);
    let seen = seen(case, observation);
    let mut text = String::new();
    for change in TextDiff::from_lines(&promised, &seen).iter_all_changes() {
        let line = change.value().trim_end();
        let _ = match change.tag() {
            ChangeTag::Equal => writeln!(text, "      {line}"),
            ChangeTag::Delete => writeln!(text, "    {GOOD}- {line}{GOOD:#}"),
            ChangeTag::Insert => writeln!(text, "    {BAD}+ {line}{BAD:#}"),
        };
    }
    text
}

fn promised(case: &Case) -> String {
    match &case.expected {
        Expected::Steps(steps) => {
            let line = |(index, step): (usize, &Step)| {
                let promise = Told::of_promise(&step.promise);
                format!("{}. {} -> {promise}\n", index + 1, transcript::action(&step.action))
            };
            steps.iter().enumerate().map(line).collect()
        }
        ended => format!("{}\n", transcript::end(ended)),
    }
}

fn seen(case: &Case, observation: &Observation) -> String {
    let detail = |message: &Option<String>| {
        message.as_ref().map(|message| format!(" ({message})")).unwrap_or_default()
    };
    match observation {
        Observation::Broke(why) => format!("nothing: {why}\n"),
        Observation::Unsupported(why) => format!("unsupported: {why}\n"),
        Observation::Crashed(how) => format!("the process crashed: it {how}\n"),
        Observation::Refused(seen) => {
            format!("the launch is refused: {}{}\n", refusal(seen.reason), detail(&seen.message))
        }
        Observation::Rejected(seen) => {
            let class = match &case.expected {
                Expected::Rejected { error: Some(_), .. } => {
                    format!(" with {}", seen.error.as_deref().unwrap_or("no error"))
                }
                _ => String::new(),
            };
            format!("the permissions are rejected: {}{class}\n", rejection(seen.reason))
        }
        Observation::Acted(replies) => match &case.expected {
            Expected::Steps(steps) => {
                let line = |(index, (step, reply)): (usize, (&Step, &Reply))| {
                    let action = transcript::action(&step.action);
                    format!("{}. {action} -> {}\n", index + 1, answer(reply, &step.promise))
                };
                steps.iter().zip(replies).enumerate().map(line).collect()
            }
            Expected::Refused(_) => "the launch is accepted, and code runs\n".to_owned(),
            Expected::Rejected { .. } => "the permissions are accepted\n".to_owned(),
        },
    }
}

/// A reply, told as far as the promise goes, with the implementation's own words where it goes wrong.
fn answer(reply: &Reply, promise: &Promise) -> String {
    match reply {
        Reply::Unsupported { unsupported } => format!("unsupported: {unsupported}"),
        Reply::Answered(answered) => {
            let mut text = Told::of_reply(answered, promise).to_string();
            if answered.answer != promise.answer
                && promise.message.is_none()
                && let Some(message) = &answered.message
            {
                let _ = write!(text, "   # {}", message.lines().next().unwrap_or_default());
            }
            text
        }
    }
}

/// The launch of a case at a release, on one line.
fn launch(case: &Case, release: Release) -> String {
    let mut text = transcript::command_line(case, release);
    for variable in transcript::environment(case, release) {
        let _ = write!(text, "  {variable}");
    }
    if let Some(scope) = transcript::scope(case, release) {
        let _ = write!(text, "  {scope}");
    }
    text
}
