//! What a run that writes into Salesforce was asked to do, frozen when it starts.

use serde::{Deserialize, Serialize};

use super::input::{MigrateInput, RollbackInput};
use super::line::Direction;
use super::mode::ModeChoice;
use crate::org::Org;
use crate::record::ObjectFields;
use crate::run_input::Trigger;
use crate::settings::{Settings, URL_LENGTH_MAX};

/// Which records a run is about. Everything that is given has to fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scope {
    /// Only these accounts: 18-character ids, or exact names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<String>>,
    /// Only these records: 18-character ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<Vec<String>>,
    /// Only records that this run has switched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// At most so many records, in the order of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_records: Option<u64>,
}

impl Scope {
    /// Whether a record is in scope, but for [`Scope::max_records`].
    ///
    /// * `account`: id and name of the record's account.
    /// * `switched_by`: the run that has switched it.
    pub fn includes(
        &self,
        record_id: &str,
        account: (Option<&str>, Option<&str>),
        switched_by: Option<&str>,
    ) -> bool {
        let (account_id, account_name) = account;
        let named = |value: Option<&str>, list: &[String]| {
            value.is_some_and(|value| list.iter().any(|one| one == value))
        };
        self.accounts
            .as_ref()
            .is_none_or(|accounts| named(account_id, accounts) || named(account_name, accounts))
            && self.records.as_ref().is_none_or(|records| named(Some(record_id), records))
            && self.run.as_ref().is_none_or(|run| switched_by == Some(run.as_str()))
    }
}

/// Everything that `migrate` and `rollback` need to know. It is stored with the run and holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SwitchOptions {
    /// Which way.
    pub direction: Direction,
    /// Whether anything is written; otherwise the run ends with its plan.
    pub execute: bool,
    /// The plan that was reviewed: any other is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_hash: Option<String>,
    /// Whether a person has to approve between plan and writing.
    #[serde(default)]
    pub approval: bool,
    /// Whether one new URL is opened as a user would open it, before anything is written.
    pub probe: bool,
    /// How Salesforce is told.
    pub mode: ModeChoice,
    /// Which records.
    pub scope: Scope,
    /// Key of a rollback file in the state bucket, which is used in place of the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_file: Option<String>,
    /// The sObject and its fields.
    pub fields: ObjectFields,
    /// Length of the URL field in characters.
    pub url_length_max: usize,
    /// The org that the run writes into: its 18-character id, if its sign-in tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_id: Option<String>,
    /// The org, as its own record describes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<Org>,
    /// The destination bucket.
    pub destination_bucket: String,
    /// What the new URL of an object starts with; ends in a slash.
    pub new_url_base: String,
    /// Who started it.
    pub trigger: Trigger,
}

impl SwitchOptions {
    /// The options of a `migrate` run: the stack's settings with the execution's input applied.
    pub fn migrate(settings: &Settings, input: &MigrateInput) -> Self {
        Self {
            execute: input.execute,
            plan_hash: input.plan_hash.clone(),
            approval: input.approval,
            probe: input.probe,
            mode: input.mode,
            scope: input.scope(),
            trigger: input.trigger,
            ..Self::of(settings, Direction::Switch)
        }
    }

    /// The options of a `rollback` run.
    pub fn rollback(settings: &Settings, input: &RollbackInput) -> Self {
        Self {
            execute: input.execute,
            plan_hash: input.plan_hash.clone(),
            mode: input.mode,
            scope: input.scope(),
            rollback_file: input.file.as_ref().map(|file| {
                let own = format!("s3://{}/", settings.state_bucket);
                file.strip_prefix(&own).unwrap_or(file).to_owned()
            }),
            ..Self::of(settings, Direction::Restore)
        }
    }

    fn of(settings: &Settings, direction: Direction) -> Self {
        Self {
            direction,
            execute: false,
            plan_hash: None,
            approval: false,
            probe: false,
            mode: ModeChoice::Auto,
            scope: Scope::default(),
            rollback_file: None,
            fields: settings.fields.clone(),
            url_length_max: URL_LENGTH_MAX,
            org_id: None,
            org: None,
            destination_bucket: settings.destination_bucket.clone(),
            new_url_base: settings.new_url_base.clone(),
            trigger: Trigger::Manual,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_given_has_to_fit() {
        let all = Scope::default();
        assert!(all.includes("a", (None, None), None));
        let scope = Scope {
            accounts: Some(vec!["001".to_owned(), "Acme".to_owned()]),
            run: Some("r".to_owned()),
            ..Scope::default()
        };
        assert!(scope.includes("a", (Some("001"), None), Some("r")));
        assert!(scope.includes("a", (Some("002"), Some("Acme")), Some("r")));
        assert!(!scope.includes("a", (Some("001"), None), Some("other")));
        assert!(!scope.includes("a", (None, None), Some("r")));
    }
}
