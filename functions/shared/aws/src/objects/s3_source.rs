//! Files in the source's S3, read with our role or with keys that the source's owner gave us.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Builder, Region};
use aws_sdk_s3::operation::head_object::{HeadObjectError, HeadObjectOutput};
use aws_sdk_s3::primitives::DateTimeFormat;
use aws_sdk_s3::types::{
    ArchiveStatus, ChecksumMode, ChecksumType, ServerSideEncryption, StorageClass,
};
use drayage_domain::outcome::FailureClass;
use drayage_domain::row::{Proof, SourceIdentity};
use drayage_domain::source_url::S3Location;
use tokio::time::Instant;

use super::body::{OpenSource, SourceBody, Wire};
use super::deadline::by_deadline;
use super::digest::CRC64_NVME;
use super::error::CopyError;
use super::metadata::ObjectMetadata;
use super::request_count::RequestCount;
use super::s3_failure::{Meaning, S3Failure};

type HeadError = aws_sdk_s3::error::SdkError<HeadObjectError>;

/// Reads objects with the S3 API.
#[derive(Debug, Clone)]
pub struct S3Source {
    client: Client,
    server_side: bool,
}

/// An object that exists: which one, and what a HEAD says about it.
#[derive(Debug, Clone)]
pub(super) struct Located {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) version_id: Option<String>,
    /// The region to ask, when it is not the client's.
    region: Option<String>,
    pub(super) identity: SourceIdentity,
    pub(super) size_bytes: u64,
    /// `ETag` with its quotes, for `If-Match`.
    pub(super) etag_header: Option<String>,
    pub(super) metadata: ObjectMetadata,
    /// Base64 full-object CRC-64/NVME.
    pub(super) crc64_nvme: Option<String>,
    /// Encrypted in a way that makes the `ETag` something else than an MD5.
    pub(super) etag_opaque: bool,
    archived: bool,
}

impl S3Source {
    /// * `client`: carries the credentials and, if the source is not AWS, the endpoint.
    /// * `server_side`: the client's identity is also the destination's and in the same partition, so that S3 can
    ///   copy the bytes itself.
    pub const fn new(client: Client, server_side: bool) -> Self {
        Self { client, server_side }
    }

    pub(super) const fn server_side(&self) -> bool {
        self.server_side
    }

    /// Finds out which of the candidate keys exists, and reads what it says about itself.
    pub(super) async fn locate(
        &self,
        location: &S3Location,
        deadline: Instant,
        count: &RequestCount,
    ) -> Result<Located, CopyError> {
        by_deadline(
            deadline,
            FailureClass::SourceTimeout,
            "looking for the source object",
            Box::pin(async {
                let mut missing = None;
                for (position, key) in location.key_candidates.iter().enumerate() {
                    match self.head(location, key, count).await {
                        Ok(located) => {
                            self.refuse_ambiguity(location, position, count).await?;
                            return Ok(located);
                        }
                        Err(error) if error.gone => missing = missing.or(Some(error)),
                        Err(error) => return Err(error),
                    }
                }
                Err(missing.unwrap_or_else(|| {
                    CopyError::new(FailureClass::InvalidKey, "the URL names no key")
                }))
            }),
        )
        .await
    }

