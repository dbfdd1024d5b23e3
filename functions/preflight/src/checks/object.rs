//! The sObject and its fields, as our user sees them.

use drayage_domain::destination_key::{self, KeyProblem, KeyRules};
use drayage_domain::id::RecordId;
use drayage_domain::problem::Problem;
use drayage_domain::record::ObjectFields;
use drayage_lambda_kit::error::FunctionError;
use drayage_salesforce::{Client, Describe, Field, SalesforceError};

/// The id of a record that stands for any: every id is as long.
const ANY_RECORD: &str = "a0B000000000001";

/// What the run does with the URL field.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Use<'a> {
    /// It is read.
    Read,
    /// New URLs are written into it.
    Repoint(Room<'a>),
    /// Original URLs are written into it. They were there before, so they fit.
    PutBack,
}

/// What every new URL has to have room for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room<'a> {
    /// The prefix of every key.
    pub(crate) prefix: &'a str,
    /// What every new URL starts with.
    pub(crate) new_url_base: &'a str,
}

/// What the description tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// The names, with the relationship that the account lookup really has.
    pub(crate) fields: ObjectFields,
    /// Length of the URL field in characters, if it has one.
    pub(crate) url_length_max: Option<usize>,
}

/// The sObject and its fields have to exist for our user, and to be fit for their use. Tells every problem at once.
pub(crate) async fn check(
    client: &Client,
    fields: &ObjectFields,
    wanted: Use<'_>,
) -> Result<Found, FunctionError> {
    examine(&describe(client, fields).await?, fields, wanted)
}

/// What our user sees of the sObject, which has to exist.
pub(crate) async fn describe(
    client: &Client,
    fields: &ObjectFields,
) -> Result<Describe, FunctionError> {
    let object = &fields.object;
    match client.describe(object).await {
        Err(SalesforceError::NotFound(_)) => {
            let problem = Problem::new(
                "ObjectName",
                format!("there is no sObject {object} that our user can see"),
                "check the API name, and the object permissions of the integration user",
            );
            Err(FunctionError::configuration(&[problem]))
        }
        described => Ok(described?),
    }
}

/// The fields of a described sObject have to be fit for their use.
pub(crate) fn examine(
    description: &Describe,
    fields: &ObjectFields,
    wanted: Use<'_>,
) -> Result<Found, FunctionError> {
    let mut problems = url_field_problems(description, fields, wanted);
    problems.extend(account_field_problem(description, fields));
    if !problems.is_empty() {
        return Err(FunctionError::configuration(&problems));
    }
    Ok(found(description, fields))
}

fn found(description: &Describe, fields: &ObjectFields) -> Found {
    let mut fields = fields.clone();
    let account = description.field(&fields.account_field);
    if let Some(relationship) = account.and_then(|field| field.relationship_name.as_ref()) {
        fields.account_relationship.clone_from(relationship);
    }
    let url_length_max = description.field(&fields.url_field).and_then(length);
    Found { fields, url_length_max }
}

/// Most characters that a field holds, if it tells.
pub(crate) fn length(field: &Field) -> Option<usize> {
    usize::try_from(field.length).ok().filter(|length| *length > 0)
}

fn url_field_problems(
    description: &Describe,
    fields: &ObjectFields,
    wanted: Use<'_>,
) -> Vec<Problem> {
    let object = &fields.object;
    let Some(field) = description.field(&fields.url_field) else {
        return vec![missing_field("UrlField", object, &fields.url_field)];
    };
    let mut problems = Vec::new();
    if !matches!(field.field_type.as_str(), "url" | "string" | "textarea") {
        problems.push(Problem::new(
            "UrlField",
            format!("{object}.{} is of type {}", field.name, field.field_type),
            "name a field of type URL or text",
        ));
    }
    match wanted {
        Use::Read => {}
        Use::PutBack => problems.extend(read_only_problem(field, object)),
        Use::Repoint(room) => {
            problems.extend(read_only_problem(field, object));
            problems.extend(length_problem(field, object, room));
        }
    }
    problems
}

/// A field that our user may not edit.
pub(crate) fn read_only_problem(field: &Field, object: &str) -> Option<Problem> {
    if field.updateable {
        return None;
    }
    Some(Problem::new(
        "UrlField",
        format!("{object}.{} is read-only for our user", field.name),
        "give the integration user the right to edit the field, in a permission set or the field-level security; a \
         formula cannot be edited by anybody",
    ))
}

