//! Merging: the records of several machines become the record that one machine would have written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::partition::Partition;
use crate::record::{BadRecord, Footer, Header, Ran, Reader, Record, Writer};
use crate::tally::Tally;

/// Merges records; nothing is written where they do not belong together, or where a part is missing.
pub fn merge(paths: &[PathBuf], output: &Path) -> Result<()> {
    let parts: Vec<_> = paths.iter().map(|path| Tally::of(path)).collect::<Result<_>>()?;
    let (first, _) = parts.split_first().context("there is no record to merge")?;
    for (path, part) in paths.iter().zip(&parts) {
        belongs(path, part, &paths[0], first)?;
    }
    let targets = targets(&parts)?;
    let header = Header {
        partition: None,
        started: parts.iter().map(|part| part.header.started).min().unwrap_or_default(),
        ..first.header.clone()
    };
    let mut writer = Writer::begin(output, &header)?;
    let mut readers: Vec<_> = paths.iter().map(|path| Part::open(path)).collect::<Result<_>>()?;
    // In every part the records of a target follow each other, in the order of the targets.
    for ran in &targets {
        for part in &mut readers {
            while let Some(record) = part.next_of(ran)? {
                writer.record(record)?;
            }
        }
    }
    // Nobody's record is left behind, not even where a part has its targets in another order.
    for (part, path) in readers.iter().zip(paths) {
        let in_order = part.next.is_none();
        let why =
            || BadRecord::Mixed(format!("{}: its targets stand in another order", path.display()));
        ensure!(in_order, why());
    }
    writer.finish(footer(&parts, targets))
}

/// A part that is being read, one record ahead.
struct Part {
    reader: Reader,
    next: Option<Record>,
}

impl Part {
    fn open(path: &Path) -> Result<Self> {
        let mut reader = Reader::open(path)?;
        let next = reader.next_record()?;
        Ok(Self { reader, next })
    }

    fn next_of(&mut self, ran: &Ran) -> Result<Option<Record>> {
        let is_of = |record: &mut Record| {
            record.implementation == ran.implementation && record.release == ran.release
        };
        let Some(record) = self.next.take_if(is_of) else { return Ok(None) };
        self.next = self.reader.next_record()?;
        Ok(Some(record))
    }
}

/// Whether a part was run on the same corpus, with the same selection, as the first.
fn belongs(path: &Path, part: &Tally, first_path: &Path, first: &Tally) -> Result<()> {
    let differs = if part.header.corpus != first.header.corpus {
        "of another corpus than"
    } else if part.header.laws != first.header.laws {
        "of laws where the other is of cases, unlike"
    } else if part.header.filters != first.header.filters {
        "of another selection than"
    } else {
        return Ok(());
    };
    let why = format!("{} is {differs} {}", path.display(), first_path.display());
    Err(BadRecord::Mixed(why).into())
}

/// Every target of the parts with what was run of it; an error where its parts do not make a whole.
fn targets(parts: &[Tally]) -> Result<Vec<Ran>> {
    let mut targets: Vec<Ran> = Vec::new();
    let mut seen: BTreeMap<String, Vec<Option<Partition>>> = BTreeMap::new();
    for part in parts {
        let partition = part.header.partition.as_deref().map(str::parse).transpose();
        let partition = partition.map_err(BadRecord::Truncated)?;
        for ran in &part.footer.targets {
            seen.entry(ran.to_string()).or_default().push(partition);
            let Some(known) = targets.iter_mut().find(|known| known.to_string() == ran.to_string())
            else {
                targets.push(ran.clone());
                continue;
            };
            if (&known.program, &known.adapter) != (&ran.program, &ran.adapter) {
                let why = format!(
                    "{ran} is another build, or has another adapter, in one part than in another"
                );
                return Err(BadRecord::Mixed(why).into());
            }
            known.not_for_release += ran.not_for_release;
            known.not_asked += ran.not_asked;
            known.milliseconds += ran.milliseconds;
        }
    }
    for (target, partitions) in seen {
        is_whole(&target, &partitions)?;
    }
    Ok(targets)
}

fn is_whole(target: &str, partitions: &[Option<Partition>]) -> Result<(), BadRecord> {
    let mixed = |why: String| Err(BadRecord::Mixed(format!("{target}: {why}")));
    let of = match partitions {
        [None] => return Ok(()),
        [Some(first), ..] => first.of,
        [] | [None, ..] => {
            let is_parted = partitions.iter().any(Option::is_some);
            return mixed(match is_parted {
                true => "it is whole in one record, and a part in another".to_owned(),
                false => "it is whole in one record, and again in another".to_owned(),
            });
        }
    };
    let mut there = BTreeSet::new();
    for partition in partitions {
        match partition {
            Some(partition) if partition.of == of && there.insert(partition.part) => {}
            Some(partition) if partition.of == of => {
                return mixed(format!("{partition} is there twice"));
            }
            Some(_) | None => return mixed("it was parted in two ways".to_owned()),
        }
    }
    match (1..=of).find(|part| !there.contains(part)) {
        Some(part) => mixed(format!("{} is missing", Partition { part, of })),
        None => Ok(()),
    }
}

/// A clause is untested by all if it is by each that could have tested it.
fn footer(parts: &[Tally], targets: Vec<Ran>) -> Footer {
    let untested = |part: &Tally| part.footer.untested.iter().cloned().collect::<BTreeSet<_>>();
    let mut sets = parts.iter().map(untested);
    let first = sets.next().unwrap_or_default();
    let all: BTreeSet<_> = sets.fold(first, |all, more| all.intersection(&more).cloned().collect());
    Footer {
        // The writer counts for itself.
        records: 0,
        complete: parts.iter().all(|part| part.footer.complete),
        targets,
        clauses: parts.iter().map(|part| part.footer.clauses).max().unwrap_or_default(),
        untested: all.into_iter().collect(),
        stopped: parts.iter().map(|part| part.footer.stopped).max().unwrap_or_default(),
    }
}
