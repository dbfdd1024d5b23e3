//! Windows against an org that misbehaves.

use std::collections::BTreeMap;
use std::sync::Arc;

use drayage_domain::switch::mode::UpdateMode;

use super::*;
use crate::test_support::org::{JOB, Org, State, id};
use crate::test_support::{context, line};

const MODES: [UpdateMode; 3] = [UpdateMode::Guarded, UpdateMode::Collections, UpdateMode::Bulk];

/// Runs one window over records `0..count` without ledger rows; returns the outcomes by record.
async fn run_lines(
    mode: UpdateMode,
    org: &Arc<Org>,
    lines: Vec<SwitchLine>,
    job_id: Option<&str>,
) -> BTreeMap<String, (String, Option<String>)> {
    let (_server, context) = context(mode, org).await;
    let mut progress = Progress::empty(&context);
    progress.set_job_id(job_id.map(str::to_owned));
    let mut items: Vec<Item<'_>> = lines.iter().map(Item::new).collect();
    for item in &mut items {
        item.row_is_stale = false;
    }
    let end = Box::pin(rounds(&context, items, &mut progress)).await.unwrap();
    assert_eq!(end, End::Settled);
    let endings = progress.results().endings.clone();
    assert_eq!(endings.len(), lines.len());
    assert_eq!(progress.job_id(), None);
    endings.into_iter().map(|(id, ending)| (id, (ending.outcome, ending.message))).collect()
}

async fn run(mode: UpdateMode, org: &Arc<Org>, count: usize) -> Vec<String> {
    let endings = run_lines(mode, org, (0..count).map(line).collect(), None).await;
    endings.into_values().map(|(outcome, _)| outcome).collect()
}

fn set(org: &Org, change: impl FnOnce(&mut State)) {
    change(&mut org.state());
}

fn writes_of(org: &Org, number: usize) -> usize {
    org.state().calls.iter().flatten().filter(|written| **written == id(number)).count()
}

#[tokio::test]
async fn what_a_record_holds_decides() {
    for mode in MODES {
        let org = Org::switched(4);
        set(&org, |org| {
            org.values.insert(id(1), Some("https://old/1".to_owned()));
            org.values.insert(id(2), Some("https://NEW/2".to_owned()));
            org.values.remove(&id(3));
        });
        let outcomes = run(mode, &org, 4).await;
        let expected = ["restored", "already_original", "conflict", "source_gone.record_deleted"];
        assert_eq!(outcomes, expected, "{mode:?}");
        assert_eq!(org.value(0).as_deref(), Some("https://old/0"));
        assert_eq!(org.value(2).as_deref(), Some("https://NEW/2"));
        let state = org.state();
        assert_eq!(state.calls, [vec![id(0)]], "{mode:?}");
        // What was sent is read back; nothing else is read again.
        assert_eq!(state.readings.last(), Some(&vec![id(0)]), "{mode:?}");
    }
}

#[tokio::test]
async fn a_null_original_is_put_back_as_null() {
    for mode in MODES {
        let org = Org::switched(1);
        let lines = vec![SwitchLine { to: None, ..line(0) }];
        let endings = run_lines(mode, &org, lines, None).await;
        assert_eq!(endings[&id(0)].0, "restored", "{mode:?}");
        assert_eq!(org.value(0), None, "{mode:?}");
    }
}

#[tokio::test]
async fn a_locked_record_is_tried_again_alone() {
    for mode in MODES {
        let org = Org::switched(3);
        set(&org, |org| org.locks = BTreeMap::from([(id(1), 2)]));
        assert_eq!(run(mode, &org, 3).await, ["restored"; 3], "{mode:?}");
        let calls = org.state().calls.clone();
        assert_eq!(calls[1..], [vec![id(1)], vec![id(1)]], "{mode:?}");
    }
}

#[tokio::test]
async fn a_record_that_stays_locked_is_left_as_it_is() {
    for mode in MODES {
        let org = Org::switched(2);
        set(&org, |org| org.locks = BTreeMap::from([(id(0), 99)]));
        assert_eq!(run(mode, &org, 2).await, ["not_written.locked", "restored"], "{mode:?}");
        assert_eq!(writes_of(&org, 0), ROUNDS_MAX as usize, "{mode:?}");
        assert_eq!(org.value(0).as_deref(), Some("https://new/0"));
    }
}

