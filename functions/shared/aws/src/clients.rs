//! SDK clients, made once per process.
//!
//! With `AWS_ENDPOINT_URL` in the environment every client talks to that endpoint (an emulator) instead of AWS; the SDK
//! reads it. Buckets are then addressed by path, because an emulator on loopback has no host name per bucket.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_s3::config::{Credentials, Region, SharedCredentialsProvider};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use drayage_domain::allow_list::{Reach, is_local_endpoint};
use drayage_domain::settings::SourceAccount;
use tokio::sync::OnceCell;

use crate::net::GuardedResolver;
use crate::secrets::BucketKeys;
use crate::source_account;
use crate::throttling::{CountThrottles, Service};

/// Attempts of one request, the first included. Standard mode backs off exponentially with full jitter.
const ATTEMPTS_MAX: u32 = 5;
/// A connection that is not there by then will not come.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A service that sends nothing for this long is taken for lost. Tables, queues and secrets answer in milliseconds.
const READ_TIMEOUT: Duration = Duration::from_secs(20);
/// The same for buckets, where `UploadPartCopy` of a large part takes longest.
const S3_READ_TIMEOUT: Duration = Duration::from_mins(2);

/// Clients of the services that the functions use, each made when it is first asked for: a function that never asks for one
/// does not carry its code. Clones share clients and their connections.
#[derive(Debug, Clone)]
pub struct Clients(Arc<Made>);

#[derive(Debug)]
struct Made {
    config: SdkConfig,
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    s3: OnceLock<aws_sdk_s3::Client>,
    secrets: OnceLock<aws_sdk_secretsmanager::Client>,
    step_functions: OnceLock<aws_sdk_sfn::Client>,
    sqs: OnceLock<aws_sdk_sqs::Client>,
    sns: OnceLock<aws_sdk_sns::Client>,
    lambda: OnceLock<aws_sdk_lambda::Client>,
    s3_of_source: OnceCell<aws_sdk_s3::Client>,
    /// For endpoints that a secret names.
    guarded: SharedHttpClient,
}

/// A method of [`Clients`] for a service whose client needs nothing but the common configuration.
macro_rules! client_of {
    ($(#[$doc:meta])* $method:ident, $sdk:ident, $service:ident) => {
        $(#[$doc])*
        pub fn $method(&self) -> $sdk::Client {
            let made = || {
                let builder = $sdk::config::Builder::from(&self.0.config);
                let counted = builder.interceptor(CountThrottles(Service::$service));
                $sdk::Client::from_conf(counted.build())
            };
            self.0.$method.get_or_init(made).clone()
        }
    };
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
        let guarded = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .build_with_resolver(GuardedResolver::new(reach(&config)));
        Self(Arc::new(Made {
            config,
            dynamodb: OnceLock::new(),
            s3: OnceLock::new(),
            secrets: OnceLock::new(),
            step_functions: OnceLock::new(),
            sqs: OnceLock::new(),
            sns: OnceLock::new(),
            lambda: OnceLock::new(),
            s3_of_source: OnceCell::new(),
            guarded,
        }))
    }

    client_of!(
        /// The ledger's tables.
        dynamodb, aws_sdk_dynamodb, DynamoDb
    );
    client_of!(
        /// Secrets Manager.
        secrets, aws_sdk_secretsmanager, Secrets
    );
    client_of!(
        /// Step Functions.
        step_functions, aws_sdk_sfn, StepFunctions
    );
    client_of!(
        /// SQS.
        sqs, aws_sdk_sqs, Sqs
    );
    client_of!(
        /// SNS.
        sns, aws_sdk_sns, Sns
    );

    /// Lambda, for what the account has of it.
    pub fn lambda(&self) -> aws_sdk_lambda::Client {
        self.0.lambda.get_or_init(|| aws_sdk_lambda::Client::new(&self.0.config)).clone()
    }

    /// Buckets, with the function's role.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let made = || aws_sdk_s3::Client::from_conf(s3_config(&self.0.config).build());
        self.0.s3.get_or_init(made).clone()
    }

    /// A client of source buckets that are read with a role. A process has one such account: the role is taken on anew only
    /// when its session ends.
    pub async fn s3_of_source(&self, account: &SourceAccount) -> aws_sdk_s3::Client {
        let made = async || {
            let builder =
                source_account::configured(&self.0.config, s3_config(&self.0.config), account);
            aws_sdk_s3::Client::from_conf(Box::pin(builder).await.build())
        };
        self.0.s3_of_source.get_or_init(made).await.clone()
    }

    /// Takes on the role of the source's account, if there is one. The error says why that did not work.
    pub async fn check_source_role(&self, account: &SourceAccount) -> Result<(), String> {
        source_account::check(&self.0.config, account).await
    }

    /// How far connections to hosts may go that a person has configured.
    pub fn reach(&self) -> Reach {
        reach(&self.0.config)
    }

    /// A client of another S3, with the keys, endpoint and region of a secret. The endpoint's name is resolved within
    /// [`reach`](Self::reach); whether a numeric one may be asked is for the caller to look at.
    pub fn s3_with_keys(&self, keys: &BucketKeys) -> aws_sdk_s3::Client {
        let credentials = Credentials::new(
            keys.access_key_id(),
            keys.secret_access_key(),
            keys.session_token().map(str::to_owned),
            None,
            "bucket-secret",
        );
        let mut builder = s3_config(&self.0.config)
            .credentials_provider(SharedCredentialsProvider::new(credentials));
        if let Some(region) = &keys.region {
            builder = builder.region(Region::new(region.clone()));
        }
        if let Some(endpoint) = &keys.endpoint {
            builder = builder
                .endpoint_url(endpoint)
                .force_path_style(true)
                .http_client(self.0.guarded.clone());
        }
        aws_sdk_s3::Client::from_conf(builder.build())
    }
}

/// Loopback is within reach only where this machine plays AWS.
fn reach(config: &SdkConfig) -> Reach {
    if config.endpoint_url().is_some_and(is_local_endpoint) {
        Reach::ThisMachine
    } else {
        Reach::Private
    }
}

fn s3_config(config: &SdkConfig) -> aws_sdk_s3::config::Builder {
    aws_sdk_s3::config::Builder::from(config)
        .timeout_config(timeouts(S3_READ_TIMEOUT))
        .interceptor(CountThrottles(Service::S3))
        .force_path_style(config.endpoint_url().is_some())
}

fn timeouts(read: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(read).build()
}
