//! Laws of deciding, tried on every small rule set of every shape of resource.

use std::collections::HashSet;

use permscope_engine::answer::Answer;
use permscope_engine::decide::{Decision, Precedence, Standing, decide, standings};
use permscope_engine::model::deno::grammar::Grammar;
use permscope_engine::model::deno::kind::Kind;
use permscope_engine::model::node;
use permscope_engine::release::Release;
use permscope_engine::rule::{Effect, Origin, Reach, Rule};
use permscope_engine::state::State;
use permscope_engine::world::{Entry, Platform, World};

const PRECEDENCES: [Precedence; 2] = [Precedence::DenialWins, Precedence::NarrowestWins];

/// Reaches of one shape that touch each other, and rules over them.
struct Universe {
    name: String,
    reaches: Vec<Reach>,
    rules: Vec<Rule>,
}

/// One universe per shape; a name of a program means another reach when it is denied.
fn universes() -> Vec<Universe> {
    let mut universes = deno();
    universes.push(patterns());
    universes
}

/// Node's patterns of paths, as rules of every effect, although Node itself only grants.
fn patterns() -> Universe {
    let world = world();
    let texts = ["/a", "/a/b", "/a/*", "/a*", "/a/b*", "/bin", "/"];
    let mut reaches: Vec<_> = texts.iter().map(|text| node::grammar::grant(text, &world)).collect();
    reaches.push(Reach::All);
    let rule =
        |effect, reach: &Reach| Rule { effect, reach: reach.clone(), origin: Origin::Prompt };
    let rules = [Effect::Grant, Effect::Deny, Effect::Refused]
        .into_iter()
        .flat_map(|effect| reaches.iter().map(move |reach| rule(effect, reach)))
        .collect();
    Universe { name: "patterns".to_owned(), reaches, rules }
}

fn deno() -> Vec<Universe> {
    [
        (Kind::Read, &["/", "/a", "/a/b", "/a/b/c", "/ab"][..]),
        (Kind::Env, &["A", "AB", "A*", "AB*", "*"][..]),
        (Kind::Net, &["a.b", "a.b:80", "*.a.b", "*.a.b:80", "x.a.b", "*.x.a.b"][..]),
        (Kind::Net, &["10.0.0.1", "10.0.0.1:80", "10.0.0.0/8", "10.0.0.0/16", "*.b"][..]),
        (Kind::Run, &["tool", "/bin/tool", "/bin", "/other/tool", "missing"][..]),
    ]
    .map(|(kind, texts)| {
        let world = world();
        let grammar = Grammar { release: Release::new(2, 9, 6), world: &world };
        let read = |effect| {
            let reach = move |text: &&str| grammar.rule(kind.row(), effect, text).unwrap();
            texts.iter().filter_map(reach).chain([Reach::All])
        };
        let rule = |effect, reach| Rule { effect, reach, origin: Origin::Prompt };
        let ignores = kind.row().ignore.contains(grammar.release);
        let rules = [Effect::Grant, Effect::Ignore, Effect::Deny, Effect::Refused]
            .into_iter()
            .filter(|effect| *effect != Effect::Ignore || ignores)
            .flat_map(|effect| read(effect).map(move |reach| rule(effect, reach)))
            .collect();
        let distinct: HashSet<_> = read(Effect::Grant).chain(read(Effect::Deny)).collect();
        Universe { name: format!("{kind:?}"), reaches: distinct.into_iter().collect(), rules }
    })
    .into()
}

fn world() -> World {
    let mut world = World::empty(Platform::Unix, "/");
    world.search_path = vec![world.path("/bin")];
    world.entries.insert(world.path("/bin/tool"), Entry::Program);
    world
}

