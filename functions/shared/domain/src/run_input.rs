//! What a person or a schedule passes when starting a `backup` execution. `{}` starts a full backup with the stack's
//! settings.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::extension::ExtensionSet;
use crate::input_fields;
use crate::problem::Problem;
use crate::record_ids::check_records;

/// Which records a backup copies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Every record; a file that was copied before is checked against its source and copied again only if it changed.
    #[default]
    Full,
    /// A full sweep of Salesforce compared with the ledger; only what differs is looked at.
    Incremental,
}

/// How records are read from Salesforce.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QueryApi {
    /// Bulk API 2.0 at or above the configured count, else REST.
    #[default]
    Auto,
    /// REST query pages.
    Rest,
    /// A Bulk API 2.0 query job.
    Bulk,
}

/// Who started the execution.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trigger {
    /// A person, from the console or a command.
    #[default]
    Manual,
    /// EventBridge Scheduler. A run that meets a running one ends as skipped instead of failed.
    Schedule,
}

/// The input of a `backup` execution, checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BackupInput {
    /// `full` (default) or `incremental`.
    #[serde(default)]
    pub mode: Mode,
    /// Only records of these accounts, by id (15 or 18 characters) or by exact name. Absent: all accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<String>>,
    /// Only these records, by id (15 or 18 characters): they are read and planned whatever the ledger knows of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<Vec<String>>,
    /// At most so many files are copied; the others are recorded as skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_files: Option<u64>,
    /// Only these file extensions; overrides the stack's list. Empty: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_extensions: Option<Vec<String>>,
    /// Larger files are skipped; overrides the stack's limit. In megabytes of 1,048,576 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_file_size_mb: Option<u64>,
    /// Files per batch; overrides the stack's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_size: Option<u32>,
    /// Plan only: nothing is copied and no ledger row is written.
    #[serde(default)]
    pub dry_run: bool,
    /// `auto` (default), `rest` or `bulk`.
    #[serde(default)]
    pub query_api: QueryApi,
    /// `manual` (default) or `schedule`.
    #[serde(default)]
    pub trigger: Trigger,
    /// The run that this one is a step of, and whose lock it works under. Set by state machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_run: Option<String>,
}

/// Files per batch: enough to make a message worth its price, few enough for one Lambda invocation.
pub const BATCH_SIZE_MAX: u32 = 1000;

/// The list goes with the input through every step of an execution, whose states take 256 KiB; a name has at most 255 characters
/// (<https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>).
pub const ACCOUNTS_MAX: usize = 200;

/// The fields of [`BackupInput`] as they are spelled in JSON, with what each takes.
const FIELDS: [(&str, &str); 11] = [
    ("mode", "\"full\" or \"incremental\""),
    ("accounts", "a list of account ids or names"),
    ("records", "a list of record ids"),
    ("maxFiles", "a whole number from 1"),
    ("allowedExtensions", "a list such as [\"pdf\", \"docx\"]"),
    ("maxFileSizeMb", "a whole number from 1"),
    ("batchSize", "a whole number from 1 to 1000"),
    ("dryRun", "true or false"),
    ("queryApi", "\"auto\", \"rest\" or \"bulk\""),
    ("trigger", "\"manual\" or \"schedule\""),
    ("parentRun", "the run that this one is a step of"),
];

impl BackupInput {
    /// Checks an execution input. Returns every problem, each naming its field.
    pub fn parse(input: &Value) -> Result<Self, Vec<Problem>> {
        let parsed: Self = input_fields::parse(input, &FIELDS)?;
        let mut problems = Vec::new();
        parsed.check(&mut problems);
        if problems.is_empty() { Ok(parsed) } else { Err(problems) }
    }

    fn check(&self, problems: &mut Vec<Problem>) {
        for (name, value) in [
            ("maxFiles", self.max_files),
            ("maxFileSizeMb", self.max_file_size_mb),
            ("batchSize", self.batch_size.map(u64::from)),
        ] {
            if value == Some(0) {
                problems.push(Problem::new(
                    name,
                    "is 0, which would copy nothing",
                    "give a number from 1, or leave the field out",
                ));
            }
        }
        if self.batch_size.is_some_and(|size| size > BATCH_SIZE_MAX) {
            problems.push(Problem::new(
                "batchSize",
                format!("is above {BATCH_SIZE_MAX}"),
                "a batch has to fit one Lambda invocation; 100 is a good size",
            ));
        }
        if let Some(extensions) = &self.allowed_extensions
            && let Err(errors) = ExtensionSet::from_entries(extensions.iter().map(String::as_str))
        {
            problems
                .extend(errors.iter().map(|error| Problem::from_error("allowedExtensions", error)));
        }
        check_accounts(self.accounts.as_deref(), problems);
        check_records(self.records.as_deref(), problems);
        self.check_selection(problems);
        if self.trigger == Trigger::Schedule && self.dry_run {
            problems.push(Problem::new(
                "dryRun",
                "contradicts trigger \"schedule\": a scheduled run that copies nothing looks like a backup and is none",
                "leave one of the two out",
            ));
        }
    }
}

