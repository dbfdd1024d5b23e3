//! Plans which records are repointed or put back, how Salesforce is told, and whether that may start.
//!
//! Rows come in no order, so they are sorted on the local disk; memory holds a page, whatever the number of records. What a person
//! reviews (`plan.json`, `plan.csv`) and what is carried out (batches and lanes) come from the same sorted lines. Nothing is written
//! to a record here, but for the canary of guarded updates, which writes what the record already holds. Jobs that interrupted runs
//! have left are stopped.
//!
//! Invoked again, it writes the same objects and announces the same batches: a plan that was ready stays the plan of its run, and
//! lines that have changed since then are refused. The order of writing makes that hold at every moment: the plan is written
//! before the first batch is announced.

mod batches;
mod collect;
mod draft;
mod earlier_jobs;
mod new_url;
mod org;
mod readiness;

use drayage_aws::clients::Clients;
use drayage_aws::ledger::Ledger;
use drayage_aws::objects::Storage;
use drayage_domain::estimate::prices::Quote;
use drayage_domain::pause::Pause;
use drayage_domain::run::RunRecord;
use drayage_domain::settings::Settings;
use drayage_domain::switch::Direction;
use drayage_domain::switch::mode::{SwitchEstimate, batch_size, choose};
use drayage_domain::switch::options::SwitchOptions;
use drayage_domain::switch::plan::{self, SwitchPlan};
use drayage_lambda_kit::documents::Documents;
use drayage_lambda_kit::error::{FunctionError, PLAN_CHANGED, STORAGE_UNAVAILABLE};
use drayage_lambda_kit::{clock, config};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use collect::Tally;
use draft::Draft;
use readiness::Facts;

/// What the state machine passes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The run.
    pub run_id: String,
}

/// What there is to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The run.
    pub run_id: String,
    /// Records of the plan.
    pub records: u64,
    /// Names the content of the plan.
    pub plan_hash: String,
    /// How the execution goes on.
    pub next: Next,
    /// Whether somebody has paused the stack's work; nothing is planned then.
    pub paused: bool,
    /// A pause is looked at again after so many seconds, or the template's `PauseWaitSeconds` if those are more.
    pub wait_seconds: u64,
}

impl Answer {
    fn paused(run_id: String, pause: &Pause) -> Self {
        Self {
            run_id,
            records: 0,
            plan_hash: String::new(),
            next: Next::Wait,
            paused: true,
            wait_seconds: pause.wait_seconds(clock::now()),
        }
    }
}

/// How an execution goes on after its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Next {
    /// It ends: nothing is to be written.
    Finish,
    /// A person approves the plan first.
    Approve,
    /// Records are written.
    Switch,
    /// It comes back when the work goes on.
    Wait,
}

/// Everything that planning needs.
pub(crate) struct Context {
    pub(crate) run: RunRecord,
    pub(crate) options: SwitchOptions,
    pub(crate) settings: Settings,
    pub(crate) ledger: Ledger,
    pub(crate) storage: Storage,
    pub(crate) documents: Documents,
    /// For what is larger than memory.
    pub(crate) directory: TempDir,
}

/// Plans a run.
pub async fn handle(clients: &Clients, request: Request) -> Result<Answer, FunctionError> {
    let context = Context::load(clients, &request.run_id).await?;
    if let Some(pause) = context.ledger.paused().await? {
        tracing::info!(run_id = request.run_id, since = pause.since, "paused");
        return Ok(Answer::paused(request.run_id, &pause));
    }
    let mut collected = context.collect().await?;
    let draft = context.draft(&mut collected.lines, &mut collected.tally).await?;
    let plan_key = plan::plan_key(&context.run.run_id);
    let earlier: Option<SwitchPlan> = context.documents.find(&plan_key).await?;
    let plan = match earlier.filter(SwitchPlan::ready) {
        Some(earlier) => still(earlier, &draft)?,
        None => context.plan(clients, &draft, &collected.tally).await?,
    };
    context.put_file(&plan.list, &draft.list, "text/csv").await?;
    if context.options.execute
        && let Some(error) = readiness::refusal(&plan)
    {
        context.documents.write(&plan_key, &plan).await?;
        return Err(error);
    }
    if let Some(key) = &plan.rollback_file {
        context.put_file(key, draft.lines.path(), "application/x-ndjson").await?;
    }
    // Before the first batch: another invocation must come to the same batches.
    context.documents.write(&plan_key, &plan).await?;
    context.write_batches(&draft.lines, batch_size(plan.mode.mode)).await?;
    tracing::info!(
        run_id = plan.run_id,
        records = plan.records,
        batches = plan.batches,
        lanes = plan.lanes,
        mode = plan.mode.mode.name(),
        execute = plan.execute,
        "planned"
    );
    Ok(Answer {
        next: next(&context.options, plan.records),
        run_id: plan.run_id,
        records: plan.records,
        plan_hash: plan.hash,
        paused: false,
        wait_seconds: 0,
    })
}

