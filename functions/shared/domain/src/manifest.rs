//! Batch manifests: the immutable work list of a run, and its audit trail.
//!
//! A manifest part is one JSONL object in the state bucket and one batch of work. Each line says what is known of a
//! record (its URL byte for byte) and what will be done with it, so the manifests of a dry run are its exact plan. Batches
//! of objects have lines of their own, [`crate::object_batch::ObjectEntry`].

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::parser_words::without_values;
use crate::plan::Plan;
use crate::record::SourceRecord;
use crate::run_files::kept;

/// One line of a manifest part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManifestEntry {
    /// Position of the record in the run's enumeration, from 1.
    pub sequence: u64,
    /// The record as it was read.
    pub record: SourceRecord,
    /// What will be done with it.
    pub plan: Plan,
}

impl ManifestEntry {
    /// The ledger's key for this entry. A record whose id is not one gets a name made from its position, so that it is
    /// accounted for like any other.
    pub fn ledger_id(&self, run_id: &str) -> String {
        match crate::id::RecordId::parse(&self.record.id) {
            Ok(id) => id.as_str().to_owned(),
            Err(_) => format!("INVALID#{run_id}#{}", self.sequence),
        }
    }
}

/// A manifest line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the manifest cannot be read: {message}")]
pub struct ManifestError {
    /// Line number, from 1.
    pub line: usize,
    /// What the parser says.
    pub message: String,
}

/// Writes a manifest part.
pub fn to_jsonl<T: Serialize>(entries: &[T]) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    for entry in entries {
        text.push_str(&serde_json::to_string(entry)?);
        text.push('\n');
    }
    Ok(text)
}

/// Reads a manifest part, line by line, so that one bad line does not hide the others.
pub fn from_jsonl<T: DeserializeOwned>(bytes: &[u8]) -> Vec<Result<T, ManifestError>> {
    bytes
        .split(|byte| *byte == b'\n')
        .enumerate()
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .map(|(index, line)| {
            serde_json::from_slice(line)
                .map_err(|error| ManifestError { line: index + 1, message: without_values(&error) })
        })
        .collect()
}

/// Where a run keeps its objects in the state bucket.
pub fn run_prefix(run_id: &str) -> String {
    kept(run_id, "")
}

/// The prefix that the Distributed Map lists: one object per batch and nothing else.
pub fn batches_prefix(run_id: &str) -> String {
    kept(run_id, "batches/")
}

/// The key of batch `number` (from 1). Zero-padded so that the listing order is the enumeration order.
pub fn batch_key(run_id: &str, number: u32) -> String {
    kept(run_id, &format!("batches/{number:06}.jsonl"))
}

/// The number in a batch key, or `None` when the key is not one of that run.
pub fn batch_number(run_id: &str, key: &str) -> Option<u32> {
    let number = key.strip_prefix(&batches_prefix(run_id))?.strip_suffix(".jsonl")?;
    number.parse().ok().filter(|parsed| batch_key(run_id, *parsed) == key)
}

/// The key of a run's summary.
pub fn summary_key(run_id: &str) -> String {
    kept(run_id, "summary.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::SkipReason;

    fn entry(url: &str) -> ManifestEntry {
        ManifestEntry {
            sequence: 7,
            record: SourceRecord {
                id: "not an id".to_owned(),
                url: Some(url.to_owned()),
                ..SourceRecord::default()
            },
            plan: Plan::Skip { reason: SkipReason::NoUrl },
        }
    }

    #[test]
    fn original_bytes_survive_a_round_trip() {
        let raw = "  https://x/\u{1f600} %20+\n\"\\\u{0}\u{feff}";
        let text = to_jsonl(&[entry(raw)]).unwrap();
        assert_eq!(text.lines().count(), 1);
        let back: ManifestEntry = from_jsonl(text.as_bytes()).remove(0).unwrap();
        assert_eq!(back.record.url.as_deref(), Some(raw));
    }

    #[test]
    fn one_bad_line_does_not_hide_the_others() {
        let text = format!(
            "{}nonsense\n{}",
            to_jsonl(&[entry("a")]).unwrap(),
            to_jsonl(&[entry("b")]).unwrap()
        );
        let read = from_jsonl::<ManifestEntry>(text.as_bytes());
        assert_eq!(read.iter().filter(|line| line.is_ok()).count(), 2);
        assert_eq!(read[1].as_ref().unwrap_err().line, 2);
    }

    #[test]
    fn a_record_without_a_usable_id_still_has_a_ledger_key() {
        assert_eq!(entry("a").ledger_id("run-1"), "INVALID#run-1#7");
    }

    #[test]
    fn batch_keys_name_their_number() {
        assert_eq!(batch_number("r", &batch_key("r", 42)), Some(42));
        assert_eq!(batch_number("r", "runs/r/batches/42.jsonl"), None);
        assert_eq!(batch_number("other", &batch_key("r", 42)), None);
    }
}
