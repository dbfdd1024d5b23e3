//! Which executions are steps of a run. They are found among those that go on: a step has the run's name, or a name that is made from it,
//! or names the run in its input.

use std::collections::BTreeSet;

use drayage_aws::executions::RunningExecution;
use serde_json::Value;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::kind::Kind;

/// State machines that run as steps of others.
const STEPS: [&str; 5] = ["backup", "migrate", "reconcile", "copy", "switch"];
/// A nested backup has so many characters of its parent's name, see `statemachine/migrate.asl.json`.
const PARENT_CHARS: usize = 73;

/// The steps of a run that go on, those of steps included.
pub(super) async fn steps(
    connection: &Connection,
    run_id: &str,
    run_arn: &str,
) -> Result<Vec<RunningExecution>, Failure> {
    let mut candidates = Vec::new();
    for machine in machines(connection.stack.machine(Kind::Backup)) {
        for execution in connection.executions.still_running(&machine).await? {
            if execution.arn == run_arn {
                continue;
            }
            let input = connection.executions.input_of(&execution.arn).await?;
            let input = input.and_then(|text| serde_json::from_str(&text).ok());
            candidates.push((execution, input.unwrap_or(Value::Null)));
        }
    }
    Ok(steps_of(run_id, candidates))
}

/// The ARNs of all state machines that run as steps, from that of the backup: their names differ in the last word only.
fn machines(backup: &str) -> Vec<String> {
    let Some(stem) = backup.strip_suffix("backup") else { return Vec::new() };
    STEPS.iter().map(|step| format!("{stem}{step}")).collect()
}

fn steps_of(run_id: &str, mut left: Vec<(RunningExecution, Value)>) -> Vec<RunningExecution> {
    let mut runs = BTreeSet::from([run_id.to_owned()]);
    let mut found = Vec::new();
    loop {
        let (steps, others): (Vec<_>, Vec<_>) = left
            .into_iter()
            .partition(|(execution, input)| runs.iter().any(|run| is_step(run, execution, input)));
        if steps.is_empty() {
            return found;
        }
        for (execution, _) in steps {
            runs.insert(execution.name.clone());
            found.push(execution);
        }
        left = others;
    }
}

/// The name of the backup that is a step of a run.
pub(super) fn backup_of(run: &str) -> String {
    let parent: String = run.chars().take(PARENT_CHARS).collect();
    format!("{parent}-backup")
}

fn is_step(run: &str, execution: &RunningExecution, input: &Value) -> bool {
    let names = |field: &str| input.get(field).and_then(Value::as_str);
    let of_run = |id: &str| {
        id == run || id.strip_prefix(run).is_some_and(|rest| rest.starts_with(".repair-"))
    };
    execution.name == run
        || execution.name == backup_of(run)
        || names("parentRun") == Some(run)
        || names("runId").is_some_and(of_run)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(name: &str, input: Value) -> (RunningExecution, Value) {
        (RunningExecution { arn: format!("arn:{name}"), name: name.to_owned() }, input)
    }

    fn names(run: &str, all: Vec<(RunningExecution, Value)>) -> Vec<String> {
        steps_of(run, all).into_iter().map(|execution| execution.name).collect()
    }

    #[test]
    fn steps_of_steps_are_found_by_name_and_by_input() {
        let all = vec![
            one("uuid-copy", json!({"runId": "m-backup"})),
            one("uuid-repair", json!({"runId": "m-backup.repair-2"})),
            one("uuid-reconcile", json!({"parentRun": "m-backup", "fix": true})),
            one("m-backup", json!({"parentRun": "m"})),
            one("uuid-switch", json!({"runId": "m"})),
            one("other", json!({"runId": "another"})),
            one("other-2", json!({"runId": "m-backup-2"})),
        ];
        let found = names("m", all);
        assert_eq!(
            found,
            ["m-backup", "uuid-switch", "uuid-copy", "uuid-repair", "uuid-reconcile"]
        );
    }

    #[test]
    fn a_step_may_have_its_parents_name_or_the_beginning_of_it() {
        let long = "r".repeat(80);
        let short = format!("{}-backup", "r".repeat(73));
        let all = vec![one(&long, json!({})), one(&short, Value::Null)];
        assert_eq!(names(&long, all), [long.clone(), short]);
    }

    #[test]
    fn the_other_state_machines_are_named_like_the_backup() {
        assert_eq!(machines("arn:x:stack-backup")[3], "arn:x:stack-copy");
        assert!(machines("arn:x:else").is_empty());
    }
}
