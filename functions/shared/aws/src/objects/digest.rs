//! Checksums of the bytes that are sent, in the forms S3 reports them.
//!
//! CRC-64/NVME is the full-object checksum that S3 also has for multipart uploads
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>). MD5 is only there to
//! compare `ETag`s with services that report nothing better, and only computed for those.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crc_fast::CrcAlgorithm::Crc64Nvme;
use drayage_domain::row::Checksum;
use md5::{Digest, Md5};

/// S3's name of the algorithm.
pub(super) const CRC64_NVME: &str = "CRC64NVME";

/// The checksum of one request body: a whole file or one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BodyDigest {
    pub(super) size_bytes: u64,
    crc64_nvme: u64,
}

impl BodyDigest {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let crc64_nvme = crc_fast::checksum(Crc64Nvme, bytes);
        Self { size_bytes: bytes.len() as u64, crc64_nvme }
    }

    /// For `x-amz-checksum-crc64nvme`.
    pub(super) fn crc64_nvme(&self) -> String {
        encoded(self.crc64_nvme)
    }
}

/// The `ETag` of an object with these bytes that was written in one request and without KMS. Costs 20 times as much as
/// the checksum.
pub(super) fn etag_of(bytes: &[u8]) -> String {
    hex::encode(Md5::digest(bytes))
}

/// What is known of a part that has arrived: computed when it was sent, or told by the destination afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PartDigest {
    pub(super) size_bytes: u64,
    crc64_nvme: Option<u64>,
    md5: Option<[u8; 16]>,
}

impl PartDigest {
    /// A part that was sent. `confirmed`: the `ETag` that the destination gave it, together with the checksum that was
    /// sent; without that confirmation the MD5 of `bytes` is computed.
    pub(super) fn sent(body: BodyDigest, bytes: &[u8], confirmed: Option<&str>) -> Self {
        let BodyDigest { size_bytes, crc64_nvme } = body;
        let md5 = confirmed.map_or_else(|| Some(Md5::digest(bytes).into()), md5_in);
        Self { size_bytes, crc64_nvme: Some(crc64_nvme), md5 }
    }

    /// As the destination lists it: Base64 checksum, and an `ETag` that is an MD5 unless the bucket encrypts with KMS.
    pub(super) fn listed(size_bytes: u64, crc64_nvme: Option<&str>, etag: Option<&str>) -> Self {
        let decoded = crc64_nvme.and_then(|value| STANDARD.decode(value).ok());
        Self {
            size_bytes,
            crc64_nvme: decoded.and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes),
            md5: etag.and_then(md5_in),
        }
    }
}

/// The MD5 that an `ETag` is; `None` for anything else.
fn md5_in(etag: &str) -> Option<[u8; 16]> {
    hex::decode(etag.trim_matches('"')).ok()?.try_into().ok()
}

/// The checksums of a file that is sent in parts; each is only known if it is known of every part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileDigest {
    pub(super) size_bytes: u64,
    /// For `x-amz-checksum-crc64nvme` of the whole object.
    pub(super) crc64_nvme: Option<String>,
    /// The multipart `ETag`: the MD5 of the parts' MD5s, and their number.
    pub(super) etag: Option<String>,
}

impl FileDigest {
    /// Combines the parts, in their order.
    pub(super) fn of_parts<'a>(parts: impl IntoIterator<Item = &'a PartDigest>) -> Self {
        let mut size_bytes = 0;
        let mut crc = Some(crc_fast::checksum(Crc64Nvme, &[]));
        let mut md5 = Some(Md5::new());
        let mut number = 0_u32;
        for part in parts {
            size_bytes += part.size_bytes;
            crc = crc.zip(part.crc64_nvme).map(|(crc, next)| {
                crc_fast::checksum_combine(Crc64Nvme, crc, next, part.size_bytes)
            });
            md5 = md5.zip(part.md5).map(|(md5, next)| md5.chain_update(next));
            number += 1;
        }
        Self {
            size_bytes,
            crc64_nvme: crc.map(encoded),
            etag: md5.map(|md5| format!("{}-{number}", hex::encode(md5.finalize()))),
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
        assert_eq!(etag_of(b"123456789"), "25f9e794323b453885f5181f1b624d0b");
    }

    fn parts(bodies: &[&[u8]]) -> Vec<PartDigest> {
        bodies.iter().map(|body| PartDigest::sent(BodyDigest::of(body), body, None)).collect()
    }

    #[test]
    fn parts_combine_to_the_checksum_of_the_whole() {
        let whole = BodyDigest::of(b"drayage moves files");
        let file = FileDigest::of_parts(&parts(&[b"drayage ", b"moves ", b"files"]));
        assert_eq!(file.crc64_nvme, Some(whole.crc64_nvme()));
        assert_eq!(file.size_bytes, 19);
        assert!(file.etag.as_ref().unwrap().ends_with("-3"), "{file:?}");
    }

    #[test]
    fn the_multipart_etag_is_the_md5_of_md5s() {
        // md5(md5("a") ++ md5("b")), computed with coreutils.
        let file = FileDigest::of_parts(&parts(&[b"a", b"b"]));
        assert_eq!(file.etag.as_deref(), Some("96e024ba2074fe77e8e965ba43a704be-2"));
    }

    #[test]
    fn a_listed_part_counts_like_the_one_that_was_sent() {
        let body = BodyDigest::of(b"drayage");
        let quoted = format!("\"{}\"", etag_of(b"drayage"));
        let listed = PartDigest::listed(7, Some(&body.crc64_nvme()), Some(&quoted));
        assert_eq!(listed, PartDigest::sent(body, b"drayage", None));
        assert_eq!(listed, PartDigest::sent(body, b"not looked at", Some(&quoted)));
        let unknown = PartDigest::listed(7, None, Some("opaque"));
        let file = FileDigest::of_parts([&listed, &unknown]);
        assert_eq!((file.size_bytes, file.crc64_nvme, file.etag), (14, None, None));
    }
}
