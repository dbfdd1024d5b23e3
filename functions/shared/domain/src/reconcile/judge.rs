//! How a key that both sides have gets its verdict: by the cheapest evidence that settles it.
//!
//! [`Case`] decides and fetches nothing. It says what it needs to know ([`Step`]); an adapter finds that out and tells it
//! ([`Evidence`]), until there is a verdict. What is tried, in this order:
//!
//! | evidence | allowed from level | costs | settles |
//! |---|---|---|---|
//! | sizes | size | nothing | other sizes; no bytes at all; everything at level size |
//! | `ETag`s | etag | nothing | equal ones |
//! | `HEAD` of both | etag | 1 request per side | two MD5 `ETag`s that differ, if neither side's encryption makes them something else |
//! | full-object checksums | checksum | the same `HEAD`s | both ways, if both sides have one of the same algorithm |
//! | part sizes | multipart-etag | 2 `HEAD`s of parts per side | two multipart `ETag`s that differ although the parts are alike |
//! | all part sizes | multipart-etag | 1 `HEAD` per part | that the parts are alike, where a difference hangs on it |
//! | bytes of one side | multipart-etag | 1 read | its MD5, multipart `ETag` or (from level checksum) checksum against what the other side reports |
//! | bytes of both sides | bytes | 2 reads | everything that can be read |
//!
//! A difference is told only by evidence that cannot be wrong about it. Therefore:
//!
//! - The `ETag` of an object under SSE-KMS or SSE-C, or of a service that makes its own, is no digest: such `ETag`s can be
//!   equal, never different.
//! - A multipart `ETag` that was computed with a guessed part size can match, but its mismatch shows nothing. The sizes of
//!   the first and the last part tell those of three; a mismatch of more parts counts only when all sizes were asked for.
//! - What the ledger has recorded can match. If it does not, the object may have been encrypted or copied anew.
//!
//! One side is read before both are: the destination first, because it is ours and reading it costs no egress.

mod evidence;
mod reading;

pub use evidence::{BothRead, Checksums, Encryption, Evidence, Head, OneRead, PartSizes, Witness};

use super::etag::{self, Shape};
use super::level::Level;
use super::object::{Object, Side};
use super::verdict::{Doubt, Verdict};
use evidence::PerSide;

/// How two objects may be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How far the comparison may go.
    pub level: Level,
    /// What stands behind the source's inventory.
    pub source: Witness,
    /// What stands behind the destination's inventory.
    pub destination: Witness,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The case is closed.
    Verdict(Verdict),
    /// `HEAD` these sides, with checksum mode enabled; answer by [`Evidence::Head`] for each.
    Look(Vec<Side>),
    /// Find out the sizes of the first and last part, by a `HEAD` with `partNumber` of each; answer by
    /// [`Evidence::PartSizes`].
    FindPartSizes {
        /// Whose.
        side: Side,
        /// How many parts the object has.
        parts: u64,
    },
    /// Find out whether all parts but the last have this size, by a `HEAD` with `partNumber` of each; answer by
    /// [`Evidence::PartsConfirmed`].
    ConfirmParts {
        /// Whose.
        side: Side,
        /// How many parts the object has.
        parts: u64,
        /// The size of the first part in bytes.
        part_size_bytes: u64,
    },
    /// Read one side, in the version that the inventory or the `HEAD` showed; answer by [`Evidence::OneRead`].
    ReadOne {
        /// Which.
        side: Side,
        /// Part sizes in bytes to compute multipart `ETag`s for, besides the MD5; see
        /// [`PartedDigest`](super::etag::PartedDigest).
        part_sizes: Vec<u64>,
        /// Checksums to compute of it, as far as the reader is able to, by the names that S3 uses.
        algorithms: Vec<String>,
    },
    /// Read both sides and compare a digest of at least 128 bits, or the bytes; answer by [`Evidence::BothRead`].
    ReadBoth,
}

/// Two objects of one key, and what is known about them so far.
#[derive(Debug, Clone)]
pub struct Case {
    objects: PerSide<Object>,
    terms: Terms,
    heads: PerSide<Option<Result<Head, Doubt>>>,
    part_sizes: PerSide<Option<Result<PartSizes, Doubt>>>,
    confirmed: PerSide<Option<Result<bool, Doubt>>>,
    reads: PerSide<Option<Result<OneRead, Doubt>>>,
    both: Option<Result<BothRead, Doubt>>,
}

