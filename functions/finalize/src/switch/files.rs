//! The files that the run leaves for people.

use drayage_aws::objects::Storage;
use drayage_domain::switch::summary::review_key;
use drayage_lambda_kit::documents::Documents;
use drayage_lambda_kit::error::{FunctionError, STORAGE_UNAVAILABLE};
use drayage_report::{INDEX_HTML, REVIEW_CSV, SwitchReport, content_type, render_switch_page};
use tempfile::NamedTempFile;

/// Puts the list of records to look at, which may be larger than memory, beside the run's other files.
pub(crate) async fn write_review(
    storage: &Storage,
    bucket: &str,
    run_id: &str,
    list: &NamedTempFile,
) -> Result<(), FunctionError> {
    storage
        .put_file(bucket, &review_key(run_id), list.path(), content_type(REVIEW_CSV))
        .await
        .map_err(|error| FunctionError::new(STORAGE_UNAVAILABLE, error.to_string()))
}

/// Writes the page for people.
pub(crate) async fn write_page(
    documents: &Documents,
    key: &str,
    report: &SwitchReport<'_>,
) -> Result<(), FunctionError> {
    let mut page = Vec::new();
    render_switch_page(report, &mut page).map_err(|error| FunctionError::internal(&error))?;
    documents.write_bytes(key, page, content_type(INDEX_HTML)).await
}
