//! Lambda: the functions of the stack, and what feeds them.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::primitives::Blob;
use drayage_domain::diagnosis::Diagnosis;
use serde_json::json;

use crate::failure::Failure;
use crate::stack::causes;

/// The function has 300 seconds (`infra/template.yaml`), and needs them where Salesforce does not answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(310);
/// A connection that is not there by then will not come.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Functions of a stack.
#[derive(Debug, Clone)]
pub(crate) struct Functions {
    client: Client,
}

/// What feeds a function from a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mapping {
    /// Its id.
    pub(crate) id: String,
    /// `Enabled`, `Disabled`, or what it becomes: `Enabling`, `Disabling`, `Creating`, `Updating`, `Deleting`.
    pub(crate) state: String,
}

impl Functions {
    /// Functions that are reached with this configuration.
    pub(crate) fn new(config: &SdkConfig) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(ANSWER_TIMEOUT)
            .build();
        let config = aws_sdk_lambda::config::Builder::from(config).timeout_config(timeouts).build();
        Self { client: Client::from_conf(config) }
    }

    /// What the functions see: lets `preflight` check everything and start nothing.
    pub(crate) async fn diagnosis(&self, preflight: &str) -> Result<Diagnosis, Failure> {
        let once = aws_sdk_lambda::config::Builder::new().retry_config(RetryConfig::disabled());
        let answer = self
            .client
            .invoke()
            .function_name(preflight)
            .payload(Blob::new(json!({"kind": "check"}).to_string()))
            .customize()
            .config_override(once)
            .send()
            .await
            .map_err(|error| {
                Failure::failed(
                    format!("{preflight} cannot be invoked: {}", said(&error)),
                    "check that your role may call lambda:InvokeFunction, and that the function is there",
                )
            })?;
        let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
        if answer.function_error.is_some() {
            return Err(Failure::failed(
                format!("{preflight} has failed: {}", String::from_utf8_lossy(&payload)),
                "deploy the functions of this tool's version; the log of the function has more",
            ));
        }
        serde_json::from_slice(&payload).map_err(|error| {
            Failure::failed(
                format!("the answer of {preflight} cannot be understood: {error}"),
                "its version is another than this tool's: deploy the template of this version",
            )
        })
    }

    /// What feeds a function.
    pub(crate) async fn mappings(&self, function: &str) -> Result<Vec<Mapping>, Failure> {
        let listed = self.client.list_event_source_mappings().function_name(function).send().await;
        let listed = listed.map_err(|error| {
            Failure::failed(
                format!("the event source mapping of {function} cannot be read: {}", said(&error)),
                "check that your role may call lambda:ListEventSourceMappings",
            )
        })?;
        let mapping = |mapping: &aws_sdk_lambda::types::EventSourceMappingConfiguration| Mapping {
            id: mapping.uuid().unwrap_or_default().to_owned(),
            state: mapping.state().unwrap_or_default().to_owned(),
        };
        Ok(listed.event_source_mappings().iter().map(mapping).collect())
    }
}

/// What a service has said, or why it said nothing.
pub(crate) fn said<E, R>(error: &SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    let Some(service) = error.as_service_error() else { return causes(error) };
    let code = service.code().unwrap_or("an error without a code");
    service.message().map_or_else(|| code.to_owned(), |message| format!("{code}: {message}"))
}
