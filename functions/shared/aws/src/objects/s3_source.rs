//! Files in the source's S3, read with our role or with keys that the source's owner gave us.

mod located;
mod tags;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Builder, Region};
use aws_sdk_s3::operation::head_object::{HeadObjectError, HeadObjectOutput};
use aws_sdk_s3::types::{ChecksumMode, RequestPayer};
use drayage_domain::outcome::FailureClass;
use drayage_domain::source_url::S3Location;
use tokio::time::{Instant, timeout_at};

use super::body::OpenSource;
use super::deadline::by_deadline;
use super::error::CopyError;
use super::place::place;
use super::request_count::RequestCount;
use super::s3_failure::{Meaning, S3Failure};
use located::{head_of, located};
use tags::Silence;

pub(super) use located::Located;
pub(crate) use located::{is_archived, is_kms};
pub(super) use tags::TagHint;

type HeadError = aws_sdk_s3::error::SdkError<HeadObjectError>;

/// Reads objects with the S3 API.
#[derive(Debug, Clone)]
pub struct S3Source {
    client: Client,
    server_side: bool,
    requester_pays: bool,
    silence: Silence,
}

/// An object that exists, and its bytes if they are on their way already.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) located: Located,
    pub(super) open: Option<OpenSource>,
}

impl S3Source {
    /// * `client`: carries the credentials and, if the source is not AWS, the endpoint.
    /// * `server_side`: the client's identity is also the destination's and in the same partition, so that S3 can
    ///   copy the bytes itself.
    pub fn new(client: Client, server_side: bool) -> Self {
        Self { client, server_side, requester_pays: false, silence: Silence::default() }
    }

    /// Bytes pass through us, whatever S3 could do by itself: the destination is another service.
    #[must_use]
    pub const fn streamed(mut self) -> Self {
        self.server_side = false;
        self
    }

    /// The client says with every request that our account pays for it; copies inside S3 say it too.
    #[must_use]
    pub const fn requester_pays(mut self, requester_pays: bool) -> Self {
        self.requester_pays = requester_pays;
        self
    }

    /// What a copy inside S3 says about who pays for reading its source.
    pub(super) fn payer(&self) -> Option<RequestPayer> {
        self.requester_pays.then_some(RequestPayer::Requester)
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

    /// Locates and opens an object with one request. `None` when that does not work, or a HEAD is needed to tell which of
    /// several keys is meant: [`locate`](Self::locate) finds out why.
    pub(super) async fn open_at_once(
        &self,
        location: &S3Location,
        deadline: Instant,
        count: &RequestCount,
    ) -> Option<Found> {
        let [key] = location.key_candidates.as_slice() else { return None };
        let asked = Asked { location, key, region: location.region.clone(), checksum: true };
        count.add();
        let request = self
            .client
            .get_object()
            .bucket(&location.bucket)
            .key(key)
            .set_version_id(location.version_id.clone())
            .checksum_mode(ChecksumMode::Enabled);
        let sent = Box::pin(async {
            match in_region(asked.region.as_deref()) {
                Some(config) => request.customize().config_override(config).send().await,
                None => request.send().await,
            }
        });
        let mut output = timeout_at(deadline, sent).await.ok()?.ok()?;
        let body = std::mem::take(&mut output.body);
        let located = located(&asked, &head_of(output));
        let tags = located.tags.clone();
        let open = Some(located.opened(body, located.size_bytes, tags));
        Some(Found { located, open })
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
        let tags = TagHint { count: output.tag_count, version_id: output.version_id };
        Ok(located.opened(output.body, left, tags))
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
        place(&self.location.bucket, self.key)
    }
}

fn in_region(region: Option<&str>) -> Option<Builder> {
    region.map(|name| Builder::new().region(Region::new(name.to_owned())))
}
