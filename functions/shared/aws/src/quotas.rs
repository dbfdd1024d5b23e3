//! What the account may use: quotas that a planned run is held against before it starts.

use aws_config::retry::RetryConfig;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use drayage_domain::capacity::LambdaQuota;

use crate::clients::Clients;
use crate::sdk_error::describe;

/// A quota cannot be told just now, or not to us.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuotaError {
    /// The role may not ask.
    #[error("{0}")]
    Denied(String),
    /// The service does not answer, or not with a quota.
    #[error("{0}")]
    Unavailable(String),
}

/// Invocations at a time that the account has. Needs `lambda:GetAccountSettings`, which knows no resources.
pub async fn lambda(clients: &Clients) -> Result<LambdaQuota, QuotaError> {
    let asked = clients.lambda().get_account_settings().send().await;
    let settings = asked.map_err(|error| {
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
        told(code, describe(&error))
    })?;
    let limit = settings.account_limit.as_ref();
    let unreserved = limit.and_then(|limit| limit.unreserved_concurrent_executions);
    limit
        .zip(unreserved)
        .and_then(|(limit, unreserved)| {
            Some(LambdaQuota {
                concurrent: u64::try_from(limit.concurrent_executions)
                    .ok()
                    .filter(|all| *all > 0)?,
                unreserved: u64::try_from(unreserved).ok()?,
            })
        })
        .ok_or_else(|| QuotaError::Unavailable("Lambda does not tell its limits".to_owned()))
}

/// Write units a second that a table may take at most. Needs `dynamodb:DescribeLimits`, which knows no resources.
pub async fn tables(clients: &Clients) -> Result<u64, QuotaError> {
    // Asked more than once a minute it is throttled, and the next run asks again.
    let once = aws_sdk_dynamodb::config::Config::builder().retry_config(RetryConfig::disabled());
    let asked = clients.dynamodb().describe_limits().customize().config_override(once).send().await;
    let limits = asked.map_err(|error| {
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
        told(code, describe(&error))
    })?;
    limits
        .table_max_write_capacity_units
        .and_then(|writes| u64::try_from(writes).ok())
        .ok_or_else(|| QuotaError::Unavailable("DynamoDB does not tell its limits".to_owned()))
}

fn told(code: Option<&str>, message: String) -> QuotaError {
    match code {
        Some("AccessDeniedException" | "AccessDenied") => QuotaError::Denied(message),
        Some(_) | None => QuotaError::Unavailable(message),
    }
}

#[cfg(test)]
mod tests {
    use aws_config::BehaviorVersion;
    use aws_sdk_s3::config::{Credentials, Region, SharedCredentialsProvider};
    use wiremock::matchers::{method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    async fn asked(status: u16, body: &str) -> Result<LambdaQuota, QuotaError> {
        let server = MockServer::start().await;
        Mock::given(method("GET"))
            .and(path("/2016-08-19/account-settings"))
            .respond_with(ResponseTemplate::new(status).set_body_raw(body, "application/json"))
            .mount(&server)
            .await;
        let credentials = Credentials::new("id", "key", None, None, "test");
        let config = aws_config::SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::disabled())
            .endpoint_url(server.uri())
            .build();
        lambda(&Clients::from_config(config)).await
    }

    #[tokio::test]
    async fn what_the_account_has_is_told() {
        let body = r#"{"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 900}}"#;
        let quota = LambdaQuota { concurrent: 1_000, unreserved: 900 };
        assert_eq!(asked(200, body).await, Ok(quota));
        assert!(matches!(asked(200, "{}").await, Err(QuotaError::Unavailable(_))));
    }

    #[tokio::test]
    async fn a_role_that_may_not_ask_is_told_from_a_service_that_does_not_answer() {
        let denied = r#"{"__type": "AccessDeniedException", "message": "not allowed"}"#;
        assert!(matches!(asked(403, denied).await, Err(QuotaError::Denied(_))));
        let broken = asked(500, r#"{"__type": "ServiceException"}"#).await;
        assert!(matches!(broken, Err(QuotaError::Unavailable(_))));
    }
}
