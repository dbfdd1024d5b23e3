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
    /// The record holds what a switch has written, and its account's name changed.
    SwitchedAccountRenamed,
    /// The last attempt did not end in a copy, so it is made again.
    NotSettled,
    /// The record holds what a switch has written: nothing to do.
    Switched,
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
        // Our own write has moved the record's time, so the time says nothing here.
        FileState::Switched if row.new_url_is_held_by(record) => {
            let renamed = row.account_name != record.account_name;
            return if renamed { Change::SwitchedAccountRenamed } else { Change::Switched };
        }
        // Somebody has edited the record since, also where it holds its original URL again.
        FileState::Switched => return Change::UrlChanged,
        FileState::Verified => {}
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
            new_url: None,
            switched_by: None,
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
    fn a_switched_record_is_unchanged_whenever_it_was_written() {
        let ours = Some("https://ours/a".to_owned());
        let switched = FileRow { state: FileState::Switched, new_url: ours.clone(), ..row() };
        let read = SourceRecord {
            url: ours,
            system_modstamp: Some("after the switch".to_owned()),
            ..record()
        };
        assert_eq!(compare(&read, Some(&switched)), Change::Switched);
        let renamed = SourceRecord { account_name: Some("Acme 2".to_owned()), ..read.clone() };
        assert_eq!(compare(&renamed, Some(&switched)), Change::SwitchedAccountRenamed);
        for url in [None, record().url, Some("https://else".to_owned())] {
            let edited = SourceRecord { url, ..read.clone() };
            assert_eq!(compare(&edited, Some(&switched)), Change::UrlChanged);
        }
        let put_back = FileRow { state: FileState::Verified, ..switched };
        assert_eq!(compare(&record(), Some(&put_back)), Change::None);
        assert_eq!(compare(&read, Some(&put_back)), Change::UrlChanged);
    }

    #[test]
    fn an_open_intent_is_left_to_its_owner() {
        let switching = FileRow { state: FileState::Switching, ..row() };
        let moved = SourceRecord { url: Some("https://y".to_owned()), ..record() };
        assert_eq!(compare(&moved, Some(&switching)), Change::None);
    }
}
