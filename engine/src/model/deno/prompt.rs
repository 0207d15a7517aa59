//! A prompt at a terminal: what the user is shown, and what the line means that is typed.
//!
//! What is shown is what is granted: the reach in the spelling that decides, with nothing in it that a terminal would obey or put elsewhere.

use std::fmt::Write as _;

use super::kind::Kind;
use super::session::Reply;
use crate::resource::Resource;
use crate::resource::name::Name;
use crate::resource::program::Program;
use crate::rule::Reach;

/// What is asked for, such as `read access to "/srv/a"`.
pub fn asked(kind: Kind, reach: &Reach) -> String {
    let name = kind.row().name;
    let text = match reach {
        Reach::All => return format!("{name} access"),
        Reach::Part(Resource::Path(path)) => path.to_string(),
        Reach::Part(Resource::Host(host)) => host.to_string(),
        Reach::Part(Resource::Name(Name::Exact(name))) => name.to_string(),
        Reach::Part(Resource::Name(Name::Prefix(prefix))) => format!("{prefix}*"),
        Reach::Part(Resource::Program(program)) => match program {
            Program::File(file) | Program::Found(file) | Program::Tree(file) => file.to_string(),
            Program::Missing(name) | Program::Named(name) => name.to_string(),
        },
        // No kind of this model has patterns of paths.
        Reach::Part(Resource::Pattern(_)) => return format!("{name} access"),
    };
    format!("{name} access to \"{}\"", harmless(&text))
}

/// What a line means that the user typed, without its end; none where it asks to be asked again.
///
/// No line at all is the end of the input, and means no.
pub fn read(line: Option<&str>) -> Option<Reply> {
    match line {
        Some("y" | "Y") => Some(Reply::Yes),
        Some("A") => Some(Reply::All),
        Some("n" | "N" | "\u{1b}") | None => Some(Reply::No),
        // A single key that means nothing was a slip; whoever wrote more than one has answered something else.
        Some(line) if line.len() == 1 => None,
        Some(_) => Some(Reply::No),
    }
}

/// A text with nothing in it that a terminal would not just show.
fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter.is_control() || is_invisible(letter) {
            true => {
                let _ = write!(shown, "{}", letter.escape_debug());
            }
            false => shown.push(letter),
        }
    }
    shown
}

/// Whether a letter has no width, or changes the direction of others.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
