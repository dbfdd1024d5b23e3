//! Judges whether a copy is the source: the strongest evidence that both sides have decides.

use drayage_domain::row::{Proof, ProofLevel};

use crate::objects::digest::crc64_nvme_checksum;

/// What the copy must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) size_bytes: u64,
    /// Base64 full-object CRC-64/NVME.
    pub(super) crc64_nvme: Option<String>,
    /// The `ETag` that the copy has if the destination makes `ETag`s from MD5s.
    pub(super) etag: Option<String>,
}

/// What the destination says about the copy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reported {
    /// Without quotes.
    pub(super) etag: String,
    /// Base64 CRC-64/NVME; a composite one (`…-N`) is not comparable.
    pub(super) crc64_nvme: Option<String>,
    /// The `ETag` is not made from MD5s (KMS, customer keys).
    pub(super) etag_opaque: bool,
    /// Only a HEAD reports it.
    pub(super) size_bytes: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Proven(Proof),
    /// The sides differ; the text says in what.
    Differs(String),
    /// No common evidence so far: ask the destination for the size.
    NeedsHead,
}

pub(super) fn judge(expected: &Expected, reported: &Reported) -> Verdict {
    if let Some(size) = reported.size_bytes
        && size != expected.size_bytes
    {
        return Verdict::Differs(format!("{size} bytes instead of {}", expected.size_bytes));
    }
    let theirs = reported.crc64_nvme.as_ref().filter(|value| !value.contains('-'));
    if let (Some(mine), Some(theirs)) = (&expected.crc64_nvme, theirs) {
        return if mine == theirs {
            Verdict::Proven(proof(expected, reported, ProofLevel::Checksum))
        } else {
            Verdict::Differs(format!("CRC64NVME {theirs} instead of {mine}"))
        };
    }
    if let Some(mine) = &expected.etag
        && !reported.etag_opaque
        && let (Some(mine_parts), Some(their_parts)) = (parts_of(mine), parts_of(&reported.etag))
        && mine_parts == their_parts
    {
        let level = if mine_parts == 0 { ProofLevel::Etag } else { ProofLevel::MultipartEtag };
        return if *mine == reported.etag {
            Verdict::Proven(proof(expected, reported, level))
        } else {
            Verdict::Differs(format!("ETag {} instead of {mine}", reported.etag))
        };
    }
    if reported.size_bytes.is_some() {
        Verdict::Proven(proof(expected, reported, ProofLevel::Size))
    } else {
        Verdict::NeedsHead
    }
}

fn proof(expected: &Expected, reported: &Reported, level: ProofLevel) -> Proof {
    let theirs = reported.crc64_nvme.clone().filter(|value| !value.contains('-'));
    Proof {
        size_bytes: expected.size_bytes,
        etag: reported.etag.clone(),
        checksum: theirs.or_else(|| expected.crc64_nvme.clone()).map(crc64_nvme_checksum),
        level,
    }
}

/// 0 for the MD5 of an object written in one request, the number of parts for a multipart `ETag`, `None` for
/// anything else.
pub(super) fn parts_of(etag: &str) -> Option<u32> {
    let (md5, parts) = match etag.split_once('-') {
        Some((md5, parts)) => (md5, parts.parse().ok().filter(|parts| *parts > 0)?),
        None => (etag, 0),
    };
    (md5.len() == 32 && md5.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(parts)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const MD5: &str = "25f9e794323b453885f5181f1b624d0b";
    const OTHER: &str = "00000000000000000000000000000000";

    fn reported(crc: Option<&str>, etag: &str, size: Option<u64>) -> Reported {
        Reported {
            etag: etag.to_owned(),
            crc64_nvme: crc.map(str::to_owned),
            etag_opaque: false,
            size_bytes: size,
        }
    }

    fn level(
        etag: Option<&str>,
        crc: Option<&str>,
        reported: &Reported,
    ) -> Result<ProofLevel, String> {
        let expected = Expected {
            size_bytes: 9,
            crc64_nvme: crc.map(str::to_owned),
            etag: etag.map(str::to_owned),
        };
        match judge(&expected, reported) {
            Verdict::Proven(proof) => Ok(proof.level),
            Verdict::Differs(what) => Err(what),
            Verdict::NeedsHead => Err("needs head".to_owned()),
        }
    }

    #[test]
    fn equal_checksums_prove_the_copy_whatever_the_etags_say() {
        assert_eq!(
            level(Some(MD5), Some("abc="), &reported(Some("abc="), OTHER, None)),
            Ok(ProofLevel::Checksum)
        );
    }

    #[test]
    fn a_different_checksum_is_a_difference_even_if_the_etags_agree() {
        let found = level(Some(MD5), Some("abc="), &reported(Some("xyz="), MD5, None));
        assert_eq!(found, Err("CRC64NVME xyz= instead of abc=".to_owned()));
    }

    #[rstest]
    #[case::single("", ProofLevel::Etag)]
    #[case::multipart("-3", ProofLevel::MultipartEtag)]
    fn a_composite_checksum_leaves_it_to_the_etag(
        #[case] suffix: &str,
        #[case] expected: ProofLevel,
    ) {
        let etag = format!("{MD5}{suffix}");
        assert_eq!(
            level(Some(&etag), Some("abc="), &reported(Some("zzz=-3"), &etag, None)),
            Ok(expected)
        );
        let other = format!("{OTHER}{suffix}");
        assert!(level(Some(&etag), None, &reported(None, &other, None)).is_err());
    }

    #[rstest]
    #[case::part_numbers_differ(Some(MD5), "25f9e794323b453885f5181f1b624d0b-2")]
    #[case::not_an_md5(Some(MD5), "opaque")]
    #[case::nothing_expected(None, MD5)]
    fn without_common_evidence_the_size_decides(#[case] etag: Option<&str>, #[case] theirs: &str) {
        assert_eq!(level(etag, None, &reported(None, theirs, None)), Err("needs head".to_owned()));
        assert_eq!(level(etag, None, &reported(None, theirs, Some(9))), Ok(ProofLevel::Size));
        assert!(level(etag, None, &reported(None, theirs, Some(8))).is_err());
    }

    #[test]
    fn etags_of_encrypted_objects_are_not_compared() {
        let opaque = Reported { etag_opaque: true, ..reported(None, OTHER, Some(9)) };
        assert_eq!(level(Some(MD5), None, &opaque), Ok(ProofLevel::Size));
    }

    #[test]
    fn a_wrong_size_is_a_difference_even_if_the_checksums_agree() {
        assert!(level(None, Some("a"), &reported(Some("a"), MD5, Some(10))).is_err());
    }
}
