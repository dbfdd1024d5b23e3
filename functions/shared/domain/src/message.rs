//! The message that stands in the copy queue for one batch.

use serde::{Deserialize, Serialize};

/// Sent by the state machine (`sqs:sendMessage.waitForTaskToken`), and by a copy Lambda that hands the rest of its batch
/// back before its deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CopyMessage {
    /// The task token that the state machine waits for.
    pub task_token: String,
    /// The run.
    pub run_id: String,
    /// The key of the batch's manifest in the state bucket.
    pub batch_key: String,
}
