//! Where work ends up that nobody could do: every asynchronous path has a dead-letter queue, and no message is delivered again while
//! somebody still works on it.

use std::collections::BTreeSet;

use drayage_cloudformation::{FUNCTION, Resource, Template, referred};
use serde_json::Value;

use crate::finding::Finding;

const QUEUE: &str = "AWS::SQS::Queue";

/// Every queue that a function reads has a redrive policy to a queue of this template, or is such a dead-letter queue.
pub(super) fn queues_give_up_somewhere(template: &Template) -> Vec<Finding> {
    let target = |queue: Resource<'_>| {
        queue.property("/RedrivePolicy/deadLetterTargetArn").and_then(referred).map(str::to_owned)
    };
    let last: BTreeSet<String> = template.of_type(QUEUE).filter_map(target).collect();
    let mut findings = Vec::new();
    for (queue, function) in reads(template) {
        let Some(queue) = template.resource(queue) else { continue };
        let known = target(queue).is_some_and(|name| template.resource(&name).is_some());
        if !known && !last.contains(queue.name) {
            let message = format!("is read by {} and has no dead-letter queue", function.name);
            findings.push(Finding::new(queue.name, "dead-letter", message));
        }
    }
    findings
}

/// Every schedule retries, and has a dead-letter queue for what it could not deliver.
pub(super) fn schedules_give_up_somewhere(template: &Template) -> Vec<Finding> {
    let schedules = template.of_type("AWS::Scheduler::Schedule");
    let incomplete = schedules.filter(|schedule| {
        schedule.property("/Target/DeadLetterConfig/Arn").is_none()
            || schedule.property("/Target/RetryPolicy").is_none()
    });
    let message = "has no retry policy or no dead-letter queue";
    incomplete.map(|schedule| Finding::new(schedule.name, "dead-letter", message)).collect()
}

/// A message stays hidden at least as long as the function that works on it may run. Numbers that are parameters count by their
/// defaults; Lambda itself refuses other values that do not fit.
pub(super) fn messages_stay_hidden_long_enough(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (queue, function) in reads(template) {
        let hidden = template
            .resource(queue)
            .and_then(|queue| queue.property("/VisibilityTimeout"))
            .and_then(|value| number(template, value));
        let limit =
            template.of_function(function, "Timeout").and_then(|value| number(template, value));
        // Without a visibility timeout it is 30 seconds.
        if hidden.unwrap_or(30) < limit.unwrap_or(u64::MAX) {
            let message = format!("hides messages for less time than {} may run", function.name);
            findings.push(Finding::new(queue, "visibility", message));
        }
    }
    findings
}

/// Queues with the functions that read them.
fn reads(template: &Template) -> Vec<(&str, Resource<'_>)> {
    let mut found = Vec::new();
    for function in template.of_type(FUNCTION) {
        let events = function.property("/Events").and_then(Value::as_object);
        for (_, event) in events.into_iter().flatten() {
            if let Some(queue) = event.pointer("/Properties/Queue").and_then(referred) {
                found.push((queue, function));
            }
        }
    }
    found
}

/// A number, or the default of the parameter that it is.
fn number(template: &Template, value: &Value) -> Option<u64> {
    let default = || template.at(&format!("/Parameters/{}/Default", referred(value)?))?.as_u64();
    value.as_u64().or_else(default)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "
Parameters: { Hidden: { Default: 60 } }
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: 60
      Events: { E: { Type: SQS, Properties: { Queue: !GetAtt Q.Arn } } }
  G:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: 20
      Events: { E: { Type: SQS, Properties: { Queue: !GetAtt D.Arn } } }
  Q:
    Type: AWS::SQS::Queue
    Properties: { VisibilityTimeout: !Ref Hidden, RedrivePolicy: { deadLetterTargetArn: !GetAtt D.Arn } }
  D: { Type: AWS::SQS::Queue }
  S:
    Type: AWS::Scheduler::Schedule
    Properties: { Target: { RetryPolicy: {}, DeadLetterConfig: { Arn: !GetAtt D.Arn } } }
";

    fn told(text: &str) -> Vec<String> {
        let template = Template::parse(text).unwrap();
        let mut findings = queues_give_up_somewhere(&template);
        findings.extend(schedules_give_up_somewhere(&template));
        findings.extend(messages_stay_hidden_long_enough(&template));
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn paths_that_end_somewhere_pass() {
        assert_eq!(told(GOOD), [""; 0]);
    }

    #[test]
    fn paths_that_lose_work_are_told() {
        for (from, to, expected) in [
            (
                ", RedrivePolicy: { deadLetterTargetArn: !GetAtt D.Arn }",
                "",
                "Q: [dead-letter] is read by F",
            ),
            (
                "deadLetterTargetArn: !GetAtt D.Arn",
                "deadLetterTargetArn: !GetAtt X.Arn",
                "Q: [dead-letter]",
            ),
            ("RetryPolicy: {}, ", "", "S: [dead-letter]"),
            (", DeadLetterConfig: { Arn: !GetAtt D.Arn }", "", "S: [dead-letter]"),
            ("Default: 60", "Default: 59", "Q: [visibility]"),
            ("Timeout: 20", "Timeout: 31", "D: [visibility]"),
        ] {
            let changed = GOOD.replacen(from, to, 1);
            assert_ne!(changed, GOOD, "{from}");
            let found = told(&changed);
            assert!(found.iter().any(|line| line.starts_with(expected)), "{expected}: {found:?}");
        }
    }
}
