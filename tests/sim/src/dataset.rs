//! A data set for demos and end-to-end tests: accounts, document entries with their URLs, the files that these point
//! at, and how each entry has to end in a first full backup.
//!
//! Equal options give equal data, byte for byte. The expected outcomes are plain labels written down here by hand, so
//! that a mistake in the product's own rules cannot repeat itself in what it is measured against.

mod combinations;
mod content;
mod hazards;
mod load;
mod names;
mod ordinary;

use std::collections::BTreeMap;

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::files::Fault;

pub use content::{Content, FileKind};

/// The label of an entry whose file has to arrive.
pub const VERIFIED: &str = "verified";
/// Files above this size have to be skipped; the stack's `MaxFileSizeMb` for this data set.
pub const MAX_FILE_SIZE_MB: u64 = 25;
/// The extensions that the data set expects to be allowed; everything else has to be skipped.
pub const ALLOWED_EXTENSIONS: &str = "pdf,docx,xlsx,png,jpg,csv,txt";
/// Entries per account, on average.
const ENTRIES_PER_ACCOUNT: usize = 12;
/// From this size on, the data set has files that are uploaded in several parts.
const LARGE_FILES_FROM: usize = 300;

/// What a data set is made from.
#[derive(Debug, Clone)]
pub struct DatasetOptions {
    /// Seed of everything random.
    pub seed: u64,
    /// Number of document entries.
    pub entries: usize,
    /// Bucket of the files behind S3 addresses.
    pub source_bucket: String,
    /// Bucket that the backup copies to; one entry points there already.
    pub destination_bucket: String,
    /// Address of the file server, without a slash at the end.
    pub http_base: String,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// 18-character id.
    pub id: String,
    /// Name, which is user data of any kind.
    pub name: String,
}

/// A document entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// 18-character id.
    pub id: String,
    /// Name of the record.
    pub name: String,
    /// The URL field; `None` for null.
    pub url: Option<String>,
    /// Index of the account in [`Dataset::accounts`], if the entry has one.
    pub account: Option<usize>,
    /// Which peculiarity the entry stands for; `ordinary` for none.
    pub case: &'static str,
    /// The outcome of a first full backup, such as `verified` or `skipped.no_url`.
    pub expected: &'static str,
    /// Where the bytes are that have to arrive; for entries that are expected as verified.
    pub source: Option<Place>,
}

/// Where a file is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// Under this key of the source bucket.
    S3(String),
    /// Under this decoded path of the file server; begins with `/`.
    Http(String),
}

/// A file in a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// What it holds.
    pub content: Content,
    /// What the file server does instead of sending it, if anything.
    pub fault: Option<Fault>,
    /// What has replaced it in a bucket with versions, if anything.
    pub replaced_by: Option<Content>,
}

/// Stands in a URL for the id that the bucket will give to a version.
const VERSION: &str = "{version}";

/// A generated data set.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// What it was made from.
    pub options: DatasetOptions,
    /// Accounts; some without entries.
    pub accounts: Vec<Account>,
    /// Entries, in the order of their ids.
    pub entries: Vec<Entry>,
    /// Files of both sources.
    pub files: BTreeMap<Place, SourceFile>,
}

/// An entry that has no id yet.
#[derive(Debug, Clone)]
struct Draft {
    case: &'static str,
    url: Option<String>,
    account: Option<usize>,
    expected: &'static str,
    source: Option<Place>,
}

