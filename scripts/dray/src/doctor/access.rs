//! The operator's way to the stack.

use aws_config::SdkConfig;

use super::report::{Finding, Group};
use crate::failure::Failure;
use crate::functions::said;
use crate::stack::Stack;

const GROUP: Group = Group::Access;

/// The Region that everything is looked for in.
pub(super) fn region(config: &SdkConfig) -> Finding {
    match config.region() {
        Some(region) => Finding::passed(GROUP, "region", region.as_ref()),
        None => Finding::failed(
            GROUP,
            "region",
            "no AWS region is configured",
            "set AWS_REGION, or region in the profile that AWS_PROFILE names",
        ),
    }
}

/// Who asks. `Err`: the check has failed, and no other request can be made.
pub(super) async fn credentials(config: &SdkConfig) -> Result<Finding, Finding> {
    const NAME: &str = "credentials";
    if config.region().is_none() {
        let found = "they cannot be tried without a region";
        return Err(Finding::failed(GROUP, NAME, found, "set AWS_REGION first"));
    }
    match aws_sdk_sts::Client::new(config).get_caller_identity().send().await {
        Ok(who) => {
            let arn = who.arn().unwrap_or("an identity without a name");
            let account = who.account().unwrap_or("?");
            Ok(Finding::passed(GROUP, NAME, format!("{arn}, account {account}")))
        }
        Err(error) => Err(Finding::failed(
            GROUP,
            NAME,
            format!("AWS does not tell who you are: {}", said(&error)),
            "run `aws sts get-caller-identity` with the same AWS_PROFILE; credentials may be missing or out of date",
        )),
    }
}

/// How CloudFormation left the stack; `None` where it cannot be described, which finding it tells.
pub(super) fn stack_state(status: &str) -> Finding {
    const NAME: &str = "stack_state";
    match status {
        "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE" => {
            Finding::passed(GROUP, NAME, status)
        }
        "UPDATE_ROLLBACK_COMPLETE" | "IMPORT_ROLLBACK_COMPLETE" => Finding::warning(
            GROUP,
            NAME,
            format!("{status}: the last change was not made"),
            "the stack's events say why; deploy again when that is solved",
        ),
        status if status.ends_with("_IN_PROGRESS") => Finding::warning(
            GROUP,
            NAME,
            format!("{status}: it is being changed"),
            "wait for it to end, then check again",
        ),
        status => Finding::failed(
            GROUP,
            NAME,
            status,
            "the stack's events say why; deploy it again when that is solved",
        ),
    }
}

/// The stack has everything that this tool needs to know of it.
pub(super) fn found(stack: &Stack) -> Finding {
    Finding::passed(GROUP, "stack", format!("{} in {}", stack.name, stack.region))
}

/// It cannot be found, or lacks something.
pub(super) fn unreachable(failure: &Failure) -> Finding {
    Finding::of_failure(GROUP, "stack", failure)
}

#[cfg(test)]
mod tests {
    use drayage_domain::switch::plan::CheckState;

    use super::*;

    #[test]
    fn a_stack_is_good_only_where_its_last_change_was_made() {
        for (status, state) in [
            ("UPDATE_COMPLETE", CheckState::Passed),
            ("UPDATE_ROLLBACK_COMPLETE", CheckState::Warning),
            ("UPDATE_IN_PROGRESS", CheckState::Warning),
            ("UPDATE_ROLLBACK_FAILED", CheckState::Failed),
        ] {
            let finding = stack_state(status);
            assert_eq!(finding.state, state, "{status}");
            assert_eq!(finding.hint.is_none(), state == CheckState::Passed);
        }
    }

    #[tokio::test]
    async fn without_a_region_nothing_is_asked() {
        let config = SdkConfig::builder().build();
        assert_eq!(region(&config).state, CheckState::Failed);
        assert_eq!(credentials(&config).await.unwrap_err().state, CheckState::Failed);
    }
}
