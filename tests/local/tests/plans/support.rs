//! What tests of plans share.

use drayage_domain::outcome::Outcome;
use drayage_domain::record::{ObjectFields, SourceRecord};
use drayage_domain::run::{RunOptions, SourceAccess};
use drayage_domain::run_input::{Mode, QueryApi, Trigger};
use drayage_sim::dataset::{ALLOWED_EXTENSIONS, Dataset, Entry, MAX_FILE_SIZE_MB};

/// Outcomes that only an attempt to copy can bring.
const BY_COPYING: [&str; 7] = [
    "verified",
    "source_gone.object_missing",
    "skipped.too_large",
    "failed.access_denied",
    "failed.ambiguous_key",
    "failed.error_page",
    "failed.redirect_refused",
];

/// What is planned for a record that is expected to end so.
pub(crate) fn planned(expected: &str) -> String {
    if BY_COPYING.contains(&expected) { Outcome::Planned.label() } else { expected.to_owned() }
}

/// An entry as it is read from Salesforce.
pub(crate) fn record(dataset: &Dataset, entry: &Entry) -> SourceRecord {
    let account = entry.account.and_then(|index| dataset.accounts.get(index));
    SourceRecord {
        id: entry.id.clone(),
        url: entry.url.clone(),
        account_id: account.map(|account| account.id.clone()),
        account_name: account.map(|account| account.name.clone()),
        ..SourceRecord::default()
    }
}

/// The options of a run over `dataset`.
pub(crate) fn options(dataset: &Dataset) -> RunOptions {
    RunOptions {
        mode: Mode::Full,
        dry_run: false,
        trigger: Trigger::Manual,
        query_api: QueryApi::Auto,
        bulk_threshold: 50_000,
        fields: ObjectFields::new(
            "DocListEntry__c".to_owned(),
            "Document__c".to_owned(),
            "Account__c".to_owned(),
        ),
        accounts: None,
        records: None,
        max_files: None,
        allowed_extensions: ALLOWED_EXTENSIONS.split(',').map(str::to_owned).collect(),
        max_file_bytes: MAX_FILE_SIZE_MB * 1024 * 1024,
        batch_size: 100,
        source_access: SourceAccess::Role,
        source_hosts: dataset.source_hosts(),
        destination_bucket: dataset.options.destination_bucket.clone(),
        destination_prefix: "uploads".to_owned(),
        new_url_base: format!(
            "https://{}.s3.us-east-1.amazonaws.com/",
            dataset.options.destination_bucket
        ),
        repair: false,
        parent_run: None,
        url_length_max: 255,
        previous_backup: None,
        org: None,
        analysis: None,
    }
}
