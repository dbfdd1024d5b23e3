//! Objects that the server makes itself: unique per key, yet sharing nearly all of their bytes.
//!
//! An object is a run of common bytes that ends in sixteen of its own. MD5 and CRC of the common bytes are computed once,
//! so that a hundred thousand objects, or one of many gigabytes, cost next to nothing.

use std::str::FromStr;
use std::sync::Arc;

use aws_lc_rs::digest;
use bytes::Bytes;
use md5::{Digest, Md5};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use thiserror::Error;

use super::checksum::{Algorithm, Checksum, Kind, hex, multipart_etag};
use super::content::Content;
use super::store::{Bucket, Object};

/// Larger objects look as if uploaded in parts of this size, in bytes.
const BLOCK_BYTES: usize = 8 * 1024 * 1024;
/// Bytes at the end that are the object's own.
const OWN_BYTES: usize = 16;

/// Objects to be made: `count` of `size_bytes` each, named `prefix` and an eight-digit number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Seed {
    /// The bucket; it is made if it does not exist.
    pub bucket: String,
    /// Start of every key.
    pub prefix: String,
    /// Number of objects.
    pub count: usize,
    /// Size of each, in bytes.
    pub size_bytes: u64,
}

/// Why a text is no seed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no seed; hint: write bucket:prefix:count:size, with the size in bytes")]
pub struct S3SeedError(String);

impl FromStr for S3Seed {
    type Err = S3SeedError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || S3SeedError(text.to_owned());
        let fields: Vec<&str> = text.split(':').collect();
        let [bucket, prefix, count, size] = fields.as_slice() else { return Err(invalid()) };
        if bucket.is_empty() {
            return Err(invalid());
        }
        Ok(Self {
            bucket: (*bucket).to_owned(),
            prefix: (*prefix).to_owned(),
            count: count.parse().map_err(|_error| invalid())?,
            size_bytes: size.parse().map_err(|_error| invalid())?,
        })
    }
}

/// The common bytes with what is known of them.
struct Block {
    bytes: Bytes,
    md5: [u8; 16],
    crc: String,
}

impl S3Seed {
    /// Makes the objects.
    pub(super) fn fill(&self, bucket: &mut Bucket, modified: i64) {
        let mut bytes =
            vec![0; usize::try_from(self.size_bytes).unwrap_or(usize::MAX).min(BLOCK_BYTES)];
        ChaCha8Rng::seed_from_u64(7).fill_bytes(&mut bytes);
        let content = Content::of_pieces([Bytes::from(bytes)]);
        let bytes = content.pieces().first().cloned().unwrap_or_default();
        let block = Block {
            md5: Md5::digest(&bytes).into(),
            crc: Algorithm::Crc64Nvme.of(&content),
            bytes,
        };
        let whole = self.size_bytes.saturating_sub(1) / BLOCK_BYTES as u64;
        let last = usize::try_from(self.size_bytes - whole * BLOCK_BYTES as u64).unwrap_or(0);
        let common = block.bytes.slice(..last.saturating_sub(OWN_BYTES));
        let mut common_md5 = Md5::new();
        common_md5.update(&common);
        let common_crc = Algorithm::Crc64Nvme.of(&Content::of_pieces([common.clone()]));
        for index in 0..self.count {
            let key = format!("{}{index:08}", self.prefix);
            let own = own_bytes(&self.bucket, &key, last.min(OWN_BYTES));
            let mut md5 = common_md5.clone();
            md5.update(&own);
            let own_crc = Algorithm::Crc64Nvme.of(&Content::of_pieces([own.clone()]));
            let tail = Tail {
                pieces: [common.clone(), own],
                md5: md5.finalize().into(),
                crcs: [common_crc.clone(), own_crc],
            };
            bucket.insert(key, Arc::new(tail.behind(whole, &block, modified)));
        }
    }
}

/// The last block of an object.
struct Tail {
    pieces: [Bytes; 2],
    md5: [u8; 16],
    crcs: [String; 2],
}

impl Tail {
    fn behind(self, whole: u64, block: &Block, modified: i64) -> Object {
        let blocks = usize::try_from(whole).unwrap_or(0);
        let repeated = std::iter::repeat_n(block, blocks);
        let etag = if blocks == 0 {
            hex(&self.md5)
        } else {
            multipart_etag(repeated.clone().map(|block| &block.md5).chain([&self.md5]))
        };
        let sizes = repeated.clone().map(|block| (block.crc.as_str(), block.bytes.len() as u64));
        let own = self.crcs.iter().zip(&self.pieces);
        let own = own.map(|(crc, piece)| (crc.as_str(), piece.len() as u64));
        let value = Algorithm::Crc64Nvme.combined(sizes.chain(own)).unwrap_or_default();
        let checksum = Checksum { algorithm: Algorithm::Crc64Nvme, kind: Kind::FullObject, value };
        let pieces = repeated.map(|block| block.bytes.clone()).chain(self.pieces);
        Object {
            content: Content::of_pieces(pieces),
            etag,
            checksum: Some(checksum),
            kept: Arc::default(),
            modified,
        }
    }
}

fn own_bytes(bucket: &str, key: &str, length: usize) -> Bytes {
    let digest = digest::digest(&digest::SHA256, format!("{bucket}/{key}").as_bytes());
    Bytes::copy_from_slice(digest.as_ref().get(..length).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::checksum::md5_of;
    use super::*;

    #[test]
    fn a_seed_is_read_from_a_flag() {
        let seed: S3Seed = "src:in/:20:4096".parse().unwrap();
        assert_eq!(
            (seed.bucket.as_str(), seed.prefix.as_str(), seed.count, seed.size_bytes),
            ("src", "in/", 20, 4096)
        );
        for wrong in ["", "src", "src:a:b:c", ":a:1:1", "src:a:1:1:1"] {
            assert!(wrong.parse::<S3Seed>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_claimed_of_the_bytes_is_true_and_every_object_is_another() {
        for size_bytes in [0, 5, 16, 17, 4096, 8 * 1024 * 1024, 8 * 1024 * 1024 + 1] {
            let seed =
                S3Seed { bucket: "b".to_owned(), prefix: "p".to_owned(), count: 2, size_bytes };
            let mut bucket = Bucket::new();
            seed.fill(&mut bucket, 0);
            let [one, two] = bucket.values().collect::<Vec<_>>()[..] else { panic!() };
            assert_eq!(one.content.size(), size_bytes);
            let claimed = &one.checksum.as_ref().unwrap().value;
            assert_eq!(*claimed, Algorithm::Crc64Nvme.of(&one.content), "{size_bytes}");
            if size_bytes <= BLOCK_BYTES as u64 {
                assert_eq!(one.etag, hex(&md5_of(&one.content)), "{size_bytes}");
            } else {
                assert!(one.etag.ends_with("-2"), "{}", one.etag);
            }
            assert_eq!(one.etag == two.etag, size_bytes == 0);
        }
    }
}
