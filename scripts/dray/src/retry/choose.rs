//! What a retry of a run is. Pure, so that every case can be looked at in tests.

use drayage_domain::counts::Counts;
use drayage_domain::run::Summary;
use drayage_domain::switch::input::RECORDS_MAX;
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::kind::Kind;
use crate::output::counted;
use crate::view::{Attention, RunStatus, RunView};

/// What only belongs to the execution that had it.
const NOT_REPEATED: [&str; 4] = ["parentRun", "trigger", "execute", "planHash"];

/// What is known of what a run has left.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Facts {
    /// Its input; `None` where Step Functions does not know it any more.
    pub(super) input: Option<Value>,
    /// Files that it could not copy.
    pub(super) failed: Failed,
    /// How the backup ended that has copied for it; `None` where the ledger does not know.
    pub(super) backup: Option<Summary>,
    /// Records that it did not write; `None` where they are too many to be read.
    pub(super) not_written: Option<Vec<String>>,
}

/// Files that could not be copied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Failed {
    /// All of them.
    pub(super) total: u64,
    /// The first ones.
    pub(super) ids: Vec<String>,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Next {
    /// Nothing, in words.
    Nothing(String),
    /// An execution.
    Start(Step),
}

/// What is started.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    /// What it will do, in words.
    pub(super) why: String,
    pub(super) kind: Kind,
    pub(super) input: Value,
    /// Whether it does more than what has failed, so that a person has to agree.
    pub(super) ask: bool,
    /// Whether records still have to be repointed after it, by a migrate.
    pub(super) is_first_half: bool,
}

impl Step {
    fn new(kind: Kind, why: String, input: Value) -> Self {
        Self { why, kind, input, ask: false, is_first_half: false }
    }
}

/// Whether files of this outcome may be tried again: those that failed, and those that were not at their source.
pub(super) fn may_be_copied(outcome: &str) -> bool {
    outcome == "failed" || outcome.starts_with("failed.") || outcome == "source_gone.object_missing"
}

/// Files that may be tried again.
pub(super) fn failed(found: &Attention) -> Failed {
    let wanted = found.counts.iter().filter(|(label, _)| may_be_copied(label));
    let rows = found.rows.iter().filter(|row| may_be_copied(&row.outcome));
    Failed {
        total: wanted.map(|(_, count)| count).sum(),
        ids: rows.map(|row| row.record_id.clone()).collect(),
    }
}

/// What a retry of this run is.
pub(super) fn choose(run: &RunView, facts: &Facts) -> Result<Next, Failure> {
    let unknown = || {
        Failure::failed(
            format!("{} is a {}, which this version does not know", run.run_id, run.kind),
            "use the dray of the version that is deployed",
        )
    };
    let kind = Kind::from_name(&run.kind).ok_or_else(unknown)?;
    match run.status {
        RunStatus::Running | RunStatus::WaitingForApproval | RunStatus::Paused => {
            return Err(Failure::failed(
                format!("{} goes on", run.run_id),
                "wait for its end, or stop it; what has failed by then can be tried again",
            ));
        }
        RunStatus::Failed | RunStatus::Stopped | RunStatus::TimedOut | RunStatus::Lost
            if run.accounted_for != Some(true) =>
        {
            return same_again(run, kind, facts).map(Next::Start);
        }
        RunStatus::Succeeded
        | RunStatus::Failed
        | RunStatus::Stopped
        | RunStatus::TimedOut
        | RunStatus::Skipped
        | RunStatus::Lost => {}
    }
    match kind {
        Kind::Backup => Ok(copies(run, facts).map_or_else(|| nothing(run), Next::Start)),
        Kind::Migrate | Kind::Rollback => records(run, kind, facts),
        Kind::SinglePhase => match copies(run, facts) {
            Some(step) => Ok(Next::Start(Step { is_first_half: true, ..step })),
            None if had_failed(facts) => second_half(run, facts).map(Next::Start),
            None => records(run, Kind::Migrate, facts),
        },
        Kind::Reconcile if run.clean != Some(true) => {
            let mut input = given(run, facts)?;
            for name in ["dryRun", "deleteExtra"] {
                input.remove(name);
            }
            input.insert("fix".to_owned(), json!(true));
            let why = "Compares again, and copies again what is missing or different.".to_owned();
            Ok(Next::Start(Step::new(kind, why, Value::Object(input))))
        }
        Kind::Transfer if run.clean != Some(true) => same_again(run, kind, facts).map(Next::Start),
        Kind::Reconcile | Kind::Transfer | Kind::Analyze => Ok(nothing(run)),
    }
}

fn nothing(run: &RunView) -> Next {
    Next::Nothing(format!("{} has left nothing to try again.", run.run_id))
}

