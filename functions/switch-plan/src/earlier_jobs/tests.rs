//! Which runs are looked at, and what becomes of their jobs.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use drayage_domain::switch::mode::UpdateMode;
use drayage_salesforce::UpdateJobState::{
    Aborted, Failed, InProgress, JobComplete, Open, UploadComplete,
};
use drayage_salesforce::{SalesforceError, UpdateJobState};

use super::settle::{Jobs, stop, under_way};
use super::*;
use crate::test_support::{plan, row};

/// The states that each job shows, look by look; the last one stays. A job without states is gone.
struct Org {
    states: Mutex<BTreeMap<&'static str, Vec<UpdateJobState>>>,
    /// What the org answers to an abort.
    abort: Option<UpdateJobState>,
}

fn org(states: &[(&'static str, &[UpdateJobState])], abort: Option<UpdateJobState>) -> Org {
    let states = states.iter().map(|(id, states)| (*id, states.to_vec())).collect();
    Org { states: Mutex::new(states), abort }
}

impl Jobs for Org {
    async fn state(&self, id: &str) -> Result<Option<UpdateJobState>, SalesforceError> {
        let mut states = self.states.lock().unwrap();
        Ok(states.get_mut(id).map(|states| match states.len() {
            1 => states[0],
            _ => states.remove(0),
        }))
    }

    async fn abort(&self, _: &str) -> Result<Option<UpdateJobState>, SalesforceError> {
        Ok(self.abort)
    }
}

fn jobs(ids: &[&str]) -> Vec<Job> {
    ids.iter().map(|id| Job { run_id: "x".to_owned(), id: (*id).to_owned() }).collect()
}

const AT_ONCE: [Duration; 2] = [Duration::ZERO; 2];

#[test]
fn runs_are_those_of_rows_that_were_left_halfway() {
    let mut runs = Runs::default();
    for (number, state) in FileState::ALL.into_iter().enumerate() {
        for run_id in [format!("{}-1", state.name()), "own".to_owned()] {
            runs.note_row(&FileRow { run_id, ..row(number, state) });
        }
    }
    assert_eq!(runs.others("own"), (vec!["RestoringUrl-1", "Switching-1"], false));
}

#[test]
fn so_many_runs_are_looked_at_and_more_are_told() {
    let mut runs = Runs::default();
    runs.note("own");
    for number in 0..RUNS_MAX {
        runs.note(&format!("r{number:03}"));
        runs.note(&format!("r{number:03}"));
    }
    let (others, more) = runs.others("own");
    assert_eq!((others.len(), more), (RUNS_MAX, false));
    for number in 0..RUNS_MAX {
        runs.note(&format!("s{number}"));
    }
    let (others, more) = runs.others("own");
    assert_eq!((others.len(), more, others.contains(&"own")), (RUNS_MAX, true, false));
    assert_eq!(runs.ids.len(), RUNS_MAX + 2);
}

#[test]
fn only_bulk_runs_that_were_executed_have_jobs() {
    let mut plan = plan(Vec::new());
    plan.batches = 7;
    for (mode, execute, batches) in [
        (UpdateMode::Bulk, true, 7),
        (UpdateMode::Bulk, false, 0),
        (UpdateMode::Collections, true, 0),
        (UpdateMode::Guarded, true, 0),
    ] {
        (plan.mode.mode, plan.execute) = (mode, execute);
        assert_eq!(batches_with_jobs(&plan), batches, "{mode:?} {execute}");
    }
}

#[test]
fn results_name_their_job_or_none() {
    let job = |text: &str| serde_json::from_str::<JobOfBatch>(text).unwrap().job_id;
    let results = drayage_domain::switch::results::SwitchResults {
        job_id: Some("750".to_owned()),
        ..Default::default()
    };
    assert_eq!(job(&serde_json::to_string(&results).unwrap()).as_deref(), Some("750"));
    assert_eq!(job(r#"{"endings": {"a": {"outcome": "switched"}}, "apiCalls": 1}"#), None);
}

#[tokio::test]
async fn jobs_that_have_ended_or_are_gone_are_left_alone() {
    let org = org(
        &[
            ("open", &[Open]),
            ("queued", &[UploadComplete]),
            ("running", &[InProgress]),
            ("complete", &[JobComplete]),
            ("failed", &[Failed]),
            ("aborted", &[Aborted]),
        ],
        None,
    );
    let all = jobs(&["open", "queued", "running", "complete", "failed", "aborted", "gone"]);
    assert_eq!(under_way(&org, all).await.unwrap(), jobs(&["open", "queued", "running"]));
}

#[tokio::test]
async fn a_job_that_is_aborted_at_once_is_stopped() {
    let org = org(&[("a", &[InProgress])], Some(Aborted));
    assert_eq!(stop(&org, jobs(&["a"]), &AT_ONCE).await.unwrap(), (jobs(&["a"]), vec![]));
}

#[tokio::test]
async fn a_job_that_came_to_its_own_end_is_nothing_to_tell() {
    let org = org(&[("a", &[JobComplete])], Some(JobComplete));
    assert_eq!(stop(&org, jobs(&["a"]), &AT_ONCE).await.unwrap(), (vec![], vec![]));
}

#[tokio::test]
async fn jobs_that_do_not_stop_are_looked_at_again_and_only_so_often() {
    let org = org(
        &[
            ("late", &[InProgress, Aborted]),
            ("ended", &[InProgress, JobComplete]),
            ("stuck", &[InProgress]),
            ("too_late", &[InProgress, InProgress, Aborted]),
        ],
        None,
    );
    let ended = stop(&org, jobs(&["late", "ended", "stuck", "too_late", "gone"]), &AT_ONCE);
    assert_eq!(ended.await.unwrap(), (jobs(&["late"]), jobs(&["stuck", "too_late"])));
}

#[test]
fn the_looks_end_after_about_ten_seconds() {
    let total: Duration = settle::PAUSES.iter().sum();
    assert!(total > Duration::from_secs(9) && total < Duration::from_secs(12), "{total:?}");
}
