//! SDK clients, made once per process.
//!
//! With `AWS_ENDPOINT_URL` in the environment every client talks to that endpoint (an emulator) instead of AWS; the SDK
//! reads it. Buckets are then addressed by path, because an emulator on loopback has no host name per bucket.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_s3::config::{Credentials, Region, SharedCredentialsProvider};

use crate::secrets::BucketKeys;

/// Attempts of one request, the first included. Standard mode backs off exponentially with full jitter.
const ATTEMPTS_MAX: u32 = 5;
/// A connection that is not there by then will not come.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A service that sends nothing for this long is taken for lost. Tables, queues and secrets answer in milliseconds.
const READ_TIMEOUT: Duration = Duration::from_secs(20);
/// The same for buckets, where `UploadPartCopy` of a large part takes longest.
const S3_READ_TIMEOUT: Duration = Duration::from_mins(2);

/// Clients of all services that the functions use. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Clients {
    /// The ledger's tables.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Buckets, with the function's role.
    pub s3: aws_sdk_s3::Client,
    /// Secrets Manager.
    pub secrets: aws_sdk_secretsmanager::Client,
    /// Step Functions.
    pub step_functions: aws_sdk_sfn::Client,
    /// SQS.
    pub sqs: aws_sdk_sqs::Client,
    /// SNS.
    pub sns: aws_sdk_sns::Client,
    config: SdkConfig,
}

impl Clients {
    /// Clients with the environment's region and credentials.
    pub async fn load() -> Self {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX))
            .timeout_config(timeouts(READ_TIMEOUT))
            .load()
            .await;
        Self::from_config(config)
    }

    /// Clients with this configuration.
    pub fn from_config(config: SdkConfig) -> Self {
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            s3: aws_sdk_s3::Client::from_conf(s3_config(&config).build()),
            secrets: aws_sdk_secretsmanager::Client::new(&config),
            step_functions: aws_sdk_sfn::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            sns: aws_sdk_sns::Client::new(&config),
            config,
        }
    }

    /// A client of another S3, with the keys, endpoint and region of a secret.
    pub fn s3_with_keys(&self, keys: &BucketKeys) -> aws_sdk_s3::Client {
        let credentials = Credentials::new(
            keys.access_key_id(),
            keys.secret_access_key(),
            keys.session_token().map(str::to_owned),
            None,
            "bucket-secret",
        );
        let mut builder = s3_config(&self.config)
            .credentials_provider(SharedCredentialsProvider::new(credentials));
        if let Some(region) = &keys.region {
            builder = builder.region(Region::new(region.clone()));
        }
        if let Some(endpoint) = &keys.endpoint {
            builder = builder.endpoint_url(endpoint).force_path_style(true);
        }
        aws_sdk_s3::Client::from_conf(builder.build())
    }
}

fn s3_config(config: &SdkConfig) -> aws_sdk_s3::config::Builder {
    aws_sdk_s3::config::Builder::from(config)
        .timeout_config(timeouts(S3_READ_TIMEOUT))
        .force_path_style(config.endpoint_url().is_some())
}

fn timeouts(read: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(read).build()
}
