//! The permission models: which kinds, flags and releases there are, and what users write.

pub mod deno;
pub mod node;
pub mod operation;
pub mod question;

use crate::release::Release;

/// A permission model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Model {
    /// Deno's.
    Deno,
    /// Node's.
    Node,
}

impl Model {
    /// Every model.
    pub const ALL: &[Model] = &[Model::Deno, Model::Node];

    /// The model's name.
    pub fn name(self) -> &'static str {
        match self {
            Model::Deno => "deno",
            Model::Node => "node",
        }
    }

    /// The model of that name.
    pub fn of_name(name: &str) -> Option<Model> {
        Model::ALL.iter().copied().find(|model| model.name() == name)
    }

    /// The releases that the model was checked against, oldest first; it takes any other, too.
    pub fn releases(self) -> &'static [Release] {
        match self {
            Model::Deno => deno::RELEASES,
            Model::Node => node::RELEASES,
        }
    }

    /// Whether a release can be one of the model's.
    ///
    /// The two count differently: Node's model came with 20.0.0, and Deno is far from there.
    pub fn counts(self, release: Release) -> bool {
        (self == Model::Node) == release.since(20, 0, 0)
    }
}
