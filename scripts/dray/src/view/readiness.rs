//! Whether records could be repointed now, from what is known without starting anything.

use drayage_aws::executions::ExecutionStatus;
use drayage_domain::outcome::Outcome;
use drayage_domain::pause::Pause;
use drayage_domain::run::{RunRecord, RunState, RunSummary};
use drayage_domain::switch::plan::{Check, CheckState};
use futures::try_join;
use serde::Serialize;

use super::attention::attention;
use super::backups;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::kind::Kind;
use crate::output::counted;

/// Whether a migration could be carried out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Readiness {
    /// Whether no check fails.
    pub(crate) ready: bool,
    /// The checks, named as those of a migration's plan.
    pub(crate) checks: Vec<Check>,
}

/// Runs of a kind that are looked through for the newest one that was carried out.
const LOOKED_THROUGH: u32 = 20;
/// Names of checks that a plan has too; they never change once released.
const SOMETHING_TO_DO: &str = "something_to_do";
const BACKUP_ACCOUNTED_FOR: &str = "backup_accounted_for";
const BACKUP_COMPLETE: &str = "backup_complete";
const ATTENTION: &str = "attention";
const EARLIER_JOBS: &str = "earlier_jobs";
/// Names of checks that only make sense beforehand.
const RUN_LOCK: &str = "run_lock";
const NOT_PAUSED: &str = "not_paused";

/// Checks the last backup, the lock, open executions and the review list.
pub(crate) async fn readiness(connection: &Connection) -> Result<Readiness, Failure> {
    Box::pin(checked(connection)).await
}

async fn checked(connection: &Connection) -> Result<Readiness, Failure> {
    let Connection { ledger, stack, .. } = connection;
    let of_kind = |kind: Kind| async move {
        Ok::<_, Failure>(ledger.runs(kind.name(), LOOKED_THROUGH).await?)
    };
    let lock = async {
        let migration = format!("{}/{}", stack.destination_bucket, stack.destination_prefix);
        let Some((holder, arn)) = ledger.lock_holder(&migration).await? else { return Ok(None) };
        let goes_on = connection.executions.status(&arn).await? == ExecutionStatus::Running;
        Ok::<_, Failure>(goes_on.then_some(holder))
    };
    let paused = async { Ok::<_, Failure>(ledger.paused().await?) };
    let (backups, migrations, rollbacks, lock, paused, attention) = try_join!(
        of_kind(Kind::Backup),
        of_kind(Kind::Migrate),
        of_kind(Kind::Rollback),
        lock,
        paused,
        attention(connection, 0, None),
    )?;
    let backup = backups::newest(&backups);
    let carried_out = |runs: &[RunRecord]| {
        runs.iter().find(|run| run.work.urls().is_some_and(|work| work.execute)).cloned()
    };
    let checks = vec![
        backup_accounted_for(backup),
        something_to_do(backup),
        backup_complete(carried_out(&rollbacks).as_ref()),
        earlier_jobs(carried_out(&migrations).as_ref()),
        run_lock(lock.as_deref()),
        not_paused(paused.as_ref()),
        of_attention(attention.total()),
    ];
    let ready = checks.iter().all(|check| check.state != CheckState::Failed);
    Ok(Readiness { ready, checks })
}

/// As the preflight of a migration has it.
fn backup_accounted_for(backup: Option<&RunRecord>) -> Check {
    let failed = |found: String| check(BACKUP_ACCOUNTED_FOR, CheckState::Failed, found);
    let Some(RunRecord { run_id, state, ended_at, work, .. }) = backup else {
        return failed("nothing was backed up yet; hint: dray backup".to_owned());
    };
    let limit = work.records().and_then(backups::limit);
    match (state, limit) {
        (RunState::Succeeded, Some(limit)) => check(
            BACKUP_ACCOUNTED_FOR,
            CheckState::Warning,
            format!(
                "backup {run_id}, the newest one, was limited to {limit}, and tells nothing of the other files; hint: dray backup"
            ),
        ),
        (RunState::Succeeded, None) => check(
            BACKUP_ACCOUNTED_FOR,
            CheckState::Passed,
            format!(
                "backup {run_id} has accounted for every record ({})",
                ended_at.as_deref().unwrap_or("no end is known")
            ),
        ),
        (RunState::Running, _) => failed(format!(
            "backup {run_id} has not come to an end; hint: wait for it, or start another one"
        )),
        (RunState::Failed, _) => failed(format!(
            "backup {run_id}, the newest one, did not account for every record; hint: dray status --errors, then dray backup"
        )),
    }
}

