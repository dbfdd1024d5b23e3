//! How much of the org's allocations is left.

use serde_json::{Map, Value};

use crate::client::Client;
use crate::error::SalesforceError;
use crate::http::ApiRequest;

/// Sent with every answer of the data API.
pub(crate) const LIMIT_INFO_HEADER: &str = "Sforce-Limit-Info";

/// API calls of the last 24 hours, from the `Sforce-Limit-Info` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiUsage {
    /// Calls made by everybody in the org.
    pub(crate) used: u64,
    /// Calls the org may make.
    pub(crate) allowed: u64,
}

impl ApiUsage {
    /// Reads `api-usage=18/5000; per-app-api-usage=17/250(appName=x)`.
    pub(crate) fn parse(header: &str) -> Option<Self> {
        header.split([';', ',']).find_map(|part| {
            let (used, allowed) = part.trim().strip_prefix("api-usage=")?.split_once('/')?;
            Some(Self { used: used.trim().parse().ok()?, allowed: allowed.trim().parse().ok()? })
        })
    }

    /// Calls that the org may make in 24 hours.
    pub fn allowed(self) -> u64 {
        self.allowed
    }

    /// Calls that are left.
    pub fn remaining(self) -> u64 {
        self.allowed.saturating_sub(self.used)
    }
}

/// One allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// All of it, used and left; `None` if the org does not tell.
    pub max: Option<u64>,
    /// What is left of it; an org over its allocation has 0.
    pub remaining: u64,
}

/// The org's allocations, reduced to the one that reading uses up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    daily_api_requests: Option<Limit>,
}

impl Limits {
    fn read(entries: &Map<String, Value>) -> Self {
        let read = |entry: &Value| {
            let max = entry.get("Max").and_then(Value::as_u64);
            let remaining = entry.get("Remaining")?;
            let remaining = remaining.as_u64().or_else(|| remaining.as_i64().map(|_negative| 0))?;
            Some(Limit { max, remaining })
        };
        Self { daily_api_requests: entries.get("DailyApiRequests").and_then(read) }
    }

    /// API calls per 24 hours; `None` if the org does not tell.
    pub fn daily_api_requests(&self) -> Option<Limit> {
        self.daily_api_requests
    }
}

impl Client {
    /// The org's allocations; `None` if the user may not see them (the permission is View Setup and Configuration).
    pub async fn limits(&self) -> Result<Option<Limits>, SalesforceError> {
        let request = ApiRequest::get("read limits", self.data_path("limits"));
        match self.json::<Map<String, Value>>(request, "an object of limits").await {
            Ok(entries) => Ok(Some(Limits::read(&entries))),
            Err(SalesforceError::Permission(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case("api-usage=18/5000", Some((18, 5000)))]
    #[case("api-usage=18/5000; per-app-api-usage=17/250(appName=x)", Some((18, 5000)))]
    #[case("per-app-api-usage=17/250(appName=x); api-usage=18/5000", Some((18, 5000)))]
    #[case("per-app-api-usage=17/250(appName=x)", None)]
    #[case("api-usage=", None)]
    #[case("", None)]
    fn the_usage_header(#[case] header: &str, #[case] expected: Option<(u64, u64)>) {
        let expected = expected.map(|(used, allowed)| ApiUsage { used, allowed });
        assert_eq!(ApiUsage::parse(header), expected);
    }

    #[rstest]
    #[case(json!({"DailyApiRequests": {"Max": 5000, "Remaining": 4998}, "Odd": {"Max": 1}}), Some((Some(5000), 4998)))]
    #[case(json!({"DailyApiRequests": {"Max": 5000, "Remaining": -2, "Some App": {"Max": 1, "Remaining": 1}}}), Some((Some(5000), 0)))]
    #[case(json!({"DailyApiRequests": {"Remaining": 7}}), Some((None, 7)))]
    #[case(json!({"DailyApiRequests": {"Max": 5000}}), None)]
    #[case(json!({"DailyBulkV2QueryJobs": {"Max": 10000, "Remaining": 9999}}), None)]
    fn the_daily_allocation(#[case] answer: Value, #[case] expected: Option<(Option<u64>, u64)>) {
        let limits = Limits::read(answer.as_object().unwrap());
        let told = limits.daily_api_requests().map(|limit| (limit.max, limit.remaining));
        assert_eq!(told, expected);
    }
}
