//! What the functions reach in AWS: secrets, buckets, tables, queue and topic.

use drayage_aws::clients::Clients;
use drayage_aws::ledger::{Ledger, LedgerError, TableState};
use drayage_aws::notifications::Topic;
use drayage_aws::objects::Storage;
use drayage_aws::queue::Queue;
use drayage_domain::capacity::{Finding, Planned};
use drayage_domain::settings::Settings;
use drayage_domain::switch::plan::Check;
use drayage_lambda_kit::buckets;
use drayage_lambda_kit::capacity::{self, Asked};
use drayage_lambda_kit::error::{FunctionError, INTERNAL, LEDGER_UNAVAILABLE};

use super::{failed, passed, told, warning};
use crate::checks;

/// What is found, always in the same order.
pub(super) async fn look(clients: &Clients, settings: &Settings) -> Vec<Check> {
    let storage = Storage::new(clients.s3());
    let ledger = Ledger::new(clients.dynamodb(), &settings.files_table, &settings.runs_table);
    let queue = Queue::new(clients.sqs(), &settings.copy_queue_url);
    let (source_secret, destination, state, files, runs, depth, topic, quotas) = tokio::join!(
        source_secret(clients, settings),
        checks::destination_bucket(&storage, settings),
        checks::state_bucket(&storage, settings),
        ledger.files_table_state(),
        ledger.runs_table_state(),
        queue.depth(),
        topic(clients, settings),
        capacity::ask(clients, settings, Planned::every_kind(settings.concurrency)),
    );
    let there = |bucket: &str| format!("{bucket} is there, and may be listed");
    let mut checks = Vec::new();
    checks.extend(source_secret);
    checks.push(told("destination_bucket", destination, there(&settings.destination_bucket)));
    checks.push(told("state_bucket", state, there(&settings.state_bucket)));
    checks.push(table("files_table", &settings.files_table, files));
    checks.push(table("runs_table", &settings.runs_table, runs));
    checks.push(match depth {
        Ok(depth) => passed("copy_queue", format!("it is there, with {} messages", depth.all())),
        Err(error) => failed("copy_queue", &deployed(INTERNAL, &error)),
    });
    checks.push(topic);
    checks.extend(quotas.into_iter().map(quota));
    checks
}

/// One of the wrong shape would fail every file.
async fn source_secret(clients: &Clients, settings: &Settings) -> Option<Check> {
    let secret = settings.source_secret.as_ref()?;
    let keys = buckets::keys(clients, secret).await.map(drop);
    Some(told("source_secret", keys, "it can be read, and has the right shape"))
}

fn table(name: &str, table: &str, state: Result<TableState, LedgerError>) -> Check {
    match state {
        Ok(TableState::Active) => passed(name, format!("{table} is active")),
        Ok(TableState::Other(state)) => {
            let message = format!("{table} is {state}; hint: wait until it is active");
            failed(name, &FunctionError::new(LEDGER_UNAVAILABLE, message))
        }
        Err(error) => failed(name, &deployed(LEDGER_UNAVAILABLE, &error)),
    }
}

async fn topic(clients: &Clients, settings: &Settings) -> Check {
    let Some(arn) = &settings.topic_arn else {
        return passed("topic", "the stack tells nobody");
    };
    match Topic::new(clients.sns(), arn).check().await {
        Ok(()) => passed("topic", "it is there"),
        Err(error) => failed("topic", &deployed(INTERNAL, &error)),
    }
}

/// What a run would be refused for fails; what only slows it down, or could not be asked, is a warning.
fn quota(asked: Asked) -> Check {
    match asked.found {
        Ok(Finding::Fits(told)) => passed(asked.name, told),
        Ok(Finding::Slow(told)) | Err(told) => warning(asked.name, &told),
        Ok(Finding::Refused(problems)) => {
            failed(asked.name, &FunctionError::configuration(&problems))
        }
    }
}

/// Something that the template makes cannot be used.
fn deployed(name: &'static str, error: &impl std::fmt::Display) -> FunctionError {
    FunctionError::new(
        name,
        format!(
            "{error}; hint: the template makes it and lets the functions use it; deploy the stack again"
        ),
    )
}

#[cfg(test)]
mod tests {
    use drayage_domain::problem::Problem;
    use drayage_domain::switch::plan::CheckState;

    use super::*;

    #[test]
    fn only_a_quota_that_no_run_fits_into_fails() {
        let state = |found| quota(Asked { name: "lambda_concurrency", found }).state;
        assert_eq!(state(Ok(Finding::Fits("enough".to_owned()))), CheckState::Passed);
        assert_eq!(state(Ok(Finding::Slow("slow; hint: wait".to_owned()))), CheckState::Warning);
        assert_eq!(state(Err("not told; hint: wait".to_owned())), CheckState::Warning);
        let problem = Problem::new("CopyMaximumConcurrency", "too many", "fewer");
        assert_eq!(state(Ok(Finding::Refused(vec![problem]))), CheckState::Failed);
    }

    #[test]
    fn a_table_has_to_be_active() {
        assert_eq!(table("runs_table", "t", Ok(TableState::Active)).state, CheckState::Passed);
        let deleting = table("runs_table", "t", Ok(TableState::Other("DELETING".to_owned())));
        assert_eq!(deleting.state, CheckState::Failed);
        assert_eq!(deleting.found, "t is DELETING; hint: wait until it is active");
    }
}