/// The verdict of two objects of one key, if the inventories alone settle it. The same as the first step of a [`Case`], for
/// the many keys that need no other.
pub fn at_once(source: &Object, destination: &Object, level: Level) -> Option<Verdict> {
    let etags = source.etag.as_deref().zip(destination.etag.as_deref());
    by_listing(source.size_bytes, destination.size_bytes, etags, level)
}

fn by_listing(
    source_bytes: u64,
    destination_bytes: u64,
    etags: Option<(&str, &str)>,
    level: Level,
) -> Option<Verdict> {
    if source_bytes != destination_bytes {
        return Some(Verdict::SizeDiffers);
    }
    if level == Level::Size {
        return Some(Verdict::Match { level: Level::Size });
    }
    if etags.is_some_and(|(one, other)| etag::same(one, other)) {
        return Some(Verdict::Match { level: Level::Etag });
    }
    // There are no bytes that could differ.
    (source_bytes == 0).then_some(Verdict::Match { level: Level::Size })
}

impl Case {
    /// Opens the case of two objects of one key.
    pub fn new(source: Object, destination: Object, terms: Terms) -> Self {
        Self {
            objects: PerSide { source, destination },
            terms,
            heads: PerSide::default(),
            part_sizes: PerSide::default(),
            confirmed: PerSide::default(),
            reads: PerSide::default(),
            both: None,
        }
    }

    /// Takes in what was found out.
    pub fn learn(&mut self, evidence: Evidence) {
        match evidence {
            Evidence::Head { side, found } => *self.heads.get_mut(side) = Some(found),
            Evidence::PartSizes { side, found } => *self.part_sizes.get_mut(side) = Some(found),
            Evidence::PartsConfirmed { side, found } => *self.confirmed.get_mut(side) = Some(found),
            Evidence::OneRead { side, found } => *self.reads.get_mut(side) = Some(found),
            Evidence::BothRead(found) => self.both = Some(found),
        }
    }

    /// What comes next, given what is known. Never asks for what it was told.
    pub fn step(&self) -> Step {
        self.by_listing()
            .map(Step::Verdict)
            .or_else(|| self.look())
            .or_else(|| self.by_heads().map(Step::Verdict))
            .or_else(|| self.by_part_sizes())
            .or_else(|| self.by_one_read())
            .or_else(|| self.by_both_read())
            .unwrap_or_else(|| Step::Verdict(self.undecided()))
    }

    /// The two objects, as the inventories showed them.
    pub const fn objects(&self) -> (&Object, &Object) {
        (&self.objects.source, &self.objects.destination)
    }

    fn size_bytes(&self) -> u64 {
        self.objects.source.size_bytes
    }

    fn by_listing(&self) -> Option<Verdict> {
        let PerSide { source, destination } = &self.objects;
        let etags = self.etag(Side::Source).zip(self.etag(Side::Destination));
        by_listing(source.size_bytes, destination.size_bytes, etags, self.terms.level)
    }

    /// Asks for the `HEAD`s that are not known, if they can settle anything at the allowed level.
    fn look(&self) -> Option<Step> {
        let shapes = [Side::Source, Side::Destination].map(|side| self.shape(side));
        let both_single = shapes.iter().all(|shape| matches!(shape, Some(Shape::Single(_))))
            && self.terms.source == Witness::Bucket
            && self.terms.destination == Witness::Bucket;
        if self.terms.level < Level::MultipartEtag && !both_single {
            return None;
        }
        let sides: Vec<_> = [Side::Source, Side::Destination]
            .into_iter()
            .filter(|side| self.witness(*side).can_be_asked() && self.heads.get(*side).is_none())
            .collect();
        (!sides.is_empty()).then_some(Step::Look(sides))
    }

    fn by_heads(&self) -> Option<Verdict> {
        for side in [Side::Source, Side::Destination] {
            match self.heads.get(side) {
                Some(Err(reason)) => return Some(doubtful(Level::Etag, *reason)),
                Some(Ok(head)) if head.is_of_another_version(self.objects.get(side)) => {
                    return Some(doubtful(Level::Etag, Doubt::Changed));
                }
                Some(Ok(_)) | None => {}
            }
        }
        if self.etags_are_equal() {
            return Some(Verdict::Match { level: Level::Etag });
        }
        if self.terms.level >= Level::Checksum {
            let source = self.checksums(Side::Source);
            if let Some(equal) = source.agrees(&self.checksums(Side::Destination)) {
                return Some(found(equal, Level::Checksum));
            }
        }
        match (self.digest(Side::Source), self.digest(Side::Destination)) {
            (
                Some(Digest { shape: Shape::Single(_), certain: true }),
                Some(Digest { shape: Shape::Single(_), certain: true }),
            ) => Some(Verdict::ContentDiffers { level: Level::Etag }),
            (Some(_) | None, _) => None,
        }
    }

