//! What CloudFormation tells of an operation, event by event.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::hints;
use crate::stack::text;

/// Failures that are shown; the first one is the cause, the others mostly follow from it.
const FAILURES_SHOWN: usize = 10;
const STACK: &str = "AWS::CloudFormation::Stack";

/// One step of a resource, or of the stack itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) logical: String,
    pub(crate) physical: String,
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) reason: String,
}

impl Event {
    pub(crate) fn under_way(&self) -> bool {
        self.status.ends_with("_IN_PROGRESS")
    }

    fn failed(&self) -> bool {
        // What was broken off because something else failed tells nothing.
        self.status.ends_with("_FAILED") && !self.reason.contains("cancelled")
    }

    /// The stack within this one that this is about.
    fn nested(&self, stack: &str) -> Option<&str> {
        let other = self.kind == STACK && self.physical != stack && !self.physical.is_empty();
        other.then_some(self.physical.as_str())
    }
}

/// What one operation on one stack was seen to do, oldest first.
#[derive(Debug, Clone)]
pub(crate) struct Events {
    /// The stack's ARN.
    stack: String,
    /// All events of an operation carry the token that it was asked for with.
    token: String,
    known: BTreeSet<String>,
    seen: Vec<Event>,
}

impl Events {
    pub(crate) fn new(stack: &str, token: &str) -> Self {
        let (stack, token) = (stack.to_owned(), token.to_owned());
        Self { stack, token, known: BTreeSet::new(), seen: Vec::new() }
    }

    /// Takes in what `describe-stack-events` answers, newest first, and returns what is new, oldest first.
    pub(crate) fn learn(&mut self, answer: &Value) -> Vec<Event> {
        let mut new = Vec::new();
        for told in told(answer) {
            let of_this = text(told, "ClientRequestToken").as_deref() == Some(self.token.as_str());
            if of_this
                && let Some(event) = event(told)
                && self.known.insert(event.id.clone())
            {
                new.push(event);
            }
        }
        new.reverse();
        self.seen.extend(new.iter().cloned());
        new
    }

    /// Whether the `limit` newest events may leave out some that were not seen yet.
    pub(crate) fn misses(&self, answer: &Value, limit: usize) -> bool {
        let ids = || told(answer).filter_map(|event| text(event, "EventId"));
        let of_this =
            |event: &Value| text(event, "ClientRequestToken").as_ref() == Some(&self.token);
        ids().count() >= limit
            && told(answer).all(of_this)
            && !ids().any(|id| self.known.contains(&id))
    }

    /// Whether the stack itself was told to be done, one way or another.
    pub(crate) fn ended(&self) -> bool {
        let own = self.seen.iter().rev().find(|event| event.physical == self.stack);
        own.is_some_and(|event| !event.under_way())
    }

    /// Resources that something is being done to.
    pub(crate) fn under_way(&self) -> Vec<&str> {
        let mut others = BTreeSet::new();
        let newest =
            self.seen.iter().rev().filter(|event| {
                event.physical != self.stack && others.insert(event.logical.as_str())
            });
        newest.filter(|event| event.under_way()).map(|event| event.logical.as_str()).collect()
    }

    /// The nested stack in which the first failure has its cause.
    pub(crate) fn failed_within(&self) -> Option<&str> {
        self.seen.iter().find(|event| event.failed()).and_then(|event| event.nested(&self.stack))
    }

    /// Why the whole stack was taken back: what no resource has failed at, such as its transformation.
    pub(crate) fn taken_back(&self) -> Option<String> {
        let own = self.seen.iter().filter(|event| event.physical == self.stack);
        let back = own.filter(|event| event.status.contains("ROLLBACK_IN_PROGRESS"));
        back.map(|event| event.reason.clone()).find(|reason| !reason.is_empty())
    }

    /// What failed, in order, with hints; the first failure is the cause.
    pub(crate) fn failures(&self) -> Option<String> {
        listed(self.seen.iter().filter(|event| event.failed()))
    }
}

/// What failed in the newest operation on a stack within another, by the answer of `describe-stack-events`. Unless that was a deletion,
/// what was deleted last belongs to taking back what had failed.
pub(crate) fn failures_within(answer: &Value, deleting: bool) -> Option<String> {
    let mut failed: Vec<Event> = Vec::new();
    for event in told(answer).filter_map(event) {
        // Newest first. The stack's own first event names the stack, and is the only one of it that says so.
        let begins = event.kind == STACK
            && (["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"].contains(&event.status.as_str())
                || (deleting && event.status == "DELETE_IN_PROGRESS"));
        if event.failed() {
            failed.push(event);
        }
        if begins {
            break;
        }
    }
    failed.reverse();
    listed(failed.iter())
}

fn listed<'a>(failed: impl Iterator<Item = &'a Event>) -> Option<String> {
    let line = |event: &Event| {
        let told = [&event.logical, " (", &event.kind, "): ", &event.reason].concat();
        match hints::of_message(&event.reason) {
            Some(hint) => format!("{told}\n    hint: {hint}"),
            None => told,
        }
    };
    let lines: Vec<String> = failed.take(FAILURES_SHOWN).map(line).collect();
    let (first, others) = lines.split_first()?;
    let others = others.iter().map(|other| format!("\n  then {other}"));
    Some(std::iter::once(first.clone()).chain(others).collect())
}

