//! What a runtime at an exact version is called, as in `deno@2.9.6`.

use std::fmt;
use std::str::FromStr;

use crate::failure::Failure;

/// A runtime at an exact version, as in `deno@2.9.6`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The implementation's name.
    pub name: String,
    /// The version.
    pub version: String,
}

impl Wanted {
    /// Sorts versions as numbers, so that 2.10 comes after 2.9.
    pub fn order(&self) -> (&str, Vec<u64>) {
        let parts = self.version.split(['.', '-', '+']);
        (&self.name, parts.map_while(|part| part.parse().ok()).collect())
    }
}

/// Three numbers, and perhaps a pre-release part.
pub fn is_version(text: &str) -> bool {
    let (core, rest) = text.split_at(text.find(['-', '+']).unwrap_or(text.len()));
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+');
    core.split('.').count() == 3 && core.split('.').all(number) && rest.bytes().all(allowed)
}

impl FromStr for Wanted {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Wanted, Failure> {
        let Some((name, version)) = text.split_once('@').filter(|(name, _)| !name.is_empty())
        else {
            return Err(Failure::Usage(
                "expected a name and a version, as in deno@2.9.6".to_owned(),
            ));
        };
        if !is_version(version) {
            return Err(Failure::Usage(format!(
                "\"{version}\" is not an exact version, such as 2.9.6"
            )));
        }
        Ok(Wanted { name: name.to_owned(), version: version.to_owned() })
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::Wanted;

    #[test]
    fn a_name_and_an_exact_version() {
        for (text, name, version) in [
            ("deno@2.9.6", "deno", "2.9.6"),
            ("node@26.10.0", "node", "26.10.0"),
            ("deno@2.0.0-rc.1", "deno", "2.0.0-rc.1"),
            ("deno@2.9.6+5f1c0de", "deno", "2.9.6+5f1c0de"),
        ] {
            let wanted = text.parse();
            assert_eq!(wanted, Ok(Wanted { name: name.to_owned(), version: version.to_owned() }));
        }
    }

    #[test]
    fn anything_else_is_said_to_be_none() {
        for (text, why) in [
            ("deno", "expected a name and a version, as in deno@2.9.6"),
            ("@2.9.6", "expected a name and a version, as in deno@2.9.6"),
            ("deno@", "\"\" is not an exact version, such as 2.9.6"),
            ("deno@2.9", "\"2.9\" is not an exact version, such as 2.9.6"),
            ("deno@2.9.6.1", "\"2.9.6.1\" is not an exact version, such as 2.9.6"),
            ("deno@^2.9.6", "\"^2.9.6\" is not an exact version, such as 2.9.6"),
            ("deno@latest", "\"latest\" is not an exact version, such as 2.9.6"),
            ("deno@2.9.x", "\"2.9.x\" is not an exact version, such as 2.9.6"),
            ("deno@2.9.6-../..", "\"2.9.6-../..\" is not an exact version, such as 2.9.6"),
        ] {
            let wanted: Result<Wanted, _> = text.parse();
            assert_eq!(wanted.unwrap_err().to_string(), why, "{text}");
        }
    }
}
