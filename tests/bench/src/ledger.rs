//! The ledger's part of a copy: a claim before the first byte and a row after the last, as the copy function writes them.

use anyhow::{Context, Result};
use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use drayage_aws::ledger::Ledger;
use drayage_domain::destination_key::{DestinationKey, folded};
use drayage_domain::row::{FileRow, Proof, SourceIdentity};
use drayage_domain::state::{FileEvent, FileState};

const FILES: &str = "bench-files";

/// A ledger in a table of its own.
pub(crate) async fn prepare(config: &SdkConfig, endpoint: &str) -> Result<Ledger> {
    let config = config.clone().into_builder().endpoint_url(endpoint).build();
    let client = aws_sdk_dynamodb::Client::new(&config);
    client
        .create_table()
        .table_name(FILES)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(
            KeySchemaElement::builder()
                .attribute_name("record_id")
                .key_type(KeyType::Hash)
                .build()?,
        )
        .attribute_definitions(
            AttributeDefinition::builder()
                .attribute_name("record_id")
                .attribute_type(ScalarAttributeType::S)
                .build()?,
        )
        .send()
        .await
        .with_context(|| format!("making table {FILES} at {endpoint}"))?;
    Ok(Ledger::new(client, FILES, FILES))
}

pub(crate) async fn claim(ledger: &Ledger, key: &DestinationKey) -> Result<()> {
    ledger.claim_key(&folded(key), key.as_str()).await?;
    Ok(())
}

pub(crate) async fn settle(
    ledger: &Ledger,
    key: &DestinationKey,
    source: SourceIdentity,
    proof: Proof,
) -> Result<()> {
    let row = FileRow {
        record_id: key.as_str().to_owned(),
        account_id: Some("001000000000001AAA".to_owned()),
        account_name: Some("An account".to_owned()),
        original_url: Some(format!("https://src.s3.us-east-1.amazonaws.com/{key}")),
        destination_key: Some(key.as_str().to_owned()),
        source: Some(source),
        proof: Some(proof),
        state: FileState::Verified,
        reason: None,
        message: None,
        run_id: "bench".to_owned(),
        at: "2026-01-01T00:00:00Z".to_owned(),
        system_modstamp: None,
        new_url: None,
        switched_by: None,
        attempts: 0,
        version: 0,
    };
    ledger.write_row(&row, FileEvent::CopyVerified, None).await?;
    Ok(())
}
