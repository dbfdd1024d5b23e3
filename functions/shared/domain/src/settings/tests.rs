//! What settings are taken, and what is said of those that are not.

use std::collections::BTreeMap;

use super::*;

pub(crate) fn complete() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([
        (variables::FILES_TABLE, "files"),
        (variables::RUNS_TABLE, "runs"),
        (variables::STATE_BUCKET, "state-bucket"),
        (variables::DESTINATION_BUCKET, "destination-bucket"),
        (variables::SALESFORCE_SECRET, "drayage/salesforce"),
        (variables::SOURCE_ACCESS, "https"),
        (variables::SOURCE_HOSTS, "files.example.com"),
        (variables::COPY_QUEUE_URL, "https://queue"),
        (variables::REGION, "eu-west-1"),
    ])
}

pub(crate) fn read(values: &BTreeMap<&str, &str>) -> Result<Settings, Vec<Problem>> {
    Settings::from_lookup(|name| values.get(name).map(|value| (*value).to_owned()))
}

#[test]
fn defaults_fill_what_is_left_out() {
    let settings = read(&complete()).unwrap();
    assert_eq!(settings.batch_size, 100);
    assert_eq!(settings.max_file_bytes, 100 * MEGABYTE);
    assert_eq!(settings.fields.object, "DocListEntry__c");
    assert_eq!(settings.new_url_base, "https://destination-bucket.s3.eu-west-1.amazonaws.com/");
    assert_eq!(settings.migration(), "destination-bucket/uploads");
}

#[test]
fn every_problem_is_told_at_once() {
    let mut values = complete();
    values.remove(variables::RUNS_TABLE);
    values.insert(variables::BATCH_SIZE, "many");
    values.insert(variables::SOURCE_ACCESS, "keys");
    values.insert(variables::DESTINATION_PREFIX, "../up");
    values.insert(variables::URL_FIELD, "Document__c; DROP");
    let mut places: Vec<_> =
        read(&values).unwrap_err().into_iter().map(|problem| problem.place).collect();
    places.sort();
    assert_eq!(
        places,
        [
            variables::BATCH_SIZE,
            variables::DESTINATION_PREFIX,
            variables::RUNS_TABLE,
            variables::SOURCE_SECRET,
            variables::URL_FIELD,
        ]
    );
}

#[test]
fn state_and_files_need_buckets_of_their_own() {
    let mut values = complete();
    values.insert(variables::STATE_BUCKET, "destination-bucket");
    assert_eq!(read(&values).unwrap_err()[0].place, variables::STATE_BUCKET);
}

#[test]
fn an_input_overrides_the_settings_of_its_run_only() {
    let settings = read(&complete()).unwrap();
    let input =
        BackupInput { max_file_size_mb: Some(1), batch_size: Some(7), ..BackupInput::default() };
    let options = settings.options(&input);
    assert_eq!((options.max_file_bytes, options.batch_size), (MEGABYTE, 7));
    assert_eq!(settings.options(&BackupInput::default()).batch_size, 100);
}
