//! Partitions: which part of the cases a machine runs, so that several share them without speaking to each other.

use std::fmt;
use std::str::FromStr;

/// One of several parts, by a hash of a case's identity.
///
/// The hash is frozen: the first eight bytes of BLAKE3, as a number whose most significant byte comes first.
/// So a case is in the same part on every machine, at every version of this program, whatever else is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Which part, counted from one.
    pub part: u64,
    /// How many there are.
    pub of: u64,
}

impl Partition {
    /// Whether a case belongs to the part.
    pub fn holds(self, id: &str) -> bool {
        let hash = blake3::hash(id.as_bytes());
        let first = hash.as_bytes()[..8].try_into().expect("a hash has eight bytes and more");
        u64::from_be_bytes(first) % self.of == self.part - 1
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hash:{}/{}", self.part, self.of)
    }
}

impl FromStr for Partition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("\"{text}\" is no partition; write hash:M/N, as in hash:1/3");
        let (part, of) =
            text.strip_prefix("hash:").and_then(|text| text.split_once('/')).ok_or_else(bad)?;
        let number = |text: &str| text.parse::<u64>().map_err(|_| bad());
        let (part, of) = (number(part)?, number(of)?);
        match 1 <= part && part <= of {
            true => Ok(Self { part, of }),
            false => Err(format!("\"{text}\" names no part; of {of} parts the first is 1")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Partition;

    /// The numbers were computed by another implementation of the hash.
    /// A change of any of these numbers moves cases from one machine to another, and breaks reports that are being merged.
    #[test]
    fn the_hash_is_frozen() {
        for (id, part) in [
            ("deno::read::precedence::the-narrower-grant-wins", 5),
            ("node::fs::all::everything", 2),
            ("", 4),
        ] {
            let holding: Vec<u64> =
                (1..=5).filter(|part| Partition { part: *part, of: 5 }.holds(id)).collect();
            assert_eq!(holding, [part], "{id}");
        }
    }

    #[test]
    fn what_is_no_partition_is_told() {
        assert_eq!("hash:2/3".parse(), Ok(Partition { part: 2, of: 3 }));
        for bad in ["hash:0/3", "hash:4/3", "slice:1/3", "hash:1", "hash:a/b", "1/3"] {
            assert!(bad.parse::<Partition>().is_err(), "{bad}");
        }
    }
}
