//! What a record says in words and where it came from, the same in every report.

use serde_json::{Value, json};

use crate::compare::{Seen, SeenStep};
use crate::outcome::Word;
use crate::record::{Ran, Record};
use crate::tally::Tally;

/// What a record says, in words, without its severity; every report says it so.
pub fn told(record: &Record) -> String {
    let seen = record.seen.as_ref().map(seen);
    match record.outcome {
        Word::Pass => "as promised".to_owned(),
        Word::Fail => seen.unwrap_or_else(|| "not as promised".to_owned()),
        Word::Stale => match seen {
            Some(seen) => format!("listed as a known difference, and now in another way: {seen}"),
            None => "listed as a known difference, and now as promised".to_owned(),
        },
        Word::Known => {
            let reason = record.reason.as_deref().unwrap_or("no reason is given");
            let seen = seen.unwrap_or_else(|| "not as promised".to_owned());
            format!("{seen}; known: {reason}")
        }
        Word::Broke => {
            let why = record.broke.as_deref().unwrap_or("no reason is given");
            format!("the protocol was broken: {why}")
        }
    }
}

/// What was seen, in the words of the record.
fn seen(seen: &Seen) -> String {
    match seen {
        Seen::End(word) => word.clone(),
        Seen::Steps(steps) => steps.iter().map(step).collect::<Vec<_>>().join("; "),
    }
}

fn step(step: &SeenStep) -> String {
    let fields = serde_json::to_value(step).expect("a step is JSON");
    let fields = fields.as_object().expect("a step is an object").iter();
    let field = |(name, value): (&String, &Value)| match value.as_str() {
        Some(text) => format!("{name} {text}"),
        None => format!("{name} {value}"),
    };
    fields.map(field).collect::<Vec<_>>().join(", ")
}

/// What was run and with what, and what it came to, in one sentence.
pub fn provenance(tally: &Tally) -> Value {
    let target = |ran: &Ran| {
        json!({
            "target": ran.to_string(),
            "model": ran.model,
            "program": ran.program,
            "adapter": ran.adapter,
            "ran": ran.counts.all(),
            "notForRelease": ran.not_for_release,
            "notAsked": ran.not_asked,
        })
    };
    json!({
        "headline": tally.headline(),
        "complete": tally.footer.complete,
        "corpus": tally.header.corpus,
        "filters": tally.header.filters,
        "targets": tally.footer.targets.iter().map(target).collect::<Vec<_>>(),
        "overGrants": tally.counts.over_grants,
        "overDenials": tally.counts.over_denials,
        "untested": tally.footer.untested,
    })
}