fn told(answer: &Value) -> impl Iterator<Item = &Value> {
    answer.get("StackEvents").and_then(Value::as_array).into_iter().flatten()
}

fn event(told: &Value) -> Option<Event> {
    let or_nothing = |name| text(told, name).unwrap_or_default();
    Some(Event {
        id: text(told, "EventId")?,
        logical: text(told, "LogicalResourceId")?,
        physical: or_nothing("PhysicalResourceId"),
        kind: or_nothing("ResourceType"),
        status: text(told, "ResourceStatus")?,
        reason: or_nothing("ResourceStatusReason"),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:cloudformation:us-east-1:1:stack/drayage/1";

    fn told(id: u32, resource: &str, status: &str, reason: &str) -> Value {
        let (kind, physical) = match resource {
            "drayage" => (STACK, ARN),
            "Monitoring" => (STACK, "arn:nested"),
            _ => ("AWS::S3::Bucket", ""),
        };
        json!({
            "EventId": id.to_string(), "LogicalResourceId": resource, "PhysicalResourceId": physical,
            "ResourceType": kind, "ResourceStatus": status, "ResourceStatusReason": reason,
            "ClientRequestToken": if id < 10 { "before" } else { "now" },
        })
    }

    /// As CloudFormation answers: the newest first.
    fn answer(mut events: Vec<Value>) -> Value {
        events.reverse();
        json!({"StackEvents": events})
    }

    #[test]
    fn events_are_told_once_and_only_those_of_the_operation() {
        let mut events = Events::new(ARN, "now");
        let mut all = vec![
            told(1, "drayage", "CREATE_COMPLETE", ""),
            told(10, "drayage", "UPDATE_IN_PROGRESS", "User Initiated"),
            told(11, "Bucket", "UPDATE_IN_PROGRESS", ""),
        ];
        let ids = |new: Vec<Event>| new.into_iter().map(|event| event.id).collect::<Vec<_>>();
        assert_eq!(ids(events.learn(&answer(all.clone()))), ["10", "11"]);
        assert_eq!((events.under_way(), events.ended()), (vec!["Bucket"], false));
        all.push(told(12, "Bucket", "UPDATE_COMPLETE", ""));
        all.push(told(13, "drayage", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", ""));
        assert_eq!(ids(events.learn(&answer(all.clone()))), ["12", "13"]);
        assert_eq!((events.under_way(), events.ended()), (vec![], false));
        all.push(told(14, "drayage", "UPDATE_COMPLETE", ""));
        assert_eq!(ids(events.learn(&answer(all))), ["14"]);
        assert!(events.ended() && events.failures().is_none());
    }

    #[test]
    fn the_first_failure_is_the_message_and_has_its_hint() {
        let mut events = Events::new(ARN, "now");
        events.learn(&answer(vec![
            told(2, "Old", "UPDATE_FAILED", "long ago"),
            told(10, "Destination", "CREATE_FAILED", "files already exists"),
            told(11, "Other", "CREATE_FAILED", "Resource creation cancelled"),
            told(12, "Third", "CREATE_FAILED", "also wrong"),
            told(13, "drayage", "ROLLBACK_COMPLETE", ""),
        ]));
        let failures = events.failures().unwrap();
        let first = "Destination (AWS::S3::Bucket): files already exists\n    hint: ";
        assert!(failures.starts_with(first), "{failures}");
        assert!(failures.ends_with("\n  then Third (AWS::S3::Bucket): also wrong"), "{failures}");
        assert!(!failures.contains("Old") && !failures.contains("Other"), "{failures}");
        assert!(events.ended() && events.failed_within().is_none());
    }

    #[test]
    fn a_failure_within_a_nested_stack_is_looked_for_there() {
        let mut events = Events::new(ARN, "now");
        events.learn(&answer(vec![told(10, "Monitoring", "CREATE_FAILED", "was not created")]));
        assert_eq!(events.failed_within(), Some("arn:nested"));
        let within = answer(vec![
            told(1, "Alarm", "UPDATE_FAILED", "long ago"),
            told(2, "Nested", "UPDATE_COMPLETE", ""),
            json!({"EventId": "3", "LogicalResourceId": "Nested", "ResourceType": STACK, "ResourceStatus": "UPDATE_IN_PROGRESS"}),
            told(4, "Dashboard", "UPDATE_FAILED", "no such widget"),
        ]);
        assert_eq!(
            failures_within(&within, false).unwrap(),
            "Dashboard (AWS::S3::Bucket): no such widget"
        );
        let mut whole = Events::new(ARN, "now");
        whole.learn(&answer(vec![told(10, "drayage", "ROLLBACK_IN_PROGRESS", "no transform")]));
        assert_eq!(whole.taken_back().as_deref(), Some("no transform"));
    }
}
