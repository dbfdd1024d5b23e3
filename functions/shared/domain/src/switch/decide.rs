//! What is done about a line, from what the ledger knows and what the record holds.
//!
//! Pure: the caller reads row and record, asks, and does what it is told, in that order. So it makes no difference whether it
//! is the first to ask, comes after a killed invocation, or has just made a call: what was read decides. Bytes are compared here
//! because Salesforce compares texts without regard to case.

#[cfg(test)]
mod tests;

use super::line::{Direction, SwitchLine};
use super::verification::Surprise;
use crate::outcome::{GoneReason, Outcome, WriteFailure};
use crate::row::FileRow;
use crate::state::{FileEvent, FileState};

/// What a record holds, compared with its line, byte for byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holds {
    /// What it has to hold to be written.
    From,
    /// What is to be written.
    To,
    /// Something that neither the plan nor this run has put there.
    Other,
    /// Nothing: the record is gone.
    Gone,
}

impl Holds {
    /// Of a record that is there, with that value. Where a line says the same twice, there is nothing to write.
    pub fn of(line: &SwitchLine, value: Option<&str>) -> Self {
        let value = stored(value);
        if value == stored(line.to.as_deref()) {
            Self::To
        } else if value == stored(line.from.as_deref()) {
            Self::From
        } else {
            Self::Other
        }
    }
}

/// The text as Salesforce stores it: an empty text is null there.
pub fn stored(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// What the ledger says about a line's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Standing {
    /// The row's state.
    pub state: FileState,
    /// Whether this run has brought it there, as far as the row tells.
    pub ours: bool,
    /// Whether the row's original URL is the line's. It is not when a line is older than the row, as in a rollback file of an
    /// earlier run whose record was switched again from another original.
    pub agrees: bool,
}

impl Standing {
    /// What a row says.
    pub fn of(row: &FileRow, line: &SwitchLine, direction: Direction, run_id: &str) -> Self {
        let (ours, original) = match direction {
            Direction::Switch => (
                row.switched_by.as_deref() == Some(run_id) && row.new_url == line.to,
                line.from.as_deref(),
            ),
            Direction::Restore => (row.run_id == run_id, line.to.as_deref()),
        };
        let agrees = stored(row.original_url.as_deref()) == stored(original);
        Self { state: row.state, ours, agrees }
    }
}

/// What Salesforce has answered about a row. It never ends a line by itself: the record is read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answered {
    /// Another transaction holds the row.
    Locked,
    /// Not written, and trying again will not help.
    Refused,
    /// Anything else, success and silence included.
    Anything,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// These events are written into the ledger, and then the record is written.
    Write {
        /// In this order; the last one is the intent. None where the intent is durable already, or where there is no row to keep it in.
        events: &'static [FileEvent],
    },
    /// Nothing is known to have ended: read everything anew and decide again.
    Again {
        /// Whether the row is to be written in a call of its own.
        alone: bool,
    },
    /// These events are written into the ledger, and the line has ended.
    End {
        /// In this order.
        events: &'static [FileEvent],
        /// How.
        outcome: Outcome,
    },
}

/// The record is gone.
const GONE: Outcome = Outcome::SourceGone(GoneReason::RecordDeleted);
/// The ledger does not, or not any more, allow the record to be written.
const NOT_VERIFIED: Outcome = Outcome::NotWritten(WriteFailure::NotVerified);

const fn end(events: &'static [FileEvent], outcome: Outcome) -> Decision {
    Decision::End { events, outcome }
}

/// Decides before anything is written, from a row and a record that were read just now.
pub fn before(direction: Direction, row: Option<Standing>, holds: Holds) -> Decision {
    match direction {
        Direction::Switch => before_switch(row, holds),
        Direction::Restore => before_restore(row, holds),
    }
}

