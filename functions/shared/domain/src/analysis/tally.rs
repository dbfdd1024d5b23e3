//! Adds up the lines of a plan. Memory is bounded whatever the number of records: what there may be many of is counted by name up
//! to a bound, and together beyond it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::repeats::Repeats;
use super::sample::{Sample, Sampled};
use crate::destination_key::folded;
use crate::extension::extension_of;
use crate::id::RecordId;
use crate::manifest::ManifestEntry;
use crate::outcome::{FailureClass, Outcome, SkipReason};
use crate::plan::Plan;
use crate::record::SourceRecord;
use crate::source_url::{ParsedSource, SourceLocation, UrlNote, file_name_of, origin_of};

/// Accounts counted by name: about 40 MB. Of further ones only the sum is known.
pub const ACCOUNTS_MAX: usize = 200_000;
/// Hosts counted by name. More of them are made up by whoever writes the records.
pub const HOSTS_MAX: usize = 1_000;
/// File types counted by name.
pub const EXTENSIONS_MAX: usize = 500;
/// A longer URL, in characters, is refused by some browsers and proxies.
pub const LONG_URL_CHARS: usize = 2_000;

/// Numbers by name, up to a bound.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bounded<V> {
    /// By name.
    pub by_name: BTreeMap<String, V>,
    /// Of all other names; `None` while there are none.
    #[serde(default)]
    pub other: Option<V>,
}

impl<V: Default> Bounded<V> {
    fn entry(&mut self, name: &str, max: usize) -> &mut V {
        if !self.by_name.contains_key(name) && self.by_name.len() >= max {
            return self.other.get_or_insert_default();
        }
        self.by_name.entry(name.to_owned()).or_default()
    }
}

/// What was counted of a host or bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HostTally {
    /// Records whose URL names it.
    pub records: u64,
    /// Of them, files that would be copied.
    pub files: u64,
    /// Of them, records that are refused because the allow-list does not permit it.
    pub not_allowed: u64,
}

/// What was counted of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountTally {
    /// Its name, as the first record with one has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its records.
    pub records: u64,
    /// Of them, files that would be copied.
    pub files: u64,
}

/// The sums.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Records.
    pub records: u64,
    /// Files that would be copied.
    pub files: u64,
    /// Records by planned outcome.
    pub outcomes: BTreeMap<String, u64>,
    /// Hosts and buckets of the URLs.
    pub hosts: Bounded<HostTally>,
    /// Files that would be copied, by extension; the empty one is none.
    pub extensions: Bounded<u64>,
    /// Accounts by 18-character id.
    pub accounts: Bounded<AccountTally>,
    /// Records without account.
    pub without_account: u64,
    /// URLs of files that would be copied.
    pub urls: Repeats,
    /// Their destination keys, as they are claimed: without letter case.
    pub keys: Repeats,
    /// What was assumed or repaired about URLs.
    pub notes: BTreeMap<UrlNote, u64>,
    /// Files behind URLs whose signature expires.
    pub expiring: u64,
    /// Files behind plain `http`.
    pub plain_http: u64,
    /// Records with a URL longer than [`LONG_URL_CHARS`].
    pub long_urls: u64,
    /// Files whose name is not what their copy is called.
    pub renamed: u64,
    /// The files whose size is asked for.
    pub sample: Sample,
}

impl Tally {
    /// Adds a line of the plan.
    ///
    /// * `sample`: size of the sample.
    pub fn add(&mut self, run_id: &str, sample: u32, entry: &ManifestEntry) {
        let ManifestEntry { record, plan, sequence } = entry;
        let outcome = plan.planned_outcome();
        self.records += 1;
        *self.outcomes.entry(outcome.label()).or_default() += 1;
        // Of records that the run was not asked about nothing else is told.
        if outcome == Outcome::Skipped(SkipReason::Account) {
            return;
        }
        let is_file = outcome == Outcome::Planned;
        self.add_account(record, is_file);
        let url = record.url.as_deref().unwrap_or_default();
        if url.chars().count() > LONG_URL_CHARS {
            self.long_urls += 1;
        }
        match plan {
            Plan::Copy { source, destination_key, .. } => {
                self.files += 1;
                self.host(&place(&source.location)).files += 1;
                self.urls.add(url.trim());
                self.keys.add(&folded(destination_key));
                if file_name_of(destination_key.as_str()) != source.file_name {
                    self.renamed += 1;
                }
                self.add_source(source);
                let extension = extension_of(&source.file_name).unwrap_or_default();
                *self.extensions.entry(&extension, EXTENSIONS_MAX) += 1;
                self.sample.offer(run_id, *sequence, sample, || Sampled {
                    extension,
                    source: source.location.clone(),
                    seen: None,
                });
            }
            Plan::Refuse { class, .. } => {
                if let Some(place) = origin_of(url) {
                    let refused = matches!(
                        class,
                        FailureClass::HostNotAllowed | FailureClass::ForbiddenAddress
                    );
                    self.host(&place).not_allowed += u64::from(refused);
                }
            }
            Plan::Skip { .. } | Plan::RecordDeleted | Plan::AccountRenamed => {}
        }
    }

    fn host(&mut self, place: &str) -> &mut HostTally {
        let host = self.hosts.entry(place, HOSTS_MAX);
        host.records += 1;
        host
    }

    fn add_account(&mut self, record: &SourceRecord, is_file: bool) {
        let Some(id) = record.account_id.as_deref() else {
            self.without_account += 1;
            return;
        };
        let full = RecordId::parse(id).map_or_else(|_| id.to_owned(), |id| id.as_str().to_owned());
        let account = self.accounts.entry(&full, ACCOUNTS_MAX);
        account.records += 1;
        account.files += u64::from(is_file);
        if account.name.is_none() {
            account.name.clone_from(&record.account_name);
        }
    }

    fn add_source(&mut self, source: &ParsedSource) {
        for note in &source.notes {
            *self.notes.entry(*note).or_default() += 1;
        }
        if let SourceLocation::Http(http) = &source.location {
            self.expiring += u64::from(http.presigned);
            self.plain_http += u64::from(http.scheme == crate::allow_list::Scheme::Http);
        }
    }
}

/// A place as the allow-list names it.
fn place(location: &SourceLocation) -> String {
    match location {
        SourceLocation::S3(s3) => format!("s3://{}", s3.bucket),
        SourceLocation::Http(http) => origin_of(&http.url).unwrap_or_else(|| http.host.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beyond_the_bound_are_counted_together() {
        let mut bounded: Bounded<u64> = Bounded::default();
        for name in ["a", "b", "c", "a", "d"] {
            *bounded.entry(name, 2) += 1;
        }
        assert_eq!(bounded.by_name, [("a".to_owned(), 2), ("b".to_owned(), 1)].into());
        assert_eq!(bounded.other, Some(2));
    }
}
