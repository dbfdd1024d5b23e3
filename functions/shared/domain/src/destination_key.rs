//! Where a file goes in our bucket, and what its new URL is.
//!
//! The layout is `<prefix>/<account id>/<Clean_Account_Name>/<file name>`. The id is the identity and the name
//! is decoration: it may be empty, foreign or shared by several accounts. Two records may want the same key,
//! so a key is a proposal until its folded form ([`folded`]) is claimed in the ledger.

mod file_name;
mod fold;
mod limit;

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::id::RecordId;

pub use file_name::clean_file_name;
pub use fold::folded;

use limit::NameBudget;

/// Longest S3 key, in bytes of UTF-8
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>).
pub const KEY_LENGTH_MAX: usize = 1024;
/// Longest cleaned account name, in characters.
pub const ACCOUNT_NAME_LENGTH_MAX: usize = 60;
/// Stands in for an account name of which nothing can be kept.
pub const UNNAMED_ACCOUNT: &str = "Unnamed_Account";
/// The folder of files whose record has no account.
pub const NO_ACCOUNT: &str = "_no_account";

/// Everything but the characters no URL parser touches (RFC 3986 2.3) and the segment separator.
const ENCODED_IN_URL: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A key in our bucket: at most 1,024 bytes, no leading `/`, no empty, `.` or `..` segment, no control
/// character. Such a key reads the same through every client, and cannot leave its prefix.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DestinationKey(String);

/// Why no key can be given.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyProblem {
    /// Even the shortest name makes the new URL longer than the Salesforce field.
    #[error(
        "the shortest possible new URL has {length} characters, but the field holds {max}; hint: use a shorter \
         bucket, custom domain or prefix"
    )]
    UrlTooLong {
        /// Characters of the shortest URL.
        length: usize,
        /// Characters the field holds.
        max: usize,
    },
    /// Even the shortest name makes the key longer than S3 accepts.
    #[error(
        "the shortest possible key has {length} bytes, but S3 accepts {KEY_LENGTH_MAX}; hint: use a shorter prefix"
    )]
    KeyTooLong {
        /// Bytes of the shortest key.
        length: usize,
    },
    /// The text is not a key that may be written.
    #[error("`{key}` is not a usable destination key: {what}")]
    Invalid {
        /// The refused key.
        key: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The beginning of new URLs is not one.
    #[error(
        "`{base}` cannot begin a URL: {what}; hint: e.g. `https://bucket.s3.eu-west-1.amazonaws.com/`"
    )]
    InvalidBase {
        /// The refused text.
        base: String,
        /// What is wrong with it.
        what: &'static str,
    },
}

impl KeyProblem {
    /// The stable label used in the ledger, in metrics and in reports.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::UrlTooLong { .. } => "new_url_too_long",
            Self::KeyTooLong { .. } => "new_key_too_long",
            Self::Invalid { .. } => "invalid_key",
            Self::InvalidBase { .. } => "invalid_url_base",
        }
    }
}

/// How keys and new URLs are made in one migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRules {
    prefix: String,
    new_url_base: String,
    url_length_max: usize,
}

impl KeyRules {
    /// * `prefix`: first segments of every key, e.g. `uploads`; may be empty.
    /// * `new_url_base`: what new URLs begin with; a missing final `/` is added.
    /// * `url_length_max`: characters the Salesforce field holds (255 for a URL field; ask `describe`).
    pub fn new(
        prefix: &str,
        new_url_base: &str,
        url_length_max: usize,
    ) -> Result<Self, KeyProblem> {
        let prefix = prefix.trim_matches('/');
        if !prefix.is_empty() {
            DestinationKey::new(prefix)?;
        }
        let refuse = |what| {
            Err(KeyProblem::InvalidBase { base: crate::source_url::redacted(new_url_base), what })
        };
        let Some((scheme, rest)) = new_url_base.split_once("://") else {
            return refuse("it has no scheme");
        };
        if scheme != "https" && scheme != "http" {
            return refuse("its scheme is not https or http");
        }
        if rest.is_empty() || rest.starts_with('/') {
            return refuse("it has no host");
        }
        if !rest.bytes().all(|b| b.is_ascii_graphic()) || rest.contains(['?', '#', '@', '\\']) {
            return refuse("it has blanks, credentials, a query, or letters outside ASCII");
        }
        Ok(Self {
            prefix: prefix.to_owned(),
            new_url_base: with_final_slash(new_url_base),
            url_length_max,
        })
    }

    /// First segments of every key, without slashes at the ends.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What new URLs begin with, ending with `/`.
    pub fn new_url_base(&self) -> &str {
        &self.new_url_base
    }

    /// Characters the Salesforce field holds.
    pub fn url_length_max(&self) -> usize {
        self.url_length_max
    }

    /// The new URL of a key.
    pub fn url_of(&self, key: &DestinationKey) -> String {
        encoded_url(&self.new_url_base, key)
    }

