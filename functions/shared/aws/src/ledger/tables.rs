//! Whether the tables are there and can be used.

use aws_sdk_dynamodb::types::TableStatus;

use super::Ledger;
use super::error::LedgerError;

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

    async fn table_state(&self, table: &str) -> Result<TableState, LedgerError> {
        let described = self.client.describe_table().table_name(table).send().await;
        let described = described.map_err(|error| LedgerError::from_sdk(&error))?;
        let status = described.table.and_then(|table| table.table_status);
        Ok(match status {
            Some(TableStatus::Active | TableStatus::Updating) => TableState::Active,
            Some(other) => TableState::Other(other.as_str().to_owned()),
            None => TableState::Other("in no known state".to_owned()),
        })
    }
}
