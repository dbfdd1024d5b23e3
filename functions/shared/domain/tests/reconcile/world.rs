//! Objects with bytes, and the answers that a storage service gives about them.

use drayage_domain::reconcile::etag::{self, PartedDigest};
use drayage_domain::reconcile::judge::{
    BothRead, Case, Checksums, Encryption, Evidence, Head, OneRead, PartSizes, Step, Terms, Witness,
};
use drayage_domain::reconcile::{Doubt, Level, Object, Side, Verdict};
use drayage_domain::row::Checksum;
use md5::{Digest, Md5};

/// Both sides are buckets that make `ETag`s as S3 does.
pub(crate) const fn buckets(level: Level) -> Terms {
    Terms { level, source: Witness::Bucket, destination: Witness::Bucket }
}

/// How an object was uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Upload {
    Single,
    /// In parts of these sizes; the last one takes the rest.
    Parts(Vec<usize>),
}

/// An object in a bucket.
#[expect(clippy::struct_excessive_bools, reason = "traits that are independent of each other")]
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) bytes: Vec<u8>,
    pub(crate) upload: Upload,
    pub(crate) encryption: Encryption,
    /// Makes the `ETag`s of encrypted objects differ although their bytes do not.
    pub(crate) salt: u8,
    /// Whether the service keeps a full-object checksum.
    pub(crate) checksum: bool,
    pub(crate) archived: bool,
    /// What reading it, or asking for it, ends in.
    pub(crate) refuses: Option<Doubt>,
    /// Whether listings show `ETag`s.
    pub(crate) listed_etag: bool,
    /// Whether the service answers requests for a part.
    pub(crate) tells_parts: bool,
}

impl Stored {
    pub(crate) const fn new(bytes: Vec<u8>, upload: Upload) -> Self {
        Self {
            bytes,
            upload,
            encryption: Encryption::Transparent,
            salt: 0,
            checksum: false,
            archived: false,
            refuses: None,
            listed_etag: true,
            tells_parts: true,
        }
    }

    fn parts(&self) -> Vec<&[u8]> {
        let Upload::Parts(sizes) = &self.upload else { return vec![&self.bytes] };
        let mut rest = self.bytes.as_slice();
        let mut parts = Vec::new();
        for size in sizes {
            if *size >= rest.len() {
                break;
            }
            let (part, after) = rest.split_at(*size);
            parts.push(part);
            rest = after;
        }
        parts.push(rest);
        parts
    }

    fn etag(&self) -> String {
        let digests: Vec<[u8; 16]> =
            self.parts().into_iter().map(|part| Md5::digest(part).into()).collect();
        let etag = match self.upload {
            Upload::Single => hex::encode(Md5::digest(&self.bytes)),
            Upload::Parts(_) => etag::of_parts(&digests),
        };
        match self.encryption {
            Encryption::Transparent => etag,
            // As long as a digest, and none.
            Encryption::Kms | Encryption::CustomerKey => {
                let (digest, suffix) = etag.split_at(32);
                let salted = Md5::new().chain_update(digest).chain_update([self.salt]).finalize();
                format!("{}{suffix}", hex::encode(salted))
            }
        }
    }

    pub(crate) fn listed(&self, key: &str) -> Object {
        Object {
            key: key.to_owned(),
            size_bytes: self.bytes.len() as u64,
            etag: self.listed_etag.then(|| self.etag()),
            ..Object::default()
        }
    }

    fn head(&self) -> Head {
        let full = if self.checksum { vec![checksum_of(&self.bytes)] } else { Vec::new() };
        Head {
            size_bytes: self.bytes.len() as u64,
            etag: Some(self.etag()),
            encryption: self.encryption,
            checksums: Checksums { full, composite: Vec::new() },
            archived: self.archived,
        }
    }

    fn part_sizes(&self) -> Result<PartSizes, Doubt> {
        if !self.tells_parts {
            return Err(Doubt::ReadFailed);
        }
        let parts = self.parts();
        let size = |part: Option<&&[u8]>| part.map_or(0, |part| part.len() as u64);
        Ok(PartSizes { first_bytes: size(parts.first()), last_bytes: size(parts.last()) })
    }

