//! The external bucket: somebody else's S3, played by a bucket in the emulator.

use anyhow::{Context, Result};
use aws_sdk_s3::primitives::ByteStream;
use drayage_sim::dataset::{Dataset, Place, SourceFile};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::clients::Clients;

/// Name of the external bucket.
pub const BUCKET: &str = "external-docs";
const UPLOADS_AT_A_TIME: usize = 16;

/// What was uploaded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Uploaded {
    /// Objects.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Creates the bucket and uploads the files that are addressed in it.
pub async fn upload(clients: &Clients, dataset: &Dataset) -> Result<Uploaded> {
    let bucket = dataset.options.source_bucket.as_str();
    clients
        .s3
        .create_bucket()
        .bucket(bucket)
        .send()
        .await
        .with_context(|| format!("the bucket {bucket} cannot be created"))?;
    let files = dataset.files.iter().filter_map(|(place, file)| match place {
        Place::S3(key) => Some((key, file)),
        Place::Http(_) => None,
    });
    stream::iter(files.map(|(key, file)| put(clients, bucket, key, file)))
        .buffer_unordered(UPLOADS_AT_A_TIME)
        .try_fold(Uploaded::default(), |sum, bytes| async move {
            Ok(Uploaded { objects: sum.objects + 1, bytes: sum.bytes + bytes })
        })
        .await
}

async fn put(clients: &Clients, bucket: &str, key: &str, file: &SourceFile) -> Result<u64> {
    let content = file.content.clone();
    let bytes = tokio::task::spawn_blocking(move || content.bytes()).await?;
    let size = bytes.len() as u64;
    clients
        .s3
        .put_object()
        .bucket(bucket)
        .key(key)
        .content_type(file.content.kind.content_type())
        .body(ByteStream::from(bytes))
        .send()
        .await
        .with_context(|| format!("{key} cannot be uploaded to {bucket}"))?;
    Ok(size)
}
