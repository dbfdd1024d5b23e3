//! How many records there are, and whether the org's daily allocation bears reading them.

use drayage_domain::run::RunOptions;
use drayage_domain::run_input::QueryApi;
use drayage_lambda_kit::error::{CONFIGURATION_INVALID, FunctionError};
use drayage_salesforce::{ApiUsage, Client, QUERY_PAGE_RECORDS_MAX, REQUEST_LIMIT_EXCEEDED, Soql};

/// A run starts only when the org's remaining daily requests are at least this many times what the run needs: other
/// integrations of the org live from the same allocation.
const BUDGET_MARGIN: u64 = 2;
/// Sign-in, versions, description, limits, count, and the polls of a bulk query job.
const FIXED_CALLS: u64 = 50;

/// How many records there are, and whether the org's daily allocation bears reading them.
pub(crate) async fn count_and_check(
    client: &Client,
    options: &RunOptions,
) -> Result<u64, FunctionError> {
    let soql = Soql::new(&options.fields.object, ["Id"])
        .map_err(|error| FunctionError::new(CONFIGURATION_INVALID, error.to_string()))?;
    let records = client.count(&soql.count_soql()).await?;
    let bulk = match options.query_api {
        QueryApi::Bulk => true,
        QueryApi::Rest => false,
        QueryApi::Auto => records >= options.bulk_threshold,
    };
    let page = if bulk {
        u64::from(drayage_salesforce::BULK_PAGE_RECORDS)
    } else {
        u64::from(QUERY_PAGE_RECORDS_MAX)
    };
    let needed = FIXED_CALLS + records.div_ceil(page);
    // Without the permission to read the limits, the headers of the calls made so far tell the same.
    let remaining = match client.limits().await? {
        Some(limits) => limits.daily_api_requests().map(|limit| limit.remaining),
        None => client.usage().map(ApiUsage::remaining),
    };
    match remaining {
        Some(remaining) if remaining < needed * BUDGET_MARGIN => Err(FunctionError::new(
            REQUEST_LIMIT_EXCEEDED,
            format!(
                "the run needs about {needed} API requests and the org has {remaining} left today; hint: start it \
                 later, or let Salesforce raise the allocation"
            ),
        )),
        Some(_) | None => Ok(records),
    }
}
