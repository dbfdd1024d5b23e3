//! Checks everything that a run needs before anything starts, takes the run lock and records the run.
//!
//! A wrong configuration never starts a run: settings, execution input, secret, login, sObject and fields, buckets, the API
//! budget, and what the run builds upon are looked at first, and every problem of a kind is told at once. Nothing outside the
//! ledger is written here, and invoking it again for the same execution changes nothing.
//!
//! [`backup`] starts runs that copy files, [`analyze`] those that only look at what there is, [`urls`] those that write into Salesforce;
//! [`diagnosis`] starts nothing.

mod analyze;
mod backup;
mod checks;
mod diagnosis;
mod lock;
mod urls;

use drayage_aws::clients::Clients;
use drayage_domain::diagnosis::Diagnosis;
use drayage_domain::problem::Problem;
use drayage_domain::run::{RunRecord, RunState, Work};
use drayage_domain::settings::Settings;
use drayage_lambda_kit::config;
use drayage_lambda_kit::error::FunctionError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the function is invoked with.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Event {
    /// A person asks whether everything is in order.
    Check(CheckRequest),
    /// A state machine starts a run.
    Start(Request),
}

/// The event of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct CheckRequest {
    /// Tells it from the start of a run.
    pub kind: CheckKind,
}

/// The only kind of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckKind {
    /// Looks at everything, and starts nothing.
    Check,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Reply {
    /// What was found.
    Diagnosis(Diagnosis),
    /// Whether the run may go on.
    Start(Answer),
}

/// What the state machine passes: its context object's execution.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Which state machine starts.
    #[serde(default)]
    pub kind: Kind,
    /// The execution's name; it names the run.
    pub run_id: String,
    /// The execution's ARN.
    pub execution_arn: String,
    /// When the execution started, RFC 3339.
    pub started_at: String,
    /// The execution's input.
    #[serde(default)]
    pub input: Value,
}

/// A state machine whose runs are started here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Files are copied.
    #[default]
    Backup,
    /// Records are repointed.
    Migrate,
    /// Records are put back.
    Rollback,
    /// What a migration would be about is told.
    Analyze,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Backup => "backup",
            Self::Migrate => "migrate",
            Self::Rollback => "rollback",
            Self::Analyze => "analyze",
        }
    }
}

/// Whether the run may go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// Whether the run started.
    pub outcome: Outcome,
    /// The run.
    pub run_id: String,
    /// Whether nothing is to be copied, or written into Salesforce.
    pub dry_run: bool,
    /// Whether what has changed is backed up first; of a `migrate` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup: Option<bool>,
    /// Why the run was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Whether a run started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It did.
    Started,
    /// A scheduled run met a running one and does nothing.
    Skipped,
}

/// Checks and starts a run, or only checks.
pub async fn handle(clients: &Clients, event: Event) -> Result<Reply, FunctionError> {
    match event {
        Event::Check(_) => Ok(Reply::Diagnosis(Box::pin(diagnosis::diagnose(clients)).await)),
        Event::Start(request) => start(clients, request).await.map(Reply::Start),
    }
}

async fn start(clients: &Clients, request: Request) -> Result<Answer, FunctionError> {
    match request.kind {
        Kind::Backup => Box::pin(backup::start(clients, &request)).await,
        Kind::Migrate => Box::pin(urls::start_migrate(clients, &request)).await,
        Kind::Rollback => urls::start_rollback(clients, &request).await,
        Kind::Analyze => Box::pin(analyze::start(clients, &request)).await,
    }
}

/// The stack's settings and the execution's input; where both are wrong, the problems of both.
fn settings_and<T>(input: Result<T, Vec<Problem>>) -> Result<(Settings, T), FunctionError> {
    match (config::from_environment(), input) {
        (Ok(settings), Ok(input)) => Ok((settings, input)),
        (Err(error), Ok(_)) => Err(error),
        (Ok(_), Err(problems)) => Err(FunctionError::input(&problems)),
        (Err(mut error), Err(problems)) => {
            error.message =
                format!("{}\n{}", error.message, FunctionError::input(&problems).message);
            Err(error)
        }
    }
}

