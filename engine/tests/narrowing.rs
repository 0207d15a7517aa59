//! Laws of child scopes: narrowing never widens, and what is carried over stays.

use std::sync::Arc;

use permscope_engine::answer::Answer;
use permscope_engine::model::deno::RELEASES;
use permscope_engine::model::deno::flags::Command;
use permscope_engine::model::deno::kind::Kind;
use permscope_engine::model::deno::options::Place;
use permscope_engine::model::deno::session::{Reply, Session};
use permscope_engine::rule::Reach;
use permscope_engine::value::Value;
use permscope_engine::world::{Platform, World};

const FLAGS: [&[&str]; 8] = [
    &[],
    &["--allow-read"],
    &["--allow-read=/a"],
    &["--allow-read=/a/b"],
    &["--allow-read", "--deny-read=/a/b"],
    &["--allow-read=/a/b", "--deny-read=/a"],
    &["--deny-read"],
    &["-A", "--deny-read=/a"],
];

const PATHS: [Option<&str>; 5] = [None, Some("/"), Some("/a"), Some("/a/b"), Some("/a/b/c")];

/// Every set of permissions that a child may be made with.
fn permissions() -> Vec<Value> {
    let text = |text: &str| Value::Text(text.to_owned());
    let list = |paths: &[&str]| Value::List(paths.iter().map(|path| text(path)).collect());
    let shares = [
        Value::Bool(true),
        Value::Bool(false),
        text("inherit"),
        list(&[]),
        list(&["/a"]),
        list(&["/a/b"]),
        list(&["/a/b/c", "/a"]),
    ];
    let objects = shares.map(|share| Value::Object(vec![("read".to_owned(), share)]));
    objects.into_iter().chain([text("inherit"), text("none"), Value::Object(vec![])]).collect()
}

/// The answer to a query about reading a path, or about all reading.
fn query(session: &mut Session, path: Option<&str>) -> Answer {
    let mut fields = vec![("name".to_owned(), Value::Text("read".to_owned()))];
    fields.extend(path.map(|path| ("path".to_owned(), Value::Text(path.to_owned()))));
    session.query(&Value::Object(fields)).expect("the descriptor is valid").answer
}

/// Calls `check` with every parent and each child that it may have.
fn each_child(mut check: impl FnMut(&mut Session, &mut Session, &Value)) {
    let world = Arc::new(World::empty(Platform::Unix, "/"));
    let mut nobody = |_: Kind, _: &Reach| Reply::No;
    let mut children = 0;
    for &release in RELEASES {
        for flags in FLAGS {
            let flags: Vec<_> = flags.iter().map(ToString::to_string).collect();
            for value in permissions() {
                let mut parent =
                    Session::launch(release, Command::Test, &flags, Arc::clone(&world))
                        .expect("the flags are valid at every release");
                if let Ok(Some(mut child)) = parent.narrow(&value, Place::Test, &mut nobody) {
                    children += 1;
                    check(&mut parent, &mut child, &value);
                }
            }
        }
    }
    assert!(children > 300, "only {children} children were made");
}

#[test]
fn a_child_is_granted_nothing_that_its_parent_is_not() {
    each_child(|parent, child, permissions| {
        for path in PATHS {
            let (above, below) = (query(parent, path), query(child, path));
            assert!(
                !below.is_granted() || above.is_granted(),
                "{permissions:?}: {path:?} is {below:?} below {above:?}"
            );
        }
    });
}

#[test]
fn a_child_is_denied_what_its_parent_is_denied_unless_it_was_given_that_again() {
    each_child(|parent, child, permissions| {
        for path in PATHS {
            let (above, below) = (query(parent, path), query(child, path));
            assert!(
                above != Answer::Denied || below == Answer::Denied,
                "{permissions:?}: {path:?} is {below:?} below {above:?}"
            );
        }
    });
}

#[test]
fn what_a_child_revokes_its_parent_keeps() {
    each_child(|parent, child, permissions| {
        let before = PATHS.map(|path| query(parent, path));
        let read = Value::Object(vec![("name".to_owned(), Value::Text("read".to_owned()))]);
        child.revoke(&read).expect("the descriptor is valid");
        assert_eq!(PATHS.map(|path| query(parent, path)), before, "{permissions:?}");
        assert!(PATHS.iter().all(|path| !query(child, *path).is_granted()), "{permissions:?}");
    });
}

#[test]
fn a_refusal_of_the_parent_is_carried_into_every_child() {
    let world = Arc::new(World::empty(Platform::Unix, "/"));
    let mut nobody = |_: Kind, _: &Reach| Reply::No;
    let path = |name: &str| {
        Value::Object(vec![
            ("name".to_owned(), Value::Text("read".to_owned())),
            ("path".to_owned(), Value::Text(name.to_owned())),
        ])
    };
    for &release in RELEASES {
        let mut parent = Session::launch(release, Command::Run, &[], Arc::clone(&world))
            .expect("there are no flags");
        parent.request(&path("/a/b"), &mut nobody).expect("the descriptor is valid");
        for permissions in [Value::Text("none".to_owned()), Value::Text("inherit".to_owned())] {
            let child = parent.narrow(&permissions, Place::Worker, &mut nobody);
            let mut child = child.expect("nothing is asked for").expect("the scope is its own");
            assert_eq!(
                query(&mut child, Some("/a/b")),
                Answer::Denied,
                "{release} {permissions:?}"
            );
            assert_eq!(query(&mut child, Some("/a")), Answer::Denied, "{release} {permissions:?}");
            assert_eq!(query(&mut child, Some("/a/b/c")), Answer::Prompt, "{release}");
        }
    }
}

#[test]
fn without_permissions_a_child_is_its_parent() {
    let world = Arc::new(World::empty(Platform::Unix, "/"));
    let mut nobody = |_: Kind, _: &Reach| Reply::No;
    for &release in RELEASES {
        for (permissions, place) in [
            (Value::Undefined, Place::Test),
            (Value::Null, Place::Worker),
            (Value::Bool(false), Place::Test),
        ] {
            let mut parent = Session::launch(release, Command::Run, &[], Arc::clone(&world))
                .expect("there are no flags");
            let child = parent.narrow(&permissions, place, &mut nobody);
            assert!(matches!(child, Ok(None)), "{release} {permissions:?}");
        }
    }
}
