//! The stack at a glance: is every file accounted for, and what goes on?

use std::collections::{BTreeMap, BTreeSet};

use drayage_aws::queue::{Queue, QueueDepth};
use drayage_domain::org::Org;
use drayage_domain::pause::Pause;
use drayage_domain::run::{RunRecord, RunState, RunSummary, Summary, Work};
use futures::future::try_join_all;
use futures::{join, try_join};
use serde::Serialize;

use super::attention::attention;
use super::backups;
use super::progress::{Progress, progress};
use super::runs::{RunStatus, RunView, runs};
use super::schedule::{ScheduleView, schedule};
use crate::connection::Connection;
use crate::failure::Failure;
use crate::kind::Kind;
use crate::output::{counted, grouped};

/// The stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StackView {
    /// Its name.
    pub(crate) name: String,
    /// The Region.
    pub(crate) region: String,
    /// The version that is deployed.
    pub(crate) version: String,
    /// The bucket that files are copied into.
    pub(crate) destination_bucket: String,
    /// The prefix in it.
    pub(crate) destination_prefix: String,
}

/// The Salesforce org, as the last run has seen it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrgView {
    /// 18-character id.
    pub(crate) id: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// Whether it is a sandbox; `false` is a production org.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_sandbox: Option<bool>,
}

/// The work of the stack is paused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PauseView {
    /// Since when.
    pub(crate) since: String,
    /// Who asked, as the AWS identity tells it.
    pub(crate) by: String,
}

/// The ledger at a glance, from the last backup that ended; a whole count takes `accounts`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LedgerTotals {
    /// Records that need a person, by outcome.
    pub(crate) needs_attention: BTreeMap<String, u64>,
    /// Batches in the dead-letter queue.
    pub(crate) dead_letters: u64,
}

/// The stack at a glance.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Overview {
    /// The stack.
    pub(crate) stack: StackView,
    /// The org; none before the first run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) org: Option<OrgView>,
    /// Whether the work is paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) paused: Option<PauseView>,
    /// What goes on.
    pub(crate) current: Vec<Progress>,
    /// The newest ended run of each kind that has one.
    pub(crate) latest: Vec<RunView>,
    /// Whether every file is accounted for, by the newest backup of all files that ended; none before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) accounted_for: Option<bool>,
    /// What keeps the newest backup from accounting for every file, in words; none where it does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) missing: Vec<String>,
    /// What needs a person.
    pub(crate) ledger: LedgerTotals,
    /// The schedule; none where the role may not read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) schedule: Option<ScheduleView>,
    /// The newest runs, the newest first.
    pub(crate) runs: Vec<RunView>,
    /// The backup that tells whether every file is accounted for, while it is among the newest runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_backup: Option<RunView>,
    /// What could not be read, and what a limited backup does not answer for, in sentences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<String>,
}

/// Runs that are looked through: enough for the newest ended one of each kind, of which a schedule makes many backups.
const RUNS_LOOKED_AT: usize = 12;
/// Runs of a kind that are looked through for what the newest of the kind says.
const BACKUPS_LOOKED_AT: u32 = 20;

/// Reads everything at once. What the role may not read is left out, and named in the notes. Calls seven lists of executions, of which a
/// Region bears some two a second for long: look at a run's [`progress`] in between.
pub(crate) async fn overview(connection: &Connection) -> Result<Overview, Failure> {
    overview_with(connection, None).await
}

/// The same, with what is known already of the records that need a person: to count them, the whole review list is read.
pub(crate) async fn overview_with(
    connection: &Connection,
    needs_attention: Option<BTreeMap<String, u64>>,
) -> Result<Overview, Failure> {
    Box::pin(everything(connection, needs_attention)).await
}

