//! What it costs to speak with an engine that is a process: against the same engine in this one, and against one script at a time.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use permscope_engine::model::Model;
use permscope_engine::release::Release;

use crate::corpus::Corpus;
use crate::implementation::Implementation;
use crate::implementation::attach::WINDOW;
use crate::implementation::manifest::Manifest;
use crate::implementation::program::{Program, Setting};
use crate::implementation::reference::Reference;
use crate::implementation::sandbox::Sandbox;
use crate::plan::plan;
use crate::run::call;

/// How often the corpus is asked in one conversation, so that the start of the process counts for little.
const TIMES: usize = 20;

/// How often each way is measured; the fastest counts.
const TRIES: usize = 5;

/// How long some scripts took.
#[derive(Clone, Copy, Debug)]
pub struct Talk {
    /// How many scripts.
    pub scripts: usize,
    /// By calls, in this process.
    pub called: Duration,
    /// By a process, within the window.
    pub pipelined: Duration,
    /// By a process, one script at a time.
    pub one_at_a_time: Duration,
}

/// Measures the reference engine at the newest release of Deno's model: called, and served by this program.
pub async fn measure(corpus: &Corpus, scratch: &Path) -> Result<Talk> {
    let reference = Reference(Model::Deno);
    let release = *Model::Deno.releases().last().context("there are releases")?;
    let plan = plan(corpus.cases.iter(), &reference.hello(), release);
    let cases = plan.cases.repeat(TIMES);
    let program = Program {
        manifest: Manifest::of_engine(vec!["serve".to_owned(), "deno".to_owned()]),
        program: std::env::current_exe().context("this program does not know where it is")?,
        adapter: String::new(),
        patience: super::runtime::PATIENCE,
        window: WINDOW,
        sandbox: Sandbox::NONE,
    };
    let mut talk = Talk {
        scripts: cases.len(),
        called: Duration::MAX,
        pipelined: Duration::MAX,
        one_at_a_time: Duration::MAX,
    };
    for _ in 0..TRIES {
        let start = Instant::now();
        for case in &cases {
            let fixture = &corpus.fixtures[&case.launch.fixture];
            std::hint::black_box(call(&reference, case, fixture, release));
        }
        talk.called = talk.called.min(start.elapsed());
        let pipelined = converse(&program, &cases, corpus, release, WINDOW, scratch).await?;
        talk.pipelined = talk.pipelined.min(pipelined);
        let alone = converse(&program, &cases, corpus, release, 1, scratch).await?;
        talk.one_at_a_time = talk.one_at_a_time.min(alone);
    }
    Ok(talk)
}

async fn converse(
    program: &Program,
    cases: &[&crate::corpus::case::Case],
    corpus: &Corpus,
    release: Release,
    window: usize,
    scratch: &Path,
) -> Result<Duration> {
    let fixtures = |file: &Path| &corpus.fixtures[file];
    let setting = Setting::of(release, &fixtures, scratch);
    let start = Instant::now();
    let talk = program.ask(cases, window, setting).await?;
    let time = start.elapsed();
    ensure!(talk.answers.len() == cases.len(), "not everything was answered: {:?}", talk.end);
    Ok(time)
}
