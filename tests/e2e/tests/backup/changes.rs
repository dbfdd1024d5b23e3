//! An incremental backup after every kind of change.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use drayage_domain::row::FileRow;
use drayage_domain::state::FileState;
use drayage_local::LocalStack;
use drayage_sim::dataset::{Entry, Place};
use serde_json::json;

use crate::outcomes::{objects, rows, with_verified_as};

const OBJECT: &str = "DocListEntry__c";

/// Ordinary entries whose file is on the file server, where a test can change it.
fn on_file_server(stack: &LocalStack) -> Vec<(Entry, String)> {
    let dataset = &stack.simulated().unwrap().dataset;
    dataset
        .entries
        .iter()
        .filter(|entry| entry.case == "ordinary" && entry.expected == "verified")
        .filter_map(|entry| match &entry.source {
            Some(Place::Http(path)) => Some((entry.clone(), path.clone())),
            Some(Place::S3(_)) | None => None,
        })
        .collect()
}

fn serve(stack: &LocalStack, path: &str, bytes: &'static [u8]) {
    let file =
        drayage_sim::files::ServedFile::new(bytes, "application/pdf").modified_at(1_900_000_000);
    stack.simulated().unwrap().files.put(path, file, None);
}

/// What was changed, by record id; the renamed account by its own id.
struct Changed {
    fresh: String,
    moved: String,
    rewritten: String,
    deleted: [String; 2],
    account: String,
}

/// Makes one change of every kind.
fn change_everything(stack: &LocalStack) -> Result<Changed> {
    let org = stack.org()?;
    let base = stack.simulated()?.files.base_url().to_owned();
    let candidates = on_file_server(stack);
    let [moved, rewritten, touched, recycled, destroyed, ..] = &candidates[..] else {
        bail!("the data set has only {} files on the file server", candidates.len());
    };
    org.advance_seconds(60);
    // A new record.
    serve(stack, "/new/fresh.pdf", b"%PDF-1.4 fresh");
    let url = format!("{base}/new/fresh.pdf");
    let fresh = org.insert(OBJECT, json!({"Name": "DOC-NEW", "Document__c": url}))?;
    // Another URL in a known record.
    serve(stack, "/new/moved.pdf", b"%PDF-1.4 moved");
    let url = format!("{base}/new/moved.pdf");
    org.update(OBJECT, &moved.0.id, json!({"Document__c": url}))?;
    // The same URL, record written, and the file behind it replaced.
    serve(stack, &rewritten.1, b"%PDF-1.4 rewritten");
    org.update(OBJECT, &rewritten.0.id, json!({"Name": "DOC-REWRITTEN"}))?;
    // The record written, the file as it was.
    org.update(OBJECT, &touched.0.id, json!({"Name": "DOC-TOUCHED"}))?;
    // Deleted, one into the recycle bin and one for good.
    org.soft_delete(OBJECT, &recycled.0.id)?;
    org.hard_delete(OBJECT, &destroyed.0.id)?;
    // An account renamed, whose records are not written by that.
    let others = [moved, rewritten, touched, recycled, destroyed];
    let dataset = stack.dataset().context("a data set")?;
    let account = dataset
        .entries
        .iter()
        .filter(|entry| entry.case == "ordinary" && entry.expected == "verified")
        .filter(|entry| others.iter().all(|(other, _)| other.account != entry.account))
        .find_map(|entry| entry.account)
        .context("an account without other changes")?;
    let account = dataset.accounts[account].id.clone();
    org.update("Account", &account, json!({"Name": "Renamed & Sons"}))?;
    Ok(Changed {
        fresh,
        moved: moved.0.id.clone(),
        rewritten: rewritten.0.id.clone(),
        deleted: [recycled.0.id.clone(), destroyed.0.id.clone()],
        account,
    })
}

fn of_account<'rows>(rows: &'rows BTreeMap<String, FileRow>, account: &str) -> Vec<&'rows FileRow> {
    rows.values()
        .filter(|row| row.account_id.as_deref() == Some(account))
        .filter(|row| row.state == FileState::Verified)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incremental_backup_finds_every_kind_of_change() -> Result<()> {
    let stack = LocalStack::builder().files(80).seed(17).start().await?;
    let first = stack.run_backup(&json!({})).await?;
    stack.assert_accounted(&first)?;
    let before = rows(&stack).await?;
    let changed = change_everything(&stack)?;
    let renamed = of_account(&before, &changed.account).len();
    assert!(renamed > 0);

    let summary = stack.run_backup(&json!({"mode": "incremental"})).await?;
    assert!(summary.accounted_for, "{summary:#?}");
    let mut expected = with_verified_as(&first.counts.outcomes, "unchanged");
    *expected.get_mut("unchanged").unwrap() -= 4 + u64::try_from(renamed)?;
    expected.insert("verified".to_owned(), 3);
    expected.insert("source_gone.record_deleted".to_owned(), 2);
    expected.insert("account_renamed".to_owned(), u64::try_from(renamed)?);
    assert_eq!(summary.counts.outcomes, expected);

    let after = rows(&stack).await?;
    let size = |id: &str| after[id].proof.as_ref().map(|proof| proof.size_bytes);
    assert_eq!(size(&changed.fresh), Some(14));
    assert_eq!(size(&changed.rewritten), Some(18));
    let key = |rows: &BTreeMap<String, FileRow>, id: &str| rows[id].destination_key.clone();
    assert_eq!(key(&after, &changed.rewritten), key(&before, &changed.rewritten), "frozen");
    assert!(after[&changed.moved].original_url.as_ref().unwrap().ends_with("/new/moved.pdf"));
    let objects = objects(&stack).await?;
    for id in &changed.deleted {
        assert_eq!(after[id].state, FileState::SourceGone);
        let key = key(&after, id).unwrap();
        assert!(objects.contains_key(&key), "the copy of a deleted record stays");
    }
    for row in of_account(&after, &changed.account) {
        assert_eq!(row.account_name.as_deref(), Some("Renamed & Sons"));
        assert_eq!(row.destination_key, key(&before, &row.record_id), "frozen");
    }

    // Nothing is left to find.
    let bytes = stack.run_backup(&json!({"mode": "incremental"})).await?.counts.bytes_copied;
    assert_eq!(bytes, 0);
    Ok(())
}
