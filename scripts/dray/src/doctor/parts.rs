//! The parts of the stack: tables, buckets, dead-letter queues, state machines, schedule.

use aws_sdk_scheduler::types::ScheduleState;
use drayage_aws::ledger::{LedgerError, TableState};
use drayage_aws::queue::{Queue, QueueDepth, QueueError};

use super::report::{Finding, Group};
use crate::connection::Connection;
use crate::failure::Failure;
use crate::functions::said;
use crate::kind::Kind;
use crate::output::counted;

const GROUP: Group = Group::Stack;

/// What is found, always in the same order.
pub(super) async fn look(connection: &Connection) -> Vec<Finding> {
    let Connection { stack, ledger, clients, .. } = connection;
    let dead = Queue::new(clients.sqs(), &stack.copy_dead_letter_queue);
    let undelivered = Queue::new(clients.sqs(), &stack.schedule_dead_letter_queue);
    let (files, runs, destination, state, dead, undelivered, machines, schedule) = tokio::join!(
        ledger.files_table_state(),
        ledger.runs_table_state(),
        bucket(connection, "destination_bucket", &stack.destination_bucket),
        bucket(connection, "state_bucket", &stack.state_bucket),
        dead.depth(),
        undelivered.depth(),
        machines(connection),
        schedule(connection),
    );
    vec![
        table("files_table", &stack.files_table, files),
        table("runs_table", &stack.runs_table, runs),
        destination,
        state,
        empty("dead_letter_queue", dead, "dray status --errors"),
        empty(
            "schedule_dead_letter_queue",
            undelivered,
            "scheduled backups were not started: dray schedule; then start one with dray backup",
        ),
        machines,
        schedule,
    ]
}

fn table(name: &str, table: &str, state: Result<TableState, LedgerError>) -> Finding {
    match state {
        Ok(TableState::Active) => Finding::passed(GROUP, name, format!("{table} is active")),
        Ok(TableState::Other(state)) => Finding::failed(
            GROUP,
            name,
            format!("{table} is {state}"),
            "wait until it is active; if it is not there any more, deploy the stack again",
        ),
        Err(error) => Finding::failed(
            GROUP,
            name,
            format!("{table}: {error}"),
            "check that it is there, and that your role may call dynamodb:DescribeTable",
        ),
    }
}

async fn bucket(connection: &Connection, name: &str, bucket: &str) -> Finding {
    match connection.storage.check_bucket(bucket).await {
        Ok(()) => Finding::passed(GROUP, name, format!("{bucket} is there")),
        Err(error) => Finding::of_failure(GROUP, name, &Failure::from(error)),
    }
}

fn empty(name: &str, depth: Result<QueueDepth, QueueError>, hint: &str) -> Finding {
    match depth.map(QueueDepth::all) {
        Ok(0) => Finding::passed(GROUP, name, "empty"),
        Ok(number) => Finding::warning(GROUP, name, counted(number, "message"), hint),
        Err(error) => Finding::failed(
            GROUP,
            name,
            error.to_string(),
            "check that it is there, and that your role may call sqs:GetQueueAttributes",
        ),
    }
}

async fn machines(connection: &Connection) -> Finding {
    const NAME: &str = "state_machines";
    let client = &connection.clients.step_functions();
    let described = Kind::ALL.map(|kind| async move {
        let machine = connection.stack.machine(kind);
        let described = client.describe_state_machine().state_machine_arn(machine).send().await;
        described.err().map(|error| format!("{}: {}", kind.name(), said(&error)))
    });
    let missing: Vec<String> =
        futures::future::join_all(described).await.into_iter().flatten().collect();
    if missing.is_empty() {
        return Finding::passed(GROUP, NAME, format!("all {} are there", Kind::ALL.len()));
    }
    Finding::failed(
        GROUP,
        NAME,
        missing.join("\n"),
        "deploy the stack again; or check that your role may call states:DescribeStateMachine",
    )
}

async fn schedule(connection: &Connection) -> Finding {
    const NAME: &str = "schedule";
    let client = aws_sdk_scheduler::Client::new(&connection.config);
    match client.get_schedule().name(&connection.stack.schedule).send().await {
        Ok(schedule) => {
            let when = format!(
                "{} {}",
                schedule.schedule_expression().unwrap_or_default(),
                schedule.schedule_expression_timezone().unwrap_or("UTC")
            );
            Finding::passed(
                GROUP,
                NAME,
                if schedule.state() == Some(&ScheduleState::Enabled) {
                    format!("enabled: {when}")
                } else {
                    format!("disabled: no backup starts by itself ({when})")
                },
            )
        }
        Err(error) => Finding::failed(
            GROUP,
            NAME,
            said(&error),
            "deploy the stack again; or check that your role may call scheduler:GetSchedule",
        ),
    }
}

#[cfg(test)]
mod tests {
    use drayage_domain::switch::plan::CheckState;

    use super::*;

    #[test]
    fn dead_letters_are_a_warning_that_leads_to_them() {
        let none = empty("q", Ok(QueueDepth::default()), "dray status --errors");
        assert_eq!(none.state, CheckState::Passed);
        let some = QueueDepth { visible: 1200, in_flight: 34, delayed: 0 };
        let finding = empty("q", Ok(some), "dray status --errors");
        assert_eq!(finding.state, CheckState::Warning);
        assert_eq!(finding.found, "1,234 messages");
        assert_eq!(finding.hint.as_deref(), Some("dray status --errors"));
    }

    #[test]
    fn a_table_has_to_be_active() {
        assert_eq!(table("t", "x", Ok(TableState::Active)).state, CheckState::Passed);
        let other = table("t", "x", Ok(TableState::Other("DELETING".to_owned())));
        assert_eq!(other.state, CheckState::Failed);
        assert_eq!(other.found, "x is DELETING");
    }
}
