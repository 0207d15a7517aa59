//! Laws: what holds of any permission model, whatever its rules are, tried on every small set of grants.
//!
//! No case is written for them: launches are made of a [`Universe`], and what they answer is compared to each other.
//! So a law finds what no author thought of, on an implementation of which nothing is known.

use std::collections::HashMap;

use crate::compare::{Difference, Seen, Severity, Verdict};
use crate::consistency;
use crate::corpus::Corpus;
use crate::corpus::case::{Case, Expected, Promise, Source, Step};
use crate::corpus::universe::Universe;
use crate::launch::Launch;
use crate::observation::Observation;
use crate::wire::{Action, Answer, Capability, Hello, Reply};

/// Something that holds of every set of grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// Every launch answers.
    Launches,
    /// What is granted is granted.
    ExactGrants,
    /// Another grant takes no access away.
    MonotoneGrants,
    /// Several grants give what each of them gives, and nothing else.
    NothingTogether,
    /// Neither the order of grants matters nor that one is repeated.
    AnyOrder,
    /// How a part is spelled does not matter.
    AnySpelling,
    /// Giving up gives nothing.
    GivingUp,
    /// What is denied is not granted, unless by a grant of less.
    ExactDenials,
    /// A denial gives nothing.
    MonotoneDenials,
}

impl Law {
    /// Every law.
    pub const ALL: [Law; 9] = [
        Law::Launches,
        Law::ExactGrants,
        Law::MonotoneGrants,
        Law::NothingTogether,
        Law::AnyOrder,
        Law::AnySpelling,
        Law::GivingUp,
        Law::ExactDenials,
        Law::MonotoneDenials,
    ];

    /// The law as the last part of an identity.
    pub fn name(self) -> &'static str {
        match self {
            Law::Launches => "every-launch-answers",
            Law::ExactGrants => "what-is-granted-is-granted",
            Law::MonotoneGrants => "a-grant-takes-nothing-away",
            Law::NothingTogether => "grants-give-no-more-together",
            Law::AnyOrder => "order-does-not-matter",
            Law::AnySpelling => "spelling-does-not-matter",
            Law::GivingUp => "giving-up-gives-nothing",
            Law::ExactDenials => "what-is-denied-is-denied",
            Law::MonotoneDenials => "a-denial-gives-nothing",
        }
    }

    /// The law as a sentence.
    pub fn statement(self) -> &'static str {
        match self {
            Law::Launches => "Every launch with well-formed grants starts, and answers.",
            Law::ExactGrants => "What a flag names is granted, whatever else is.",
            Law::MonotoneGrants => "Adding a grant takes no access away.",
            Law::NothingTogether => "Several grants give what each gives by itself, and no more.",
            Law::AnyOrder => "The order of grants does not matter, nor that one is repeated.",
            Law::AnySpelling => "Two spellings of the same are answered alike.",
            Law::GivingUp => "Dropping or revoking a permission grants nothing.",
            Law::ExactDenials => "What a denial names is not granted, unless by a narrower grant.",
            Law::MonotoneDenials => "Adding a denial gives no access.",
        }
    }

    /// Which way it errs to break the law.
    fn severity(self) -> Severity {
        match self {
            Law::NothingTogether | Law::GivingUp | Law::ExactDenials | Law::MonotoneDenials => {
                Severity::OverGrant
            }
            // Of two answers that should be one, the greater may be the one that is wrong.
            Law::AnyOrder | Law::AnySpelling => Severity::OverGrant,
            Law::Launches | Law::ExactGrants | Law::MonotoneGrants => Severity::OverDeny,
        }
    }
}

/// A law of something: what is judged, and listed as known where it is broken.
#[derive(Clone, Debug)]
pub struct Instance<'c> {
    /// What it holds of.
    pub of: Of<'c>,
    /// What stands for it where cases stand; what is acted out are trials.
    pub case: Case,
}

/// What a law holds of.
#[derive(Clone, Copy, Debug)]
pub enum Of<'c> {
    /// A law of a universe.
    Universe(Law, &'c Universe),
    /// The law of every case that does something: [`consistency`].
    Case,
}

/// Every law in every universe, a law of denials only where there are any; and the law of every case that does something.
pub fn instances(corpus: &Corpus) -> impl Iterator<Item = Instance<'_>> {
    let of_case = |case| Instance { of: Of::Case, case: consistency::named(case) };
    in_universes(corpus).chain(consistency::concerned(corpus).map(of_case))
}

