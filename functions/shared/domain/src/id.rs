//! Salesforce record ids, always in their 18-character form.
//!
//! Two 15-character ids may differ in letter case only, which case-insensitive systems (desktops, SOQL text
//! comparison) confuse. The 18-character form carries the case in three checksum characters, so it is the
//! only form that is stored, compared or put into an object key.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Characters of a case-sensitive id without its checksum.
const SHORT_LENGTH: usize = 15;
/// Characters of an id with its checksum.
const LONG_LENGTH: usize = 18;
/// Characters covered by one checksum character.
const CHUNK_LENGTH: usize = 5;
/// One checksum character for each of the 32 patterns of upper-case letters in five characters.
const CHECKSUM_ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
/// Longest part of a refused id that an error message repeats, in characters.
const QUOTED_LENGTH_MAX: usize = 40;

/// A Salesforce record id: 18 characters, checksum verified.
///
/// ```
/// use drayage_domain::id::RecordId;
///
/// let id = RecordId::parse("0018000000MwdKA").unwrap();
/// assert_eq!(id.as_str(), "0018000000MwdKAAAZ");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecordId(String);

/// Why a text is not a Salesforce record id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdError {
    /// The text has no characters.
    #[error(
        "the record id is empty; hint: give a 15 or 18 character Salesforce id, e.g. 0018000000MwdKAAAZ"
    )]
    Empty,
    /// The text is neither 15 nor 18 characters long.
    #[error(
        "`{given}` has {length} characters, but a Salesforce record id has 15 or 18; hint: copy the id from \
         the record's address in the browser, or query it (`SELECT Id FROM Account WHERE Name = '...'`)"
    )]
    WrongLength {
        /// The refused text, shortened.
        given: String,
        /// Its number of characters.
        length: usize,
    },
    /// The text holds something other than ASCII letters and digits.
    #[error(
        "`{given}` has {character:?} at position {position}, but a Salesforce record id is made of the \
         letters A-Z, a-z and digits only; hint: look for a space or an invisible character from copying"
    )]
    NotAlphanumeric {
        /// The refused text, shortened.
        given: String,
        /// The first character that does not belong.
        character: char,
        /// Its position, counted from 1.
        position: usize,
    },
    /// The last three characters do not match the letter case of the first fifteen.
    #[error(
        "`{given}` is not a valid 18 character id: for its first 15 characters the last three must be \
         `{expected}`; hint: the letter case was changed somewhere (a spreadsheet lookup, an upper-casing \
         tool), so copy the id again from Salesforce"
    )]
    WrongChecksum {
        /// The refused text.
        given: String,
        /// The checksum that belongs to the first 15 characters.
        expected: String,
    },
}

impl RecordId {
    /// Reads a 15-character id (the checksum is added) or an 18-character id (the checksum is verified).
    ///
    /// Nothing is trimmed: surrounding blanks are an error, because an id that differs from the text it was
    /// read from cannot be compared with that text later.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        if text.is_empty() {
            return Err(IdError::Empty);
        }
        let length = text.chars().count();
        if length != SHORT_LENGTH && length != LONG_LENGTH {
            return Err(IdError::WrongLength { given: quoted(text), length });
        }
        let stranger = text.chars().enumerate().find(|(_, c)| !c.is_ascii_alphanumeric());
        if let Some((index, character)) = stranger {
            let given = quoted(text);
            return Err(IdError::NotAlphanumeric { given, character, position: index + 1 });
        }
        // Every character is ASCII here, so characters and bytes are the same.
        let (short, given_checksum) = text.split_at(SHORT_LENGTH);
        let expected = checksum(short);
        if length == LONG_LENGTH && given_checksum != expected {
            return Err(IdError::WrongChecksum { given: text.to_owned(), expected });
        }
        Ok(Self(format!("{short}{expected}")))
    }

    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RecordId({})", self.0)
    }
}

impl AsRef<str> for RecordId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for RecordId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for RecordId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        Self::parse(&text)
    }
}

impl From<RecordId> for String {
    fn from(id: RecordId) -> Self {
        id.0
    }
}

/// One character per five: bit `i` of its index in the alphabet is set when character `i` is upper case.
fn checksum(short: &str) -> String {
    short
        .as_bytes()
        .chunks(CHUNK_LENGTH)
        .map(|chunk| {
            let index = chunk
                .iter()
                .enumerate()
                .filter(|(_, byte)| byte.is_ascii_uppercase())
                .fold(0_usize, |bits, (position, _)| bits | (1 << position));
            CHECKSUM_ALPHABET.get(index).copied().map_or('A', char::from)
        })
        .collect()
}

/// A text cut for an error message: a whole mis-mapped column may arrive as an id.
fn quoted(text: &str) -> String {
    if text.chars().count() <= QUOTED_LENGTH_MAX {
        return text.to_owned();
    }
    let start: String = text.chars().take(QUOTED_LENGTH_MAX).collect();
    format!("{start}…")
}