impl Dataset {
    /// Generates a data set. At most half of the entries are peculiar ones.
    pub fn generate(options: DatasetOptions) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(options.seed);
        let accounts = accounts(&mut random, options.entries);
        let mut maker = Maker { options, accounts: accounts.len(), contents: 0, random };
        let mut all = Group::default();
        let mut groups = hazards::groups(&mut maker);
        groups.shuffle(&mut maker.random);
        for group in groups {
            if (all.drafts.len() + group.drafts.len()) * 2 <= maker.options.entries {
                all.merge(group);
            }
        }
        while all.drafts.len() < maker.options.entries {
            let number = all.drafts.len();
            all.merge(ordinary::group(&mut maker, number, ordinary::size));
        }
        if maker.options.entries >= LARGE_FILES_FROM {
            ordinary::enlarge(&mut all);
        }
        let Group { mut drafts, files } = all;
        drafts.shuffle(&mut maker.random);
        let entries =
            drafts.into_iter().enumerate().map(|(index, draft)| draft.finish(index)).collect();
        Self { options: maker.options, accounts, entries, files }
    }

    /// Generates a data set of small files without any peculiarity: its parts do not depend on how many there are, so
    /// that what a file costs can be compared between data sets of different sizes.
    pub fn small_files(options: DatasetOptions) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(options.seed);
        let accounts = accounts(&mut random, options.entries);
        let mut maker = Maker { options, accounts: accounts.len(), contents: 0, random };
        let mut all = Group::default();
        for number in 0..maker.options.entries {
            all.merge(ordinary::group(&mut maker, number, ordinary::small));
        }
        let Group { drafts, files } = all;
        let entries =
            drafts.into_iter().enumerate().map(|(index, draft)| draft.finish(index)).collect();
        Self { options: maker.options, accounts, entries, files }
    }

    /// How many entries have to end how.
    pub fn expected_counts(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for entry in &self.entries {
            *counts.entry(entry.expected.to_owned()).or_default() += 1;
        }
        counts
    }

    /// The entry with that 18-character id.
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        let index = self.entries.binary_search_by(|entry| entry.id.as_str().cmp(id)).ok()?;
        self.entries.get(index)
    }

    /// The bytes that have to arrive for an entry; `None` when none have to.
    pub fn expected_content(&self, entry: &Entry) -> Option<&Content> {
        let place = entry.source.as_ref().filter(|_| entry.expected == VERIFIED)?;
        self.files.get(place).map(|file| &file.content)
    }

    /// Fills in the version id of a file that was replaced, once its bucket has given it one.
    pub fn set_version(&mut self, place: &Place, version_id: &str) {
        for entry in self.entries.iter_mut().filter(|entry| entry.source.as_ref() == Some(place)) {
            entry.url = entry.url.take().map(|url| url.replace(VERSION, version_id));
        }
    }

    /// The source hosts that a backup of this data set has to allow.
    pub fn source_hosts(&self) -> String {
        let bucket = &self.options.source_bucket;
        format!("s3://{bucket},{bucket}.s3.amazonaws.com,{}", self.options.http_base)
    }
}

impl Draft {
    fn finish(self, index: usize) -> Entry {
        Entry {
            id: record_id("a0B", index + 1),
            name: format!("DOC-{:07}", index + 1),
            url: self.url,
            account: self.account,
            case: self.case,
            expected: self.expected,
            source: self.source,
        }
    }
}

/// Entries that belong together, with the files that they need.
#[derive(Debug, Default)]
struct Group {
    drafts: Vec<Draft>,
    files: BTreeMap<Place, SourceFile>,
}

impl Group {
    fn merge(&mut self, other: Self) {
        self.drafts.extend(other.drafts);
        self.files.extend(other.files);
    }
}

/// What the parts of the generator share.
#[derive(Debug)]
struct Maker {
    options: DatasetOptions,
    accounts: usize,
    contents: u64,
    random: ChaCha8Rng,
}

impl Maker {
    /// A content that no other file has.
    fn content(&mut self, name: &str, size_bytes: usize) -> Content {
        self.contents += 1;
        // An odd factor keeps the products of different seeds apart.
        let seed = self.options.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ self.contents;
        Content { kind: FileKind::of(name), seed, size_bytes }
    }

    /// The index of some account.
    fn account(&mut self) -> usize {
        self.random.random_range(0..self.accounts)
    }
}

fn accounts(random: &mut ChaCha8Rng, entries: usize) -> Vec<Account> {
    let count = (entries / ENTRIES_PER_ACCOUNT).max(names::HOSTILE_ACCOUNTS.len());
    (0..count)
        .map(|index| Account {
            id: record_id("001", index + 1),
            name: names::account(random, index),
        })
        .collect()
}

/// An 18-character id: key prefix, serial number in base 62, and the checksum of the letters' case.
fn record_id(key_prefix: &str, serial: usize) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rest = serial;
    let mut digits: Vec<char> = (0..12)
        .map(|_| {
            let digit = DIGITS.get(rest % DIGITS.len()).copied().map_or('0', char::from);
            rest /= DIGITS.len();
            digit
        })
        .collect();
    digits.reverse();
    let short: String = key_prefix.chars().chain(digits).collect();
    crate::salesforce::to_18(&short).unwrap_or(short)
}

#[cfg(test)]
mod tests;
