//! Cuts a key space into ranges that can be listed at once, also where keys have no folders to cut at.
//!
//! Ranges are cut at any text between two keys; which keys exist does not matter for correctness, because a range takes
//! the keys after its beginning and up to its end, in the UTF-8 binary order that listings have. Where to cut well is
//! a guess ([`midpoint`]), to be improved by a few requests for "the first key after this".

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest key that S3 takes, in bytes
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>).
pub const KEY_BYTES_MAX: usize = 1024;

/// The keys after one text and up to another one.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyRange {
    /// Keys are greater than this; pass it as `start-after`. `None`: from the first key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Keys are smaller than this or equal to it. `None`: to the last key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

impl KeyRange {
    /// All keys.
    pub const ALL: Self = Self { after: None, until: None };

    /// Whether the key belongs to the range.
    pub fn contains(&self, key: &str) -> bool {
        self.after.as_deref().is_none_or(|after| key > after) && !self.is_behind(key)
    }

    /// Whether the key lies behind the range: a listing that shows it has left the range.
    pub fn is_behind(&self, key: &str) -> bool {
        self.until.as_deref().is_some_and(|until| key > until)
    }

    /// The keys up to `at`, and those after it. `None` if one of the two would be all of the range.
    pub fn cut(&self, at: &str) -> Option<(Self, Self)> {
        let inside = self.after.as_deref().is_none_or(|after| at > after)
            && self.until.as_deref().is_none_or(|until| at < until);
        inside.then(|| {
            (
                Self { after: self.after.clone(), until: Some(at.to_owned()) },
                Self { after: Some(at.to_owned()), until: self.until.clone() },
            )
        })
    }

    /// What the range has of the keys that begin with `folder`, as a range of keys relative to it.
    #[must_use]
    pub fn below(&self, folder: &str) -> Self {
        // Behind the folder's keys for a beginning, before them for an end.
        let nothing = || Self { after: Some(String::new()), until: Some(String::new()) };
        let mut range = Self::ALL;
        if let Some(after) = &self.after {
            match after.strip_prefix(folder) {
                Some(rest) => range.after = Some(rest.to_owned()),
                None if after.as_str() > folder => return nothing(),
                None => {}
            }
        }
        if let Some(until) = &self.until {
            match until.strip_prefix(folder) {
                Some(rest) => range.until = Some(rest.to_owned()),
                None if until.as_str() < folder => return nothing(),
                None => {}
            }
        }
        range
    }

    /// A range of keys relative to `folder` as one of keys that begin with it. Undoes [`KeyRange::below`] for keys of the
    /// folder.
    #[must_use]
    pub fn inside(&self, folder: &str) -> Self {
        let whole = |bound: &Option<String>| bound.as_ref().map(|key| format!("{folder}{key}"));
        Self { after: whole(&self.after), until: whole(&self.until) }
    }
}

/// For people. Keys are escaped as in Rust source.
impl fmt::Display for KeyRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.after, &self.until) {
            (None, None) => write!(formatter, "all keys"),
            (Some(after), None) => write!(formatter, "keys after {after:?}"),
            (None, Some(until)) => write!(formatter, "keys up to {until:?}"),
            (Some(after), Some(until)) => {
                write!(formatter, "keys after {after:?} and up to {until:?}")
            }
        }
    }
}