impl BackupInput {
    /// A list of records is all that there is to say about which records, and about how they are read.
    fn check_selection(&self, problems: &mut Vec<Problem>) {
        if self.records.is_none() {
            return;
        }
        let contradictions = [
            ("accounts", self.accounts.is_some(), "leave one of the two out"),
            ("maxFiles", self.max_files.is_some(), "leave it out, or list fewer records"),
            (
                "mode",
                self.mode == Mode::Incremental,
                "leave the mode out: listed records are looked at whatever the ledger knows",
            ),
            (
                "queryApi",
                self.query_api == QueryApi::Bulk,
                "leave it out: listed records are read by REST",
            ),
        ];
        for (name, contradicts, hint) in contradictions {
            if contradicts {
                problems.push(Problem::new(name, "contradicts records", hint));
            }
        }
    }
}

/// An account list: ids or names, each once.
pub(crate) fn check_accounts(accounts: Option<&[String]>, problems: &mut Vec<Problem>) {
    let Some(accounts) = accounts else { return };
    if accounts.is_empty() {
        problems.push(Problem::new(
            "accounts",
            "is an empty list, which would select nothing",
            "leave the field out to take all accounts",
        ));
    }
    if accounts.len() > ACCOUNTS_MAX {
        problems.push(Problem::new(
            "accounts",
            format!("has {} entries, more than {ACCOUNTS_MAX}", accounts.len()),
            "split the run, or leave the field out",
        ));
    }
    let mut seen = BTreeSet::new();
    for (index, account) in accounts.iter().enumerate() {
        if account.trim().is_empty() {
            problems.push(Problem::new(
                "accounts",
                "has a blank entry",
                "give an account id or a name",
            ));
        } else if !seen.insert(account) {
            // A name may be a person's: what is refused is told in logs and notices.
            problems.push(Problem::new(
                "accounts",
                format!("names entry {} twice", index + 1),
                "name each account once",
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_empty_input_is_a_full_backup() {
        assert_eq!(BackupInput::parse(&json!({})), Ok(BackupInput::default()));
        assert_eq!(BackupInput::default().mode, Mode::Full);
    }

    #[test]
    fn all_problems_are_told_at_once_and_by_name() {
        let problems = BackupInput::parse(&json!({
            "mode": "fulll", "max_files": 3, "maxFileSizeMb": -1, "nonsense": true
        }))
        .unwrap_err();
        let mut places: Vec<_> = problems.iter().map(|problem| problem.place.as_str()).collect();
        places.sort_unstable();
        assert_eq!(places, ["maxFileSizeMb", "max_files", "mode", "nonsense"]);
        let near = problems.iter().find(|problem| problem.place == "max_files").unwrap();
        assert_eq!(near.hint, "did you mean `maxFiles`?");
    }

    #[test]
    fn values_that_would_do_nothing_are_refused() {
        let problems = BackupInput::parse(&json!({
            "accounts": [], "maxFiles": 0, "batchSize": 5000, "allowedExtensions": ["p/df"]
        }))
        .unwrap_err();
        let places: Vec<_> = problems.iter().map(|problem| problem.place.as_str()).collect();
        assert_eq!(places, ["maxFiles", "batchSize", "allowedExtensions", "accounts"]);
    }

    #[test]
    fn a_scheduled_dry_run_is_a_contradiction() {
        let problems =
            BackupInput::parse(&json!({"trigger": "schedule", "dryRun": true})).unwrap_err();
        assert_eq!(problems.len(), 1);
    }

    #[test]
    fn a_list_of_records_stands_alone() {
        let listed = BackupInput::parse(&json!({"records": ["a0B000000000001"], "dryRun": true}));
        assert!(listed.unwrap().records.is_some());
        let problems = BackupInput::parse(&json!({
            "records": ["a0B000000000001", "a0B000000000001AAX"], "accounts": ["Acme"], "maxFiles": 1,
            "mode": "incremental", "queryApi": "bulk"
        }))
        .unwrap_err();
        let places: Vec<_> = problems.iter().map(|problem| problem.place.as_str()).collect();
        assert_eq!(places, ["records", "accounts", "maxFiles", "mode", "queryApi"]);
        for bad in [json!([]), json!(vec!["a0B000000000001"; 2])] {
            assert_eq!(BackupInput::parse(&json!({ "records": bad })).unwrap_err().len(), 1);
        }
    }

    #[test]
    fn an_input_that_is_no_object_is_refused() {
        assert!(BackupInput::parse(&json!([1])).is_err());
    }
}
