//! The ledger compared with the destination.

use anyhow::Result;
use drayage_domain::row::FileRow;
use drayage_domain::run::RunState;
use drayage_local::LocalStack;
use serde_json::json;

use crate::planted::{copies, count, put, reconcile, report_file};

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_ends_with_a_comparison() -> Result<()> {
    let stack = LocalStack::builder().files(40).start().await?;
    let summary = stack.run_backup(&json!({})).await?;
    let found = summary.reconciliation.unwrap();
    assert!(found.clean && found.complete, "{found:#?}");
    assert_eq!(found.run_id, summary.run_id);
    let verified = summary.counts.outcomes.get("verified").copied();
    assert_eq!(Some(count(&found, "match.etag") + count(&found, "match.size")), verified);
    let page = report_file(&stack, &found, "index.html").await?;
    assert!(page.starts_with("<!DOCTYPE html>") || page.starts_with("<!doctype html>"), "{page}");
    let report: serde_json::Value =
        serde_json::from_str(&report_file(&stack, &found, "summary.json").await?)?;
    assert_eq!(report["clean"], true);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_or_different_is_found_and_copied_again() -> Result<()> {
    let stack = LocalStack::builder().files(40).start().await?;
    stack.run_backup(&json!({})).await?;
    let bucket = stack.stack().output("DestinationBucket")?;
    let mut rows = copies(&stack).await?;
    // Only where the ledger has a checksum can other bytes of the same size be told for certain.
    let has_checksum =
        |row: &FileRow| row.proof.as_ref().is_some_and(|proof| proof.checksum.is_some());
    let at = rows.iter().position(has_checksum).unwrap();
    rows.swap(1, at);
    let key = |at: usize| rows[at].destination_key.clone().unwrap();
    let size = |at: usize| usize::try_from(rows[at].proof.as_ref().unwrap().size_bytes).unwrap();
    stack.clients().s3.delete_object().bucket(bucket).key(key(0)).send().await?;
    put(&stack, bucket, &key(1), &vec![b'x'; size(1)]).await?;
    put(&stack, bucket, &key(2), b"").await?;
    let extra = "uploads/nobody's\n\"file\" $(id) =1+1.pdf";
    put(&stack, bucket, extra, b"extra").await?;

    let found = reconcile(&stack, &json!({})).await?;
    assert!(!found.clean && found.complete, "{found:#?}");
    let planted = ["missing", "size_differs", "content_differs.checksum", "extra"];
    assert_eq!(planted.map(|label| count(&found, label)), [1, 1, 1, 1], "{found:#?}");
    let csv = report_file(&stack, &found, "differences.csv").await?;
    let relative = key(0).strip_prefix("uploads/").unwrap().to_owned();
    assert!(csv.contains(&relative), "{csv}");

    let fixed = reconcile(&stack, &json!({"fix": true})).await?;
    assert_eq!((fixed.rounds, fixed.repairs), (2, 3), "{fixed:#?}");
    assert_eq!(planted.map(|label| count(&fixed, label)), [0, 0, 0, 1], "{fixed:#?}");
    assert!(fixed.clean, "{fixed:#?}");
    let repairs = stack.ledger()?.run(&format!("{}.repair-1", fixed.run_id)).await?.unwrap();
    assert_eq!(repairs.state, RunState::Succeeded);
    stack.clients().s3.delete_object().bucket(bucket).key(extra).send().await?;
    let check = stack.check().await?;
    assert!(check.passed(), "{check:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_repaired_is_left_to_a_person() -> Result<()> {
    let stack = LocalStack::builder().files(20).start().await?;
    stack.run_backup(&json!({})).await?;
    let bucket = stack.stack().output("DestinationBucket")?;
    let rows = copies(&stack).await?;
    for row in &rows {
        let key = row.destination_key.clone().unwrap();
        stack.clients().s3.delete_object().bucket(bucket).key(key).send().await?;
    }
    // The sources are gone as well: nothing can be copied again.
    let source = drayage_local::source::BUCKET;
    let listed = stack.clients().s3.list_object_versions().bucket(source).send().await?;
    for version in listed.versions() {
        let delete = stack.clients().s3.delete_object().bucket(source);
        let (key, version_id) = (version.key().unwrap(), version.version_id());
        delete.key(key).set_version_id(version_id.map(str::to_owned)).send().await?;
    }
    let found = reconcile(&stack, &json!({"fix": true, "maxRounds": 2})).await?;
    assert!(!found.clean, "{found:#?}");
    assert_eq!(found.rounds, 2);
    let left = count(&found, "missing");
    assert!(left > 0 && left <= rows.len() as u64, "{found:#?}");
    let page = report_file(&stack, &found, "index.html").await?;
    assert!(page.contains("missing"), "{page}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_input_starts_nothing() -> Result<()> {
    let stack = LocalStack::builder().files(1).start().await?;
    let input = json!({"level": "guess", "maxRounds": 99});
    let execution = stack.start_execution("ReconcileStateMachineArn", &input).await?;
    let error = stack.wait(&execution).await?.output().unwrap_err().to_string();
    assert!(error.contains("InputInvalid") && error.contains("level"), "{error}");
    // The lock is free, so a backup can start.
    let backup = stack.run_backup(&json!({})).await?;
    assert!(backup.accounted_for);
    let input = json!({"parentRun": backup.run_id});
    let execution = stack.start_execution("ReconcileStateMachineArn", &input).await?;
    let error = stack.wait(&execution).await?.output().unwrap_err().to_string();
    assert!(error.contains("InputInvalid") && error.contains("parentRun"), "{error}");
    Ok(())
}
