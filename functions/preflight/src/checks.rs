//! The single checks, each with its error name.

use drayage_aws::objects::Storage;
use drayage_domain::problem::Problem;
use drayage_domain::run::RunOptions;
use drayage_domain::run_input::QueryApi;
use drayage_domain::settings::Settings;
use drayage_lambda_kit::error::{
    CONFIGURATION_INVALID, DESTINATION_UNAVAILABLE, FunctionError, SECRET_INVALID,
    STORAGE_UNAVAILABLE,
};
use drayage_salesforce::{
    ApiUsage, Client, Describe, QUERY_PAGE_RECORDS_MAX, SalesforceError, Soql,
};

/// A run starts only when the org's remaining daily requests are at least this many times what the run needs: other
/// integrations of the org live from the same allocation.
const BUDGET_MARGIN: u64 = 2;
/// Sign-in, versions, description, limits, count, and the polls of a bulk query job.
const FIXED_CALLS: u64 = 50;

/// Both of our own buckets have to be there and ours to use.
pub(crate) async fn buckets(storage: &Storage, settings: &Settings) -> Result<(), FunctionError> {
    storage
        .check_bucket(&settings.destination_bucket)
        .await
        .map_err(|error| FunctionError::new(DESTINATION_UNAVAILABLE, error.to_string()))?;
    storage
        .check_bucket(&settings.state_bucket)
        .await
        .map_err(|error| FunctionError::new(STORAGE_UNAVAILABLE, error.to_string()))
}

/// The org has to serve the API version: an unserved one answers "not found" to everything.
pub(crate) async fn api_version(client: &Client) -> Result<(), FunctionError> {
    let session = client.login().await?;
    let served = match client.versions().await {
        Ok(served) => served,
        // A gateway in front of the org may hide the list; the calls that follow tell the same, less plainly.
        Err(error @ SalesforceError::NotFound(_)) => {
            tracing::warn!(%error, "the org does not list its API versions");
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    if served.contains(&session.api_version) {
        return Ok(());
    }
    let newest = served.last().map_or("none", String::as_str);
    Err(FunctionError::new(
        SECRET_INVALID,
        format!(
            "api_version: the org does not serve API version {}; hint: set one that it serves, such as {newest}",
            session.api_version
        ),
    ))
}

/// The sObject and its fields have to exist for our user. Learns the URL field's length and the account lookup's
/// relationship name.
pub(crate) async fn salesforce_object(
    client: &Client,
    options: &mut RunOptions,
) -> Result<(), FunctionError> {
    let object = &options.fields.object;
    let description = match client.describe(object).await {
        Err(SalesforceError::NotFound(_)) => {
            let problem = Problem::new(
                "ObjectName",
                format!("there is no sObject {object} that our user can see"),
                "check the API name, and the object permissions of the integration user",
            );
            return Err(FunctionError::configuration(&[problem]));
        }
        described => described?,
    };
    let problems = field_problems(&description, options);
    if !problems.is_empty() {
        return Err(FunctionError::new(
            CONFIGURATION_INVALID,
            drayage_domain::problem::joined(&problems),
        ));
    }
    if let Some(field) = description.field(&options.fields.url_field)
        && let Ok(length @ 1..) = usize::try_from(field.length)
    {
        options.url_length_max = length;
    }
    if let Some(relationship) = description
        .field(&options.fields.account_field)
        .and_then(|field| field.relationship_name.as_ref())
    {
        options.fields.account_relationship.clone_from(relationship);
    }
    Ok(())
}

fn field_problems(description: &Describe, options: &RunOptions) -> Vec<Problem> {
    let object = &options.fields.object;
    let mut problems = Vec::new();
    match description.field(&options.fields.url_field) {
        None => problems.push(missing_field("UrlField", object, &options.fields.url_field)),
        Some(field) if !matches!(field.field_type.as_str(), "url" | "string" | "textarea") => {
            problems.push(Problem::new(
                "UrlField",
                format!("{object}.{} is of type {}", field.name, field.field_type),
                "name a field of type URL or text",
            ));
        }
        Some(_) => {}
    }
    match description.field(&options.fields.account_field) {
        None => problems.push(missing_field("AccountField", object, &options.fields.account_field)),
        Some(field) if field.field_type != "reference" => problems.push(Problem::new(
            "AccountField",
            format!("{object}.{} is of type {}", field.name, field.field_type),
            "name the lookup to the account",
        )),
        Some(_) => {}
    }
    problems
}

fn missing_field(parameter: &str, object: &str, field: &str) -> Problem {
    Problem::new(
        parameter,
        format!("{object} has no field {field} that our user can see"),
        "check the API name, and the field-level security of the integration user",
    )
}

/// How many records there are, and whether the org's daily allocation bears reading them.
pub(crate) async fn count_and_budget(
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
            "SalesforceRequestLimitExceeded",
            format!(
                "the run needs about {needed} API requests and the org has {remaining} left today; hint: start it \
                 later, or let Salesforce raise the allocation"
            ),
        )),
        Some(_) | None => Ok(records),
    }
}
