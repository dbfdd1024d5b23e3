//! The analysis as programs read it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Hazard, SalesforceBudget, Sizes};
use crate::estimate::MigrationEstimate;
use crate::org::Org;
use crate::recommendation::Recommendation;

/// What a migration would be about. Counts are exact unless they say otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Analysis {
    /// The run.
    pub run_id: String,
    /// When it started, RFC 3339: the analysis is of the org as it was then.
    pub started_at: String,
    /// The org, where its record could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<Org>,
    /// The sObject.
    pub object: String,
    /// Its URL field.
    pub url_field: String,
    /// The accounts that were asked for; none for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts_asked: Option<Vec<String>>,
    /// How much there is.
    pub scope: Scope,
    /// Records by planned outcome; `planned` are the files that would be copied.
    pub outcomes: BTreeMap<String, u64>,
    /// Hosts and buckets, most records first.
    pub hosts: Told<HostCount>,
    /// File types of what would be copied, most files first.
    pub file_types: Told<FileType>,
    /// Sizes, from a sample; none where nothing was sampled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sizes: Option<Sizes>,
    /// What may go wrong, most serious first.
    pub hazards: Vec<Hazard>,
    /// Accounts with the most files. All are in the table that [`Places::accounts`] names.
    pub top_accounts: Vec<AccountCount>,
    /// What copying takes.
    pub estimate: MigrationEstimate,
    /// What reading and writing takes of Salesforce.
    pub salesforce: SalesforceBudget,
    /// What to start.
    pub recommendation: Recommendation,
    /// Where its files are.
    pub places: Places,
}

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scope {
    /// Records of the sObject.
    pub records: u64,
    /// Files that would be copied.
    pub files: u64,
    /// Accounts with records; a lower bound when [`Self::accounts_exact`] is false.
    pub accounts: u64,
    /// Whether there are no more accounts than are counted by name.
    pub accounts_exact: bool,
    /// Records without account.
    pub records_without_account: u64,
    /// Different URLs of files that would be copied.
    pub different_urls: u64,
    /// Whether that number is exact, or estimated from a part.
    pub different_urls_exact: bool,
}

/// The first of a list, and the sum of the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Told<T> {
    /// Those that are named.
    pub first: Vec<T>,
    /// Records, or files, of those that are not.
    pub others: u64,
}

/// A host or bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HostCount {
    /// As an entry of the allow-list names it, such as `files.example.com` or `s3://bucket`.
    pub place: String,
    /// Whether the allow-list permits every URL that names it.
    pub allowed: bool,
    /// Records whose URL names it. Of records that are skipped the URL is not looked at.
    pub records: u64,
    /// Of them, files that would be copied.
    pub files: u64,
}

/// A file type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileType {
    /// The extension in lower case; empty for none.
    pub extension: String,
    /// Files.
    pub files: u64,
    /// Of them, those whose size is known from the sample.
    pub measured: u64,
    /// Mean of those sizes, in bytes; 0 where there are none.
    pub mean_bytes: u64,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountCount {
    /// 18-character id.
    pub id: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its records.
    pub records: u64,
    /// Files that would be copied.
    pub files: u64,
}

/// Keys in the state bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Places {
    /// This analysis.
    pub analysis: String,
    /// The table of all accounts.
    pub accounts: String,
    /// Prefix of the plan, line by line.
    pub plan: String,
}
