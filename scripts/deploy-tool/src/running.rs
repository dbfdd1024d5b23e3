//! Executions that are at work on a stack. An update would replace functions between two of their steps by another version, which may
//! lay out its documents in another way; a deletion would take away what they work with. So both wait for their end, unless a person
//! says otherwise.

use std::thread;

use anyhow::{Result, anyhow};
use serde_json::Value;

use crate::aws::Aws;
use crate::options::StackOptions;
use crate::problems::Problem;
use crate::stack::{Resource, text};

/// Executions that are named; of the others there is a count.
const NAMED: usize = 5;

/// An execution that is running.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Execution {
    arn: String,
    machine: String,
    name: String,
}

/// What keeps an update or a deletion back: an execution, or that nobody may look. With `--while-running`, and in a dry run, it is only
/// told.
pub(crate) fn check(
    aws: &Aws,
    options: &StackOptions,
    resources: &[Resource],
) -> Result<(), Problem> {
    let found = match executions(aws, resources) {
        Ok(running) => problem(&running, options.delete),
        Err(error) => Some(Problem::of(&error)),
    };
    match found {
        Some(problem) if options.while_running || options.dry_run => {
            eprintln!("note: {problem}");
            Ok(())
        }
        Some(problem) => Err(problem),
        None => Ok(()),
    }
}

/// Ends what is running. A state machine whose execution waits is not deleted before that has ended, be it a month
/// (<https://docs.aws.amazon.com/step-functions/latest/apireference/API_DeleteStateMachine.html>).
pub(crate) fn stop(aws: &Aws, resources: &[Resource]) -> Result<()> {
    for Execution { arn, machine, name } in executions(aws, resources)? {
        eprintln!("ending {machine}: {name}");
        let asked = ["stepfunctions", "stop-execution", "--error", "StackDeleted"];
        aws.run("end the execution", &[&asked[..], &["--execution-arn", &arn]].concat())?;
    }
    Ok(())
}

/// Each start of the AWS CLI takes most of a second, so all machines are asked about at the same time.
fn executions(aws: &Aws, resources: &[Resource]) -> Result<Vec<Execution>> {
    let machines = resources.iter().filter(|it| it.kind == "AWS::StepFunctions::StateMachine");
    let machines: Vec<&str> =
        machines.map(|it| it.physical.as_str()).filter(|arn| !arn.is_empty()).collect();
    let all: Vec<Result<Vec<Execution>>> = thread::scope(|scope| {
        let asked: Vec<_> =
            machines.into_iter().map(|arn| scope.spawn(move || of_machine(aws, arn))).collect();
        let broken = || anyhow!("the running executions cannot be listed: the tool broke off");
        asked.into_iter().map(|it| it.join().unwrap_or_else(|_| Err(broken()))).collect()
    });
    Ok(all.into_iter().collect::<Result<Vec<_>>>()?.concat())
}

fn of_machine(aws: &Aws, arn: &str) -> Result<Vec<Execution>> {
    let asked = ["stepfunctions", "list-executions", "--status-filter", "RUNNING"];
    let asked = [&asked[..], &["--state-machine-arn", arn]].concat();
    match aws.json("list the running executions", &asked) {
        Ok(answer) => Ok(listed(arn, &answer)),
        // What is left of a stack whose deletion failed.
        Err(error) if error.to_string().contains("StateMachineDoesNotExist") => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn listed(arn: &str, answer: &Value) -> Vec<Execution> {
    let machine = arn.rsplit(':').next().unwrap_or(arn);
    let executions = answer.get("executions").and_then(Value::as_array);
    let told = executions.into_iter().flatten().filter_map(|execution| {
        let (arn, name) = (text(execution, "executionArn")?, text(execution, "name")?);
        Some(Execution { arn, machine: machine.to_owned(), name })
    });
    told.collect()
}

fn problem(running: &[Execution], delete: bool) -> Option<Problem> {
    if running.is_empty() {
        return None;
    }
    let mut told = vec![match running.len() {
        1 => "1 execution of the stack is running:".to_owned(),
        many => format!("{many} executions of the stack are running:"),
    }];
    let named = running.iter().take(NAMED);
    told.extend(named.map(|Execution { machine, name, .. }| format!("      {machine}: {name}")));
    if running.len() > NAMED {
        told.push(format!("      and {} more", running.len() - NAMED));
    }
    let all_the_same = if delete {
        "--while-running ends them, and deletes the stack"
    } else {
        "--while-running goes on all the same, and their next steps are done by the new version (docs/deploy.md, Upgrading)"
    };
    let hint = format!(
        "wait until they have ended (`dray status`), or end them with `dray stop`; {all_the_same}"
    );
    Some(Problem::new(told.join("\n"), hint))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:states:eu-west-1:000000000000:stateMachine:drayage-backup";

    fn running(count: usize) -> Vec<Execution> {
        let executions: Vec<Value> = (1..=count)
            .map(|number| json!({"name": format!("run-{number}"), "executionArn": "arn"}))
            .collect();
        listed(ARN, &json!({ "executions": executions }))
    }

    #[test]
    fn nothing_that_runs_is_no_problem() {
        assert_eq!(problem(&running(0), false), None);
        assert_eq!(listed(ARN, &Value::Null), Vec::new());
    }

    #[test]
    fn machine_and_execution_are_named_with_what_to_do() {
        let told = problem(&running(1), false).unwrap().to_string();
        assert!(told.starts_with("1 execution of the stack is running:\n"), "{told}");
        assert!(told.contains("drayage-backup: run-1\n"), "{told}");
        for part in ["dray status", "dray stop", "--while-running goes on"] {
            assert!(told.contains(part), "{told}");
        }
        let told = problem(&running(1), true).unwrap().to_string();
        assert!(told.contains("--while-running ends them"), "{told}");
    }

    #[test]
    fn of_many_a_handful_is_named() {
        let told = problem(&running(9), false).unwrap().to_string();
        assert!(told.starts_with("9 executions of the stack are running:"), "{told}");
        assert!(told.contains("run-5\n      and 4 more\n") && !told.contains("run-6"), "{told}");
        assert!(!problem(&running(5), false).unwrap().to_string().contains("more"));
    }
}
