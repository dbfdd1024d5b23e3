//! The independent check: what is in the destination bucket is compared with the sources, byte for byte.
//!
//! It believes neither counters nor proofs. From the ledger it takes only which key belongs to which record, and then
//! demands that every object in the bucket belongs to exactly one verified record and every verified record to one object.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use drayage_domain::row::FileRow;
use drayage_domain::state::FileState;
use drayage_sim::dataset::{Dataset, VERIFIED};
use futures::{StreamExt as _, stream};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::local_stack::LocalStack;

const COMPARISONS_AT_A_TIME: usize = 8;
/// Problems that are named one by one; the others are counted.
const PROBLEMS_SHOWN: usize = 20;
const ROWS_PER_PAGE: u32 = 500;

/// What the check has found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckReport {
    /// Objects in the destination bucket.
    pub objects: u64,
    /// Their bytes.
    pub object_bytes: u64,
    /// Verified records whose object has the source's bytes.
    pub equal: u64,
    /// Verified records whose source cannot be asked again from here, such as an `s3://` URL of a foreign account.
    pub not_comparable: u64,
    /// Number of problems; the check has passed when there is none.
    pub problem_count: u64,
    /// The first problems, as sentences.
    pub problems: Vec<String>,
}

impl CheckReport {
    /// Whether everything is as it has to be.
    pub fn passed(&self) -> bool {
        self.problem_count == 0
    }

    fn problem(&mut self, what: String) {
        self.problem_count += 1;
        if self.problems.len() < PROBLEMS_SHOWN {
            self.problems.push(what);
        }
    }
}

/// Every row of the ledger.
pub async fn rows(stack: &LocalStack) -> Result<Vec<FileRow>> {
    let ledger = stack.ledger()?;
    let mut rows = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let (page, next) = ledger
            .scan_rows(cursor.as_deref(), ROWS_PER_PAGE)
            .await
            .context("the ledger cannot be read")?;
        rows.extend(page);
        match next {
            Some(next) => cursor = Some(next),
            None => return Ok(rows),
        }
    }
}

/// Checks the destination of a stack. At most `comparisons` objects, evenly spread, are compared byte for byte;
/// everything else is checked for all records.
pub async fn run(stack: &LocalStack, comparisons: usize) -> Result<CheckReport> {
    let bucket = stack.stack().output("DestinationBucket")?.to_owned();
    let objects = list(stack, &bucket).await?;
    let rows = rows(stack).await?;
    let mut report = CheckReport {
        objects: objects.len() as u64,
        object_bytes: objects.values().sum(),
        ..CheckReport::default()
    };
    check_ownership(&mut report, &objects, &rows);
    if let Some(dataset) = stack.dataset() {
        check_outcomes(&mut report, dataset, &rows);
    }
    let verified: Vec<_> = rows.iter().filter(|row| row.state == FileState::Verified).collect();
    let every = verified.len().div_ceil(comparisons.max(1)).max(1);
    let compared = verified.into_iter().step_by(every);
    let results: Vec<_> = stream::iter(compared.map(|row| compare(stack, &bucket, row)))
        .buffer_unordered(COMPARISONS_AT_A_TIME)
        .collect()
        .await;
    for result in results {
        match result {
            Ok(Comparison::Equal) => report.equal += 1,
            Ok(Comparison::NotComparable) => report.not_comparable += 1,
            Ok(Comparison::Different(what)) => report.problem(what),
            Err(error) => report.problem(format!("{error:#}")),
        }
    }
    Ok(report)
}

/// Keys and sizes of everything in the bucket.
async fn list(stack: &LocalStack, bucket: &str) -> Result<BTreeMap<String, u64>> {
    let mut objects = BTreeMap::new();
    let mut pages = stack.clients().s3.list_objects_v2().bucket(bucket).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.with_context(|| format!("{bucket} cannot be listed"))?;
        for object in page.contents() {
            let size = object.size().and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
            objects.insert(object.key().unwrap_or_default().to_owned(), size);
        }
    }
    Ok(objects)
}

/// One object for one verified record, and nothing else in the bucket.
fn check_ownership(report: &mut CheckReport, objects: &BTreeMap<String, u64>, rows: &[FileRow]) {
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.state == FileState::Verified) {
        let Some(key) = row.destination_key.as_deref() else {
            report.problem(format!("{} is verified but has no destination key", row.record_id));
            continue;
        };
        if let Some(other) = owners.insert(key, &row.record_id) {
            report.problem(format!("{other} and {} share the object {key}", row.record_id));
        }
        if !objects.contains_key(key) {
            report.problem(format!("{} is verified but {key} does not exist", row.record_id));
        }
    }
    for key in objects.keys().filter(|key| !owners.contains_key(key.as_str())) {
        report.problem(format!("{key} exists but belongs to no verified record"));
    }
}

