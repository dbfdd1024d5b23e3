//! Ledger rows as settling a manifest entry makes them.

use crate::id::RecordId;
use crate::manifest::ManifestEntry;
use crate::outcome::FailureClass;
use crate::row::FileRow;
use crate::state::FileState;

/// Longest message kept in a row, in characters: a row stays under one write unit of 1 KB.
const MESSAGE_CHARACTERS_MAX: usize = 200;

/// Who settles an entry, and when.
#[derive(Debug, Clone, Copy)]
pub struct Settling<'a> {
    /// The entry.
    pub entry: &'a ManifestEntry,
    /// The row as it was read.
    pub seen: Option<&'a FileRow>,
    /// The run.
    pub run_id: &'a str,
    /// The time, RFC 3339.
    pub at: &'a str,
}

impl Settling<'_> {
    /// The row in `state`. The frozen key is carried over. Source and proof are too, and what a switch has written, as long as
    /// the record still has the URL that they belong to.
    ///
    /// A record that holds what a switch has written keeps its original URL in the ledger: it is what undoes the switch.
    pub fn row(&self, state: FileState) -> FileRow {
        let record = &self.entry.record;
        let switched = self.seen.filter(|row| row.new_url_is_held_by(record));
        let original_url =
            switched.map_or_else(|| record.url.clone(), |row| row.original_url.clone());
        let account_id = record.account_id.as_deref().map(|id| {
            RecordId::parse(id).map_or_else(|_| id.to_owned(), |id| id.as_str().to_owned())
        });
        let same_url = self.seen.filter(|row| row.original_url == original_url);
        FileRow {
            record_id: self.entry.ledger_id(self.run_id),
            account_id,
            account_name: record.account_name.clone(),
            original_url,
            destination_key: self.seen.and_then(|row| row.destination_key.clone()),
            source: same_url.and_then(|row| row.source.clone()),
            proof: same_url.and_then(|row| row.proof.clone()),
            state,
            reason: None,
            message: None,
            run_id: self.run_id.to_owned(),
            at: self.at.to_owned(),
            system_modstamp: record.system_modstamp.clone(),
            new_url: same_url.and_then(|row| row.new_url.clone()),
            switched_by: same_url.and_then(|row| row.switched_by.clone()),
            attempts: self.seen.map_or(0, |row| row.attempts),
            version: self.seen.map_or(0, |row| row.version),
        }
    }

    /// The row of a record that somebody has edited since it was switched, before anything is done about the edit: all that
    /// undoes the switch stays.
    pub fn edited_row(&self, switched: &FileRow) -> FileRow {
        FileRow {
            state: FileState::Conflict,
            reason: None,
            message: None,
            run_id: self.run_id.to_owned(),
            at: self.at.to_owned(),
            ..switched.clone()
        }
    }

    /// The row of a failed file.
    pub fn failed_row(&self, class: FailureClass, message: &str) -> FileRow {
        let row = self.row(FileState::Failed);
        FileRow {
            reason: Some(class.label().to_owned()),
            message: Some(shortened(message)),
            attempts: row.attempts.saturating_add(1),
            ..row
        }
    }
}

/// A message cut to the length that a row keeps.
pub fn shortened(message: &str) -> String {
    message.chars().take(MESSAGE_CHARACTERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;
    use crate::record::SourceRecord;
    use crate::row::{Proof, ProofLevel, SourceIdentity};

    fn entry(url: &str) -> ManifestEntry {
        let record = SourceRecord {
            id: "a0B000000000001".to_owned(),
            url: Some(url.to_owned()),
            ..SourceRecord::default()
        };
        ManifestEntry { sequence: 1, record, plan: Plan::AccountRenamed }
    }

    fn settling<'a>(entry: &'a ManifestEntry, seen: Option<&'a FileRow>) -> Settling<'a> {
        Settling { entry, seen, run_id: "r", at: "2026-01-01T00:00:00Z" }
    }

    #[test]
    fn a_proof_belongs_to_the_url_it_was_made_for() {
        let first = entry("https://x/a");
        let seen = FileRow {
            destination_key: Some("uploads/a".to_owned()),
            proof: Some(Proof {
                size_bytes: 1,
                etag: "e".to_owned(),
                checksum: None,
                level: ProofLevel::Etag,
            }),
            ..settling(&first, None).row(FileState::Verified)
        };
        let kept = settling(&first, Some(&seen)).row(FileState::Failed);
        assert!(kept.proof.is_some());
        let moved = entry("https://x/b");
        let dropped = settling(&moved, Some(&seen)).row(FileState::Failed);
        assert_eq!(dropped.proof, None);
        assert_eq!(dropped.destination_key.as_deref(), Some("uploads/a"));
    }

    /// The row of a record with the URL `https://x/a` that points at `https://ours/a`.
    fn switched() -> FileRow {
        FileRow {
            destination_key: Some("uploads/a".to_owned()),
            source: Some(SourceIdentity { size_bytes: Some(1), ..SourceIdentity::default() }),
            proof: Some(Proof {
                size_bytes: 1,
                etag: "e".to_owned(),
                checksum: None,
                level: ProofLevel::Etag,
            }),
            new_url: Some("https://ours/a".to_owned()),
            switched_by: Some("m".to_owned()),
            ..settling(&entry("https://x/a"), None).row(FileState::Switched)
        }
    }

    #[test]
    fn what_undoes_a_switch_is_never_overwritten_by_what_it_has_written() {
        let (seen, read) = (switched(), entry("https://ours/a"));
        let settling = settling(&read, Some(&seen));
        for row in [
            settling.row(FileState::Switched),
            settling.row(FileState::Skipped),
            settling.failed_row(FailureClass::DeadLettered, "x"),
            settling.edited_row(&seen),
        ] {
            assert_eq!(row.original_url.as_deref(), Some("https://x/a"));
            assert_eq!((&row.source, &row.proof), (&seen.source, &seen.proof));
            assert_eq!((&row.new_url, &row.switched_by), (&seen.new_url, &seen.switched_by));
        }
    }

    #[test]
    fn a_deleted_record_keeps_what_was_written_and_another_original_drops_it() {
        let seen = switched();
        let deleted = ManifestEntry { record: seen.record(), ..entry("unused") };
        let gone = settling(&deleted, Some(&seen)).row(FileState::SourceGone);
        assert_eq!((gone.new_url, gone.switched_by), (seen.new_url.clone(), Some("m".to_owned())));
        let edited = entry("https://x/edited");
        let copied = settling(&edited, Some(&seen)).row(FileState::Verified);
        assert_eq!(copied.original_url.as_deref(), Some("https://x/edited"));
        assert_eq!((copied.new_url, copied.switched_by, copied.proof), (None, None, None));
    }

    #[test]
    fn every_failure_is_an_attempt() {
        let entry = entry("https://x/a");
        let first = settling(&entry, None).failed_row(FailureClass::Throttled, &"x".repeat(999));
        assert_eq!(first.message.as_ref().map(String::len), Some(MESSAGE_CHARACTERS_MAX));
        let second = settling(&entry, Some(&first)).failed_row(FailureClass::Throttled, "x");
        assert_eq!((first.attempts, second.attempts), (1, 2));
    }
}
