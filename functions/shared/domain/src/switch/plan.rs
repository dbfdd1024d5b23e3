//! The plan of a run that writes into Salesforce: what a person reviews before anything happens, and where its parts are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::line::{Direction, SwitchLine};
use super::mode::{ModeDecision, SwitchEstimate};
use crate::org::Org;
use crate::run_files::kept;

/// The plan as it is kept in the state bucket, beside its batches. Written once, before anything else happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SwitchPlan {
    /// The run.
    pub run_id: String,
    /// Which way.
    pub direction: Direction,
    /// Whether it is going to be carried out.
    pub execute: bool,
    /// API name of the sObject.
    pub object: String,
    /// API name of the URL field.
    pub field: String,
    /// The org's 18-character id, if its sign-in tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_id: Option<String>,
    /// The org, as its own record describes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<Org>,
    /// Names the content of the plan: the same records with the same texts have the same hash, in any run.
    pub hash: String,
    /// Records to be written.
    pub records: u64,
    /// Accounts that they belong to.
    pub accounts: u64,
    /// Batches of lines.
    pub batches: u32,
    /// Lanes of batches.
    pub lanes: u32,
    /// Ledger rows in scope that are not in the plan, by the reason: `switched`, `failed.access_denied`, ….
    pub not_planned: BTreeMap<String, u64>,
    /// How Salesforce is told, and why so.
    pub mode: ModeDecision,
    /// What opening one new URL as a user has shown; none if nobody asked, or in a rollback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<Probe>,
    /// What has to hold before anything may be written.
    pub readiness: Vec<Check>,
    /// What it will take.
    pub estimate: SwitchEstimate,
    /// Key of the rollback file in the state bucket; only where the plan is carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_file: Option<String>,
    /// Key of the list of every record, from and to, as CSV.
    pub list: String,
    /// When, RFC 3339.
    pub planned_at: String,
}

impl SwitchPlan {
    /// Whether every check holds.
    pub fn ready(&self) -> bool {
        self.readiness.iter().all(|check| check.state != CheckState::Failed)
    }
}

/// What opening one new URL has shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    /// The URL. New URLs carry no secret.
    pub url: String,
    /// Whether a user can open it.
    pub reachable: bool,
    /// What was seen, in a sentence.
    pub found: String,
}

/// One condition of readiness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// Its fixed name, such as `backup_accounted_for`.
    pub name: String,
    /// How it stands.
    pub state: CheckState,
    /// What was found, in a sentence; with a hint where it does not hold.
    pub found: String,
}

/// How a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckState {
    /// It holds.
    Passed,
    /// It holds, and a person should know something.
    Warning,
    /// It does not: nothing is written.
    Failed,
}

/// Hashes the lines of a plan in their order.
#[derive(Debug, Clone, Default)]
pub struct PlanHasher {
    digest: Sha256,
}

impl PlanHasher {
    /// Takes the next line. Only what is written where counts: a renamed account is no other plan.
    pub fn push(&mut self, line: &SwitchLine) {
        for text in [Some(&line.record_id), line.from.as_ref(), line.to.as_ref()] {
            // A length before each text, so that no two lists of texts look alike; null is no length at all.
            match text {
                Some(text) => {
                    let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
                    self.digest.update([1]);
                    self.digest.update(length.to_be_bytes());
                    self.digest.update(text.as_bytes());
                }
                None => self.digest.update([0]),
            }
        }
    }

    /// The hash, as 64 hexadecimal digits.
    pub fn finish(self) -> String {
        hex::encode(self.digest.finalize())
    }
}

/// The order of a plan: by account, then by record. Records without an account come first.
pub fn order(one: &SwitchLine, other: &SwitchLine) -> std::cmp::Ordering {
    (&one.account_id, &one.record_id).cmp(&(&other.account_id, &other.record_id))
}

/// The key of a run's plan.
pub fn plan_key(run_id: &str) -> String {
    kept(run_id, "plan.json")
}

/// The key of the list of a plan's records.
pub fn list_key(run_id: &str) -> String {
    kept(run_id, "plan.csv")
}

/// The key of a run's rollback file.
pub fn rollback_file_key(run_id: &str) -> String {
    kept(run_id, "rollback.jsonl")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str, from: Option<&str>, to: Option<&str>) -> SwitchLine {
        SwitchLine {
            record_id: id.to_owned(),
            account_id: None,
            account_name: None,
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
        }
    }

    fn hash(lines: &[SwitchLine]) -> String {
        let mut hasher = PlanHasher::default();
        for line in lines {
            hasher.push(line);
        }
        hasher.finish()
    }

    #[test]
    fn the_hash_tells_every_text_from_every_other() {
        let plans = [
            vec![],
            vec![line("a", Some("b"), Some("c"))],
            vec![line("a", Some("bc"), Some(""))],
            vec![line("a", Some(""), Some("bc"))],
            vec![line("a", None, Some("bc"))],
            vec![line("a", Some("b"), Some("c")), line("a", Some("b"), Some("c"))],
        ];
        let mut hashes: Vec<String> = plans.iter().map(|lines| hash(lines)).collect();
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), plans.len());
    }

    #[test]
    fn a_renamed_account_is_no_other_plan() {
        let before = line("a", Some("b"), Some("c"));
        let after = SwitchLine { account_name: Some("New".to_owned()), ..before.clone() };
        assert_eq!(hash(&[before]), hash(&[after]));
    }
}
