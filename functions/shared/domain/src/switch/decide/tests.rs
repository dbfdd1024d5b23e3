//! Every combination of direction, state, value and answer.

use proptest::prelude::*;

use super::*;
use crate::state::next;

const DIRECTIONS: [Direction; 2] = [Direction::Switch, Direction::Restore];
const HOLDS: [Holds; 4] = [Holds::From, Holds::To, Holds::Other, Holds::Gone];
const ANSWERS: [Answered; 3] = [Answered::Locked, Answered::Refused, Answered::Anything];

/// Every standing a row can have, and no row.
fn standings() -> Vec<Option<Standing>> {
    let mut all = vec![None];
    for state in FileState::ALL.into_iter().filter(|state| *state != FileState::Discovered) {
        for ours in [true, false] {
            all.extend([true, false].map(|agrees| Some(Standing { state, ours, agrees })));
        }
    }
    all
}

/// The state after the events; panics where one of them is not legal.
fn follow(state: Option<FileState>, events: &[FileEvent]) -> Option<FileState> {
    events.iter().fold(state, |state, event| {
        let state = state.expect("an event without a row");
        Some(next(state, *event).unwrap_or_else(|error| panic!("{error}")))
    })
}

fn before_cases() -> Vec<(Direction, Option<Standing>, Holds, Decision)> {
    let mut cases = Vec::new();
    for direction in DIRECTIONS {
        for row in standings() {
            for holds in HOLDS {
                cases.push((direction, row, holds, before(direction, row, holds)));
            }
        }
    }
    cases
}

fn after_cases() -> Vec<(Direction, Option<FileState>, Holds, Answered, bool, Decision)> {
    let mut cases = Vec::new();
    for direction in DIRECTIONS {
        for row in standings() {
            let state = row.map(|row| row.state);
            for holds in HOLDS {
                for answered in ANSWERS {
                    for last in [true, false] {
                        let decision = after(direction, state, holds, answered, last);
                        cases.push((direction, state, holds, answered, last, decision));
                    }
                }
            }
        }
    }
    cases
}

#[test]
fn every_event_is_legal_where_it_is_asked_for() {
    for (_, row, _, decision) in before_cases() {
        let state = row.map(|row| row.state);
        match decision {
            Decision::Write { events } | Decision::End { events, .. } => {
                follow(state, events);
            }
            Decision::Again { .. } => panic!("nothing was tried yet"),
        }
    }
    for (_, state, .., decision) in after_cases() {
        match decision {
            Decision::End { events, .. } => {
                follow(state, events);
            }
            Decision::Again { .. } => {}
            Decision::Write { .. } => panic!("a call is not followed by a call without a reading"),
        }
    }
}

#[test]
fn nothing_is_written_unless_the_record_holds_what_the_line_says() {
    for (_, _, holds, decision) in before_cases() {
        if matches!(decision, Decision::Write { .. }) {
            assert_eq!(holds, Holds::From);
        }
    }
}

#[test]
fn a_switch_is_written_only_with_its_intent_in_the_ledger() {
    for (direction, row, _, decision) in before_cases() {
        let Decision::Write { events } = decision else { continue };
        let state = follow(row.map(|row| row.state), events);
        match direction {
            Direction::Switch => assert_eq!(state, Some(FileState::Switching), "{row:?}"),
            // A rollback file is enough on its own; the row of a switched record is never left behind.
            Direction::Restore => assert_ne!(state, Some(FileState::Switched), "{row:?}"),
        }
    }
}

#[test]
fn only_verified_rows_and_open_switches_are_switched() {
    for (direction, row, _, decision) in before_cases() {
        if direction == Direction::Switch && matches!(decision, Decision::Write { .. }) {
            let state = row.unwrap().state;
            assert!(matches!(state, FileState::Verified | FileState::Switching), "{state:?}");
        }
    }
}

#[test]
fn no_outcome_contradicts_what_the_record_holds() {
    let before = before_cases().into_iter().map(|(_, _, holds, decision)| (holds, decision));
    let after = after_cases().into_iter().map(|(_, _, holds, _, _, decision)| (holds, decision));
    for (holds, decision) in before.chain(after) {
        let Decision::End { outcome, .. } = decision else { continue };
        let in_place = matches!(
            outcome,
            Outcome::Switched
                | Outcome::AlreadySwitched
                | Outcome::Restored
                | Outcome::AlreadyOriginal
        );
        assert_eq!(in_place, holds == Holds::To, "{outcome:?}");
        assert_eq!(outcome == GONE, holds == Holds::Gone, "{outcome:?}");
    }
}