/// What a backup has left: files that failed, or copies that its comparison has found to be missing or different.
fn copies(run: &RunView, facts: &Facts) -> Option<Step> {
    let Facts { failed, backup, .. } = facts;
    let files = counted(failed.total, "file");
    let kind = Kind::Backup;
    if failed.total == 0 {
        let compared = backup.as_ref()?.reconciliation.as_ref()?;
        let why = format!(
            "{} has found differences between the ledger and the bucket.\nThis compares again, and copies again what is missing \
             or different.",
            run.run_id
        );
        return (!compared.clean).then(|| Step::new(Kind::Reconcile, why, json!({"fix": true})));
    }
    if failed.total > RECORDS_MAX as u64 {
        let why = format!(
            "{} has left {files}, more than {RECORDS_MAX} that can be named.\nThis starts an incremental backup instead, which \
             tries every unsettled file again, and takes up what has changed in Salesforce.",
            run.run_id
        );
        let input = json!({"mode": "incremental"});
        return Some(Step { ask: true, ..Step::new(kind, why, input) });
    }
    let why = format!("Tries again {files} that {} could not copy.", run.run_id);
    Some(Step::new(kind, why, backup_of(&failed.ids)))
}

/// Whether its backup had not copied files, which were copied since.
fn had_failed(facts: &Facts) -> bool {
    let Some(Summary { counts: Counts { outcomes, .. }, .. }) = &facts.backup else { return false };
    outcomes.iter().any(|(label, count)| *count > 0 && may_be_copied(label))
}

/// The migrate of a single-phase, as its state machine starts it.
fn second_half(run: &RunView, facts: &Facts) -> Result<Step, Failure> {
    let mut input = given(run, facts)?;
    input.remove("maxFiles");
    input.insert("backup".to_owned(), json!(false));
    let why =
        format!("Is about what was copied after {}, and about what it did not write.", run.run_id);
    Ok(Step::new(Kind::Migrate, why, Value::Object(input)))
}

/// The input of a backup of these records.
fn backup_of(ids: &[String]) -> Value {
    json!({"mode": "full", "records": ids})
}

/// The records of a run that were not written.
fn records(run: &RunView, kind: Kind, facts: &Facts) -> Result<Next, Failure> {
    let ids = match &facts.not_written {
        Some(ids) if ids.is_empty() => return Ok(nothing(run)),
        Some(ids) if ids.len() <= RECORDS_MAX => ids,
        Some(_) | None => {
            return Err(Failure::failed(
                format!("{} has left too many records to name them", run.run_id),
                format!("start dray {} again: it takes up only what is left", kind.name()),
            ));
        }
    };
    let all = counted(ids.len() as u64, "record");
    let why = format!("Is about {all} that {} did not write.", run.run_id);
    // A rollback from a file goes on from the file. Everything else that has narrowed the run is narrowed further by the records.
    let known = facts.input.as_ref().and_then(Value::as_object);
    let mut input: Map<String, Value> = known
        .into_iter()
        .flatten()
        .filter(|(name, _)| ["mode", "probe", "file", "approval"].contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    input.insert("records".to_owned(), json!(ids));
    Ok(Next::Start(Step::new(kind, why, Value::Object(input))))
}

/// The same execution once more.
fn same_again(run: &RunView, kind: Kind, facts: &Facts) -> Result<Step, Failure> {
    let mut input = given(run, facts)?;
    if kind == Kind::Transfer
        && facts.input.as_ref().and_then(|input| input.get("execute")) == Some(&json!(true))
    {
        // It is about extra objects here, and a person is asked before they are deleted.
        input.insert("execute".to_owned(), json!(true));
    }
    let how = match run.status {
        RunStatus::Stopped => "was stopped",
        RunStatus::TimedOut => "has timed out",
        RunStatus::Succeeded => "is not clean",
        RunStatus::Running
        | RunStatus::WaitingForApproval
        | RunStatus::Paused
        | RunStatus::Failed
        | RunStatus::Skipped
        | RunStatus::Lost => "has not accounted for everything",
    };
    let why = format!("{} {how}: the same {} is started again.", run.run_id, kind.name());
    Ok(Step::new(kind, why, Value::Object(input)))
}

/// The input of the run, without what belongs to that execution only.
fn given(run: &RunView, facts: &Facts) -> Result<Map<String, Value>, Failure> {
    let Some(Value::Object(input)) = &facts.input else {
        return Err(Failure::failed(
            format!("Step Functions does not know the input of {} any more", run.run_id),
            format!("start dray {} with the options that you want", run.kind),
        ));
    };
    let kept = input.iter().filter(|(name, _)| !NOT_REPEATED.contains(&name.as_str()));
    Ok(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
}
