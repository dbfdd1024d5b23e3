//! What an org says about itself.

use serde_json::Value;

use crate::client::Client;
use crate::error::SalesforceError;
use crate::record::Record;

/// The only row of `Organization`
/// (<https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_organization.htm>).
const QUERY: &str = "SELECT Id, Name, IsSandbox FROM Organization";
/// The fewest rows that a page may have.
const PAGE_RECORDS: u16 = 200;

/// An org, from its `Organization` record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// 18-character id.
    pub id: String,
    /// Its name, as an administrator has written it.
    pub name: String,
    /// Whether it is a sandbox; `false` is a production org, or a trial or Developer Edition of its own.
    pub is_sandbox: bool,
}

impl Organization {
    fn read(record: &Record) -> Option<Self> {
        let text = |name: &str| record.get(name).and_then(Value::as_str).map(str::to_owned);
        let is_sandbox = record.get("IsSandbox").and_then(Value::as_bool)?;
        Some(Self { id: text("Id")?, name: text("Name")?, is_sandbox })
    }
}

impl Client {
    /// The org that answers, in one call; `None` if the user may not see it, or not all of it.
    pub async fn organization(&self) -> Result<Option<Organization>, SalesforceError> {
        match self.query_page(QUERY, PAGE_RECORDS).await {
            Ok(page) => Ok(page.records.first().and_then(Organization::read)),
            Err(SalesforceError::Permission(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case(json!({"Id": "00D1", "Name": "Acme", "IsSandbox": false}), Some(false))]
    #[case(json!({"Id": "00D1", "Name": "Acme", "IsSandbox": true}), Some(true))]
    #[case(json!({"Id": "00D1", "Name": "Acme"}), None)]
    #[case(json!({"Id": "00D1", "Name": null, "IsSandbox": true}), None)]
    fn an_org_is_known_whole_or_not_at_all(#[case] record: Value, #[case] expected: Option<bool>) {
        let record = record.as_object().unwrap();
        let expected = expected.map(|is_sandbox| Organization {
            id: "00D1".to_owned(),
            name: "Acme".to_owned(),
            is_sandbox,
        });
        assert_eq!(Organization::read(record), expected);
    }
}
