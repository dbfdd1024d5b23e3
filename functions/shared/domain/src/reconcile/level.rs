//! How far a comparison may go, or has gone.

use serde::{Deserialize, Serialize};

/// A kind of evidence. Ordered by what it costs: a comparison that may go as far as one level may use every level below.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Sizes only. Costs nothing beyond the listings.
    Size,
    /// `ETag`s, where they are digests: at most one `HEAD` per side.
    #[default]
    Etag,
    /// The multipart `ETag` of one side, computed from the bytes of the other: reads one side once.
    MultipartEtag,
    /// Full-object checksums of one algorithm that both sides report, which a `HEAD` per side tells.
    Checksum,
    /// The bytes of both sides.
    Bytes,
}

impl Level {
    /// Every level, cheapest first.
    pub const ALL: [Self; 5] =
        [Self::Size, Self::Etag, Self::MultipartEtag, Self::Checksum, Self::Bytes];

    /// The name that people type and that files carry, such as `multipart-etag`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Etag => "etag",
            Self::MultipartEtag => "multipart-etag",
            Self::Checksum => "checksum",
            Self::Bytes => "bytes",
        }
    }

    /// The level of that name, or `None`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }

    /// The name in a counter's label, such as `multipart_etag`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::MultipartEtag => "multipart_etag",
            Self::Size | Self::Etag | Self::Checksum | Self::Bytes => self.name(),
        }
    }

    /// The level of that label, or `None`.
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.label() == label)
    }

    /// What an equality at this level rests on, as the end of the sentence "equal by …".
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Size => "size only",
            Self::Etag => "the ETag that both sides report",
            Self::MultipartEtag => "the multipart ETag, computed from the other side's bytes",
            Self::Checksum => "the full-object checksum that both sides report",
            Self::Bytes => "the bytes of both sides",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered_by_cost_and_named_as_they_are_serialised() {
        assert!(Level::ALL.windows(2).all(|pair| pair[0] < pair[1]));
        for level in Level::ALL {
            assert_eq!(serde_json::to_value(level).unwrap(), level.name());
            assert_eq!(Level::from_name(level.name()), Some(level));
            assert_eq!(Level::from_label(level.label()), Some(level));
        }
        assert_eq!(Level::from_name("md5"), None);
    }
}
