//! Ledger rows as writing a record makes them.

use super::line::SwitchLine;
use crate::outcome::{GoneReason, Outcome, WriteFailure};
use crate::row::FileRow;
use crate::settled_row::shortened;
use crate::state::{FileEvent, IllegalTransition, next};

/// Who writes a row, for which line, and when.
#[derive(Debug, Clone, Copy)]
pub struct Writing<'a> {
    /// The line.
    pub line: &'a SwitchLine,
    /// The run.
    pub run_id: &'a str,
    /// The time, RFC 3339.
    pub at: &'a str,
    /// The record's `SystemModstamp` as it was read last; `None` for a record that is gone.
    pub system_modstamp: Option<&'a str>,
    /// How the line ends with this write, if it does.
    pub outcome: Option<Outcome>,
    /// A sentence for people, where the record needs attention; never carries a URL.
    pub message: Option<&'a str>,
}

impl Writing<'_> {
    /// The row after `event`. Everything that a backup has found out about the file is kept.
    pub fn row(&self, seen: &FileRow, event: FileEvent) -> Result<FileRow, IllegalTransition> {
        let state = next(seen.state, event)?;
        let outcome = self.outcome.filter(|outcome| outcome.needs_attention());
        let mut row = FileRow {
            state,
            reason: outcome.and_then(reason),
            message: outcome.and(self.message).map(shortened),
            run_id: self.run_id.to_owned(),
            at: self.at.to_owned(),
            ..seen.clone()
        };
        match event {
            FileEvent::SwitchIntended => {
                row.new_url.clone_from(&self.line.to);
                row.switched_by = Some(self.run_id.to_owned());
            }
            FileEvent::SwitchConfirmed => {
                // An intent of an earlier run with another new URL: what was read back is this one.
                // A line that puts back comes from this row, and changes nothing of it.
                if row.new_url != self.line.to && row.new_url != self.line.from {
                    row.new_url.clone_from(&self.line.to);
                    row.switched_by = Some(self.run_id.to_owned());
                }
                self.keep_modstamp(&mut row);
            }
            FileEvent::RestoreConfirmed => self.keep_modstamp(&mut row),
            FileEvent::CopyVerified
            | FileEvent::Confirmed
            | FileEvent::CopyRenewed
            | FileEvent::CopyFailed
            | FileEvent::Excluded
            | FileEvent::FoundGone
            | FileEvent::SwitchAbandoned
            | FileEvent::RestoreIntended
            | FileEvent::RestoreAbandoned
            | FileEvent::FoundDrifted
            | FileEvent::FoundEdited => {}
        }
        Ok(row)
    }

    /// So that a later backup does not take this run's own write for a change.
    fn keep_modstamp(&self, row: &mut FileRow) {
        if let Some(modstamp) = self.system_modstamp {
            row.system_modstamp = Some(modstamp.to_owned());
        }
    }
}

/// The label that stands in the row beside its state.
fn reason(outcome: Outcome) -> Option<String> {
    match outcome {
        Outcome::NotWritten(reason) => Some(reason.label().to_owned()),
        Outcome::SourceGone(reason) => Some(reason.label().to_owned()),
        Outcome::Planned
        | Outcome::Verified
        | Outcome::Unchanged
        | Outcome::AccountRenamed
        | Outcome::Deleted
        | Outcome::Kept
        | Outcome::Switched
        | Outcome::AlreadySwitched
        | Outcome::Restored
        | Outcome::AlreadyOriginal
        | Outcome::Drifted
        | Outcome::Conflict
        | Outcome::Skipped(_)
        | Outcome::Failed(_) => None,
    }
}

