//! The form under which a key is claimed.

use unicode_normalization::UnicodeNormalization;

use super::DestinationKey;

/// The claim of a key: equal for keys that differ only in letter case or Unicode form.
///
/// S3 tells `A.pdf` from `a.pdf`, and composed from decomposed letters; desktops that sync the bucket, and
/// people, do not. Keys with equal claims are therefore never given to two records. Upper-casing before
/// lower-casing joins letters that have several lower-case forms (`ß` and `ss`, `ς` and `σ`).
pub fn folded(key: &DestinationKey) -> String {
    let upper: String = key.as_str().nfkc().flat_map(char::to_uppercase).collect();
    upper.chars().flat_map(char::to_lowercase).nfkc().collect()
}
