//! Expressions: as much of them as the workflows use.

use std::collections::BTreeMap;

/// What the names in expressions stand for; what is not there has no value, and using it is a failure.
pub type Values = BTreeMap<String, String>;

/// A text with every expression in it replaced.
pub fn expand(text: &str, values: &Values) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (expression, behind) = after.split_once("}}").expect("an expression ends");
        expanded.push_str(before);
        expanded.push_str(&evaluate(expression, values));
        rest = behind;
    }
    expanded + rest
}

/// What an expression comes to.
pub fn evaluate(expression: &str, values: &Values) -> String {
    let tokens = tokens(expression);
    let mut rest = tokens.as_slice();
    let value = alternatives(&mut rest, values);
    assert!(rest.is_empty(), "{expression}: nothing is known of {rest:?}");
    value
}

/// Names with their dots and calls, texts in quotes, and operators.
fn tokens(expression: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = expression.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || "._-()".contains(letter);
        let length = match first {
            '\'' => rest[1..].find('\'').expect("a text ends") + 2,
            _ if is_name(first) => rest.find(|letter| !is_name(letter)).unwrap_or(rest.len()),
            '!' if !rest.starts_with("!=") => 1,
            _ => 2,
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    tokens
}

/// Whether a value counts as true.
pub fn is_true(value: &str) -> bool {
    !matches!(value, "" | "false" | "0")
}

/// Whether the operator is next, which is then taken.
fn takes(rest: &mut &[String], operator: &str) -> bool {
    let is_next = rest.first().is_some_and(|token| token == operator);
    if is_next {
        *rest = &rest[1..];
    }
    is_next
}

fn alternatives(rest: &mut &[String], values: &Values) -> String {
    let mut value = conjunction(rest, values);
    while takes(rest, "||") {
        let other = conjunction(rest, values);
        value = if is_true(&value) { value } else { other };
    }
    value
}

fn conjunction(rest: &mut &[String], values: &Values) -> String {
    let mut value = comparison(rest, values);
    while takes(rest, "&&") {
        let other = comparison(rest, values);
        value = if is_true(&value) { other } else { value };
    }
    value
}

fn comparison(rest: &mut &[String], values: &Values) -> String {
    let value = operand(rest, values);
    match (takes(rest, "=="), takes(rest, "!=")) {
        (true, _) => (value == operand(rest, values)).to_string(),
        (_, true) => (value != operand(rest, values)).to_string(),
        (false, false) => value,
    }
}

fn operand(rest: &mut &[String], values: &Values) -> String {
    if takes(rest, "!") {
        return (!is_true(&operand(rest, values))).to_string();
    }
    let (token, behind) = rest.split_first().expect("an operator has something behind it");
    *rest = behind;
    match token.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
        Some(text) => text.to_owned(),
        None if token == "true" || token == "false" => token.clone(),
        None => values.get(token).unwrap_or_else(|| panic!("{token} has no value here")).clone(),
    }
}
