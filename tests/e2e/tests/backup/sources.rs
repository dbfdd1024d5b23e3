//! Other ways to reach the source, and other ways to sign in.

use std::collections::BTreeSet;

use anyhow::Result;
use drayage_local::{LocalStack, StackParameters};
use drayage_sim::files::ServedFile;
use serde_json::json;

use crate::control::aws;
use crate::outcomes::{objects, rows};

#[tokio::test(flavor = "multi_thread")]
async fn files_are_streamed_when_the_source_is_reached_with_keys() -> Result<()> {
    let parameters = StackParameters::default()
        .with("SourceAccess", "keys")
        .with("SourceSecret", "drayage/source");
    let stack = LocalStack::builder().files(300).seed(19).parameters(parameters).start().await?;
    let keys = json!({
        "access_key_id": "test", "secret_access_key": "test", "region": "us-east-1",
        "endpoint": stack.emulator().endpoint()
    });
    let secret = keys.to_string();
    aws(
        &stack,
        &[
            "secretsmanager",
            "create-secret",
            "--name",
            "drayage/source",
            "--secret-string",
            &secret,
        ],
    )
    .await?;
    let summary = stack.run_backup(&json!({})).await?;
    stack.assert_accounted(&summary)?;
    // Only records that share a file are served by a copy inside the destination.
    assert!(summary.counts.server_side_copies < summary.counts.outcomes["verified"] / 4);
    let report = stack.check().await?;
    assert!(report.passed(), "{report:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn client_credentials_and_bulk_lead_to_the_same_end() -> Result<()> {
    let stack = LocalStack::builder().files(60).seed(23).start().await?;
    let simulated = stack.simulated()?;
    let secret =
        simulated.salesforce.org().client_credentials_secret(simulated.salesforce.base_url());
    let secret = secret.to_string();
    let name = "drayage/salesforce";
    aws(
        &stack,
        &["secretsmanager", "put-secret-value", "--secret-id", name, "--secret-string", &secret],
    )
    .await?;
    let summary = stack.run_backup(&json!({"queryApi": "bulk"})).await?;
    stack.assert_accounted(&summary)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_records_of_a_batch_share_is_fetched_once() -> Result<()> {
    let stack = LocalStack::builder().files(10).seed(29).start().await?;
    let files = &stack.simulated()?.files;
    let shared = ServedFile::new(&b"%PDF-1.4 shared"[..], "application/pdf");
    files.put("/shared/contract.pdf", shared, None);
    let url = format!("{}/shared/contract.pdf", files.base_url());
    let mut ids = Vec::new();
    for number in 0..5 {
        let fields = json!({"Name": format!("SHARED-{number}"), "Document__c": url});
        ids.push(stack.org()?.insert("DocListEntry__c", fields)?);
    }
    let summary = stack.run_backup(&json!({})).await?;
    assert!(summary.accounted_for, "{summary:#?}");
    assert_eq!(files.requests("/shared/contract.pdf").get, 1);
    let rows = rows(&stack).await?;
    let keys: BTreeSet<_> = ids.iter().map(|id| rows[id].destination_key.clone()).collect();
    assert_eq!(keys.len(), 5, "every record has an object of its own: {keys:?}");
    let objects = objects(&stack).await?;
    for key in keys {
        assert!(objects.contains_key(&key.unwrap()));
    }
    Ok(())
}
