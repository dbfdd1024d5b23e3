//! The progress of an analysis in the state bucket, written only over what was read.

use drayage_domain::analysis::progress::Progress;
use drayage_domain::analysis::progress_key;
use drayage_domain::parser_words::without_values;
use drayage_lambda_kit::documents::Documents;
use drayage_lambda_kit::error::FunctionError;

/// 200,000 accounts with long names, 5,000 sampled files with long URLs and all hashes have about 80 MB.
const PROGRESS_BYTES_MAX: u64 = 128 * 1024 * 1024;

/// Progress, and the version of it that is in the bucket.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) progress: Progress,
    version: Option<String>,
}

impl Stored {
    /// What is there; the beginning where nothing is.
    pub(crate) async fn read(documents: &Documents, run_id: &str) -> Result<Self, FunctionError> {
        let key = progress_key(run_id);
        let Some(found) = documents.versioned(&key, PROGRESS_BYTES_MAX).await? else {
            return Ok(Self { progress: Progress::default(), version: None });
        };
        let progress = serde_json::from_slice(&found.bytes).map_err(|error| {
            FunctionError::internal(&format!("{key} cannot be read: {}", without_values(&error)))
        })?;
        Ok(Self { progress, version: Some(found.version) })
    }

    /// Writes it, unless another invocation has.
    pub(crate) async fn write(
        &mut self,
        documents: &Documents,
        run_id: &str,
    ) -> Result<(), FunctionError> {
        let text =
            serde_json::to_vec(&self.progress).map_err(|error| FunctionError::internal(&error))?;
        let seen = self.version.as_deref();
        let version = documents.write_over(&progress_key(run_id), text, seen).await?;
        self.version = Some(version);
        Ok(())
    }
}
