//! Edits by somebody else between reading and writing.

use drayage_salesforce::{GuardCheck, RowEnding, RowUpdate};
use drayage_sim::salesforce::{Action, Endpoint, Event, FaultPlan};
use serde_json::json;

use super::site::*;

/// Somebody edits a row directly after it was read.
fn edit_after_read(id: &str) -> FaultPlan {
    let fields = json!({FIELD: "https://user.example/"}).as_object().unwrap().clone();
    let action = Action::Update { sobject: ENTRY.to_owned(), id: id.to_owned(), fields };
    let event = Event { endpoint: Endpoint::CollectionsRetrieve, at_call: 1, action };
    FaultPlan { events: vec![event], ..FaultPlan::default() }
}

#[tokio::test]
async fn a_guarded_update_does_not_overwrite_an_edit_made_after_the_read() {
    let site = Site::new(3).await;
    site.faults(edit_after_read(&site.ids[1]));
    let outcomes = site.read_and_write(Way::Guarded).await.unwrap();
    let expected = [&RowEnding::Written, &RowEnding::ChangedMeanwhile, &RowEnding::Written];
    assert_eq!(endings(&outcomes), expected);
    let expected = [new(0), "https://user.example/".to_owned(), new(2)];
    assert_eq!(site.stored(), expected.map(Some));
}

#[tokio::test]
async fn the_next_read_gives_the_date_that_the_next_write_needs() {
    let site = Site::new(1).await;
    site.faults(edit_after_read(&site.ids[0]));
    let refused = site.read_and_write(Way::Guarded).await.unwrap();
    assert_eq!(endings(&refused), [&RowEnding::ChangedMeanwhile]);
    let written = site.read_and_write(Way::Guarded).await.unwrap();
    assert_eq!(endings(&written), [&RowEnding::Written]);
}

/// Somebody's edit carries this many milliseconds more than the date that was read.
async fn ending_after_an_edit_dated(millis: i64) -> RowEnding {
    let site = Site::new(1).await;
    let seen = site.read().await;
    let date = seen[0].as_ref().unwrap().last_modified;
    site.org.advance_seconds(3_600);
    let date = date + jiff::SignedDuration::from_millis(millis);
    let edit = json!({FIELD: "https://user.example/", "LastModifiedDate": date.to_string()});
    site.org.update(ENTRY, &site.ids[0], edit).unwrap();
    site.write(Way::Guarded, &seen).await.unwrap().remove(0).ending
}

#[tokio::test]
async fn an_edit_that_commits_late_is_seen_if_its_date_is_a_second_later() {
    assert_eq!(ending_after_an_edit_dated(1_000).await, RowEnding::ChangedMeanwhile);
}

#[tokio::test]
async fn an_edit_within_the_same_second_passes_the_guard_unseen() {
    // What the header cannot tell, so that nobody relies on it: the caller still compares the value first.
    assert_eq!(ending_after_an_edit_dated(999).await, RowEnding::Written);
}

#[tokio::test]
async fn a_row_that_appears_late_is_read_and_written_by_its_id() {
    let site = Site::new(1).await;
    let fields = json!({FIELD: old(1)}).as_object().unwrap().clone();
    let action = Action::LateCommit { sobject: ENTRY.to_owned(), fields, age_seconds: 3_600 };
    let event = Event { endpoint: Endpoint::CollectionsRetrieve, at_call: 1, action };
    site.faults(FaultPlan { events: vec![event], ..FaultPlan::default() });
    site.read().await;
    let snapshot = site.org.snapshot(ENTRY);
    let late = snapshot.keys().find(|id| !site.ids.contains(id)).unwrap();
    let rows = site.client.read_rows(ENTRY, FIELD, &[&site.ids[0], late]).await.unwrap();
    let (first, second) = (rows[0].as_ref().unwrap(), rows[1].as_ref().unwrap());
    assert_eq!(second.value.as_deref(), Some(old(1).as_str()));
    assert!(second.last_modified < first.last_modified);
    let row = RowUpdate { id: late, value: None };
    let row = drayage_salesforce::GuardedUpdate { row, unmodified_since: second.last_modified };
    let outcomes = site.client.update_guarded(ENTRY, FIELD, &[row]).await.unwrap();
    assert_eq!(endings(&outcomes), [&RowEnding::Written]);
    assert!(site.org.get(ENTRY, late).unwrap()[FIELD].is_null());
}

#[tokio::test]
async fn the_canary_tells_whether_the_org_guards_and_changes_nothing_if_it_does() {
    let site = Site::new(1).await;
    let value = old(0);
    let row = RowUpdate { id: &site.ids[0], value: Some(&value) };
    let before = site.org.get(ENTRY, &site.ids[0]);
    let guard = site.client.canary(ENTRY, FIELD, row).await.unwrap();
    assert_eq!((guard, site.org.get(ENTRY, &site.ids[0])), (GuardCheck::Works, before));

    site.faults(FaultPlan { ignore_if_unmodified_since: true, ..FaultPlan::default() });
    let guard = site.client.canary(ENTRY, FIELD, row).await.unwrap();
    assert_eq!((guard, site.stored()), (GuardCheck::Ignored, vec![Some(value.clone())]));
}

#[tokio::test]
async fn every_call_is_counted_and_full_calls_are_one_call_each() {
    let site = Site::new(200).await;
    let seen = site.read().await;
    let used = || site.client.usage().unwrap().remaining();
    let before = used();
    assert_eq!(site.write(Way::Collection, &seen).await.unwrap().len(), 200);
    assert_eq!(used(), before - 1);
    let seen = site.read().await;
    assert_eq!(used(), before - 2);
    let first: Vec<_> =
        seen.iter().enumerate().map(|(row, seen)| seen.clone().filter(|_| row < 25)).collect();
    let outcomes = site.write(Way::Guarded, &first).await.unwrap();
    assert!(outcomes.len() == 25 && outcomes.iter().all(|row| row.ending == RowEnding::Written));
    assert_eq!(used(), before - 3);
}
