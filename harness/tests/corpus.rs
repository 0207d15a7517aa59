//! The corpus on the reference engine, which has no known differences: one trial per case, with all its releases inside.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use permscope::implementation::reference::Reference;
use permscope::suite::Suite;
use permscope_engine::model::Model;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let only = arguments.filter.as_deref().filter(|_| arguments.exact);
    let mut trials = Vec::new();
    // An identity says by itself of which model it is.
    let is_meant = |model: &&Model| only.is_none_or(|id| id.starts_with(model.name()));
    for &model in Model::ALL.iter().filter(is_meant) {
        let suite = Suite::of(Reference(model), only).expect("the corpus can be read");
        let tests = suite.tests().expect("there are cases").into_iter();
        trials.extend(tests.map(|(name, run)| Trial::test(name, || run().map_err(Failed::from))));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