/// Every entry ended as the data set says, and nothing else is in the ledger.
fn check_outcomes(report: &mut CheckReport, dataset: &Dataset, rows: &[FileRow]) {
    let by_id: BTreeMap<&str, &FileRow> =
        rows.iter().map(|row| (row.record_id.as_str(), row)).collect();
    for entry in &dataset.entries {
        let actual =
            by_id.get(entry.id.as_str()).map_or("no ledger row".to_owned(), |row| label(row));
        if actual != entry.expected {
            let message = by_id.get(entry.id.as_str()).and_then(|row| row.message.as_deref());
            report.problem(format!(
                "{} ({}): expected {}, is {actual}: {}",
                entry.id,
                entry.case,
                entry.expected,
                message.unwrap_or("no message")
            ));
        }
        if let Some(row) = by_id.get(entry.id.as_str())
            && row.original_url.as_deref().unwrap_or_default().trim()
                != entry.url.as_deref().unwrap_or_default().trim()
        {
            report.problem(format!("{}: the ledger has another original URL", entry.id));
        }
    }
    let known: BTreeSet<&str> = dataset.entries.iter().map(|entry| entry.id.as_str()).collect();
    for row in rows.iter().filter(|row| !known.contains(row.record_id.as_str())) {
        report.problem(format!("{} is in the ledger but not in Salesforce", row.record_id));
    }
}

/// A row's state under the name by which outcomes are counted.
fn label(row: &FileRow) -> String {
    let reason = row.reason.as_deref().unwrap_or("unknown");
    match row.state {
        FileState::Verified => VERIFIED.to_owned(),
        FileState::Failed => format!("failed.{reason}"),
        FileState::Skipped => format!("skipped.{reason}"),
        FileState::SourceGone => format!("source_gone.{reason}"),
        other @ (FileState::Discovered
        | FileState::Switching
        | FileState::Switched
        | FileState::RestoringUrl
        | FileState::Drifted
        | FileState::Conflict) => other.name().to_owned(),
    }
}

enum Comparison {
    Equal,
    Different(String),
    NotComparable,
}

async fn compare(stack: &LocalStack, bucket: &str, row: &FileRow) -> Result<Comparison> {
    let Some(source) = source_hash(stack, row).await? else { return Ok(Comparison::NotComparable) };
    let Some(key) = row.destination_key.as_deref() else { return Ok(Comparison::NotComparable) };
    let object = stack.clients().s3.get_object().bucket(bucket).key(key).send().await;
    let mut body = object.with_context(|| format!("{key} cannot be read"))?.body;
    let mut hasher = Sha256::new();
    while let Some(piece) = body.next().await {
        hasher.update(piece.with_context(|| format!("{key} cannot be read to its end"))?);
    }
    let copy = hasher.finalize();
    if copy.as_slice() == source {
        Ok(Comparison::Equal)
    } else {
        Ok(Comparison::Different(format!("{key} differs from the source of {}", row.record_id)))
    }
}

/// SHA-256 of what a record's file has to be; `None` if it cannot be known here.
async fn source_hash(stack: &LocalStack, row: &FileRow) -> Result<Option<Vec<u8>>> {
    if let Some(dataset) = stack.dataset() {
        let content = dataset.entry(&row.record_id).and_then(|e| dataset.expected_content(e));
        let Some(content) = content.cloned() else {
            return Ok(None);
        };
        let hash = tokio::task::spawn_blocking(move || Sha256::digest(content.bytes())).await?;
        return Ok(Some(hash.to_vec()));
    }
    let url = row.original_url.as_deref().unwrap_or_default().trim();
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Ok(None);
    }
    let mut answer = reqwest::Client::new()
        .get(url)
        .send()
        .await
        .and_then(reqwest::Response::error_for_status)
        .map_err(reqwest::Error::without_url)
        .with_context(|| format!("the source of {} cannot be fetched again", row.record_id))?;
    let mut hasher = Sha256::new();
    while let Some(piece) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
        hasher.update(&piece);
    }
    Ok(Some(hasher.finalize().to_vec()))
}
