//! What the corpus promises of itself: every clause is tested or says why not, every case can be reached, nothing lies about unused.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use permscope::carried;
use permscope::compared;
use permscope::corpus::Corpus;
use permscope::corpus::clause::Level;
use permscope::corpus::{format, releases::Releases};
use permscope::known::{self, KnownDifferences};
use permscope::project::Project;

fn project() -> Project {
    Project::find(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("the tests run in a checkout")
}

fn corpus() -> Corpus {
    let project = project();
    Corpus::read(&project.corpus(), &[project.fixtures()], &[])
        .unwrap_or_else(|error| panic!("{error:#}"))
}

/// Fails with a list, if there is anything on it.
fn none(what: &str, found: impl IntoIterator<Item = String>) {
    let found: Vec<_> = found.into_iter().collect();
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

#[test]
fn every_clause_is_tested_or_says_why_not() {
    let corpus = corpus();
    let cited: BTreeSet<_> = corpus.cases.iter().flat_map(|case| &case.clauses).collect();
    let untested = |clause: &&permscope::corpus::clause::Clause| {
        clause.untested.is_none() && !cited.contains(&clause.id)
    };
    let id = |clause: &permscope::corpus::clause::Clause| clause.id.clone();
    none(
        "clauses that no case cites, and that do not say why",
        corpus.clauses.iter().filter(untested).map(id),
    );
    let tested = |clause: &&permscope::corpus::clause::Clause| {
        clause.untested.is_some() && cited.contains(&clause.id)
    };
    none(
        "clauses that are cited by a case, and said to be untested",
        corpus.clauses.iter().filter(tested).map(id),
    );
}

#[test]
fn every_case_cites_a_clause() {
    let corpus = corpus();
    let bare = corpus.cases.iter().filter(|case| case.clauses.is_empty());
    none("cases that cite no clause", bare.map(|case| case.id.clone()));
}

#[test]
fn clauses_are_well_formed() {
    let corpus = corpus();
    let mut seen = BTreeSet::new();
    for clause in &corpus.clauses {
        let id = &clause.id;
        assert!(seen.insert(id), "the clause {id} stands twice");
        assert!(!clause.promise.trim().is_empty(), "{id} promises nothing");
        assert!(!clause.source.is_empty(), "{id} has no source");
        for source in &clause.source {
            let document = source.document.is_some();
            let release = source.release.is_some();
            assert!(document != release, "{id}: a source is a document or a release");
            assert_eq!(document, source.heading.is_some(), "{id}: a document has a heading");
        }
        let superseded = clause.level == Level::Superseded;
        assert_eq!(superseded, clause.superseded_by.is_some(), "{id}: by what is it superseded?");
        if let Some(releases) = &clause.releases {
            Releases::read(releases).unwrap_or_else(|why| panic!("{id}: {why}"));
        }
    }
}

#[test]
fn every_case_is_for_a_modelled_release_and_names_boundaries_that_are_run() {
    let corpus = corpus();
    let unreachable = corpus.cases.iter().filter(|case| {
        !case.model.releases().iter().any(|release| case.releases.contain(*release))
    });
    none("cases that are for no modelled release", unreachable.map(|case| case.id.clone()));
    // A boundary is run on both sides if there is a modelled release before it and one from it on.
    let lopsided = corpus.cases.iter().filter(|case| {
        let modelled = case.model.releases();
        case.releases.boundaries().iter().any(|boundary| {
            let before = modelled.iter().any(|release| release < boundary);
            let after = modelled.iter().any(|release| release >= boundary);
            !before || !after
        })
    });
    none(
        "cases with a boundary that is run on one side only",
        lopsided.map(|case| case.id.clone()),
    );
}

#[test]
fn every_fixture_is_used() {
    let corpus = corpus();
    let unused =
        fs::read_dir(project().fixtures()).expect("there are fixtures").filter_map(|entry| {
            let path = entry.expect("the folder is readable").path();
            // The comparison has a fixture of its own, which no case is about.
            let is_compared = path.file_name().is_some_and(|name| name == compared::FILE);
            let is_fixture = path.extension().is_some_and(|end| end == "toml") && !is_compared;
            (is_fixture && !corpus.fixtures.contains_key(&path)).then(|| path.display().to_string())
        });
    none("fixtures that no case uses", unused);
}

#[test]
fn no_two_cases_are_the_same() {
    let corpus = corpus();
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut twins = Vec::new();
    for case in &corpus.cases {
        let what =
            format!("{:?} {:?} {:?} {}", case.launch, case.scope, case.expected, case.releases);
        if let Some(first) = seen.insert(what, &case.id) {
            twins.push(format!("{first} and {}", case.id));
        }
    }
    none("cases that say the same", twins);
}

#[test]
fn known_differences_are_about_cases_and_do_not_overlap() {
    let corpus = corpus();
    let project = project();
    let ids = known::identities(&corpus);
    for name in project.implementation_names() {
        let known = KnownDifferences::read(&project.known(&name), &ids, false)
            .unwrap_or_else(|error| panic!("{error:#}"));
        for case in &corpus.cases {
            for &release in case.model.releases() {
                let entries =
                    known.all_of(&case.id).filter(|entry| entry.versions.contain(release));
                assert!(entries.count() <= 1, "{name}@{release}: {} is listed twice", case.id);
            }
        }
    }
}

#[test]
fn the_reference_engine_has_no_known_differences() {
    assert!(!project().known("reference").exists());
}

#[test]
fn the_schema_is_up_to_date() {
    up_to_date(&project().corpus().join("case.schema.json"), &format::schema());
}

#[test]
fn the_comparison_is_up_to_date() {
    let project = project();
    let page = compared::page(&corpus(), &project.corpus(), &project.fixtures());
    let page = page.unwrap_or_else(|error| panic!("{error:#}"));
    up_to_date(&project.corpus().join(compared::PAGE), &page);
}

/// Fails where a file that is made from others does not hold what it should, or makes it anew.
fn up_to_date(path: &Path, text: &str) {
    if std::env::var_os("PERMSCOPE_UPDATE").is_some() {
        fs::write(path, text).expect("the file can be written");
    }
    let checked_in = fs::read_to_string(path).unwrap_or_default();
    assert!(
        checked_in == text,
        "{} is out of date; write it anew with PERMSCOPE_UPDATE=1 cargo test --test promises",
        path.display()
    );
}

/// What the program carries is what lies here; otherwise it would judge by another corpus than the one that is shown.
#[test]
fn what_is_carried_is_what_lies_here() {
    let carried = Project::carried();
    let read = |project: &Project| Corpus::read(&project.corpus(), &[project.fixtures()], &[]);
    let (carried_corpus, here) = (read(&carried).expect("it can be read"), corpus());
    assert_eq!(carried_corpus.digest, here.digest);
    assert_eq!(carried_corpus.cases.len(), here.cases.len());
    let names = project().implementation_names();
    assert_eq!(carried.implementation_names(), names);
    for name in names {
        let list = |project: &Project| carried::read_to_string(&project.known(&name)).ok();
        assert_eq!(list(&carried), list(&project()), "{name}");
    }
}
