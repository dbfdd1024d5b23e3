//! Batches as they are written: a manifest part in the state bucket, announced in the ledger.

use drayage_aws::ledger::Ledger;
use drayage_domain::manifest::{self, ManifestError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::documents::Documents;
use crate::error::{FunctionError, MANIFEST_INVALID};

/// A manifest part of 1,000 entries with long URLs has about 2 MB; anything much larger is not one.
const MANIFEST_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Writes a batch. Writing it again with the same entries changes nothing.
///
/// * `announce`: the ledger; `None` in a dry run, whose batches are only read by people.
pub async fn write<T: Serialize>(
    documents: &Documents,
    announce: Option<&Ledger>,
    run_id: &str,
    number: u32,
    entries: &[T],
) -> Result<(), FunctionError> {
    let text = manifest::to_jsonl(entries).map_err(|error| FunctionError::internal(&error))?;
    let key = manifest::batch_key(run_id, number);
    // The manifest first: a batch that the ledger announces can always be read.
    documents.write_bytes(&key, text.into_bytes(), "application/x-ndjson").await?;
    if let Some(ledger) = announce {
        let entries = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        ledger.put_batch(run_id, number, entries).await?;
    }
    Ok(())
}

/// The lines of a manifest part; `None` when there is no such object.
pub async fn lines<T: DeserializeOwned>(
    documents: &Documents,
    key: &str,
) -> Result<Option<Vec<Result<T, ManifestError>>>, FunctionError> {
    let bytes = documents.bytes(key, MANIFEST_BYTES_MAX).await?;
    Ok(bytes.map(|bytes| manifest::from_jsonl(&bytes)))
}

/// The entries of a manifest part that has as many as were announced, all of them readable.
pub async fn entries<T: DeserializeOwned>(
    documents: &Documents,
    key: &str,
    announced: u32,
) -> Result<Vec<T>, FunctionError> {
    let invalid =
        |message: String| FunctionError::new(MANIFEST_INVALID, format!("manifest {key} {message}"));
    let lines = lines(documents, key).await?.ok_or_else(|| invalid("does not exist".to_owned()))?;
    let entries = lines
        .into_iter()
        .collect::<Result<Vec<T>, _>>()
        .map_err(|error| invalid(format!("is damaged: {error}")))?;
    if usize::try_from(announced).ok() == Some(entries.len()) {
        return Ok(entries);
    }
    Err(invalid(format!("has {} entries and {announced} were enumerated", entries.len())))
}
