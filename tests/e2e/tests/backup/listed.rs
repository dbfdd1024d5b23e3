//! Runs that are limited to listed records.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use drayage_domain::id::RecordId;
use drayage_domain::row::FileRow;
use drayage_domain::run::Summary;
use drayage_domain::state::FileState;
use drayage_local::LocalStack;
use drayage_sim::files::{Fault, FaultKind, ServedFile};
use serde_json::json;

use crate::outcomes::{objects, rows};

const OBJECT: &str = "DocListEntry__c";
const BYTES: &[u8] = b"%PDF-1.4 mended";

/// An id of the object that no record has.
fn unknown(number: usize) -> Result<String> {
    Ok(RecordId::parse(&format!("a0Bzz{number:010}"))?.as_str().to_owned())
}

fn serve(stack: &LocalStack, path: &str, fault: Option<Fault>) -> Result<()> {
    stack.simulated()?.files.put(path, ServedFile::new(BYTES, "application/pdf"), fault);
    Ok(())
}

/// A record whose file is on the file server.
fn insert(stack: &LocalStack, path: &str) -> Result<String> {
    let url = format!("{}{path}", stack.simulated()?.files.base_url());
    Ok(stack.org()?.insert(OBJECT, json!({"Name": "DOC", "Document__c": url}))?)
}

async fn limited_to(stack: &LocalStack, ids: &[&str]) -> Result<Summary> {
    let summary = stack.run_backup(&json!({ "records": ids })).await?;
    assert!(summary.accounted_for, "{summary:#?}");
    assert_eq!(summary.enumerated, u64::try_from(ids.len())?);
    let run = stack.ledger()?.run(&summary.run_id).await?.context("a run")?;
    assert_eq!(run.records_expected, summary.enumerated);
    Ok(summary)
}

fn counts(counts: &[(&str, u64)]) -> BTreeMap<String, u64> {
    counts.iter().map(|(label, count)| ((*label).to_owned(), *count)).collect()
}

fn others<'a>(
    rows: &'a BTreeMap<String, FileRow>,
    but: &[&str],
) -> BTreeMap<&'a String, &'a FileRow> {
    rows.iter().filter(|(id, _)| !but.contains(&id.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_record_is_copied_alone_once_its_source_is_mended() -> Result<()> {
    let stack = LocalStack::builder().small_files().files(30).seed(43).start().await?;
    serve(&stack, "/mended.pdf", Some(Fault::always(FaultKind::Status(403))))?;
    let id = insert(&stack, "/mended.pdf")?;
    let first = stack.run_backup(&json!({})).await?;
    assert_eq!(first.counts.outcomes["failed.access_denied"], 1, "{first:#?}");
    let before = (rows(&stack).await?, objects(&stack).await?);

    serve(&stack, "/mended.pdf", None)?;
    let summary = limited_to(&stack, &[&id[..15]]).await?;
    assert!(summary.clean, "{summary:#?}");
    assert_eq!(summary.counts.outcomes, counts(&[("verified", 1)]));
    let after = (rows(&stack).await?, objects(&stack).await?);
    let row = &after.0[&id];
    assert_eq!(row.state, FileState::Verified);
    assert_eq!(row.proof.as_ref().map(|proof| proof.size_bytes), Some(BYTES.len() as u64));
    assert_eq!(others(&after.0, &[&id]), others(&before.0, &[&id]), "nothing else was touched");
    let fresh: Vec<_> = after.1.keys().filter(|key| !before.1.contains_key(*key)).collect();
    assert_eq!(fresh.len(), 1, "{fresh:?}");
    assert!(before.1.iter().all(|(key, object)| after.1.get(key) == Some(object)));

    // A proven copy is checked against its source, as in a full run.
    let again = limited_to(&stack, &[&id]).await?;
    assert_eq!(again.counts.outcomes, counts(&[("unchanged", 1)]));
    assert_eq!(again.counts.bytes_copied, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_and_unknown_records_end_in_a_named_state() -> Result<()> {
    let stack = LocalStack::builder().small_files().files(30).seed(44).start().await?;
    let first = stack.run_backup(&json!({})).await?;
    stack.assert_accounted(&first)?;
    let before = rows(&stack).await?;
    let ids: Vec<&String> = before.keys().collect();
    let [binned, destroyed, live, ..] = ids[..] else { panic!("{} rows", ids.len()) };
    stack.org()?.soft_delete(OBJECT, binned)?;
    stack.org()?.hard_delete(OBJECT, destroyed)?;
    let unknown = unknown(1)?;
    let listed: [&str; 4] = [&unknown, destroyed, live, binned];

    let plan = stack.run_backup(&json!({"records": listed, "dryRun": true})).await?;
    assert!(plan.accounted_for && plan.recommendation.is_none(), "{plan:#?}");
    let ended = [("failed.invalid_record", 1), ("planned", 1), ("source_gone.record_deleted", 2)];
    assert_eq!(plan.counts.outcomes, counts(&ended));
    assert_eq!(rows(&stack).await?, before, "a dry run writes no row");

    let summary = limited_to(&stack, &listed).await?;
    let ended = [("failed.invalid_record", 1), ("source_gone.record_deleted", 2), ("unchanged", 1)];
    assert_eq!(summary.counts.outcomes, counts(&ended));
    assert_eq!((summary.needs_attention, summary.clean), (3, false));
    let after = rows(&stack).await?;
    let objects = objects(&stack).await?;
    for id in [binned, destroyed] {
        assert_eq!(after[id].state, FileState::SourceGone);
        assert_eq!(after[id].original_url, before[id].original_url);
        let key = after[id].destination_key.as_ref().context("a key")?;
        assert!(objects.contains_key(key), "the copy of a deleted record stays");
    }
    assert_eq!(after[&unknown].state, FileState::Failed);
    assert_eq!(others(&after, &listed), others(&before, &listed), "nothing else was touched");

    // Once more: what is gone stays gone, and what has a row now is deleted.
    let again = limited_to(&stack, &listed).await?;
    let ended = [("source_gone.record_deleted", 3), ("unchanged", 1)];
    assert_eq!(again.counts.outcomes, counts(&ended));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_is_read_in_parts() -> Result<()> {
    let stack = LocalStack::builder().small_files().files(30).seed(45).start().await?;
    let mut listed: Vec<String> = (0..1_171).map(unknown).collect::<Result<_>>()?;
    // Spread over all three queries.
    for (index, id) in stack.org()?.records().into_keys().enumerate() {
        listed.insert(index * 40, id);
    }
    let input = json!({"records": listed, "dryRun": true, "batchSize": 1000});
    let plan = stack.run_backup(&input).await?;
    assert!(plan.accounted_for, "{plan:#?}");
    assert_eq!((plan.enumerated, plan.batches), (1_201, 3));
    let ended = [("failed.invalid_record", 1_171), ("planned", 30)];
    assert_eq!(plan.counts.outcomes, counts(&ended));
    Ok(())
}
