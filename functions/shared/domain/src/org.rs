//! The Salesforce org that a run reads and writes, as people have to recognise it before they confirm anything.

use serde::{Deserialize, Serialize};

/// An org, from its `Organization` record
/// (<https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_organization.htm>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Org {
    /// 18-character id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is a sandbox; `false` is a production org.
    pub is_sandbox: bool,
}

impl Org {
    /// Name, id and what it is, in words: `Acme (00D…, production)`.
    pub fn described(&self) -> String {
        let what = if self.is_sandbox { "sandbox" } else { "production" };
        format!("{} ({}, {what})", self.name, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_production_org_is_told() {
        let org = Org { id: "00D1".to_owned(), name: "Acme".to_owned(), is_sandbox: false };
        assert_eq!(org.described(), "Acme (00D1, production)");
    }
}