impl Context {
    async fn load(clients: &Clients, run_id: &str) -> Result<Self, FunctionError> {
        let settings = config::from_environment()?;
        let ledger = Ledger::new(clients.dynamodb(), &settings.files_table, &settings.runs_table);
        let run = ledger.run(run_id).await?.ok_or_else(|| FunctionError::run_unknown(run_id))?;
        let options =
            run.work.urls().cloned().ok_or_else(|| FunctionError::other_work(&run.run_id))?;
        let storage = Storage::new(clients.s3());
        Ok(Self {
            documents: Documents::new(storage.clone(), &settings.state_bucket),
            directory: TempDir::new().map_err(|error| FunctionError::internal(&error))?,
            run,
            options,
            settings,
            ledger,
            storage,
        })
    }

    /// Asks whoever has to be asked, and decides.
    async fn plan(
        &self,
        clients: &Clients,
        draft: &Draft,
        tally: &Tally,
    ) -> Result<SwitchPlan, FunctionError> {
        let options = &self.options;
        let probe = new_url::open(clients, self, draft).await?;
        // Also where nothing is planned: what is left halfway may be all there is.
        let earlier_jobs = self.earlier_jobs(clients, &tally.interrupted_runs).await?;
        let org = org::Facts::default();
        let mut facts = Facts { options, draft, tally, probe, earlier_jobs, org };
        if draft.records > 0 {
            facts.org = org::ask(clients, self, draft, facts.allows_canary()).await?;
        }
        let mode = choose(options.mode, &facts.org.for_mode(options, draft.records));
        let readiness = facts.readiness(&mode);
        let mode = mode.unwrap_or_else(|refused| refused.decision);
        let (batches, lanes) = draft::count_batches(&draft.lines, batch_size(mode.mode))?;
        let run_id = &self.run.run_id;
        let undoable = options.execute && options.direction == Direction::Switch;
        Ok(SwitchPlan {
            run_id: run_id.clone(),
            direction: options.direction,
            execute: options.execute,
            object: options.fields.object.clone(),
            field: options.fields.url_field.clone(),
            org_id: options.org_id.clone(),
            org: options.org.clone(),
            hash: draft.hash.clone(),
            records: draft.records,
            accounts: draft.accounts,
            batches,
            lanes,
            not_planned: tally.not_planned.clone(),
            estimate: SwitchEstimate::for_run(
                &Quote::of(&self.settings.region),
                mode.mode,
                draft.records,
                (batches, lanes, self.settings.concurrency.switch),
                facts.org.api_calls_left,
            ),
            mode,
            probe: facts.probe,
            readiness,
            rollback_file: undoable.then(|| plan::rollback_file_key(run_id)),
            list: plan::list_key(run_id),
            planned_at: clock::now().to_string(),
        })
    }

    async fn put_file(
        &self,
        key: &str,
        path: &std::path::Path,
        content_type: &str,
    ) -> Result<(), FunctionError> {
        self.storage
            .put_file(&self.settings.state_bucket, key, path, content_type)
            .await
            .map_err(|error| FunctionError::new(STORAGE_UNAVAILABLE, error.to_string()))
    }
}

/// The plan that the run already has: batches may have been announced by it, so no other may take its place.
fn still(earlier: SwitchPlan, draft: &Draft) -> Result<SwitchPlan, FunctionError> {
    if earlier.hash == draft.hash {
        return Ok(earlier);
    }
    Err(FunctionError::new(
        PLAN_CHANGED,
        format!(
            "the run has a plan already, {} with {} records, and the ledger gives {} with {} now; hint: start a new execution",
            earlier.hash, earlier.records, draft.hash, draft.records
        ),
    ))
}

fn next(options: &SwitchOptions, records: u64) -> Next {
    if !options.execute || records == 0 {
        Next::Finish
    } else if options.approval {
        Next::Approve
    } else {
        Next::Switch
    }
}

#[cfg(test)]
mod test_support;

#[cfg(test)]
mod tests {
    use super::*;
    use test_support::options;

    #[test]
    fn the_sample_event_is_understood() {
        let request: Request = serde_json::from_str(include_str!("../events/plan.json")).unwrap();
        assert_eq!(request.run_id, "5f0c1f0e-6f3c-4a57-9f6e-0d6f6b0a9f11");
    }

    #[test]
    fn only_what_is_executed_and_has_records_goes_on() {
        let executed = options(Direction::Switch);
        assert_eq!(next(&executed, 1), Next::Switch);
        assert_eq!(next(&executed, 0), Next::Finish);
        let approved = SwitchOptions { approval: true, ..executed.clone() };
        assert_eq!(next(&approved, 1), Next::Approve);
        assert_eq!(next(&approved, 0), Next::Finish);
        assert_eq!(next(&SwitchOptions { execute: false, ..executed }, 1), Next::Finish);
    }

    #[test]
    fn the_answer_is_what_the_state_machine_reads() {
        let answer = Answer {
            run_id: "m".to_owned(),
            records: 2,
            plan_hash: "h".to_owned(),
            next: Next::Switch,
            paused: false,
            wait_seconds: 0,
        };
        let expected = serde_json::json!({
            "runId": "m", "records": 2, "planHash": "h", "next": "switch", "paused": false, "waitSeconds": 0
        });
        assert_eq!(serde_json::to_value(answer).unwrap(), expected);
    }

    #[test]
    fn a_paused_plan_neither_ends_nor_switches() {
        let pause = Pause { since: "2026-01-01T00:00:00Z".to_owned(), by: "somebody".to_owned() };
        let answer = Answer::paused("m".to_owned(), &pause);
        assert!(answer.paused && answer.next == Next::Wait && answer.wait_seconds > 0);
    }
}
