//! What a person passes when starting a `migrate` or a `rollback` execution. `{}` starts a dry run of a migrate; a rollback has to
//! be told what of.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::mode::ModeChoice;
use super::options::Scope;
use crate::input_fields;
use crate::problem::Problem;
use crate::record_ids::{check_records, full_ids};
use crate::run_input::{Trigger, check_accounts};

pub use crate::record_ids::RECORDS_MAX;

/// The input of a `migrate` execution, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of JSON that people write")]
pub struct MigrateInput {
    /// Writes into Salesforce; otherwise the run ends with its plan.
    pub execute: bool,
    /// The hash of the plan that was reviewed: any other plan is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_hash: Option<String>,
    /// Whether a person has to approve the plan before anything is written.
    pub approval: bool,
    /// Only records of these accounts, by id (15 or 18 characters) or by exact name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<String>>,
    /// Only these records, by id (15 or 18 characters).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records: Option<Vec<String>>,
    /// At most so many records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_records: Option<u64>,
    /// Whether what has changed in Salesforce is backed up first (default: true).
    pub backup: bool,
    /// Whether a new URL is opened as a user would open it, before anything is written (default: true).
    pub probe: bool,
    /// `auto` (default), `guarded`, `collections` or `bulk`.
    pub mode: ModeChoice,
    /// `manual` (default) or `schedule`.
    pub trigger: Trigger,
}

impl Default for MigrateInput {
    fn default() -> Self {
        Self {
            execute: false,
            plan_hash: None,
            approval: false,
            accounts: None,
            records: None,
            max_records: None,
            backup: true,
            probe: true,
            mode: ModeChoice::Auto,
            trigger: Trigger::Manual,
        }
    }
}

/// The input of a `rollback` execution, checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RollbackInput {
    /// Writes into Salesforce; otherwise the run ends with its plan.
    pub execute: bool,
    /// The hash of the plan that was reviewed: any other plan is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_hash: Option<String>,
    /// Everything that was switched.
    pub all: bool,
    /// Only what this run has switched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Only records of these accounts, by id (15 or 18 characters) or by exact name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<String>>,
    /// Only these records, by id (15 or 18 characters).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records: Option<Vec<String>>,
    /// A rollback file in the state bucket, by its key, such as `runs/<run>/rollback.jsonl`, or its `s3://` address: what it lists
    /// is put back, whatever the ledger knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// `auto` (default), `guarded`, `collections` or `bulk`.
    pub mode: ModeChoice,
}

/// The fields of [`MigrateInput`] as they are spelled in JSON, with what each takes.
const MIGRATE_FIELDS: [(&str, &str); 10] = [
    ("execute", "true or false"),
    ("planHash", "the 64 hexadecimal digits of a dry run's planHash"),
    ("approval", "true or false"),
    ("accounts", "a list of account ids or names"),
    ("records", "a list of record ids"),
    ("maxRecords", "a whole number from 1"),
    ("backup", "true or false"),
    ("probe", "true or false"),
    ("mode", "\"auto\", \"guarded\", \"collections\" or \"bulk\""),
    ("trigger", "\"manual\" or \"schedule\""),
];

/// The fields of [`RollbackInput`].
const ROLLBACK_FIELDS: [(&str, &str); 8] = [
    ("execute", "true or false"),
    ("planHash", "the 64 hexadecimal digits of a dry run's planHash"),
    ("all", "true or false"),
    ("run", "the id of a migrate run"),
    ("accounts", "a list of account ids or names"),
    ("records", "a list of record ids"),
    ("file", "the key of a rollback file in the state bucket"),
    ("mode", "\"auto\", \"guarded\", \"collections\" or \"bulk\""),
];

impl MigrateInput {
    /// Checks an execution input. Returns every problem, each naming its field.
    pub fn parse(input: &Value) -> Result<Self, Vec<Problem>> {
        let parsed: Self = input_fields::parse(input, &MIGRATE_FIELDS)?;
        let mut problems = Vec::new();
        check_accounts(parsed.accounts.as_deref(), &mut problems);
        check_records(parsed.records.as_deref(), &mut problems);
        check_plan_hash(parsed.plan_hash.as_deref(), &mut problems);
        if parsed.max_records == Some(0) {
            problems.push(Problem::new(
                "maxRecords",
                "is 0, which would switch nothing",
                "give a number from 1, or leave the field out",
            ));
        }
        if parsed.approval && !parsed.execute {
            problems.push(Problem::new(
                "approval",
                "is asked for although nothing is written",
                "add \"execute\": true, or leave it out",
            ));
        }
        if problems.is_empty() { Ok(parsed) } else { Err(problems) }
    }

