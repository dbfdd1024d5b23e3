//! Whether the run may work in its destination: the lock is taken, or the run that this one is a step of has it.

use drayage_aws::clients::Clients;
use drayage_aws::executions::Executions;
use drayage_aws::ledger::Ledger;
use drayage_domain::problem::Problem;
use drayage_domain::run_input::Trigger;
use drayage_domain::settings::Settings;
use drayage_lambda_kit::error::{FunctionError, RUN_LOCKED};
use drayage_lambda_kit::{notify, run_lock};

use crate::{Answer, Outcome, Request};

/// Takes the lock. `Some`: another run has it, and this one is skipped, because nobody waits for it.
pub(crate) async fn take(
    clients: &Clients,
    settings: &Settings,
    ledger: &Ledger,
    request: &Request,
    trigger: Trigger,
) -> Result<Option<Answer>, FunctionError> {
    let executions = Executions::new(clients.step_functions());
    let Request { run_id, execution_arn, .. } = request;
    let wanted = run_lock::Wanted { migration: &settings.migration(), run_id, execution_arn };
    match run_lock::take(ledger, &executions, &wanted).await? {
        run_lock::Taken::Ours => Ok(None),
        run_lock::Taken::ByAnother { run_id: holder } => {
            let skipped = refused(request, trigger, &holder)?;
            notify::skipped(clients, settings, request.kind.name(), run_id, &holder).await;
            Ok(Some(skipped))
        }
    }
}

/// A schedule that meets a running run skips cleanly; a person is told that the run was refused.
fn refused(request: &Request, trigger: Trigger, holder: &str) -> Result<Answer, FunctionError> {
    let reason = format!("run {holder} is under way in the same destination");
    match trigger {
        Trigger::Schedule => {
            tracing::warn!(run_id = request.run_id, holder, "scheduled run skipped");
            Ok(Answer {
                outcome: Outcome::Skipped,
                run_id: request.run_id.clone(),
                dry_run: false,
                backup: None,
                reason: Some(reason),
            })
        }
        Trigger::Manual => Err(FunctionError::new(
            RUN_LOCKED,
            format!("{reason}; hint: wait for it, or stop its execution and start again"),
        )),
    }
}

/// Checks that the run `parent` has the lock: a step of it neither takes nor gives the lock.
pub(crate) async fn held_by_parent(
    ledger: &Ledger,
    migration: &str,
    parent: &str,
) -> Result<(), FunctionError> {
    let holder = ledger.lock_holder(migration).await?;
    parent_holds(parent, holder.as_ref().map(|(run_id, _)| run_id.as_str()))
}

fn parent_holds(parent: &str, holder: Option<&str>) -> Result<(), FunctionError> {
    let who = match holder {
        Some(holder) if holder == parent => return Ok(()),
        Some(holder) => format!("run {holder} has it"),
        None => "nobody has it".to_owned(),
    };
    Err(FunctionError::new(
        RUN_LOCKED,
        format!(
            "the run is to work under the lock of run {parent}, but {who}; hint: leave parentRun out, which only state \
             machines set"
        ),
    ))
}

/// A run cannot be a step of itself: it would work without any lock.
pub(crate) fn check_parent(run_id: &str, parent: Option<&str>) -> Result<(), FunctionError> {
    if parent != Some(run_id) {
        return Ok(());
    }
    let problem =
        Problem::new("parentRun", "is the run itself", "leave it out; only state machines set it");
    Err(FunctionError::input(&[problem]))
}

#[cfg(test)]
mod tests {
    use drayage_lambda_kit::error::INPUT_INVALID;

    use super::*;

    #[test]
    fn a_schedule_skips_where_a_person_is_refused() {
        for event in [include_str!("../events/manual.json"), include_str!("../events/migrate.json")]
        {
            let request: Request = serde_json::from_str(event).unwrap();
            let skipped = refused(&request, Trigger::Schedule, "another").unwrap();
            assert_eq!(skipped.outcome, Outcome::Skipped);
            assert!(skipped.reason.unwrap().contains("another"));
            let error = refused(&request, Trigger::Manual, "another").unwrap_err();
            assert_eq!(error.name, RUN_LOCKED);
            assert!(error.message.contains("another") && error.message.contains("hint:"));
        }
    }

    #[test]
    fn a_step_works_under_the_lock_of_its_parent_only() {
        assert_eq!(parent_holds("parent", Some("parent")), Ok(()));
        for (holder, told) in [(Some("another"), "run another has it"), (None, "nobody has it")] {
            let error = parent_holds("parent", holder).unwrap_err();
            assert_eq!(error.name, RUN_LOCKED);
            assert!(error.message.contains(told) && error.message.contains("hint:"));
        }
    }

    #[test]
    fn a_run_is_no_step_of_itself() {
        assert_eq!(check_parent("r", None), Ok(()));
        assert_eq!(check_parent("r", Some("parent")), Ok(()));
        assert_eq!(check_parent("r", Some("r")).unwrap_err().name, INPUT_INVALID);
    }
}
