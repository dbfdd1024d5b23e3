//! Whether the work of the stack is paused. Functions look before they begin something, and leave it to a later invocation.

use drayage_domain::pause::Pause;

use super::Ledger;
use super::attributes::{BODY, ITEM, RUN_ID, from_json, text, to_json};
use super::error::LedgerError;
use super::write::{NotWritten, conditional};

/// Partition and sort key of the only item; no run can have this name, because executions are named by UUID or by `dray`.
const PAUSE: &str = "PAUSE";

impl Ledger {
    /// Pauses. What is paused already stays as it is, and its pause is returned.
    pub async fn pause(&self, pause: &Pause) -> Result<Pause, LedgerError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.runs_table)
            .item(RUN_ID, text(PAUSE))
            .item(ITEM, text(PAUSE))
            .item(BODY, to_json(pause, BODY)?)
            .condition_expression("attribute_not_exists(#key)")
            .expression_attribute_names("#key", RUN_ID);
        match conditional(|| put.clone().send()).await {
            Ok(_) => Ok(pause.clone()),
            Err(NotWritten::Refused(_)) => {
                Ok(self.paused().await?.unwrap_or_else(|| pause.clone()))
            }
            Err(NotWritten::Failed(error)) => Err(error),
        }
    }

    /// Ends the pause; nothing happens if there is none.
    pub async fn resume(&self) -> Result<(), LedgerError> {
        self.client
            .delete_item()
            .table_name(&self.runs_table)
            .key(RUN_ID, text(PAUSE))
            .key(ITEM, text(PAUSE))
            .send()
            .await
            .map(drop)
            .map_err(|error| LedgerError::from_sdk(&error))
    }

    /// The pause, read consistently; `None` while the work goes on.
    pub async fn paused(&self) -> Result<Option<Pause>, LedgerError> {
        let item = self.read_run_item(PAUSE, PAUSE).await?;
        item.map(|item| from_json(&item, BODY)).transpose()
    }
}
