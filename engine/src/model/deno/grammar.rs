//! How a text names resources of a kind: in a rule, where the effect decides what it means, and in a question.

use std::fmt;

use super::kind::{Row, Shape, interface};
use crate::release::Release;
use crate::resource::Resource;
use crate::resource::host::{self, BadHost, Host};
use crate::resource::name::Name;
use crate::resource::path::Path;
use crate::resource::program::Program;
use crate::rule::{Effect, Reach};
use crate::world::{Platform, World};

/// Why a text names no resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadText {
    /// An empty path; releases before 2.0 read it as the working directory.
    EmptyPath,
    /// An empty name of a variable or an interface.
    EmptyName,
    /// A variable with `=` or a NUL in its name.
    Variable,
    /// An interface that the release does not know.
    Interface,
    /// An empty program.
    EmptyProgram,
    /// No host.
    Host(BadHost),
    /// A text where the kind has no parts.
    NoParts,
}

impl fmt::Display for BadText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadText::EmptyPath => f.write_str("the path is empty"),
            BadText::EmptyName => f.write_str("the name is empty"),
            BadText::Variable => f.write_str("a variable's name has neither \"=\" nor NUL"),
            BadText::Interface => f.write_str("this release knows no such system interface"),
            BadText::EmptyProgram => f.write_str("the program is empty"),
            BadText::Host(host) => host.fmt(f),
            BadText::NoParts => f.write_str("this permission has no parts"),
        }
    }
}

/// The language of one release, in one world.
#[derive(Clone, Copy, Debug)]
pub struct Grammar<'w> {
    /// The release.
    pub release: Release,
    /// The world.
    pub world: &'w World,
}

impl Grammar<'_> {
    /// What an element of a list reaches, in a flag or in `PermissionOptions`.
    ///
    /// A program that cannot be found is granted by no rule at all, since 2.0.
    pub fn rule(self, row: &Row, effect: Effect, text: &str) -> Result<Option<Reach>, BadText> {
        let resource = match row.shape {
            Shape::Unit => return Err(BadText::NoParts),
            Shape::Path => Resource::Path(self.path(text)?),
            Shape::Host => {
                Resource::Host(Host::pattern(text, self.hosts()).map_err(BadText::Host)?)
            }
            Shape::Variable => Resource::Name(self.variable(text)?),
            Shape::Interface => Resource::Name(self.interface(text)?),
            Shape::Program if text.is_empty() => return Err(BadText::EmptyProgram),
            Shape::Program => Resource::Program(match effect {
                Effect::Deny => self.denied_program(text),
                Effect::Grant | Effect::Ignore | Effect::Refused => self.program(text),
            }),
        };
        let reach = Reach::Part(resource);
        Ok(self.can_hold(&reach).then_some(reach))
    }

    /// What a descriptor's field asks about: one resource, never a pattern.
    pub fn question(self, row: &Row, text: &str) -> Result<Reach, BadText> {
        let platform = self.world.platform;
        let resource = match row.shape {
            Shape::Unit => return Err(BadText::NoParts),
            Shape::Path => Resource::Path(self.path(text)?),
            Shape::Host => Resource::Host(Host::read(text, self.hosts()).map_err(BadText::Host)?),
            Shape::Variable => Resource::Name(Name::exact(text, platform)),
            Shape::Interface => Resource::Name(self.interface(text)?),
            Shape::Program if text.is_empty() && self.release.since(2, 0, 0) => {
                return Err(BadText::EmptyProgram);
            }
            Shape::Program => Resource::Program(self.program(text)),
        };
        Ok(Reach::Part(resource))
    }

    /// Whether what was asked about can be held as a grant; the name of a program that is nowhere cannot.
    pub fn can_hold(self, reach: &Reach) -> bool {
        let missing = matches!(reach, Reach::Part(Resource::Program(Program::Missing(_))));
        !missing || !self.release.since(2, 0, 0)
    }

    fn path(self, text: &str) -> Result<Path, BadText> {
        if text.is_empty() && self.release.since(2, 0, 0) {
            return Err(BadText::EmptyPath);
        }
        Ok(self.world.path(text))
    }

    fn hosts(self) -> host::Forms {
        host::Forms {
            patterns: self.release.since(2, 4, 0),
            vsock: self.release.since(2, 2, 0),
            unix: self.release.since(2, 9, 0),
            mapped: self.release.since(2, 7, 12),
        }
    }

    fn variable(self, text: &str) -> Result<Name, BadText> {
        if text.is_empty() {
            return Err(BadText::EmptyName);
        }
        if text.contains(['=', '\0']) {
            return Err(BadText::Variable);
        }
        let platform = self.world.platform;
        Ok(match self.release.since(2, 1, 0) {
            true => Name::pattern(text, platform),
            false => Name::exact(text, platform),
        })
    }

    fn interface(self, text: &str) -> Result<Name, BadText> {
        if text.is_empty() {
            return Err(BadText::EmptyName);
        }
        let name = interface(text, self.release).ok_or(BadText::Interface)?;
        Ok(Name::exact(name, Platform::Unix))
    }

    fn program(self, text: &str) -> Program {
        if self.is_path(text) {
            return Program::File(self.world.path(text));
        }
        match self.world.find_program(text) {
            Some(file) => Program::Found(file),
            None => Program::Missing(text.into()),
        }
    }

    /// Since 2.0 a denied directory denies what lies in it, and a denied name is denied wherever it lies.
    fn denied_program(self, text: &str) -> Program {
        match self.is_path(text) {
            _ if !self.release.since(2, 0, 0) => self.program(text),
            true => Program::Tree(self.world.path(text)),
            false => Program::Named(text.into()),
        }
    }

    fn is_path(self, text: &str) -> bool {
        text.contains('/') || (self.world.platform == Platform::Windows && text.contains('\\'))
    }
}
