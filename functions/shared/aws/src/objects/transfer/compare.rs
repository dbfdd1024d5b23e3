//! Comparing a source with the copy that was made of it, where the source tells nothing about its version.

use crc_fast::{CrcAlgorithm, Digest};
use drayage_domain::outcome::FailureClass;
use drayage_domain::row::{Proof, SourceIdentity};
use tokio::time::Instant;

use crate::objects::body::OpenSource;
use crate::objects::deadline::by_deadline;
use crate::objects::digest::{crc64_nvme_checksum, encoded};
use crate::objects::error::CopyError;

/// Reads the source to its end. `Some`: it has the size and checksum of the copy, so there is nothing to write. Holds one
/// chunk at a time.
pub(super) async fn same_content(
    open: OpenSource,
    copied: &Proof,
    deadline: Instant,
) -> Result<Option<SourceIdentity>, CopyError> {
    let OpenSource { mut body, identity, .. } = open;
    let Some(checksum) = &copied.checksum else { return Ok(None) };
    if body.announced().is_some_and(|announced| announced != copied.size_bytes) {
        return Ok(None);
    }
    let mut digest = Digest::new(CrcAlgorithm::Crc64Nvme);
    let mut received = 0_u64;
    let read = Box::pin(async {
        while received <= copied.size_bytes {
            let Some(chunk) = body.chunk().await? else { break };
            received += chunk.len() as u64;
            digest.update(&chunk);
        }
        Ok(())
    });
    by_deadline(deadline, FailureClass::SourceTimeout, "reading the source", read).await?;
    let same = received == copied.size_bytes
        && *checksum == crc64_nvme_checksum(encoded(digest.finalize()));
    Ok(same.then_some(SourceIdentity { size_bytes: Some(received), ..identity }))
}
