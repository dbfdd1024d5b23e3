//! How often services have asked this process to slow down: what the metrics tell as throttles.
//!
//! The SDK repeats a throttled request by itself, so that nobody sees it but this counter. Each attempt counts. The counters are the
//! process's, because clients are made in many places, and Lambda gives a process one invocation at a time.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_s3::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;

/// Beginnings and parts of the codes by which services refuse for load
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>, "Throttling"). Codes stand near the beginning of an answer.
const CODES: [&str; 6] = [
    "Throttl",
    "SlowDown",
    "ThroughputExceeded",
    "RequestLimitExceeded",
    "TooManyRequests",
    "BandwidthLimit",
];
/// Bytes of an answer in which a code is looked for.
const CODE_BYTES: usize = 1_024;

/// Whoever can ask to slow down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// Buckets.
    S3,
    /// The ledger's tables.
    DynamoDb,
    /// The copy queue.
    Sqs,
    /// The topic.
    Sns,
    /// Task tokens and executions.
    StepFunctions,
    /// Secrets Manager.
    Secrets,
    /// A source that is fetched by HTTP.
    Source,
}

const SERVICES: [(Service, &str); 7] = [
    (Service::S3, "s3"),
    (Service::DynamoDb, "dynamodb"),
    (Service::Sqs, "sqs"),
    (Service::Sns, "sns"),
    (Service::StepFunctions, "states"),
    (Service::Secrets, "secretsmanager"),
    (Service::Source, "source"),
];

static COUNTS: [AtomicU64; SERVICES.len()] = [const { AtomicU64::new(0) }; SERVICES.len()];

/// Counts one request to slow down.
pub(crate) fn count(service: Service) {
    for ((known, _), counter) in SERVICES.iter().zip(&COUNTS) {
        if *known == service {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The counts since they were taken last, by name of the service; those that are zero are left out.
pub fn take() -> Vec<(&'static str, u64)> {
    let counts = SERVICES.iter().zip(&COUNTS);
    let taken = counts.map(|((_, name), counter)| (*name, counter.swap(0, Ordering::Relaxed)));
    taken.filter(|(_, count)| *count > 0).collect()
}

/// Looks at every answer of a service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CountThrottles(pub(crate) Service);

impl Intercept for CountThrottles {
    fn name(&self) -> &'static str {
        "CountThrottles"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let answer = context.response();
        let begins = answer.body().bytes().unwrap_or_default();
        if is_throttle(answer.status().as_u16(), begins) {
            count(self.0);
        }
        Ok(())
    }
}

fn is_throttle(status: u16, body: &[u8]) -> bool {
    if status < 400 {
        return false;
    }
    let begins = String::from_utf8_lossy(body.get(..CODE_BYTES).unwrap_or(body));
    status == 429 || CODES.iter().any(|code| begins.contains(code))
        // S3 answers 503 to a HEAD that it refuses for load, and a HEAD has no body.
        || (status == 503 && body.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_asks_to_slow_down_is_told_from_one_that_fails() {
        let dynamodb = br#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}"#;
        assert!(is_throttle(400, dynamodb));
        assert!(is_throttle(400, br#"{"__type":"ThrottlingException"}"#));
        assert!(is_throttle(503, b"<Error><Code>SlowDown</Code></Error>"));
        assert!(is_throttle(503, b"") && is_throttle(429, b""));
        assert!(!is_throttle(503, b"<Error><Code>ServiceUnavailable</Code></Error>"));
        assert!(!is_throttle(400, br#"{"__type":"ConditionalCheckFailedException"}"#));
        assert!(!is_throttle(200, b"SlowDown"));
    }
}