#[tokio::test]
async fn a_refused_record_is_written_once_and_says_why() {
    for mode in MODES {
        let org = Org::switched(2);
        set(&org, |org| org.refused = [id(1)].into());
        let endings = run_lines(mode, &org, vec![line(0), line(1)], None).await;
        let (outcome, message) = &endings[&id(1)];
        assert_eq!(outcome, "not_written.refused", "{mode:?}");
        let message = message.as_ref().unwrap();
        assert!(message.contains("FIELD_CUSTOM_VALIDATION_EXCEPTION"), "{message}");
        assert_eq!(writes_of(&org, 1), 1, "{mode:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_reading() {
    for mode in [UpdateMode::Guarded, UpdateMode::Collections] {
        let org = Org::switched(2);
        set(&org, |org| org.lose_answer = true);
        assert_eq!(run(mode, &org, 2).await, ["restored"; 2], "{mode:?}");
        assert_eq!(org.state().calls.len(), 1, "{mode:?}");
    }
}

#[tokio::test]
async fn salesforce_guards_an_edit_that_comes_after_the_reading() {
    let org = Org::switched(2);
    set(&org, |org| org.edits = BTreeMap::from([(id(0), "https://mine/0".to_owned())]));
    assert_eq!(run(UpdateMode::Guarded, &org, 2).await, ["conflict", "restored"]);
    assert_eq!(org.value(0).as_deref(), Some("https://mine/0"));
}

#[tokio::test]
async fn another_field_s_edit_only_costs_another_attempt() {
    let org = Org::switched(1);
    set(&org, |org| org.edits = BTreeMap::from([(id(0), "https://new/0".to_owned())]));
    assert_eq!(run(UpdateMode::Guarded, &org, 1).await, ["restored"]);
    assert_eq!(writes_of(&org, 0), 2);
}

#[tokio::test]
async fn what_one_way_cannot_write_another_does() {
    for (mode, text) in [(UpdateMode::Guarded, "https://old/@{x}"), (UpdateMode::Bulk, "#N/A")] {
        let org = Org::switched(2);
        let odd = SwitchLine { to: Some(text.to_owned()), ..line(0) };
        let endings = run_lines(mode, &org, vec![odd, line(1)], None).await;
        assert!(endings.values().all(|(outcome, _)| outcome == "restored"), "{endings:?}");
        assert_eq!(org.value(0).as_deref(), Some(text));
        assert_eq!(writes_of(&org, 0), 1);
    }
}

#[tokio::test]
async fn a_job_is_known_before_its_rows_are_uploaded() {
    let org = Org::switched(1);
    run(UpdateMode::Bulk, &org, 1).await;
    let state = org.state();
    let (key, document) = &state.documents[0];
    assert_eq!(key, "runs/rollback/results/000001.json");
    assert_eq!(document["jobId"], JOB);
    assert_eq!(document["endings"], serde_json::json!({}));
}

#[tokio::test]
async fn a_job_that_was_left_open_never_runs() {
    let org = Org::switched(1);
    set(&org, |org| {
        "Open".clone_into(&mut org.job);
        org.uploaded = vec![(id(0), Some("https://wrong/0".to_owned()))];
    });
    let endings = run_lines(UpdateMode::Bulk, &org, vec![line(0)], Some(JOB)).await;
    assert_eq!(endings[&id(0)].0, "restored");
    assert_eq!(org.value(0).as_deref(), Some("https://old/0"));
    assert_eq!(writes_of(&org, 0), 1);
}

#[tokio::test]
async fn a_job_of_a_killed_invocation_is_asked_for_its_answers() {
    let org = Org::switched(3);
    set(&org, |org| {
        "JobComplete".clone_into(&mut org.job);
        org.values.insert(id(0), Some("https://old/0".to_owned()));
        org.written = vec![id(0)];
        org.failed = vec![(id(1), "FIELD_CUSTOM_VALIDATION_EXCEPTION".to_owned())];
    });
    let lines = (0..3).map(line).collect();
    let endings = run_lines(UpdateMode::Bulk, &org, lines, Some(JOB)).await;
    // Without a row nobody can tell who has put the first one back.
    assert_eq!(endings[&id(0)].0, "already_original");
    assert_eq!(endings[&id(1)].0, "not_written.refused");
    assert_eq!(endings[&id(2)].0, "restored");
    assert_eq!((writes_of(&org, 0), writes_of(&org, 1), writes_of(&org, 2)), (0, 0, 1));
}

#[test]
fn pauses_grow_and_stay_short() {
    for round in 2..=ROUNDS_MAX {
        let ceiling = PAUSE_FIRST * (1 << (round - 2));
        let pause = pause(round);
        assert!(pause >= ceiling / 2 && pause <= ceiling, "{round} {pause:?}");
    }
}
