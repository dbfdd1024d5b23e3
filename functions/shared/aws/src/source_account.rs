//! Reading buckets of another account: with a role of that account, and at our expense where the bucket asks for that.

use aws_config::SdkConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_s3::config::{
    Builder, ConfigBag, Intercept, ProvideCredentials as _, RuntimeComponents,
};
use aws_sdk_s3::error::{BoxError, DisplayErrorContext};
use drayage_domain::settings::SourceAccount;

/// What the source's account reads in its logs about who has taken on its role.
const SESSION_NAME: &str = "drayage";

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ObjectsinRequesterPaysBuckets.html>
const REQUEST_PAYER: (&str, &str) = ("x-amz-request-payer", "requester");

/// The same client for source buckets of that account.
pub(crate) async fn configured(
    config: &SdkConfig,
    mut builder: Builder,
    account: &SourceAccount,
) -> Builder {
    if let Some(provider) = provider(config, account).await {
        builder = builder.credentials_provider(provider);
    }
    if account.requester_pays {
        builder = builder.interceptor(RequesterPays);
    }
    builder
}

/// Takes on the account's role once, if there is one. The error says why that did not work.
pub(crate) async fn check(config: &SdkConfig, account: &SourceAccount) -> Result<(), String> {
    let Some(provider) = provider(config, account).await else { return Ok(()) };
    match provider.provide_credentials().await {
        Ok(_) => Ok(()),
        Err(error) => Err(DisplayErrorContext(&error).to_string()),
    }
}

async fn provider(config: &SdkConfig, account: &SourceAccount) -> Option<AssumeRoleProvider> {
    let role = account.role_arn.as_ref()?;
    let mut builder =
        AssumeRoleProvider::builder(role).session_name(SESSION_NAME).configure(config);
    if let Some(id) = &account.external_id {
        builder = builder.external_id(id);
    }
    // Signing in makes a large future, which those of all callers would have to hold.
    Some(Box::pin(builder.build()).await)
}

/// Says with every request that our account pays for it.
#[derive(Debug)]
struct RequesterPays;

impl Intercept for RequesterPays {
    fn name(&self) -> &'static str {
        "RequesterPays"
    }

    // The signature has to cover it.
    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (name, value) = REQUEST_PAYER;
        context.request_mut().headers_mut().insert(name, value);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
