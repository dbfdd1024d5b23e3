//! Objects: our own buckets, the sources files come from, and the transfer that moves one file and proves it.
//!
//! Memory is bounded by concurrency × part size, never by file size. Nothing here knows about runs, batches or
//! the ledger: a [`Transfer`] is told what to copy where, and answers with a [`Copied`] or a [`CopyError`].
//! No message ever carries a query string, because queries of source URLs hold signatures.

mod body;
mod buffers;
mod deadline;
mod digest;
mod error;
mod http_source;
mod journal;
mod limiter;
mod look;
mod metadata;
mod place;
mod probe;
mod request_count;
pub(crate) mod s3_failure;
pub(crate) mod s3_source;
mod storage;
mod transfer;

#[cfg(test)]
pub(crate) mod test_support;

pub use error::CopyError;
pub use http_source::{HttpSource, HttpSourceError, HttpSourceOptions};
pub use journal::UploadJournal;
pub use limiter::{Limiter, LimiterOptions, Permit};
pub use look::Looked;
pub use probe::{ProbeError, Probed, Prober};
pub use s3_source::S3Source;
pub use storage::{Deleted, ObjectInfo, Storage, StorageError, Versioned};
pub use transfer::{Copied, CopyRequest, Duplicated, Sources, Tags, Transfer, TransferOptions};
