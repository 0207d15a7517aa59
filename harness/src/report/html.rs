//! The page: a matrix of clauses and cases by target, in one file that needs nothing else.
//!
//! The record says what came of each case, the corpus what each was about, and the reference engine which rule settles it.
//! What a browser does with that is in `page/`.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write};

use anyhow::{Context, Result};
use permscope_engine::release::Release;
use serde::{Serialize, Serializer};

use super::Source;
use crate::compare::{Seen, Severity};
use crate::corpus::Corpus;
use crate::corpus::case::{Case, Expected};
use crate::corpus::clause;
use crate::implementation::reference::Reference;
use crate::law;
use crate::observation::Observation;
use crate::outcome::Word;
use crate::project::Project;
use crate::record::{BadRecord, Ran};
use crate::run::call;
use crate::tally::Counts;
use crate::transcript::{self, Told};
use crate::wire::Reply;

/// The page, in which `{{NAME}}` stands for the part of that name, and `{{run}}` for the data.
const TEMPLATE: &str = include_str!("page/page.html");

/// The parts of the page.
const PARTS: [(&str, &str); 10] = [
    ("page.css", include_str!("page/page.css")),
    ("page.js", include_str!("page/page.js")),
    ("state.js", include_str!("page/state.js")),
    ("header.js", include_str!("page/header.js")),
    ("controls.js", include_str!("page/controls.js")),
    ("selection.js", include_str!("page/selection.js")),
    ("matrix.js", include_str!("page/matrix.js")),
    ("open.js", include_str!("page/open.js")),
    ("keys.js", include_str!("page/keys.js")),
    ("words.js", include_str!("page/words.js")),
];

/// A release where none can be read: the oldest.
const NO_RELEASE: Release = Release::new(0, 0, 0);

/// Everything that the page shows.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    headline: String,
    complete: bool,
    laws: bool,
    program: &'a str,
    corpus: &'a str,
    filters: &'a [String],
    partition: Option<&'a str>,
    started: u64,
    stopped: u64,
    /// The command that runs a case again, to be followed by its identity and the target.
    again: String,
    targets: Vec<Target<'a>>,
    clauses: Vec<Clause<'a>>,
    cases: Rows<'a>,
}

/// A column.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Target<'a> {
    name: String,
    implementation: &'a str,
    model: &'a str,
    release: &'a str,
    argument: &'a str,
    program: &'a str,
    adapter: Option<&'a str>,
    ran: usize,
    not_for_release: usize,
    not_asked: usize,
    pass: usize,
    known: usize,
    fail: usize,
    stale: usize,
    broke: usize,
    over_grants: usize,
    over_denials: usize,
    milliseconds: u64,
}

#[derive(Serialize)]
struct Clause<'a> {
    id: &'a str,
    promise: &'a str,
    level: &'static str,
    sources: Vec<String>,
    /// Why no case of the run tested it.
    untested: Option<&'a str>,
}

/// A row: a case, and what came of it on each target.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    model: &'static str,
    file: &'a str,
    line: usize,
    /// Indices into the clauses of the page.
    clauses: Vec<usize>,
    launch: String,
    environment: Vec<String>,
    scope: Option<String>,
    releases: String,
    steps: Vec<Step>,
    /// A letter for each target, or a space where it did not run.
    outcomes: &'a str,
    /// A letter for each target, or a space where it does not err.
    severities: &'a str,
    seen: Vec<SeenBy<'a>>,
    because: Vec<SettledAt>,
}

/// What a step does and what is promised; only a promise where that is how the launch ends.
#[derive(Serialize)]
struct Step {
    action: String,
    promise: String,
}

/// What some targets saw that is not as promised.
#[derive(Serialize)]
struct SeenBy<'a> {
    targets: &'a [usize],
    /// What was seen at each step, where it is not as promised.
    steps: Vec<Option<String>>,
    /// How the launch ended, or why there was nothing to compare.
    end: Option<&'a str>,
    reason: Option<&'a str>,
}