    fn confirms(&self, parts: u64, part_size_bytes: u64) -> Result<bool, Doubt> {
        if !self.tells_parts {
            return Err(Doubt::ReadFailed);
        }
        let there = self.parts();
        assert_eq!(there.len() as u64, parts);
        let (_, all_but_last) = there.split_last().unwrap();
        Ok(all_but_last.iter().all(|part| part.len() as u64 == part_size_bytes))
    }

    fn read(&self, part_sizes: &[u64], algorithms: &[String]) -> Result<OneRead, Doubt> {
        self.readable()?;
        let mut digest = PartedDigest::new(part_sizes);
        for chunk in self.bytes.chunks(65_537) {
            digest.update(chunk);
        }
        let checksum = checksum_of(&self.bytes);
        let checksums =
            if algorithms.contains(&checksum.algorithm) { vec![checksum] } else { Vec::new() };
        Ok(OneRead { etags: digest.finish(), checksums })
    }

    fn readable(&self) -> Result<(), Doubt> {
        if self.archived {
            return Err(Doubt::Archived);
        }
        self.refuses.map_or(Ok(()), Err)
    }
}

/// Stands for any checksum: the rules compare values and do not compute them.
fn checksum_of(bytes: &[u8]) -> Checksum {
    Checksum { algorithm: "SHA256".to_owned(), value: hex::encode(Md5::digest(bytes)) }
}

/// What a case took.
#[derive(Debug, Default)]
pub(crate) struct Effort {
    pub(crate) steps: Vec<Step>,
}

impl Effort {
    pub(crate) fn reads(&self) -> usize {
        let reads = |step: &Step| match step {
            Step::ReadOne { .. } => 1,
            Step::ReadBoth => 2,
            Step::Verdict(_)
            | Step::Look(_)
            | Step::FindPartSizes { .. }
            | Step::ConfirmParts { .. } => 0,
        };
        self.steps.iter().map(reads).sum()
    }
}

/// Judges a key that both sides have, as an adapter does.
pub(crate) fn judge(
    key: &str,
    source: &Stored,
    destination: &Stored,
    terms: Terms,
) -> (Verdict, Effort) {
    judge_listed(source.listed(key), destination.listed(key), source, destination, terms)
}

/// As [`judge`], with inventories that may tell something else than what is there.
pub(crate) fn judge_listed(
    listed_source: Object,
    listed_destination: Object,
    source: &Stored,
    destination: &Stored,
    terms: Terms,
) -> (Verdict, Effort) {
    let mut case = Case::new(listed_source, listed_destination, terms);
    let stored = |side| match side {
        Side::Source => source,
        Side::Destination => destination,
    };
    let mut effort = Effort::default();
    loop {
        let step = case.step();
        assert!(!effort.steps.contains(&step), "asked twice: {step:?} after {effort:?}");
        assert!(effort.steps.len() <= 8, "no end: {effort:?}");
        match &step {
            Step::Verdict(verdict) => return (*verdict, effort),
            Step::Look(sides) => {
                for &side in sides {
                    let refuses = stored(side).refuses;
                    let found = refuses.map_or_else(|| Ok(stored(side).head()), Err);
                    case.learn(Evidence::Head { side, found });
                }
            }
            Step::FindPartSizes { side, parts } => {
                assert!(*parts > 1);
                let found = stored(*side).part_sizes();
                case.learn(Evidence::PartSizes { side: *side, found });
            }
            Step::ConfirmParts { side, parts, part_size_bytes } => {
                let found = stored(*side).confirms(*parts, *part_size_bytes);
                case.learn(Evidence::PartsConfirmed { side: *side, found });
            }
            Step::ReadOne { side, part_sizes, algorithms } => {
                let found = stored(*side).read(part_sizes, algorithms);
                case.learn(Evidence::OneRead { side: *side, found });
            }
            Step::ReadBoth => {
                let found =
                    source.readable().and_then(|()| destination.readable()).map(|()| BothRead {
                        source_bytes: source.bytes.len() as u64,
                        destination_bytes: destination.bytes.len() as u64,
                        equal: source.bytes == destination.bytes,
                    });
                case.learn(Evidence::BothRead(found));
            }
        }
        effort.steps.push(step);
    }
}