    /// Which records the run is about.
    pub fn scope(&self) -> Scope {
        Scope {
            accounts: self.accounts.as_deref().map(full_ids),
            records: self.records.as_deref().map(full_ids),
            run: None,
            max_records: self.max_records,
        }
    }
}

impl RollbackInput {
    /// Checks an execution input. Returns every problem, each naming its field.
    pub fn parse(input: &Value) -> Result<Self, Vec<Problem>> {
        let parsed: Self = input_fields::parse(input, &ROLLBACK_FIELDS)?;
        let mut problems = Vec::new();
        check_accounts(parsed.accounts.as_deref(), &mut problems);
        check_records(parsed.records.as_deref(), &mut problems);
        check_plan_hash(parsed.plan_hash.as_deref(), &mut problems);
        let narrowed =
            parsed.run.is_some() || parsed.accounts.is_some() || parsed.records.is_some();
        if parsed.all && (narrowed || parsed.file.is_some()) {
            problems.push(Problem::new(
                "all",
                "contradicts run, accounts, records and file",
                "leave it out to put back only what those select",
            ));
        }
        if !parsed.all && !narrowed && parsed.file.is_none() {
            problems.push(Problem::new(
                "input",
                "does not say what to put back",
                "give run, accounts, records or file, or \"all\": true",
            ));
        }
        if let Some(run) = &parsed.run
            && run.trim().is_empty()
        {
            problems.push(Problem::new("run", "is blank", "give the id of a migrate run"));
        }
        if let Some(file) = &parsed.file
            && (file.trim().is_empty() || (file.contains("://") && !file.starts_with("s3://")))
        {
            problems.push(Problem::new(
                "file",
                format!("{file:?} is not a place in the state bucket"),
                "give the rollbackFile of a summary, or a key such as runs/<run>/rollback.jsonl",
            ));
        }
        if problems.is_empty() { Ok(parsed) } else { Err(problems) }
    }

    /// Which records the run is about.
    pub fn scope(&self) -> Scope {
        Scope {
            accounts: self.accounts.as_deref().map(full_ids),
            records: self.records.as_deref().map(full_ids),
            run: self.run.clone(),
            max_records: None,
        }
    }
}

fn check_plan_hash(hash: Option<&str>, problems: &mut Vec<Problem>) {
    let Some(hash) = hash else { return };
    if hash.len() != 64 || !hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        problems.push(Problem::new(
            "planHash",
            "is not the hash of a plan",
            "copy planHash from the summary of a dry run: 64 hexadecimal digits",
        ));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::id::RecordId;

    fn places(problems: Vec<Problem>) -> Vec<String> {
        problems.into_iter().map(|problem| problem.place).collect()
    }

    #[test]
    fn an_empty_input_writes_nothing() {
        let input = MigrateInput::parse(&json!({})).unwrap();
        assert!(!input.execute && input.backup && input.probe);
        assert_eq!(places(RollbackInput::parse(&json!({})).unwrap_err()), ["input"]);
    }

    #[test]
    fn ids_of_15_characters_are_completed() {
        let input = RollbackInput::parse(&json!({"records": ["a0B000000000001"]})).unwrap();
        let records = input.scope().records.unwrap();
        assert_eq!(records[0].len(), 18);
    }

    #[test]
    fn bad_ids_are_named_and_the_same_id_twice_is_one() {
        let problems = RollbackInput::parse(&json!({
            "records": ["a0B000000000001", "short", "a0B000000000001AAX"], "planHash": "abc"
        }))
        .unwrap_err();
        assert!(problems[0].message.contains("\"short\""), "{}", problems[0].message);
        assert_eq!(places(problems), ["records", "planHash"]);
        let full = RecordId::parse("a0B000000000001").unwrap().as_str().to_owned();
        let twice = RollbackInput::parse(&json!({"records": ["a0B000000000001", full]}));
        assert!(twice.unwrap_err()[0].message.contains("twice"));
    }

    #[test]
    fn contradictions_are_refused() {
        assert_eq!(
            places(RollbackInput::parse(&json!({"all": true, "run": "r"})).unwrap_err()),
            ["all"]
        );
        assert_eq!(
            places(MigrateInput::parse(&json!({"approval": true})).unwrap_err()),
            ["approval"]
        );
        assert_eq!(
            places(MigrateInput::parse(&json!({"maxRecords": 0})).unwrap_err()),
            ["maxRecords"]
        );
    }
}