/// The identities of all instances.
pub fn ids(corpus: &Corpus) -> impl Iterator<Item = String> {
    let in_universes = in_universes(corpus).map(|instance| instance.case.id);
    in_universes.chain(consistency::concerned(corpus).map(consistency::id))
}

fn in_universes(corpus: &Corpus) -> impl Iterator<Item = Instance<'_>> {
    let in_universe =
        |universe| Law::ALL.into_iter().filter_map(move |law| Instance::of(law, universe));
    corpus.universes.iter().flat_map(in_universe)
}

/// How many launches some laws are tried on, for an implementation; laws of one universe share theirs.
pub fn trials(instances: &[Instance<'_>], hello: &Hello) -> usize {
    let is_tried = |instance: &&Instance<'_>| {
        matches!(instance.of, Of::Case) && instance.case.model.name() == hello.model
    };
    let concerned = by_universe(instances).into_iter();
    let concerned = concerned.filter(|(universe, _)| universe.model.name() == hello.model);
    let of_universe = |(universe, _)| Trials::of(universe, &hello.capabilities).cases.len();
    instances.iter().filter(is_tried).count() + concerned.map(of_universe).sum::<usize>()
}

/// The laws of universes, by universe.
pub fn by_universe<'i, 'c>(
    instances: &'i [Instance<'c>],
) -> Vec<(&'c Universe, Vec<(Law, &'i Case)>)> {
    let mut universes: Vec<(&Universe, Vec<_>)> = Vec::new();
    for Instance { of, case } in instances {
        let Of::Universe(law, universe) = *of else { continue };
        match universes.last_mut() {
            Some((last, laws)) if last.id == universe.id => laws.push((law, case)),
            _ => universes.push((universe, vec![(law, case)])),
        }
    }
    universes
}

impl<'c> Instance<'c> {
    /// The law as a sentence.
    pub fn statement(&self) -> &'static str {
        match self.of {
            Of::Universe(law, _) => law.statement(),
            Of::Case => consistency::STATEMENT,
        }
    }

    fn of(law: Law, universe: &'c Universe) -> Option<Self> {
        let of_denials = matches!(law, Law::ExactDenials | Law::MonotoneDenials);
        if of_denials && universe.deny.is_none() {
            return None;
        }
        let id = format!("{}::{}", universe.id, law.name());
        let case = case(universe, id, universe.launch.clone(), Vec::new());
        Some(Self { of: Of::Universe(law, universe), case })
    }
}

/// A launch that laws are tried on: grants in an order, at most one denial, and at most one thing given up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Trial {
    grants: Vec<usize>,
    denial: Option<usize>,
    given_up: Option<usize>,
}

impl Trial {
    fn grants(grants: Vec<usize>) -> Self {
        Self { grants, denial: None, given_up: None }
    }

    fn flags(&self, universe: &Universe) -> Vec<String> {
        let values: Vec<_> =
            self.grants.iter().map(|index| universe.values[*index].as_str()).collect();
        let flag = |value: &str| format!("{}={value}", universe.grant);
        let mut flags: Vec<_> = match &universe.separator {
            Some(separator) => vec![flag(&values.join(separator))],
            None => values.into_iter().map(flag).collect(),
        };
        let denial = self.denial.zip(universe.deny.as_ref());
        flags.extend(denial.map(|(value, flag)| format!("{flag}={}", universe.values[value])));
        flags
    }
}

/// Everything that the laws are tried on in a universe, smallest first.
pub struct Trials<'u> {
    universe: &'u Universe,
    trials: Vec<Trial>,
    /// What acts the trials out, in their order.
    pub cases: Vec<Case>,
}

