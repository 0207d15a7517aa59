//! What some flags mean at one release and no longer at another: the questions that change their answer, and the clauses that explain it.

mod around;
mod citation;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use permscope_engine::world::World;
use serde::Serialize;

use crate::corpus::Corpus;
use crate::explain::launched::{Launched, Refused, Surroundings};
use crate::explain::question::Subject;
use crate::explain::{Answer, Word};

use self::around::{furnished, questions};
use self::citation::{Sought, cite, history, shape, witnesses};

/// How many clauses are cited for one change.
const MOST_CITED: usize = 3;

/// What changes for some flags from one release to another; what `permscope upgrade --json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Upgrade {
    /// The model's name.
    pub model: &'static str,
    /// The release before.
    pub from: String,
    /// The release after.
    pub to: String,
    /// The flags of the launch, as written.
    pub flags: Vec<String>,
    /// How many questions were asked of both.
    pub asked: usize,
    /// What is answered otherwise.
    pub changes: Vec<Change>,
}

/// A question that the two releases do not answer alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What was asked; `the launch` where one of the releases refuses that.
    pub question: String,
    /// The answer before.
    pub before: Answer,
    /// The answer after.
    pub after: Answer,
    /// The clauses that explain it, at most three; none where no case of the corpus shows the same change.
    pub clauses: Vec<Cited>,
}

/// A clause that holds at one of the two releases, and that a case about such flags and such a question cites.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cited {
    /// The clause.
    pub id: String,
    /// What it promises.
    pub promise: String,
    /// The one of the two releases that it holds at.
    pub holds_at: String,
    /// Where the promise was made: the changes between the two releases, or all that is said of its source.
    pub sources: Vec<Source>,
    /// A case that cites it and changes in the same way.
    pub shown_by: String,
}

/// Where a promise was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Source {
    /// By a change, whose number is a part of its text.
    Change {
        /// The release that brought it.
        release: String,
        /// The change.
        change: String,
    },
    /// In a document.
    Document {
        /// Its title.
        document: String,
        /// The heading.
        heading: String,
    },
}

/// Releases and flags that there is nothing to say about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadUpgrade(pub String);

impl fmt::Display for BadUpgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadUpgrade {}

/// Asks two releases what some flags touch.
pub fn upgrade(
    from: Subject,
    to: Subject,
    flags: &[String],
    surroundings: &Surroundings,
    corpus: &Corpus,
) -> Result<Upgrade, BadUpgrade> {
    if from.model != to.model {
        return Err(BadUpgrade(format!("{from} and {to} are not of one model")));
    }
    let witnesses = witnesses(corpus, from, to);
    let cite = |sought: &Sought<'_>, world: &Arc<World>| {
        let history = history([from, to], flags, world, sought);
        cite(corpus, &witnesses, sought, &history)
    };
    let world = Arc::new(surroundings.world());
    let launch = |subject, world| Launched::new(subject, flags, world);
    let mut upgrade = Upgrade {
        model: from.model.name(),
        from: from.release.to_string(),
        to: to.release.to_string(),
        flags: flags.to_vec(),
        asked: 0,
        changes: Vec::new(),
    };
    let (before, after) = match (launch(from, &world), launch(to, &world)) {
        (Ok(before), Ok(after)) => (before, after),
        (Err(before), Err(after)) => {
            let message = format!(
                "both refuse these flags; {from}: {}; {to}: {}",
                before.reason, after.reason
            );
            return Err(BadUpgrade(message));
        }
        (before, after) => {
            let flag = [&before, &after].into_iter().find_map(|side| side.as_ref().err());
            let flag = flag.map(|refused| refused.flag.clone()).unwrap_or_default();
            let answer = |launched: Result<Launched, Refused>| match launched {
                Ok(_) => Answer::of(Word::Launched),
                Err(Refused { reason, .. }) => Answer::because(Word::Refused, reason),
            };
            let answers = [answer(before), answer(after)];
            let clauses = cite(&Sought::Launch { answers: &answers, flag: &flag }, &world);
            let [before, after] = answers;
            upgrade.asked = 1;
            upgrade.changes =
                vec![Change { question: "the launch".to_owned(), before, after, clauses }];
            return Ok(upgrade);
        }
    };
    let questions = questions(from.model, &before, &after);
    // What Node's flags name may be a directory or may not be there, and means another thing then.
    let (furnished, named) = furnished(&world, &before);
    let mut settings = vec![(String::new(), &world, before, after)];
    if let (false, Ok(before), Ok(after)) =
        (named.is_empty(), launch(from, &furnished), launch(to, &furnished))
    {
        let are = if named.len() == 1 { "is a directory" } else { "are directories" };
        let place = format!(", where {} {are}", named.join(" and "));
        settings.push((place, &furnished, before, after));
    }
    let mut seen = BTreeMap::new();
    for (place, world, before, after) in &mut settings {
        for question in &questions {
            let answers = [before.answer(question), after.answer(question)];
            let words = answers.each_ref().map(Answer::short);
            // Where a directory makes no difference, it is not worth a line.
            if seen.insert(question.to_string(), words) == Some(words) {
                continue;
            }
            upgrade.asked += 1;
            if words[0] != words[1] {
                let shape = shape(from.model, question.kind, flags);
                let clauses = cite(&Sought::Answer { question, answers: &answers, shape }, world);
                let [before, after] = answers;
                let question = format!("{question}{place}");
                upgrade.changes.push(Change { question, before, after, clauses });
            }
        }
    }
    Ok(upgrade)
}