#[test]
fn an_intent_never_survives_the_end_of_its_line() {
    for (direction, state, _, _, _, decision) in after_cases() {
        let intent = match direction {
            Direction::Switch => FileState::Switching,
            Direction::Restore => FileState::RestoringUrl,
        };
        if let (true, Decision::End { events, .. }) = (state == Some(intent), decision) {
            assert_ne!(follow(state, events), Some(intent));
        }
    }
}

#[test]
fn after_the_last_attempt_every_line_has_ended() {
    for (.., answered, last, decision) in after_cases() {
        if last || answered == Answered::Refused {
            assert!(matches!(decision, Decision::End { .. }), "{answered:?}");
        }
    }
}

#[test]
fn what_was_not_written_leaves_the_row_as_it_was_before_the_intent() {
    let abandoned = |direction, state, answered| match after(
        direction,
        Some(state),
        Holds::From,
        answered,
        true,
    ) {
        Decision::End { events, outcome } => (follow(Some(state), events), outcome.label()),
        other @ (Decision::Write { .. } | Decision::Again { .. }) => panic!("{other:?}"),
    };
    let label = |name: &str| format!("not_written.{name}");
    assert_eq!(
        abandoned(Direction::Switch, FileState::Switching, Answered::Refused),
        (Some(FileState::Verified), label("refused"))
    );
    assert_eq!(
        abandoned(Direction::Restore, FileState::RestoringUrl, Answered::Locked),
        (Some(FileState::Switched), label("locked"))
    );
    assert_eq!(
        abandoned(Direction::Restore, FileState::RestoringUrl, Answered::Anything),
        (Some(FileState::Switched), label("unconfirmed"))
    );
}

#[test]
fn a_killed_invocation_is_recognised() {
    use Direction::{Restore, Switch};
    use FileState as S;
    let ours = |state| Some(Standing { state, ours: true, agrees: true });
    let outcome = |direction, state, holds| match before(direction, ours(state), holds) {
        Decision::End { outcome, .. } => outcome,
        other @ (Decision::Write { .. } | Decision::Again { .. }) => panic!("{other:?}"),
    };
    assert_eq!(outcome(Switch, S::Switching, Holds::To), Outcome::Switched);
    assert_eq!(outcome(Switch, S::Switched, Holds::To), Outcome::Switched);
    assert_eq!(outcome(Switch, S::Drifted, Holds::Other), Outcome::Drifted);
    assert_eq!(outcome(Restore, S::RestoringUrl, Holds::To), Outcome::Restored);
    assert_eq!(outcome(Restore, S::Verified, Holds::To), Outcome::Restored);
    assert_eq!(outcome(Restore, S::Conflict, Holds::Other), Outcome::Conflict);
}

#[test]
fn an_earlier_run_s_intent_is_replaced_before_the_record_is_written() {
    let theirs = Some(Standing { state: FileState::Switching, ours: false, agrees: true });
    let decision = before(Direction::Switch, theirs, Holds::From);
    let events: &[FileEvent] = &[FileEvent::SwitchAbandoned, FileEvent::SwitchIntended];
    assert!(matches!(decision, Decision::Write { events: found } if found == events));
}

#[test]
fn an_edit_after_the_switch_is_a_conflict_even_back_to_the_original() {
    for ours in [true, false] {
        let row = Some(Standing { state: FileState::Switched, ours, agrees: true });
        for holds in [Holds::From, Holds::Other] {
            let decision = before(Direction::Switch, row, holds);
            assert_eq!(decision, end(&[FileEvent::FoundEdited], Outcome::Conflict));
        }
    }
}

fn outcomes() -> Vec<Outcome> {
    let mut all = vec![
        Outcome::Switched,
        Outcome::AlreadySwitched,
        Outcome::Restored,
        Outcome::AlreadyOriginal,
        Outcome::Drifted,
        Outcome::Conflict,
        GONE,
    ];
    all.extend(WriteFailure::ALL.iter().map(|reason| Outcome::NotWritten(*reason)));
    all
}

