//! Checksums of the bytes that are sent, in the forms S3 reports them.
//!
//! CRC-64/NVME is the full-object checksum that S3 also has for multipart uploads
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>). MD5 is only there to
//! compare `ETag`s with services that report nothing better.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crc_fast::CrcAlgorithm::Crc64Nvme;
use drayage_domain::row::Checksum;
use md5::{Digest, Md5};

/// S3's name of the algorithm.
pub(super) const CRC64_NVME: &str = "CRC64NVME";

/// The checksums of one request body: a whole file or one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BodyDigest {
    pub(super) size_bytes: u64,
    crc64_nvme: u64,
    md5: [u8; 16],
}

impl BodyDigest {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self {
            size_bytes: bytes.len() as u64,
            crc64_nvme: crc_fast::checksum(Crc64Nvme, bytes),
            md5: Md5::digest(bytes).into(),
        }
    }

    /// For `x-amz-checksum-crc64nvme`.
    pub(super) fn crc64_nvme(&self) -> String {
        encoded(self.crc64_nvme)
    }

    /// For `Content-MD5`.
    pub(super) fn md5_base64(&self) -> String {
        STANDARD.encode(self.md5)
    }

    /// The `ETag` of an object with these bytes that was written in one request and without KMS.
    pub(super) fn etag(&self) -> String {
        hex::encode(self.md5)
    }
}

/// The checksums of a file that is sent in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileDigest {
    pub(super) size_bytes: u64,
    /// For `x-amz-checksum-crc64nvme` of the whole object.
    pub(super) crc64_nvme: String,
    /// The multipart `ETag`: the MD5 of the parts' MD5s, and their number.
    pub(super) etag: String,
}

impl FileDigest {
    /// Combines the parts, in their order.
    pub(super) fn of_parts<'a>(parts: impl IntoIterator<Item = &'a BodyDigest>) -> Self {
        let mut size_bytes = 0;
        let mut crc = crc_fast::checksum(Crc64Nvme, &[]);
        let mut md5 = Md5::new();
        let mut number = 0_u32;
        for part in parts {
            size_bytes += part.size_bytes;
            crc = crc_fast::checksum_combine(Crc64Nvme, crc, part.crc64_nvme, part.size_bytes);
            md5.update(part.md5);
            number += 1;
        }
        Self {
            size_bytes,
            crc64_nvme: encoded(crc),
            etag: format!("{}-{number}", hex::encode(md5.finalize())),
        }
    }
}

/// The checksum as the ledger keeps it.
pub(super) fn crc64_nvme_checksum(value: String) -> Checksum {
    Checksum { algorithm: CRC64_NVME.to_owned(), value }
}

/// Base64 of the big-endian value, as S3 reports it.
pub(super) fn encoded(crc: u64) -> String {
    STANDARD.encode(crc.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_catalogue_is_met() {
        // https://reveng.sourceforge.io/crc-catalogue/all.htm#crc.cat.crc-64-nvme
        let digest = BodyDigest::of(b"123456789");
        assert_eq!(digest.crc64_nvme(), STANDARD.encode(hex::decode("ae8b14860a799888").unwrap()));
        assert_eq!(digest.etag(), "25f9e794323b453885f5181f1b624d0b");
        assert_eq!(digest.md5_base64(), "JfnnlDI7RTiF9RgfG2JNCw==");
    }

    #[test]
    fn parts_combine_to_the_checksum_of_the_whole() {
        let whole = BodyDigest::of(b"drayage moves files");
        let parts =
            [BodyDigest::of(b"drayage "), BodyDigest::of(b"moves "), BodyDigest::of(b"files")];
        let file = FileDigest::of_parts(&parts);
        assert_eq!(file.crc64_nvme, whole.crc64_nvme());
        assert_eq!(file.size_bytes, 19);
        assert!(file.etag.ends_with("-3"), "{}", file.etag);
    }

    #[test]
    fn the_multipart_etag_is_the_md5_of_md5s() {
        // md5(md5("a") ++ md5("b")), computed with coreutils.
        let file = FileDigest::of_parts(&[BodyDigest::of(b"a"), BodyDigest::of(b"b")]);
        assert_eq!(file.etag, "96e024ba2074fe77e8e965ba43a704be-2");
    }
}
