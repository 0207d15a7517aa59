//! The reference engine of runtime permission models: the specification, as code.
//!
//! The engine is pure: it reads no file, no clock and no environment.
//! What it needs of the world comes in as a [`world::World`], and what a program of the runtime says comes in as a [`value::Value`].
//!
//! Read it in this order.
//! A [`rule::Rule`] is an effect over a reach; a reach is all of a kind, or a [`resource::Resource`].
//! [`decide::decide`] is the model in one function: which rule settles a question.
//! A [`state::State`] is what one kind holds at one moment.
//! A [`model`] says which kinds, flags and releases there are, and reads what users write.

pub mod answer;
pub mod decide;
pub mod model;
pub mod release;
pub mod resource;
pub mod rule;
pub mod state;
pub mod value;
pub mod world;
