//! Acting cases out, and seeing what an implementation does.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use permscope_engine::release::Release;
use tokio::sync::Semaphore;

use crate::corpus::Corpus;
use crate::corpus::case::Case;
use crate::corpus::fixture::Fixture;
use crate::implementation::Implementation;
use crate::implementation::attach::{Attached, By};
use crate::implementation::manifest::LaunchBy;
use crate::implementation::program::{Program, Setting};
use crate::implementation::strays;
use crate::launch::Names;
use crate::observation::Observation;
use crate::plan::{Group, Plan};
use crate::stop::Stop;

/// How a run is done.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// How many processes at once.
    pub jobs: usize,
    /// A folder that implementations may fill, shared by all of a run.
    pub scratch: &'a Path,
    /// Called with the number of cases that are done, whenever some are.
    pub progress: &'a (dyn Fn(usize) + Sync),
    /// Whether the run is to end before everything is done.
    pub stop: &'a Stop,
}

/// Acts out every case of a plan; the observations are in the order of its cases, and one is missing only where the run was stopped before it was made.
pub async fn run(
    attached: &Attached,
    plan: &Plan<'_>,
    corpus: &Corpus,
    options: Options<'_>,
) -> Result<Vec<Option<Observation>>> {
    match &attached.by {
        By::Call(implementation) => {
            let observe = |case: &&Case| {
                let fixture = &corpus.fixtures[&case.launch.fixture];
                let observation = call(&**implementation, case, fixture, plan.release);
                (options.progress)(1);
                Some(observation)
            };
            Ok(plan.cases.iter().map(observe).collect())
        }
        By::Process(program) => processes(program, plan, corpus, options).await,
    }
}

/// Acts one case out on an implementation in this process; a panic that is the same twice is an answer, as the death of a process is.
pub fn call(
    implementation: &dyn Implementation,
    case: &Case,
    fixture: &Fixture,
    release: Release,
) -> Observation {
    let names = Names::of_nowhere(release);
    let script = case.to_wire(0, fixture, names);
    let act = || match implementation.launch(&script.launch) {
        Err(refused) => Observation::Refused(refused),
        Ok(mut session) => match session.act(&script) {
            Ok(replies) => Observation::Acted(replies),
            Err(rejected) => Observation::Rejected(rejected),
        },
    };
    let tried = || catch_unwind(AssertUnwindSafe(act));
    let observation = match tried() {
        Ok(observation) => observation,
        Err(_) if tried().is_err() => Observation::Crashed("panicked".to_owned()),
        Err(_) => Observation::Broke("it panicked once, and not again".to_owned()),
    };
    observation.with_names(names)
}

async fn processes(
    program: &Program,
    plan: &Plan<'_>,
    corpus: &Corpus,
    options: Options<'_>,
) -> Result<Vec<Option<Observation>>> {
    let fixture = |file: &Path| &corpus.fixtures[file];
    // What was heard is kept as it comes, for a run that is stopped.
    let seen: RefCell<Vec<Option<Observation>>> = RefCell::new(vec![None; plan.cases.len()]);
    let keep = |index: usize, observation: Observation| {
        seen.borrow_mut()[index] = Some(observation);
    };
    let setting = Setting::of(plan.release, &fixture, options.scratch);
    let setting = Setting { keep: &keep, ..setting };
    let groups = match program.manifest.launch {
        LaunchBy::Arguments => plan.groups(),
        LaunchBy::Message => chunks(plan, options.jobs),
    };
    strays::adopt();
    let slots = Arc::new(Semaphore::new(options.jobs));
    let act = async |group: Group<'_>| {
        let _slot = slots.acquire().await.expect("the semaphore is never closed");
        let observations = program.act(&group, &plan.cases, setting).await;
        (options.progress)(group.cases.len());
        observations
    };
    let all = futures::future::join_all(groups.into_iter().map(act));
    let done = tokio::select! {
        done = all => Some(done),
        // Dropping what is underway ends every process of it.
        () = options.stop.heard() => None,
    };
    strays::end_adopted();
    let Some(done) = done else { return Ok(seen.take()) };
    for group in done {
        // What was heard first need not be the last word: a case may be to blame for the end of its process.
        group?.into_iter().for_each(|(index, observation)| keep(index, observation));
    }
    let lost = || Observation::Broke("it was lost, which is a defect of the harness".to_owned());
    Ok(seen.take().into_iter().map(|seen| Some(seen.unwrap_or_else(lost))).collect())
}

/// Splits the cases of an engine that takes launches as data among its processes.
fn chunks<'c>(plan: &Plan<'c>, jobs: usize) -> Vec<Group<'c>> {
    let indices: Vec<usize> = (0..plan.cases.len()).collect();
    let size = indices.len().div_ceil(jobs).max(1);
    let group = |cases: &[usize]| Group {
        launch: &plan.cases[cases[0]].launch,
        place: None,
        cases: cases.to_vec(),
    };
    indices.chunks(size).map(group).collect()
}