impl<'u> Trials<'u> {
    /// The launches of a universe, for an implementation with these capabilities.
    pub fn of(universe: &'u Universe, capabilities: &[Capability]) -> Self {
        let values = universe.values.len();
        let mut trials = Vec::new();
        for size in 1..=universe.size {
            for set in sets(values, size) {
                trials.extend(orders(&set).into_iter().map(Trial::grants));
            }
            if size == 1 {
                trials.extend((0..values).map(|value| Trial::grants(vec![value, value])));
            }
        }
        let pairs = || sets(values, 1).into_iter().chain(sets(values, 2));
        if universe.deny.is_some() {
            for grants in pairs() {
                trials.extend(
                    (0..values).map(|denial| Trial {
                        denial: Some(denial),
                        ..Trial::grants(grants.clone())
                    }),
                );
            }
        }
        let verb: Option<fn(_) -> Action> = match capabilities {
            claimed if claimed.contains(&Capability::Drop) => Some(Action::Drop),
            claimed if claimed.contains(&Capability::Revoke) => Some(Action::Revoke),
            _ => None,
        };
        if verb.is_some() {
            for grants in pairs() {
                trials.extend(grants.iter().map(|given_up| Trial {
                    given_up: Some(*given_up),
                    ..Trial::grants(grants.clone())
                }));
            }
        }
        let act = |(index, trial): (usize, &Trial)| {
            let mut launch = universe.launch.clone();
            launch.flags.extend(trial.flags(universe));
            let ask = || {
                let question = |part: &String| Action::Query(universe.descriptor(Some(part)));
                universe.questions.iter().map(question)
            };
            let mut actions: Vec<_> = ask().collect();
            if let Some((verb, value)) = verb.zip(trial.given_up) {
                actions.push(verb(universe.descriptor(Some(&universe.questions[value]))));
                actions.extend(ask());
            }
            case(universe, format!("{}::{index}", universe.id), launch, actions)
        };
        let cases = trials.iter().enumerate().map(act).collect();
        Self { universe, trials, cases }
    }

    /// The trials with what was seen of them, in their order.
    pub fn tried<'t>(&'t self, seen: &'t [Observation]) -> Tried<'t> {
        let broke = seen.iter().find_map(|observation| match observation {
            Observation::Broke(why) => Some(why.as_str()),
            _ => None,
        });
        Tried { trials: self, answers: self.answers(seen), broke }
    }

    /// Whether each question of each trial was answered with a grant; none where the launch ended before.
    fn answers(&self, seen: &[Observation]) -> HashMap<&Trial, Option<Vec<bool>>> {
        let granted = |reply: &Reply| {
            reply.answered().is_some_and(|answered| answered.answer == Answer::Granted)
        };
        let answers = |observation: &Observation| match observation {
            Observation::Acted(replies) => Some(replies.iter().map(granted).collect()),
            _ => None,
        };
        self.trials.iter().zip(seen.iter().map(answers)).collect()
    }
}

/// Trials with what they were answered.
pub struct Tried<'t> {
    trials: &'t Trials<'t>,
    answers: HashMap<&'t Trial, Option<Vec<bool>>>,
    /// Why the first of them came to nothing, where one did: then no law can be judged.
    broke: Option<&'t str>,
}

