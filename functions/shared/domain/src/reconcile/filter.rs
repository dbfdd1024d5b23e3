//! Which objects of a bucket a run is about, and what it may overwrite.
//!
//! Keys have no folders: `*` in a pattern stands for any characters, `/` among them, as in the filters of the AWS command
//! line.

mod input;

pub use input::{FilterInput, PATTERNS_MAX};

use glob::{MatchOptions, Pattern};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::object::Object;
use super::verdict::{Category, Verdict};
use crate::outcome::named_reasons;

/// What a transfer does where the destination has the key already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overwrite {
    /// Leaves it alone, whatever it is.
    Never,
    /// Replaces what is shown to differ. What cannot be verified is left to a person.
    #[default]
    IfDifferent,
    /// Copies it again, even if it is the same: the first comparison does not look at the destination, and finds everything
    /// missing. Later ones do, and only replace what differs.
    Always,
}

impl Overwrite {
    /// Whether a key with that verdict is copied.
    pub const fn copies(self, verdict: Verdict) -> bool {
        match verdict.category() {
            Category::Missing => true,
            Category::SizeDiffers | Category::ContentDiffers => !matches!(self, Self::Never),
            Category::Extra | Category::Match | Category::NotVerifiable => false,
        }
    }
}

named_reasons! {
    /// Why an object is not part of a run.
    LeftOut {
        /// Its key matches no pattern of `include`.
        NotIncluded => "not_included",
        /// Its key matches a pattern of `exclude`.
        Excluded => "excluded",
        /// It is smaller than the least size.
        TooSmall => "too_small",
        /// It is larger than the largest size.
        TooLarge => "too_large",
        /// It was last written before the period.
        TooOld => "too_old",
        /// It was last written after the period.
        TooNew => "too_new",
        /// Nobody tells when it was written, and the run is about a period.
        NoTime => "no_time",
    }
}

/// A checked filter.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    include: Option<Vec<Pattern>>,
    exclude: Vec<Pattern>,
    size_min_bytes: Option<u64>,
    size_max_bytes: Option<u64>,
    modified_from: Option<Timestamp>,
    modified_before: Option<Timestamp>,
}

impl Filter {
    /// Whether a key is part of the run. `exclude` wins over `include`.
    pub fn select_key(&self, key: &str) -> Result<(), LeftOut> {
        if self.include.as_ref().is_some_and(|include| !any_matches(include, key)) {
            Err(LeftOut::NotIncluded)
        } else if any_matches(&self.exclude, key) {
            Err(LeftOut::Excluded)
        } else {
            Ok(())
        }
    }

    /// Whether an object of the source is part of the run.
    pub fn select(&self, object: &Object) -> Result<(), LeftOut> {
        self.select_key(&object.key)?;
        if self.size_min_bytes.is_some_and(|min| object.size_bytes < min) {
            return Err(LeftOut::TooSmall);
        }
        if self.size_max_bytes.is_some_and(|max| object.size_bytes > max) {
            return Err(LeftOut::TooLarge);
        }
        if self.modified_from.is_none() && self.modified_before.is_none() {
            return Ok(());
        }
        let written = object.last_modified.as_deref().and_then(|text| text.parse().ok());
        let written: Timestamp = written.ok_or(LeftOut::NoTime)?;
        if self.modified_from.is_some_and(|from| written < from) {
            Err(LeftOut::TooOld)
        } else if self.modified_before.is_some_and(|before| written >= before) {
            Err(LeftOut::TooNew)
        } else {
            Ok(())
        }
    }

    /// Whether a key is part of the run, given what each side has of it. Sizes and times are those of the source: a copy is
    /// not extra because its source is too large for the run.
    pub fn select_pair(
        &self,
        source: Option<&Object>,
        destination: Option<&Object>,
    ) -> Result<(), LeftOut> {
        match (source, destination) {
            (Some(object), _) => self.select(object),
            (None, Some(object)) => self.select_key(&object.key),
            (None, None) => Ok(()),
        }
    }
}

fn any_matches(patterns: &[Pattern], key: &str) -> bool {
    let options = MatchOptions {
        case_sensitive: true,
        require_literal_separator: false,
        require_literal_leading_dot: false,
    };
    patterns.iter().any(|pattern| pattern.matches_with(key, options))
}