/// Which rule settles each step at the releases of some targets.
#[derive(Serialize)]
struct SettledAt {
    targets: Vec<usize>,
    steps: Vec<Option<String>>,
}

/// What the records say of one case.
struct Found {
    file: String,
    line: usize,
    outcomes: String,
    severities: String,
    differing: Vec<(Differing, Vec<usize>)>,
}

/// What is not as promised, as a record has it.
#[derive(PartialEq)]
struct Differing {
    seen: Option<Seen>,
    broke: Option<String>,
    reason: Option<String>,
}

/// The rows, each made when it is written.
struct Rows<'a> {
    corpus: &'a Corpus,
    targets: &'a [Ran],
    /// Where each clause stands among those of the page.
    places: HashMap<&'a str, usize>,
    shown: &'a [Shown<'a>],
}

/// A case of the corpus, or what stands for a law, with what the records say of it.
struct Shown<'a> {
    case: &'a Case,
    /// What the law says, where it is one.
    statement: Option<&'static str>,
    found: &'a Found,
}

/// Writes the page.
pub fn write(source: &mut Source<'_>, out: &mut dyn Write) -> Result<()> {
    let tally = source.tally;
    let corpus = source.corpus.context("a page cannot be made without the corpus")?;
    if corpus.digest != tally.header.corpus {
        let why =
            "the record is of another corpus than the one that is here, and a page shows both";
        return Err(BadRecord::Mixed(why.to_owned()).into());
    }
    let found = found(source)?;
    let laws = tally.header.laws.then(|| law::instances(corpus));
    let laws: Vec<_> = laws.into_iter().flatten().collect();
    let cases = corpus.cases.iter().map(|case| (case, None));
    let cases = cases.chain(laws.iter().map(|law| (&law.case, Some(law.statement()))));
    let shown = cases.filter_map(|(case, statement)| {
        found.get(&case.id).map(|found| Shown { case, statement, found })
    });
    let shown: Vec<_> = shown.collect();
    let page = page(source, corpus, &shown);

    let mut rest = TEMPLATE;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").context("a mark of the page has no end")?;
        write!(out, "{before}")?;
        match (name, PARTS.iter().find(|(known, _)| *known == name)) {
            ("run", _) => serde_json::to_writer(InScript(&mut *out), &page)?,
            (_, Some((_, text))) => write!(out, "{text}")?,
            (_, None) => anyhow::bail!("the page has no part {name:?}"),
        }
        rest = after;
    }
    write!(out, "{rest}")?;
    Ok(())
}

/// JSON inside of a page, where no `<` may end the element that it stands in; there is none outside of its strings.
struct InScript<W>(W);

impl<W: Write> Write for InScript<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut parts = bytes.split(|byte| *byte == b'<');
        self.0.write_all(parts.next().unwrap_or_default())?;
        for part in parts {
            self.0.write_all(b"\\u003c")?;
            self.0.write_all(part)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// What the records say, by case.
fn found(source: &mut Source<'_>) -> Result<HashMap<String, Found>> {
    let targets = &source.tally.footer.targets;
    let places: HashMap<_, _> =
        targets.iter().enumerate().map(|(index, ran)| (ran.to_string(), index)).collect();
    let mut found: HashMap<String, Found> = HashMap::new();
    while let Some(record) = source.next_record()? {
        let target = format!("{}@{}", record.implementation, record.release);
        let Some(&target) = places.get(&target) else { continue };
        let nothing = || " ".repeat(targets.len());
        let of_case = found.entry(record.case).or_insert_with(|| Found {
            file: record.file,
            line: record.line,
            outcomes: nothing(),
            severities: nothing(),
            differing: Vec::new(),
        });
        of_case.outcomes.replace_range(target..=target, outcome_letter(record.outcome));
        let severity = record.severity.map_or(" ", severity_letter);
        of_case.severities.replace_range(target..=target, severity);
        if record.outcome == Word::Pass {
            continue;
        }
        let differing = Differing { seen: record.seen, broke: record.broke, reason: record.reason };
        match of_case.differing.iter_mut().find(|(known, _)| *known == differing) {
            Some((_, targets)) => targets.push(target),
            None => of_case.differing.push((differing, vec![target])),
        }
    }
    Ok(found)
}

fn outcome_letter(outcome: Word) -> &'static str {
    match outcome {
        Word::Pass => "p",
        Word::Known => "k",
        Word::Fail => "f",
        Word::Stale => "s",
        Word::Broke => "b",
    }
}

