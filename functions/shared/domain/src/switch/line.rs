//! One record that is to be repointed, or put back.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which way records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the original URL to the new one: `migrate`.
    Switch,
    /// From the new URL back to the original one: `rollback`.
    Restore,
}

impl Direction {
    /// The state machine of runs in this direction.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Switch => "migrate",
            Self::Restore => "rollback",
        }
    }
}

/// One line of a plan: a record, what its field must hold, and what it will hold.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SwitchLine {
    /// The record's 18-character id.
    pub record_id: String,
    /// The account's 18-character id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The account's name when last seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_name: Option<String>,
    /// What the field has to hold, byte for byte, for the record to be written; `None` for null.
    pub from: Option<String>,
    /// What is written; `None` for null.
    pub to: Option<String>,
}

impl SwitchLine {
    /// The line that undoes this one.
    #[must_use]
    pub fn reversed(self) -> Self {
        let Self { record_id, account_id, account_name, from, to } = self;
        Self { record_id, account_id, account_name, from: to, to: from }
    }
}

impl fmt::Debug for SwitchLine {
    /// Without the URLs: an original may carry a signature.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SwitchLine")
            .field("record_id", &self.record_id)
            .field("account_id", &self.account_id)
            .finish_non_exhaustive()
    }
}
