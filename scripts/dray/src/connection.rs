//! What a command works with: the stack, and clients in the person's own AWS configuration.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_cloudformation::config::ProvideCredentials as _;
use drayage_aws::clients::Clients;
use drayage_aws::executions::Executions;
use drayage_aws::ledger::Ledger;
use drayage_aws::objects::Storage;

use crate::failure::Failure;
use crate::stack::{Stack, causes};

/// Attempts of one request, the first included.
const ATTEMPTS_MAX: u32 = 4;
/// A connection that is not there by then will not come.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A service that sends nothing for this long is taken for lost.
const READ_TIMEOUT: Duration = Duration::from_secs(20);

/// A stack and how to talk to its parts.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) stack: Stack,
    pub(crate) executions: Executions,
    pub(crate) ledger: Ledger,
    pub(crate) storage: Storage,
}

impl Connection {
    /// Finds the stack with the configuration that the AWS CLI would take: environment, profile, instance.
    pub(crate) async fn open(stack: &str) -> Result<Self, Failure> {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .read_timeout(READ_TIMEOUT)
                    .build(),
            )
            .load()
            .await;
        Self::with(config, stack).await
    }

    /// The same with a configuration that is given.
    pub(crate) async fn with(config: SdkConfig, stack: &str) -> Result<Self, Failure> {
        check(&config).await?;
        let stack = Stack::find(&config, stack).await?;
        let clients = Clients::from_config(config);
        Ok(Self {
            executions: Executions::new(clients.step_functions.clone()),
            ledger: Ledger::new(clients.dynamodb.clone(), &stack.files_table, &stack.runs_table),
            storage: Storage::new(clients.s3.clone()),
            stack,
        })
    }

    /// A small object of the state bucket; `None` if there is no such key.
    pub(crate) async fn state_object(
        &self,
        key: &str,
        max_bytes: u64,
    ) -> Result<Option<Vec<u8>>, Failure> {
        Ok(self.storage.get_bounded(&self.stack.state_bucket, key, max_bytes).await?)
    }
}

/// What every request needs, checked first because the SDK would name it only after its retries.
async fn check(config: &SdkConfig) -> Result<(), Failure> {
    if config.region().is_none() {
        return Err(Failure::unreachable(
            "no AWS region is configured",
            "set AWS_REGION, or region in the profile that AWS_PROFILE names",
        ));
    }
    let hint = "run `aws configure`, or set AWS_PROFILE to a profile with credentials; for a profile of IAM Identity \
                Center: aws sso login --profile NAME && eval \"$(aws configure export-credentials --profile NAME \
                --format env)\"";
    let Some(provider) = config.credentials_provider() else {
        return Err(Failure::unreachable("no AWS credentials are configured", hint));
    };
    let found = provider.provide_credentials().await;
    found.map(|_| ()).map_err(|error| {
        Failure::unreachable(format!("there are no AWS credentials: {}", causes(&error)), hint)
    })
}

#[cfg(test)]
pub(crate) mod test_support;
