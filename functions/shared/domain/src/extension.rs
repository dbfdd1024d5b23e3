//! File name extensions, and the optional list of extensions a run is limited to.
//!
//! An extension is a hint from a person, never a statement about the content: it is kept and compared, and
//! never "corrected".

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Longest accepted extension, in characters without the dot. Longer tails are part of the name
/// (`Minutes of 3.November2024andlater` has no extension).
pub const EXTENSION_LENGTH_MAX: usize = 16;

/// Splits a file name into stem and extension (without the dot, case as given).
///
/// The extension is what follows the last dot if it is 1 to [`EXTENSION_LENGTH_MAX`] ASCII letters or
/// digits and something precedes the dot (`.profile` has none).
pub fn split_extension(file_name: &str) -> (&str, Option<&str>) {
    match file_name.rsplit_once('.') {
        Some((stem, tail)) if !stem.is_empty() && is_extension(tail) => (stem, Some(tail)),
        Some(_) | None => (file_name, None),
    }
}

/// The extension of a file name in lower case, without the dot.
pub fn extension_of(file_name: &str) -> Option<String> {
    split_extension(file_name).1.map(str::to_ascii_lowercase)
}

/// The extensions a run may copy. An empty set allows every file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct ExtensionSet(BTreeSet<String>);

/// An entry that is not a file name extension.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{entry}` is not a file name extension; hint: write 1 to 16 letters or digits, with or without a leading \
     dot, e.g. `pdf` or `.docx`"
)]
pub struct ExtensionError {
    /// The refused entry.
    pub entry: String,
}

impl ExtensionSet {
    /// Reads a list separated by commas or blanks. Entries may start with a dot, in any letter case.
    /// All wrong entries are reported at once.
    pub fn parse(list: &str) -> Result<Self, Vec<ExtensionError>> {
        Self::from_entries(
            list.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty()),
        )
    }

    /// Builds the set from single entries; all wrong entries are reported at once.
    pub fn from_entries<'a>(
        entries: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, Vec<ExtensionError>> {
        let mut allowed = BTreeSet::new();
        let mut errors = Vec::new();
        for entry in entries {
            let bare = entry.strip_prefix('.').unwrap_or(entry);
            if is_extension(bare) {
                allowed.insert(bare.to_ascii_lowercase());
            } else {
                errors.push(ExtensionError { entry: entry.to_owned() });
            }
        }
        if errors.is_empty() { Ok(Self(allowed)) } else { Err(errors) }
    }

    /// Whether a file of this name may be copied. A name without an extension passes only the empty set.
    pub fn allows(&self, file_name: &str) -> bool {
        self.0.is_empty()
            || extension_of(file_name).is_some_and(|extension| self.0.contains(&extension))
    }

    /// Whether every file is allowed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The extensions in order, lower case, without dots.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl TryFrom<Vec<String>> for ExtensionSet {
    type Error = ExtensionError;

    fn try_from(entries: Vec<String>) -> Result<Self, ExtensionError> {
        Self::from_entries(entries.iter().map(String::as_str)).map_err(|errors| {
            errors.into_iter().next().unwrap_or_else(|| ExtensionError { entry: String::new() })
        })
    }
}

impl From<ExtensionSet> for Vec<String> {
    fn from(set: ExtensionSet) -> Self {
        set.0.into_iter().collect()
    }
}

fn is_extension(text: &str) -> bool {
    (1..=EXTENSION_LENGTH_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
