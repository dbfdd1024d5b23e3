//! SDK clients for an emulator. They are made here and not by the product's adapters, so that what the product did is
//! looked at by another way than its own.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::Credentials;

use crate::emulator::{CREDENTIAL, Emulator, REGION};

/// Clients of one emulator. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Clients {
    /// Buckets and objects.
    pub s3: aws_sdk_s3::Client,
    /// Tables.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// State machines and executions.
    pub executions: aws_sdk_sfn::Client,
    /// Secrets.
    pub secrets: aws_sdk_secretsmanager::Client,
}

impl Clients {
    /// Clients of `emulator`. Nothing of the surrounding environment or of a person's AWS profile is used.
    pub fn new(emulator: &Emulator) -> Self {
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(emulator.endpoint())
            .credentials_provider(aws_sdk_s3::config::SharedCredentialsProvider::new(
                Credentials::new(CREDENTIAL, CREDENTIAL, None, None, "local"),
            ))
            .build();
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
        Self {
            s3: aws_sdk_s3::Client::from_conf(s3),
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            executions: aws_sdk_sfn::Client::new(&config),
            secrets: aws_sdk_secretsmanager::Client::new(&config),
        }
    }
}
