//! An operation of CloudFormation, followed to its end. The AWS CLI can wait, too, but it looks every half minute, says nothing
//! meanwhile, and of a failure only that there was one.

use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::aws::Aws;
use crate::events::{self, Event, Events};
use crate::progress::Progress;
use crate::stack::Stack;

/// Calls of CloudFormation are few per second and account; an emulator is as fast as its machine.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const LOOK_EVERY_EMULATED: Duration = Duration::from_millis(500);
/// Looks in a row that may fail, after the AWS CLI's own attempts: a laptop changes its network.
const FAILED_LOOKS_MAX: u32 = 5;
/// Events of one look; those before belong to earlier operations, but for the busiest moments of a large stack.
const EVENTS_PER_LOOK: usize = 400;
/// Looks in a row without anything new after which the stack itself is asked: somebody else may have ended the operation, whose
/// events then carry another token than ours.
const QUIET_LOOKS: u32 = 6;

/// What [`Operation::new`] is told of a deletion.
pub(crate) const DELETING: &str = "deleting";

/// An operation that is told apart from others by the token that it is asked for with.
#[derive(Debug)]
pub(crate) struct Operation<'a> {
    aws: &'a Aws,
    doing: &'static str,
    token: String,
}

/// How an operation has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) stack: Stack,
    events: Events,
    doing: &'static str,
}

impl<'a> Operation<'a> {
    /// `doing` says of the stack what is done to it, such as "updating".
    pub(crate) fn new(aws: &'a Aws, doing: &'static str) -> Self {
        Self { aws, doing, token: format!("drayage-deploy-{:032x}", fastrand::u128(..)) }
    }

    /// What names the operation in its request.
    pub(crate) fn token(&self) -> [&str; 2] {
        ["--client-request-token", self.token.as_str()]
    }

    /// Tells what happens until the operation has ended. `id` is the stack's ARN, because a deleted stack has no name any more.
    pub(crate) fn follow(&self, id: &str) -> Result<Ended> {
        let progress = Progress::new(self.doing);
        let mut events = Events::new(id, &self.token);
        let (mut failed, mut quiet) = (0, 0);
        loop {
            match self.look(id, &mut events, quiet) {
                Ok((_, Some(stack))) => return Ok(Ended { stack, events, doing: self.doing }),
                Ok((new, None)) => {
                    failed = 0;
                    quiet = if new.is_empty() { quiet + 1 } else { 0 };
                    progress.tell(&new);
                }
                Err(error) if failed < FAILED_LOOKS_MAX => {
                    failed += 1;
                    progress.note(&format!("{error:#}"));
                }
                Err(error) => bail!(
                    "{error:#}\nhint: CloudFormation goes on by itself; `aws cloudformation describe-stack-events --stack-name {id}` tells how it ends"
                ),
            }
            progress.under_way(&events.under_way());
            pause(self.aws);
        }
    }

    /// What is new, or the stack if nothing is done to it any more.
    fn look(
        &self,
        id: &str,
        events: &mut Events,
        quiet: u32,
    ) -> Result<(Vec<Event>, Option<Stack>)> {
        let new = self.news(id, events)?;
        if !new.is_empty() || !(events.ended() || quiet >= QUIET_LOOKS) {
            return Ok((new, None));
        }
        let stack = Stack::get(self.aws, id)?;
        Ok((new, Some(stack).filter(|stack| !stack.status.ends_with("_IN_PROGRESS"))))
    }

    fn news(&self, id: &str, events: &mut Events) -> Result<Vec<Event>> {
        let some = EVENTS_PER_LOOK.to_string();
        let limit = ["--max-items", some.as_str()];
        let answer = told(self.aws, id, &limit)?;
        if events.misses(&answer, EVENTS_PER_LOOK) {
            return Ok(events.learn(&told(self.aws, id, &[])?));
        }
        Ok(events.learn(&answer))
    }
}

impl Ended {
    /// What the first failure was, and what else failed. Looks into the nested stack that it was in.
    pub(crate) fn cause(&self, aws: &Aws) -> String {
        let within = self.events.failed_within().and_then(|nested| told(aws, nested, &[]).ok());
        let deleting = self.doing == DELETING;
        let within = within.as_ref().and_then(|told| events::failures_within(told, deleting));
        let told = within.or_else(|| self.events.failures()).or_else(|| self.events.taken_back());
        told.unwrap_or_else(|| format!("it is {} {}", self.stack.status, self.stack.reason))
    }
}

fn told(aws: &Aws, id: &str, limit: &[&str]) -> Result<Value> {
    let asked = ["cloudformation", "describe-stack-events", "--stack-name", id];
    aws.json("follow what happens to the stack", &[&asked[..], limit].concat())
}

