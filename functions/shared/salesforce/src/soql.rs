//! Building SOQL from checked parts, so that no value and no configured filter can change the shape of a query.
//!
//! Grammar: <https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select.htm>.

use std::fmt::Write as _;

use serde_json::Value;

use crate::record::{self, Record};

/// A part of a query that must not be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SoqlError {
    /// Not an API name, or not a path of API names.
    #[error("{0:?} is not an API name such as DocListEntry__c or Account__r.Name")]
    InvalidName(String),
    /// No field to select.
    #[error("the list of fields is empty")]
    NoFields,
    /// An empty filter is a mistake; leaving the filter out is the way to select everything.
    #[error("the filter is empty")]
    EmptyCondition,
    /// The filter would end the parenthesis it is put into.
    #[error("the filter's parentheses are not balanced")]
    UnbalancedParentheses,
    /// The filter would swallow what follows it.
    #[error("the filter has a string that is not closed")]
    UnclosedString,
    /// Not a Salesforce id.
    #[error("{0:?} is not a Salesforce id of 15 or 18 characters")]
    InvalidId(String),
}

/// `SELECT fields FROM sobject WHERE condition`, without ORDER BY or LIMIT: those switch off the chunking of Bulk queries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Soql {
    fields: Vec<String>,
    sobject: String,
    condition: Option<String>,
}

impl Soql {
    /// A query for `fields` of all records. `Id` is added in front if it is not among them.
    pub fn new<Name: AsRef<str>>(
        sobject: &str,
        fields: impl IntoIterator<Item = Name>,
    ) -> Result<Self, SoqlError> {
        if !is_identifier(sobject) {
            return Err(SoqlError::InvalidName(sobject.to_owned()));
        }
        let mut selected: Vec<String> = Vec::new();
        for field in fields {
            let field = field.as_ref();
            if !is_path(field) {
                return Err(SoqlError::InvalidName(field.to_owned()));
            }
            // Salesforce refuses a field that is listed twice.
            if !selected.iter().any(|known| known.eq_ignore_ascii_case(field)) {
                selected.push(field.to_owned());
            }
        }
        if selected.is_empty() {
            return Err(SoqlError::NoFields);
        }
        if !selected.iter().any(|field| field.eq_ignore_ascii_case("Id")) {
            selected.insert(0, "Id".to_owned());
        }
        Ok(Self { fields: selected, sobject: sobject.to_owned(), condition: None })
    }

    /// Adds a filter; several filters must all hold.
    pub fn filter(mut self, condition: &str) -> Result<Self, SoqlError> {
        check_condition(condition)?;
        let condition = condition.trim();
        self.condition = Some(match self.condition {
            None => format!("({condition})"),
            Some(others) => format!("{others} AND ({condition})"),
        });
        Ok(self)
    }

    /// Only the records with these ids.
    ///
    /// # Errors
    /// [`SoqlError::InvalidId`]; [`SoqlError::EmptyCondition`] without an id.
    pub fn with_ids<Id: AsRef<str>>(
        self,
        ids: impl IntoIterator<Item = Id>,
    ) -> Result<Self, SoqlError> {
        let quoted: Vec<String> = ids
            .into_iter()
            .map(|id| match id.as_ref() {
                id if record::is_id(id) => Ok(format!("'{id}'")),
                other => Err(SoqlError::InvalidId(other.to_owned())),
            })
            .collect::<Result<_, _>>()?;
        if quoted.is_empty() {
            return Err(SoqlError::EmptyCondition);
        }
        self.filter(&format!("Id IN ({})", quoted.join(",")))
    }

    /// The query as text.
    pub fn to_soql(&self) -> String {
        self.render(&self.fields.join(", "), None)
    }

    /// The query that counts its records.
    pub fn count_soql(&self) -> String {
        self.render("COUNT()", None)
    }

