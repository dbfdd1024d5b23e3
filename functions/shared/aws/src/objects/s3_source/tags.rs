//! The tags of an object, for the ways of copying that do not carry them by themselves.
//!
//! A GET or HEAD tells how many tags there are only to those who may read them
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>), and some services with tags never tell. So an
//! answer without a number is believed to mean "none" only once a read of tags has gone well, and only on AWS or where
//! another answer has told a number. Until then the tags of every object are asked for. What remains: permissions that
//! differ between the objects of one source.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_s3::operation::get_object_tagging::GetObjectTaggingOutput;
use aws_sdk_s3::types::Tag;
use drayage_domain::outcome::FailureClass;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::Instant;

use super::{Located, S3Source, in_region};
use crate::objects::deadline::by_deadline;
use crate::objects::error::CopyError;
use crate::objects::request_count::RequestCount;
use crate::objects::s3_failure::{Meaning, S3Failure};

/// `x-amz-tagging` is a query: everything but RFC 3986's unreserved characters is encoded.
const ENCODED_IN_TAGGING: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What an answer about an object says of its tags.
#[derive(Debug, Clone, Default)]
pub(in crate::objects) struct TagHint {
    /// `x-amz-tagging-count`.
    pub(super) count: Option<i32>,
    /// The version that the answer is about, in a bucket with versions.
    pub(super) version_id: Option<String>,
}

/// Whether an answer without `x-amz-tagging-count` means that there are no tags.
#[derive(Debug, Clone, Default)]
pub(super) struct Silence {
    /// The service tells the number to those who may read the tags.
    aws: bool,
    /// Clones learn together.
    means_none: Arc<AtomicBool>,
}

impl Silence {
    fn means_none(&self) -> bool {
        self.means_none.load(Ordering::Relaxed)
    }

    fn believe(&self) {
        self.means_none.store(true, Ordering::Relaxed);
    }
}

impl S3Source {
    /// The service is AWS's own, not a compatible one. This saves a request per object without tags, where tags are
    /// preserved.
    #[must_use]
    pub fn on_aws(mut self) -> Self {
        self.silence.aws = true;
        self
    }

    /// As [`tags`](Self::tags), but sends no request when what is known of the object is enough to tell that there are none.
    pub(in crate::objects) async fn tags_unless_none(
        &self,
        located: &Located,
        deadline: Instant,
        count: &RequestCount,
    ) -> Result<Option<String>, CopyError> {
        let hint = &located.tags;
        if hint.count == Some(0) || (hint.count.is_none() && self.silence.means_none()) {
            return Ok(None);
        }
        let tags = self.tags(located, deadline, count).await?;
        if hint.count.is_some() || (self.silence.aws && tags.is_none()) {
            self.silence.believe();
        }
        Ok(tags)
    }

    /// The tags of an object as `x-amz-tagging` wants them; `None` if it has none, or its service knows no tags.
    ///
    /// Fails as [`FailureClass::AccessDenied`] when they may not be read, and as [`FailureClass::SourceChanged`] when they
    /// are those of another version.
    pub(in crate::objects) async fn tags(
        &self,
        located: &Located,
        deadline: Instant,
        count: &RequestCount,
    ) -> Result<Option<String>, CopyError> {
        count.add();
        let request = self
            .client
            .get_object_tagging()
            .bucket(&located.bucket)
            .key(&located.key)
            .set_version_id(located.version_id.clone());
        let place = located.redacted();
        let output = by_deadline(
            deadline,
            FailureClass::SourceTimeout,
            "reading the tags of the source object",
            Box::pin(async {
                let sent = match in_region(located.region.as_deref()) {
                    Some(config) => request.customize().config_override(config).send().await,
                    None => request.send().await,
                };
                match sent {
                    Ok(output) => Ok(Some(output)),
                    Err(error) => without_tags(&S3Failure::of(&error), &place),
                }
            }),
        )
        .await?;
        let Some(GetObjectTaggingOutput { tag_set, version_id, .. }) = output else {
            self.silence.believe();
            return Ok(None);
        };
        if let (Some(opened), Some(tagged)) = (&located.tags.version_id, &version_id)
            && opened != tagged
        {
            return Err(CopyError::new(
                FailureClass::SourceChanged,
                format!("{place} was replaced while it was read"),
            ));
        }
        Ok((!tag_set.is_empty()).then(|| tagging(&tag_set)))
    }
}

/// `None` for a service that knows no tags.
fn without_tags(
    failure: &S3Failure,
    place: &str,
) -> Result<Option<GetObjectTaggingOutput>, CopyError> {
    match failure.meaning {
        _ if ["NotImplemented", "HTTP 501"].contains(&failure.code.as_str()) => Ok(None),
        Meaning::Denied | Meaning::KmsDenied => Err(CopyError::new(
            FailureClass::AccessDenied,
            format!(
                "the tags of {place} may not be read ({}); hint: grant s3:GetObjectTagging on the source (for a \
                 version, s3:GetObjectVersionTagging), or start the transfer with preserveTags: false",
                failure.code
            ),
        )),
        Meaning::Missing
        | Meaning::Archived
        | Meaning::Changed
        | Meaning::BadDigest
        | Meaning::OtherRegion(_)
        | Meaning::Throttled
        | Meaning::TimedOut
        | Meaning::Unavailable
        | Meaning::Refused => Err(failure.at_source(place)),
    }
}

fn tagging(tags: &[Tag]) -> String {
    let encoded = |text| utf8_percent_encode(text, ENCODED_IN_TAGGING);
    let pairs: Vec<String> =
        tags.iter().map(|tag| format!("{}={}", encoded(tag.key()), encoded(tag.value()))).collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag::builder().key(key).value(value).build().unwrap()
    }

    #[test]
    fn tags_survive_as_a_query() {
        let tags = [tag("a b", "1+1=2&3"), tag("ü/:", "50%"), tag("empty", "")];
        let query = tagging(&tags);
        assert_eq!(query, "a%20b=1%2B1%3D2%263&%C3%BC%2F%3A=50%25&empty=");
        let read: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let meant: Vec<_> =
            tags.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect();
        assert_eq!(read, meant);
    }
}
