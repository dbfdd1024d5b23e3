//! The external bucket: somebody else's S3, played by a bucket in the emulator.

use anyhow::{Context, Result};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use drayage_sim::dataset::{Content, Dataset, Place};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::clients::Clients;

/// Name of the external bucket.
pub const BUCKET: &str = "external-docs";
const UPLOADS_AT_A_TIME: usize = 16;

/// What was uploaded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Uploaded {
    /// Objects.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Version ids of objects that were replaced afterwards.
    pub replaced: Vec<(Place, String)>,
}

/// Creates the bucket, which keeps versions, and uploads the files that are addressed in it.
pub async fn upload(clients: &Clients, dataset: &Dataset) -> Result<Uploaded> {
    let bucket = dataset.options.source_bucket.as_str();
    create_bucket(clients, bucket)
        .await
        .with_context(|| format!("the bucket {bucket} cannot be created"))?;
    let files = dataset.files.iter().filter_map(|(place, file)| match place {
        Place::S3(key) => Some((place, key, file)),
        Place::Http(_) => None,
    });
    stream::iter(files.map(|(place, key, file)| async move {
        let put = put(clients, bucket, key, &file.content).await?;
        if let Some(newer) = &file.replaced_by {
            self::put(clients, bucket, key, newer).await?;
        }
        let is_replaced = file.replaced_by.is_some();
        anyhow::Ok((
            put.bytes,
            put.version_id.filter(|_| is_replaced).map(|id| (place.clone(), id)),
        ))
    }))
    .buffer_unordered(UPLOADS_AT_A_TIME)
    .try_fold(Uploaded::default(), |mut sum, (bytes, replaced)| async move {
        sum.objects += 1;
        sum.bytes += bytes;
        sum.replaced.extend(replaced);
        Ok(sum)
    })
    .await
}

async fn create_bucket(clients: &Clients, bucket: &str) -> Result<()> {
    clients.s3.create_bucket().bucket(bucket).send().await?;
    let versions =
        VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    clients
        .s3
        .put_bucket_versioning()
        .bucket(bucket)
        .versioning_configuration(versions)
        .send()
        .await?;
    Ok(())
}

struct Put {
    bytes: u64,
    version_id: Option<String>,
}

async fn put(clients: &Clients, bucket: &str, key: &str, content: &Content) -> Result<Put> {
    let content_type = content.kind.content_type();
    let content = content.clone();
    let bytes = tokio::task::spawn_blocking(move || content.bytes()).await?;
    let size = bytes.len() as u64;
    let answer = clients
        .s3
        .put_object()
        .bucket(bucket)
        .key(key)
        .content_type(content_type)
        .body(ByteStream::from(bytes))
        .send()
        .await
        .with_context(|| format!("{key} cannot be uploaded to {bucket}"))?;
    Ok(Put { bytes: size, version_id: answer.version_id })
}
