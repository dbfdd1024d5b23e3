//! An upload in parts that was broken off: what has to be known to go on with it.

use serde::{Deserialize, Serialize};

use crate::row::SourceIdentity;

/// An upload that was begun and neither completed nor aborted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnfinishedUpload {
    /// The storage service's id of the upload.
    pub upload_id: String,
    /// The source version that its parts are made from.
    pub source: SourceIdentity,
    /// Size of every part but the last, in bytes.
    pub part_size_bytes: u64,
}

impl UnfinishedUpload {
    /// Whether parts of that size, made from what the source is `now`, fit to those that have arrived.
    pub fn fits(&self, now: &SourceIdentity, part_size_bytes: u64) -> bool {
        self.part_size_bytes == part_size_bytes && same_bytes(&self.source, now)
    }
}

/// Whether the version can be recognised byte for byte: by a strong `ETag`, or by size and time. A weak `ETag` only says
/// that two versions mean the same (<https://www.rfc-editor.org/rfc/rfc9110#section-8.8.1>).
pub fn recognisable(source: &SourceIdentity) -> bool {
    source.size_bytes.is_some() && (strong_etag(source).is_some() || source.last_modified.is_some())
}

/// The `ETag`, unless it is a weak one.
pub fn strong_etag(source: &SourceIdentity) -> Option<&str> {
    source.etag.as_deref().filter(|etag| !etag.starts_with("W/"))
}

/// Whether two looks at a source have seen the same bytes: stricter than [`SourceIdentity::same_version`], because the
/// bytes of both are put into one file.
pub fn same_bytes(one: &SourceIdentity, other: &SourceIdentity) -> bool {
    if !recognisable(one) || one.size_bytes != other.size_bytes || one.etag != other.etag {
        return false;
    }
    strong_etag(one).is_some() || one.last_modified == other.last_modified
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn identity(size: Option<u64>, etag: Option<&str>, modified: Option<&str>) -> SourceIdentity {
        SourceIdentity {
            size_bytes: size,
            etag: etag.map(str::to_owned),
            last_modified: modified.map(str::to_owned),
        }
    }

    #[rstest]
    #[case::strong((Some(9), Some("a"), None), (Some(9), Some("a"), Some("later")), true)]
    #[case::other_etag((Some(9), Some("a"), None), (Some(9), Some("b"), None), false)]
    #[case::other_size((Some(9), Some("a"), None), (Some(8), Some("a"), None), false)]
    #[case::weak_alone((Some(9), Some("W/a"), None), (Some(9), Some("W/a"), None), false)]
    #[case::weak_and_time((Some(9), Some("W/a"), Some("t")), (Some(9), Some("W/a"), Some("t")), true)]
    #[case::time((Some(9), None, Some("t")), (Some(9), None, Some("t")), true)]
    #[case::other_time((Some(9), None, Some("t")), (Some(9), None, Some("u")), false)]
    #[case::no_size((None, Some("a"), None), (None, Some("a"), None), false)]
    #[case::nothing((Some(9), None, None), (Some(9), None, None), false)]
    fn only_the_same_bytes_are_put_into_one_file(
        #[case] one: (Option<u64>, Option<&str>, Option<&str>),
        #[case] other: (Option<u64>, Option<&str>, Option<&str>),
        #[case] expected: bool,
    ) {
        let one = identity(one.0, one.1, one.2);
        let other = identity(other.0, other.1, other.2);
        assert_eq!(same_bytes(&one, &other), expected);
    }

    #[test]
    fn parts_of_another_size_do_not_fit() {
        let source = identity(Some(9), Some("a"), None);
        let upload = UnfinishedUpload {
            upload_id: "u".to_owned(),
            source: source.clone(),
            part_size_bytes: 4,
        };
        assert!(upload.fits(&source, 4) && !upload.fits(&source, 5));
    }
}