/// Every set of at most `size` rules.
fn rule_sets(rules: &[Rule], size: usize) -> Vec<Vec<Rule>> {
    let mut sets = vec![Vec::new()];
    let mut from = 0;
    for _ in 0..size {
        let longest = sets.len();
        for index in from..longest {
            let last = sets[index].last().and_then(|last| rules.iter().position(|r| r == last));
            for rule in &rules[last.map_or(0, |last| last + 1)..] {
                let mut longer = sets[index].clone();
                longer.push(rule.clone());
                sets.push(longer);
            }
        }
        from = longest;
    }
    sets
}

/// The answer as a query shows it.
fn answer(rules: &[Rule], question: &Reach, precedence: Precedence) -> Answer {
    match decide(rules.iter(), question, precedence) {
        Decision::Granted { except, .. } => Answer::Granted { partial: except.is_some() },
        Decision::Denied { .. } => Answer::Denied,
        Decision::Silent => Answer::Prompt,
    }
}

/// Tries a law on every rule set, question and precedence of every universe.
fn law(size: usize, mut holds: impl FnMut(&Universe, &[Rule], &Reach, Precedence) -> bool) {
    let mut tried = 0;
    for universe in universes() {
        for rules in rule_sets(&universe.rules, size) {
            for question in &universe.reaches {
                for precedence in PRECEDENCES {
                    tried += 1;
                    assert!(
                        holds(&universe, &rules, question, precedence),
                        "{}, {precedence:?}: {question:?} under {rules:#?}",
                        universe.name
                    );
                }
            }
        }
    }
    assert!(tried > 1_000, "a law tried on {tried} questions is no law");
}

#[test]
fn nothing_is_granted_without_a_grant() {
    law(3, |_, rules, question, precedence| {
        let granted = answer(rules, question, precedence).is_granted();
        let covers = |rule: &Rule| rule.effect == Effect::Grant && rule.reach.covers(question);
        !granted || rules.iter().any(covers)
    });
}

#[test]
fn a_denial_of_the_very_thing_denies_it() {
    law(3, |_, rules, question, precedence| {
        let named = |rule: &Rule| rule.effect != Effect::Grant && rule.reach == *question;
        !rules.iter().any(named) || answer(rules, question, precedence) == Answer::Denied
    });
}

#[test]
fn silence_means_that_no_rule_matches() {
    law(2, |_, rules, question, precedence| {
        let silent = answer(rules, question, precedence) == Answer::Prompt;
        silent != rules.iter().any(|rule| rule.matches(question))
    });
}

#[test]
fn the_order_of_rules_does_not_matter() {
    law(3, |_, rules, question, precedence| {
        let mut turned = rules.to_vec();
        let expected = answer(rules, question, precedence);
        (0..rules.len()).all(|_| {
            turned.rotate_left(1);
            let reversed: Vec<_> = turned.iter().rev().cloned().collect();
            answer(&turned, question, precedence) == expected
                && answer(&reversed, question, precedence) == expected
        })
    });
}

#[test]
fn an_unrelated_rule_changes_nothing() {
    law(2, |universe, rules, question, precedence| {
        let expected = answer(rules, question, precedence);
        let unrelated = universe.rules.iter().filter(|rule| !rule.reach.overlaps(question));
        unrelated.into_iter().all(|rule| {
            let more: Vec<_> = rules.iter().chain([rule]).cloned().collect();
            answer(&more, question, precedence) == expected
        })
    });
}

#[test]
fn a_grant_never_takes_access_away_and_a_denial_never_gives_it() {
    law(2, |universe, rules, question, precedence| {
        let before = answer(rules, question, precedence).is_granted();
        universe.rules.iter().all(|rule| {
            let more: Vec<_> = rules.iter().chain([rule]).cloned().collect();
            let after = answer(&more, question, precedence).is_granted();
            if rule.effect == Effect::Grant { after || !before } else { before || !after }
        })
    });
}

#[test]
fn where_a_denial_wins_it_wins_over_any_grant() {
    law(3, |_, rules, question, _| {
        let denied = |rule: &Rule| rule.effect != Effect::Grant && rule.matches(question);
        !rules.iter().any(denied)
            || answer(rules, question, Precedence::DenialWins) == Answer::Denied
    });
}

