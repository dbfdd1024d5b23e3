//! The person's own AWS configuration, as the AWS CLI would take it.
//!
//! A laptop has no instance metadata service, and some networks swallow what is sent to its address. It is asked last, once, and not for
//! long, so that "no credentials" is said at once.

use std::time::Duration;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::imds;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};

use crate::stack::StackChoice;

/// Attempts of one request, the first included.
const ATTEMPTS_MAX: u32 = 4;
/// A connection that is not there by then will not come.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A service that sends nothing for this long is taken for lost.
const READ_TIMEOUT: Duration = Duration::from_secs(20);
/// The instance metadata service is on the same machine, or nowhere.
const METADATA_TIMEOUT: Duration = Duration::from_secs(1);

/// Options first, then the environment, the profile, the instance.
pub(super) async fn load(choice: &StackChoice) -> SdkConfig {
    let metadata = imds::Client::builder()
        .max_attempts(1)
        .connect_timeout(METADATA_TIMEOUT)
        .read_timeout(METADATA_TIMEOUT)
        .build();
    let region = region(choice, &metadata).await;
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .read_timeout(READ_TIMEOUT)
                .build(),
        )
        .region(RegionProviderChain::first_try(region.clone()));
    if let Some(address) = &choice.endpoint_url {
        loader = loader.endpoint_url(address);
    }
    loader = if let Some(profile) = &choice.profile {
        // As with the AWS CLI, a profile that is named on the command line goes before keys in the environment.
        let provider = ProfileFileCredentialsProvider::builder()
            .configure(&ProviderConfig::without_region().with_region(region))
            .profile_name(profile)
            .build();
        loader.profile_name(profile).credentials_provider(provider)
    } else {
        let region = RegionProviderChain::first_try(region);
        let chain = DefaultCredentialsChain::builder().region(region).imds_client(metadata);
        loader.credentials_provider(chain.build().await)
    };
    loader.load().await
}

async fn region(choice: &StackChoice, metadata: &imds::Client) -> Option<Region> {
    if let Some(region) = &choice.region {
        return Some(Region::new(region.clone()));
    }
    let mut profile = ProfileFileRegionProvider::builder();
    if let Some(name) = &choice.profile {
        profile = profile.profile_name(name);
    }
    RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(profile.build())
        .or_else(ImdsRegionProvider::builder().imds_client(metadata.clone()).build())
        .region()
        .await
}