/// The sentence that goes with an outcome that needs attention. Never carries a URL.
///
/// * `detail`: what Salesforce or the ledger says, where they say something.
pub fn message(outcome: Outcome, detail: Option<&str>) -> Option<String> {
    if !outcome.needs_attention() {
        return None;
    }
    let detail = detail.map(|detail| format!(": {detail}")).unwrap_or_default();
    let text = match outcome {
        Outcome::Drifted => {
            "somebody has edited the record since it was backed up; the edit is kept".to_owned()
        }
        Outcome::Conflict => {
            "somebody has edited the record since it was switched; the edit is kept".to_owned()
        }
        Outcome::SourceGone(GoneReason::RecordDeleted) => "the record is gone".to_owned(),
        Outcome::NotWritten(WriteFailure::NotVerified) => {
            format!("the ledger does not allow the record to be written{detail}")
        }
        Outcome::NotWritten(WriteFailure::Refused) => {
            format!("Salesforce refuses the value{detail}")
        }
        Outcome::NotWritten(WriteFailure::Locked) => {
            "other transactions held the record in every attempt; hint: run again when other jobs are quiet".to_owned()
        }
        Outcome::NotWritten(WriteFailure::Unconfirmed) => format!(
            "it was written, and every look at it has shown the old value{detail}; hint: look for automation that puts it back"
        ),
        Outcome::SourceGone(GoneReason::ObjectMissing)
        | Outcome::Planned
        | Outcome::Verified
        | Outcome::Unchanged
        | Outcome::AccountRenamed
        | Outcome::Deleted
        | Outcome::Kept
        | Outcome::Switched
        | Outcome::AlreadySwitched
        | Outcome::Restored
        | Outcome::AlreadyOriginal
        | Outcome::Skipped(_)
        | Outcome::Failed(_) => outcome.label(),
    };
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::ManifestEntry;
    use crate::plan::Plan;
    use crate::record::SourceRecord;
    use crate::settled_row::Settling;
    use crate::state::FileState;

    const OLD: &str = "https://old/x?signature=s";
    const NEW: &str = "https://new/x";
    const MODSTAMP: &str = "2026-01-02T00:00:00Z";

    fn line() -> SwitchLine {
        SwitchLine {
            record_id: "a0B000000000001AAA".to_owned(),
            account_id: None,
            account_name: None,
            from: Some(OLD.to_owned()),
            to: Some(NEW.to_owned()),
        }
    }

    fn verified() -> FileRow {
        let record = SourceRecord {
            id: "a0B000000000001AAA".to_owned(),
            url: Some(OLD.to_owned()),
            system_modstamp: Some("2026-01-01T00:00:00Z".to_owned()),
            ..SourceRecord::default()
        };
        let entry = ManifestEntry { sequence: 1, record, plan: Plan::AccountRenamed };
        let settling = Settling { entry: &entry, seen: None, run_id: "backup", at: "then" };
        settling.row(FileState::Verified)
    }

    fn writing(line: &SwitchLine, outcome: Option<Outcome>) -> Writing<'_> {
        let message = Some("a sentence");
        Writing {
            line,
            run_id: "run",
            at: "now",
            system_modstamp: Some(MODSTAMP),
            outcome,
            message,
        }
    }

    #[test]
    fn a_switch_keeps_the_original_and_names_itself() {
        let line = line();
        let intended = writing(&line, None).row(&verified(), FileEvent::SwitchIntended).unwrap();
        assert_eq!(intended.original_url.as_deref(), Some(OLD));
        assert_eq!(intended.new_url.as_deref(), Some(NEW));
        assert_eq!(intended.switched_by.as_deref(), Some("run"));
        assert_ne!(intended.system_modstamp.as_deref(), Some(MODSTAMP));
        let switched = writing(&line, Some(Outcome::Switched))
            .row(&intended, FileEvent::SwitchConfirmed)
            .unwrap();
        assert_eq!(switched.state, FileState::Switched);
        assert_eq!(switched.system_modstamp.as_deref(), Some(MODSTAMP));
        assert_eq!((switched.reason, switched.message), (None, None));
    }

    #[test]
    fn what_was_not_written_says_why_until_it_succeeds() {
        let line = line();
        let intended = writing(&line, None).row(&verified(), FileEvent::SwitchIntended).unwrap();
        let refused = Outcome::NotWritten(WriteFailure::Refused);
        let row = writing(&line, Some(refused)).row(&intended, FileEvent::SwitchAbandoned).unwrap();
        assert_eq!(row.state, FileState::Verified);
        assert_eq!(row.reason.as_deref(), Some("refused"));
        assert_eq!(row.message.as_deref(), Some("a sentence"));
        // The record may have been touched: the next backup looks.
        assert_ne!(row.system_modstamp.as_deref(), Some(MODSTAMP));
        let again = writing(&line, None).row(&row, FileEvent::SwitchIntended).unwrap();
        assert_eq!((again.reason, again.message), (None, None));
    }

    #[test]
    fn another_run_s_intent_for_the_same_url_stays_its_own() {
        let line = line();
        let theirs = FileRow {
            state: FileState::Switching,
            new_url: Some(NEW.to_owned()),
            switched_by: Some("earlier".to_owned()),
            ..verified()
        };
        let confirm = |row: &FileRow| {
            writing(&line, None).row(row, FileEvent::SwitchConfirmed).unwrap().switched_by
        };
        assert_eq!(confirm(&theirs).as_deref(), Some("earlier"));
        let elsewhere = FileRow { new_url: Some("https://other/x".to_owned()), ..theirs };
        assert_eq!(confirm(&elsewhere).as_deref(), Some("run"));
    }

    #[test]
    fn every_outcome_that_needs_attention_has_a_sentence() {
        for reason in WriteFailure::ALL {
            assert!(message(Outcome::NotWritten(*reason), None).is_some());
        }
        assert!(message(Outcome::Drifted, None).is_some());
        assert!(message(Outcome::Conflict, None).is_some());
        assert!(message(Outcome::SourceGone(GoneReason::RecordDeleted), None).is_some());
        assert_eq!(message(Outcome::Switched, Some("x")), None);
    }
}
