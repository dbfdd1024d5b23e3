//! Why CloudFormation has not told of a stack, in words and with what to do. It is the first service that a command asks, so it is where
//! wrong credentials, a wrong Region and a missing network show.

use aws_config::SdkConfig;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_cloudformation::operation::describe_stacks::DescribeStacksError;

use super::{StackChoice, causes};
use crate::connection::sign_in_hint;
use crate::failure::Failure;

/// Codes for credentials that were good once.
const EXPIRED: [&str; 3] = ["ExpiredToken", "ExpiredTokenException", "RequestExpired"];
/// Codes for credentials that AWS does not know; opt-in Regions that are not enabled answer so, too
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html>).
const UNKNOWN: [&str; 5] = [
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId",
    "AuthFailure",
];
const DENIED: [&str; 3] = ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"];
const THROTTLED: [&str; 2] = ["Throttling", "ThrottlingException"];

/// The Region, for a sentence.
pub(super) fn region_of(config: &SdkConfig) -> &str {
    config.region().map_or("this Region", |region| region.as_ref())
}

/// A named stack is not there.
pub(super) fn no_stack(name: &str, config: &SdkConfig) -> Failure {
    Failure::unreachable(
        format!("there is no stack {name} in {}", region_of(config)),
        "leave --stack and DRAYAGE_STACK out to look for it; and check account (--profile, AWS_PROFILE) and Region \
         (--region, AWS_REGION)",
    )
}

pub(super) fn failure<R: std::fmt::Debug + 'static>(
    error: &SdkError<DescribeStacksError, R>,
    choice: &StackChoice,
    config: &SdkConfig,
) -> Failure {
    let (region, name) = (region_of(config), choice.name.as_deref());
    let Some(service) = error.as_service_error() else {
        return no_answer(&causes(error), config);
    };
    let code = service.code().unwrap_or("an error without a code");
    let message = service.message().unwrap_or_default();
    if let Some(name) = name
        && code == "ValidationError"
        && message.contains("does not exist")
    {
        return no_stack(name, config);
    }
    if EXPIRED.contains(&code) {
        return Failure::unreachable(
            format!("the AWS credentials have expired ({code}): {message}"),
            sign_in_hint(choice.profile.as_deref()),
        );
    }
    if UNKNOWN.contains(&code) {
        return Failure::unreachable(
            format!("AWS does not accept the credentials in {region} ({code}): {message}"),
            "check the keys of the profile or of the environment (aws sts get-caller-identity); a Region that is not enabled in \
             the account answers so, too",
        );
    }
    let what = name.map_or_else(|| "the stacks".to_owned(), |name| format!("the stack {name}"));
    if DENIED.contains(&code) {
        return Failure::unreachable(
            format!("{what} in {region} may not be described ({code}): {message}"),
            "let your role do cloudformation:DescribeStacks; one that may do so for a single stack only needs --stack NAME",
        );
    }
    if THROTTLED.contains(&code) {
        return Failure::unreachable(
            format!("CloudFormation is too busy to describe {what} ({code}): {message}"),
            "try again in a minute; --stack NAME needs one request only",
        );
    }
    Failure::unreachable(
        format!("{what} in {region} cannot be described ({code}): {message}"),
        "check that your credentials are valid and allow cloudformation:DescribeStacks",
    )
}

fn no_answer(causes: &str, config: &SdkConfig) -> Failure {
    if let Some(address) = config.endpoint_url() {
        return Failure::unreachable(
            format!("{address} does not answer: {causes}"),
            "check that something listens there: the address is from --endpoint-url, AWS_ENDPOINT_URL or the profile",
        );
    }
    let region = region_of(config);
    let unknown = ["dns error", "failed to lookup", "Name or service not known"];
    if unknown.iter().any(|words| causes.contains(words)) {
        return Failure::unreachable(
            format!("the address of CloudFormation in {region} is not known: {causes}"),
            "check how the Region is spelt (--region, AWS_REGION), and the network",
        );
    }
    Failure::unreachable(
        format!("CloudFormation in {region} does not answer: {causes}"),
        "check the network, a proxy (HTTPS_PROXY), and that the Region is the right one",
    )
}
