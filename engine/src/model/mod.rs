//! The permission models: which kinds, flags and releases there are, and what users write.

pub mod deno;

use crate::release::Release;

/// A permission model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Model {
    /// Deno's.
    Deno,
}

impl Model {
    /// Every model.
    pub const ALL: &[Model] = &[Model::Deno];

    /// The model's name.
    pub fn name(self) -> &'static str {
        match self {
            Model::Deno => "deno",
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
        }
    }
}
