//! The part of a [`Case`] that reads objects, and how their parts were cut.

use super::super::etag::{self, Shape};
use super::super::level::Level;
use super::super::object::Side;
use super::super::verdict::{Doubt, Verdict};
use super::evidence::{Checksums, OneRead, PartSizes, Witness};
use super::{Case, Digest, Step, doubtful, found};

/// The sizes of the first and the last of so many parts tell the one between them.
const PARTS_TOLD_BY_TWO: u64 = 3;

/// How an object was cut into parts.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Layout {
    /// Into parts of this size, surely.
    Certain(u64),
    /// Into parts of this size, as far as the first and the last one tell.
    Likely(u64),
    /// Into parts of one of these sizes, perhaps.
    Perhaps(Vec<u64>),
    /// Into parts of different sizes: its `ETag` cannot be computed.
    Irregular,
    /// It can be found out.
    Unknown,
}

impl Case {
    /// Two objects with as many parts of the same size, and other `ETag`s, differ: no byte has to be read for that.
    pub(super) fn by_part_sizes(&self) -> Option<Step> {
        if self.terms.level < Level::MultipartEtag {
            return None;
        }
        for side in [Side::Source, Side::Destination] {
            let changed = matches!(self.part_sizes.get(side), Some(Err(Doubt::Changed)))
                || matches!(self.confirmed.get(side), Some(Err(Doubt::Changed)));
            if changed {
                return Some(Step::Verdict(doubtful(Level::MultipartEtag, Doubt::Changed)));
            }
        }
        let parts = [Side::Source, Side::Destination].map(|side| match self.digest(side) {
            Some(Digest { shape: Shape::Multipart { parts, .. }, certain: true }) => Some(parts),
            Some(_) | None => None,
        });
        let [Some(parts), Some(other_parts)] = parts else { return None };
        if parts != other_parts {
            return None;
        }
        let source = self.layout(Side::Source, parts);
        if source == Layout::Unknown {
            return Some(Step::FindPartSizes { side: Side::Source, parts });
        }
        let part_size = source.told()?;
        let destination = self.layout(Side::Destination, parts);
        if destination == Layout::Unknown {
            return Some(Step::FindPartSizes { side: Side::Destination, parts });
        }
        if destination.told() != Some(part_size) {
            return None;
        }
        let confirm = |(side, layout): (Side, Layout)| {
            matches!(layout, Layout::Likely(_)).then_some(Step::ConfirmParts {
                side,
                parts,
                part_size_bytes: part_size,
            })
        };
        let differs = Verdict::ContentDiffers { level: Level::MultipartEtag };
        [(Side::Source, source), (Side::Destination, destination)]
            .into_iter()
            .find_map(confirm)
            .or(Some(Step::Verdict(differs)))
    }

    /// Reads one side and compares with what the other one reports.
    pub(super) fn by_one_read(&self) -> Option<Step> {
        if self.terms.level < Level::MultipartEtag {
            return None;
        }
        // What is known settles it, before anything else is asked for.
        for side in [Side::Destination, Side::Source] {
            match self.reads.get(side) {
                Some(Ok(read)) => {
                    if let Some(step) = self.judge_read(side, read) {
                        return Some(step);
                    }
                }
                Some(Err(Doubt::Changed)) => {
                    return Some(Step::Verdict(doubtful(Level::MultipartEtag, Doubt::Changed)));
                }
                Some(Err(_)) | None => {}
            }
        }
        [Side::Destination, Side::Source]
            .into_iter()
            .filter(|side| self.reads.get(*side).is_none() && self.is_readable(*side))
            .find_map(|side| self.ask_read(side))
    }

    /// Reads both sides.
    pub(super) fn by_both_read(&self) -> Option<Step> {
        if self.terms.level < Level::Bytes {
            return None;
        }
        match &self.both {
            Some(Ok(read)) => {
                let size = self.size_bytes();
                let verdict = if read.source_bytes == size && read.destination_bytes == size {
                    found(read.equal, Level::Bytes)
                } else {
                    doubtful(Level::Bytes, Doubt::Changed)
                };
                Some(Step::Verdict(verdict))
            }
            Some(Err(reason)) => Some(Step::Verdict(doubtful(Level::Bytes, *reason))),
            None => {
                let both = [Side::Source, Side::Destination];
                both.into_iter().all(|side| self.is_readable(side)).then_some(Step::ReadBoth)
            }
        }
    }

    /// Whether the side can be read, as far as is known.
    fn is_readable(&self, side: Side) -> bool {
        self.witness(side).can_be_asked()
            && !self.is_archived(side)
            && !matches!(self.reads.get(side), Some(Err(_)))
    }

