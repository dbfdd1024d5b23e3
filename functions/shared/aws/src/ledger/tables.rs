//! Whether the tables are there and can be used.

use aws_sdk_dynamodb::types::{TableDescription, TableStatus};
use drayage_domain::capacity::WarmWrites;

use super::Ledger;
use super::error::LedgerError;

/// The index of the table of files that every new row has an entry in.
const INDEX_BY_ACCOUNT: &str = "by_account";

/// How a table stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableState {
    /// It can be used.
    Active,
    /// It cannot, or not yet: DynamoDB's word for how it stands, such as `DELETING`.
    Other(String),
}

impl Ledger {
    /// How the table of files stands. Needs `dynamodb:DescribeTable`.
    pub async fn files_table_state(&self) -> Result<TableState, LedgerError> {
        self.table_state(&self.files_table).await
    }

    /// How the table of runs stands. Needs `dynamodb:DescribeTable`.
    pub async fn runs_table_state(&self) -> Result<TableState, LedgerError> {
        self.table_state(&self.runs_table).await
    }

    /// What the table of files and its index take at once. Needs `dynamodb:DescribeTable`.
    pub async fn warm_writes(&self) -> Result<WarmWrites, LedgerError> {
        let table = self.described(&self.files_table).await?;
        let index = |table: &TableDescription| {
            let mut indexes = table.global_secondary_indexes().iter();
            let found = indexes.find(|index| index.index_name() == Some(INDEX_BY_ACCOUNT))?;
            units(found.warm_throughput()?.write_units_per_second())
        };
        Ok(table.map_or_else(WarmWrites::default, |table| WarmWrites {
            table: table.warm_throughput().and_then(|warm| units(warm.write_units_per_second())),
            index: index(&table),
        }))
    }

    async fn described(&self, table: &str) -> Result<Option<TableDescription>, LedgerError> {
        let described = self.client.describe_table().table_name(table).send().await;
        Ok(described.map_err(|error| LedgerError::from_sdk(&error))?.table)
    }

    async fn table_state(&self, table: &str) -> Result<TableState, LedgerError> {
        let status = self.described(table).await?.and_then(|table| table.table_status);
        Ok(match status {
            Some(TableStatus::Active | TableStatus::Updating) => TableState::Active,
            Some(other) => TableState::Other(other.as_str().to_owned()),
            None => TableState::Other("in no known state".to_owned()),
        })
    }
}

/// No table takes nothing: a service that says so does not know.
fn units(told: Option<i64>) -> Option<u64> {
    told.and_then(|units| u64::try_from(units).ok()).filter(|units| *units > 0)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::ledger::wire_tests::{ok, table};

    async fn warm(described: Value) -> WarmWrites {
        let (_server, ledger) = table(vec![ok(&json!({"Table": described}))]).await;
        ledger.warm_writes().await.unwrap()
    }

    #[tokio::test]
    async fn a_table_tells_what_it_and_its_index_take_at_once() {
        let takes = |units: i64| json!({"ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": units, "Status": "ACTIVE"});
        let described = json!({
            "WarmThroughput": takes(10_000),
            "GlobalSecondaryIndexes": [
                {"IndexName": "needs_attention", "WarmThroughput": takes(4_000)},
                {"IndexName": "by_account", "WarmThroughput": takes(9_000)},
            ],
        });
        let expected = WarmWrites { table: Some(10_000), index: Some(9_000) };
        assert_eq!(warm(described).await, expected);
    }

    #[tokio::test]
    async fn what_is_not_told_is_not_known() {
        assert_eq!(warm(json!({})).await, WarmWrites::default());
        // As the emulator answers.
        let nothing = json!({"WarmThroughput": {"WriteUnitsPerSecond": 0}});
        assert_eq!(warm(nothing).await, WarmWrites::default());
    }
}
