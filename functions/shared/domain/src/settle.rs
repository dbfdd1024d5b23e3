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

/// Decides for one entry.
pub fn remaining(entry: &ManifestEntry, row: Option<&FileRow>, run_id: &str) -> Remaining {
    if let Some(settled) = row.and_then(|row| settled(entry, row, run_id)) {
        return settled;
    }
    match &entry.plan {
        Plan::Copy { .. } => match row.map(|row| row.state) {
            Some(FileState::Switching | FileState::RestoringUrl) => Remaining::Fail(
                FailureClass::LedgerConflict,
                "the record's URL is being switched; hint: finish or roll back that run first"
                    .to_owned(),
            ),
            None
            | Some(
                FileState::Discovered
                | FileState::Verified
                | FileState::Switched
                | FileState::Failed
                | FileState::Skipped
                | FileState::SourceGone
                | FileState::Drifted
                | FileState::Conflict,
            ) => Remaining::Copy,
        },
        Plan::Skip { reason } => skip(*reason, row),
        Plan::Refuse { class, message } => Remaining::Fail(*class, message.clone()),
        Plan::RecordDeleted => Remaining::Gone(GoneReason::RecordDeleted),
        Plan::AccountRenamed => Remaining::Rename,
    }
}

/// A file that is excluded today keeps a proven copy's row; a record outside the run's scope keeps any row.
pub fn skip(reason: SkipReason, row: Option<&FileRow>) -> Remaining {
    let Some(row) = row else { return Remaining::Exclude(reason) };
    let out_of_scope = match reason {
        SkipReason::Account | SkipReason::MaxFiles => true,
        SkipReason::NoUrl
        | SkipReason::AlreadyMigrated
        | SkipReason::Extension
        | SkipReason::TooLarge => false,
    };
    let recorded = row.state == FileState::Skipped && row.reason.as_deref() == Some(reason.label());
    let excludable = crate::state::next(row.state, crate::state::FileEvent::Excluded).is_ok();
    if out_of_scope || recorded || !excludable {
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
        FileState::Verified => {
            (Outcome::Verified, row.proof.as_ref().map_or(0, |proof| proof.size_bytes))
        }
        FileState::Failed => (Outcome::Failed(FailureClass::from_label(reason)?), 0),
        FileState::Skipped => (Outcome::Skipped(SkipReason::from_label(reason)?), 0),
        FileState::SourceGone => (Outcome::SourceGone(GoneReason::from_label(reason)?), 0),
        FileState::Discovered
        | FileState::Switching
        | FileState::Switched
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
}
