//! What a person does about what CloudFormation and the AWS CLI say.

/// Parts of messages, and what helps. The first that fits is taken.
const MESSAGES: [(&str, &str); 14] = [
    (
        "already owned by you",
        "the bucket is left from an earlier stack; keep it with CreateDestinationBucket=false",
    ),
    (
        "already exists",
        "something of that name is there: a bucket that an earlier stack has left is taken over with \
         CreateDestinationBucket=false; two stacks in one account need two names",
    ),
    ("ExpiredToken", "the credentials have expired; sign in again, such as with `aws sso login`"),
    ("Token has expired", "sign in again, such as with `aws sso login`"),
    (
        "Unable to locate credentials",
        "configure them: `aws configure`, `aws sso login` or --profile",
    ),
    (
        "InvalidClientTokenId",
        "the credentials are not those of an account; look at `aws configure list`",
    ),
    ("could not be found", "see the profiles with `aws configure list-profiles`"),
    ("Could not connect", "is the address right, and does this machine have a network?"),
    (
        "UnreservedConcurrentExecution",
        "the account's Lambda concurrency is too small for the reserved one; lower it, or ask for a quota increase",
    ),
    (
        "LimitExceeded",
        "a service quota of the account is reached; docs/capacity.md has those of Lambda, DynamoDB and Step Functions",
    ),
    (
        "permissions boundary",
        "the account demands a boundary of every role: the parameter PermissionsBoundary names it (docs/encryption.md)",
    ),
    ("not authorized", "docs/deploy.md lists what the deploying role has to be allowed"),
    ("AccessDenied", "docs/deploy.md lists what the deploying role has to be allowed"),
    ("ROLLBACK_COMPLETE", "see what `scripts/deploy --dry-run` says of the stack"),
];

/// What helps against a message, if it is a known one.
pub(crate) fn of_message(message: &str) -> Option<&'static str> {
    MESSAGES.iter().find(|(part, _)| message.contains(part)).map(|(_, hint)| *hint)
}

/// Why a stack in this state cannot be deployed to, and what to do; `None` if it can.
pub(crate) fn of_status(status: &str, stack: &str) -> Option<String> {
    match status {
        "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" => Some(format!(
            "its first deployment failed, and such a stack can only be deleted: `scripts/deploy --delete --stack-name {stack}`; \
             then deploy again. The tables stay, and can be removed as that says"
        )),
        "UPDATE_ROLLBACK_FAILED" => Some(format!(
            "an update failed, and so did taking it back: mend what the events name, then `aws cloudformation \
             continue-update-rollback --stack-name {stack}`; see docs/deploy.md"
        )),
        "DELETE_FAILED" => Some(format!(
            "deleting it failed: mend what the events name, then `scripts/deploy --delete --stack-name {stack}` again"
        )),
        "REVIEW_IN_PROGRESS" => None,
        _ if status.ends_with("_IN_PROGRESS") => {
            Some("something else is at work on it: wait until that has ended".to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_that_take_no_deployment_say_what_to_do() {
        for (status, expected) in [
            ("ROLLBACK_COMPLETE", "can only be deleted"),
            ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name s"),
            ("UPDATE_IN_PROGRESS", "wait"),
            ("DELETE_FAILED", "--delete"),
        ] {
            assert!(of_status(status, "s").unwrap().contains(expected), "{status}");
        }
        for status in
            ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"]
        {
            assert_eq!(of_status(status, "s"), None);
        }
    }

    #[test]
    fn known_messages_have_hints() {
        assert!(of_message("x already exists").unwrap().contains("CreateDestinationBucket=false"));
        assert_eq!(of_message("what nobody has seen"), None);
    }
}
