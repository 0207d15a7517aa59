//! Releases that something holds for: version requirements, of which one must match.

use permscope_engine::release::Release;
use semver::{Comparator, Op, Version, VersionReq};

use super::format;

/// A list of version requirements, of which one must match; empty means every release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Releases(Vec<VersionReq>);

impl Releases {
    /// Reads requirements as written; each needs a comparator, since a bare version would mean two things.
    pub fn read(written: &format::Releases) -> Result<Self, String> {
        let texts = match written {
            format::Releases::One(text) => std::slice::from_ref(text),
            format::Releases::Any(texts) => texts,
        };
        if texts.is_empty() {
            return Err("an empty list of releases holds for none; leave it out for all".into());
        }
        texts.iter().map(|text| read_one(text)).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a release is among them.
    pub fn contain(&self, release: Release) -> bool {
        let version = version(release);
        self.0.is_empty() || self.0.iter().any(|requirement| requirement.matches(&version))
    }

    /// The releases at which the answer changes: the first that a comparator takes, or the first that it no longer takes.
    pub fn boundaries(&self) -> Vec<Release> {
        let comparators = self.0.iter().flat_map(|requirement| &requirement.comparators);
        let boundary = |comparator: &Comparator| {
            let part = |part: Option<u64>| u32::try_from(part.unwrap_or_default()).ok();
            let release = Release::new(
                part(Some(comparator.major))?,
                part(comparator.minor)?,
                part(comparator.patch)?,
            );
            let next = Release { patch: release.patch + 1, ..release };
            Some(match comparator.op {
                Op::Greater | Op::LessEq => vec![next],
                Op::Exact => vec![release, next],
                _ => vec![release],
            })
        };
        comparators.filter_map(boundary).flatten().collect()
    }
}

impl std::fmt::Display for Releases {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let texts: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&if texts.is_empty() { "all".to_owned() } else { texts.join(" or ") })
    }
}

fn read_one(text: &str) -> Result<VersionReq, String> {
    let has_comparator = |part: &str| part.trim_start().starts_with(['<', '>', '=', '~', '^']);
    if !text.split(',').all(has_comparator) {
        return Err(format!("\"{text}\" needs a comparator, as in \">={text}\" or \"={text}\""));
    }
    text.parse().map_err(|error| format!("\"{text}\" is no version requirement: {error}"))
}

fn version(release: Release) -> Version {
    Version::new(release.major.into(), release.minor.into(), release.patch.into())
}
