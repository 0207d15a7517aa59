//! Reading a filter: a rule of the grammar a method.

use std::ops::Range;

use permscope_engine::release::Release;
use regex::Regex;

use super::subject::{Matcher, Subject};
use super::{BadFilter, Expression, Part, Predicate, Wrong};

/// What a word ends at, beside a space.
const OPERATORS: [char; 5] = ['(', ')', '&', '|', '!'];

/// Reads a filter from left to right.
///
/// ```text
/// any       = every { ("|" | "or") every }
/// every     = one { ("&" | "and") one }
/// one       = ("!" | "not") one | "(" any ")" | predicate | matcher
/// predicate = name "(" [ matcher | release ] ")"
/// matcher   = [ "=" | "~" ] word | "/" pattern "/"
/// ```
pub struct Reader<'t> {
    /// The filter.
    pub text: &'t str,
    /// The byte that is read next.
    pub at: usize,
}

impl<'t> Reader<'t> {
    pub fn any(&mut self) -> Result<Expression, BadFilter> {
        self.joined(("|", "or"), Self::every, Expression::Any)
    }

    fn every(&mut self) -> Result<Expression, BadFilter> {
        self.joined(("&", "and"), Self::one, Expression::Every)
    }

    fn joined(
        &mut self,
        operator: (&str, &str),
        operand: fn(&mut Self) -> Result<Expression, BadFilter>,
        join: fn(Vec<Expression>) -> Expression,
    ) -> Result<Expression, BadFilter> {
        let first = operand(self)?;
        let mut operands = vec![first];
        while self.takes(operator) {
            operands.push(operand(self)?);
        }
        // A single operand is joined to nothing, and what joins it selects what it selects.
        Ok(join(operands))
    }

    fn one(&mut self) -> Result<Expression, BadFilter> {
        if self.takes(("!", "not")) {
            return Ok(Expression::Not(Box::new(self.one()?)));
        }
        if self.rest().starts_with('(') {
            self.at += 1;
            let inner = self.any()?;
            self.closes("`&`, `|` or `)`")?;
            return Ok(inner);
        }
        let start = self.at;
        let word = self.word();
        let is_predicate = self.text[start + word.len()..].starts_with('(');
        let predicate = match word {
            "" | "and" | "or" => {
                return Err(self.expected("a text, or a predicate as in area(net)"));
            }
            // The letters of a pattern are no operators.
            _ if is_predicate && !word.starts_with('/') => self.predicate(word)?,
            _ => Predicate::Text(self.matcher()?),
        };
        Ok(Expression::Part(Part { span: start..self.at, predicate }))
    }

    fn predicate(&mut self, name: &'t str) -> Result<Predicate, BadFilter> {
        let span = self.at..self.at + name.len();
        self.at = span.end + 1;
        let predicate = match (name, Subject::of_name(name)) {
            ("all", _) => Predicate::All,
            ("none", _) => Predicate::None,
            ("release", _) => Predicate::Release(self.release()?),
            (_, Some(subject)) => Predicate::Of(subject, self.matcher_of(subject)?),
            (_, None) => {
                return Err(self.unknown(span, "predicate", name, Predicate::names()));
            }
        };
        self.closes("`)`")?;
        Ok(predicate)
    }

    fn release(&mut self) -> Result<Release, BadFilter> {
        let word = self.text()?;
        let span = self.at - word.len()..self.at;
        word.parse().map_err(|why| self.error(span, Wrong::Release(why)))
    }

    fn matcher_of(&mut self, subject: Subject) -> Result<Matcher, BadFilter> {
        let matcher = self.matcher()?;
        let end = self.at;
        if let Matcher::Plain(text) | Matcher::Exact(text) = &matcher
            && let Some((noun, known)) = subject.known()
            && !known.contains(&text.as_str())
        {
            return Err(self.unknown(end - text.len()..end, noun, text, known));
        }
        Ok(matcher)
    }

    fn matcher(&mut self) -> Result<Matcher, BadFilter> {
        let sign = self.rest().chars().next();
        if let Some('=' | '~' | '/') = sign {
            self.at += 1;
        }
        Ok(match sign {
            Some('=') => Matcher::Exact(self.text()?.to_owned()),
            Some('~') => Matcher::Part(self.text()?.to_owned()),
            Some('/') => Matcher::Pattern(self.pattern()?),
            _ => {
                let text = self.text()?;
                if text.contains('*') {
                    let pieces: Vec<_> = text.split('*').map(regex::escape).collect();
                    let pattern = format!("(?s)^{}$", pieces.join(".*"));
                    Matcher::Pattern(Regex::new(&pattern).expect("what is escaped is a pattern"))
                } else {
                    Matcher::Plain(text.to_owned())
                }
            }
        })
    }

    /// A regular expression, up to the slash that ends it; `\/` is one that does not.
    fn pattern(&mut self) -> Result<Regex, BadFilter> {
        let (start, mut escaped) = (self.at, false);
        let is_end = |letter: char| {
            let is_end = letter == '/' && !escaped;
            escaped = letter == '\\' && !escaped;
            is_end
        };
        let Some(length) = self.text[start..].find(is_end) else {
            self.at = self.text.len();
            return Err(self.expected("`/` behind the regular expression"));
        };
        let span = start..start + length;
        self.at = span.end + 1;
        Regex::new(&self.text[span.clone()]).map_err(|error| {
            // The parser shows the place on lines of its own, and says last what is wrong.
            let told = error.to_string();
            let why = told.lines().last().unwrap_or_default();
            let why = why.strip_prefix("error: ").unwrap_or(why).to_owned();
            self.error(span, Wrong::Pattern(why))
        })
    }

    /// Goes on behind the next word, which must not be empty.
    fn text(&mut self) -> Result<&'t str, BadFilter> {
        let word = self.word();
        if word.is_empty() {
            return Err(self.expected("a text"));
        }
        self.at += word.len();
        Ok(word)
    }

    /// Goes on behind an operator, if it comes next.
    fn takes(&mut self, (symbol, word): (&str, &str)) -> bool {
        let length = match self.rest() {
            rest if rest.starts_with(symbol) => symbol.len(),
            _ if self.word() == word => word.len(),
            _ => return false,
        };
        self.at += length;
        true
    }

    fn closes(&mut self, expected: &'static str) -> Result<(), BadFilter> {
        if !self.rest().starts_with(')') {
            return Err(self.expected(expected));
        }
        self.at += 1;
        Ok(())
    }

    /// Up to the next space or operator.
    fn word(&mut self) -> &'t str {
        let rest = self.rest();
        let ends = |letter: char| letter.is_whitespace() || OPERATORS.contains(&letter);
        &rest[..rest.find(ends).unwrap_or(rest.len())]
    }

    /// What is not read yet, from the first letter that is no space.
    pub fn rest(&mut self) -> &'t str {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        rest
    }

    pub fn expected(&mut self, what: &'static str) -> BadFilter {
        self.rest();
        self.error(self.at..self.at, Wrong::Expected(what))
    }

    fn unknown(
        &self,
        span: Range<usize>,
        noun: &'static str,
        name: &str,
        known: Vec<&'static str>,
    ) -> BadFilter {
        self.error(span, Wrong::Unknown { noun, name: name.to_owned(), known })
    }

    fn error(&self, span: Range<usize>, wrong: Wrong) -> BadFilter {
        BadFilter { text: self.text.to_owned(), span, wrong }
    }
}
