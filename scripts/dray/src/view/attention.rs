//! Records that need a person: the manual review list.

mod meaning;

use std::collections::BTreeMap;

use drayage_aws::ledger::AttentionKey;
use drayage_domain::outcome::{FailureClass, GoneReason, Outcome, WriteFailure};
use drayage_domain::remedy::remedy;
use drayage_domain::row::FileRow;
use drayage_domain::state::FileState;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;

use crate::connection::Connection;
use crate::failure::Failure;

pub(crate) use meaning::meaning;

/// A record that needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttentionRow {
    /// The record's id.
    pub(crate) record_id: String,
    /// Its account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account_id: Option<String>,
    /// The account's name when last seen. Hostile text is possible: renderers escape it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account_name: Option<String>,
    /// The outcome's label, such as `failed.access_denied`.
    pub(crate) outcome: String,
    /// What that means, in a sentence.
    pub(crate) meaning: String,
    /// What was found, in a sentence without secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    /// What to do.
    pub(crate) hint: String,
    /// The file's URL without its query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    /// The run that found it.
    pub(crate) run_id: String,
    /// When.
    pub(crate) at: String,
    /// How often it was tried.
    pub(crate) attempts: u32,
}

/// What needs a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Attention {
    /// How many records, by outcome.
    pub(crate) counts: BTreeMap<String, u64>,
    /// The newest of them.
    pub(crate) rows: Vec<AttentionRow>,
}

impl Attention {
    /// How many records.
    pub(crate) fn total(&self) -> u64 {
        self.counts.values().sum()
    }
}

/// Labels that are asked for at the same time.
const QUERIES_AT_A_TIME: usize = 8;
/// Rows that are read at once.
const ROWS_AT_A_TIME: usize = 100;

/// The newest `limit` records that need a person, and how many there are, from the ledger's sparse index.
///
/// * `run_id`: only those that this run has found.
pub(crate) async fn attention(
    connection: &Connection,
    limit: usize,
    run_id: Option<&str>,
) -> Result<Attention, Failure> {
    match run_id {
        None => of_stack(connection, limit).await,
        Some(run_id) => attention_of_run(connection, limit, run_id, |_| true).await,
    }
}

async fn of_stack(connection: &Connection, limit: usize) -> Result<Attention, Failure> {
    let mut found = Attention::default();
    let mut newest = Vec::new();
    for (outcome, label) in labels() {
        newest.push(async move {
            let mut count = 0_u64;
            let mut keys: Vec<AttentionKey> = Vec::new();
            let mut cursor = None;
            loop {
                let (page, next) = connection.ledger.attention(&label, None, cursor).await?;
                count += u64::try_from(page.len()).unwrap_or(u64::MAX);
                keys.extend(page.into_iter().take(limit.saturating_sub(keys.len())));
                match next {
                    Some(next) => cursor = Some(next),
                    None => return Ok::<_, Failure>((outcome, count, keys)),
                }
            }
        });
    }
    let answers: Vec<(String, u64, Vec<AttentionKey>)> =
        stream::iter(newest).buffered(QUERIES_AT_A_TIME).try_collect().await?;
    let mut keys = Vec::new();
    for (outcome, count, of_label) in answers {
        if count > 0 {
            *found.counts.entry(outcome).or_default() += count;
        }
        keys.extend(of_label);
    }
    keys.sort_by(|one, other| (&other.at, &one.record_id).cmp(&(&one.at, &other.record_id)));
    keys.truncate(limit);
    found.rows = rows(connection, &keys).await?.into_iter().map(|row| shown(&row)).collect();
    Ok(found)
}

