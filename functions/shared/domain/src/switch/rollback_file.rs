//! The rollback file: what undoes a run without the ledger. Written before the run's first write to Salesforce.
//!
//! NDJSON in three parts: a header that says what the file is of, one [`SwitchLine`] for each record as the run was going to
//! write it (`from` is the original), and a trailer with the number of records and the SHA-256 of every byte before it:
//!
//! ```text
//! {"drayage":"rollback","version":1,"run":"m-1","org":"00D…","object":"DocListEntry__c","field":"Document__c","createdAt":"…"}
//! {"recordId":"a0B…","accountId":"001…","accountName":"Acme","from":"https://old…","to":"https://new…"}
//! {"records":1,"sha256":"…"}
//! ```
//!
//! It is read as a stream too. Lines are proven only when the trailer was reached, so nothing is done with them before that.

mod error;
mod read;
#[cfg(test)]
mod tests;
mod write;

use serde::{Deserialize, Serialize};

use super::line::SwitchLine;

pub use error::RollbackFileError;
pub use read::{RollbackReader, Wanted};
pub use write::RollbackWriter;

/// What the header's field `drayage` says.
const KIND: &str = "rollback";
/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;

/// What a rollback file is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RollbackHeader {
    /// The run that it undoes.
    pub run: String,
    /// The org's 18-character id, if the run knew it.
    pub org: Option<String>,
    /// API name of the sObject.
    pub object: String,
    /// API name of the URL field.
    pub field: String,
    /// When, RFC 3339.
    pub created_at: String,
}

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct FirstLine {
    drayage: String,
    version: u32,
    #[serde(flatten)]
    header: RollbackHeader,
}

/// The last line.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trailer {
    records: u64,
    sha256: String,
}

/// A line of a record as it is read: unlike in [`SwitchLine`], a missing text is no null.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RecordLine {
    record_id: String,
    #[serde(default)]
    account_id: Option<String>,
    #[serde(default)]
    account_name: Option<String>,
    #[serde(deserialize_with = "Option::deserialize")]
    from: Option<String>,
    #[serde(deserialize_with = "Option::deserialize")]
    to: Option<String>,
}

impl From<RecordLine> for SwitchLine {
    fn from(line: RecordLine) -> Self {
        let RecordLine { record_id, account_id, account_name, from, to } = line;
        Self { record_id, account_id, account_name, from, to }
    }
}
