//! The input of an `analyze` execution. `{}` looks at every record with the stack's settings.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::sample::{SAMPLE_DEFAULT, SAMPLE_MAX};
use crate::input_fields;
use crate::problem::Problem;
use crate::run_input::{BackupInput, QueryApi};

/// The input, checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnalyzeInput {
    /// Only records of these accounts, by id (15 or 18 characters) or by exact name. Absent: all accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<String>>,
    /// Only these file extensions; overrides the stack's list. Empty: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_extensions: Option<Vec<String>>,
    /// Larger files are skipped; overrides the stack's limit. In megabytes of 1,048,576 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_file_size_mb: Option<u64>,
    /// `auto` (default), `rest` or `bulk`.
    #[serde(default)]
    pub query_api: QueryApi,
    /// Files whose size is asked for; 0 for none. Absent: 400.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<u32>,
}

/// The fields of [`AnalyzeInput`] as they are spelled in JSON, with what each takes.
const FIELDS: [(&str, &str); 5] = [
    ("accounts", "a list of account ids or names"),
    ("allowedExtensions", "a list such as [\"pdf\", \"docx\"]"),
    ("maxFileSizeMb", "a whole number from 1"),
    ("queryApi", "\"auto\", \"rest\" or \"bulk\""),
    ("sample", "a whole number from 0 to 5000"),
];

impl AnalyzeInput {
    /// Checks an execution input. Returns every problem, each naming its field.
    pub fn parse(input: &Value) -> Result<Self, Vec<Problem>> {
        let parsed: Self = input_fields::parse(input, &FIELDS)?;
        let mut problems = Vec::new();
        let plan = serde_json::to_value(parsed.backup()).unwrap_or_default();
        if let Err(found) = BackupInput::parse(&plan) {
            problems.extend(found);
        }
        if parsed.sample.is_some_and(|sample| sample > SAMPLE_MAX) {
            problems.push(Problem::new(
                "sample",
                format!("is above {SAMPLE_MAX}"),
                "four times as many files halve the error; 400 are a good number",
            ));
        }
        if problems.is_empty() { Ok(parsed) } else { Err(problems) }
    }

    /// The dry run of a full backup, whose plan is looked at.
    pub fn backup(&self) -> BackupInput {
        BackupInput {
            accounts: self.accounts.clone(),
            allowed_extensions: self.allowed_extensions.clone(),
            max_file_size_mb: self.max_file_size_mb,
            query_api: self.query_api,
            dry_run: true,
            ..BackupInput::default()
        }
    }

    /// Size of the sample.
    pub fn sample_size(&self) -> u32 {
        self.sample.unwrap_or(SAMPLE_DEFAULT)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_empty_input_is_a_dry_run_over_everything() {
        let input = AnalyzeInput::parse(&json!({})).unwrap();
        assert_eq!(input.sample_size(), SAMPLE_DEFAULT);
        assert_eq!(input.backup(), BackupInput { dry_run: true, ..BackupInput::default() });
    }

    #[test]
    fn every_problem_is_told_by_its_field() {
        let input = json!({"accounts": [], "maxFileSizeMb": 0, "sample": 5001});
        let problems = AnalyzeInput::parse(&input).unwrap_err();
        let places: Vec<&str> = problems.iter().map(|problem| problem.place.as_str()).collect();
        assert_eq!(places, ["maxFileSizeMb", "accounts", "sample"]);
        assert!(AnalyzeInput::parse(&json!({"dryRun": false})).is_err());
    }
}
