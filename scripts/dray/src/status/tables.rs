//! Runs, accounts and errors as tables for spreadsheets: bytes, seconds and RFC 3339 times, as in JSON.

use crate::export::Table;
use crate::view::{AccountView, AttentionRow, RunStatus, RunView};

pub(super) fn runs_table(runs: &[RunView]) -> Table {
    let header = vec![
        "run_id",
        "kind",
        "parent_run",
        "status",
        "dry_run",
        "mode",
        "started_at",
        "ended_at",
        "accounted_for",
        "clean",
        "total",
        "done",
        "needs_attention",
        "bytes_copied",
        "error",
        "cause",
        "hint",
        "execution_arn",
    ];
    let rows = runs.iter().map(|run| {
        let error = run.error.as_ref();
        vec![
            run.run_id.clone(),
            run.kind.clone(),
            text(run.parent_run.as_ref()),
            status(run.status),
            run.dry_run.to_string(),
            text(run.mode.as_ref()),
            run.started_at.clone(),
            text(run.ended_at.as_ref()),
            text(run.accounted_for.as_ref()),
            text(run.clean.as_ref()),
            text(run.total.as_ref()),
            run.done.to_string(),
            run.needs_attention.to_string(),
            run.bytes_copied.to_string(),
            text(error.map(|error| &error.name)),
            text(error.map(|error| &error.cause)),
            text(error.map(|error| &error.hint)),
            run.execution_arn.clone(),
        ]
    });
    Table { header, rows: rows.collect() }
}

/// As in JSON.
fn status(status: RunStatus) -> String {
    let value = serde_json::to_value(status).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

pub(crate) fn accounts_table(accounts: &[AccountView]) -> Table {
    let header = vec![
        "account_id",
        "account_name",
        "files",
        "bytes",
        "verified",
        "switched",
        "skipped",
        "needs_attention",
    ];
    let rows = accounts.iter().map(|account| {
        vec![
            text(account.account_id.as_ref()),
            text(account.account_name.as_ref()),
            account.files.to_string(),
            account.bytes.to_string(),
            account.verified.to_string(),
            account.switched.to_string(),
            account.skipped.to_string(),
            account.needs_attention.to_string(),
        ]
    });
    Table { header, rows: rows.collect() }
}

pub(super) fn errors_table(errors: &[AttentionRow]) -> Table {
    let header = vec![
        "record_id",
        "account_id",
        "account_name",
        "outcome",
        "meaning",
        "message",
        "hint",
        "url",
        "run_id",
        "at",
        "attempts",
    ];
    let rows = errors.iter().map(|row| {
        vec![
            row.record_id.clone(),
            text(row.account_id.as_ref()),
            text(row.account_name.as_ref()),
            row.outcome.clone(),
            row.meaning.clone(),
            text(row.message.as_ref()),
            row.hint.clone(),
            text(row.url.as_ref()),
            row.run_id.clone(),
            row.at.clone(),
            row.attempts.to_string(),
        ]
    });
    Table { header, rows: rows.collect() }
}

fn text<T: ToString>(value: Option<&T>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}
