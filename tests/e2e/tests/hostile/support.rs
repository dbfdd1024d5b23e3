//! Records with a hostile file each, and what became of them.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use drayage_domain::row::FileRow;
use drayage_domain::run::Summary;
use drayage_domain::state::FileState;
use drayage_local::LocalStack;
use drayage_sim::files::{Fault, ServedFile};
use serde_json::json;

/// The object whose records point at files.
pub(crate) const OBJECT: &str = "DocListEntry__c";

/// A record whose file misbehaves, and how it has to end.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) behaviour: String,
    pub(crate) id: String,
    /// On the file server; decoded.
    pub(crate) path: String,
    pub(crate) expected: &'static str,
}

/// The bytes that a path of the file server holds: no two paths hold the same.
pub(crate) fn content(path: &str) -> Vec<u8> {
    format!("%PDF-1.4\n% {path}\n{}", "all of it ".repeat(400)).into_bytes()
}

/// Inserts a record and the file that it points at. `query` begins with `?`, or is empty.
pub(crate) fn add(
    stack: &LocalStack,
    behaviour: &str,
    query: &str,
    fault: Option<Fault>,
    expected: &'static str,
) -> Result<Case> {
    let name: String =
        behaviour.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let path = format!("/hostile/{name}.pdf");
    let files = &stack.simulated()?.files;
    files.put(&path, ServedFile::new(content(&path), "application/pdf"), fault);
    let id = insert(stack, &format!("{}{path}{query}", files.base_url()))?;
    Ok(Case { behaviour: behaviour.to_owned(), id, path, expected })
}

/// Inserts a record with that URL.
pub(crate) fn insert(stack: &LocalStack, url: &str) -> Result<String> {
    Ok(stack.org()?.insert(OBJECT, json!({"Name": "HOSTILE", "Document__c": url}))?)
}

/// Every ledger row by record id.
pub(crate) async fn rows(stack: &LocalStack) -> Result<BTreeMap<String, FileRow>> {
    let rows = drayage_local::check::rows(stack).await?;
    Ok(rows.into_iter().map(|row| (row.record_id.clone(), row)).collect())
}

/// The outcome that a row tells, in the words of the counters.
pub(crate) fn outcome(row: &FileRow) -> String {
    let state = match row.state {
        FileState::Verified => "verified",
        FileState::Failed => "failed",
        FileState::Skipped => "skipped",
        FileState::SourceGone => "source_gone",
        FileState::Discovered
        | FileState::Switching
        | FileState::Switched
        | FileState::RestoringUrl
        | FileState::Drifted
        | FileState::Conflict => row.state.name(),
    };
    match &row.reason {
        Some(reason) => format!("{state}.{reason}"),
        None => state.to_owned(),
    }
}

/// The bytes of an object in the destination.
pub(crate) async fn copied(stack: &LocalStack, row: &FileRow) -> Result<Vec<u8>> {
    let bucket = stack.stack().output("DestinationBucket")?;
    let key = row.destination_key.as_deref().context("no key")?;
    let object = stack.clients().s3.get_object().bucket(bucket).key(key).send().await?;
    Ok(object.body.collect().await?.to_vec())
}

/// How often each key of the destination was written; its bucket keeps every version.
pub(crate) async fn writes(stack: &LocalStack) -> Result<BTreeMap<String, usize>> {
    let bucket = stack.stack().output("DestinationBucket")?;
    let listed = stack.clients().s3.list_object_versions().bucket(bucket).send().await?;
    let mut writes = BTreeMap::new();
    for version in listed.versions() {
        *writes.entry(version.key().unwrap_or_default().to_owned()).or_default() += 1;
    }
    Ok(writes)
}

/// The sums add up, each case ended as expected, what is verified has the source's bytes, and nothing else was written.
pub(crate) async fn assert_ended(
    stack: &LocalStack,
    summary: &Summary,
    cases: &[Case],
) -> Result<()> {
    assert!(summary.accounted_for && summary.batches_open == 0, "{summary:#?}");
    let rows = rows(stack).await?;
    let mut wrong = Vec::new();
    let mut verified = 0;
    for case in cases {
        let row = rows.get(&case.id).with_context(|| format!("no row: {}", case.behaviour))?;
        let ended = outcome(row);
        if ended != case.expected {
            wrong.push(format!("{}: {ended} ({:?})", case.behaviour, row.message));
        } else if ended == "verified" {
            verified += 1;
            assert_eq!(copied(stack, row).await?, content(&case.path), "{}", case.behaviour);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(writes(stack).await?.len(), verified, "objects that belong to nobody");
    Ok(())
}
