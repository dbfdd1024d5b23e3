//! Commands for people: ready to paste into a shell that has the AWS command line.

use serde_json::{Map, Value, json};

use super::line::Direction;
use super::mode::ModeChoice;
use super::options::SwitchOptions;

/// A list of records that is longer is not repeated in a command.
const RECORDS_IN_COMMAND_MAX: usize = 20;
/// The error that a rejected plan fails with.
pub const APPROVAL_REJECTED: &str = "ApprovalRejected";

/// Tells a waiting execution that a person approves. The token is a capability: whoever has it may answer.
pub fn approve(task_token: &str) -> String {
    format!(
        "aws stepfunctions send-task-success --task-token {} --task-output {}",
        word(task_token),
        word(&json!({"approved": true}).to_string())
    )
}

/// Tells a waiting execution that a person rejects; nothing is written then.
pub fn reject(task_token: &str) -> String {
    format!(
        "aws stepfunctions send-task-failure --task-token {} --error {APPROVAL_REJECTED} --cause 'rejected by a person'",
        word(task_token)
    )
}

/// Puts back what a run has switched; `None` when the run's execution has an ARN of an unknown shape.
///
/// * `execution_arn`: of the run that has switched.
pub fn rollback(execution_arn: &str, run_id: &str) -> Option<String> {
    let machine = machine(execution_arn, Direction::Restore)?;
    Some(start(&machine, &json!({"run": run_id, "execute": true})))
}

/// Carries out the plan of a dry run, and no other plan; `None` where the input is too long for a command, or the ARN has an
/// unknown shape.
pub fn carry_out(execution_arn: &str, options: &SwitchOptions, plan_hash: &str) -> Option<String> {
    let machine = machine(execution_arn, options.direction)?;
    let scope = &options.scope;
    if scope.records.as_ref().is_some_and(|records| records.len() > RECORDS_IN_COMMAND_MAX) {
        return None;
    }
    let mut input = Map::from_iter([
        ("execute".to_owned(), json!(true)),
        ("planHash".to_owned(), json!(plan_hash)),
    ]);
    let mut add = |name: &str, value: Option<Value>| {
        input.extend(value.map(|value| (name.to_owned(), value)));
    };
    add("accounts", scope.accounts.as_ref().map(|accounts| json!(accounts)));
    add("records", scope.records.as_ref().map(|records| json!(records)));
    add("mode", (options.mode != ModeChoice::Auto).then(|| json!(options.mode)));
    match options.direction {
        Direction::Switch => {
            add("maxRecords", scope.max_records.map(|records| json!(records)));
            add("probe", (!options.probe).then_some(Value::Bool(false)));
        }
        Direction::Restore => {
            add("run", scope.run.as_ref().map(|run| json!(run)));
            add("file", options.rollback_file.as_ref().map(|file| json!(file)));
            let all = scope.run.is_none()
                && scope.accounts.is_none()
                && scope.records.is_none()
                && options.rollback_file.is_none();
            add("all", all.then_some(Value::Bool(true)));
        }
    }
    Some(start(&machine, &Value::Object(input)))
}

fn start(machine: &str, input: &Value) -> String {
    format!(
        "aws stepfunctions start-execution --state-machine-arn {} --input {}",
        word(machine),
        word(&input.to_string())
    )
}

/// The stack's state machine for a direction, from the ARN of an execution of the stack:
/// `arn:aws:states:<region>:<account>:execution:<stack>-<kind>:<name>`.
fn machine(execution_arn: &str, direction: Direction) -> Option<String> {
    let parts: Vec<&str> = execution_arn.splitn(8, ':').collect();
    let [arn, partition, service, region, account, "execution", machine, _name] = parts.as_slice()
    else {
        return None;
    };
    let (stack, _kind) = machine.rsplit_once('-')?;
    let kind = direction.kind();
    Some(format!("{arn}:{partition}:{service}:{region}:{account}:stateMachine:{stack}-{kind}"))
}

/// One word of a shell, whatever is in it.
fn word(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ObjectFields;
    use crate::run_input::Trigger;
    use crate::switch::options::Scope;

    const ARN: &str = "arn:aws:states:eu-west-1:111122223333:execution:my-stack-migrate:run-1";

    fn options(direction: Direction, scope: Scope) -> SwitchOptions {
        SwitchOptions {
            direction,
            execute: false,
            plan_hash: None,
            approval: false,
            probe: true,
            mode: ModeChoice::Auto,
            scope,
            rollback_file: None,
            fields: ObjectFields::new("A__c".to_owned(), "B__c".to_owned(), "C__c".to_owned()),
            url_length_max: 255,
            org_id: None,
            org: None,
            destination_bucket: "bucket".to_owned(),
            new_url_base: "https://files.example.com/".to_owned(),
            trigger: Trigger::Manual,
        }
    }

    #[test]
    fn answers_name_the_token_once_and_stay_one_word() {
        assert_eq!(
            approve("AAA'=="),
            r#"aws stepfunctions send-task-success --task-token 'AAA'\''==' --task-output '{"approved":true}'"#
        );
        assert!(
            reject("T").contains("send-task-failure --task-token 'T' --error ApprovalRejected")
        );
    }

    #[test]
    fn a_rollback_is_started_in_the_same_stack() {
        assert_eq!(
            rollback(ARN, "it's").unwrap(),
            r#"aws stepfunctions start-execution --state-machine-arn 'arn:aws:states:eu-west-1:111122223333:stateMachine:my-stack-rollback' --input '{"execute":true,"run":"it'\''s"}'"#
        );
        assert_eq!(rollback("arn", "run"), None);
    }

    #[test]
    fn a_plan_is_carried_out_with_the_same_scope() {
        let scope = Scope {
            accounts: Some(vec!["Acme".to_owned()]),
            max_records: Some(5),
            ..Scope::default()
        };
        let command = carry_out(ARN, &options(Direction::Switch, scope), "abc").unwrap();
        assert!(command.contains(":stateMachine:my-stack-migrate'"), "{command}");
        assert!(
            command.ends_with(
                r#"--input '{"accounts":["Acme"],"execute":true,"maxRecords":5,"planHash":"abc"}'"#
            ),
            "{command}"
        );
        let all = options(Direction::Restore, Scope::default());
        assert!(carry_out(ARN, &all, "abc").unwrap().contains(r#""all":true"#));
        let many = Scope { records: Some(vec![String::new(); 21]), ..Scope::default() };
        assert_eq!(carry_out(ARN, &options(Direction::Switch, many), "abc"), None);
    }
}
