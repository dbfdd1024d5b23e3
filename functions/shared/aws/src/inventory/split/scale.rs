//! Texts as numbers, in an alphabet that is learnt from the keys.
//!
//! The middle of two texts in Unicode says nothing about where half of the keys are: digits are 10 characters of more than a
//! million. In the alphabet that keys really use, numbered and random names are spread evenly enough to estimate with.

use std::collections::BTreeSet;

/// Characters that count: more than fit into the 53 bits of a number make no difference.
const CHARS_MAX: usize = 12;
/// Larger alphabets learn nothing more: such keys are not numbers.
const ALPHABET_MAX: usize = 256;

/// The characters that keys were seen to have.
#[derive(Debug, Clone, Default)]
pub(super) struct Scale {
    alphabet: BTreeSet<char>,
    /// The same, by rank.
    chars: Vec<char>,
}

impl Scale {
    /// Learns the characters of a key after the first `skip` bytes, which all keys share.
    pub(super) fn learn<'a>(&mut self, keys: impl IntoIterator<Item = &'a str>, skip: usize) {
        for key in keys {
            if self.alphabet.len() < ALPHABET_MAX {
                self.alphabet.extend(key.get(skip..).unwrap_or_default().chars().take(CHARS_MAX));
            }
        }
        self.chars = self.alphabet.iter().copied().collect();
    }

    /// One for each character, and one for the end of a text.
    fn base(&self) -> f64 {
        as_number(self.chars.len() + 1)
    }

    /// Where a text lies between 0 and 1. Never decreases from a text to a greater one.
    pub(super) fn place(&self, text: &str) -> f64 {
        let (mut place, mut width) = (0.0, 1.0 / self.base());
        for char in text.chars().take(CHARS_MAX) {
            match self.chars.binary_search(&char) {
                Ok(rank) => place += as_number(rank + 1) * width,
                // Between two known characters.
                Err(rank) => return as_number(rank + 1).mul_add(width, place),
            }
            width /= self.base();
        }
        place
    }

    /// Beginnings of the text at a place, from short to long.
    pub(super) fn texts(&self, mut place: f64) -> Vec<String> {
        let mut texts = Vec::new();
        let mut text = String::new();
        for _ in 0..CHARS_MAX {
            place *= self.base();
            // The digit of the end of a text, or a rank.
            let digit = (0..=self.chars.len()).rev().find(|digit| as_number(*digit) <= place);
            let Some(digit) = digit.filter(|digit| *digit > 0) else { break };
            place -= as_number(digit);
            text.extend(self.chars.get(digit - 1));
            texts.push(text.clone());
        }
        texts
    }
}

/// Alphabets are small, so nothing is lost.
fn as_number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits() -> Scale {
        let mut scale = Scale::default();
        scale.learn(["k/0123456789"], 2);
        scale
    }

    #[test]
    fn places_are_in_the_order_of_texts() {
        let scale = digits();
        let texts = [
            "", "!", "0", "00", "0000009", "01", "09", "1", "19999", "5", "5x", "9", "99", "x", "ä",
        ];
        let places: Vec<_> = texts.iter().map(|text| scale.place(text)).collect();
        assert!(places.is_sorted(), "{places:?}");
        assert!(places.iter().all(|place| (0.0..=1.0).contains(place)), "{places:?}");
    }

    #[test]
    fn a_place_leads_back_to_its_text() {
        let scale = digits();
        for text in ["5", "012", "99", "00001"] {
            let place = scale.place(text) + 1e-9;
            assert!(scale.texts(place).iter().any(|found| found == text), "{text}");
        }
        assert_eq!(Scale::default().texts(0.5), Vec::<String>::new());
    }
}
