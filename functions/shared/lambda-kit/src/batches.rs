//! Batches as they are written: a manifest part in the state bucket, announced in the ledger.

use drayage_aws::ledger::Ledger;
use drayage_domain::manifest::{self, ManifestEntry};

use crate::documents::Documents;
use crate::error::FunctionError;

/// Writes a batch. Writing it again with the same entries changes nothing.
///
/// * `announce`: the ledger; `None` in a dry run, whose batches are only read by people.
pub async fn write(
    documents: &Documents,
    announce: Option<&Ledger>,
    run_id: &str,
    number: u32,
    entries: &[ManifestEntry],
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
