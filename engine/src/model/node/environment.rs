//! Environment files: the variables that the text of one sets.

use std::collections::BTreeMap;

/// Reads lines of `NAME=value`; of several lines about one name, the last counts.
///
/// Quotes around a value are no part of it, and behind a value a `#` begins a comment.
pub fn read(text: &str) -> BTreeMap<String, String> {
    let variable = |line: &str| {
        let line = line.trim_start();
        let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
        let name = name.trim();
        (!name.is_empty() && !name.starts_with('#')).then(|| (name.to_owned(), unquoted(value)))
    };
    text.lines().filter_map(variable).collect()
}

fn unquoted(value: &str) -> String {
    let value = value.trim();
    let quote = value.chars().next().filter(|first| matches!(first, '"' | '\'' | '`'));
    if let Some(quote) = quote
        && let Some((inner, _)) = value[1..].split_once(quote)
    {
        return inner.to_owned();
    }
    value.split('#').next().unwrap_or_default().trim_end().to_owned()
}