    /// The query for the `limit` records that follow `after` in the order of ids.
    pub(crate) fn keyset_soql(&self, after: Option<&str>, limit: u16) -> Result<String, SoqlError> {
        let boundary = match after {
            None => None,
            Some(id) if record::is_id(id) => Some(format!("Id > '{id}'")),
            Some(other) => return Err(SoqlError::InvalidId(other.to_owned())),
        };
        let mut soql = self.render(&self.fields.join(", "), boundary);
        write!(soql, " ORDER BY Id LIMIT {limit}").unwrap_or_default();
        Ok(soql)
    }

    fn render(&self, selection: &str, boundary: Option<String>) -> String {
        let mut soql = format!("SELECT {selection} FROM {}", self.sobject);
        let conditions: Vec<String> = self.condition.iter().cloned().chain(boundary).collect();
        if !conditions.is_empty() {
            soql.push_str(" WHERE ");
            soql.push_str(&conditions.join(" AND "));
        }
        soql
    }

    /// Gives a record exactly the fields of this query in its spelling: REST leaves out the fields of a null parent,
    /// and either API may return the org's own spelling. A missing field is null.
    pub fn align(&self, mut record: Record) -> Record {
        let mut aligned = Record::new();
        for field in &self.fields {
            let value = record.remove(field).or_else(|| {
                let spelling = record.keys().find(|key| key.eq_ignore_ascii_case(field)).cloned();
                spelling.and_then(|key| record.remove(&key))
            });
            aligned.insert(field.clone(), value.unwrap_or(Value::Null));
        }
        aligned
    }
}

/// Whether text is an API name: letters, digits and underscores, starting with a letter.
pub(crate) fn is_identifier(text: &str) -> bool {
    text.len() <= 80
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether text is an API name or a path to a parent's field; SOQL goes up at most five relationships.
fn is_path(text: &str) -> bool {
    text.split('.').count() <= 6 && text.split('.').all(is_identifier)
}

/// A filter is the operator's own SOQL, but it must stay inside the parentheses it is put into.
fn check_condition(condition: &str) -> Result<(), SoqlError> {
    if condition.trim().is_empty() {
        return Err(SoqlError::EmptyCondition);
    }
    let mut open = 0_usize;
    let mut letters = condition.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => skip_string(&mut letters)?,
            '(' => open += 1,
            ')' => open = open.checked_sub(1).ok_or(SoqlError::UnbalancedParentheses)?,
            _ => {}
        }
    }
    if open == 0 { Ok(()) } else { Err(SoqlError::UnbalancedParentheses) }
}

