//! A rule: an effect over a reach, and where it came from.

use crate::resource::Resource;

/// What a rule does to the questions that it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Gives access.
    Grant,
    /// Hides the resource, as if it did not exist.
    Ignore,
    /// Takes access away; given at the launch.
    Deny,
    /// The user said no, or nobody was there to say yes.
    Refused,
}

/// All of a kind, or the part that a descriptor names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Everything of the kind.
    All,
    /// What the resource names.
    Part(Resource),
}

impl Reach {
    /// Whether every point of `other` lies in this reach: a partial order, and nothing else.
    pub fn covers(&self, other: &Reach) -> bool {
        match (self, other) {
            (Reach::All, _) => true,
            (Reach::Part(_), Reach::All) => false,
            (Reach::Part(a), Reach::Part(b)) => a.covers(b),
        }
    }

    /// Whether a rule over this reach outranks one over `other` where the narrowest rule wins.
    ///
    /// Strict covering, unless the resource says otherwise.
    pub fn narrower(&self, other: &Reach) -> bool {
        match (self, other) {
            (Reach::Part(_), Reach::All) => true,
            (Reach::All, _) => false,
            (Reach::Part(a), Reach::Part(b)) => a.narrower(b),
        }
    }

    /// Whether the two have a point in common.
    pub fn overlaps(&self, other: &Reach) -> bool {
        match (self, other) {
            (Reach::Part(a), Reach::Part(b)) => a.overlaps(b),
            _ => true,
        }
    }
}

/// Where a rule came from, for whoever asks why.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A flag, as written on the command line.
    Flag(Box<str>),
    /// What the runtime grants by itself; it yields to any explicit denial that covers it.
    Default(&'static str),
    /// What follows from another rule, and why.
    Implied(&'static str),
    /// The answer to a request, or to the prompt that an operation raised.
    Prompt,
    /// The `PermissionOptions` that a scope was made with.
    Options,
}

/// An effect over a reach of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// What it does.
    pub effect: Effect,
    /// To what.
    pub reach: Reach,
    /// Because of what.
    pub origin: Origin,
}

impl Rule {
    /// Whether the rule has a say in the question.
    ///
    /// A refusal of something settles that and all that covers it: who may not read a file may not read its folder.
    /// Every other rule settles what it covers.
    pub fn matches(&self, question: &Reach) -> bool {
        match self.effect {
            Effect::Refused => question.covers(&self.reach),
            Effect::Grant | Effect::Ignore | Effect::Deny => self.reach.covers(question),
        }
    }
}