    /// The request to read `side`, or to find out first how the other one was cut. `None` if reading it settles nothing.
    fn ask_read(&self, side: Side) -> Option<Step> {
        let other = side.other();
        let mut part_sizes = Vec::new();
        let mut useful = false;
        match self.digest(other).map(|digest| digest.shape) {
            Some(Shape::Single(_)) => useful = true,
            Some(Shape::Multipart { parts, .. }) => match self.layout(other, parts) {
                Layout::Unknown => return Some(Step::FindPartSizes { side: other, parts }),
                Layout::Certain(size) | Layout::Likely(size) => part_sizes.push(size),
                Layout::Perhaps(sizes) => part_sizes = sizes,
                Layout::Irregular => {}
            },
            Some(Shape::Opaque) | None => {}
        }
        let algorithms = self.algorithms_of(other);
        useful |= !part_sizes.is_empty() || !algorithms.is_empty();
        useful.then_some(Step::ReadOne { side, part_sizes, algorithms })
    }

    fn algorithms_of(&self, side: Side) -> Vec<String> {
        if self.terms.level < Level::Checksum {
            return Vec::new();
        }
        let mut algorithms: Vec<_> =
            self.checksums(side).full.into_iter().map(|checksum| checksum.algorithm).collect();
        algorithms.sort_unstable();
        algorithms.dedup();
        algorithms
    }

    /// What the bytes of `side` tell about the other side, or what has to be known to tell it.
    fn judge_read(&self, side: Side, read: &OneRead) -> Option<Step> {
        if read.etags.size_bytes != self.size_bytes() {
            return Some(Step::Verdict(doubtful(Level::MultipartEtag, Doubt::Changed)));
        }
        let other = side.other();
        if self.terms.level >= Level::Checksum {
            let computed = Checksums { full: read.checksums.clone(), composite: Vec::new() };
            if let Some(equal) = computed.agrees(&self.checksums(other)) {
                return Some(Step::Verdict(found(equal, Level::Checksum)));
            }
        }
        let Digest { shape, certain } = self.digest(other)?;
        let decided = |equal| Some(Step::Verdict(found(equal, Level::MultipartEtag)));
        let parts = match shape {
            Shape::Opaque => return None,
            Shape::Single(_) => {
                let equal = Shape::of(&read.etags.single) == shape;
                return if equal || certain { decided(equal) } else { None };
            }
            Shape::Multipart { parts, .. } => parts,
        };
        if read.etags.parted.iter().any(|parted| Shape::of(&parted.etag) == shape) {
            return decided(true);
        }
        // Only what was computed for the part size that the object has can show a difference.
        let computed =
            |size: u64| read.etags.parted.iter().any(|parted| parted.part_size_bytes == size);
        match self.layout(other, parts) {
            Layout::Certain(size) if certain && computed(size) => decided(false),
            Layout::Likely(part_size_bytes) if certain && computed(part_size_bytes) => {
                Some(Step::ConfirmParts { side: other, parts, part_size_bytes })
            }
            Layout::Certain(_)
            | Layout::Likely(_)
            | Layout::Perhaps(_)
            | Layout::Irregular
            | Layout::Unknown => None,
        }
    }

    fn layout(&self, side: Side, parts: u64) -> Layout {
        let size = self.size_bytes();
        if parts == 1 {
            return Layout::Certain(size);
        }
        let perhaps = || match etag::plausible_part_sizes(size, parts) {
            sizes if sizes.is_empty() => Layout::Irregular,
            sizes => Layout::Perhaps(sizes),
        };
        match (self.part_sizes.get(side), self.witness(side)) {
            (Some(Ok(sizes)), _) if is_regular(size, parts, *sizes) => {
                self.regular_layout(side, parts, sizes.first_bytes)
            }
            (Some(Ok(_)), _) => Layout::Irregular,
            (Some(Err(_)), _) | (None, Witness::Ledger) => perhaps(),
            (None, Witness::Bucket | Witness::OpaqueBucket) => Layout::Unknown,
        }
    }

    /// The layout of an object whose first and last part fit to parts of one size.
    fn regular_layout(&self, side: Side, parts: u64, part_size: u64) -> Layout {
        match self.confirmed.get(side) {
            _ if parts <= PARTS_TOLD_BY_TWO => Layout::Certain(part_size),
            Some(Ok(true)) => Layout::Certain(part_size),
            Some(Ok(false)) => Layout::Irregular,
            Some(Err(_)) => Layout::Perhaps(vec![part_size]),
            None => Layout::Likely(part_size),
        }
    }
}

impl Layout {
    /// The one part size that the object seems to have.
    const fn told(&self) -> Option<u64> {
        match self {
            Self::Certain(size) | Self::Likely(size) => Some(*size),
            Self::Perhaps(_) | Self::Irregular | Self::Unknown => None,
        }
    }
}

/// Whether all parts but the last are of the first one's size, as far as the last one's size tells.
fn is_regular(size_bytes: u64, parts: u64, sizes: PartSizes) -> bool {
    etag::parts_fit(size_bytes, sizes.first_bytes, parts)
        && sizes
            .first_bytes
            .checked_mul(parts - 1)
            .and_then(|before| before.checked_add(sizes.last_bytes))
            == Some(size_bytes)
}
