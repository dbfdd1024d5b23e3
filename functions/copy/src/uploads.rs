//! The ledger as the memory of a file's unfinished upload, and what this invocation has brought forward.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use drayage_aws::ledger::Ledger;
use drayage_aws::objects::UploadJournal;
use drayage_domain::destination_key::DestinationKey;
use drayage_domain::upload::UnfinishedUpload;
use drayage_lambda_kit::clock;

/// The unfinished upload of one file.
#[derive(Debug)]
pub(crate) struct Uploads<'a> {
    ledger: &'a Ledger,
    key: &'a DestinationKey,
    record_id: String,
    /// The upload that the ledger leads to.
    remembered: Mutex<Option<String>>,
    parts: AtomicU32,
}

impl<'a> Uploads<'a> {
    pub(crate) fn new(ledger: &'a Ledger, key: &'a DestinationKey, record_id: String) -> Self {
        Self { ledger, key, record_id, remembered: Mutex::new(None), parts: AtomicU32::new(0) }
    }

    /// The upload that is left unfinished, if there is one.
    pub(crate) fn unfinished(&self) -> Option<String> {
        self.remembered().clone()
    }

    /// Whether this invocation has brought at least one part of the unfinished upload to the destination.
    pub(crate) fn has_grown(&self) -> bool {
        self.remembered().is_some() && self.parts.load(Ordering::Relaxed) > 0
    }

    fn remembered(&self) -> MutexGuard<'_, Option<String>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl UploadJournal for Uploads<'_> {
    async fn find(&self) -> Option<UnfinishedUpload> {
        let found = self.ledger.unfinished_upload(self.key.as_str(), &self.record_id).await;
        let found = found.unwrap_or_else(|error| {
            tracing::warn!(%error, "an unfinished upload cannot be looked up; beginning anew");
            None
        });
        *self.remembered() = found.as_ref().map(|upload| upload.upload_id.clone());
        found
    }

    async fn keep(&self, upload: &UnfinishedUpload) -> bool {
        let kept =
            self.ledger.keep_upload(self.key.as_str(), &self.record_id, upload, clock::now()).await;
        let kept = kept.unwrap_or_else(|error| {
            tracing::warn!(%error, "an upload cannot be remembered; it cannot be gone on with");
            false
        });
        if kept {
            *self.remembered() = Some(upload.upload_id.clone());
            self.parts.store(0, Ordering::Relaxed);
        }
        kept
    }

    async fn forget(&self, upload_id: &str) {
        *self.remembered() = None;
        if let Err(error) = self.ledger.forget_upload(self.key.as_str(), upload_id).await {
            tracing::warn!(%error, "a finished upload stays in the ledger until it expires");
        }
    }

    fn part_arrived(&self) {
        self.parts.fetch_add(1, Ordering::Relaxed);
    }
}
