//! Finding out before a run whether a bucket can be written to.

use super::{Storage, StorageError, lacking};
use crate::objects::place::place;
use crate::objects::s3_failure::{Meaning, S3Failure};

impl Storage {
    /// Begins an upload of `<prefix>.drayage-access-check-<id>` and aborts it: nothing is left behind, not even a version. With a
    /// bucket that encrypts with a KMS key, this uses the key as well
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions>).
    ///
    /// Names what was refused: `s3:PutObject`, `kms:GenerateDataKey`, or `s3:AbortMultipartUpload`, without which
    /// interrupted copies would stay as parts that nobody sees.
    ///
    /// * `id`: makes the key nobody else's, such as the id of the run.
    pub async fn check_writable(
        &self,
        bucket: &str,
        prefix: &str,
        id: &str,
    ) -> Result<(), StorageError> {
        let key = format!("{prefix}.drayage-access-check-{id}");
        let place = place(bucket, &key);
        let begun = self.client.create_multipart_upload().bucket(bucket).key(&key).send().await;
        let upload_id = match begun {
            Ok(upload) => upload.upload_id.unwrap_or_default(),
            Err(error) => {
                let failure = S3Failure::of(&error);
                if failure.meaning == Meaning::KmsDenied {
                    let permission = "kms:GenerateDataKey";
                    return Err(StorageError::Lacking { place, permission, code: failure.code });
                }
                return Err(lacking(failure, bucket, &place, "s3:PutObject"));
            }
        };
        let abort = self.client.abort_multipart_upload().bucket(bucket).key(&key);
        match abort.upload_id(upload_id).send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                let permission = "s3:AbortMultipartUpload";
                Err(lacking(S3Failure::of(&error), bucket, &place, permission))
            }
        }
    }
}
