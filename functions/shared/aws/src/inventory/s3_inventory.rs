//! S3 Inventory: a report of a bucket's objects that S3 writes once a day or week, as another way to list a large bucket.
//!
//! A report is a `manifest.json`, its MD5 in `manifest.checksum`, and data files
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html>). Only compressed CSV is read.
//! No order of the rows is documented, within a file or across files, so rows go through a [`Sorter`]; memory is bounded
//! by it. A report is as old as it is: what it misses or has too much is confirmed by asking for the object.

mod error;
mod manifest;
mod rows;

use aws_sdk_s3::Client;
use drayage_domain::reconcile::ranges::KeyRange;
use hex::ToHex;
use md5::{Digest, Md5};
use tokio::sync::mpsc;

use super::InventoryError;
use super::sort::{SortedInventory, Sorter};
use crate::objects::s3_failure::S3Failure;
use crate::objects::{Storage, StorageError};

pub use error::S3InventoryError;
use manifest::{DataFile, Manifest};
use rows::{ChunkReader, Wanted, read_rows};

/// A manifest names each data file in about 150 bytes, and a data file has about a million rows.
const MANIFEST_BYTES_MAX: u64 = 64 << 20;
/// Chunks of a data file, and pages of its rows, that wait for the other side to take them.
const WAITING_MAX: usize = 2;

/// A report whose manifest was read and checked.
#[derive(Debug)]
pub struct S3InventoryReport {
    client: Client,
    bucket: String,
    manifest_key: String,
    manifest: Manifest,
}

impl S3InventoryReport {
    /// Reads the manifest at this key of the bucket that reports are written to.
    pub async fn open(
        client: Client,
        bucket: &str,
        manifest_key: &str,
    ) -> Result<Self, S3InventoryError> {
        let place = format!("s3://{bucket}/{manifest_key}");
        let storage = Storage::new(client.clone());
        let Some(base) = manifest_key.strip_suffix("manifest.json") else {
            return Err(S3InventoryError::NoManifest { place });
        };
        let manifest = required(&storage, bucket, manifest_key).await?;
        let told = required(&storage, bucket, &format!("{base}manifest.checksum")).await?;
        let found = Md5::digest(&manifest).encode_hex::<String>();
        let told = String::from_utf8_lossy(&told).trim().to_ascii_lowercase();
        if told != found {
            return Err(S3InventoryError::Damaged { place, told, found });
        }
        let manifest = Manifest::parse(&manifest, &place)?;
        let (bucket, manifest_key) = (bucket.to_owned(), manifest_key.to_owned());
        Ok(Self { client, bucket, manifest_key, manifest })
    }

    /// The same report, if it is about this bucket.
    pub fn of_bucket(self, bucket: &str) -> Result<Self, S3InventoryError> {
        if self.manifest.source_bucket == bucket {
            return Ok(self);
        }
        Err(S3InventoryError::OtherBucket {
            place: format!("s3://{}/{}", self.bucket, self.manifest_key),
            found: self.manifest.source_bucket,
            wanted: bucket.to_owned(),
        })
    }

    /// When S3 began to make the report, RFC 3339; `None` if it does not say.
    pub fn created_at(&self) -> Option<String> {
        let at = jiff::Timestamp::from_millisecond(self.manifest.created_at_ms?).ok()?;
        Some(at.to_string())
    }

    /// The objects whose key begins with `prefix` and, relative to it, is in the range; old versions and delete markers are
    /// left out.
    pub async fn read(
        &self,
        prefix: &str,
        range: &KeyRange,
        mut sorter: Sorter,
    ) -> Result<SortedInventory, InventoryError> {
        for file in &self.manifest.files {
            let wanted = Wanted {
                columns: self.manifest.columns,
                prefix: prefix.to_owned(),
                range: range.clone(),
                place: format!("s3://{}/{}", self.bucket, file.key),
            };
            self.read_file(file, wanted, &mut sorter).await?;
        }
        Ok(sorter.finish().await?)
    }

    /// Decompression and parsing get a thread of their own, between two bounded channels.
    async fn read_file(
        &self,
        file: &DataFile,
        wanted: Wanted,
        sorter: &mut Sorter,
    ) -> Result<(), InventoryError> {
        let place = wanted.place.clone();
        let (chunks, reader) = mpsc::channel(WAITING_MAX);
        let (pages, mut parsed) = mpsc::channel(WAITING_MAX);
        let parsing = tokio::task::spawn_blocking(move || {
            read_rows(ChunkReader::new(reader), &wanted, |page| pages.blocking_send(page).is_ok())
        });
        let sorting = async move {
            while let Some(page) = parsed.recv().await {
                sorter.push(page).await?;
            }
            Ok::<_, InventoryError>(())
        };
        let fetching = self.fetch(file, &place, chunks);
        let (fetched, sorted, parsing) = tokio::join!(fetching, sorting, parsing);
        let parsing = match parsing {
            Ok(result) => result,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        };
        // Without all bytes the checksum means nothing, and with other bytes the rows mean nothing.
        sorted?;
        let found = fetched?;
        if !found.eq_ignore_ascii_case(&file.md5) {
            return Err(S3InventoryError::Damaged { place, told: file.md5.clone(), found }.into());
        }
        Ok(parsing?)
    }

    /// Sends a data file to the parser and returns its MD5. A parser that has stopped before the end may have met damaged
    /// bytes, so the rest is read for the MD5 alone.
    async fn fetch(
        &self,
        file: &DataFile,
        place: &str,
        chunks: mpsc::Sender<bytes::Bytes>,
    ) -> Result<String, S3InventoryError> {
        let unreachable = |code| S3InventoryError::Unreachable { place: place.to_owned(), code };
        let answer = self.client.get_object().bucket(&self.bucket).key(&file.key).send().await;
        let mut body = match answer {
            Ok(answer) => answer.body,
            Err(error) => {
                let failure = S3Failure::of(&error);
                return Err(S3InventoryError::from_failure(failure, place));
            }
        };
        let mut md5 = Md5::new();
        let mut parsing = true;
        while let Some(chunk) =
            body.try_next().await.map_err(|broken| unreachable(broken.to_string()))?
        {
            md5.update(&chunk);
            parsing = parsing && chunks.send(chunk).await.is_ok();
        }
        Ok(md5.finalize().encode_hex())
    }
}

async fn required(storage: &Storage, bucket: &str, key: &str) -> Result<Vec<u8>, S3InventoryError> {
    match storage.get_bounded(bucket, key, MANIFEST_BYTES_MAX).await {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(S3InventoryError::NoManifest { place: format!("s3://{bucket}/{key}") }),
        Err(StorageError::Unavailable { place, code }) => {
            Err(S3InventoryError::Unreachable { place, code })
        }
        Err(error) => Err(S3InventoryError::Refused { message: error.to_string() }),
    }
}

#[cfg(test)]
mod tests;
