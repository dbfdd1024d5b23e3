//! The runs of the known ledger: each kind once, ended well, badly and not at all. Step Functions knows none of their executions.

use anyhow::{Context as _, Result};
use drayage_aws::ledger::{Lease, Ledger};
use drayage_domain::counts::Counts;
use drayage_domain::run::RunRecord;
use jiff::Timestamp;
use serde_json::{Value, json};

/// A backup that has ended, and leaves something to look at.
pub(crate) const BACKUP: &str = "backup-20260105T020000Z-k1";
/// A migration that has ended.
pub(crate) const MIGRATE: &str = "migrate-20260105T040000Z-k2";
/// A backup that nobody knows the end of.
const LOST: &str = "backup-20260106T020000Z-k3";

const ORG: &str = "00D000000000001EAA";

/// Writes all of them, the oldest first.
pub(super) async fn write(ledger: &Ledger) -> Result<()> {
    for run in [
        backup("backup-20260104T020000Z-k0", "2026-01-04", &failed_summary()),
        backup(BACKUP, "2026-01-05", &backup_summary()),
        migrate("migrate-20260105T030000Z-plan", "2026-01-05T03:00:00Z", true),
        migrate(MIGRATE, "2026-01-05T04:00:00Z", false),
        rollback("rollback-20260105T060000Z-k4"),
        comparison("reconcile", "reconcile-20260105T070000Z-k5", "Succeeded"),
        comparison("transfer", "transfer-20260105T080000Z-k6", "Failed"),
        running(LOST),
    ] {
        let id = run["runId"].as_str().unwrap_or_default().to_owned();
        let run: RunRecord =
            serde_json::from_value(run).with_context(|| format!("{id} has another shape"))?;
        ledger.create_run(&run).await?;
    }
    batches(ledger, BACKUP, 3, 3).await?;
    batches(ledger, LOST, 4, 2).await
}

/// Announces batches, and closes some of them with counts.
async fn batches(ledger: &Ledger, run_id: &str, announced: u32, closed: u32) -> Result<()> {
    let now = "2026-01-05T02:00:00Z".parse::<Timestamp>()?;
    let until = "2026-01-05T02:15:00Z".parse::<Timestamp>()?;
    for number in 1..=announced {
        ledger.put_batch(run_id, number, 100).await?;
        if number > closed {
            continue;
        }
        ledger.claim_batch(run_id, number, Lease { owner: "known", now, until }).await?;
        let counts: Counts =
            serde_json::from_value(counts(&[("verified", 97), ("failed.throttled", 3)]))?;
        ledger.finish_batch(run_id, number, "known", &counts).await?;
    }
    Ok(())
}

fn counts(outcomes: &[(&str, u64)]) -> Value {
    let outcomes: serde_json::Map<String, Value> =
        outcomes.iter().map(|&(label, count)| (label.to_owned(), json!(count))).collect();
    json!({"outcomes": outcomes, "bytesCopied": 123_456_789, "serverSideCopies": 10, "requests": 700, "apiCalls": 0})
}

fn run(kind: &str, id: &str, started_at: &str, state: &str) -> Value {
    json!({
        "runId": id,
        "kind": kind,
        "executionArn": format!("arn:aws:states:us-east-1:000000000000:execution:drayage-{kind}:{id}"),
        "startedAt": started_at,
        "endedAt": if state == "Running" { None } else { Some(ended(started_at)) },
        "state": state,
        "work": {"over": "comparison"},
        "recordsExpected": 0,
        "summary": null,
    })
}

/// Twenty-one minutes after the full hour at which it started.
fn ended(started_at: &str) -> String {
    started_at.replace(":00:00Z", ":21:07Z")
}

fn fields() -> Value {
    json!({
        "object": "DocListEntry__c",
        "urlField": "Document__c",
        "accountField": "Account__c",
        "accountRelationship": "Account__r",
    })
}

fn org() -> Value {
    json!({"id": ORG, "name": "Acme \u{202e}Production", "isSandbox": false})
}

fn records_work() -> Value {
    json!({
        "over": "records",
        "mode": "full",
        "dryRun": false,
        "trigger": "manual",
        "queryApi": "auto",
        "bulkThreshold": 50_000,
        "fields": fields(),
        "allowedExtensions": [],
        "maxFileBytes": 104_857_600,
        "batchSize": 100,
        "sourceAccess": "role",
        "sourceHosts": "s3://theirs",
        "destinationBucket": "drayage-destination",
        "destinationPrefix": "uploads",
        "newUrlBase": "https://drayage-destination.example/",
        "urlLengthMax": 255,
        "org": org(),
    })
}