fn severity_letter(severity: Severity) -> &'static str {
    match severity {
        Severity::OverGrant => "+",
        Severity::OverDeny => "-",
        Severity::Diagnostic => "~",
    }
}

fn page<'a>(source: &Source<'a>, corpus: &'a Corpus, shown: &'a [Shown<'a>]) -> Page<'a> {
    let tally = source.tally;
    let (header, footer) = (&tally.header, &tally.footer);
    let command = Project::here().map_or("permscope run", |project| project.command());
    let cited: BTreeSet<_> = shown.iter().flat_map(|shown| &shown.case.clauses).collect();
    let untested: BTreeSet<_> = footer.untested.iter().collect();
    let clauses = corpus.clauses.iter();
    let clauses =
        clauses.filter(|clause| cited.contains(&clause.id) || untested.contains(&clause.id));
    let clauses: Vec<_> =
        clauses.map(|clause| Clause::of(clause, untested.contains(&clause.id))).collect();
    let places = clauses.iter().enumerate().map(|(index, clause)| (clause.id, index)).collect();
    Page {
        headline: tally.headline(),
        complete: footer.complete,
        laws: header.laws,
        program: &header.program,
        corpus: &header.corpus,
        filters: &header.filters,
        partition: header.partition.as_deref(),
        started: header.started,
        stopped: footer.stopped,
        again: if header.laws { format!("{command} --laws") } else { command.to_owned() },
        targets: footer.targets.iter().map(Target::of).collect(),
        clauses,
        cases: Rows { corpus, targets: &footer.targets, places, shown },
    }
}

impl<'a> Target<'a> {
    fn of(ran: &'a Ran) -> Self {
        let Counts { pass, known, fail, stale, broke, over_grants, over_denials } = ran.counts;
        Self {
            name: ran.to_string(),
            implementation: &ran.implementation,
            model: &ran.model,
            release: &ran.release,
            argument: &ran.argument,
            program: &ran.program,
            adapter: ran.adapter.as_deref(),
            ran: ran.counts.all(),
            not_for_release: ran.not_for_release,
            not_asked: ran.not_asked,
            pass,
            known,
            fail,
            stale,
            broke,
            over_grants,
            over_denials,
            milliseconds: ran.milliseconds,
        }
    }
}

impl<'a> Clause<'a> {
    fn of(clause: &'a clause::Clause, is_untested: bool) -> Self {
        let why = clause.untested.as_deref().unwrap_or("no case of it was run");
        Self {
            id: &clause.id,
            promise: &clause.promise,
            level: clause.level.name(),
            sources: clause.source.iter().map(ToString::to_string).collect(),
            untested: is_untested.then_some(why),
        }
    }
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.shown.iter().map(|shown| self.row(shown)))
    }
}