async fn everything(
    connection: &Connection,
    needs_attention: Option<BTreeMap<String, u64>>,
) -> Result<Overview, Failure> {
    let Connection { ledger, stack, .. } = connection;
    let paused = async { Ok::<_, Failure>(ledger.paused().await?) };
    let backups =
        async { Ok::<_, Failure>(ledger.runs(Kind::Backup.name(), BACKUPS_LOOKED_AT).await?) };
    let migrations = async { Ok::<_, Failure>(ledger.runs(Kind::Migrate.name(), 1).await?) };
    let queue = Queue::new(connection.clients.sqs(), &stack.copy_dead_letter_queue);
    let optional = async { Ok(join!(queue.depth(), schedule(connection))) };
    let needs_attention = async {
        match needs_attention {
            Some(known) => Ok(known),
            None => Ok::<_, Failure>(attention(connection, 0, None).await?.counts),
        }
    };
    let (runs, paused, backups, migrations, needs_attention, (dead, schedule)) = try_join!(
        runs(connection, RUNS_LOOKED_AT, false),
        paused,
        backups,
        migrations,
        needs_attention,
        optional,
    )?;
    let mut notes = Vec::new();
    let dead_letters = dead.map_or_else(
        |error| {
            notes.push(format!("the dead-letter queue cannot be read: {error}"));
            0
        },
        QueueDepth::all,
    );
    let schedule = schedule
        .map_err(|failure| notes.push(format!("the schedule cannot be read: {}", failure.message)))
        .ok();
    let open = runs.runs.iter().filter(|run| run.status.goes_on());
    let current = try_join_all(open.map(|run| progress(connection, run, None))).await?;
    let newest = newest_backup(&backups, &runs.runs);
    notes.extend(limited(&backups));
    Ok(Overview {
        stack: StackView {
            name: stack.name.clone(),
            region: stack.region.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            destination_bucket: stack.destination_bucket.clone(),
            destination_prefix: stack.destination_prefix.clone(),
        },
        org: backups.iter().chain(&migrations).find_map(org),
        paused: paused.map(|Pause { since, by }| PauseView { since, by }),
        current,
        accounted_for: newest.map(accounted_for),
        missing: newest.map(missing_in).unwrap_or_default(),
        last_backup: newest
            .and_then(|backup| runs.runs.iter().find(|run| run.run_id == backup.run_id).cloned()),
        latest: latest(&runs.runs),
        runs: runs.runs,
        ledger: LedgerTotals { needs_attention, dead_letters },
        schedule,
        notes,
    })
}

/// The newest backup of all files that has ended, however it has.
fn newest_backup<'a>(backups: &'a [RunRecord], runs: &[RunView]) -> Option<&'a RunRecord> {
    let broken_off = [RunStatus::Stopped, RunStatus::TimedOut, RunStatus::Failed, RunStatus::Lost];
    backups::newest_whole(backups, |run_id| {
        runs.iter().any(|run| run.run_id == run_id && broken_off.contains(&run.status))
    })
}

/// What keeps a backup from accounting for every file.
fn missing(summary: &Summary) -> Vec<String> {
    if summary.accounted_for {
        return Vec::new();
    }
    let mut missing = Vec::new();
    let without = summary.enumerated.saturating_sub(summary.accounted);
    if without > 0 {
        let verb = if without == 1 { "has" } else { "have" };
        missing.push(format!("{} {verb} no outcome", counted(without, "record")));
    }
    match summary.batches_open {
        0 => {}
        1 => missing.push("1 batch is not done".to_owned()),
        open => missing.push(format!("{} batches are not done", grouped(u64::from(open)))),
    }
    match &summary.reconciliation {
        Some(found) if !found.complete => {
            missing.push("the comparison with the destination has not read everything".to_owned());
        }
        Some(found) if !found.accounted_for => {
            missing.push("the comparison with the destination does not add up".to_owned());
        }
        Some(_) | None => {}
    }
    if let Some(error) = &summary.error {
        missing.push(format!("it was broken off: {error}"));
    }
    if missing.is_empty() {
        missing.push("its sums do not add up".to_owned());
    }
    missing
}

/// The same of a backup that may have been broken off before it could sum up.
fn missing_in(backup: &RunRecord) -> Vec<String> {
    match &backup.summary {
        Some(RunSummary::Records(summary)) => missing(summary),
        Some(RunSummary::Urls(_)) | None => vec!["it was broken off before its end".to_owned()],
    }
}

/// One that was broken off has no summary, and accounts for nothing.
fn accounted_for(backup: &RunRecord) -> bool {
    match &backup.summary {
        Some(RunSummary::Records(summary)) => summary.accounted_for,
        Some(RunSummary::Urls(_)) | None => false,
    }
}

/// What the newest backup does not answer for.
fn limited(backups: &[RunRecord]) -> Option<String> {
    let newest = backups::newest(backups).filter(|run| run.state != RunState::Running)?;
    let limit = newest.work.records().and_then(backups::limit)?;
    Some(format!(
        "backup {} was limited to {limit}, so it does not answer for every file",
        newest.run_id
    ))
}

fn latest(runs: &[RunView]) -> Vec<RunView> {
    let mut kinds = BTreeSet::new();
    let ended = runs.iter().filter(|run| !run.status.goes_on());
    ended.filter(|run| kinds.insert(run.kind.as_str())).cloned().collect()
}

fn org(run: &RunRecord) -> Option<OrgView> {
    let (org, id) = match &run.work {
        Work::Records(options) => (options.org.as_ref(), None),
        Work::Urls(options) => (options.org.as_ref(), options.org_id.as_ref()),
        Work::Objects(_) | Work::Comparison => (None, None),
    };
    match (org, id) {
        (Some(Org { id, name, is_sandbox }), _) => Some(OrgView {
            id: id.clone(),
            name: Some(name.clone()),
            is_sandbox: Some(*is_sandbox),
        }),
        (None, Some(id)) => Some(OrgView { id: id.clone(), name: None, is_sandbox: None }),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests;