/// The newest `limit` records that this run or its repairs have found, with an outcome that is `wanted`, and how many there are.
/// The index does not know runs: rows that came to need a person since the run has started are read.
pub(crate) async fn attention_of_run(
    connection: &Connection,
    limit: usize,
    run_id: &str,
    wanted: fn(&str) -> bool,
) -> Result<Attention, Failure> {
    let since = connection.ledger.run(run_id).await?.map(|run| run.started_at);
    let labels = labels().into_iter().filter(|(outcome, _)| wanted(outcome));
    let queries = labels.map(|(_, label)| {
        let since = since.as_deref();
        async move {
            let mut keys = Vec::new();
            let mut cursor = None;
            loop {
                let (page, next) = connection.ledger.attention(&label, since, cursor).await?;
                keys.extend(page);
                match next {
                    Some(next) => cursor = Some(next),
                    None => return Ok::<_, Failure>(keys),
                }
            }
        }
    });
    let keys: Vec<Vec<AttentionKey>> =
        stream::iter(queries).buffered(QUERIES_AT_A_TIME).try_collect().await?;
    let mut keys: Vec<AttentionKey> = keys.into_iter().flatten().collect();
    keys.sort_by(|one, other| (&other.at, &one.record_id).cmp(&(&one.at, &other.record_id)));
    let mut found = Attention::default();
    for part in keys.chunks(ROWS_AT_A_TIME) {
        for row in rows(connection, part).await? {
            let outcome = outcome_of(&row);
            if !is_of_run(&row, run_id) || !wanted(&outcome) {
                continue;
            }
            *found.counts.entry(outcome).or_default() += 1;
            if found.rows.len() < limit {
                found.rows.push(shown(&row));
            }
        }
    }
    Ok(found)
}

/// Whether the run has left the row as it is, or a repair that is a part of it.
fn is_of_run(row: &FileRow, run_id: &str) -> bool {
    let rest = row.run_id.strip_prefix(run_id);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(".repair-"))
}

/// The rows of these keys in their order, without those that need nobody any more.
async fn rows(connection: &Connection, keys: &[AttentionKey]) -> Result<Vec<FileRow>, Failure> {
    let ids: Vec<String> = keys.iter().map(|key| key.record_id.clone()).collect();
    let mut rows = connection.ledger.rows(&ids).await?;
    let found = ids.iter().filter_map(|id| rows.remove(id));
    Ok(found.filter(FileRow::needs_attention).collect())
}

/// Every outcome that needs a person, and what its rows are indexed by: their reason, or the name of their state.
fn labels() -> Vec<(String, String)> {
    let reasons = FailureClass::ALL
        .iter()
        .map(|class| (Outcome::Failed(*class), class.label()))
        .chain(GoneReason::ALL.iter().map(|reason| (Outcome::SourceGone(*reason), reason.label())))
        .chain(WriteFailure::ALL.iter().map(|why| (Outcome::NotWritten(*why), why.label())))
        .chain([
            (Outcome::Drifted, FileState::Drifted.name()),
            (Outcome::Conflict, FileState::Conflict.name()),
        ]);
    let mut labels: Vec<(String, String)> =
        reasons.map(|(outcome, label)| (outcome.label(), label.to_owned())).collect();
    // Rows without a reason; no writer leaves it out.
    for state in [FileState::Failed, FileState::SourceGone] {
        labels.push((state.name().to_lowercase(), state.name().to_owned()));
    }
    labels
}

/// The outcome that has left the row as it is.
fn outcome_of(row: &FileRow) -> String {
    let reason = row.reason.as_deref().unwrap_or_default();
    match row.state {
        FileState::Failed => format!("failed.{reason}"),
        FileState::SourceGone => format!("source_gone.{reason}"),
        FileState::Verified => format!("not_written.{reason}"),
        FileState::Drifted => Outcome::Drifted.label(),
        FileState::Conflict => Outcome::Conflict.label(),
        FileState::Discovered
        | FileState::Switching
        | FileState::Switched
        | FileState::RestoringUrl
        | FileState::Skipped => row.state.name().to_lowercase(),
    }
}

fn shown(row: &FileRow) -> AttentionRow {
    let outcome = outcome_of(row);
    AttentionRow {
        record_id: row.record_id.clone(),
        account_id: row.account_id.clone(),
        account_name: row.account_name.clone(),
        meaning: meaning(&outcome).to_owned(),
        message: row.message.clone(),
        hint: remedy(&outcome).to_owned(),
        url: row.original_url.as_deref().map(without_query),
        run_id: row.run_id.clone(),
        at: row.at.clone(),
        attempts: row.attempts,
        outcome,
    }
}

/// A query may carry a signature, and what stands before a host a password.
fn without_query(url: &str) -> String {
    let bare = url.split(['?', '#']).next().unwrap_or_default().trim();
    match bare.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = match rest.split_once('/') {
                Some((authority, path)) => (authority, format!("/{path}")),
                None => (rest, String::new()),
            };
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{path}")
        }
        None => bare.to_owned(),
    }
}

#[cfg(test)]
mod tests;
