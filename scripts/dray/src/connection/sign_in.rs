//! What every request needs, checked first because the SDK would name it only after its retries.

use aws_config::SdkConfig;
use aws_sdk_cloudformation::config::ProvideCredentials as _;

use crate::failure::Failure;
use crate::output::quoted;
use crate::stack::causes;

/// Region and credentials have to be there.
///
/// * `profile`: named on the command line.
pub(super) async fn check(config: &SdkConfig, profile: Option<&str>) -> Result<(), Failure> {
    if config.region().is_none() {
        if profile.is_some() {
            // A profile that does not exist has no Region either, and is what is to be told.
            credentials(config, profile).await?;
        }
        return Err(Failure::unreachable(
            "no AWS region is configured",
            "give --region, or set AWS_REGION, or region in the profile that --profile or AWS_PROFILE names",
        ));
    }
    credentials(config, profile).await
}

async fn credentials(config: &SdkConfig, profile: Option<&str>) -> Result<(), Failure> {
    let Some(provider) = config.credentials_provider() else {
        return Err(Failure::unreachable("no AWS credentials are configured", hint(profile)));
    };
    let Err(error) = provider.provide_credentials().await else { return Ok(()) };
    Err(told(&causes(&error), &chosen(profile)))
}

/// The profile that counts.
fn chosen(profile: Option<&str>) -> String {
    let named = || std::env::var_os("AWS_PROFILE").map(|name| name.to_string_lossy().into_owned());
    profile.map(str::to_owned).or_else(named).unwrap_or_else(|| "default".to_owned())
}

/// How a person signs in.
///
/// * `profile`: named on the command line.
pub(crate) fn hint(profile: Option<&str>) -> String {
    format!(
        "sign in again: {}; or run aws configure, or set AWS_PROFILE to a profile with credentials",
        sso(&chosen(profile))
    )
}

fn sso(profile: &str) -> String {
    format!("aws sso login --profile {}", quoted(profile))
}

/// Why there are no credentials. The SDK tells kinds of failures of a profile only in words.
fn told(causes: &str, profile: &str) -> Failure {
    let lower = causes.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&["was not defined", "no profile", "profile not found", "missing profile"]) {
        return Failure::unreachable(
            format!("there is no AWS profile {profile} with credentials: {causes}"),
            "aws configure list-profiles lists those that there are; name one by --profile or AWS_PROFILE",
        );
    }
    if has(&["sso"]) {
        return Failure::unreachable(
            format!("the sign-in of the profile {profile} is over, or was never made: {causes}"),
            sso(profile),
        );
    }
    if has(&["expired"]) {
        return Failure::unreachable(
            format!("the AWS credentials have expired: {causes}"),
            hint(Some(profile)),
        );
    }
    // The instance's are looked for last; that a laptop has none is no news.
    let message = if has(&["imds"]) {
        format!(
            "there are no AWS credentials: neither the environment nor the profile {profile} has any"
        )
    } else {
        format!("there are no AWS credentials: {causes}")
    };
    Failure::unreachable(
        message,
        format!(
            "run aws configure, or set AWS_PROFILE to a profile with credentials; for a profile of IAM Identity Center: {}",
            sso(profile)
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_nobody_is_signed_in_is_told_with_what_to_do() {
        let expired =
            told("an error occurred: the SSO token has expired and cannot be refreshed", "it's");
        assert!(
            expired.message.starts_with("the sign-in of the profile it's is over"),
            "{expired}"
        );
        assert_eq!(expired.hint, "aws sso login --profile 'it'\\''s'");
        let unknown = told("profile `x` was not defined", "x");
        assert!(unknown.message.starts_with("there is no AWS profile x"), "{unknown}");
        let nothing = told("no providers in chain provided credentials", "default");
        assert!(nothing.message.starts_with("there are no AWS credentials"), "{nothing}");
        assert!(nothing.hint.contains("aws configure"), "{nothing}");
        let laptop = told("failed to load IMDS session token: dispatch failure", "default");
        assert!(laptop.message.ends_with("nor the profile default has any"), "{laptop}");
    }
}
