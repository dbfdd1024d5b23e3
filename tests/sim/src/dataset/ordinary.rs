//! Entries without a peculiarity: what most of a document list looks like.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rand::RngExt;

use super::{Draft, Group, Maker, Place, SourceFile, VERIFIED, names};

/// Everything but what no URL needs to encode, and the separator.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The case of an entry without a peculiarity.
const ORDINARY: &str = "ordinary";
const SIZE_BYTES_MIN: usize = 1_000;
const SIZE_BYTES_MAX: usize = 200_000;
/// Largest payload of a data set of small files only.
const SMALL_BYTES_MAX: usize = 8_000;
/// Sizes of the few large files; those above 8 MiB are uploaded in parts.
const LARGE_BYTES: [usize; 5] = [2_500_000, 3_000_001, 6_000_000, 10_485_760, 15_728_641];

/// A key or path, percent-encoded as most clients do it.
pub(super) fn encoded(key: &str) -> String {
    utf8_percent_encode(key, ENCODED).to_string()
}

/// A usual size: many small files, few larger ones.
pub(super) fn size(maker: &mut Maker) -> usize {
    let wide = maker.random.random_range(SIZE_BYTES_MIN..SIZE_BYTES_MAX);
    let narrow = maker.random.random_range(SIZE_BYTES_MIN..SIZE_BYTES_MAX);
    wide.min(narrow)
}

/// The size of a file in a data set of small files only.
pub(super) fn small(maker: &mut Maker) -> usize {
    maker.random.random_range(SIZE_BYTES_MIN..SMALL_BYTES_MAX)
}

/// An entry whose file has to arrive.
pub(super) fn group(maker: &mut Maker, number: usize, size: fn(&mut Maker) -> usize) -> Group {
    let name = names::file(&mut maker.random, number);
    let year = maker.random.random_range(2015..2026);
    let size_bytes = size(maker);
    let account = maker.account();
    let bucket = maker.options.source_bucket.clone();
    let key = format!("files/{year}/{name}");
    let form = maker.random.random_range(0..100);
    let (url, place) = if form < 25 {
        let path = format!("/files/{year}/{name}");
        (format!("{}{}", maker.options.http_base, encoded(&path)), Place::Http(path))
    } else {
        let url = match form {
            25..=79 => format!("https://{bucket}.s3.amazonaws.com/{}", encoded(&key)),
            80..=91 => format!("https://s3.us-east-1.amazonaws.com/{bucket}/{}", encoded(&key)),
            _ => format!("s3://{bucket}/{key}"),
        };
        (url, Place::S3(key))
    };
    let content = maker.content(&name, size_bytes);
    Group {
        drafts: vec![Draft {
            case: ORDINARY,
            url: Some(url),
            account: Some(account),
            expected: VERIFIED,
            source: Some(place.clone()),
        }],
        files: BTreeMap::from([(place, SourceFile { content, fault: None, replaced_by: None })]),
    }
}

/// Makes some ordinary files large.
pub(super) fn enlarge(all: &mut Group) {
    let ordinary = all.drafts.iter().filter(|draft| draft.case == ORDINARY);
    for (draft, size_bytes) in ordinary.zip(LARGE_BYTES) {
        if let Some(file) = draft.source.as_ref().and_then(|place| all.files.get_mut(place)) {
            file.content.size_bytes = size_bytes;
        }
    }
}
