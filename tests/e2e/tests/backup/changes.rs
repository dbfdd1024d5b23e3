//! An incremental backup after every kind of change.

use anyhow::{Context, Result};
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

#[tokio::test(flavor = "multi_thread")]
async fn an_incremental_backup_finds_every_kind_of_change() -> Result<()> {
    let stack = LocalStack::builder().files(80).seed(17).start().await?;
    let first = stack.run_backup(&json!({})).await?;
    stack.assert_accounted(&first)?;
    let before = rows(&stack).await?;
    let org = stack.org()?;
    let base = stack.simulated()?.files.base_url().to_owned();

    let candidates = on_file_server(&stack);
    let [moved, rewritten, touched, recycled, destroyed, ..] = &candidates[..] else {
        anyhow::bail!("the data set has only {} files on the file server", candidates.len());
    };
    org.advance_seconds(60);
    // A new record.
    serve(&stack, "/new/fresh.pdf", b"%PDF-1.4 fresh");
    let fresh = org.insert(
        OBJECT,
        json!({"Name": "DOC-NEW", "Document__c": format!("{base}/new/fresh.pdf")}),
    )?;
    // Another URL in a known record.
    serve(&stack, "/new/moved.pdf", b"%PDF-1.4 moved");
    org.update(OBJECT, &moved.0.id, json!({"Document__c": format!("{base}/new/moved.pdf")}))?;
    // The same URL, record written, and the file behind it replaced.
    serve(&stack, &rewritten.1, b"%PDF-1.4 rewritten");
    org.update(OBJECT, &rewritten.0.id, json!({"Name": "DOC-REWRITTEN"}))?;
    // The record written, the file as it was.
    org.update(OBJECT, &touched.0.id, json!({"Name": "DOC-TOUCHED"}))?;
    // Deleted, one into the recycle bin and one for good.
    org.soft_delete(OBJECT, &recycled.0.id)?;
    org.hard_delete(OBJECT, &destroyed.0.id)?;
    // An account renamed; its records are not written by that.
    let changed = [moved, rewritten, touched, recycled, destroyed];
    let account = stack
        .dataset()
        .unwrap()
        .entries
        .iter()
        .filter(|entry| entry.case == "ordinary" && entry.expected == "verified")
        .filter(|entry| changed.iter().all(|(other, _)| other.account != entry.account))
        .find_map(|entry| entry.account)
        .context("an account without other changes")?;
    let account_id = stack.dataset().unwrap().accounts[account].id.clone();
    org.update("Account", &account_id, json!({"Name": "Renamed & Sons"}))?;
    let renamed = before
        .values()
        .filter(|row| row.account_id.as_deref() == Some(account_id.as_str()))
        .filter(|row| row.state == FileState::Verified)
        .count();
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
    let content = |row: &FileRow| row.proof.as_ref().map(|proof| proof.size_bytes);
    assert_eq!(content(&after[&fresh]), Some(14));
    assert_eq!(content(&after[&rewritten.0.id]), Some(18));
    assert_eq!(
        after[&rewritten.0.id].destination_key, before[&rewritten.0.id].destination_key,
        "the key is frozen"
    );
    assert!(after[&moved.0.id].original_url.as_ref().unwrap().ends_with("/new/moved.pdf"));
    for (entry, _) in [recycled, destroyed] {
        let row = &after[&entry.id];
        assert_eq!(row.state, FileState::SourceGone);
        let key = row.destination_key.as_ref().unwrap();
        assert!(objects(&stack).await?.contains_key(key), "the copy of a deleted record stays");
    }
    for row in after.values().filter(|row| row.account_id.as_deref() == Some(&account_id)) {
        if row.state == FileState::Verified {
            assert_eq!(row.account_name.as_deref(), Some("Renamed & Sons"));
            assert_eq!(row.destination_key, before[&row.record_id].destination_key);
        }
    }

    // Nothing is left to find.
    let bytes = stack.run_backup(&json!({"mode": "incremental"})).await?.counts.bytes_copied;
    assert_eq!(bytes, 0);
    Ok(())
}