fn before_switch(row: Option<Standing>, holds: Holds) -> Decision {
    use FileEvent as E;
    use FileState as S;
    let Some(Standing { state, ours, agrees }) = row else {
        return match holds {
            Holds::Gone => end(&[], GONE),
            Holds::To => end(&[], Outcome::AlreadySwitched),
            Holds::From | Holds::Other => end(&[], NOT_VERIFIED),
        };
    };
    // A killed invocation may have written the record, and the row, without having told the outcome.
    let in_place = if ours { Outcome::Switched } else { Outcome::AlreadySwitched };
    match (state, holds) {
        // Never enumerated as a stored state: the absence of a row.
        (S::Discovered, Holds::Gone) => end(&[], GONE),
        (_, Holds::Gone) => end(&[E::FoundGone], GONE),
        (S::Verified | S::Switching, Holds::From) if !agrees => end(&[], NOT_VERIFIED),
        (S::Verified, Holds::From) => Decision::Write { events: &[E::SwitchIntended] },
        // The ledger learns that the record is in place by the only way there is.
        (S::Verified, Holds::To) => end(&[E::SwitchIntended, E::SwitchConfirmed], in_place),
        (S::Switching, Holds::From) if ours => Decision::Write { events: &[] },
        // The intent of an earlier run is ended by this reading; the new one names this run.
        (S::Switching, Holds::From) => {
            Decision::Write { events: &[E::SwitchAbandoned, E::SwitchIntended] }
        }
        (S::Switching, Holds::To) => end(&[E::SwitchConfirmed], in_place),
        (S::Verified | S::Switching, Holds::Other) => end(&[E::FoundDrifted], Outcome::Drifted),
        (_, Holds::To) => end(&[], in_place),
        // Edited after it was switched, also where it was put back to the original by hand.
        (S::Switched, Holds::From | Holds::Other) => end(&[E::FoundEdited], Outcome::Conflict),
        // Found by an invocation that was killed before it told the outcome.
        (S::Drifted, Holds::Other) => end(&[], Outcome::Drifted),
        (S::Conflict, Holds::From | Holds::Other) => end(&[], Outcome::Conflict),
        (
            S::Discovered | S::RestoringUrl | S::Failed | S::Skipped | S::SourceGone | S::Drifted,
            Holds::From | Holds::Other,
        ) => end(&[], NOT_VERIFIED),
    }
}

fn before_restore(row: Option<Standing>, holds: Holds) -> Decision {
    use FileEvent as E;
    use FileState as S;
    let ours = row.is_some_and(|row| row.ours);
    let in_place = if ours { Outcome::Restored } else { Outcome::AlreadyOriginal };
    let state = row.map_or(S::Discovered, |row| row.state);
    match (state, holds) {
        (S::Discovered, Holds::Gone) => end(&[], GONE),
        (_, Holds::Gone) => end(&[E::FoundGone], GONE),
        (S::Switched | S::RestoringUrl | S::Switching, Holds::From)
            if row.is_some_and(|row| !row.agrees) =>
        {
            end(&[], NOT_VERIFIED)
        }
        // The switch of a run that was killed: this reading tells whether it had happened.
        (S::Switching, Holds::From) => {
            Decision::Write { events: &[E::SwitchConfirmed, E::RestoreIntended] }
        }
        (S::Switching, Holds::To) => end(&[E::SwitchAbandoned], in_place),
        (S::Switching, Holds::Other) => end(&[E::FoundDrifted], Outcome::Conflict),
        (S::Switched, Holds::From) => Decision::Write { events: &[E::RestoreIntended] },
        (S::Switched, Holds::To) => end(&[E::RestoreIntended, E::RestoreConfirmed], in_place),
        (S::RestoringUrl, Holds::To) => end(&[E::RestoreConfirmed], in_place),
        (S::Switched | S::RestoringUrl, Holds::Other) => end(&[E::FoundEdited], Outcome::Conflict),
        // With or without a row: a rollback file is enough on its own. A row in any other state than `Switched` tells about
        // something else than this record's new URL, so it stays as it is while the record gets its original back.
        (
            S::Discovered
            | S::Verified
            | S::RestoringUrl
            | S::Failed
            | S::Skipped
            | S::SourceGone
            | S::Drifted
            | S::Conflict,
            Holds::From,
        ) => Decision::Write { events: &[] },
        (_, Holds::To) => end(&[], in_place),
        (_, Holds::Other) => end(&[], Outcome::Conflict),
    }
}