fn skip_string(letters: &mut std::str::Chars<'_>) -> Result<(), SoqlError> {
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => return Ok(()),
            '\\' => {
                letters.next().ok_or(SoqlError::UnclosedString)?;
            }
            _ => {}
        }
    }
    Err(SoqlError::UnclosedString)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn queries_are_built_from_their_parts() {
        let all = Soql::new("DocListEntry__c", ["Document__c", "Account__r.Name"]).unwrap();
        assert_eq!(all.to_soql(), "SELECT Id, Document__c, Account__r.Name FROM DocListEntry__c");
        let some = all.filter(" A = 'x)' OR B = 1 ").unwrap().filter("C != null").unwrap();
        assert_eq!(
            some.count_soql(),
            "SELECT COUNT() FROM DocListEntry__c WHERE (A = 'x)' OR B = 1) AND (C != null)"
        );
        assert_eq!(
            some.keyset_soql(Some("a0B000000000001AAA"), 2000).unwrap(),
            "SELECT Id, Document__c, Account__r.Name FROM DocListEntry__c \
             WHERE (A = 'x)' OR B = 1) AND (C != null) AND Id > 'a0B000000000001AAA' ORDER BY Id LIMIT 2000"
        );
    }

    #[test]
    fn the_first_keyset_page_has_no_boundary() {
        let soql = Soql::new("Account", ["id", "Name", "NAME"]).unwrap();
        assert_eq!(
            soql.keyset_soql(None, 10).unwrap(),
            "SELECT id, Name FROM Account ORDER BY Id LIMIT 10"
        );
    }

    #[rstest]
    #[case("", SoqlError::EmptyCondition)]
    #[case("  ", SoqlError::EmptyCondition)]
    #[case("a = 1) OR (b = 2", SoqlError::UnbalancedParentheses)]
    #[case("(a = 1", SoqlError::UnbalancedParentheses)]
    #[case("a = 'x", SoqlError::UnclosedString)]
    #[case("a = 'x\\'", SoqlError::UnclosedString)]
    #[case("a = 'x\\", SoqlError::UnclosedString)]
    fn a_filter_cannot_leave_its_parentheses(#[case] condition: &str, #[case] expected: SoqlError) {
        let soql = Soql::new("Account", ["Id"]).unwrap();
        assert_eq!(soql.filter(condition), Err(expected));
    }

    #[rstest]
    #[case("Account; DELETE")]
    #[case("")]
    #[case("1Account")]
    #[case("Account__r.Name")]
    fn an_object_is_an_identifier(#[case] sobject: &str) {
        let expected = Err(SoqlError::InvalidName(sobject.to_owned()));
        assert_eq!(Soql::new(sobject, ["Id"]), expected);
    }

    #[rstest]
    #[case("Name FROM User--")]
    #[case("Account__r.")]
    #[case("a.b.c.d.e.f.g")]
    #[case("COUNT()")]
    fn a_field_is_a_path_of_identifiers(#[case] field: &str) {
        let expected = Err(SoqlError::InvalidName(field.to_owned()));
        assert_eq!(Soql::new("Account", [field]), expected);
    }

    #[test]
    fn a_keyset_boundary_is_an_id() {
        let soql = Soql::new("Account", ["Id"]).unwrap();
        let quote = "a0B00000000000' OR";
        assert_eq!(soql.keyset_soql(Some(quote), 1), Err(SoqlError::InvalidId(quote.to_owned())));
        assert_eq!(Soql::new("Account", [""; 0]), Err(SoqlError::NoFields));
    }

    #[test]
    fn a_list_of_ids_holds_ids_only() {
        let soql = Soql::new("Account", ["Id"]).unwrap();
        let listed = soql.clone().with_ids(["a0B000000000001AAA", "a0B000000000002AAA"]).unwrap();
        assert_eq!(
            listed.to_soql(),
            "SELECT Id FROM Account WHERE (Id IN ('a0B000000000001AAA','a0B000000000002AAA'))"
        );
        let quote = "a0B00000000000' OR";
        let refused = soql.clone().with_ids([quote]);
        assert_eq!(refused, Err(SoqlError::InvalidId(quote.to_owned())));
        assert_eq!(soql.with_ids([""; 0]), Err(SoqlError::EmptyCondition));
    }

    #[test]
    fn the_longest_list_of_ids_fits_a_url() {
        use url::form_urlencoded::byte_serialize;

        use crate::query::{ENCODED_QUERY_BYTES_MAX, QUERY_IDS_MAX};

        let longest = "x".repeat(80);
        let fields = [longest.clone(), "y".repeat(80), format!("{longest}.Name")];
        let ids = vec!["a0B000000000001AAA"; usize::from(QUERY_IDS_MAX)];
        let soql = Soql::new(&longest, fields).unwrap().with_ids(ids).unwrap().to_soql();
        let encoded: usize = byte_serialize(soql.as_bytes()).map(str::len).sum();
        assert!(encoded + 1_000 < ENCODED_QUERY_BYTES_MAX, "{encoded}");
    }

    #[test]
    fn alignment_fills_in_and_respells() {
        let soql = Soql::new("Account", ["Id", "Account__r.Name", "Url__c"]).unwrap();
        let record = serde_json::json!({"ID": "x", "Account__r": null, "url__c": "u"});
        let Value::Object(record) = record else { panic!("an object") };
        let expected = serde_json::json!({"Id": "x", "Account__r.Name": null, "Url__c": "u"});
        assert_eq!(Value::Object(soql.align(record)), expected);
    }
}
