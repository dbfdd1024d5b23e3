//! JSON documents in the state bucket.

use drayage_aws::objects::{Storage, StorageError, Versioned};
use drayage_domain::parser_words::without_values;
use drayage_domain::run_files::WORK;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{FunctionError, LEDGER_CONFLICT, STORAGE_UNAVAILABLE};

/// No document is larger, in bytes. A tally with all its groups has about 100 KB.
const DOCUMENT_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// The state bucket.
#[derive(Debug, Clone)]
pub struct Documents {
    storage: Storage,
    bucket: String,
}

impl Documents {
    /// Documents of that bucket.
    pub fn new(storage: Storage, bucket: &str) -> Self {
        Self { storage, bucket: bucket.to_owned() }
    }

    /// A document, or `None` when there is none.
    pub async fn find<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, FunctionError> {
        let Some(bytes) = self.bytes(key, DOCUMENT_BYTES_MAX).await? else { return Ok(None) };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            FunctionError::internal(&format!("{key} cannot be read: {}", without_values(&error)))
        })
    }

    /// A document that has to be there.
    pub async fn read<T: DeserializeOwned>(&self, key: &str) -> Result<T, FunctionError> {
        let missing = || {
            let hint = if key.starts_with(WORK) {
                "; hint: temporary documents are removed TemporaryDataDays after they were written; start the run anew"
            } else {
                ""
            };
            FunctionError::internal(&format!("{key} is not in the state bucket{hint}"))
        };
        self.find(key).await?.ok_or_else(missing)
    }

    /// Any object, up to a size in bytes; `None` when there is none.
    pub async fn bytes(&self, key: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, FunctionError> {
        self.storage
            .get_bounded(&self.bucket, key, max_bytes)
            .await
            .map_err(|error| unavailable(&error))
    }

    /// Any object with the version of it that is read, up to a size in bytes; `None` when there is no such key.
    pub async fn versioned(
        &self,
        key: &str,
        max_bytes: u64,
    ) -> Result<Option<Versioned>, FunctionError> {
        let found = self.storage.get_versioned(&self.bucket, key, max_bytes).await;
        found.map_err(|error| unavailable(&error))
    }

    /// Writes an object over the version that was read, or where there was none, and returns the new version. Fails as
    /// [`LEDGER_CONFLICT`] when another invocation has written it since: the step is repeated from what that one has written.
    pub async fn write_over(
        &self,
        key: &str,
        bytes: Vec<u8>,
        seen: Option<&str>,
    ) -> Result<String, FunctionError> {
        let written = self.storage.put_over(&self.bucket, key, bytes, seen).await;
        written.map_err(|error| unavailable(&error))?.ok_or_else(|| {
            FunctionError::new(
                LEDGER_CONFLICT,
                format!("{key} was written by another invocation meanwhile"),
            )
        })
    }

    /// Writes a document.
    pub async fn write<T: Serialize + Sync>(
        &self,
        key: &str,
        document: &T,
    ) -> Result<(), FunctionError> {
        let text =
            serde_json::to_vec_pretty(document).map_err(|error| FunctionError::internal(&error))?;
        self.write_bytes(key, text, "application/json").await
    }

    /// Writes any object.
    pub async fn write_bytes(
        &self,
        key: &str,
        bytes: Vec<u8>,
        content_type: &str,
    ) -> Result<(), FunctionError> {
        self.storage
            .put(&self.bucket, key, bytes, content_type)
            .await
            .map_err(|error| unavailable(&error))
    }
}

fn unavailable(error: &StorageError) -> FunctionError {
    FunctionError::new(STORAGE_UNAVAILABLE, error.to_string())
}