impl Tried<'_> {
    /// What came of a law.
    pub fn verdict(&self, law: Law) -> Verdict {
        if let Some(why) = self.broke {
            return Verdict::Broke(why.to_owned());
        }
        match self.finding(law) {
            None => Verdict::Agrees,
            Some(found) => {
                Verdict::Differs(Difference { seen: Seen::End(found), severity: law.severity() })
            }
        }
    }

    /// The first and so the smallest trial that breaks a law, in words.
    fn finding(&self, law: Law) -> Option<String> {
        self.trials.trials.iter().find_map(|trial| match law {
            Law::Launches => match self.answers[trial] {
                Some(_) => None,
                None => Some(format!("{}: no answer", self.told(trial))),
            },
            Law::ExactGrants => self.plain(trial).and_then(|answers| {
                let lost = trial.grants.iter().find(|grant| !answers[**grant])?;
                Some(self.answered(trial, *lost, false))
            }),
            Law::MonotoneGrants => self.plain(trial).and_then(|answers| {
                (0..trial.grants.len()).find_map(|left_out| {
                    let mut grants = trial.grants.clone();
                    grants.remove(left_out);
                    let fewer = self.plain(&Trial::grants(grants))?;
                    let lost =
                        fewer.iter().zip(answers).position(|(before, now)| *before && !now)?;
                    let value = &self.trials.universe.values[trial.grants[left_out]];
                    let told = self.answered(trial, lost, false);
                    Some(format!("{told}, and granted without {value}"))
                })
            }),
            Law::NothingTogether => self.plain(trial).and_then(|answers| {
                let alone: Option<Vec<_>> =
                    trial.grants.iter().map(|one| self.plain(&Trial::grants(vec![*one]))).collect();
                let alone = alone?;
                let gained = (0..answers.len())
                    .find(|index| answers[*index] && !alone.iter().any(|one| one[*index]))?;
                Some(self.answered(trial, gained, true))
            }),
            Law::AnyOrder => self.plain(trial).and_then(|answers| {
                let mut grants = trial.grants.clone();
                grants.sort_unstable();
                grants.dedup();
                let other = Trial::grants(grants);
                let turned = self.plain(&other)?;
                let index = answers.iter().zip(turned).position(|(a, b)| a != b)?;
                let told = self.answered(trial, index, answers[index]);
                Some(format!("{told}, and not so with {}", self.told(&other)))
            }),
            Law::AnySpelling => self.plain(trial).and_then(|answers| {
                self.trials.universe.spellings.iter().find_map(|alike| {
                    let first = *alike.first()?;
                    let other = alike.iter().find(|other| answers[**other] != answers[first])?;
                    let told = self.answered(trial, *other, answers[*other]);
                    Some(format!("{told}, and not so {}", self.trials.universe.question(first)))
                })
            }),
            Law::GivingUp => {
                let given_up = trial.given_up?;
                let answers = self.answers[trial].as_ref()?;
                let questions = self.trials.universe.questions.len();
                let (before, after) = (&answers[..questions], &answers[questions + 1..]);
                let gained =
                    before.iter().zip(after).position(|(before, after)| !before && *after)?;
                let value = &self.trials.universe.values[given_up];
                let told = self.answered(trial, gained, true);
                Some(format!("{told} once {value} is given up"))
            }
            Law::ExactDenials => {
                let denial = trial.denial?;
                let answers = self.answers[trial].as_ref()?;
                let denied = self.plain(&Trial::grants(vec![denial]))?;
                // A grant is narrower if all that it gives would be given by what is denied, and not the other way round.
                let is_narrower = |grant: &usize| {
                    self.plain(&Trial::grants(vec![*grant])).is_some_and(|granted| {
                        granted != denied && granted.iter().zip(denied).all(|(a, b)| !a || *b)
                    })
                };
                let stands = answers[denial] && !trial.grants.iter().any(is_narrower);
                stands.then(|| self.answered(trial, denial, true))
            }
            Law::MonotoneDenials => {
                trial.denial?;
                let answers = self.answers[trial].as_ref()?;
                let before = self.plain(&Trial::grants(trial.grants.clone()))?;
                let gained =
                    before.iter().zip(answers).position(|(before, now)| !before && *now)?;
                Some(self.answered(trial, gained, true))
            }
        })
    }

    /// The answers of a trial that grants and does nothing else.
    fn plain(&self, trial: &Trial) -> Option<&[bool]> {
        let is_plain = trial.denial.is_none() && trial.given_up.is_none();
        self.answers.get(trial).filter(|_| is_plain)?.as_deref()
    }

    fn told(&self, trial: &Trial) -> String {
        trial.flags(self.trials.universe).join(" ")
    }

    fn answered(&self, trial: &Trial, question: usize, granted: bool) -> String {
        let answer = if granted { "granted" } else { "not granted" };
        format!("{}: {} is {answer}", self.told(trial), self.trials.universe.question(question))
    }
}

fn case(universe: &Universe, id: String, launch: Launch, actions: Vec<Action>) -> Case {
    let step = |action| Step {
        action,
        answer: None,
        // What a law is about is compared to other launches, and not to a promise.
        promise: Promise::of(Answer::Granted),
    };
    Case {
        needs: Default::default(),
        id,
        model: universe.model,
        clauses: Vec::new(),
        tags: Vec::new(),
        releases: universe.releases.clone(),
        launch,
        scope: None,
        expected: Expected::Steps(actions.into_iter().map(step).collect()),
        advisory: None,
        source: Source { file: universe.file.clone(), line: universe.line },
    }
}

/// Every set of so many numbers below another, each in ascending order.
fn sets(below: usize, size: usize) -> Vec<Vec<usize>> {
    let mut sets = vec![Vec::new()];
    for _ in 0..size {
        let longer = |set: &Vec<usize>| {
            let set = set.clone();
            let next = set.last().map_or(0, |last| last + 1);
            (next..below).map(move |number| [&set[..], &[number]].concat())
        };
        sets = sets.iter().flat_map(longer).collect();
    }
    sets
}

/// Every order of a set.
fn orders(set: &[usize]) -> Vec<Vec<usize>> {
    if set.len() < 2 {
        return vec![set.to_vec()];
    }
    let beginning = |first: usize| {
        let mut rest = set.to_vec();
        let first = rest.remove(first);
        orders(&rest).into_iter().map(move |order| [&[first], &order[..]].concat())
    };
    (0..set.len()).flat_map(beginning).collect()
}
