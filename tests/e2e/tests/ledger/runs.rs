//! Runs and checkpoints.

use drayage_aws::ledger::LedgerError;
use drayage_domain::counts::Counts;
use drayage_domain::record::ObjectFields;
use drayage_domain::run::{
    Checkpoint, Position, RunOptions, RunRecord, RunState, RunSummary, SourceAccess, Summary, Work,
};
use drayage_domain::run_input::{Mode, QueryApi, Trigger};
use futures::future::join_all;

use crate::support::{counts, empty_ledger};

fn run(run_id: &str, kind: &str, started_at: &str) -> RunRecord {
    RunRecord {
        run_id: run_id.to_owned(),
        kind: kind.to_owned(),
        execution_arn: format!("arn:{run_id}"),
        started_at: started_at.to_owned(),
        ended_at: None,
        state: RunState::Running,
        work: Work::Records(RunOptions {
            mode: Mode::Full,
            dry_run: false,
            trigger: Trigger::Manual,
            query_api: QueryApi::Auto,
            bulk_threshold: 50_000,
            fields: ObjectFields::new("O__c".into(), "Url__c".into(), "Account__c".into()),
            accounts: Some(vec!["An account \u{1f600}".to_owned()]),
            records: None,
            max_files: None,
            allowed_extensions: Vec::new(),
            max_file_bytes: 1 << 40,
            batch_size: 100,
            source_access: SourceAccess::Role,
            source_hosts: "files.example.com".to_owned(),
            destination_bucket: "destination".to_owned(),
            destination_prefix: "uploads".to_owned(),
            new_url_base: "https://x/".to_owned(),
            repair: false,
            parent_run: None,
            url_length_max: 255,
            previous_backup: None,
            org: None,
            analysis: None,
        }),
        records_expected: 3,
        summary: None,
    }
}

fn summary(run_id: &str, accounted: u64) -> Summary {
    Summary {
        run_id: run_id.to_owned(),
        mode: Mode::Full,
        dry_run: false,
        accounted_for: true,
        clean: true,
        enumerated: 3,
        accounted,
        needs_attention: 0,
        counts: counts(3),
        batches: 1,
        batches_open: 0,
        started_at: "2026-01-01T00:00:00Z".to_owned(),
        ended_at: "2026-01-01T00:01:00Z".to_owned(),
        reconciliation: None,
        not_yet_switched: None,
        error: None,
        estimate: None,
        recommendation: None,
        previous_backup: None,
    }
}

#[tokio::test]
async fn a_run_is_created_once_and_its_name_is_its_executions() {
    let fixture = empty_ledger().await;
    let ledger = &fixture.ledger;
    assert_eq!(ledger.run("r").await.unwrap(), None);
    let first = run("r", "backup", "2026-01-01T00:00:00Z");
    ledger.create_run(&first).await.unwrap();
    let again = RunRecord { records_expected: 99, ..first.clone() };
    ledger.create_run(&again).await.unwrap();
    assert_eq!(ledger.run("r").await.unwrap(), Some(first.clone()), "the first one stays");
    let other = RunRecord { execution_arn: "arn:other".to_owned(), ..first };
    let error = ledger.create_run(&other).await.unwrap_err();
    assert!(matches!(error, LedgerError::Conflict { .. }), "{error}");
}

#[tokio::test]
async fn a_run_ends_with_the_last_word_about_it() {
    let fixture = empty_ledger().await;
    let ledger = &fixture.ledger;
    let started = run("r", "backup", "2026-01-01T00:00:00Z");
    ledger.create_run(&started).await.unwrap();
    for (state, accounted, at) in [
        (RunState::Succeeded, 3, "2026-01-01T00:01:00Z"),
        (RunState::Failed, 2, "2026-01-01T00:02:00Z"),
    ] {
        for _delivery in 0..2 {
            ledger
                .finish_run("r", state, Some(RunSummary::Records(summary("r", accounted))), at)
                .await
                .unwrap();
            let expected = RunRecord {
                state,
                ended_at: Some(at.to_owned()),
                summary: Some(RunSummary::Records(summary("r", accounted))),
                ..started.clone()
            };
            assert_eq!(ledger.run("r").await.unwrap(), Some(expected));
        }
    }
    // The start of a run that has ended, delivered once more, does not start it again.
    ledger.create_run(&started).await.unwrap();
    assert_eq!(ledger.run("r").await.unwrap().map(|run| run.state), Some(RunState::Failed));
    let nobody = ledger
        .finish_run("q", RunState::Failed, Some(RunSummary::Records(summary("q", 0))), "")
        .await
        .unwrap_err();
    assert!(matches!(nobody, LedgerError::Conflict { .. }), "{nobody}");
}