    fn undecided(&self) -> Verdict {
        let level = self.terms.level;
        let refused = [&self.reads.destination, &self.reads.source]
            .into_iter()
            .find_map(|read| read.as_ref().and_then(|read| read.as_ref().err()))
            .or_else(|| self.both.as_ref().and_then(|both| both.as_ref().err()));
        let archived = level >= Level::MultipartEtag
            && [Side::Source, Side::Destination].into_iter().any(|side| self.is_archived(side));
        let reason = match (refused, archived) {
            (Some(reason), _) => *reason,
            (None, true) => Doubt::Archived,
            (None, false) if level >= Level::Checksum => Doubt::NoChecksum,
            (None, false) => self.etag_doubt(),
        };
        doubtful(level, reason)
    }

    /// Why the `ETag`s alone do not tell.
    fn etag_doubt(&self) -> Doubt {
        let shapes = [Side::Source, Side::Destination].map(|side| self.shape(side));
        let any = |wanted: fn(&Option<Shape>) -> bool| shapes.iter().any(wanted);
        if any(Option::is_none) {
            Doubt::NoEtag
        } else if any(|shape| matches!(shape, Some(Shape::Opaque))) || self.knows_opaque() {
            Doubt::OpaqueEtag
        } else if any(|shape| matches!(shape, Some(Shape::Multipart { .. }))) {
            Doubt::MultipartEtag
        } else {
            Doubt::OpaqueEtag
        }
    }

    fn knows_opaque(&self) -> bool {
        [Side::Source, Side::Destination].into_iter().any(|side| {
            let head = self.heads.get(side).as_ref().and_then(|head| head.as_ref().ok());
            self.witness(side) == Witness::OpaqueBucket
                || head.is_some_and(|head| head.encryption.hides_digest())
        })
    }

    const fn witness(&self, side: Side) -> Witness {
        match side {
            Side::Source => self.terms.source,
            Side::Destination => self.terms.destination,
        }
    }

    fn head(&self, side: Side) -> Option<&Head> {
        self.heads.get(side).as_ref().and_then(|head| head.as_ref().ok())
    }

    fn is_archived(&self, side: Side) -> bool {
        self.head(side).is_some_and(|head| head.archived)
    }

    /// The side's `ETag`, by the `HEAD` if the inventory has none.
    fn etag(&self, side: Side) -> Option<&str> {
        let listed = self.objects.get(side).etag.as_deref();
        listed.or_else(|| self.head(side).and_then(|head| head.etag.as_deref()))
    }

    fn shape(&self, side: Side) -> Option<Shape> {
        self.etag(side).map(Shape::of)
    }

    fn etags_are_equal(&self) -> bool {
        let etags = self.etag(Side::Source).zip(self.etag(Side::Destination));
        etags.is_some_and(|(one, other)| etag::same(one, other))
    }

    /// The side's `ETag`, if it can be computed from the bytes.
    fn digest(&self, side: Side) -> Option<Digest> {
        let shape = self.shape(side).filter(|shape| *shape != Shape::Opaque)?;
        match self.witness(side) {
            Witness::OpaqueBucket => None,
            Witness::Ledger => Some(Digest { shape, certain: false }),
            Witness::Bucket => {
                let hidden = self.head(side)?.encryption.hides_digest();
                (!hidden).then_some(Digest { shape, certain: true })
            }
        }
    }

    /// Every full-object or composite checksum that is known of the side.
    fn checksums(&self, side: Side) -> Checksums {
        let mut known = self.head(side).map(|head| head.checksums.clone()).unwrap_or_default();
        known.full.extend(self.objects.get(side).checksum.clone());
        known
    }
}

/// An `ETag` that is a digest of the bytes.
#[derive(Debug, Clone, Copy)]
struct Digest {
    shape: Shape,
    /// Whether it surely is one, so that another value shows other bytes.
    certain: bool,
}

const fn doubtful(level: Level, reason: Doubt) -> Verdict {
    Verdict::NotVerifiable { level, reason }
}

const fn found(equal: bool, level: Level) -> Verdict {
    if equal { Verdict::Match { level } } else { Verdict::ContentDiffers { level } }
}