impl Rows<'_> {
    fn row<'a>(&'a self, shown: &'a Shown<'a>) -> Row<'a> {
        let Shown { case, statement, found } = shown;
        let ran: Vec<_> = (0..self.targets.len())
            .filter(|&target| found.outcomes.as_bytes()[target] != b' ')
            .collect();
        let releases = ran.iter().filter_map(|&target| self.release(target));
        // Where a flag has changed its name, the newest is shown.
        let newest = releases.max().unwrap_or(NO_RELEASE);
        let steps = match (statement, &case.expected) {
            (Some(statement), _) => vec![Step::ending((*statement).to_owned())],
            (None, Expected::Steps(steps)) => steps
                .iter()
                .map(|step| Step {
                    action: transcript::action(&step.action),
                    promise: Told::of_promise(&step.promise).to_string(),
                })
                .collect(),
            (None, ended) => vec![Step::ending(transcript::end(ended))],
        };
        Row {
            id: &case.id,
            model: case.model.name(),
            file: &found.file,
            line: found.line,
            clauses: case
                .clauses
                .iter()
                .filter_map(|id| self.places.get(id.as_str()).copied())
                .collect(),
            launch: transcript::command_line(case, newest),
            environment: transcript::environment(case, newest),
            scope: transcript::scope(case, newest),
            releases: case.releases.to_string(),
            steps,
            outcomes: &found.outcomes,
            severities: &found.severities,
            seen: found
                .differing
                .iter()
                .map(|(differing, targets)| seen(case, differing, targets))
                .collect(),
            because: self.because(case, &ran),
        }
    }

    fn release(&self, target: usize) -> Option<Release> {
        self.targets[target].release.parse().ok()
    }

    /// Which rules settle a case at the releases of its targets, by the reference engine; a law has no steps that could be asked about.
    fn because(&self, case: &Case, ran: &[usize]) -> Vec<SettledAt> {
        let mut by_release: Vec<(Release, Vec<Option<String>>)> = Vec::new();
        let mut settled: Vec<SettledAt> = Vec::new();
        for &target in ran {
            let Some(release) = self.release(target) else { continue };
            let known = by_release.iter().position(|(known, _)| *known == release);
            let known = known.unwrap_or_else(|| {
                by_release.push((release, self.rules(case, release)));
                by_release.len() - 1
            });
            let steps = &by_release[known].1;
            match settled.iter_mut().find(|at| at.steps == *steps) {
                Some(at) => at.targets.push(target),
                None => settled.push(SettledAt { targets: vec![target], steps: steps.clone() }),
            }
        }
        settled.retain(|at| at.steps.iter().any(Option::is_some));
        settled
    }

    fn rules(&self, case: &Case, release: Release) -> Vec<Option<String>> {
        let Some(fixture) = self.corpus.fixtures.get(&case.launch.fixture) else {
            return Vec::new();
        };
        match call(&Reference(case.model), case, fixture, release) {
            Observation::Acted(replies) => {
                let rule = |reply: Reply| match reply {
                    Reply::Answered(answered) => answered.message,
                    Reply::Unsupported { .. } => None,
                };
                replies.into_iter().map(rule).collect()
            }
            Observation::Refused(refused) => vec![refused.message],
            Observation::Rejected(rejected) => vec![rejected.message],
            Observation::Unsupported(_) | Observation::Crashed(_) | Observation::Broke(_) => {
                Vec::new()
            }
        }
    }
}

impl Step {
    /// How a launch ends, or what a law says: nothing is done, and something is promised.
    fn ending(promise: String) -> Self {
        Self { action: String::new(), promise }
    }
}

fn seen<'a>(case: &Case, differing: &'a Differing, targets: &'a [usize]) -> SeenBy<'a> {
    let Differing { seen, broke, reason } = differing;
    let mut steps = vec![None; case.steps().len()];
    let mut end = broke.as_deref();
    match seen {
        Some(Seen::End(word)) => end = Some(word),
        Some(Seen::Steps(of_steps)) => {
            for seen in of_steps {
                let Some(step) = case.steps().get(seen.step.wrapping_sub(1)) else { continue };
                steps[seen.step - 1] = Some(Told::of_record(seen, &step.promise).to_string());
            }
        }
        None => {}
    }
    SeenBy { targets, steps, end, reason: reason.as_deref() }
}
