//! Tables with the keys and indexes that the template declares, on an emulator of their own.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use drayage_aws::ledger::{Lease, Ledger};
use drayage_domain::counts::Counts;
use drayage_domain::outcome::{FailureClass, Outcome};
use drayage_domain::row::FileRow;
use drayage_domain::state::FileState;
use drayage_local::{Clients, Emulator};
use jiff::Timestamp;

const FILES: &str = "files";
const RUNS: &str = "runs";

/// An empty ledger. Dropping it ends its emulator.
pub(crate) struct Fixture {
    pub(crate) ledger: Ledger,
    _emulator: Emulator,
}

/// An empty ledger.
pub(crate) async fn empty_ledger() -> Fixture {
    let emulator = Emulator::start().await.unwrap();
    let client = Clients::new(&emulator).dynamodb;
    create_table(
        &client,
        FILES,
        &["record_id"],
        &[
            ("by_account", "account_id", "destination_key"),
            ("needs_attention", "attention", "attention_at"),
        ],
    )
    .await;
    create_table(&client, RUNS, &["run_id", "item"], &[("by_start", "kind", "started_at")]).await;
    Fixture { ledger: Ledger::new(client, FILES, RUNS), _emulator: emulator }
}

async fn create_table(
    client: &aws_sdk_dynamodb::Client,
    table: &str,
    keys: &[&str],
    indexes: &[(&str, &str, &str)],
) {
    let mut create = client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(key_schema(keys)));
    for (name, hash, range) in indexes {
        create = create.global_secondary_indexes(
            GlobalSecondaryIndex::builder()
                .index_name(*name)
                .set_key_schema(Some(key_schema(&[hash, range])))
                .projection(Projection::builder().projection_type(ProjectionType::All).build())
                .build()
                .unwrap(),
        );
    }
    let indexed = indexes.iter().flat_map(|(_, hash, range)| [*hash, *range]);
    for attribute in keys.iter().copied().chain(indexed) {
        create = create.attribute_definitions(
            AttributeDefinition::builder()
                .attribute_name(attribute)
                .attribute_type(ScalarAttributeType::S)
                .build()
                .unwrap(),
        );
    }
    create.send().await.unwrap();
}

fn key_schema(names: &[&str]) -> Vec<KeySchemaElement> {
    names
        .iter()
        .zip([KeyType::Hash, KeyType::Range])
        .map(|(name, kind)| {
            KeySchemaElement::builder().attribute_name(*name).key_type(kind).build().unwrap()
        })
        .collect()
}

/// A row that nobody has written yet.
pub(crate) fn row(record_id: &str, state: FileState) -> FileRow {
    FileRow {
        record_id: record_id.to_owned(),
        account_id: Some("001000000000001AAA".to_owned()),
        account_name: Some("An account".to_owned()),
        original_url: Some("https://x/a".to_owned()),
        destination_key: Some("uploads/001000000000001AAA/An_account/a".to_owned()),
        source: None,
        proof: None,
        state,
        reason: None,
        message: None,
        run_id: "run".to_owned(),
        at: "2026-01-01T00:00:00Z".to_owned(),
        system_modstamp: None,
        new_url: None,
        switched_by: None,
        attempts: 0,
        version: 0,
    }
}

/// So many seconds after the beginning of the tests' time.
pub(crate) fn second(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + seconds).unwrap()
}

/// A lease asked for at `now`, both in seconds of the tests' time.
pub(crate) fn lease(owner: &str, now: i64, until: i64) -> Lease<'_> {
    Lease { owner, now: second(now), until: second(until) }
}

/// Counts that differ for every `seed`, under labels that depend on it.
pub(crate) fn counts(seed: u32) -> Counts {
    let seed = u64::from(seed);
    let mut counts = Counts {
        bytes_copied: seed * 1_000_003,
        server_side_copies: seed % 3,
        requests: seed * 7 + 1,
        ..Counts::default()
    };
    for _ in 0..=seed % 4 {
        counts.add(Outcome::Verified);
    }
    if seed.is_multiple_of(2) {
        counts.add(Outcome::Failed(FailureClass::AccessDenied));
    }
    counts
}

/// The sum of several counts.
pub(crate) fn sum(all: impl IntoIterator<Item = Counts>) -> Counts {
    all.into_iter().fold(Counts::default(), |mut sum, counts| {
        sum.merge(&counts);
        sum
    })
}
