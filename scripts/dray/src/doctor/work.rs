//! What the stack is doing: paused or not, and who holds the run lock.

use drayage_aws::executions::{ExecutionError, ExecutionStatus};
use drayage_domain::pause::Pause;

use super::report::{Finding, Group};
use crate::connection::Connection;
use crate::failure::Failure;
use crate::functions::{Functions, Mapping};
use crate::output::printable;

const GROUP: Group = Group::Work;

/// Pause, event source mapping and lock.
pub(super) async fn look(connection: &Connection) -> Vec<Finding> {
    let functions = Functions::new(&connection.config);
    let (paused, mappings, lock) = tokio::join!(
        connection.ledger.paused(),
        functions.mappings(&connection.stack.copy_function),
        lock(connection)
    );
    let is_paused = matches!(paused, Ok(Some(_)));
    let pause = match paused {
        Ok(pause) => pause_of(pause),
        Err(error) => Finding::of_failure(GROUP, "pause", &Failure::from(error)),
    };
    let mapping = match mappings {
        Ok(mappings) => mapping_of(&mappings, is_paused),
        Err(failure) => Finding::of_failure(Group::Stack, "event_source_mapping", &failure),
    };
    vec![mapping, pause, lock]
}

fn pause_of(pause: Option<Pause>) -> Finding {
    match pause {
        None => Finding::passed(GROUP, "pause", "the work is not paused"),
        Some(Pause { since, by }) => Finding::warning(
            GROUP,
            "pause",
            format!("paused since {since} by {}", printable(&by)),
            "dray resume",
        ),
    }
}

/// What hands batches to the copy function.
fn mapping_of(mappings: &[Mapping], is_paused: bool) -> Finding {
    const NAME: &str = "event_source_mapping";
    let group = Group::Stack;
    if mappings.is_empty() {
        let found = "nothing hands batches to the copy function";
        return Finding::failed(group, NAME, found, "deploy the stack again");
    }
    match mappings.iter().find(|mapping| mapping.state != "Enabled") {
        None if is_paused => Finding::warning(
            group,
            NAME,
            "enabled, although the work is paused: files may be copied; a deployment enables it",
            "dray pause disables it again; dray resume ends the pause",
        ),
        None => Finding::passed(group, NAME, "enabled"),
        Some(Mapping { state, .. }) if is_paused => Finding::warning(
            group,
            NAME,
            format!("{state}: the work is paused, and no file is copied"),
            "dray resume",
        ),
        Some(Mapping { state, .. }) if state == "Disabled" || state == "Disabling" => {
            Finding::failed(
                group,
                NAME,
                format!("{state}, although nobody has paused: no file is copied"),
                "dray resume enables it",
            )
        }
        Some(Mapping { state, .. }) => Finding::warning(
            group,
            NAME,
            format!("{state}: it is being changed"),
            "wait a minute, then check again",
        ),
    }
}

async fn lock(connection: &Connection) -> Finding {
    let stack = &connection.stack;
    let migration = format!("{}/{}", stack.destination_bucket, stack.destination_prefix);
    match connection.ledger.lock_holder(&migration).await {
        Ok(None) => Finding::passed(GROUP, "run_lock", "free: no run is under way"),
        Ok(Some((run_id, execution))) => {
            held(&run_id, connection.executions.status(&execution).await)
        }
        Err(error) => Finding::of_failure(GROUP, "run_lock", &Failure::from(error)),
    }
}

fn held(run_id: &str, holder: Result<ExecutionStatus, ExecutionError>) -> Finding {
    const NAME: &str = "run_lock";
    match holder {
        Ok(ExecutionStatus::Running) => {
            Finding::passed(GROUP, NAME, format!("held by the run {run_id}, which is under way"))
        }
        Ok(ExecutionStatus::Ended | ExecutionStatus::Unknown) => Finding::warning(
            GROUP,
            NAME,
            format!("held by the run {run_id}, whose execution has ended"),
            "nothing has to be done: the next run takes the lock over",
        ),
        Err(error) => Finding::of_failure(GROUP, NAME, &Failure::from(error)),
    }
}

#[cfg(test)]
mod tests {
    use drayage_domain::switch::plan::CheckState;

    use super::*;

    fn mapping(state: &str) -> Mapping {
        Mapping { id: "m".to_owned(), state: state.to_owned() }
    }

    #[test]
    fn a_disabled_mapping_is_right_only_while_the_work_is_paused() {
        let state = |mapping: &[Mapping], paused| mapping_of(mapping, paused).state;
        assert_eq!(state(&[mapping("Enabled")], false), CheckState::Passed);
        assert_eq!(state(&[mapping("Enabled")], true), CheckState::Warning);
        assert_eq!(state(&[mapping("Disabled")], true), CheckState::Warning);
        assert_eq!(state(&[mapping("Disabled")], false), CheckState::Failed);
        assert_eq!(state(&[mapping("Enabling")], false), CheckState::Warning);
        assert_eq!(state(&[], false), CheckState::Failed);
    }

    #[test]
    fn a_lock_of_an_ended_execution_is_a_warning() {
        assert_eq!(held("r", Ok(ExecutionStatus::Running)).state, CheckState::Passed);
        let left = held("r", Ok(ExecutionStatus::Ended));
        assert_eq!(left.state, CheckState::Warning);
        assert!(left.hint.is_some());
        assert_eq!(held("r", Ok(ExecutionStatus::Unknown)).state, CheckState::Warning);
    }

    #[test]
    fn who_has_paused_cannot_disturb_the_terminal() {
        let by = "a\u{1b}[31m".to_owned();
        let finding = pause_of(Some(Pause { since: "2026-01-01T00:00:00Z".to_owned(), by }));
        assert_eq!(finding.state, CheckState::Warning);
        assert!(!finding.found.contains('\u{1b}'));
    }
}
