//! Update jobs of the Bulk API.

use drayage_salesforce::{RowEnding, RowOutcome, RowUpdate, UpdateFile, UpdateJob, UpdateJobState};
use drayage_sim::salesforce::{CallFault, CallFaultKind, Endpoint, FaultPlan, FieldName};

use super::site::*;

impl Site {
    /// Makes a job, uploads and closes it.
    async fn start(&self, file: &UpdateFile) -> String {
        let id = self.client.create_update_job(ENTRY).await.unwrap();
        self.client.upload_rows(&id, file).await.unwrap();
        self.client.close_job(&id).await.unwrap();
        id
    }

    /// Looks at a job until it has ended; the simulator moves it on with every look.
    async fn end(&self, id: &str) -> UpdateJob {
        loop {
            let job = self.client.update_job(id).await.unwrap();
            if job.state.has_ended() {
                return job;
            }
        }
    }

    async fn run(&self, file: &UpdateFile) -> (UpdateJob, Vec<RowOutcome>) {
        let id = self.start(file).await;
        let job = self.end(&id).await;
        (job, self.client.update_job_outcomes(&id, file).await.unwrap())
    }

    fn file(&self) -> UpdateFile {
        UpdateFile::new(FIELD, &self.rows(&all_new(self.ids.len()))).unwrap()
    }
}

fn shuffled() -> FaultPlan {
    FaultPlan { shuffle_bulk_results: true, ..FaultPlan::default() }
}

#[tokio::test]
async fn shuffled_results_find_their_rows() {
    let site = Site::new(40).await;
    site.faults(FaultPlan { row_locks: locks(&site.ids[7], 1).row_locks, ..shuffled() });
    site.org.hard_delete(ENTRY, &site.ids[9]).unwrap();
    let (job, outcomes) = site.run(&site.file()).await;
    assert_eq!(
        (job.state, job.rows_processed, job.rows_failed),
        (UpdateJobState::JobComplete, 40, 2)
    );
    assert!(outcomes.iter().map(|row| &row.id).eq(&site.ids));
    for (row, outcome) in outcomes.iter().enumerate() {
        let expected = match row {
            7 => RowEnding::Locked,
            9 => RowEnding::Gone,
            _ => RowEnding::Written,
        };
        assert_eq!(outcome.ending, expected, "row {row}");
        let stored = match row {
            7 => Some(old(7)),
            9 => None,
            _ => Some(new(row)),
        };
        assert_eq!(site.stored()[row], stored, "row {row}");
    }
}

#[tokio::test]
async fn null_and_odd_texts_arrive_as_they_are() {
    let site = Site::new(6).await;
    let values = [
        None,
        Some(" https://x/ "),
        Some("a \"b\", c"),
        Some("two\nlines"),
        Some("\u{feff}x"),
        Some("#N/A"),
    ];
    let rows = site.ids.iter().zip(values).map(|(id, value)| RowUpdate { id, value });
    let rows: Vec<RowUpdate<'_>> = rows.collect();
    let file = UpdateFile::new(FIELD, &rows).unwrap();
    assert_eq!((file.rows_to_write(), file.refused().len()), (5, 1));
    let (_, outcomes) = site.run(&file).await;
    assert!(outcomes[..5].iter().all(|row| row.ending == RowEnding::Written), "{outcomes:?}");
    assert_eq!(code(&outcomes[5].ending), "BULK_CANNOT_WRITE_NULL_MARKER");
    let stored: Vec<Option<String>> = site.stored();
    assert_eq!(stored[..5], values.map(|value| value.map(str::to_owned))[..5]);
    assert_eq!(stored[5], Some(old(5)));
}

#[tokio::test]
async fn a_job_that_fails_half_way_says_which_rows_it_did_not_come_to() {
    let site = Site::new(10).await;
    site.faults(FaultPlan { ingest_fails_after_rows: Some(7), ..shuffled() });
    let (job, outcomes) = site.run(&site.file()).await;
    assert_eq!(job.state, UpdateJobState::Failed);
    assert!(job.failure().is_some());
    for (row, outcome) in outcomes.iter().enumerate() {
        let (ending, stored) = if row < 7 {
            (RowEnding::Written, new(row))
        } else {
            (RowEnding::Unprocessed, old(row))
        };
        assert_eq!((&outcome.ending, &site.stored()[row]), (&ending, &Some(stored)), "row {row}");
    }
}

