//! Which cases a command is about.

use clap::Args;

use crate::corpus::case::Case;
use crate::filter::Filter;

/// The filters that were given; several add up, and without any every case is selected.
#[derive(Debug, Args)]
pub struct Selection {
    /// Selects the cases that this holds for: a part of an identity, a tag, or an expression; several add up.
    #[arg(value_name = "FILTER")]
    pub filters: Vec<Filter>,
}

impl Selection {
    /// The cases that are selected, or why that makes no sense; the noun is what the cases stand for.
    ///
    /// A filter that selects nothing is a mistake even where another selects something, and so is a part of one that holds for no case.
    pub fn of<'c>(&self, noun: &str, cases: &[&'c Case]) -> Result<Vec<&'c Case>, String> {
        let selects = |case: &&&Case| {
            self.filters.is_empty() || self.filters.iter().any(|filter| filter.selects(case))
        };
        let selected: Vec<_> = cases.iter().filter(selects).copied().collect();
        let all = cases.len();
        let idle =
            self.filters.iter().filter(|filter| !cases.iter().any(|case| filter.selects(case)));
        let idle: Vec<_> = idle.map(ToString::to_string).collect();
        if selected.is_empty() || !idle.is_empty() {
            return Err(format!("no {noun} of {all} is selected by: {}", idle.join(" ")));
        }
        let parts = self.filters.iter().flat_map(|filter| filter.idle(cases));
        let parts: Vec<_> = parts.collect();
        match parts.is_empty() {
            true => Ok(selected),
            false => Err(format!("no {noun} of {all} is what {} says", parts.join(" and "))),
        }
    }
}