fn something_to_do(backup: Option<&RunRecord>) -> Check {
    let summary = match backup.and_then(|run| run.summary.as_ref()) {
        Some(RunSummary::Records(summary)) => summary,
        Some(RunSummary::Urls(_)) | None => {
            return check(
                SOMETHING_TO_DO,
                CheckState::Warning,
                "no backup tells how many records there are",
            );
        }
    };
    let copied = [Outcome::Verified, Outcome::Unchanged, Outcome::AccountRenamed];
    let of = |outcome: Outcome| summary.counts.outcomes.get(&outcome.label()).unwrap_or(&0);
    let left = summary.not_yet_switched.unwrap_or_else(|| copied.into_iter().map(of).sum());
    if left == 0 {
        return check(
            SOMETHING_TO_DO,
            CheckState::Warning,
            "no record with a proven copy still points at its source",
        );
    }
    let found = format!("{} with a proven copy, by the newest backup", counted(left, "record"));
    check(SOMETHING_TO_DO, CheckState::Passed, found)
}

fn backup_complete(rollback: Option<&RunRecord>) -> Check {
    match rollback {
        Some(RunRecord { state: RunState::Failed | RunState::Running, run_id, .. }) => check(
            BACKUP_COMPLETE,
            CheckState::Warning,
            format!(
                "rollback {run_id} has not come to a good end, and may have left records halfway; hint: run it again first"
            ),
        ),
        Some(RunRecord { state: RunState::Succeeded, .. }) | None => {
            check(BACKUP_COMPLETE, CheckState::Passed, "no rollback was left halfway")
        }
    }
}

fn earlier_jobs(migration: Option<&RunRecord>) -> Check {
    match migration {
        Some(RunRecord { state: RunState::Failed | RunState::Running, run_id, .. }) => check(
            EARLIER_JOBS,
            CheckState::Warning,
            format!(
                "migration {run_id} has not come to a good end; a run that is executed aborts what Bulk API jobs it has left"
            ),
        ),
        Some(RunRecord { state: RunState::Succeeded, .. }) | None => {
            check(EARLIER_JOBS, CheckState::Passed, "no migration was interrupted")
        }
    }
}

fn run_lock(holder: Option<&str>) -> Check {
    match holder {
        Some(run_id) => check(
            RUN_LOCK,
            CheckState::Failed,
            format!(
                "run {run_id} is under way in the same destination; hint: wait for it, or dray stop {run_id}"
            ),
        ),
        None => check(RUN_LOCK, CheckState::Passed, "no other run is under way"),
    }
}

fn not_paused(pause: Option<&Pause>) -> Check {
    match pause {
        Some(Pause { since, by }) => check(
            NOT_PAUSED,
            CheckState::Failed,
            format!("the work is paused since {since} by {by}; hint: dray resume"),
        ),
        None => check(NOT_PAUSED, CheckState::Passed, "the work is not paused"),
    }
}

fn of_attention(count: u64) -> Check {
    if count == 0 {
        return check(ATTENTION, CheckState::Passed, "no record needs attention");
    }
    let need = if count == 1 { "needs" } else { "need" };
    let found = format!(
        "{} {need} a person, and {} left alone; hint: dray status --errors",
        counted(count, "record"),
        if count == 1 { "is" } else { "are" }
    );
    check(ATTENTION, CheckState::Warning, found)
}

fn check(name: &str, state: CheckState, found: impl Into<String>) -> Check {
    Check { name: name.to_owned(), state, found: found.into() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wiremock::MockServer;

    use super::super::backups::tests::backup;
    use super::*;
    use crate::connection::test_support::{answer, connection};

    #[tokio::test]
    async fn a_stack_without_a_backup_is_not_ready() {
        let server = MockServer::start().await;
        answer(&server, "DynamoDB_20120810.Query", 200, &json!({"Items": []})).await;
        answer(&server, "DynamoDB_20120810.GetItem", 200, &json!({})).await;
        let found = readiness(&connection(&server)).await.unwrap();
        assert!(!found.ready);
        let failed: Vec<&str> = found
            .checks
            .iter()
            .filter(|check| check.state == CheckState::Failed)
            .map(|check| check.name.as_str())
            .collect();
        assert_eq!(failed, [BACKUP_ACCOUNTED_FOR]);
    }

    #[test]
    fn a_limited_backup_does_not_answer_for_everything() {
        let of = |max_files: Option<u64>| {
            let run = backup("b", RunState::Succeeded, |work| work.max_files = max_files);
            backup_accounted_for(Some(&run))
        };
        assert_eq!(of(None).state, CheckState::Passed);
        let limited = of(Some(5));
        assert_eq!(limited.state, CheckState::Warning);
        assert!(limited.found.contains("limited to 5 files"), "{}", limited.found);
    }

    #[test]
    fn what_stands_in_the_way_says_what_to_do() {
        let pause = Pause { since: "2026-01-01T00:00:00Z".to_owned(), by: "me".to_owned() };
        for check in [run_lock(Some("r")), not_paused(Some(&pause)), of_attention(2)] {
            assert_ne!(check.state, CheckState::Passed);
            assert!(
                check.found.contains("; hint: ") && check.found.contains("dray "),
                "{}",
                check.found
            );
        }
        assert_eq!(of_attention(0).state, CheckState::Passed);
    }
}