/// Decides after a call, from the record as it was read back.
///
/// * `state`: of the row, with the intent; `None` without a row.
/// * `last`: whether there is no further attempt.
pub fn after(
    direction: Direction,
    state: Option<FileState>,
    holds: Holds,
    answered: Answered,
    last: bool,
) -> Decision {
    use FileEvent as E;
    // Without an intent in the ledger nothing of it is to be ended there.
    let intent = match direction {
        Direction::Switch => state == Some(FileState::Switching),
        Direction::Restore => state == Some(FileState::RestoringUrl),
    };
    let events = |events: &'static [FileEvent]| if intent { events } else { &[] };
    let (confirmed, abandoned, edited, in_place, elsewhere) = match direction {
        Direction::Switch => (
            &[E::SwitchConfirmed],
            &[E::SwitchAbandoned],
            &[E::FoundDrifted],
            Outcome::Switched,
            Outcome::Drifted,
        ),
        Direction::Restore => (
            &[E::RestoreConfirmed],
            &[E::RestoreAbandoned],
            &[E::FoundEdited],
            Outcome::Restored,
            Outcome::Conflict,
        ),
    };
    match (holds, answered) {
        (Holds::To, _) => end(events(confirmed), in_place),
        (Holds::Other, _) => end(events(edited), elsewhere),
        (Holds::Gone, _) => end(events(&[E::FoundGone]), GONE),
        (Holds::From, Answered::Locked | Answered::Anything) if !last => {
            Decision::Again { alone: answered == Answered::Locked }
        }
        (Holds::From, answered) => {
            let reason = match answered {
                Answered::Locked => WriteFailure::Locked,
                Answered::Refused => WriteFailure::Refused,
                Answered::Anything => WriteFailure::Unconfirmed,
            };
            end(events(abandoned), Outcome::NotWritten(reason))
        }
    }
}

/// What a second look at a record says, after everything was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecondLook {
    /// What is not as the line's outcome says.
    pub surprise: Option<Surprise>,
    /// What the ledger has to learn from it, in this order.
    pub events: &'static [FileEvent],
}

/// Compares what a record holds with its line's outcome.
pub fn second_look(
    direction: Direction,
    outcome: Outcome,
    state: Option<FileState>,
    holds: Holds,
) -> SecondLook {
    use FileEvent as E;
    use FileState as S;
    let surprise = match (outcome, holds) {
        (Outcome::SourceGone(_), Holds::Gone) => None,
        // It is there again; or it has come to hold what it was not given.
        (Outcome::SourceGone(_), _) | (Outcome::Drifted | Outcome::Conflict, Holds::To) => {
            Some(Surprise::EditedSince)
        }
        (_, Holds::Gone) => Some(Surprise::DeletedSince),
        (
            Outcome::Switched
            | Outcome::AlreadySwitched
            | Outcome::Restored
            | Outcome::AlreadyOriginal,
            holds,
        ) => (holds != Holds::To).then_some(Surprise::EditedSince),
        (_, Holds::To) => Some(Surprise::WrittenLate),
        (_, Holds::From | Holds::Other) => None,
    };
    let events: &'static [FileEvent] = match (surprise, direction, state) {
        (Some(Surprise::DeletedSince), _, Some(state)) if state != S::Discovered => &[E::FoundGone],
        (Some(Surprise::EditedSince), _, Some(S::Switched)) => &[E::FoundEdited],
        (Some(Surprise::WrittenLate), Direction::Switch, Some(S::Verified)) => {
            &[E::SwitchIntended, E::SwitchConfirmed]
        }
        (Some(Surprise::WrittenLate), Direction::Switch, Some(S::Switching)) => {
            &[E::SwitchConfirmed]
        }
        (Some(Surprise::WrittenLate), Direction::Restore, Some(S::Switched)) => {
            &[E::RestoreIntended, E::RestoreConfirmed]
        }
        (Some(Surprise::WrittenLate), Direction::Restore, Some(S::RestoringUrl)) => {
            &[E::RestoreConfirmed]
        }
        (Some(_) | None, _, _) => &[],
    };
    SecondLook { surprise, events }
}
