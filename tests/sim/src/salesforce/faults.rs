//! Faults on request: what a test asks the simulator to do wrong, and when.
//!
//! A plan is plain data, so it can come from Rust, from a JSON file, or over `PUT /__sim/faults`. Everything in
//! it is counted from the moment the plan is set, never timed, so a test that uses it is repeatable.

mod calls;
mod row_events;
mod rows;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::endpoint::Endpoint;

pub(crate) use calls::{CallFaults, Verdict};
pub use row_events::{RowEvent, RowMoment};
pub(crate) use rows::RowFaults;

/// Everything that may go wrong. The default plan has no faults.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaultPlan {
    /// Each access token stops working after this many data calls (`INVALID_SESSION_ID`).
    pub token_dies_after_calls: Option<u64>,
    /// Faults of single calls: refused, cut off, or applied without an answer.
    pub calls: Vec<CallFault>,
    /// Requests that are left of the daily allocation, in place of the org's own number.
    pub requests_left: Option<u64>,
    /// The request allocation runs out, and recovers later.
    pub request_limit: Option<RequestLimitFault>,
    /// Record id to the number of writes refused with `UNABLE_TO_LOCK_ROW` before one succeeds.
    pub row_locks: BTreeMap<String, u32>,
    /// A share of all rows that is locked, chosen by the seed.
    pub lock_share: Option<LockShare>,
    /// Validation rules: writes refused with `FIELD_CUSTOM_VALIDATION_EXCEPTION`.
    pub validation_rules: Vec<ValidationRule>,
    /// Fields hidden by field-level security: absent from describe and unknown to SOQL and writes.
    pub hidden_fields: Vec<FieldName>,
    /// Fields that field-level security makes read-only.
    pub read_only_fields: Vec<FieldName>,
    /// Fields that an administrator has made shorter; what they hold stays.
    pub field_lengths: Vec<FieldLength>,
    /// `If-Unmodified-Since` is accepted but has no effect.
    pub ignore_if_unmodified_since: bool,
    /// Bulk ingest jobs fail after this many rows and leave the rest unprocessed.
    pub ingest_fails_after_rows: Option<u64>,
    /// Bulk ingest jobs record no result for this many of the rows that they have tried, as happens beyond the daily
    /// allocation of batches.
    pub ingest_results_unrecorded: usize,
    /// Bulk query jobs end as `Failed`.
    pub query_job_fails: bool,
    /// Bulk results come in an order other than that of the input.
    pub shuffle_bulk_results: bool,
    /// A query cursor answers this many further pages, then `INVALID_QUERY_LOCATOR`.
    pub cursor_expires_after_pages: Option<u64>,
    /// Most rows in a page of REST or Bulk query results.
    pub page_rows_max: Option<usize>,
    /// Changes by somebody else, made just after a counted call has been answered.
    pub events: Vec<Event>,
    /// Changes by somebody else, made around the counted read or write of one record.
    pub row_events: Vec<RowEvent>,
}

/// A fault of single calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallFault {
    /// Which calls are meant; empty means every data call.
    #[serde(default)]
    pub endpoints: Vec<Endpoint>,
    /// How many matching calls are served normally first.
    #[serde(default)]
    pub skip: u64,
    /// How many matching calls are hit.
    pub times: u64,
    /// What happens to them.
    pub kind: CallFaultKind,
}

impl CallFault {
    /// Hits the next `times` calls of the given endpoints.
    pub fn next(endpoints: &[Endpoint], times: u64, kind: CallFaultKind) -> Self {
        Self { endpoints: endpoints.to_vec(), skip: 0, times, kind }
    }
}

/// What happens to a call that is hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallFaultKind {
    /// HTTP 503 `SERVER_UNAVAILABLE`; nothing is applied.
    Unavailable,
    /// HTTP 401 `INVALID_SESSION_ID` although the token is good; nothing is applied.
    Unauthorized,
    /// HTTP 403 `REQUEST_LIMIT_EXCEEDED` for too many concurrent long requests; nothing is applied.
    ConcurrentLimit,
    /// The connection closes before anything is read or applied.
    DroppedUnapplied,
    /// The call is applied, and the connection closes without an answer.
    AppliedButDropped,
    /// The call is applied, and the connection closes in the middle of the answer's body.
    ResetMidBody,
    /// The call is applied, and a gateway in front of the service answers HTTP 504.
    AppliedButGatewayTimeout,
    /// A gateway answers HTTP 504, and the call is applied only after so many further data calls have been answered. Its
    /// guards and rules are those of that moment.
    AppliedLate {
        /// Data calls in between; 0 applies the call at once.
        after_calls: u64,
    },
}

/// The daily allocation runs out at a counted call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestLimitFault {
    /// Calls served before the limit is reached.
    pub after_calls: u64,
    /// Calls refused before the allocation recovers.
    pub refused_calls: u64,
}

/// A share of all rows that is locked for their first writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockShare {
    /// One row in this many is locked.
    pub one_in: u64,
    /// Writes refused before one succeeds.
    pub tries: u32,
}

/// A validation rule on one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidationRule {
    /// Object type.
    pub sobject: String,
    /// Field whose new value is judged.
    pub field: String,
    /// The write is refused when the new value contains this text (case-sensitive); empty refuses every write.
    #[serde(default)]
    pub contains: String,
    /// Only these records; empty means all.
    #[serde(default)]
    pub ids: Vec<String>,
    /// The administrator's message.
    pub message: String,
}

/// A field of an object type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldName {
    /// Object type.
    pub sobject: String,
    /// Field API name.
    pub field: String,
}

/// The length of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldLength {
    /// Object type.
    pub sobject: String,
    /// Field API name.
    pub field: String,
    /// Maximum length in characters.
    pub length: usize,
}

/// A change by somebody else at a counted call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// The call that triggers the change.
    pub endpoint: Endpoint,
    /// Which matching call triggers it, counted from 1.
    pub at_call: u64,
    /// What is changed once that call's answer has been computed.
    pub action: Action,
}

/// A change by somebody else, not subject to faults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// A user edits a row.
    Update {
        /// Object type.
        sobject: String,
        /// Record id.
        id: String,
        /// New values. `LastModifiedDate` and `SystemModstamp` may be among them: the change of a transaction that
        /// began earlier.
        fields: Map<String, Value>,
    },
    /// A user inserts a row.
    Insert {
        /// Object type.
        sobject: String,
        /// Values.
        fields: Map<String, Value>,
    },
    /// A user moves a row to the recycle bin.
    Delete {
        /// Object type.
        sobject: String,
        /// Record id.
        id: String,
    },
    /// A row is removed without a trace.
    HardDelete {
        /// Object type.
        sobject: String,
        /// Record id.
        id: String,
    },
    /// A long transaction commits: the row appears with times that lie `age_seconds` before now.
    LateCommit {
        /// Object type.
        sobject: String,
        /// Values.
        fields: Map<String, Value>,
        /// How far in the past its `SystemModstamp` lies.
        age_seconds: i64,
    },
}
