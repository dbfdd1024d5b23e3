//! What `preflight` finds when it is only asked to check: everything at once, and nothing is started.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use drayage_domain::diagnosis::Diagnosis;
use drayage_domain::switch::plan::CheckState;
use drayage_local::LocalStack;
use drayage_local::salesforce::{SECRET, secret};
use drayage_sim::salesforce::{FaultPlan, FieldName};
use serde_json::json;

/// Every check of a stack that reaches its sources with roles.
const CHECKS: [&str; 20] = [
    "settings",
    "salesforce_secret",
    "sign_in",
    "api_version",
    "org",
    "object",
    "fields",
    "field_updateable",
    "url_length",
    "records",
    "api_calls",
    "destination_bucket",
    "state_bucket",
    "files_table",
    "runs_table",
    "copy_queue",
    "topic",
    "lambda_concurrency",
    "table_throughput",
    "salesforce_concurrency",
];

async fn diagnosis(stack: &LocalStack) -> Result<Diagnosis> {
    let function = stack.stack().output("PreflightFunction")?;
    let url =
        format!("{}/2015-03-31/functions/{function}/invocations", stack.emulator().endpoint());
    let answer = reqwest::Client::new().post(url).body(json!({"kind": "check"}).to_string());
    let text = answer.send().await?.error_for_status()?.text().await?;
    serde_json::from_str(&text).with_context(|| text)
}

/// The checks that have not passed. Each has a hint.
fn odd(diagnosis: &Diagnosis) -> Result<BTreeMap<&str, (CheckState, &str)>> {
    let checks = diagnosis.checks.iter().filter(|check| check.state != CheckState::Passed);
    checks
        .map(|check| {
            ensure!(check.found.contains("hint: "), "{check:#?}");
            Ok((check.name.as_str(), (check.state, check.found.as_str())))
        })
        .collect()
}

fn names(diagnosis: &Diagnosis) -> Vec<&str> {
    diagnosis.checks.iter().map(|check| check.name.as_str()).collect()
}

async fn set_secret(stack: &LocalStack, text: String) -> Result<()> {
    let secrets = &stack.clients().secrets;
    secrets.put_secret_value().secret_id(SECRET).secret_string(text).send().await?;
    Ok(())
}

async fn runs(stack: &LocalStack) -> Result<usize> {
    let table = stack.stack().output("RunsTable")?;
    let items = stack.clients().dynamodb.scan().table_name(table).send().await?;
    Ok(items.items().len())
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_checked_also_when_something_is_wrong() -> Result<()> {
    let stack = LocalStack::builder().small_files().files(12).seed(41).start().await?;
    let healthy = diagnosis(&stack).await?;
    ensure!(odd(&healthy)?.is_empty(), "{healthy:#?}");
    ensure!(names(&healthy) == CHECKS, "{healthy:#?}");
    let org = healthy.org.clone().context("no org")?;
    ensure!(org.name == "Drayage Simulator" && org.is_sandbox, "{org:#?}");
    ensure!(org.id == stack.org()?.org_id());
    ensure!(healthy.records == Some(12), "{healthy:#?}");
    let calls = healthy.api_calls.context("no API calls")?;
    ensure!(calls.max == 100_000 && calls.remaining < calls.max, "{calls:#?}");

    stack.org()?.describe_as("Acme", false)?;
    let production = diagnosis(&stack).await?.org.context("no org")?;
    ensure!(production.described().ends_with("production)"), "{production:#?}");

    // A field that our user does not see, and a record of the org that it does not see either.
    let hidden = |sobject: &str, field: &str| FieldName {
        sobject: sobject.to_owned(),
        field: field.to_owned(),
    };
    let hidden_fields =
        vec![hidden("DocListEntry__c", "Document__c"), hidden("Organization", "IsSandbox")];
    stack.org()?.set_faults(FaultPlan { hidden_fields, ..FaultPlan::default() });
    let found = diagnosis(&stack).await?;
    let wrong = odd(&found)?;
    ensure!(wrong.keys().copied().collect::<Vec<_>>() == ["fields", "org"], "{found:#?}");
    ensure!(wrong["fields"].0 == CheckState::Failed && wrong["fields"].1.contains("Document__c"));
    ensure!(wrong["org"].0 == CheckState::Warning && found.org.is_none());
    ensure!(found.records == Some(12), "the records are counted all the same");

    // A field that may be read only is enough for a backup.
    let read_only_fields = vec![hidden("DocListEntry__c", "Document__c")];
    stack.org()?.set_faults(FaultPlan { read_only_fields, ..FaultPlan::default() });
    let found = diagnosis(&stack).await?;
    let wrong = odd(&found)?;
    ensure!(wrong.keys().copied().collect::<Vec<_>>() == ["field_updateable"], "{found:#?}");
    ensure!(wrong["field_updateable"].0 == CheckState::Warning);
    stack.org()?.set_faults(FaultPlan::default());

    // A secret of the wrong shape, and no destination: the rest is still looked at.
    set_secret(&stack, json!({"auth": "jwt"}).to_string()).await?;
    let bucket = stack.stack().output("DestinationBucket")?;
    stack.clients().s3.delete_bucket().bucket(bucket).send().await?;
    let found = diagnosis(&stack).await?;
    let wrong = odd(&found)?;
    let both = ["destination_bucket", "salesforce_secret"];
    ensure!(wrong.keys().copied().collect::<Vec<_>>() == both, "{found:#?}");
    ensure!(wrong["salesforce_secret"].1.contains("login_url"), "{found:#?}");
    ensure!(wrong["destination_bucket"].1.contains(bucket), "{found:#?}");
    ensure!(names(&found).contains(&"runs_table") && !names(&found).contains(&"sign_in"));

    // Credentials that Salesforce refuses.
    let good = secret(&stack.simulated()?.salesforce)?;
    set_secret(&stack, good.replace("integration@", "somebody@")).await?;
    let found = diagnosis(&stack).await?;
    ensure!(odd(&found)?.contains_key("sign_in"), "{found:#?}");
    ensure!(!odd(&found)?.contains_key("salesforce_secret"), "{found:#?}");

    ensure!(runs(&stack).await? == 0, "no run was recorded, and no lock taken");
    Ok(())
}
