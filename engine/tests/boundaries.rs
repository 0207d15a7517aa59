//! Every release that a rule names lies between two modelled releases, so that both sides of it are run.

use std::fs;
use std::path::Path;

use permscope_engine::model::Model;
use permscope_engine::release::Release;

/// The releases that a source names, as `since(2, 6, 0)`, `since(2, 6)` or `Release::new(2, 6, 0)`.
fn named(source: &str) -> Vec<Release> {
    let calls = source.match_indices("since(").chain(source.match_indices("Release::new("));
    let numbers = |(start, call): (usize, &str)| {
        let rest = &source[start + call.len()..];
        let arguments = &rest[..rest.find(')')?];
        let numbers: Vec<u32> = arguments
            .split(',')
            .map(|number| number.trim().parse())
            .collect::<Result<_, _>>()
            .ok()?;
        match numbers[..] {
            [major, minor] => Some(Release::new(major, minor, 0)),
            [major, minor, patch] => Some(Release::new(major, minor, patch)),
            _ => None,
        }
    };
    calls.filter_map(numbers).collect()
}

#[test]
fn both_sides_of_every_rule_are_modelled() {
    // Since these a model has had what it has always had.
    let always = [Release::new(1, 0, 0), Release::new(20, 0, 0)];
    for model in Model::ALL {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/model").join(model.name());
        let mut boundaries = 0;
        for entry in fs::read_dir(folder).expect("the model is there") {
            let path = entry.expect("the folder is readable").path();
            // The list of the modelled releases itself names no rule.
            if path.file_name().is_some_and(|name| name == "mod.rs") {
                continue;
            }
            let source = fs::read_to_string(&path).expect("the source is text");
            for boundary in named(&source).into_iter().filter(|one| !always.contains(one)) {
                boundaries += 1;
                let releases = model.releases();
                let before = releases.iter().any(|release| *release < boundary);
                let after = releases.iter().any(|release| *release >= boundary);
                assert!(before && after, "{}: {boundary} has one side only", path.display());
            }
        }
        assert!(boundaries > 20, "only {boundaries} boundaries of {} were found", model.name());
    }
}
