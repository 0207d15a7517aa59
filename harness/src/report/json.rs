//! One JSON document: the header, the records and the footer of a record, under these names.

use std::io::Write;

use anyhow::Result;

use super::Source;

/// Writes the document.
pub fn write(source: &mut Source<'_>, out: &mut dyn Write) -> Result<()> {
    write!(out, "{{\"header\":")?;
    serde_json::to_writer(&mut *out, &source.tally.header)?;
    write!(out, ",\"records\":[")?;
    let mut separator = "";
    while let Some(record) = source.next_record()? {
        writeln!(out, "{separator}")?;
        serde_json::to_writer(&mut *out, &record)?;
        separator = ",";
    }
    write!(out, "\n],\"footer\":")?;
    serde_json::to_writer(&mut *out, &source.tally.footer)?;
    writeln!(out, "}}")?;
    Ok(())
}