    /// The folder of an account's files, with its final `/`.
    pub fn account_folder(
        &self,
        account_id: Option<&RecordId>,
        account_name: Option<&str>,
    ) -> String {
        let prefix =
            if self.prefix.is_empty() { String::new() } else { format!("{}/", self.prefix) };
        match account_id {
            Some(id) => format!("{prefix}{id}/{}/", clean_account_name(account_name.unwrap_or(""))),
            None => format!("{prefix}{NO_ACCOUNT}/"),
        }
    }
}

impl DestinationKey {
    /// Checks a key.
    pub fn new(key: impl Into<String>) -> Result<Self, KeyProblem> {
        let key = key.into();
        let what = if key.is_empty() {
            "it is empty"
        } else if key.len() > KEY_LENGTH_MAX {
            return Err(KeyProblem::KeyTooLong { length: key.len() });
        } else if key.chars().any(char::is_control) {
            "it has control characters"
        } else if key.split('/').any(str::is_empty) {
            "it has an empty segment (a leading, trailing or double slash)"
        } else if key.split('/').any(|segment| matches!(segment, "." | "..")) {
            "it has a `.` or `..` segment"
        } else {
            return Ok(Self(key));
        };
        Err(KeyProblem::Invalid { key, what })
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DestinationKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl AsRef<str> for DestinationKey {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DestinationKey {
    type Error = KeyProblem;

    fn try_from(key: String) -> Result<Self, KeyProblem> {
        Self::new(key)
    }
}

impl From<DestinationKey> for String {
    fn from(key: DestinationKey) -> Self {
        key.0
    }
}

/// The keys to claim for one file, in order: `preferred`, then `if_taken`, then `nth_if_taken(2)`, `(3)`, …
///
/// No two records share a key after the first, and a key after the first is held by another record only when that
/// record's file is really named so. Every record holds one key, so a claim loop ends after at most as many tries as
/// there are records with such names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyProposal {
    /// The key a person expects.
    pub preferred: DestinationKey,
    /// The same with the record id before the extension.
    pub if_taken: DestinationKey,
    budget: NameBudget,
    record_id: RecordId,
}

impl KeyProposal {
    /// The key with the record id and a number before the extension, for `number >= 2`; smaller numbers give
    /// `if_taken`.
    pub fn nth_if_taken(&self, number: u16) -> DestinationKey {
        if number < 2 {
            return self.if_taken.clone();
        }
        DestinationKey(self.budget.key(&format!("-{}-{number}", self.record_id)))
    }
}

/// Proposes the keys of one file. All of them, and their percent-encoded URLs, are within the limits.
pub fn propose(
    rules: &KeyRules,
    account_id: Option<&RecordId>,
    account_name: Option<&str>,
    file_name: &str,
    record_id: &RecordId,
) -> Result<KeyProposal, KeyProblem> {
    let folder = rules.account_folder(account_id, account_name);
    let budget = NameBudget::new(rules, folder, &clean_file_name(file_name));
    // The longest suffix decides: a claim loop must never meet a key that does not fit.
    budget.check(&format!("-{record_id}-{}", u16::MAX))?;
    Ok(KeyProposal {
        preferred: DestinationKey::new(budget.key(""))?,
        if_taken: DestinationKey::new(budget.key(&format!("-{record_id}")))?,
        budget,
        record_id: record_id.clone(),
    })
}

/// The account name as a folder name: letters without their marks, `A-Z a-z 0-9 . -`, and `_` for runs of
/// anything else; at most 60 characters; [`UNNAMED_ACCOUNT`] when nothing is left.
///
/// ```
/// use drayage_domain::destination_key::clean_account_name;
///
/// assert_eq!(clean_account_name("Acme, Inc."), "Acme_Inc");
/// assert_eq!(clean_account_name("Müller & Söhne"), "Muller_Sohne");
/// assert_eq!(clean_account_name("株式会社"), "Unnamed_Account");
/// ```
pub fn clean_account_name(name: &str) -> String {
    let mut cleaned = String::new();
    for character in name.nfkd().filter(|c| !is_combining_mark(*c)) {
        if character.is_ascii_alphanumeric() || matches!(character, '.' | '-') {
            cleaned.push(character);
        } else if !cleaned.ends_with('_') {
            cleaned.push('_');
        }
    }
    // All characters are ASCII here, so characters and bytes are the same.
    let trimmed = cleaned.trim_matches(['_', '.']);
    let cut = trimmed.get(..ACCOUNT_NAME_LENGTH_MAX).unwrap_or(trimmed);
    match cut.trim_end_matches(['_', '.']) {
        "" => UNNAMED_ACCOUNT.to_owned(),
        kept => kept.to_owned(),
    }
}

/// The URL of a key: everything but unreserved characters is percent-encoded, segment by segment.
pub fn encoded_url(base: &str, key: &DestinationKey) -> String {
    format!("{}{}", with_final_slash(base), encode_key(key.as_str()))
}

fn encode_key(key: &str) -> String {
    utf8_percent_encode(key, ENCODED_IN_URL).to_string()
}

fn with_final_slash(base: &str) -> String {
    if base.ends_with('/') { base.to_owned() } else { format!("{base}/") }
}
