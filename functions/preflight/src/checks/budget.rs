//! How many records there are, and whether the org's daily allocation bears reading them.

use drayage_domain::diagnosis::ApiCalls;
use drayage_domain::record::ObjectFields;
use drayage_domain::run::RunOptions;
use drayage_domain::run_input::QueryApi;
use drayage_lambda_kit::error::{CONFIGURATION_INVALID, FunctionError};
use drayage_salesforce::{
    ApiUsage, Client, QUERY_IDS_MAX, QUERY_PAGE_RECORDS_MAX, REQUEST_LIMIT_EXCEEDED, Soql,
};

/// A run starts only when the org's remaining daily requests are at least this many times what the run needs: other
/// integrations of the org live from the same allocation.
const BUDGET_MARGIN: u64 = 2;
/// Sign-in, versions, description, the org, limits, count, and the polls of a bulk query job.
const FIXED_CALLS: u64 = 50;

/// API calls of the org's last 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Calls {
    /// What the org may use, where it tells.
    pub(crate) max: Option<u64>,
    /// What is left of it.
    pub(crate) remaining: u64,
}

/// How many records there are, or how many the run is limited to, and whether the org's daily allocation bears reading them.
pub(crate) async fn count_and_check(
    client: &Client,
    options: &RunOptions,
) -> Result<u64, FunctionError> {
    let records = match &options.records {
        Some(listed) => u64::try_from(listed.len()).unwrap_or(u64::MAX),
        None => count(client, &options.fields).await?,
    };
    suffices(needed(options, records), calls(client).await?)?;
    Ok(records)
}

/// How many records there are.
pub(crate) async fn count(client: &Client, fields: &ObjectFields) -> Result<u64, FunctionError> {
    let soql = Soql::new(&fields.object, ["Id"])
        .map_err(|error| FunctionError::new(CONFIGURATION_INVALID, error.to_string()))?;
    Ok(client.count(&soql.count_soql()).await?)
}

/// The org's API calls of today; `None` if it does not tell.
pub(crate) async fn calls(client: &Client) -> Result<Option<Calls>, FunctionError> {
    // Without the permission to read the limits, the headers of the calls made so far tell the same.
    let usage = client.usage();
    Ok(match client.limits().await? {
        Some(limits) => limits.daily_api_requests().map(|limit| Calls {
            max: limit.max.or(usage.map(ApiUsage::allowed)),
            remaining: limit.remaining,
        }),
        None => {
            usage.map(|usage| Calls { max: Some(usage.allowed()), remaining: usage.remaining() })
        }
    })
}

/// API calls that reading so many records takes.
pub(crate) fn needed(options: &RunOptions, records: u64) -> u64 {
    let bulk = match options.query_api {
        QueryApi::Bulk => true,
        QueryApi::Rest => false,
        QueryApi::Auto => records >= options.bulk_threshold,
    };
    let page = if options.records.is_some() {
        u64::from(QUERY_IDS_MAX)
    } else if bulk {
        u64::from(drayage_salesforce::BULK_PAGE_RECORDS)
    } else {
        u64::from(QUERY_PAGE_RECORDS_MAX)
    };
    FIXED_CALLS + records.div_ceil(page)
}

/// Whether the org has so many calls left, with a margin.
pub(crate) fn suffices(needed: u64, calls: Option<Calls>) -> Result<(), FunctionError> {
    match calls {
        Some(Calls { remaining, .. }) if remaining < needed * BUDGET_MARGIN => {
            Err(FunctionError::new(
                REQUEST_LIMIT_EXCEEDED,
                format!(
                    "the run needs about {needed} API requests and the org has {remaining} left today; hint: start it \
                     later, or let Salesforce raise the allocation"
                ),
            ))
        }
        Some(_) | None => Ok(()),
    }
}

/// The org's API calls of 24 hours, as the answers so far tell them.
pub(crate) fn api_calls(client: &Client) -> Option<ApiCalls> {
    client.usage().map(|usage| ApiCalls { max: usage.allowed(), remaining: usage.remaining() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_starts_only_where_twice_the_calls_are_left() {
        let left = |remaining| Some(Calls { max: Some(1000), remaining });
        assert_eq!(suffices(60, left(120)), Ok(()));
        assert_eq!(suffices(60, None), Ok(()));
        let error = suffices(60, left(119)).unwrap_err();
        assert_eq!(error.name, REQUEST_LIMIT_EXCEEDED);
        assert!(error.message.contains("119 left") && error.message.contains("hint:"), "{error}");
    }
}