#[test]
fn where_the_narrowest_wins_a_denial_loses_only_to_a_narrower_grant() {
    law(3, |_, rules, question, _| {
        let grants = || {
            let matching = rules.iter().filter(|rule| rule.matches(question));
            matching.filter(|rule| rule.effect == Effect::Grant)
        };
        let stands = |denial: &Rule| {
            denial.effect != Effect::Grant
                && denial.matches(question)
                && (denial.effect == Effect::Refused
                    || !grants().any(|grant| grant.reach.narrower(&denial.reach)))
        };
        let denied = answer(rules, question, Precedence::NarrowestWins) == Answer::Denied;
        denied == rules.iter().any(stands)
    });
}

#[test]
fn a_grant_is_partial_where_a_denial_lies_inside() {
    law(2, |_, rules, question, precedence| {
        let inside = |rule: &Rule| {
            matches!(rule.effect, Effect::Deny | Effect::Ignore)
                && question.overlaps(&rule.reach)
                && !rule.reach.covers(question)
        };
        match answer(rules, question, precedence) {
            Answer::Granted { partial } => partial == rules.iter().any(inside),
            Answer::Prompt | Answer::Denied => true,
        }
    });
}

/// Seed: permission strength, over grants and refusals, where no denial of the launch qualifies it.
#[test]
fn a_stronger_permission_is_granted_less_and_denied_more() {
    law(3, |universe, rules, weaker, precedence| {
        let flags = |rule: &Rule| matches!(rule.effect, Effect::Deny | Effect::Ignore);
        if rules.iter().any(flags) {
            return true;
        }
        let weak = answer(rules, weaker, precedence);
        universe.reaches.iter().filter(|stronger| stronger.covers(weaker)).all(|stronger| {
            let strong = answer(rules, stronger, precedence);
            (!strong.is_granted() || weak.is_granted())
                && (weak != Answer::Denied || strong == Answer::Denied)
        })
    });
}

#[test]
fn revoking_never_grants_and_spares_what_it_does_not_cover() {
    law(2, |universe, rules, question, precedence| {
        universe.reaches.iter().all(|revoked| {
            let mut state = State::new(rules.to_vec());
            state.revoke(revoked);
            let after: Vec<_> = state.rules().cloned().collect();
            let is_granted = |rules: &[Rule]| answer(rules, question, precedence).is_granted();
            let spared = rules.iter().all(|rule| {
                let covers = *revoked == Reach::All || rule.reach.covers(revoked);
                let global = rule.reach == Reach::All && *revoked != Reach::All;
                let dropped = rule.effect == Effect::Grant && covers && !global;
                after.contains(rule) != dropped
            });
            spared && (is_granted(rules) || !is_granted(&after))
        })
    });
}

#[test]
fn a_default_grant_yields_to_a_denial_that_covers_it() {
    law(2, |universe, rules, question, precedence| {
        universe.reaches.iter().all(|reach| {
            let origin = Origin::Default("a default");
            let default = Rule { effect: Effect::Grant, reach: reach.clone(), origin };
            let more: Vec<_> = rules.iter().chain([&default]).cloned().collect();
            let denied = answer(rules, question, precedence) == Answer::Denied;
            !denied || answer(&more, question, precedence) == Answer::Denied
        })
    });
}

