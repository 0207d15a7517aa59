//! Windows paths and variables: no binary was run, so these are the engine's own tables.

use permscope_engine::resource::name::Name;
use permscope_engine::resource::path::Path;
use permscope_engine::world::{Platform, World};
use rstest::rstest;

const DIRECTORY: &str = r"C:\Users\me";

fn path(text: &str) -> Path {
    World::empty(Platform::Windows, DIRECTORY).path(text)
}

#[rstest]
#[case::backslashes(r"C:\a\b", "c:/a/b")]
#[case::slashes("C:/a/b", "c:/a/b")]
#[case::mixed(r"C:\a/b\", "c:/a/b")]
#[case::case_does_not_count(r"c:\A\B", "c:/a/b")]
#[case::dots(r"C:\a\.\..\b", "c:/b")]
#[case::above_the_root(r"C:\..\..\a", "c:/a")]
#[case::root(r"C:\", "c:/")]
#[case::other_drive(r"D:\a", "d:/a")]
#[case::relative("a", "c:/users/me/a")]
#[case::parent(r"..\a", "c:/users/a")]
#[case::root_of_the_current_drive(r"\a", "c:/a")]
#[case::relative_to_the_current_drive("C:a", "c:/users/me/a")]
#[case::relative_to_another_drive("D:a", "d:/a")]
#[case::share(r"\\server\share\a", "//server/share/a")]
#[case::share_root(r"\\server\share", "//server/share/")]
#[case::above_a_share(r"\\server\share\..\..\a", "//server/share/a")]
#[case::verbatim(r"\\?\C:\a", "c:/a")]
#[case::verbatim_share(r"\\?\UNC\server\share\a", "//server/share/a")]
fn is_read_as(#[case] written: &str, #[case] normalized: &str) {
    assert_eq!(path(written).as_str(), normalized);
}

#[rstest]
#[case::itself(r"C:\a", r"c:/A", true)]
#[case::below(r"C:\a", r"C:\a\b", true)]
#[case::sibling(r"C:\a", r"C:\ab", false)]
#[case::drive(r"C:\", r"C:\a", true)]
#[case::other_drive(r"C:\", r"D:\a", false)]
#[case::share(r"\\server\share", r"\\SERVER\share\a", true)]
#[case::other_share(r"\\server\share", r"\\server\shared\a", false)]
#[case::verbatim(r"\\?\C:\a", r"C:\a\b", true)]
fn covers(#[case] rule: &str, #[case] question: &str, #[case] expected: bool) {
    assert_eq!(path(rule).covers(&path(question)), expected);
}

#[rstest]
#[case(r"C:\a\b", Some("c:/a"))]
#[case(r"D:\a", Some("d:/"))]
#[case(r"D:\", None)]
fn has_a_parent(#[case] of: &str, #[case] parent: Option<&str>) {
    assert_eq!(path(of).parent().as_ref().map(Path::as_str), parent);
}

#[test]
fn the_case_of_a_variable_does_not_count() {
    let path = Name::exact("Path", Platform::Windows);
    assert!(path.covers(&Name::exact("PATH", Platform::Windows)));
    assert!(
        Name::pattern("app_*", Platform::Windows).covers(&Name::exact("APP_X", Platform::Windows))
    );
    assert!(!Name::exact("Path", Platform::Unix).covers(&Name::exact("PATH", Platform::Unix)));
}