#[tokio::test]
async fn runs_are_listed_by_kind_the_newest_first() {
    let fixture = empty_ledger().await;
    let ledger = &fixture.ledger;
    for day in [3, 1, 5, 2, 4] {
        let started_at = format!("2026-01-0{day}T00:00:00Z");
        ledger.create_run(&run(&format!("backup-{day}"), "backup", &started_at)).await.unwrap();
    }
    ledger.create_run(&run("migrate-1", "migrate", "2026-01-09T00:00:00Z")).await.unwrap();
    ledger.put_batch("backup-1", 1, 10).await.unwrap();
    let names = async |kind: &str, limit: u32| -> Vec<String> {
        ledger.runs(kind, limit).await.unwrap().into_iter().map(|run| run.run_id).collect()
    };
    assert_eq!(names("backup", 3).await, ["backup-5", "backup-4", "backup-3"]);
    assert_eq!(names("backup", 100).await.len(), 5);
    assert_eq!(names("migrate", 100).await, ["migrate-1"]);
    assert!(names("rollback", 100).await.is_empty());
    assert!(names("backup", 0).await.is_empty());
}

#[tokio::test]
async fn a_checkpoint_goes_on_from_the_one_that_was_seen() {
    let fixture = empty_ledger().await;
    let ledger = &fixture.ledger;
    assert_eq!(ledger.checkpoint("r").await.unwrap(), None);
    let first = Checkpoint { version: 1, enumerated: 100, ..Checkpoint::start() };
    ledger.write_checkpoint("r", &first, 0).await.unwrap();
    assert_eq!(ledger.checkpoint("r").await.unwrap(), Some(first.clone()));
    let second = Checkpoint {
        version: 2,
        position: Position::Keyset { last_id: Some("a0B000000000001AAA".to_owned()) },
        planned: counts(2),
        ..first.clone()
    };
    ledger.write_checkpoint("r", &second, 1).await.unwrap();
    let stale = [
        (Checkpoint { enumerated: 7, ..first.clone() }, 0),
        (Checkpoint { enumerated: 7, ..second.clone() }, 1),
        // Nobody has seen version 7, and a version is never left out.
        (Checkpoint { version: 8, ..first.clone() }, 7),
        (Checkpoint { version: 4, ..first }, 2),
    ];
    for (checkpoint, seen) in stale {
        let error = ledger.write_checkpoint("r", &checkpoint, seen).await.unwrap_err();
        assert!(matches!(error, LedgerError::Conflict { .. }), "{error}");
    }
    assert_eq!(ledger.checkpoint("r").await.unwrap(), Some(second));
    assert_eq!(ledger.checkpoint("q").await.unwrap(), None);
}

#[tokio::test]
async fn of_several_enumerations_at_once_one_goes_on() {
    let fixture = empty_ledger().await;
    let ledger = &fixture.ledger;
    let steps: Vec<Checkpoint> = (1..=8)
        .map(|enumerated| Checkpoint {
            version: 1,
            enumerated,
            planned: Counts::default(),
            ..Checkpoint::start()
        })
        .collect();
    let answers = join_all(steps.iter().map(|step| ledger.write_checkpoint("r", step, 0))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let winner = answers.iter().position(Result::is_ok).unwrap();
    assert_eq!(ledger.checkpoint("r").await.unwrap().as_ref(), steps.get(winner));
}
