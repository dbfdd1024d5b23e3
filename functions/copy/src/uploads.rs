//! The ledger as the memory of a file's unfinished upload, and what this invocation has brought forward.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use drayage_aws::ledger::Ledger;
use drayage_aws::objects::{Transfer, UploadJournal};
use drayage_domain::upload::UnfinishedUpload;
use drayage_lambda_kit::clock;

/// The unfinished upload of one file.
#[derive(Debug)]
pub(crate) struct Uploads<'a> {
    ledger: &'a Ledger,
    /// The key of the file in the destination; with the bucket's name where that is not the stack's.
    name: &'a str,
    /// What is copied: another file of the same name does not go on with the upload.
    source: String,
    /// The upload that the ledger leads to.
    remembered: Mutex<Option<String>>,
    parts: AtomicU32,
}

impl<'a> Uploads<'a> {
    pub(crate) fn new(ledger: &'a Ledger, name: &'a str, source: String) -> Self {
        Self { ledger, name, source, remembered: Mutex::new(None), parts: AtomicU32::new(0) }
    }

    /// Aborts the upload that is left unfinished, if there is one.
    pub(crate) async fn give_up(&self, transfer: &Transfer, key: &str) {
        let unfinished = self.remembered().clone();
        if let Some(upload_id) = unfinished {
            transfer.abandon(key, &upload_id).await;
            self.forget(&upload_id).await;
        }
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
        let found = self.ledger.unfinished_upload(self.name, &self.source).await;
        let found = found.unwrap_or_else(|error| {
            tracing::warn!(%error, "an unfinished upload cannot be looked up; beginning anew");
            None
        });
        *self.remembered() = found.as_ref().map(|upload| upload.upload_id.clone());
        found
    }

    async fn keep(&self, upload: &UnfinishedUpload) -> bool {
        let kept = self.ledger.keep_upload(self.name, &self.source, upload, clock::now()).await;
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
        if let Err(error) = self.ledger.forget_upload(self.name, upload_id).await {
            tracing::warn!(%error, "a finished upload stays in the ledger until it expires");
        }
    }

    fn part_arrived(&self) {
        self.parts.fetch_add(1, Ordering::Relaxed);
    }
}
