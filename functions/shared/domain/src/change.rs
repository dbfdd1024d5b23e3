//! What an incremental run finds when it compares a record with the ledger.

use crate::record::SourceRecord;
use crate::row::FileRow;
use crate::state::FileState;

/// How a record differs from its ledger row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The ledger does not know the record.
    New,
    /// The URL is another one.
    UrlChanged,
    /// The record was written since; the source object may have changed with it.
    RecordTouched,
    /// Only the account's name changed.
    AccountRenamed,
    /// The last attempt did not end in a copy, so it is made again.
    NotSettled,
    /// Nothing to do.
    None,
}

/// Compares a record with its row. A full sweep calls this for every record, so neither a late commit nor two records
/// with the same timestamp can hide a change.
pub fn compare(record: &SourceRecord, row: Option<&FileRow>) -> Change {
    let Some(row) = row else { return Change::New };
    match row.state {
        FileState::Discovered => return Change::New,
        FileState::Failed
        | FileState::Skipped
        | FileState::SourceGone
        | FileState::Drifted
        | FileState::Conflict => return Change::NotSettled,
        // Whoever holds the intent decides by reading the record back.
        FileState::Switching | FileState::RestoringUrl => return Change::None,
        FileState::Verified | FileState::Switched => {}
    }
    if row.original_url != record.url {
        Change::UrlChanged
    } else if row.system_modstamp != record.system_modstamp {
        Change::RecordTouched
    } else if row.account_name != record.account_name {
        Change::AccountRenamed
    } else {
        Change::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> FileRow {
        FileRow {
            record_id: "a0B000000000001AAA".to_owned(),
            account_id: None,
            account_name: Some("Acme".to_owned()),
            original_url: Some("https://x/a".to_owned()),
            destination_key: None,
            source: None,
            proof: None,
            state: FileState::Verified,
            reason: None,
            message: None,
            run_id: "r".to_owned(),
            at: "2026-01-01T00:00:00Z".to_owned(),
            system_modstamp: Some("1".to_owned()),
            attempts: 0,
            version: 1,
        }
    }

    fn record() -> SourceRecord {
        SourceRecord {
            id: "a0B000000000001AAA".to_owned(),
            url: Some("https://x/a".to_owned()),
            account_name: Some("Acme".to_owned()),
            system_modstamp: Some("1".to_owned()),
            ..SourceRecord::default()
        }
    }

    #[test]
    fn each_kind_of_change_is_told_apart() {
        assert_eq!(compare(&record(), None), Change::New);
        assert_eq!(compare(&record(), Some(&row())), Change::None);
        let moved = SourceRecord { url: Some("https://x/A".to_owned()), ..record() };
        assert_eq!(compare(&moved, Some(&row())), Change::UrlChanged);
        let touched = SourceRecord { system_modstamp: Some("2".to_owned()), ..record() };
        assert_eq!(compare(&touched, Some(&row())), Change::RecordTouched);
        let renamed = SourceRecord { account_name: Some("Acme 2".to_owned()), ..record() };
        assert_eq!(compare(&renamed, Some(&row())), Change::AccountRenamed);
        let failed = FileRow { state: FileState::Failed, ..row() };
        assert_eq!(compare(&record(), Some(&failed)), Change::NotSettled);
    }

    #[test]
    fn an_open_intent_is_left_to_its_owner() {
        let switching = FileRow { state: FileState::Switching, ..row() };
        let moved = SourceRecord { url: Some("https://y".to_owned()), ..record() };
        assert_eq!(compare(&moved, Some(&switching)), Change::None);
    }
}
