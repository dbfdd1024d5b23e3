//! Shortens file names until the key and its URL fit, so that different long names stay different.

use super::{KEY_LENGTH_MAX, KeyProblem, KeyRules, encode_key};
use crate::extension::split_extension;

/// A folder, a cleaned file name, and how long both may become together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NameBudget {
    folder: String,
    stem: String,
    /// With its dot; empty when there is none.
    extension: String,
    /// Eight hexadecimal digits that stand for what is cut off.
    hash: String,
    base_length: usize,
    url_length_max: usize,
}

impl NameBudget {
    pub(super) fn new(rules: &KeyRules, folder: String, cleaned_name: &str) -> Self {
        let (stem, extension) = split_extension(cleaned_name);
        Self {
            folder,
            stem: stem.to_owned(),
            extension: extension.map_or_else(String::new, |extension| format!(".{extension}")),
            hash: format!("{:08x}", fnv1a(cleaned_name)),
            base_length: rules.new_url_base.len(),
            url_length_max: rules.url_length_max,
        }
    }

    /// Whether a name with this suffix fits, whole or cut.
    pub(super) fn check(&self, suffix: &str) -> Result<(), KeyProblem> {
        if self.fits(&self.assemble(&self.stem, suffix)) {
            return Ok(());
        }
        let shortest = self.assemble(&self.hash, suffix);
        let length = self.base_length + encode_key(&shortest).len();
        if length > self.url_length_max {
            return Err(KeyProblem::UrlTooLong { length, max: self.url_length_max });
        }
        if shortest.len() > KEY_LENGTH_MAX {
            return Err(KeyProblem::KeyTooLong { length: shortest.len() });
        }
        Ok(())
    }

    /// The key with `suffix` between stem and extension; the stem is cut, and a hash of the whole name added,
    /// when it would not fit. `suffix` must have passed [`NameBudget::check`], or be shorter than one that has.
    pub(super) fn key(&self, suffix: &str) -> String {
        let whole = self.assemble(&self.stem, suffix);
        if self.fits(&whole) {
            return whole;
        }
        let fixed = self.assemble(&format!("-{}", self.hash), suffix);
        let mut url_left =
            self.url_length_max.saturating_sub(self.base_length + encode_key(&fixed).len());
        let mut key_left = KEY_LENGTH_MAX.saturating_sub(fixed.len());
        let mut cut = String::new();
        for character in self.stem.chars() {
            let encoded_length = encode_key(character.encode_utf8(&mut [0; 4])).len();
            if encoded_length > url_left || character.len_utf8() > key_left {
                break;
            }
            url_left -= encoded_length;
            key_left -= character.len_utf8();
            cut.push(character);
        }
        match cut.trim_end() {
            "" => self.assemble(&self.hash, suffix),
            kept => self.assemble(&format!("{kept}-{}", self.hash), suffix),
        }
    }

    fn assemble(&self, stem: &str, suffix: &str) -> String {
        format!("{}{stem}{suffix}{}", self.folder, self.extension)
    }

    fn fits(&self, key: &str) -> bool {
        key.len() <= KEY_LENGTH_MAX
            && self.base_length + encode_key(key).len() <= self.url_length_max
    }
}

/// 32-bit FNV-1a (<http://www.isthe.com/chongo/tech/comp/fnv/>): keys must be the same in every later
/// version, and the standard library's hasher promises no such thing. It separates names, it protects nothing.
fn fnv1a(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
