//! Digests of bytes that pass once, as S3 reports them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crc_fast::CrcAlgorithm;
use drayage_domain::reconcile::etag::PartedDigest;
use drayage_domain::reconcile::judge::OneRead;
use drayage_domain::row::Checksum;
use sha2::{Digest, Sha256};

/// `ETag`s and checksums in the making. Memory does not depend on the number of bytes.
pub(super) struct Digests {
    etags: PartedDigest,
    checksums: Vec<(&'static str, Kind)>,
}

enum Kind {
    Crc(crc_fast::Digest),
    /// The 32-bit checksums have four bytes, the others eight.
    ShortCrc(crc_fast::Digest),
    Sha256(Sha256),
}

impl Digests {
    /// Algorithms that are not known here are left out; SHA-1 is one of them, because it proves no equality any more.
    pub(super) fn new(part_sizes: &[u64], algorithms: &[String]) -> Self {
        let crc = crc_fast::Digest::new;
        let checksums = algorithms.iter().filter_map(|algorithm| match algorithm.as_str() {
            "CRC32" => Some(("CRC32", Kind::ShortCrc(crc(CrcAlgorithm::Crc32IsoHdlc)))),
            "CRC32C" => Some(("CRC32C", Kind::ShortCrc(crc(CrcAlgorithm::Crc32Iscsi)))),
            "CRC64NVME" => Some(("CRC64NVME", Kind::Crc(crc(CrcAlgorithm::Crc64Nvme)))),
            "SHA256" => Some(("SHA256", Kind::Sha256(Sha256::new()))),
            _ => None,
        });
        Self { etags: PartedDigest::new(part_sizes), checksums: checksums.collect() }
    }

    pub(super) fn update(&mut self, chunk: &[u8]) {
        self.etags.update(chunk);
        for (_, kind) in &mut self.checksums {
            match kind {
                Kind::Crc(digest) | Kind::ShortCrc(digest) => digest.update(chunk),
                Kind::Sha256(digest) => digest.update(chunk),
            }
        }
    }

    pub(super) fn finish(self) -> OneRead {
        let checksums = self.checksums.into_iter().map(|(algorithm, kind)| {
            let value = match kind {
                Kind::Crc(digest) => STANDARD.encode(digest.finalize().to_be_bytes()),
                Kind::ShortCrc(digest) => {
                    let [_, _, _, _, short @ ..] = digest.finalize().to_be_bytes();
                    STANDARD.encode(short)
                }
                Kind::Sha256(digest) => STANDARD.encode(digest.finalize()),
            };
            Checksum { algorithm: algorithm.to_owned(), value }
        });
        OneRead { checksums: checksums.collect(), etags: self.etags.finish() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_of_chunks_are_those_that_s3_reports() {
        let names = ["CRC32", "CRC32C", "CRC64NVME", "SHA256", "SHA1", "XYZ"].map(str::to_owned);
        let mut digests = Digests::new(&[4], &names);
        digests.update(b"12345");
        digests.update(b"6789");
        let read = digests.finish();
        // Check values of the catalogue (https://reveng.sourceforge.io/crc-catalogue/all.htm), and sha256sum.
        let expected = [
            ("CRC32", "cbf43926"),
            ("CRC32C", "e3069283"),
            ("CRC64NVME", "ae8b14860a799888"),
            ("SHA256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
        ]
        .map(|(algorithm, digits)| Checksum {
            algorithm: algorithm.to_owned(),
            value: STANDARD.encode(hex::decode(digits).unwrap()),
        });
        assert_eq!(read.checksums, expected);
        assert_eq!(read.etags.single, "25f9e794323b453885f5181f1b624d0b");
        assert!(read.etags.parted[0].etag.ends_with("-3"));
    }
}
