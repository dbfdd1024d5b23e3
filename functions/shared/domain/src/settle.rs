//! What is left to do for a manifest entry, given what the ledger knows: the decision that makes a repeated batch do
//! nothing twice.

use crate::manifest::ManifestEntry;
use crate::outcome::{FailureClass, GoneReason, Outcome, SkipReason};
use crate::plan::Plan;
use crate::row::FileRow;
use crate::state::FileState;

/// What is left to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remaining {
    /// Nothing: an earlier delivery of the same batch has settled the record.
    Settled {
        /// How it ended.
        outcome: Outcome,
        /// Bytes that were copied for it.
        bytes: u64,
    },
    /// Copy the file, unless the source is still what a proven copy was made from.
    Copy,
    /// Record that there is nothing to copy.
    Exclude(SkipReason),
    /// Count it as skipped; what the ledger knows is worth more and stays.
    CountSkipped(SkipReason),
    /// Record the failure.
    Fail(FailureClass, String),
    /// Record that it is gone.
    Gone(GoneReason),
    /// Record the account's new name.
    Rename,
}

/// Whether somebody has edited the record since it was switched. The ledger learns that before the edit is settled like any other
/// URL.
///
/// Not told by a run that repairs copies (its entries hold what the ledger remembers), nor of a deleted record, nor where the
/// run says nothing about the record.
pub fn edited_since_switch(entry: &ManifestEntry, row: &FileRow, repair: bool) -> bool {
    let told = match &entry.plan {
        Plan::Copy { .. } | Plan::Refuse { .. } => true,
        Plan::Skip { reason } => !out_of_scope(*reason),
        Plan::RecordDeleted | Plan::AccountRenamed => false,
    };
    told && !repair && row.state == FileState::Switched && !row.new_url_is_held_by(&entry.record)
}

/// Decides for one entry.
pub fn remaining(entry: &ManifestEntry, row: Option<&FileRow>, run_id: &str) -> Remaining {
    if let Some(settled) = row.and_then(|row| settled(entry, row, run_id)) {
        return settled;
    }
    if let Some(kept) = row.and_then(|row| kept_by_a_switch(entry, row)) {
        return kept;
    }
    match &entry.plan {
        Plan::Copy { .. } => Remaining::Copy,
        Plan::Skip { reason } => skip(*reason, row),
        Plan::Refuse { class, message } => Remaining::Fail(*class, message.clone()),
        Plan::RecordDeleted => Remaining::Gone(GoneReason::RecordDeleted),
        Plan::AccountRenamed => Remaining::Rename,
    }
}

/// What is left to do where a row belongs to a switch: an intent is left to its owner, and what a switch has written is no
/// source of a file, even when today's settings do not know the address as our own.
fn kept_by_a_switch(entry: &ManifestEntry, row: &FileRow) -> Option<Remaining> {
    let conflict =
        |message: &str| Some(Remaining::Fail(FailureClass::LedgerConflict, message.to_owned()));
    match (row.state, &entry.plan) {
        (
            FileState::Switching | FileState::RestoringUrl,
            Plan::Copy { .. } | Plan::RecordDeleted | Plan::AccountRenamed,
        ) => {
            conflict("the record's URL is being switched; hint: finish or roll back that run first")
        }
        (
            FileState::Switching | FileState::RestoringUrl,
            Plan::Skip { .. } | Plan::Refuse { .. },
        )
        | (_, Plan::RecordDeleted | Plan::AccountRenamed) => None,
        (_, Plan::Copy { .. } | Plan::Refuse { .. }) if row.new_url_is_held_by(&entry.record) => {
            Some(Remaining::CountSkipped(SkipReason::AlreadyMigrated))
        }
        (FileState::Switched, Plan::Skip { reason })
            if row.new_url_is_held_by(&entry.record) && !out_of_scope(*reason) =>
        {
            Some(Remaining::CountSkipped(SkipReason::AlreadyMigrated))
        }
        (FileState::Switched, Plan::Copy { .. }) if row.original_url != entry.record.url => {
            conflict("the record was switched meanwhile; hint: start the run again")
        }
        (_, Plan::Copy { .. } | Plan::Refuse { .. } | Plan::Skip { .. }) => None,
    }
}

/// Whether a run that skips for that reason says nothing about the record.
const fn out_of_scope(reason: SkipReason) -> bool {
    match reason {
        SkipReason::Account | SkipReason::MaxFiles => true,
        SkipReason::NoUrl
        | SkipReason::AlreadyMigrated
        | SkipReason::Extension
        | SkipReason::TooLarge => false,
    }
}