/// Until it is worth looking again.
#[expect(clippy::disallowed_methods, reason = "this program has nothing else to do meanwhile")]
pub(crate) fn pause(aws: &Aws) {
    thread::sleep(if aws.emulated() { LOOK_EVERY_EMULATED } else { LOOK_EVERY });
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use serde_json::json;

    use super::*;

    const STACK: &str = "AWS::CloudFormation::Stack";

    fn event(id: u32, resource: &str, kind: &str, status: &str, reason: &str) -> Value {
        json!({
            "EventId": id.to_string(), "LogicalResourceId": resource, "ResourceType": kind,
            "PhysicalResourceId": if kind == STACK { format!("arn:{resource}") } else { String::new() },
            "ResourceStatus": status, "ResourceStatusReason": reason, "ClientRequestToken": "now",
        })
    }

    /// As the AWS CLI answers: the newest first.
    fn write(file: &Path, mut events: Vec<Value>) {
        events.reverse();
        fs::write(file, json!({"StackEvents": events}).to_string()).unwrap();
    }

    /// An AWS CLI that fails at first, and then tells more with every call.
    fn cli(directory: &Path) -> Aws {
        let program = directory.join("aws");
        let script = "#!/bin/sh\ncd \"${0%/*}\" || exit 1\ncase \"$2 $4\" in\n\
            'describe-stack-events arn:nested') cat nested ;;\n\
            describe-stack-events*) echo x >> calls; calls=$(wc -l < calls)\n\
              if [ \"$calls\" -eq 1 ]; then echo 'no network' >&2; exit 1; fi\n\
              [ -e \"events$calls\" ] || calls=4\n\
              cat \"events$calls\" ;;\n\
            describe-stacks*) echo '{\"Stacks\": [{\"StackId\": \"arn:drayage\", \"StackStatus\": \"ROLLBACK_COMPLETE\"}]}' ;;\n\
            esac\n";
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        Aws::new(program, "us-east-1".to_owned(), None, Some("http://127.0.0.1:1"))
    }

    #[test]
    fn an_operation_is_followed_to_its_end_and_its_first_failure_is_the_cause() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let mut events = vec![
            event(1, "drayage", STACK, "CREATE_IN_PROGRESS", "User Initiated"),
            event(2, "nested", STACK, "CREATE_IN_PROGRESS", ""),
        ];
        write(&at("events2"), events.clone());
        events.push(event(3, "nested", STACK, "CREATE_FAILED", "it was not created"));
        events.push(event(4, "Bucket", "AWS::S3::Bucket", "CREATE_FAILED", "cancelled"));
        events.push(event(5, "drayage", STACK, "ROLLBACK_IN_PROGRESS", ""));
        write(&at("events3"), events.clone());
        events.push(event(6, "drayage", STACK, "ROLLBACK_COMPLETE", ""));
        write(&at("events4"), events);
        // By the time that the cause is looked for, what was created of it is deleted again.
        let within = [
            event(1, "nested", STACK, "CREATE_IN_PROGRESS", ""),
            event(2, "Dashboard", "AWS::CloudWatch::Dashboard", "CREATE_FAILED", "no widget"),
            event(3, "nested", STACK, "DELETE_IN_PROGRESS", ""),
            event(4, "nested", STACK, "DELETE_COMPLETE", ""),
        ];
        write(&at("nested"), within.into());

        let aws = cli(directory.path());
        let operation = Operation { aws: &aws, doing: "creating", token: "now".to_owned() };
        let ended = operation.follow("arn:drayage").unwrap();
        assert_eq!(ended.stack.status, "ROLLBACK_COMPLETE");
        assert_eq!(ended.cause(&aws), "Dashboard (AWS::CloudWatch::Dashboard): no widget");
        assert_eq!(fs::read_to_string(at("calls")).unwrap().lines().count(), 5);
    }

    #[test]
    fn an_operation_that_somebody_else_ends_is_not_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let others = json!({
            "EventId": "1", "LogicalResourceId": "drayage", "ResourceType": STACK,
            "PhysicalResourceId": "arn:drayage", "ResourceStatus": "ROLLBACK_COMPLETE",
            "ClientRequestToken": "another",
        });
        for look in 2..20 {
            write(&at(&format!("events{look}")), vec![others.clone()]);
        }
        let aws = cli(directory.path());
        let operation = Operation { aws: &aws, doing: "creating", token: "now".to_owned() };
        let ended = operation.follow("arn:drayage").unwrap();
        assert_eq!(ended.stack.status, "ROLLBACK_COMPLETE");
        assert!(ended.cause(&aws).starts_with("it is ROLLBACK_COMPLETE"));
    }
}
