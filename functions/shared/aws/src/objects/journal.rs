//! The memory of unfinished uploads, as a transfer needs it. Who keeps it, and where, is the caller's business.

use std::fmt::Debug;

use async_trait::async_trait;
use drayage_domain::upload::UnfinishedUpload;

/// Remembers the unfinished upload of one file, so that another attempt, in this process or a later one, goes on with it.
///
/// It is only a memory: an implementation that fails forgets, and the file is then copied from its beginning.
#[async_trait]
pub trait UploadJournal: Debug + Send + Sync {
    /// The upload that an earlier attempt has left.
    async fn find(&self) -> Option<UnfinishedUpload>;

    /// Remembers an upload that was just begun. `false`: it will not be found again, so it must not be left behind.
    async fn keep(&self, upload: &UnfinishedUpload) -> bool;

    /// Forgets the upload: it is completed, aborted or of no use.
    async fn forget(&self, upload_id: &str);

    /// One more part of the file has arrived at the destination.
    fn part_arrived(&self);
}