/// A file that is excluded today keeps a proven copy's row; a record outside the run's scope keeps any row.
pub fn skip(reason: SkipReason, row: Option<&FileRow>) -> Remaining {
    let Some(row) = row else { return Remaining::Exclude(reason) };
    let recorded = row.state == FileState::Skipped && row.reason.as_deref() == Some(reason.label());
    let excludable = crate::state::next(row.state, crate::state::FileEvent::Excluded).is_ok();
    // Somebody, or something in Salesforce, has altered what a switch has written: the row is the only place that still
    // has the original URL.
    let altered = reason == SkipReason::AlreadyMigrated
        && row.state == FileState::Drifted
        && row.new_url.is_some();
    if out_of_scope(reason) || recorded || altered || !excludable {
        Remaining::CountSkipped(reason)
    } else {
        Remaining::Exclude(reason)
    }
}

fn settled(entry: &ManifestEntry, row: &FileRow, run_id: &str) -> Option<Remaining> {
    if row.run_id != run_id || row.original_url != entry.record.url {
        return None;
    }
    let reason = row.reason.as_deref().unwrap_or_default();
    let (outcome, bytes) = match row.state {
        // A row that stays switched names the run only when that run has renewed its copy.
        FileState::Verified | FileState::Switched => {
            (Outcome::Verified, row.proof.as_ref().map_or(0, |proof| proof.size_bytes))
        }
        FileState::Failed => (Outcome::Failed(FailureClass::from_label(reason)?), 0),
        FileState::Skipped => (Outcome::Skipped(SkipReason::from_label(reason)?), 0),
        FileState::SourceGone => (Outcome::SourceGone(GoneReason::from_label(reason)?), 0),
        FileState::Discovered
        | FileState::Switching
        | FileState::RestoringUrl
        | FileState::Drifted
        | FileState::Conflict => return None,
    };
    Some(Remaining::Settled { outcome, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::SourceRecord;
    use crate::row::{Proof, ProofLevel};

    fn entry(plan: Plan) -> ManifestEntry {
        let record =
            SourceRecord { url: Some("https://x/a".to_owned()), ..SourceRecord::default() };
        ManifestEntry { sequence: 1, record, plan }
    }

    fn row(state: FileState, reason: Option<&str>, run_id: &str) -> FileRow {
        FileRow {
            record_id: "a0B000000000001AAA".to_owned(),
            account_id: None,
            account_name: None,
            original_url: Some("https://x/a".to_owned()),
            destination_key: None,
            source: None,
            proof: Some(Proof {
                size_bytes: 5,
                etag: "e".to_owned(),
                checksum: None,
                level: ProofLevel::Etag,
            }),
            state,
            reason: reason.map(str::to_owned),
            message: None,
            run_id: run_id.to_owned(),
            at: "2026-01-01T00:00:00Z".to_owned(),
            system_modstamp: None,
            new_url: None,
            switched_by: None,
            attempts: 0,
            version: 1,
        }
    }

    fn refusal() -> Plan {
        Plan::Refuse { class: FailureClass::HostNotAllowed, message: "no".to_owned() }
    }

    #[test]
    fn what_this_run_has_settled_is_not_done_again() {
        let again = remaining(&entry(refusal()), Some(&row(FileState::Verified, None, "r")), "r");
        assert_eq!(again, Remaining::Settled { outcome: Outcome::Verified, bytes: 5 });
        let failed = row(FileState::Failed, Some("host_not_allowed"), "r");
        assert_eq!(
            remaining(&entry(refusal()), Some(&failed), "r"),
            Remaining::Settled { outcome: Outcome::Failed(FailureClass::HostNotAllowed), bytes: 0 }
        );
    }

    #[test]
    fn what_another_run_has_settled_is_looked_at_again() {
        let other = row(FileState::Failed, Some("host_not_allowed"), "earlier");
        assert!(matches!(remaining(&entry(refusal()), Some(&other), "r"), Remaining::Fail(..)));
    }

    #[test]
    fn a_proven_copy_keeps_its_row_when_the_file_is_excluded() {
        let plan = Plan::Skip { reason: SkipReason::Extension };
        let verified = row(FileState::Verified, None, "earlier");
        assert_eq!(
            remaining(&entry(plan.clone()), Some(&verified), "r"),
            Remaining::CountSkipped(SkipReason::Extension)
        );
        assert_eq!(remaining(&entry(plan), None, "r"), Remaining::Exclude(SkipReason::Extension));
    }

    #[test]
    fn a_record_out_of_scope_keeps_any_row() {
        let plan = Plan::Skip { reason: SkipReason::MaxFiles };
        let failed = row(FileState::Failed, Some("throttled"), "earlier");
        assert_eq!(
            remaining(&entry(plan), Some(&failed), "r"),
            Remaining::CountSkipped(SkipReason::MaxFiles)
        );
    }

    fn copy_plan() -> Plan {
        serde_json::from_value(serde_json::json!({
            "action": "copy",
            "source": {
                "location": {
                    "via": "http", "url": "https://x/a", "scheme": "https", "host": "x", "port": 443,
                    "presigned": false
                },
                "file_name": "a"
            },
            "destinationKey": "uploads/a",
            "destinationKeyIfTaken": "uploads/a-1"
        }))
        .unwrap()
    }

    fn skip_plan(reason: SkipReason) -> Plan {
        Plan::Skip { reason }
    }

    fn holding(url: &str, plan: Plan) -> ManifestEntry {
        let record = SourceRecord { url: Some(url.to_owned()), ..SourceRecord::default() };
        ManifestEntry { record, ..entry(plan) }
    }

    fn switched() -> FileRow {
        FileRow {
            new_url: Some("https://ours/a".to_owned()),
            switched_by: Some("m".to_owned()),
            ..row(FileState::Switched, None, "earlier")
        }
    }

    #[test]
    fn what_a_switch_has_written_is_never_fetched() {
        let counted = Remaining::CountSkipped(SkipReason::AlreadyMigrated);
        let put_back = FileRow { state: FileState::Conflict, ..switched() };
        for row in [switched(), put_back] {
            for plan in [copy_plan(), refusal()] {
                assert_eq!(remaining(&holding("https://ours/a", plan), Some(&row), "r"), counted);
            }
        }
        let other_name = holding("https://ours/a", skip_plan(SkipReason::Extension));
        assert_eq!(remaining(&other_name, Some(&switched()), "r"), counted);
        let out_of_scope = holding("https://ours/a", skip_plan(SkipReason::Account));
        assert_eq!(
            remaining(&out_of_scope, Some(&switched()), "r"),
            Remaining::CountSkipped(SkipReason::Account)
        );
        let renamed = holding("https://ours/a", Plan::AccountRenamed);
        assert_eq!(remaining(&renamed, Some(&switched()), "r"), Remaining::Rename);
    }

    #[test]
    fn an_edit_after_the_switch_is_told_unless_the_run_is_not_about_it() {
        let edited = |plan| edited_since_switch(&holding("https://x/b", plan), &switched(), false);
        assert!(edited(copy_plan()) && edited(refusal()));
        assert!(edited(skip_plan(SkipReason::NoUrl)));
        assert!(edited(skip_plan(SkipReason::AlreadyMigrated)));
        assert!(
            !edited(skip_plan(SkipReason::Account)) && !edited(skip_plan(SkipReason::MaxFiles))
        );
        assert!(!edited(Plan::RecordDeleted));
        let put_back = holding("https://x/a", copy_plan());
        assert!(edited_since_switch(&put_back, &switched(), false));
        assert!(!edited_since_switch(&put_back, &switched(), true), "a repair");
        let ours = holding("https://ours/a", copy_plan());
        assert!(!edited_since_switch(&ours, &switched(), false));
    }

    #[test]
    fn a_conflict_is_settled_like_any_other_url_and_an_excluded_one_stays() {
        let conflict = FileRow { state: FileState::Conflict, ..switched() };
        let at = |plan| remaining(&holding("https://x/b", plan), Some(&conflict), "r");
        assert_eq!(at(copy_plan()), Remaining::Copy);
        assert!(matches!(at(refusal()), Remaining::Fail(FailureClass::HostNotAllowed, _)));
        assert_eq!(at(skip_plan(SkipReason::NoUrl)), Remaining::CountSkipped(SkipReason::NoUrl));
    }

    #[test]
    fn a_repair_copies_the_original_once_and_nothing_else() {
        let original = holding("https://x/a", copy_plan());
        assert_eq!(remaining(&original, Some(&switched()), "r"), Remaining::Copy);
        let renewed = FileRow { run_id: "r".to_owned(), ..switched() };
        assert_eq!(
            remaining(&original, Some(&renewed), "r"),
            Remaining::Settled { outcome: Outcome::Verified, bytes: 5 }
        );
        let other = holding("https://x/b", copy_plan());
        assert!(matches!(
            remaining(&other, Some(&switched()), "r"),
            Remaining::Fail(FailureClass::LedgerConflict, _)
        ));
    }

    #[test]
    fn an_open_intent_is_left_to_its_owner() {
        for state in [FileState::Switching, FileState::RestoringUrl] {
            let open = FileRow { state, ..switched() };
            for plan in [copy_plan(), Plan::RecordDeleted, Plan::AccountRenamed] {
                assert!(matches!(
                    remaining(&entry(plan), Some(&open), "r"),
                    Remaining::Fail(FailureClass::LedgerConflict, _)
                ));
            }
            assert_eq!(
                remaining(&entry(skip_plan(SkipReason::NoUrl)), Some(&open), "r"),
                Remaining::CountSkipped(SkipReason::NoUrl)
            );
        }
    }

    #[test]
    fn the_original_of_an_altered_switch_is_kept() {
        let drifted = FileRow {
            new_url: Some("https://ours/a".to_owned()),
            ..row(FileState::Drifted, None, "earlier")
        };
        let altered = Plan::Skip { reason: SkipReason::AlreadyMigrated };
        assert_eq!(
            remaining(&entry(altered), Some(&drifted), "r"),
            Remaining::CountSkipped(SkipReason::AlreadyMigrated)
        );
    }
}
