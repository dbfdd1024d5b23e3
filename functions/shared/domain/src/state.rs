//! The states of a file in the ledger, and the one function that says which change is legal.
//!
//! Every ledger write names the [`FileEvent`] that causes it. The `DynamoDB` condition of that write is derived from
//! [`allowed_from`], so the table below is the only place where the rules stand.

use serde::{Deserialize, Serialize};

/// Where a file stands. `Discovered` is never stored: the run's manifest is the record of it, and a ledger without a
/// row for the record means it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FileState {
    /// Enumerated, nothing known yet. The absence of a ledger row.
    Discovered,
    /// The bytes are in the destination bucket and were proven equal to the source's.
    Verified,
    /// The intent to write the new URL into Salesforce is durable; the call may or may not have happened.
    Switching,
    /// The record points at the destination, confirmed by reading it back.
    Switched,
    /// The intent to put the original URL back is durable; the call may or may not have happened.
    RestoringUrl,
    /// Could not be handled; the row carries the failure class and a message.
    Failed,
    /// Deliberately not handled; the row carries the reason.
    Skipped,
    /// The source object or the Salesforce record is gone. A proven copy from earlier stays in the bucket.
    SourceGone,
    /// The record's URL is neither the original nor the new one: somebody edited it before the switch.
    Drifted,
    /// The record's URL was edited after the switch; the edit is kept.
    Conflict,
}

impl FileState {
    /// Every state, in the order of the documentation.
    pub const ALL: [Self; 10] = [
        Self::Discovered,
        Self::Verified,
        Self::Switching,
        Self::Switched,
        Self::RestoringUrl,
        Self::Failed,
        Self::Skipped,
        Self::SourceGone,
        Self::Drifted,
        Self::Conflict,
    ];

    /// The name stored in the ledger.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Discovered => "Discovered",
            Self::Verified => "Verified",
            Self::Switching => "Switching",
            Self::Switched => "Switched",
            Self::RestoringUrl => "RestoringUrl",
            Self::Failed => "Failed",
            Self::Skipped => "Skipped",
            Self::SourceGone => "SourceGone",
            Self::Drifted => "Drifted",
            Self::Conflict => "Conflict",
        }
    }

    /// The state of that stored name, or `None`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether a person has to look at a file in this state before the record may be repointed.
    pub const fn needs_attention(self) -> bool {
        match self {
            Self::Failed | Self::SourceGone | Self::Drifted | Self::Conflict => true,
            Self::Discovered
            | Self::Verified
            | Self::Switching
            | Self::Switched
            | Self::RestoringUrl
            | Self::Skipped => false,
        }
    }
}

/// What happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileEvent {
    /// The copy's checksum was compared with the source's and agrees.
    CopyVerified,
    /// The source was looked at again and is still what was copied; only descriptive fields of the row change.
    Confirmed,
    /// The copy of a switched file was made anew and verified; its record points at it all along.
    CopyRenewed,
    /// The file could not be copied.
    CopyFailed,
    /// A filter or the record itself says that there is nothing to copy.
    Excluded,
    /// The source object does not exist, or the record was deleted. In an intent, only the record: it was read, and is gone.
    FoundGone,
    /// The new URL is about to be written.
    SwitchIntended,
    /// The new URL was read back from the record.
    SwitchConfirmed,
    /// The record was read back and still carries the original URL: the switch did not happen.
    SwitchAbandoned,
    /// The original URL is about to be put back.
    RestoreIntended,
    /// The original URL was read back from the record.
    RestoreConfirmed,
    /// The record was read back and still carries the new URL: it was not put back.
    RestoreAbandoned,
    /// The record carries a URL that nobody here wrote, before the switch.
    FoundDrifted,
    /// The record carries a URL that nobody here wrote, after the switch.
    FoundEdited,
}

impl FileEvent {
    /// Every event.
    pub const ALL: [Self; 14] = [
        Self::CopyVerified,
        Self::Confirmed,
        Self::CopyRenewed,
        Self::CopyFailed,
        Self::Excluded,
        Self::FoundGone,
        Self::SwitchIntended,
        Self::SwitchConfirmed,
        Self::SwitchAbandoned,
        Self::RestoreIntended,
        Self::RestoreConfirmed,
        Self::RestoreAbandoned,
        Self::FoundDrifted,
        Self::FoundEdited,
    ];
}

/// A change that the table does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a file in state {} cannot take the event {event:?}", state.name())]
pub struct IllegalTransition {
    /// The state that the file is in.
    pub state: FileState,
    /// The event that does not fit it.
    pub event: FileEvent,
}