impl Request {
    /// The run as it is recorded when it starts.
    fn run(&self, work: Work, records_expected: u64) -> RunRecord {
        RunRecord {
            run_id: self.run_id.clone(),
            kind: self.kind.name().to_owned(),
            execution_arn: self.execution_arn.clone(),
            started_at: self.started_at.clone(),
            ended_at: None,
            state: RunState::Running,
            work,
            records_expected,
            summary: None,
        }
    }

    /// The run starts.
    fn started(&self, dry_run: bool, backup: Option<bool>) -> Answer {
        let run_id = self.run_id.clone();
        Answer { outcome: Outcome::Started, run_id, dry_run, backup, reason: None }
    }
}

#[cfg(test)]
mod tests {
    use drayage_domain::run_input::{BackupInput, Trigger};
    use drayage_domain::switch::input::{MigrateInput, RollbackInput};
    use drayage_domain::switch::line::Direction;

    use super::*;

    fn sample(text: &str) -> Request {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_sample_events_of_a_backup_are_understood() {
        let manual = sample(include_str!("../events/manual.json"));
        assert_eq!(manual.kind, Kind::Backup);
        assert_eq!(BackupInput::parse(&manual.input), Ok(BackupInput::default()));
        let scheduled = sample(include_str!("../events/scheduled.json"));
        let input = BackupInput::parse(&scheduled.input).unwrap();
        assert_eq!(input.trigger, Trigger::Schedule);
        let nested = sample(include_str!("../events/nested.json"));
        let input = BackupInput::parse(&nested.input).unwrap();
        assert!(input.parent_run.is_some_and(|parent| parent != nested.run_id));
    }

    #[test]
    fn the_sample_events_of_a_switch_are_understood() {
        let migrate = sample(include_str!("../events/migrate.json"));
        assert_eq!(migrate.kind, Kind::Migrate);
        assert!(MigrateInput::parse(&migrate.input).unwrap().execute);
        for rollback in
            [include_str!("../events/rollback.json"), include_str!("../events/rollback-file.json")]
        {
            let rollback = sample(rollback);
            assert_eq!(rollback.kind, Kind::Rollback);
            assert!(RollbackInput::parse(&rollback.input).is_ok());
        }
    }

    #[test]
    fn a_check_is_told_from_a_run() {
        let event = |text: &str| serde_json::from_str::<Event>(text);
        assert!(matches!(event(include_str!("../events/check.json")), Ok(Event::Check(_))));
        for start in [include_str!("../events/manual.json"), include_str!("../events/migrate.json")]
        {
            assert!(matches!(event(start), Ok(Event::Start(_))));
        }
        assert!(event(r#"{"kind": "backup"}"#).is_err(), "a run has an id");
    }

    #[test]
    fn an_answer_stays_as_state_machines_know_it() {
        let answer = sample(include_str!("../events/manual.json")).started(false, None);
        let reply = Reply::Start(answer.clone());
        assert_eq!(serde_json::to_value(reply).unwrap(), serde_json::to_value(answer).unwrap());
    }

    #[test]
    fn the_sample_event_of_an_analysis_is_understood() {
        let analyze = sample(include_str!("../events/analyze.json"));
        assert_eq!(analyze.kind, Kind::Analyze);
        let input = drayage_domain::analysis::input::AnalyzeInput::parse(&analyze.input);
        assert_eq!(input.unwrap().sample_size(), 1_000);
    }

    #[test]
    fn runs_are_recorded_under_the_kind_of_their_direction() {
        assert_eq!(Kind::Migrate.name(), Direction::Switch.kind());
        assert_eq!(Kind::Rollback.name(), Direction::Restore.kind());
    }

    #[test]
    fn only_a_migrate_answers_whether_it_is_backed_up_first() {
        let request = sample(include_str!("../events/migrate.json"));
        let answer = serde_json::to_value(request.started(false, Some(true))).unwrap();
        assert_eq!(
            answer,
            serde_json::json!({"outcome": "started", "runId": request.run_id, "dryRun": false, "backup": true})
        );
        let answer = serde_json::to_value(request.started(true, None)).unwrap();
        assert_eq!(answer.get("backup"), None);
    }
}