#[test]
fn a_second_look_asks_only_for_legal_events_and_for_none_twice() {
    for direction in DIRECTIONS {
        for outcome in outcomes() {
            for row in standings() {
                for holds in HOLDS {
                    let state = row.map(|row| row.state);
                    let look = second_look(direction, outcome, state, holds);
                    assert!(look.surprise.is_some() || look.events.is_empty());
                    let then = follow(state, look.events);
                    // A second invocation, after a kill, tells the same and changes nothing more.
                    let again = second_look(direction, outcome, then, holds);
                    assert_eq!(again.surprise, look.surprise);
                    assert_eq!(follow(then, again.events), then);
                }
            }
        }
    }
}

#[test]
fn a_second_look_finds_what_does_not_hold() {
    let surprise = |outcome, holds| {
        second_look(Direction::Switch, outcome, Some(FileState::Verified), holds).surprise
    };
    let refused = Outcome::NotWritten(WriteFailure::Refused);
    assert_eq!(surprise(Outcome::Switched, Holds::To), None);
    assert_eq!(surprise(Outcome::Switched, Holds::From), Some(Surprise::EditedSince));
    assert_eq!(surprise(Outcome::AlreadySwitched, Holds::Other), Some(Surprise::EditedSince));
    assert_eq!(surprise(Outcome::Switched, Holds::Gone), Some(Surprise::DeletedSince));
    assert_eq!(surprise(refused, Holds::From), None);
    assert_eq!(surprise(refused, Holds::Other), None);
    assert_eq!(surprise(refused, Holds::To), Some(Surprise::WrittenLate));
    assert_eq!(surprise(Outcome::Drifted, Holds::Other), None);
    assert_eq!(surprise(Outcome::Drifted, Holds::To), Some(Surprise::EditedSince));
    assert_eq!(surprise(GONE, Holds::Gone), None);
    assert_eq!(surprise(GONE, Holds::From), Some(Surprise::EditedSince));
}

fn line(from: Option<&str>, to: Option<&str>) -> SwitchLine {
    SwitchLine {
        record_id: "a0B000000000001AAA".to_owned(),
        account_id: None,
        account_name: None,
        from: from.map(str::to_owned),
        to: to.map(str::to_owned),
    }
}

proptest! {
    #[test]
    fn texts_are_compared_byte_for_byte(
        from in proptest::option::of("[ aA\u{e9}]{0,2}"),
        to in proptest::option::of("[ aA\u{e9}]{0,2}"),
        value in proptest::option::of("[ aA\u{e9}]{0,2}"),
    ) {
        let empty_is_null = |text: &Option<String>| text.clone().unwrap_or_default();
        let holds = Holds::of(&line(from.as_deref(), to.as_deref()), value.as_deref());
        let expected = if empty_is_null(&value) == empty_is_null(&to) {
            Holds::To
        } else if empty_is_null(&value) == empty_is_null(&from) {
            Holds::From
        } else {
            Holds::Other
        };
        prop_assert_eq!(holds, expected);
    }
}

#[test]
fn a_line_that_is_older_than_its_row_is_not_written() {
    use FileState as S;
    for (direction, states) in [
        (Direction::Switch, vec![S::Verified, S::Switching]),
        (Direction::Restore, vec![S::Switched, S::RestoringUrl, S::Switching]),
    ] {
        for state in states {
            let row = Some(Standing { state, ours: false, agrees: false });
            assert_eq!(before(direction, row, Holds::From), end(&[], NOT_VERIFIED), "{state:?}");
        }
    }
}

#[test]
fn the_open_switch_of_a_killed_run_is_put_back() {
    let row = Some(Standing { state: FileState::Switching, ours: false, agrees: true });
    let Decision::Write { events } = before(Direction::Restore, row, Holds::From) else {
        panic!("not written")
    };
    assert_eq!(follow(Some(FileState::Switching), events), Some(FileState::RestoringUrl));
    let in_place = before(Direction::Restore, row, Holds::To);
    assert_eq!(in_place, end(&[FileEvent::SwitchAbandoned], Outcome::AlreadyOriginal));
}
