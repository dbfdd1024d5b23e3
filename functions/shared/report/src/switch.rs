//! What a run that writes into Salesforce leaves for people, beside its summary: the list of records to look at, and a page.

mod review;

use drayage_domain::switch::summary::SwitchSummary;

pub use review::{REVIEW_COLUMNS, ReviewWriter};

/// So many records are shown on the page; the list has all of them.
pub const REVIEW_SHOWN_MAX: usize = 200;

/// Everything that is on the page.
#[derive(Debug, Clone)]
pub struct SwitchReport<'a> {
    /// The run's summary.
    pub summary: &'a SwitchSummary,
    /// What was written, such as `Document__c.Url__c`.
    pub field: String,
    /// The accounts of the plan's records.
    pub accounts: u64,
    /// The first records to look at.
    pub review: Vec<ReviewRow>,
    /// How many there are.
    pub review_total: u64,
    /// Carries out the plan of a dry run, or undoes what a run has switched.
    pub command: Option<String>,
    /// Where the summary is.
    pub summary_at: String,
}

/// One record that a person has to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewRow {
    /// Its id.
    pub record_id: String,
    /// Its account's id.
    pub account: Option<String>,
    /// The outcome's label.
    pub outcome: String,
    /// What happened, where there is more to say than the outcome.
    pub message: Option<String>,
    /// The label of what the second look has found.
    pub surprise: Option<String>,
}