    /// `a+b` in a URL is `a b` for S3 and `a+b` for people who did not encode it. If both exist, nothing tells
    /// which one the record means. Later candidates of other kinds are only fallbacks.
    async fn refuse_ambiguity(
        &self,
        location: &S3Location,
        found: usize,
        count: &RequestCount,
    ) -> Result<(), CopyError> {
        let Some(key) = location.key_candidates.get(found) else { return Ok(()) };
        let blanks = key.replace('+', " ");
        for other in location.key_candidates.iter().skip(found + 1) {
            if other == key || other.replace('+', " ") != blanks {
                continue;
            }
            match self.head(location, other, count).await {
                Ok(_) => {
                    return Err(CopyError::new(
                        FailureClass::AmbiguousKey,
                        format!(
                            "both `{key}` and `{other}` exist in bucket `{}` and the URL can mean either; hint: \
                             encode the `+` of the URL as %2B, or its blank as %20",
                            location.bucket
                        ),
                    ));
                }
                Err(error) if error.gone => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn head(
        &self,
        location: &S3Location,
        key: &str,
        count: &RequestCount,
    ) -> Result<Located, CopyError> {
        let mut asked = Asked { location, key, region: location.region.clone(), checksum: true };
        let mut failure = match self.send_head(&asked, count).await {
            Ok(head) => return Ok(located(&asked, &head)),
            Err(error) => S3Failure::of(&error),
        };
        if let Meaning::OtherRegion(Some(told)) = &failure.meaning
            && asked.region.as_ref() != Some(told)
        {
            asked.region = Some(told.clone());
            failure = match self.send_head(&asked, count).await {
                Ok(head) => return Ok(located(&asked, &head)),
                Err(error) => S3Failure::of(&error),
            };
        }
        if failure.meaning == Meaning::Denied {
            // With checksums, a HEAD of a KMS-encrypted object needs the KMS key; without, it does not.
            asked.checksum = false;
            if let Ok(head) = self.send_head(&asked, count).await {
                if !is_kms(head.server_side_encryption.as_ref()) {
                    return Ok(located(&asked, &head));
                }
                failure.meaning = Meaning::KmsDenied;
            }
        }
        Err(failure.at_source(&asked.place()))
    }

    async fn send_head(
        &self,
        asked: &Asked<'_>,
        count: &RequestCount,
    ) -> Result<HeadObjectOutput, HeadError> {
        count.add();
        let request = self
            .client
            .head_object()
            .bucket(&asked.location.bucket)
            .key(asked.key)
            .set_version_id(asked.location.version_id.clone())
            .set_checksum_mode(asked.checksum.then_some(ChecksumMode::Enabled));
        match in_region(asked.region.as_deref()) {
            Some(config) => request.customize().config_override(config).send().await,
            None => request.send().await,
        }
    }

    /// Opens the object that was located, from `offset` on; fails when it was replaced since.
    pub(super) async fn open(
        &self,
        located: &Located,
        offset: u64,
        deadline: Instant,
        count: &RequestCount,
    ) -> Result<OpenSource, CopyError> {
        count.add();
        let request = self
            .client
            .get_object()
            .bucket(&located.bucket)
            .key(&located.key)
            .set_version_id(located.version_id.clone())
            .set_if_match(located.etag_header.clone())
            .set_range((offset > 0).then(|| format!("bytes={offset}-")));
        let left = located.size_bytes.saturating_sub(offset);
        let place = located.redacted();
        let output = by_deadline(
            deadline,
            FailureClass::SourceTimeout,
            "opening the source object",
            Box::pin(async {
                let sent = match in_region(located.region.as_deref()) {
                    Some(config) => request.customize().config_override(config).send().await,
                    None => request.send().await,
                };
                sent.map_err(|error| S3Failure::of(&error).at_source(&place))
            }),
        )
        .await?;
        let announced = output.content_length.and_then(|length| u64::try_from(length).ok());
        if announced.is_some_and(|length| length != left) {
            return Err(CopyError::new(
                FailureClass::SourceChanged,
                format!("{place} has another size than a moment ago"),
            ));
        }
        Ok(OpenSource {
            body: SourceBody::new(Wire::S3(output.body), Some(left), place),
            identity: located.identity.clone(),
            metadata: located.metadata.clone(),
            crc64_nvme: located.crc64_nvme.clone(),
            ranges: true,
        })
    }
}

/// One object that is asked for, and how.
struct Asked<'a> {
    location: &'a S3Location,
    key: &'a str,
    region: Option<String>,
    checksum: bool,
}

impl Asked<'_> {
    fn place(&self) -> String {
        format!("s3://{}/{}", self.location.bucket, self.key)
    }
}

impl Located {
    /// A copy that we have proven ourselves, without asking for it again. It carries no descriptive headers.
    pub(super) fn proven(bucket: &str, key: &str, proof: &Proof) -> Self {
        Self {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            version_id: None,
            region: None,
            identity: SourceIdentity {
                size_bytes: Some(proof.size_bytes),
                etag: Some(proof.etag.clone()),
                last_modified: None,
            },
            size_bytes: proof.size_bytes,
            etag_header: Some(format!("\"{}\"", proof.etag)),
            metadata: ObjectMetadata::default(),
            crc64_nvme: proof
                .checksum
                .as_ref()
                .filter(|checksum| checksum.algorithm == CRC64_NVME)
                .map(|checksum| checksum.value.clone()),
            etag_opaque: false,
            archived: false,
        }
    }

