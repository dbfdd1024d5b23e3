//! Deleting an object that somebody has decided about, and no other.

use super::{Storage, StorageError, lacking};
use crate::objects::place::place;
use crate::objects::s3_failure::{Meaning, S3Failure};

/// How deleting an object has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// It is deleted. In a bucket with versions, a delete marker hides it.
    Done,
    /// The key holds another object by now, which was left alone.
    Changed,
    /// There is no such key any more.
    AlreadyGone,
}

impl Storage {
    /// Deletes an object if it is still the one with that `ETag` (with or without quotes).
    ///
    /// S3 compares the `ETag` while it deletes
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html>), but some S3-compatible services
    /// ignore the condition and delete whatever is there. So the object is looked at before. There, an object that is
    /// written between the two requests is lost; a service that refuses the condition deletes nothing.
    ///
    /// Needs `s3:GetObject` and `s3:DeleteObject`, and `s3:ListBucket` to tell a missing key from a forbidden one.
    pub async fn delete_if_unchanged(
        &self,
        bucket: &str,
        key: &str,
        etag: &str,
    ) -> Result<Deleted, StorageError> {
        let etag = etag.trim_matches('"');
        let place = place(bucket, key);
        // `If-Match: ""` would be no condition, and `*` one that every object meets.
        if etag.is_empty() || etag == "*" {
            let code = "no ETag to recognise the object by".to_owned();
            return Err(StorageError::Refused { place, code });
        }
        match self.client.head_object().bucket(bucket).key(key).send().await {
            Ok(head) if head.e_tag.as_deref().map(|seen| seen.trim_matches('"')) != Some(etag) => {
                return Ok(Deleted::Changed);
            }
            Ok(_) => {}
            Err(error) => {
                let failure = S3Failure::of(&error);
                return ended(failure, bucket, &place, "s3:GetObject");
            }
        }
        let condition = format!("\"{etag}\"");
        let request = self.client.delete_object().bucket(bucket).key(key).if_match(condition);
        match request.send().await {
            Ok(_) => Ok(Deleted::Done),
            Err(error) => ended(S3Failure::of(&error), bucket, &place, "s3:DeleteObject"),
        }
    }
}

fn ended(
    failure: S3Failure,
    bucket: &str,
    place: &str,
    permission: &'static str,
) -> Result<Deleted, StorageError> {
    match failure.meaning {
        Meaning::Changed => Ok(Deleted::Changed),
        // Not that the key is missing, but that nothing can be deleted here.
        Meaning::Missing if ["MethodNotAllowed", "HTTP 405"].contains(&failure.code.as_str()) => {
            Err(StorageError::Refused { place: place.to_owned(), code: failure.code })
        }
        // A HEAD tells no code, so that of a missing bucket is the same.
        Meaning::Missing if failure.code != "NoSuchBucket" => Ok(Deleted::AlreadyGone),
        Meaning::Missing
        | Meaning::Denied
        | Meaning::KmsDenied
        | Meaning::Archived
        | Meaning::BadDigest
        | Meaning::OtherRegion(_)
        | Meaning::Throttled
        | Meaning::TimedOut
        | Meaning::Unavailable
        | Meaning::Refused => Err(lacking(failure, bucket, place, permission)),
    }
}
