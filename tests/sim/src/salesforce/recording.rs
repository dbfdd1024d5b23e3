//! Calls as they came: what counters cannot tell, such as whether a row was read before or after it was written.

use bytes::Bytes;

use super::endpoint::Endpoint;

/// A call that was received, whatever became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedCall {
    /// Which kind.
    pub endpoint: Endpoint,
    /// The path without its query string.
    pub path: String,
    /// The body as it was sent, decompressed.
    pub body: Bytes,
}
