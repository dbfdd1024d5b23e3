//! What is found about a key, and what people are told to do about it.
//!
//! The labels are the vocabulary of counters, reports and alarms; they never change once released.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::level::Level;
use crate::outcome::named_reasons;

named_reasons! {
    /// Why two objects of the same size could be shown neither equal nor different.
    Doubt {
        /// At least one side was uploaded in parts, so the `ETag`s say nothing about the bytes alone.
        MultipartEtag => "multipart_etag",
        /// At least one side is encrypted in a way that makes its `ETag` something else than a digest.
        OpaqueEtag => "opaque_etag",
        /// At least one side has no `ETag`.
        NoEtag => "no_etag",
        /// The sides report no full-object checksum of the same algorithm.
        NoChecksum => "no_checksum",
        /// A side refuses access.
        AccessDenied => "access_denied",
        /// The key that encrypts an object may not be used.
        KmsDenied => "kms_denied",
        /// An object is archived and has to be restored before it can be read.
        Archived => "archived",
        /// An object changed or vanished while it was compared.
        Changed => "changed",
        /// Reading failed, and went on failing.
        ReadFailed => "read_failed",
    }
}

impl Doubt {
    /// A sentence for people.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::MultipartEtag => {
                "The sizes agree, but at least one side was uploaded in parts, and ETags of other part sizes cannot be compared."
            }
            Self::OpaqueEtag => {
                "The sizes agree, but at least one side is encrypted (SSE-KMS or SSE-C), or keeps ETags that are no digests."
            }
            Self::NoEtag => "The sizes agree, but at least one side reports no ETag.",
            Self::NoChecksum => {
                "The sizes agree, but the two sides report no full-object checksum of the same algorithm."
            }
            Self::AccessDenied => "A side refuses to tell of or to hand out the object.",
            Self::KmsDenied => "The key that encrypts the object may not be used.",
            Self::Archived => "The object is archived and cannot be read as it is.",
            Self::Changed => "The object changed or vanished while it was compared.",
            Self::ReadFailed => "The object could not be read, and not after retries either.",
        }
    }

    /// What to do about it, a sentence.
    pub const fn recommendation(self) -> &'static str {
        match self {
            Self::MultipartEtag | Self::OpaqueEtag | Self::NoEtag => {
                "Compare again at a higher level: checksum where both sides keep one, else bytes."
            }
            Self::NoChecksum => {
                "Compare again at level bytes, which reads both sides; a file that only the ledger vouches for has to be copied again."
            }
            Self::AccessDenied => {
                "Grant s3:GetObject (and s3:GetObjectVersion where versions are read) on both sides, then compare again."
            }
            Self::KmsDenied => {
                "Grant kms:Decrypt on the key of the object to the role that compares, then compare again."
            }
            Self::Archived => "Restore the object from its archive class, then compare again.",
            Self::Changed => {
                "Compare again when nothing writes to the places; only keys that change all the time need a closer look."
            }
            Self::ReadFailed => {
                "Compare again; when it fails again, look at the log line of the key for the service's answer."
            }
        }
    }
}

named_reasons! {
    /// Verdicts by what has to be done about them.
    Category {
        /// In order.
        Match => "match",
        /// In the source only.
        Missing => "missing",
        /// In the destination only.
        Extra => "extra",
        /// On both sides, of other sizes.
        SizeDiffers => "size_differs",
        /// On both sides, of one size, with other bytes.
        ContentDiffers => "content_differs",
        /// Neither shown equal nor different.
        NotVerifiable => "not_verifiable",
    }
}

impl Category {
    /// The category that a verdict's label belongs to, or `None` for a label of a newer version.
    pub fn of_label(label: &str) -> Option<Self> {
        let (category, detail) = match label.split_once('.') {
            Some((category, detail)) => (Self::from_label(category)?, Some(detail)),
            None => (Self::from_label(label)?, None),
        };
        let known = match (category, detail) {
            (Self::Match | Self::ContentDiffers, Some(level)) => Level::from_label(level).is_some(),
            (Self::NotVerifiable, Some(doubt)) => Doubt::from_label(doubt).is_some(),
            (Self::Missing | Self::Extra | Self::SizeDiffers, detail) => detail.is_none(),
            (Self::Match | Self::ContentDiffers | Self::NotVerifiable, None) => false,
        };
        known.then_some(category)
    }