/// A field that no new URL fits into.
pub(crate) fn length_problem(field: &Field, object: &str, room: Room<'_>) -> Option<Problem> {
    let length = length(field)?;
    let needed = more_than(length, room)?;
    Some(Problem::new(
        "UrlField",
        format!(
            "{object}.{} holds {length} characters, and the shortest new URL has {needed}",
            field.name
        ),
        "make the field longer, or NewUrlBase or DestinationPrefix shorter",
    ))
}

/// The length of the shortest new URL, if it is more than `length`.
fn more_than(length: usize, room: Room<'_>) -> Option<usize> {
    let rules = KeyRules::new(room.prefix, room.new_url_base, length).ok()?;
    let record_id = RecordId::parse(ANY_RECORD).ok()?;
    match destination_key::propose(&rules, None, None, "x", &record_id) {
        Err(KeyProblem::UrlTooLong { length, .. }) => Some(length),
        Err(
            KeyProblem::KeyTooLong { .. }
            | KeyProblem::Invalid { .. }
            | KeyProblem::InvalidBase { .. },
        )
        | Ok(_) => None,
    }
}

fn account_field_problem(description: &Describe, fields: &ObjectFields) -> Option<Problem> {
    let object = &fields.object;
    match description.field(&fields.account_field) {
        None => Some(missing_field("AccountField", object, &fields.account_field)),
        Some(field) if field.field_type != "reference" => Some(Problem::new(
            "AccountField",
            format!("{object}.{} is of type {}", field.name, field.field_type),
            "name the lookup to the account",
        )),
        Some(_) => None,
    }
}

fn missing_field(parameter: &str, object: &str, field: &str) -> Problem {
    Problem::new(
        parameter,
        format!("{object} has no field {field} that our user can see"),
        "check the API name, and the field-level security of the integration user",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ROOM: Room<'_> =
        Room { prefix: "uploads", new_url_base: "https://files.s3.eu-west-1.amazonaws.com/" };

    fn fields() -> ObjectFields {
        ObjectFields::new("DocListEntry__c".into(), "Document__c".into(), "Account__c".into())
    }

    fn description(url_field: &Value, account_type: &str) -> Describe {
        let account = json!({
            "name": "Account__c", "type": account_type, "relationshipName": "Company__r"
        });
        serde_json::from_value(json!({ "fields": [url_field, account] })).unwrap()
    }

    fn url_field(length: u32, updateable: bool) -> Value {
        json!({"name": "Document__c", "type": "url", "length": length, "updateable": updateable})
    }

    fn told(description: &Describe, wanted: Use<'_>) -> String {
        let problems = url_field_problems(description, &fields(), wanted);
        drayage_domain::problem::joined(&problems)
    }

    #[test]
    fn a_field_that_is_read_may_be_read_only_and_short() {
        let short = description(&url_field(20, false), "reference");
        assert_eq!(told(&short, Use::Read), "");
        let found = found(&short, &fields());
        assert_eq!(found.url_length_max, Some(20));
        assert_eq!(found.fields.account_relationship, "Company__r");
    }

    #[test]
    fn everything_that_is_wrong_with_the_url_field_is_told_at_once() {
        let field = json!({
            "name": "Document__c", "type": "picklist", "length": 20, "updateable": false
        });
        let told = told(&description(&field, "reference"), Use::Repoint(ROOM));
        for part in ["picklist", "read-only", "holds 20 characters"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert_eq!(told.lines().count(), 3);
    }

    #[test]
    fn a_url_field_of_the_usual_length_has_room() {
        let usual = description(&url_field(255, true), "reference");
        assert_eq!(told(&usual, Use::Repoint(ROOM)), "");
        let without_length = description(&url_field(0, true), "reference");
        assert_eq!(told(&without_length, Use::Repoint(ROOM)), "");
    }

    #[test]
    fn putting_back_needs_the_right_to_edit_but_no_room() {
        let short = description(&url_field(20, true), "reference");
        assert_eq!(told(&short, Use::PutBack), "");
        let read_only = description(&url_field(255, false), "reference");
        assert!(told(&read_only, Use::PutBack).contains("read-only"));
    }

    #[test]
    fn hidden_fields_and_a_lookup_that_is_none_are_told() {
        let empty: Describe = serde_json::from_value(json!({"fields": []})).unwrap();
        assert!(told(&empty, Use::PutBack).contains("no field Document__c"));
        let missing = account_field_problem(&empty, &fields()).unwrap();
        assert!(missing.message.contains("no field Account__c"), "{missing}");
        let text = description(&url_field(255, true), "string");
        let problem = account_field_problem(&text, &fields()).unwrap();
        assert!(problem.message.contains("of type string"), "{problem}");
    }
}