/// A text strictly between two keys, in UTF-8 binary order: valid UTF-8 of at most [`KEY_BYTES_MAX`] bytes, so that it can be
/// passed as `start-after`. `None` if there is none, or none that short.
///
/// It is about the middle if keys are made of printable ASCII in the main.
pub fn midpoint(low: &str, high: &str) -> Option<String> {
    if high <= low {
        return None;
    }
    let (prefix, low_rest) = low.split_at_checked(common_prefix(low, high))?;
    let high_rest = high.strip_prefix(prefix)?;
    let (begin, end) = (place_of(low_rest), place_of(high_rest));
    let between =
        |text: &String| text.as_str() > low && text.as_str() < high && text.len() <= KEY_BYTES_MAX;
    let mut guess = prefix.to_owned();
    for char in text_at(begin.midpoint(end)) {
        guess.push(char);
        if between(&guess) {
            return Some(guess);
        }
    }
    // The two agree further than the arithmetic reaches, or are neighbours.
    let next = high.strip_prefix(low).and_then(|rest| rest.chars().next());
    [next, Some(PLAIN), Some('\0')]
        .into_iter()
        .flatten()
        .map(|char| format!("{low}{char}"))
        .find(between)
}

/// Length in bytes of what two texts begin with alike, in whole characters.
fn common_prefix(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
}

/// A harmless character to make a text longer with.
const PLAIN: char = '!';
/// The width of all texts together. With [`ALL_WEIGHTS`] it has to fit into 128 bits.
const WHOLE: u128 = 1 << 100;
/// How much of the space a printable ASCII character takes, compared with any other one. All 95 together take five sixths.
const ASCII_WEIGHT: u128 = 1 << 16;
/// Unicode scalar values, without the surrogates.
const SCALARS: u128 = 0x11_0000 - 0x800;
/// All characters, and the end of the text, which takes one.
const ALL_WEIGHTS: u128 = 1 + SCALARS + 95 * (ASCII_WEIGHT - 1);

/// What lies before a character, and how much the character takes itself. Printable ASCII takes most, so that the middle
/// of two texts is one that keys can have: the middle of all Unicode lies in a plane that no key ever uses.
fn weight(char: char) -> (u128, u128) {
    let code = u128::from(u32::from(char));
    let scalars = if code < 0xD800 { code } else { code - 0x800 };
    let printable_before = code.clamp(0x20, 0x7F) - 0x20;
    let printable = (0x20..0x7F).contains(&code);
    let own = if printable { ASCII_WEIGHT } else { 1 };
    (1 + scalars + printable_before * (ASCII_WEIGHT - 1), own)
}

/// Where the texts that begin with `text` begin, on the scale from 0 to [`WHOLE`]. Never decreases from a text to a greater
/// one.
fn place_of(text: &str) -> u128 {
    let (mut begin, mut width) = (0, WHOLE);
    for char in text.chars() {
        if width < ALL_WEIGHTS {
            break;
        }
        let (before, own) = weight(char);
        begin += width * before / ALL_WEIGHTS;
        width = width * own / ALL_WEIGHTS;
    }
    begin
}

/// The text that lies at a place, as far as the arithmetic reaches.
fn text_at(place: u128) -> Vec<char> {
    let (mut begin, mut width) = (0, WHOLE);
    let mut text = Vec::new();
    while width >= ALL_WEIGHTS {
        let starts_before = |code: u32| {
            char::from_u32(code).is_none_or(|c| begin + width * weight(c).0 / ALL_WEIGHTS <= place)
        };
        let Some(char) = last_code(starts_before) else { break };
        let (before, own) = weight(char);
        let from = begin + width * before / ALL_WEIGHTS;
        if from > place {
            break;
        }
        begin = from;
        width = width * own / ALL_WEIGHTS;
        text.push(char);
    }
    text
}

/// The last character for which `holds` is true, given that it is true up to some character and false from there on.
fn last_code(holds: impl Fn(u32) -> bool) -> Option<char> {
    let (mut low, mut high) = (0_u32, 0x11_0000_u32);
    while high - low > 1 {
        // Surrogates are no characters; the first of them stands for all.
        let middle = low.midpoint(high);
        let asked = if (0xD800..0xE000).contains(&middle) { 0xD7FF } else { middle };
        if holds(asked) { low = middle } else { high = middle }
    }
    char::from_u32(if (0xD800..0xE000).contains(&low) { 0xD7FF } else { low })
}