/// Whether what is said of each rule is what was decided, and true of the rules that it names.
fn standings_agree(rules: &[Rule], question: &Reach, precedence: Precedence) -> bool {
    let decision = decide(rules.iter(), question, precedence);
    let standings: Vec<_> = standings(rules.iter(), question, precedence).collect();
    let because = match decision {
        Decision::Granted { because, .. } | Decision::Denied { because } => Some(because),
        Decision::Silent => None,
    };
    let partial = matches!(decision, Decision::Granted { except: Some(_), .. });
    let settles = standings.iter().filter(|(_, standing)| *standing == Standing::Settles);
    let settles: Vec<_> = settles.map(|(rule, _)| *rule).collect();
    let is_because = |rule: &Rule| because.is_some_and(|because| std::ptr::eq(rule, because));
    let narrowest = precedence == Precedence::NarrowestWins;
    let holds = |rule: &Rule, standing: &Standing<'_>| {
        let overlaps = rule.reach.overlaps(question);
        let default = matches!(rule.origin, Origin::Default(_));
        match (standing, because) {
            (Standing::Settles, _) => is_because(rule),
            (Standing::Agrees, Some(because)) => rule.effect == because.effect,
            (Standing::Excepts, _) => partial && overlaps && rule.effect != Effect::Grant,
            (Standing::Outranked { by }, _) => {
                narrowest && by.matches(question) && by.reach.narrower(&rule.reach)
            }
            (Standing::Overruled { by }, _) => is_because(by) && by.effect > rule.effect,
            (Standing::Yields { to }, _) => {
                narrowest && default && is_because(to) && rule.reach.narrower(&to.reach)
            }
            (Standing::Overlaps, _) => overlaps,
            (Standing::Apart, _) => !overlaps,
            (Standing::Agrees, None) => false,
        }
    };
    let has_a_say = |standing: &Standing<'_>| {
        !matches!(standing, Standing::Excepts | Standing::Overlaps | Standing::Apart)
    };
    standings.len() == rules.len()
        && settles.len() == usize::from(because.is_some())
        && partial == standings.iter().any(|(_, standing)| *standing == Standing::Excepts)
        && standings.iter().all(|(rule, standing)| {
            holds(rule, standing) && has_a_say(standing) == rule.matches(question)
        })
}

#[test]
fn how_each_rule_fares_agrees_with_what_is_decided() {
    law(3, |_, rules, question, precedence| standings_agree(rules, question, precedence));
    law(2, |universe, rules, question, precedence| {
        universe.reaches.iter().all(|reach| {
            let origin = Origin::Default("a default");
            let default = Rule { effect: Effect::Grant, reach: reach.clone(), origin };
            let more: Vec<_> = rules.iter().chain([&default]).cloned().collect();
            standings_agree(&more, question, precedence)
        })
    });
}

#[test]
fn a_rule_that_loses_changes_nothing_when_it_is_taken_away() {
    law(3, |_, rules, question, precedence| {
        let expected = answer(rules, question, precedence);
        standings(rules.iter(), question, precedence).all(|(rule, standing)| {
            let loses = !matches!(standing, Standing::Settles | Standing::Excepts);
            let fewer: Vec<_> = rules.iter().filter(|other| *other != rule).cloned().collect();
            !loses || answer(&fewer, question, precedence) == expected
        })
    });
}

#[test]
fn covering_is_an_order_and_narrowing_is_strict() {
    for Universe { reaches, .. } in universes() {
        for a in &reaches {
            assert!(a.covers(a), "{a:?} covers itself");
            assert!(!a.narrower(a), "{a:?} is not narrower than itself");
            for b in &reaches {
                assert_eq!(a.overlaps(b), b.overlaps(a), "{a:?} {b:?}");
                assert!(!a.covers(b) || a.overlaps(b), "{a:?} {b:?}");
                assert!(!(a.narrower(b) && b.narrower(a)), "{a:?} {b:?}");
                for c in &reaches {
                    assert!(!(a.covers(b) && b.covers(c)) || a.covers(c), "{a:?} {b:?} {c:?}");
                    let narrower = a.narrower(b) && b.narrower(c);
                    assert!(!narrower || a.narrower(c), "{a:?} {b:?} {c:?}");
                }
                // Two forms that cover each other mean the same, so nothing tells them apart.
                if a.covers(b) && b.covers(a) {
                    for c in &reaches {
                        assert_eq!(a.covers(c), b.covers(c), "{a:?} {b:?} {c:?}");
                        assert_eq!(c.covers(a), c.covers(b), "{a:?} {b:?} {c:?}");
                    }
                }
            }
        }
    }
}
