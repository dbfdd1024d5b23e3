//! The table enforces the domain's transition function, whatever a writer believes to have seen.

use std::collections::{BTreeMap, VecDeque};

use drayage_aws::ledger::{Ledger, LedgerError};
use drayage_domain::row::FileRow;
use drayage_domain::state::{FileEvent, FileState, allowed_from, next};

use crate::support::{empty_ledger, row};

/// A shortest way from an unknown file into every state.
fn ways() -> BTreeMap<FileState, Vec<FileEvent>> {
    let mut ways = BTreeMap::from([(FileState::Discovered, Vec::new())]);
    let mut open = VecDeque::from([FileState::Discovered]);
    while let Some(state) = open.pop_front() {
        for event in FileEvent::ALL {
            if let Ok(after) = next(state, event)
                && !ways.contains_key(&after)
            {
                let mut way = ways[&state].clone();
                way.push(event);
                ways.insert(after, way);
                open.push_back(after);
            }
        }
    }
    ways
}

/// Takes a new record along a way. `None` if the way is empty: there is no row then.
async fn walk(ledger: &Ledger, record_id: &str, way: &[FileEvent]) -> Option<FileRow> {
    let mut seen: Option<FileRow> = None;
    for event in way {
        let before = seen.as_ref().map_or(FileState::Discovered, |row| row.state);
        let after = row(record_id, next(before, *event).unwrap());
        seen = Some(ledger.write_row(&after, *event, seen.as_ref()).await.unwrap());
    }
    seen
}

#[tokio::test]
async fn a_stored_state_refuses_every_event_that_does_not_fit_it() {
    let fixture = empty_ledger().await;
    let ledger = &fixture.ledger;
    let ways = ways();
    assert_eq!(ways.len(), FileState::ALL.len());
    let mut refused = 0;
    for (state, way) in ways.into_iter().filter(|(state, _)| *state != FileState::Discovered) {
        let stored = walk(ledger, state.name(), &way).await.unwrap();
        for event in FileEvent::ALL.into_iter().filter(|event| next(state, *event).is_err()) {
            // A writer with the right version who is wrong about the state.
            let believed = allowed_from(event)
                .into_iter()
                .find(|before| *before != FileState::Discovered)
                .unwrap();
            let seen = FileRow { state: believed, ..stored.clone() };
            let after = FileRow { state: next(believed, event).unwrap(), ..stored.clone() };
            let error = ledger.write_row(&after, event, Some(&seen)).await.unwrap_err();
            assert!(matches!(error, LedgerError::Conflict { .. }), "{state:?} {event:?}: {error}");
            refused += 1;
            // And one who knows the state, but not the rules.
            let error = ledger.write_row(&after, event, Some(&stored)).await.unwrap_err();
            assert!(matches!(error, LedgerError::Illegal { .. }), "{state:?} {event:?}: {error}");
        }
        let read = ledger.rows(std::slice::from_ref(&stored.record_id)).await.unwrap();
        assert_eq!(read.into_values().collect::<Vec<_>>(), [stored]);
    }
    assert!(refused > 40, "{refused}");
}

#[tokio::test]
async fn a_stored_state_takes_every_event_that_fits_it() {
    let fixture = empty_ledger().await;
    let ledger = &fixture.ledger;
    for (state, way) in ways() {
        for event in FileEvent::ALL {
            let Ok(after) = next(state, event) else { continue };
            let record_id = format!("{} {event:?}", state.name());
            let seen = walk(ledger, &record_id, &way).await;
            let wanted = row(&record_id, after);
            let written = ledger.write_row(&wanted, event, seen.as_ref()).await.unwrap();
            let version = u64::try_from(way.len()).unwrap() + 1;
            assert_eq!(written, FileRow { version, ..wanted });
        }
    }
}