/// The state after `event`, or an error when the event is not legal in `state`.
///
/// Two rules carry the weight. An intent (`Switching`, `RestoringUrl`) is left only by reading the record back, so no
/// copy, failure or filter may overwrite it. A proven copy is never forgotten because a filter excludes its file today.
pub fn next(state: FileState, event: FileEvent) -> Result<FileState, IllegalTransition> {
    use FileEvent as E;
    use FileState as S;
    match (event, state) {
        // A settled file may be copied (again): new, retried, or its source changed.
        (
            E::CopyVerified,
            S::Discovered
            | S::Verified
            | S::Switched
            | S::Failed
            | S::Skipped
            | S::SourceGone
            | S::Drifted
            | S::Conflict,
        )
        | (E::SwitchAbandoned, S::Switching)
        | (E::RestoreConfirmed, S::RestoringUrl) => Ok(S::Verified),
        (E::Confirmed, S::Verified | S::Switched | S::Skipped | S::SourceGone)
        | (E::CopyRenewed, S::Switched) => Ok(state),
        // A failed attempt to refresh a switched file must not hide that its record points at us.
        (
            E::CopyFailed,
            S::Discovered
            | S::Verified
            | S::Failed
            | S::Skipped
            | S::SourceGone
            | S::Drifted
            | S::Conflict,
        ) => Ok(S::Failed),
        (E::Excluded, S::Discovered | S::Failed | S::Skipped | S::SourceGone | S::Drifted) => {
            Ok(S::Skipped)
        }
        // Whoever says so has just read the record, or the source.
        (E::FoundGone, _) => Ok(S::SourceGone),
        // Only a verified file is ever repointed.
        (E::SwitchIntended, S::Verified) => Ok(S::Switching),
        (E::SwitchConfirmed, S::Switching) | (E::RestoreAbandoned, S::RestoringUrl) => {
            Ok(S::Switched)
        }
        (E::RestoreIntended, S::Switched) => Ok(S::RestoringUrl),
        (E::FoundDrifted, S::Verified | S::Switching) => Ok(S::Drifted),
        (E::FoundEdited, S::Switched | S::RestoringUrl) => Ok(S::Conflict),
        (E::CopyVerified, S::Switching | S::RestoringUrl)
        | (
            E::Confirmed,
            S::Discovered | S::Switching | S::RestoringUrl | S::Failed | S::Drifted | S::Conflict,
        )
        | (E::CopyFailed, S::Switching | S::Switched | S::RestoringUrl)
        | (E::Excluded, S::Verified | S::Switching | S::Switched | S::RestoringUrl | S::Conflict)
        | (
            E::CopyRenewed
            | E::SwitchIntended
            | E::SwitchConfirmed
            | E::SwitchAbandoned
            | E::RestoreIntended
            | E::RestoreConfirmed
            | E::RestoreAbandoned
            | E::FoundDrifted
            | E::FoundEdited,
            _,
        ) => Err(IllegalTransition { state, event }),
    }
}

/// The states in which `event` is legal: what a conditional ledger write has to find.
pub fn allowed_from(event: FileEvent) -> Vec<FileState> {
    FileState::ALL.into_iter().filter(|state| next(*state, event).is_ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_names_round_trip() {
        for state in FileState::ALL {
            assert_eq!(FileState::from_name(state.name()), Some(state));
        }
        assert_eq!(FileState::from_name("verified"), None);
    }

    #[test]
    fn only_a_verified_file_is_ever_repointed() {
        assert_eq!(allowed_from(FileEvent::SwitchIntended), vec![FileState::Verified]);
    }

    #[test]
    fn an_intent_is_left_only_by_reading_the_record_back() {
        let read_back = [
            FileEvent::SwitchConfirmed,
            FileEvent::SwitchAbandoned,
            FileEvent::RestoreConfirmed,
            FileEvent::RestoreAbandoned,
            FileEvent::FoundDrifted,
            FileEvent::FoundEdited,
            FileEvent::FoundGone,
        ];
        for intent in [FileState::Switching, FileState::RestoringUrl] {
            for event in FileEvent::ALL {
                if next(intent, event).is_ok() {
                    assert!(read_back.contains(&event), "{intent:?} left by {event:?}");
                }
            }
        }
    }

    #[test]
    fn whatever_is_read_back_ends_an_intent() {
        use FileEvent as E;
        use FileState as S;
        let ends = [
            (S::Switching, E::SwitchConfirmed, S::Switched),
            (S::Switching, E::SwitchAbandoned, S::Verified),
            (S::Switching, E::FoundDrifted, S::Drifted),
            (S::Switching, E::FoundGone, S::SourceGone),
            (S::RestoringUrl, E::RestoreConfirmed, S::Verified),
            (S::RestoringUrl, E::RestoreAbandoned, S::Switched),
            (S::RestoringUrl, E::FoundEdited, S::Conflict),
            (S::RestoringUrl, E::FoundGone, S::SourceGone),
        ];
        for (intent, event, expected) in ends {
            assert_eq!(next(intent, event), Ok(expected));
        }
    }

    #[test]
    fn a_filter_never_erases_a_proven_copy() {
        for state in [FileState::Verified, FileState::Switched] {
            assert!(next(state, FileEvent::Excluded).is_err());
        }
    }

    #[test]
    fn a_renewed_copy_leaves_a_switched_file_switched_and_is_nobody_elses() {
        assert_eq!(allowed_from(FileEvent::CopyRenewed), vec![FileState::Switched]);
        assert_eq!(next(FileState::Switched, FileEvent::CopyRenewed), Ok(FileState::Switched));
    }

    #[test]
    fn an_edit_after_the_switch_is_a_conflict_from_which_the_file_is_copied_again() {
        let conflict = next(FileState::Switched, FileEvent::FoundEdited).unwrap();
        assert_eq!(conflict, FileState::Conflict);
        assert_eq!(next(conflict, FileEvent::CopyVerified), Ok(FileState::Verified));
        assert_eq!(next(conflict, FileEvent::CopyFailed), Ok(FileState::Failed));
        assert!(next(conflict, FileEvent::Excluded).is_err());
    }

    #[test]
    fn no_event_leads_back_to_discovered() {
        for state in FileState::ALL {
            for event in FileEvent::ALL {
                assert_ne!(next(state, event), Ok(FileState::Discovered));
            }
        }
    }
}