#[tokio::test]
async fn rows_without_a_recorded_result_are_unknown() {
    let site = Site::new(5).await;
    site.faults(FaultPlan { ingest_results_unrecorded: 2, ..FaultPlan::default() });
    let (_, outcomes) = site.run(&site.file()).await;
    let unknown: Vec<bool> = outcomes.iter().map(|row| is_unknown(&row.ending)).collect();
    assert_eq!(unknown, [true, true, false, false, false]);
    assert_eq!(site.stored()[0], Some(new(0)), "written, although nothing says so");
}

#[tokio::test]
async fn a_hidden_field_fails_the_job_and_leaves_all_rows_unprocessed() {
    let site = Site::new(2).await;
    let field = FieldName { sobject: ENTRY.to_owned(), field: FIELD.to_owned() };
    site.faults(FaultPlan { hidden_fields: vec![field], ..FaultPlan::default() });
    let (job, outcomes) = site.run(&site.file()).await;
    assert_eq!(job.failure().unwrap().error_type(), "SalesforceJobFailed");
    assert_eq!(endings(&outcomes), [&RowEnding::Unprocessed; 2]);
}

#[tokio::test]
async fn a_stopped_job_has_written_some_rows_and_says_which() {
    let site = Site::new(4).await;
    let file = site.file();
    let id = site.start(&file).await;
    while site.client.update_job(&id).await.unwrap().state != UpdateJobState::InProgress {}
    let job = site.client.abort_job(&id).await.unwrap();
    assert_eq!(job.state, UpdateJobState::Aborted);
    assert_eq!(site.client.abort_job(&id).await.unwrap().state, UpdateJobState::Aborted);
    let outcomes = site.client.update_job_outcomes(&id, &file).await.unwrap();
    let (written, unprocessed) = (&RowEnding::Written, &RowEnding::Unprocessed);
    assert_eq!(endings(&outcomes), [written, written, unprocessed, unprocessed]);
}

#[tokio::test]
async fn a_close_whose_answer_is_lost_is_found_done() {
    for kind in [CallFaultKind::AppliedButDropped, CallFaultKind::AppliedButGatewayTimeout] {
        let site = Site::new(1).await;
        let file = site.file();
        let id = site.client.create_update_job(ENTRY).await.unwrap();
        site.client.upload_rows(&id, &file).await.unwrap();
        let fault = CallFault::next(&[Endpoint::BulkIngestEnd], 1, kind);
        site.faults(FaultPlan { calls: vec![fault], ..FaultPlan::default() });
        let job = site.client.close_job(&id).await.unwrap();
        assert_eq!(job.state, UpdateJobState::UploadComplete, "{kind:?}");
        assert!(!site.client.close_job(&id).await.unwrap().state.has_ended(), "again is no harm");
        assert_eq!(site.end(&id).await.state, UpdateJobState::JobComplete);
    }
}

#[tokio::test]
async fn an_upload_in_doubt_is_not_repeated_and_the_job_can_be_given_up() {
    let site = Site::new(1).await;
    let file = site.file();
    let id = site.client.create_update_job(ENTRY).await.unwrap();
    let fault = CallFault::next(&[Endpoint::BulkIngestUpload], 1, CallFaultKind::AppliedButDropped);
    site.faults(FaultPlan { calls: vec![fault], ..FaultPlan::default() });
    assert!(site.client.upload_rows(&id, &file).await.is_err());
    assert_eq!(site.org.requests_of(Endpoint::BulkIngestUpload), 1);
    assert_eq!(site.client.abort_job(&id).await.unwrap().state, UpdateJobState::Aborted);
    assert_eq!(site.stored(), [Some(old(0))]);
    assert_eq!(endings(&site.run(&file).await.1), [&RowEnding::Written]);
}

#[tokio::test]
async fn a_job_costs_six_calls_and_one_per_look() {
    let site = Site::new(30).await;
    let before = site.org.requests().values().sum::<u64>();
    site.client.login().await.unwrap();
    let login = site.org.requests().values().sum::<u64>() - before;
    site.run(&site.file()).await;
    let looks = site.org.requests_of(Endpoint::BulkIngestStatus);
    assert_eq!(site.org.requests().values().sum::<u64>(), before + login + 6 + looks);
}
