//! The org: from the secret to the records.

use drayage_aws::clients::Clients;
use drayage_domain::diagnosis::{ApiCalls, Diagnosis};
use drayage_domain::run_input::BackupInput;
use drayage_domain::settings::Settings;
use drayage_domain::switch::plan::Check;
use drayage_lambda_kit::error::FunctionError;
use drayage_lambda_kit::salesforce;
use drayage_salesforce::{Client, Describe};

use super::{failed, passed, told, warning};
use crate::checks;
use crate::checks::budget::{self, Calls};
use crate::checks::object::{self, Room, Use};

/// What is found in the org. Each of secret, sign-in and API version is needed by all that follows.
pub(super) async fn look(clients: &Clients, settings: &Settings) -> Diagnosis {
    let mut found = Diagnosis::default();
    let client = match salesforce::connect(clients, &settings.salesforce_secret).await {
        Ok(client) => client,
        Err(error) => {
            found.checks.push(failed("salesforce_secret", &error));
            return found;
        }
    };
    found.checks.push(passed("salesforce_secret", "it can be read, and has the right shape"));
    let session = match client.login().await {
        Ok(session) => session,
        Err(error) => {
            found.checks.push(failed("sign_in", &FunctionError::from(error)));
            return found;
        }
    };
    found.checks.push(passed("sign_in", "Salesforce has signed the user in"));
    let served = checks::api_version(&client).await;
    let is_served = served.is_ok();
    let good = format!("the org serves version {}", session.api_version);
    found.checks.push(told("api_version", served, good));
    found.api_version = Some(session.api_version);
    if is_served {
        look_inside(&client, settings, &mut found).await;
    }
    found
}

async fn look_inside(client: &Client, settings: &Settings, found: &mut Diagnosis) {
    match checks::org(client).await {
        Ok(Some(org)) => {
            found.checks.push(passed("org", org.described()));
            found.org = Some(org);
        }
        Ok(None) => found.checks.push(warning(
            "org",
            "our user may not see the org's name and whether it is a sandbox; hint: give the integration user the \
             permission View Setup and Configuration",
        )),
        Err(error) => found.checks.push(failed("org", &error)),
    }
    match object::describe(client, &settings.fields).await {
        Ok(description) => {
            let object = &settings.fields.object;
            found.checks.push(passed("object", format!("our user sees {object}")));
            found.checks.extend(fields(&description, settings));
            match budget::count(client, &settings.fields).await {
                Ok(records) => {
                    found.checks.push(passed("records", format!("{records} of {object}")));
                    found.records = Some(records);
                }
                Err(error) => found.checks.push(failed("records", &error)),
            }
        }
        Err(error) => found.checks.push(failed("object", &error)),
    }
    match budget::calls(client).await {
        Ok(calls) => {
            found.checks.push(api_calls(settings, found.records, calls));
            found.api_calls = calls
                .and_then(|Calls { max, remaining }| max.map(|max| ApiCalls { max, remaining }));
        }
        Err(error) => found.checks.push(failed("api_calls", &error)),
    }
}

/// The fields, by what is done with them: reading comes first, writing belongs to migrations only.
fn fields(description: &Describe, settings: &Settings) -> Vec<Check> {
    let fields = &settings.fields;
    let object = &fields.object;
    let readable = object::examine(description, fields, Use::Read).map(drop);
    let good = format!("our user can read {} and {}", fields.url_field, fields.account_field);
    let mut checks = vec![told("fields", readable, good)];
    let Some(field) = description.field(&fields.url_field) else { return checks };
    checks.push(match object::read_only_problem(field, object) {
        None => passed("field_updateable", format!("our user can edit {}", field.name)),
        Some(problem) => warning("field_updateable", &format!("no migration: {problem}")),
    });
    let room = Room { prefix: &settings.destination_prefix, new_url_base: &settings.new_url_base };
    checks.push(match (object::length_problem(field, object, room), object::length(field)) {
        (Some(problem), _) => warning("url_length", &format!("no migration: {problem}")),
        (None, Some(length)) => passed(
            "url_length",
            format!("{} holds {length} characters, enough for the shortest new URL", field.name),
        ),
        (None, None) => passed("url_length", format!("{} has no limit", field.name)),
    });
    checks
}

/// Whether a full backup would be started.
fn api_calls(settings: &Settings, records: Option<u64>, calls: Option<Calls>) -> Check {
    let needed = budget::needed(&settings.options(&BackupInput::default()), records.unwrap_or(0));
    let good = match calls {
        None => "the org does not tell how many it has left".to_owned(),
        Some(Calls { max: None, remaining }) => {
            format!("{remaining} left today; a full backup needs about {needed}")
        }
        Some(Calls { max: Some(max), remaining }) => {
            format!("{remaining} of {max} left today; a full backup needs about {needed}")
        }
    };
    told("api_calls", budget::suffices(needed, calls), good)
}

#[cfg(test)]
mod tests {
    use drayage_domain::settings::variables;
    use drayage_domain::switch::plan::CheckState;
    use serde_json::{Value, json};

    use super::*;

    fn settings() -> Settings {
        Settings::from_lookup(|name| {
            let value = match name {
                variables::SOURCE_ACCESS => "https",
                variables::SOURCE_HOSTS => "files.example.com",
                variables::STATE_BUCKET => "state-bucket",
                variables::REGION => "eu-west-1",
                variables::FILES_TABLE
                | variables::RUNS_TABLE
                | variables::DESTINATION_BUCKET
                | variables::SALESFORCE_SECRET
                | variables::COPY_QUEUE_URL => "some-name",
                _ => return None,
            };
            Some(value.to_owned())
        })
        .unwrap()
    }

    fn states(url_field: &Value) -> Vec<(String, CheckState)> {
        let account = json!({
            "name": "Account__c", "type": "reference", "relationshipName": "Account__r"
        });
        let description =
            serde_json::from_value(json!({ "fields": [url_field, account] })).unwrap();
        let checks = fields(&description, &settings());
        assert!(
            checks
                .iter()
                .all(|check| check.state == CheckState::Passed || check.found.contains("hint: "))
        );
        checks.into_iter().map(|check| (check.name, check.state)).collect()
    }

    #[test]
    fn what_only_a_migration_needs_is_a_warning() {
        let field = |length: u32, updateable: bool| json!({"name": "Document__c", "type": "url", "length": length, "updateable": updateable});
        let named = |updateable, length| {
            [
                ("fields", CheckState::Passed),
                ("field_updateable", updateable),
                ("url_length", length),
            ]
            .map(|(name, state)| (name.to_owned(), state))
        };
        assert_eq!(states(&field(255, true)), named(CheckState::Passed, CheckState::Passed));
        assert_eq!(states(&field(20, false)), named(CheckState::Warning, CheckState::Warning));
    }

    #[test]
    fn a_missing_field_is_one_failed_check() {
        let other = json!({"name": "Other__c", "type": "url", "length": 255});
        assert_eq!(states(&other), [("fields".to_owned(), CheckState::Failed)]);
    }

    #[test]
    fn a_small_budget_fails_and_an_unknown_one_does_not() {
        let settings = settings();
        let calls = |remaining| Some(Calls { max: Some(1000), remaining });
        assert_eq!(api_calls(&settings, Some(10), calls(10)).state, CheckState::Failed);
        let check = api_calls(&settings, Some(10), calls(900));
        assert_eq!(
            (check.state, check.found.starts_with("900 of 1000")),
            (CheckState::Passed, true)
        );
        assert_eq!(api_calls(&settings, None, None).state, CheckState::Passed);
    }
}
