//! What is said about an execution: how to look at it, how to go on, why it has failed.

use drayage_domain::remedy::remedy_of_error;
use serde_json::Value;

use super::{Problem, Started};
use crate::failure::Failure;
use crate::output::quoted;
use crate::stack::Stack;

/// The stack that is meant when none is named.
const USUAL_STACK: &str = "drayage";

/// A command of this tool for the same stack.
pub(crate) fn command(stack: &Stack, words: &str) -> String {
    command_for(&stack.name, words)
}

/// The same for the stack of that name.
pub(crate) fn command_for(stack: &str, words: &str) -> String {
    if stack == USUAL_STACK {
        return format!("dray {words}");
    }
    format!("dray {words} --stack {}", quoted(stack))
}

/// What a person does who has stopped watching.
pub(super) fn goes_on(stack: &Stack, run_id: &str) -> String {
    format!(
        "{run_id} goes on without being watched.\n{}\nStopped, it begins nothing further; the same command \
         started again finishes the rest.",
        how_to_look(stack, run_id)
    )
}

/// How to look at a run that goes on, and how to stop it.
pub(super) fn how_to_look(stack: &Stack, run_id: &str) -> String {
    format!(
        "  look:  {}\n  stop:  {}",
        command(stack, "status --watch"),
        command(stack, &format!("stop {}", quoted(run_id)))
    )
}

/// What a person does about a run that has left something.
pub(crate) fn to_go_on(stack: &Stack, run_id: &str) -> String {
    let run = quoted(run_id);
    format!(
        "\nTo go on\n  what is left    {}\n  try it again    {}\n  the report      {}",
        command(stack, &format!("status --errors --run {run}")),
        command(stack, &format!("retry {run}")),
        command(stack, &format!("report {run}"))
    )
}

/// Why an execution has failed, with what to do.
pub(crate) fn failure(started: &Started, problem: &Problem) -> Failure {
    let Problem { error, cause } = problem;
    let (cause, own_hint) = match cause.rsplit_once("hint: ") {
        Some((cause, hint)) => (cause.trim_end_matches([';', '.', ' ', '\n']), Some(hint)),
        None => (cause.as_str(), None),
    };
    let separator = if cause.is_empty() { "" } else { ": " };
    Failure::failed(
        format!("{} has failed with {error}{separator}{cause}", started.run_id),
        own_hint.unwrap_or_else(|| remedy_of_error(error)),
    )
}

/// A Lambda's cause is JSON with the sentence in it (<https://docs.aws.amazon.com/lambda/latest/dg/rust-handler.html>).
pub(super) fn sentence(cause: &str) -> String {
    let parsed: Option<Value> = serde_json::from_str(cause).ok();
    let message = parsed.as_ref().and_then(|value| value.get("errorMessage")?.as_str());
    message.unwrap_or(cause).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::samples::stack;

    #[test]
    fn the_cause_of_a_function_is_its_message() {
        let cause = r#"{"errorType": "NotReady", "errorMessage": "the check x does not hold"}"#;
        assert_eq!(sentence(cause), "the check x does not hold");
        assert_eq!(sentence("plain words"), "plain words");
        assert_eq!(sentence(""), "");
    }

    #[test]
    fn a_run_that_goes_on_is_told_how_to_stop() {
        let text = goes_on(&stack(), "rollback-1");
        assert!(text.starts_with("rollback-1 goes on"));
        assert!(text.contains("dray status --watch\n") && text.contains("dray stop rollback-1\n"));
    }

    #[test]
    fn another_stack_is_named_in_commands() {
        let mut other = stack();
        other.name = "my stack".to_owned();
        assert_eq!(command(&other, "resume"), "dray resume --stack 'my stack'");
        assert!(to_go_on(&other, "r").contains("dray retry r --stack 'my stack'"));
    }

    #[test]
    fn a_failed_execution_is_told_with_a_hint() {
        let started = Started { arn: "arn".to_owned(), run_id: "r".to_owned() };
        let told = |error: &str, cause: &str| {
            let problem = Problem { error: error.to_owned(), cause: cause.to_owned() };
            failure(&started, &problem).to_string()
        };
        assert_eq!(
            told("NotReady", "the check x does not hold; hint: do y"),
            "error: r has failed with NotReady: the check x does not hold\nhint: do y"
        );
        assert!(told("ABORTED", "").starts_with("error: r has failed with ABORTED\n"));
    }
}