impl fmt::Display for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, from, to, flags, asked, changes } = self;
        writeln!(f, "{model} {from} to {to}: {}\n", flags.join(" "))?;
        if !changes.is_empty() {
            let width = |text: &dyn Fn(&Change) -> &str, title: &str| {
                let lengths = changes.iter().map(|change| text(change).chars().count());
                lengths.max().unwrap_or_default().max(title.len())
            };
            let questions = width(&|change| &change.question, "question");
            let befores = width(&|change| change.before.short(), "before");
            writeln!(f, "{:questions$}  {:befores$}  after", "question", "before")?;
            for Change { question, before, after, .. } in changes {
                let (before, after) = (before.short(), after.short());
                writeln!(f, "{question:questions$}  {before:befores$}  {after}")?;
            }
            writeln!(f)?;
        }
        // Changes with one explanation share it.
        let mut explained: Vec<(&Change, Vec<&str>)> = Vec::new();
        let reasons = |change: &Change| [change.before.reason.clone(), change.after.reason.clone()];
        for change in changes {
            let is_alike = |other: &Change| {
                other.clauses == change.clauses && reasons(other) == reasons(change)
            };
            match explained.iter_mut().find(|(other, _)| is_alike(other)) {
                Some((_, questions)) => questions.push(&change.question),
                None => explained.push((change, vec![&change.question])),
            }
        }
        for (change, questions) in explained {
            writeln!(f, "{}:", questions.join("; "))?;
            for (release, answer) in [(from, &change.before), (to, &change.after)] {
                if answer.reason.is_some() {
                    writeln!(f, "  at {release} {answer}")?;
                }
            }
            let clauses = &change.clauses;
            if clauses.is_empty() {
                writeln!(f, "  no clause of the corpus explains this change")?;
            }
            for Cited { id, promise, holds_at, sources, shown_by } in clauses {
                writeln!(f, "  {id}, at {holds_at}: {promise}")?;
                for source in sources {
                    match source {
                        Source::Change { release, change } => {
                            writeln!(f, "    {release}: {change}")?;
                        }
                        Source::Document { document, heading } => {
                            writeln!(f, "    {document}: {heading}")?;
                        }
                    }
                }
                writeln!(f, "    shown by {shown_by}")?;
            }
            writeln!(f)?;
        }
        writeln!(f, "answers that change: {} of {asked}", changes.len())
    }
}
