//! The corpus on the reference engine: one trial per case, with all its releases inside.
//!
//! A trial's name is the case's identity, so that a filter selects cases, under `cargo test` and under nextest.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use permscope::compare::{Verdict, compare};
use permscope::corpus::Corpus;
use permscope::corpus::case::Case;
use permscope::implementation::Implementation;
use permscope::implementation::reference::Reference;
use permscope::judgement::{Judgement, Target};
use permscope::message;
use permscope::outcome::Outcome;
use permscope::plan::plan;
use permscope::project::Project;
use permscope::run::call;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let project =
        Project::find(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("the tests run in a checkout");
    // Under nextest every trial is a process of its own, which needs only the case that it is asked for.
    let exact = arguments.filter.as_ref().filter(|_| arguments.exact);
    let (folder, fixtures) = (project.corpus(), [project.fixtures()]);
    let one = exact.map(|id| Corpus::read_around(&folder, &fixtures, id));
    let corpus = match one {
        Some(Ok(corpus)) if corpus.cases.is_empty() => Corpus::read(&folder, &fixtures, &[]),
        Some(one) => one,
        None => Corpus::read(&folder, &fixtures, &[]),
    };
    let corpus = match corpus {
        Ok(corpus) => Arc::new(corpus),
        Err(error) => {
            anstream::eprintln!("{error:#}");
            return ExitCode::FAILURE;
        }
    };
    // An empty corpus would be green, and say nothing.
    assert!(!corpus.cases.is_empty(), "there is no case below {}", folder.display());
    let project = Arc::new(project);
    let indices: BTreeMap<_, _> =
        corpus.cases.iter().enumerate().map(|(index, case)| (case.id.clone(), index)).collect();
    let trials = indices.into_iter().map(|(id, index)| {
        let (corpus, project) = (Arc::clone(&corpus), Arc::clone(&project));
        Trial::test(id, move || judge(&corpus, &corpus.cases[index], &project))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// Acts a case out at every release that it is for; the engine has no known differences.
fn judge(corpus: &Corpus, case: &Case, project: &Project) -> Result<(), Failed> {
    let reference = Reference(case.model);
    let hello = reference.hello();
    let mut told = String::new();
    for &release in case.model.releases() {
        let plan = plan([case].into_iter(), &hello.model, &hello.capabilities, release);
        if plan.not_asked > 0 {
            told.push_str("the reference engine does not claim what the case needs\n");
        }
        for case in plan.cases {
            let fixture = &corpus.fixtures[&case.launch.fixture];
            let observation = call(&reference, case, fixture, release);
            let verdict = compare(case, &observation);
            if verdict != Verdict::Agrees {
                let outcome = Outcome::of(verdict, None);
                let judgement = Judgement { case, observation, outcome, reason: None };
                let target = Target {
                    implementation: hello.name.clone(),
                    release,
                    argument: format!("{}@{release}", hello.name),
                };
                told.push_str(&message::unexpected(&judgement, &target, corpus, project, &[]));
            }
        }
    }
    if told.is_empty() {
        Ok(())
    } else {
        Err(anstream::adapter::strip_str(&told).to_string().into())
    }
}
