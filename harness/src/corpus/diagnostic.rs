//! An error in a file, shown where it stands: file, line, text, and how to mend it.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::carried;

/// Something wrong at a place in a text.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// The file.
    pub file: PathBuf,
    /// Its text.
    pub text: String,
    /// The bytes that are wrong.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error of the TOML parser, with a suggestion where a word was misspelt.
    pub fn of_toml(file: &Path, text: &str, error: &toml::de::Error) -> Self {
        let message = error.message().lines().next().unwrap_or("this is not TOML").to_owned();
        Self {
            file: file.to_owned(),
            text: text.to_owned(),
            span: error.span().unwrap_or(0..0),
            help: suggestion(&message),
            message,
        }
    }

    /// An error about a line of a file that was read before.
    pub fn of_line(file: &Path, line: usize, message: String) -> Self {
        let text = carried::read_to_string(file).unwrap_or_default().into_owned();
        let start = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
        let end = start + text[start..].lines().next().unwrap_or_default().len();
        Self { file: file.to_owned(), text, span: start..end, message, help: None }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display().to_string();
        // An empty span shows nothing, and one that ends a line too far shows too much.
        let end = self.span.end.min(self.text.len());
        let start = self.span.start.min(end);
        let first_line = self.text[start..end].find('\n').map_or(end, |line| start + line);
        let annotation = AnnotationKind::Primary.span(start..first_line);
        let snippet = Snippet::source(&*self.text).path(&*file).annotation(annotation);
        let mut group =
            Group::with_title(Level::ERROR.primary_title(&*self.message)).element(snippet);
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(&**help));
        }
        f.write_str(&Renderer::plain().render(&[group]))
    }
}

impl std::error::Error for Diagnostic {}

/// The line of a byte, counted from one.
pub fn line_of(text: &str, byte: usize) -> usize {
    let before = &text.as_bytes()[..byte.min(text.len())];
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

/// The word that was probably meant, of those that the parser expected.
fn suggestion(message: &str) -> Option<String> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let wrong = quoted.next()?;
    closest(wrong, quoted).map(|right| format!("did you mean `{right}`?"))
}

/// The candidate that is most like a word, if one is like it at all.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LIKE: f64 = 0.7;
    let likeness = |candidate: &&'a str| strsim::jaro_winkler(word, candidate);
    let best = candidates.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(&best) > LIKE).then_some(best)
}
