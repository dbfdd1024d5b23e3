//! How much of the org's allocations is left.

use std::collections::BTreeMap;

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
    pub used: u64,
    /// Calls the org may make.
    pub allowed: u64,
}

impl ApiUsage {
    /// Reads `api-usage=18/5000; per-app-api-usage=17/250(appName=x)`.
    pub(crate) fn parse(header: &str) -> Option<Self> {
        header.split([';', ',']).find_map(|part| {
            let (used, allowed) = part.trim().strip_prefix("api-usage=")?.split_once('/')?;
            Some(Self { used: used.trim().parse().ok()?, allowed: allowed.trim().parse().ok()? })
        })
    }

    /// Calls that are left.
    pub fn remaining(self) -> u64 {
        self.allowed.saturating_sub(self.used)
    }
}

/// One allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Size of the allocation.
    pub max: u64,
    /// What is left of it; an org over its allocation has 0.
    pub remaining: u64,
}

/// All allocations the org reports, by Salesforce's names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// For example `DailyApiRequests`.
    pub by_name: BTreeMap<String, Limit>,
}

impl Limits {
    /// API calls per 24 hours.
    pub fn daily_api_requests(&self) -> Option<Limit> {
        self.get("DailyApiRequests")
    }

    /// Bulk API 2.0 query jobs per 24 hours.
    pub fn daily_bulk_v2_query_jobs(&self) -> Option<Limit> {
        self.get("DailyBulkV2QueryJobs")
    }

    /// Bulk API 2.0 query results per 24 hours, in MB.
    pub fn daily_bulk_v2_query_storage_mb(&self) -> Option<Limit> {
        self.get("DailyBulkV2QueryFileStorageMB")
    }

    /// Bulk batches per 24 hours, shared by Bulk API 1 and ingest jobs of 2.0.
    pub fn daily_bulk_api_batches(&self) -> Option<Limit> {
        self.get("DailyBulkApiBatches")
    }

    fn get(&self, name: &str) -> Option<Limit> {
        self.by_name.get(name).copied()
    }
}

impl From<Map<String, Value>> for Limits {
    /// Entries without `Max` and `Remaining` are left out.
    fn from(entries: Map<String, Value>) -> Self {
        let number = |entry: &Value, name: &str| {
            let value = entry.get(name)?;
            value.as_u64().or_else(|| value.as_i64().map(|_negative| 0))
        };
        let by_name = entries
            .into_iter()
            .filter_map(|(name, entry)| {
                let limit =
                    Limit { max: number(&entry, "Max")?, remaining: number(&entry, "Remaining")? };
                Some((name, limit))
            })
            .collect();
        Self { by_name }
    }
}

impl Client {
    /// The org's allocations; `None` if the user may not see them (the permission is View Setup and Configuration).
    pub async fn limits(&self) -> Result<Option<Limits>, SalesforceError> {
        let request = ApiRequest::get("read limits", self.data_path("limits"));
        match self.json::<Map<String, Value>>(request, "an object of limits").await {
            Ok(entries) => Ok(Some(Limits::from(entries))),
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

    #[test]
    fn limits_keep_what_has_a_maximum_and_a_rest() {
        let entries = json!({
            "DailyApiRequests": {"Max": 5000, "Remaining": -2, "Some App": {"Max": 1, "Remaining": 1}},
            "DailyBulkV2QueryJobs": {"Max": 10000, "Remaining": 9999},
            "Odd": {"Max": 1},
        });
        let Value::Object(entries) = entries else { panic!("an object") };
        let limits = Limits::from(entries);
        assert_eq!(limits.daily_api_requests(), Some(Limit { max: 5000, remaining: 0 }));
        assert_eq!(limits.daily_bulk_v2_query_jobs(), Some(Limit { max: 10000, remaining: 9999 }));
        assert_eq!(limits.by_name.len(), 2);
    }
}
