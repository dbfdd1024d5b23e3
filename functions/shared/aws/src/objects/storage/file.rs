//! Files of the local disk: for objects that are larger than memory should be.

use std::path::Path;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Storage, StorageError, absent_or, failed};
use crate::objects::body::{SourceBody, Wire};
use crate::objects::digest::BodyDigest;
use crate::objects::place::place;

/// What one request carries, in bytes: one of this size is in memory at a time. 10,000 of them make the largest upload
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>).
const PART_BYTES: usize = 16 * 1024 * 1024;

/// An upload that was begun.
struct Upload<'a> {
    bucket: &'a str,
    key: &'a str,
    id: String,
}

impl Storage {
    /// Writes a file of the local disk, replacing an earlier object: in one request up to 16 MiB, in parts beyond. S3 checks the bytes
    /// against their checksums. What fails is not visible, and its parts are removed.
    pub async fn put_file(
        &self,
        bucket: &str,
        key: &str,
        path: &Path,
        content_type: &str,
    ) -> Result<(), StorageError> {
        let local = |error| local(bucket, key, path, &error);
        let mut file = File::open(path).await.map_err(local)?;
        let first = next_part(&mut file).await.map_err(local)?;
        if first.len() < PART_BYTES {
            return self.put(bucket, key, first, content_type).await;
        }
        let request = self
            .client
            .create_multipart_upload()
            .bucket(bucket)
            .key(key)
            .content_type(content_type)
            .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
            .checksum_type(ChecksumType::FullObject);
        let place = place(bucket, key);
        let begun = request.send().await.map_err(|error| failed(&error, bucket, &place))?;
        let upload = Upload { bucket, key, id: begun.upload_id.unwrap_or_default() };
        let done = self.send_parts(&upload, first, &mut file, path).await;
        if done.is_err() {
            self.abort(&upload).await;
        }
        done
    }

    async fn send_parts(
        &self,
        upload: &Upload<'_>,
        mut part: Vec<u8>,
        file: &mut File,
        path: &Path,
    ) -> Result<(), StorageError> {
        let Upload { bucket, key, id } = upload;
        let mut sent = Vec::new();
        for number in 1.. {
            if part.is_empty() {
                break;
            }
            sent.push(self.send_part(upload, number, part).await?);
            part = next_part(file).await.map_err(|error| local(bucket, key, path, &error))?;
        }
        let parts = CompletedMultipartUpload::builder().set_parts(Some(sent)).build();
        self.client
            .complete_multipart_upload()
            .bucket(*bucket)
            .key(*key)
            .upload_id(id)
            .checksum_type(ChecksumType::FullObject)
            .multipart_upload(parts)
            .send()
            .await
            .map_err(|error| failed(&error, bucket, &place(bucket, key)))?;
        Ok(())
    }

    async fn send_part(
        &self,
        Upload { bucket, key, id }: &Upload<'_>,
        number: i32,
        part: Vec<u8>,
    ) -> Result<CompletedPart, StorageError> {
        let checksum = BodyDigest::of(&part).crc64_nvme();
        let answer = self
            .client
            .upload_part()
            .bucket(*bucket)
            .key(*key)
            .upload_id(id)
            .part_number(number)
            .checksum_crc64_nvme(&checksum)
            .body(ByteStream::from(part))
            .send()
            .await
            .map_err(|error| failed(&error, bucket, &place(bucket, key)))?;
        Ok(CompletedPart::builder()
            .part_number(number)
            .set_e_tag(answer.e_tag)
            .checksum_crc64_nvme(checksum)
            .build())
    }

    /// What cannot be removed here, the bucket's rule for incomplete uploads removes.
    async fn abort(&self, Upload { bucket, key, id }: &Upload<'_>) {
        let abort = self.client.abort_multipart_upload().bucket(*bucket).key(*key).upload_id(id);
        if let Err(error) = abort.send().await {
            let error = failed(&error, bucket, &place(bucket, key));
            tracing::warn!(%error, "an upload that failed could not be removed");
        }
    }

