//! Who may do what: one access key for everything, and keys that nobody may read.
//!
//! Only the name of the access key is compared, never the signature: whether the AWS SDK signs rightly is not what is tested
//! here, but whether a program uses the credentials of the right side. A request without `Authorization` has none at all.

use super::call::{Call, Operation};
use super::error::S3Error;

const AUTHORIZATION: &str = "authorization";

/// What a server grants.
#[derive(Debug, Default)]
pub(super) struct Access {
    /// Id of the only access key that is known; any, or none, will do if absent.
    pub(super) key: Option<String>,
    /// Objects whose keys begin with it cannot be read.
    pub(super) unreadable_prefix: Option<String>,
}

impl Access {
    /// Refuses what is not granted, with the codes of S3.
    pub(super) fn check(&self, operation: Operation, call: &Call) -> Result<(), S3Error> {
        if let Some(key) = &self.key {
            match call.header(AUTHORIZATION).and_then(access_key_id) {
                Some(named) if named == key => {}
                Some(_) => {
                    return Err(S3Error::new(
                        "InvalidAccessKeyId",
                        403,
                        "The AWS Access Key Id you provided does not exist in our records.",
                    ));
                }
                None => return Err(denied()),
            }
        }
        match operation {
            Operation::GetObject | Operation::HeadObject | Operation::GetObjectTagging => {
                self.readable(&call.key)
            }
            Operation::ListBuckets
            | Operation::CreateBucket
            | Operation::HeadBucket
            | Operation::GetBucketLocation
            | Operation::ListObjectsV2
            | Operation::ListMultipartUploads
            | Operation::DeleteObjects
            | Operation::PutObject
            | Operation::CopyObject
            | Operation::DeleteObject
            | Operation::PutObjectTagging
            | Operation::DeleteObjectTagging
            | Operation::CreateMultipartUpload
            | Operation::UploadPart
            | Operation::UploadPartCopy
            | Operation::CompleteMultipartUpload
            | Operation::AbortMultipartUpload
            | Operation::ListParts => Ok(()),
        }
    }

    /// Whether an object may be read, also as the source of a copy.
    pub(super) fn readable(&self, key: &str) -> Result<(), S3Error> {
        match &self.unreadable_prefix {
            Some(prefix) if key.starts_with(prefix) => Err(denied()),
            Some(_) | None => Ok(()),
        }
    }
}

fn denied() -> S3Error {
    S3Error::new("AccessDenied", 403, "Access Denied")
}

/// The id in `AWS4-HMAC-SHA256 Credential=<id>/<date>/<region>/s3/aws4_request, …`
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html>).
fn access_key_id(authorization: &str) -> Option<&str> {
    let (_, credential) = authorization.split_once("Credential=")?;
    credential.split('/').next()
}