    /// What to do about it, a sentence. For [`Category::NotVerifiable`] a [`Doubt`] tells more.
    pub const fn recommendation(self) -> &'static str {
        match self {
            Self::Match => "Nothing to do.",
            Self::Missing => {
                "Copy it: start a fix, which copies what is missing and compares again."
            }
            Self::Extra => {
                "Look whether it belongs there; a fix leaves it alone unless deleting is asked for."
            }
            Self::SizeDiffers | Self::ContentDiffers => {
                "Copy it again: start a fix, which overwrites the destination; look first if somebody may have written to the destination on purpose."
            }
            Self::NotVerifiable => "Compare again at a higher level or with more rights.",
        }
    }

    /// How bad it is: the higher, the earlier a person should see it.
    pub const fn severity(self) -> u8 {
        match self {
            Self::ContentDiffers => 5,
            Self::SizeDiffers => 4,
            Self::Missing => 3,
            Self::NotVerifiable => 2,
            Self::Extra => 1,
            Self::Match => 0,
        }
    }
}

/// What was found about one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Verdict {
    /// On both sides and equal.
    Match {
        /// What the equality rests on.
        level: Level,
    },
    /// In the source only.
    Missing,
    /// In the destination only.
    Extra,
    /// On both sides, of other sizes.
    SizeDiffers,
    /// On both sides, of one size, with other bytes.
    ContentDiffers {
        /// What the difference rests on.
        level: Level,
    },
    /// On both sides, of one size, shown neither equal nor different.
    NotVerifiable {
        /// How far the comparison got.
        level: Level,
        /// Why it got no further.
        reason: Doubt,
    },
}

impl Verdict {
    /// The name under which the verdict is counted, such as `match.etag` or `not_verifiable.archived`.
    pub fn label(self) -> String {
        let category = self.category().label();
        match self {
            Self::Missing | Self::Extra | Self::SizeDiffers => category.to_owned(),
            Self::Match { level } | Self::ContentDiffers { level } => {
                format!("{category}.{}", level.label())
            }
            Self::NotVerifiable { reason, .. } => format!("{category}.{}", reason.label()),
        }
    }

    /// Whether the text is [`Verdict::label`], without making that.
    pub fn has_label(self, text: &str) -> bool {
        let detail = match self {
            Self::Missing | Self::Extra | Self::SizeDiffers => None,
            Self::Match { level } | Self::ContentDiffers { level } => Some(level.label()),
            Self::NotVerifiable { reason, .. } => Some(reason.label()),
        };
        let rest = text.strip_prefix(self.category().label());
        rest.is_some_and(|rest| match detail {
            None => rest.is_empty(),
            Some(detail) => rest.strip_prefix('.') == Some(detail),
        })
    }

    /// What has to be done about it, in general.
    pub const fn category(self) -> Category {
        match self {
            Self::Match { .. } => Category::Match,
            Self::Missing => Category::Missing,
            Self::Extra => Category::Extra,
            Self::SizeDiffers => Category::SizeDiffers,
            Self::ContentDiffers { .. } => Category::ContentDiffers,
            Self::NotVerifiable { .. } => Category::NotVerifiable,
        }
    }

    /// Whether it is in order.
    pub const fn is_match(self) -> bool {
        matches!(self, Self::Match { .. })
    }

    /// What to do about it, a sentence.
    pub const fn recommendation(self) -> &'static str {
        match self {
            Self::NotVerifiable { reason, .. } => reason.recommendation(),
            Self::Match { .. }
            | Self::Missing
            | Self::Extra
            | Self::SizeDiffers
            | Self::ContentDiffers { .. } => self.category().recommendation(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn every_verdict() -> Vec<Verdict> {
        let mut all = vec![Verdict::Missing, Verdict::Extra, Verdict::SizeDiffers];
        for level in Level::ALL {
            all.extend([Verdict::Match { level }, Verdict::ContentDiffers { level }]);
            all.extend(Doubt::ALL.iter().map(|&reason| Verdict::NotVerifiable { level, reason }));
        }
        all
    }

    #[test]
    fn every_label_leads_to_its_category() {
        for verdict in every_verdict() {
            assert_eq!(Category::of_label(&verdict.label()), Some(verdict.category()));
        }
    }

    #[test]
    fn a_label_is_that_of_its_verdict_only() {
        for verdict in every_verdict() {
            for other in every_verdict() {
                let label = other.label();
                assert_eq!(verdict.has_label(&label), verdict.label() == label, "{label}");
            }
            assert!(!verdict.has_label(&format!("{}.", verdict.label())));
        }
    }

    #[test]
    fn labels_of_a_newer_version_have_no_category() {
        for label in ["", "match", "match.sha", "missing.x", "not_verifiable", "moved"] {
            assert_eq!(Category::of_label(label), None, "{label}");
        }
    }

    #[test]
    fn a_verdict_is_one_flat_object() {
        let verdict = Verdict::NotVerifiable { level: Level::Etag, reason: Doubt::MultipartEtag };
        let text = json!({
            "verdict": "not_verifiable", "level": "etag", "reason": "multipart_etag"
        });
        assert_eq!(serde_json::to_value(verdict).unwrap(), text);
        assert_eq!(serde_json::from_value::<Verdict>(text).unwrap(), verdict);
        assert_eq!(verdict.label(), "not_verifiable.multipart_etag");
    }
}