    /// The version that a listing has named, if the listing tells its size and `ETag` and the location names one key.
    /// It carries no descriptive headers.
    pub(super) fn listed(location: &S3Location, listed: &SourceIdentity) -> Option<Self> {
        let [key] = location.key_candidates.as_slice() else { return None };
        Some(Self {
            bucket: location.bucket.clone(),
            key: key.clone(),
            version_id: location.version_id.clone(),
            region: None,
            identity: listed.clone(),
            size_bytes: listed.size_bytes?,
            etag_header: Some(format!("\"{}\"", listed.etag.as_deref()?)),
            metadata: ObjectMetadata::default(),
            crc64_nvme: None,
            etag_opaque: false,
            archived: false,
        })
    }

    /// `s3://bucket/key`.
    pub(super) fn redacted(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }

    /// Fails when the object has to be restored from an archive first.
    pub(super) fn check_readable(&self) -> Result<(), CopyError> {
        if !self.archived {
            return Ok(());
        }
        let archived = S3Failure {
            meaning: Meaning::Archived,
            code: "storage class".to_owned(),
            retry_after: None,
        };
        Err(archived.at_source(&self.redacted()))
    }
}

pub(super) fn is_kms(encryption: Option<&ServerSideEncryption>) -> bool {
    matches!(encryption, Some(ServerSideEncryption::AwsKms | ServerSideEncryption::AwsKmsDsse))
}

fn in_region(region: Option<&str>) -> Option<Builder> {
    region.map(|name| Builder::new().region(Region::new(name.to_owned())))
}

fn located(asked: &Asked<'_>, head: &HeadObjectOutput) -> Located {
    let size_bytes = head.content_length.and_then(|length| u64::try_from(length).ok()).unwrap_or(0);
    let full = head.checksum_type != Some(ChecksumType::Composite);
    Located {
        bucket: asked.location.bucket.clone(),
        key: asked.key.to_owned(),
        // Without a version in the URL the current one is meant, and `If-Match` guards it.
        version_id: asked.location.version_id.clone(),
        region: asked.region.clone(),
        identity: SourceIdentity {
            size_bytes: Some(size_bytes),
            etag: head.e_tag.as_deref().map(|etag| etag.replace('"', "")),
            last_modified: head
                .last_modified
                .and_then(|time| time.fmt(DateTimeFormat::HttpDate).ok()),
        },
        size_bytes,
        etag_header: head.e_tag.clone(),
        metadata: ObjectMetadata::from_head(head),
        crc64_nvme: head.checksum_crc64_nvme.clone().filter(|value| full && !value.contains('-')),
        etag_opaque: is_kms(head.server_side_encryption.as_ref())
            || head.sse_customer_algorithm.is_some(),
        archived: is_archived(head),
    }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>: an archived object can be read while
/// `x-amz-restore` says that no restore is running any more. Glacier Instant Retrieval is not an archive here.
fn is_archived(head: &HeadObjectOutput) -> bool {
    let in_archive =
        matches!(head.storage_class, Some(StorageClass::Glacier | StorageClass::DeepArchive))
            || matches!(
                head.archive_status,
                Some(ArchiveStatus::ArchiveAccess | ArchiveStatus::DeepArchiveAccess)
            );
    let restored = head
        .restore
        .as_deref()
        .is_some_and(|restore| restore.contains("ongoing-request=\"false\""));
    in_archive && !restored
}
