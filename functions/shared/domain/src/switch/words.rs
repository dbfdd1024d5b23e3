//! What outcomes and surprises of these runs mean, and what a person does about them.

use super::line::Direction;
use super::verification::Surprise;
use crate::outcome::{GoneReason, Outcome, WriteFailure};

/// What an outcome means, as the end of a sentence about a record; `None` for those that these runs do not have.
pub const fn meaning(outcome: Outcome) -> Option<&'static str> {
    Some(match outcome {
        Outcome::Planned => "would be written",
        Outcome::Switched => "points at the new URL now, as a second reading has confirmed",
        Outcome::AlreadySwitched => "pointed at the new URL before anything was written",
        Outcome::Restored => "holds its original URL again, as a second reading has confirmed",
        Outcome::AlreadyOriginal => "held its original URL before anything was written",
        Outcome::Drifted => "was edited by somebody since it was backed up; the edit is kept",
        Outcome::Conflict => "was edited by somebody since it was switched; the edit is kept",
        Outcome::SourceGone(GoneReason::RecordDeleted) => "was deleted in Salesforce",
        Outcome::NotWritten(WriteFailure::NotVerified) => {
            "has no proven copy any more, or is in another state than planned"
        }
        Outcome::NotWritten(WriteFailure::Refused) => "was refused by Salesforce",
        Outcome::NotWritten(WriteFailure::Locked) => "was held by other transactions each time",
        Outcome::NotWritten(WriteFailure::Unconfirmed) => {
            "was to be written, and still shows the old value"
        }
        Outcome::Verified
        | Outcome::Unchanged
        | Outcome::AccountRenamed
        | Outcome::Deleted
        | Outcome::Kept
        | Outcome::Skipped(_)
        | Outcome::SourceGone(GoneReason::ObjectMissing)
        | Outcome::Failed(_) => return None,
    })
}

/// What a person does about a record with that outcome; `None` where there is nothing to do.
pub const fn advice(outcome: Outcome, direction: Direction) -> Option<&'static str> {
    Some(match outcome {
        Outcome::Drifted => "Run a backup, which takes up the new URL, and migrate again.",
        Outcome::Conflict => {
            "Decide with whoever edited it; the original URL is in the rollback file."
        }
        Outcome::SourceGone(GoneReason::RecordDeleted) => {
            "Nothing, unless it comes back from the recycle bin."
        }
        Outcome::NotWritten(WriteFailure::NotVerified) => {
            "Run a backup, which proves the copy again, and start the run again."
        }
        Outcome::NotWritten(WriteFailure::Refused) => {
            "Look at the validation rule, trigger or right that the message names, then start the run again."
        }
        Outcome::NotWritten(WriteFailure::Locked | WriteFailure::Unconfirmed) => match direction {
            Direction::Switch => "Start the migrate again; it takes up only what is left.",
            Direction::Restore => "Start the rollback again; it takes up only what is left.",
        },
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
        | Outcome::Skipped(_)
        | Outcome::SourceGone(GoneReason::ObjectMissing)
        | Outcome::Failed(_) => return None,
    })
}

/// What a surprise of the second look means, as the end of a sentence about a record; a label of a newer version stays as it is.
pub fn surprise(label: &str) -> &str {
    let known = [Surprise::EditedSince, Surprise::DeletedSince, Surprise::WrittenLate]
        .into_iter()
        .find(|surprise| surprise.label() == label);
    match known {
        Some(Surprise::EditedSince) => "edited by somebody since it was written; the edit is kept",
        Some(Surprise::DeletedSince) => "deleted since it was written",
        Some(Surprise::WrittenLate) => {
            "written after all, by a call that had been given up; the ledger knows it now"
        }
        None => label,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_a_person_says_what_to_do() {
        let of_these_runs = ["switched", "drifted", "conflict", "source_gone.record_deleted"]
            .into_iter()
            .filter_map(Outcome::from_label)
            .chain(WriteFailure::ALL.iter().map(|reason| Outcome::NotWritten(*reason)));
        for outcome in of_these_runs {
            assert!(meaning(outcome).is_some(), "{outcome:?}");
            for direction in [Direction::Switch, Direction::Restore] {
                let advice = advice(outcome, direction);
                assert_eq!(advice.is_some(), outcome.needs_attention(), "{outcome:?}");
            }
        }
    }

    #[test]
    fn a_surprise_of_a_newer_version_keeps_its_name() {
        assert_eq!(surprise("deleted_since"), "deleted since it was written");
        assert_eq!(surprise("something_new"), "something_new");
    }
}