fn urls_work(direction: &str, execute: bool) -> Value {
    json!({
        "over": "urls",
        "direction": direction,
        "execute": execute,
        "probe": true,
        "mode": "auto",
        "scope": {},
        "fields": fields(),
        "urlLengthMax": 255,
        "orgId": ORG,
        "org": org(),
        "destinationBucket": "drayage-destination",
        "newUrlBase": "https://drayage-destination.example/",
        "trigger": "manual",
    })
}

fn backup(id: &str, day: &str, summary: &Value) -> Value {
    let started_at = format!("{day}T02:00:00Z");
    let is_green = summary["accountedFor"] == json!(true);
    let mut run = run("backup", id, &started_at, if is_green { "Succeeded" } else { "Failed" });
    run["work"] = records_work();
    run["recordsExpected"] = json!(300);
    run["summary"] = summary.clone();
    run["summary"]["over"] = json!("records");
    run["summary"]["runId"] = json!(id);
    run["summary"]["startedAt"] = json!(started_at);
    run["summary"]["endedAt"] = json!(ended(&started_at));
    run
}

fn backup_summary() -> Value {
    json!({
        "mode": "full",
        "dryRun": false,
        "accountedFor": true,
        "clean": false,
        "enumerated": 300,
        "accounted": 300,
        "needsAttention": 9,
        "counts": counts(&[("verified", 291), ("failed.throttled", 9)]),
        "batches": 3,
        "batchesOpen": 0,
    })
}

fn failed_summary() -> Value {
    json!({
        "mode": "incremental",
        "dryRun": false,
        "accountedFor": false,
        "clean": false,
        "enumerated": 120,
        "accounted": 0,
        "needsAttention": 0,
        "counts": counts(&[]),
        "batches": 0,
        "batchesOpen": 0,
        "error": "SalesforceAuthFailed: user has not approved this consumer; hint: approve the connected app",
    })
}

fn switch_summary(id: &str, direction: &str, dry_run: bool, outcomes: &[(&str, u64)]) -> Value {
    let records: u64 = outcomes.iter().map(|(_, count)| count).sum();
    json!({
        "over": "urls",
        "runId": id,
        "direction": direction,
        "dryRun": dry_run,
        "accountedFor": true,
        "clean": dry_run,
        "planned": records,
        "accounted": records,
        "needsAttention": if dry_run { 0 } else { 4 },
        "counts": counts(outcomes),
        "notPlanned": {"failed.throttled": 9},
        "planHash": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "batchesOpen": 0,
        "startedAt": "",
        "endedAt": "",
    })
}

fn migrate(id: &str, started_at: &str, dry_run: bool) -> Value {
    let outcomes: &[(&str, u64)] = if dry_run {
        &[("planned", 291)]
    } else {
        &[("switched", 287), ("drifted", 1), ("not_written.locked", 2), ("not_written.refused", 1)]
    };
    let mut run = run("migrate", id, started_at, "Succeeded");
    run["work"] = urls_work("switch", !dry_run);
    run["summary"] = switch_summary(id, "switch", dry_run, outcomes);
    run["summary"]["startedAt"] = json!(started_at);
    run["summary"]["endedAt"] = json!(ended(started_at));
    run
}

fn rollback(id: &str) -> Value {
    let started_at = "2026-01-05T06:00:00Z";
    let mut run = run("rollback", id, started_at, "Succeeded");
    run["work"] = urls_work("restore", true);
    run["summary"] = switch_summary(id, "restore", false, &[("restored", 20), ("conflict", 4)]);
    run["summary"]["startedAt"] = json!(started_at);
    run["summary"]["endedAt"] = json!(ended(started_at));
    run
}

fn comparison(kind: &str, id: &str, state: &str) -> Value {
    let hour = if kind == "transfer" { "08" } else { "07" };
    run(kind, id, &format!("2026-01-05T{hour}:00:00Z"), state)
}

fn running(id: &str) -> Value {
    let mut run = run("backup", id, "2026-01-06T02:00:00Z", "Running");
    run["work"] = records_work();
    run["recordsExpected"] = json!(400);
    run
}
