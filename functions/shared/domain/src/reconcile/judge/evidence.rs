//! What an adapter can find out about two objects.

use super::super::object::{Object, Side};
use super::super::verdict::Doubt;
use crate::row::Checksum;

/// What stands behind an inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Witness {
    /// A bucket of a service that makes `ETag`s as S3 does.
    Bucket,
    /// A bucket of a service whose `ETag`s may be anything: equal ones vouch for equal bytes, others for nothing.
    OpaqueBucket,
    /// The ledger: what was recorded when a copy was proven. It can neither be looked at nor read.
    Ledger,
}

impl Witness {
    pub(super) const fn can_be_asked(self) -> bool {
        match self {
            Self::Bucket | Self::OpaqueBucket => true,
            Self::Ledger => false,
        }
    }
}

/// How an object is encrypted at rest
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html> on what that does to its `ETag`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Encryption {
    /// Not at all, or by keys of the service (SSE-S3, `AES256`): the `ETag` is a digest.
    #[default]
    Transparent,
    /// By a KMS key (SSE-KMS, DSSE-KMS): the `ETag` is no digest.
    Kms,
    /// By a key that the client sends (SSE-C): the `ETag` is no digest.
    CustomerKey,
}

impl Encryption {
    pub(super) const fn hides_digest(self) -> bool {
        match self {
            Self::Transparent => false,
            Self::Kms | Self::CustomerKey => true,
        }
    }
}

/// The checksums of one object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checksums {
    /// Of all bytes (checksum type `FULL_OBJECT`, or an object that was put in one piece).
    pub full: Vec<Checksum>,
    /// Of the checksums of the parts (type `COMPOSITE`), with their number as S3 reports it, such as `<base64>-3`. They depend
    /// on how the object was cut into parts, so only equal ones tell something.
    pub composite: Vec<Checksum>,
}

impl Checksums {
    /// Whether the bytes are the same; `None` if there is no common evidence. Several algorithms must all agree.
    pub fn agrees(&self, other: &Self) -> Option<bool> {
        let pairs = self.full.iter().flat_map(|mine| {
            let same_kind = |theirs: &&Checksum| theirs.algorithm == mine.algorithm;
            other.full.iter().filter(same_kind).map(move |theirs| mine.value == theirs.value)
        });
        let full = pairs.reduce(|all, equal| all && equal);
        let composite =
            || self.composite.iter().any(|mine| other.composite.contains(mine)).then_some(true);
        full.or_else(composite)
    }
}

/// What a `HEAD` told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// Size in bytes.
    pub size_bytes: u64,
    /// `ETag` without quotes.
    pub etag: Option<String>,
    /// How the object is encrypted.
    pub encryption: Encryption,
    /// What checksum mode told.
    pub checksums: Checksums,
    /// Whether it has to be restored before it can be read: an archive class, and no restored copy.
    pub archived: bool,
}

impl Head {
    /// Whether the object was written since it was listed.
    pub(super) fn is_of_another_version(&self, listed: &Object) -> bool {
        let etags = (self.etag.as_deref(), listed.etag.as_deref());
        let other_etag = match etags {
            (Some(now), Some(then)) => {
                !now.trim_matches('"').eq_ignore_ascii_case(then.trim_matches('"'))
            }
            (Some(_) | None, _) => false,
        };
        other_etag || self.size_bytes != listed.size_bytes
    }
}

/// How an object was cut, as far as two `HEAD`s tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartSizes {
    /// Size of the first part in bytes.
    pub first_bytes: u64,
    /// Size of the last part in bytes.
    pub last_bytes: u64,
}

/// What reading one side told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneRead {
    /// The `ETag`s that the bytes would have.
    pub etags: super::super::etag::Etags,
    /// Checksums of the bytes, of those algorithms that were asked for and can be computed.
    pub checksums: Vec<Checksum>,
}

/// What reading both sides told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BothRead {
    /// How many bytes the source has.
    pub source_bytes: u64,
    /// How many bytes the destination has.
    pub destination_bytes: u64,
    /// Whether the bytes are the same.
    pub equal: bool,
}

/// What was found out, or why it could not be. [`Doubt::Changed`] stands for an object that was written or deleted since it
/// was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// Answers [`Step::Look`](super::Step::Look), for one side.
    Head {
        /// Whose.
        side: Side,
        /// What the `HEAD` told.
        found: Result<Head, Doubt>,
    },
    /// Answers [`Step::FindPartSizes`](super::Step::FindPartSizes). A service that cannot tell is [`Doubt::ReadFailed`]: the usual
    /// part sizes are tried then.
    PartSizes {
        /// Whose.
        side: Side,
        /// What was found.
        found: Result<PartSizes, Doubt>,
    },
    /// Answers [`Step::ConfirmParts`](super::Step::ConfirmParts): whether all of them have that size.
    PartsConfirmed {
        /// Whose.
        side: Side,
        /// What was found.
        found: Result<bool, Doubt>,
    },
    /// Answers [`Step::ReadOne`](super::Step::ReadOne).
    OneRead {
        /// Which.
        side: Side,
        /// What was read.
        found: Result<OneRead, Doubt>,
    },
    /// Answers [`Step::ReadBoth`](super::Step::ReadBoth).
    BothRead(Result<BothRead, Doubt>),
}

/// One thing for each side.
#[derive(Debug, Clone, Default)]
pub(super) struct PerSide<T> {
    pub(super) source: T,
    pub(super) destination: T,
}

impl<T> PerSide<T> {
    pub(super) const fn get(&self, side: Side) -> &T {
        match side {
            Side::Source => &self.source,
            Side::Destination => &self.destination,
        }
    }

    pub(super) const fn get_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Source => &mut self.source,
            Side::Destination => &mut self.destination,
        }
    }
}
