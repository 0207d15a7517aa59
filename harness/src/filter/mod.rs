//! Filters: a small language that selects cases, by what they are called and by what they do.
//!
//! [`HELP`] teaches it, and `Reader` reads it, a rule of the grammar a method.

mod reader;
mod subject;

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use permscope_engine::release::{BadRelease, Release};

use self::reader::Reader;
use self::subject::{Matcher, Subject};
use crate::corpus::case::Case;
use crate::corpus::diagnostic::closest;

/// The language, for `--help`.
pub const HELP: &str = "\
Filters:
  deno::net                              has this in its identity, or as a tag
  'model(node) & kind(fs.read)'          is about reading files in Node
  'area(read) & !tag(advisory)'          lies below read/, and is not tagged so
  'clause(deno.precedence)'              rests on a clause of that name, or below it
  'step(revoke) or step(drop)'           gives a permission up
  'release(2.9.6) and not name(/^an?-/)' is promised for 2.9.6, and called otherwise

  id(TEXT)        the whole identity, as --list shows it
  model(TEXT)     deno or node
  area(TEXT)      the folders between the model and the file; of a law, the universe
  name(TEXT)      the last part of the identity
  clause(TEXT)    a clause that it rests on
  tag(TEXT)       a tag
  kind(TEXT)      what is guarded, as steps, flags and permissions have it: net, fs.write
  step(TEXT)      query, request, revoke, drop or use; or what is used: read-file, run
  release(X.Y.Z)  a release that the promise is made for
  all() none()    everything, nothing

  TEXT by itself  a part of an identity or a name, all of a model, tag or step, and an
                  area, clause or kind with what lies below it
  =TEXT           exactly this
  ~TEXT           a part
  TE*T            all of it, with anything for each *
  /TEXT/          a regular expression

  not binds closest, then and, then or; they are also written !, & and |, and
  parentheses group. Several filters add up.";

/// What selects cases.
#[derive(Clone, Debug)]
pub struct Filter {
    text: String,
    expression: Expression,
}

/// A text that is no filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadFilter {
    /// The text.
    pub text: String,
    /// The bytes that are wrong.
    pub span: Range<usize>,
    /// What is wrong with them.
    pub wrong: Wrong,
}

/// What can be wrong with a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Something else belongs there.
    Expected(&'static str),
    /// There is nothing of that name.
    Unknown {
        /// Of what.
        noun: &'static str,
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<&'static str>,
    },
    /// It is no regular expression, for this reason.
    Pattern(String),
    /// It is no release.
    Release(BadRelease),
}

impl Filter {
    /// Whether a case is selected.
    pub fn selects(&self, case: &Case) -> bool {
        self.expression.selects(case)
    }

    /// The predicates and texts, as written, that hold for none of some cases; `none()` is meant to.
    ///
    /// What was mistyped could otherwise hide: `!kind(nte)` selects everything.
    pub fn idle(&self, cases: &[&Case]) -> Vec<&str> {
        let mut parts = Vec::new();
        self.expression.parts(&mut parts);
        parts.retain(|Part { predicate, .. }| {
            !matches!(predicate, Predicate::None) && !cases.iter().any(|case| predicate.holds(case))
        });
        parts.into_iter().map(|part| &self.text[part.span.clone()]).collect()
    }
}

impl FromStr for Filter {
    type Err = BadFilter;

    fn from_str(text: &str) -> Result<Self, BadFilter> {
        let mut reader = Reader { text, at: 0 };
        let expression = reader.any()?;
        match reader.rest() {
            "" => Ok(Self { text: text.to_owned(), expression }),
            _ => Err(reader.expected("`&`, `|` or the end")),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for BadFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The caret stands below the text, which therefore has to be one line of letters.
        let is_shown = |letter: char| !letter.is_whitespace() && !letter.is_control();
        let letter = |letter| if is_shown(letter) { letter } else { ' ' };
        let text: String = self.text.chars().map(letter).collect();
        let before = self.text[..self.span.start].chars().count();
        let carets = self.text[self.span.clone()].chars().count().max(1);
        let (carets, nothing) = ("^".repeat(carets), "");
        write!(f, "{}\n  {text}\n  {nothing:before$}{carets}", self.wrong)?;
        match &self.wrong {
            Wrong::Unknown { name, known, .. } => match closest(name, known.iter().copied()) {
                Some(right) => write!(f, "\n  did you mean `{right}`?"),
                None => write!(f, "\n  there are {}", known.join(", ")),
            },
            Wrong::Expected(_) | Wrong::Pattern(_) | Wrong::Release(_) => Ok(()),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wrong::Expected(what) => write!(f, "expected {what}"),
            Wrong::Unknown { noun, name, .. } => write!(f, "there is no {noun} \"{name}\""),
            Wrong::Pattern(why) => write!(f, "this is no regular expression: {why}"),
            Wrong::Release(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for BadFilter {}

/// What a filter says; what one operator joins stands side by side, so that a long list is no deep one.
#[derive(Clone, Debug)]
enum Expression {
    Not(Box<Expression>),
    Every(Vec<Expression>),
    Any(Vec<Expression>),
    Part(Part),
}

/// A predicate, and the bytes that it is written in.
#[derive(Clone, Debug)]
struct Part {
    span: Range<usize>,
    predicate: Predicate,
}

#[derive(Clone, Debug)]
enum Predicate {
    All,
    None,
    /// A text by itself: of the identity, or of a tag.
    Text(Matcher),
    Of(Subject, Matcher),
    Release(Release),
}

impl Expression {
    fn selects(&self, case: &Case) -> bool {
        match self {
            Expression::Not(other) => !other.selects(case),
            Expression::Every(all) => all.iter().all(|one| one.selects(case)),
            Expression::Any(all) => all.iter().any(|one| one.selects(case)),
            Expression::Part(part) => part.predicate.holds(case),
        }
    }

    fn parts<'e>(&'e self, parts: &mut Vec<&'e Part>) {
        match self {
            Expression::Not(other) => other.parts(parts),
            Expression::Every(all) | Expression::Any(all) => {
                all.iter().for_each(|one| one.parts(parts));
            }
            Expression::Part(part) => parts.push(part),
        }
    }
}

impl Predicate {
    fn names() -> Vec<&'static str> {
        let subjects = Subject::ALL.iter().map(|(name, _)| *name);
        subjects.chain(["release", "all", "none"]).collect()
    }

    fn holds(&self, case: &Case) -> bool {
        match self {
            Predicate::All => true,
            Predicate::None => false,
            Predicate::Text(matcher) => {
                Subject::Id.fits(case, matcher) || Subject::Tag.fits(case, matcher)
            }
            Predicate::Of(subject, matcher) => subject.fits(case, matcher),
            // A case that names no release is for all of its model's, and not for those of another.
            Predicate::Release(release) => {
                case.model.counts(*release) && case.releases.contain(*release)
            }
        }
    }
}