    /// Writes an object to a file of the local disk; returns its size in bytes, or `None` when there is no such key, and then no file
    /// is made. Reading stops after `max_bytes`.
    pub async fn get_to_file(
        &self,
        bucket: &str,
        key: &str,
        path: &Path,
        max_bytes: u64,
    ) -> Result<Option<u64>, StorageError> {
        let place = place(bucket, key);
        let output = match self.client.get_object().bucket(bucket).key(key).send().await {
            Ok(output) => output,
            Err(error) => return absent_or(&error, bucket, &place),
        };
        let announced = output.content_length.and_then(|length| u64::try_from(length).ok());
        let too_large = || StorageError::TooLarge { place: place.clone(), max_bytes };
        if announced.is_some_and(|length| length > max_bytes) {
            return Err(too_large());
        }
        let local = |error| local(bucket, key, path, &error);
        let mut file = File::create(path).await.map_err(local)?;
        let mut body = SourceBody::new(Wire::S3(output.body), announced, place.clone());
        let mut bytes = 0;
        loop {
            let chunk = body.chunk().await.map_err(|error| StorageError::Unavailable {
                place: place.clone(),
                code: error.message,
            })?;
            let Some(chunk) = chunk else { break };
            bytes += chunk.len() as u64;
            if bytes > max_bytes {
                return Err(too_large());
            }
            file.write_all(&chunk).await.map_err(local)?;
        }
        file.flush().await.map_err(local)?;
        Ok(Some(bytes))
    }
}

/// The next bytes of the file; fewer than a whole part only at its end.
async fn next_part(file: &mut File) -> std::io::Result<Vec<u8>> {
    let mut part = Vec::new();
    file.take(PART_BYTES as u64).read_to_end(&mut part).await?;
    Ok(part)
}

/// The local disk failed, not the bucket.
fn local(bucket: &str, key: &str, path: &Path, error: &std::io::Error) -> StorageError {
    StorageError::Refused {
        place: place(bucket, key),
        code: format!("{} cannot be used: {error}", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::test_support::{FakeS3, Reports, Stored, header, s3_client};

    async fn storage() -> (FakeS3, Storage, tempfile::TempDir) {
        let fake = FakeS3::start(Reports::Full).await;
        let storage = Storage::new(s3_client(&fake.uri()));
        (fake, storage, tempfile::tempdir().unwrap())
    }

    #[tokio::test]
    async fn a_small_file_is_one_request() {
        let (fake, storage, directory) = storage().await;
        let path = directory.path().join("f");
        std::fs::write(&path, b"bytes").unwrap();
        storage.put_file("state", "a/f.csv", &path, "text/csv").await.unwrap();
        assert_eq!(fake.operations(), ["PUT"]);
        assert_eq!(fake.stored("state/a/f.csv").unwrap().bytes, b"bytes");
        assert!(header(&fake.requests("PUT")[0], "x-amz-checksum-crc64nvme").is_some());
    }

    #[tokio::test]
    async fn a_large_file_is_sent_in_parts_and_read_back() {
        let (fake, storage, directory) = storage().await;
        let path = directory.path().join("f");
        for size in [PART_BYTES, PART_BYTES + 5] {
            let bytes: Vec<u8> = (0..=250).cycle().take(size).collect();
            std::fs::write(&path, &bytes).unwrap();
            storage.put_file("state", "f", &path, "text/csv").await.unwrap();
            assert!(fake.stored("state/f").unwrap().bytes == bytes, "{size} bytes");
            let back = directory.path().join("back");
            let max_bytes = size as u64;
            let read = storage.get_to_file("state", "f", &back, max_bytes).await;
            assert_eq!(read, Ok(Some(max_bytes)));
            assert!(std::fs::read(&back).unwrap() == bytes, "{size} bytes");
        }
    }

    #[tokio::test]
    async fn an_upload_that_fails_is_removed() {
        let (fake, storage, directory) = storage().await;
        let path = directory.path().join("f");
        std::fs::write(&path, vec![7; PART_BYTES + 1]).unwrap();
        fake.fail_after("PART", 1, 503, "SlowDown");
        let error = storage.put_file("state", "f", &path, "text/csv").await.unwrap_err();
        assert!(error.retryable(), "{error}");
        assert_eq!(fake.operations().last().map(String::as_str), Some("ABORT"));
        assert!(fake.stored("state/f").is_none());
    }

    #[tokio::test]
    async fn reading_is_bounded_and_a_missing_key_makes_no_file() {
        let (fake, storage, directory) = storage().await;
        let path = directory.path().join("f");
        assert_eq!(storage.get_to_file("state", "x", &path, 9).await, Ok(None));
        assert!(!path.exists());
        fake.store("state/x", Stored::new(b"three"));
        let read = storage.get_to_file("state", "x", &path, 4).await.unwrap_err();
        assert!(matches!(read, StorageError::TooLarge { max_bytes: 4, .. }), "{read}");
    }

    #[tokio::test]
    async fn a_file_that_is_not_there_sends_nothing() {
        let (fake, storage, directory) = storage().await;
        let path = directory.path().join("none");
        let error = storage.put_file("state", "f", &path, "text/csv").await.unwrap_err();
        assert!(matches!(error, StorageError::Refused { .. }), "{error}");
        assert!(fake.operations().is_empty());
    }
}
