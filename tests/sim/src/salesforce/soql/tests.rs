//! Statements against a small org: what is selected, in which order, and what is refused.

use serde_json::json;

use super::super::config::OrgConfig;
use super::super::store::{Actor, Store, as_map};
use super::{plan, run};

/// Three entries: `alpha` and `Beta` of account Acme, and `gamma_x` without account or URL.
fn store() -> Store {
    let mut store = Store::new(&OrgConfig::default()).unwrap();
    let account = store.create(Actor::Person, "Account", &as_map(json!({"Name": "Acme"}))).unwrap();
    for fields in [
        json!({"Name": "alpha", "Document__c": "https://x/it's", "Account__c": account}),
        json!({"Name": "Beta", "Document__c": "https://x/100%", "Account__c": account}),
        json!({"Name": "gamma_x"}),
    ] {
        store.create(Actor::Person, "DocListEntry__c", &as_map(fields)).unwrap();
    }
    store
}

/// Names of the selected entries.
fn names(store: &Store, rest: &str) -> Vec<String> {
    let plan = plan(&format!("SELECT Id, Name FROM DocListEntry__c {rest}"), store).unwrap();
    let name = &plan.columns.as_ref().unwrap()[1];
    run(&plan, store, false)
        .iter()
        .map(|id| name.value(store, store.row(&plan.sobject, id).unwrap()).to_cell())
        .collect()
}

fn code(statement: &str) -> &'static str {
    plan(statement, &store()).unwrap_err().code
}

#[test]
fn conditions_select_what_they_say() {
    let store = store();
    for (condition, wanted) in [
        ("Name = 'ALPHA'", vec!["alpha"]),
        ("Name != 'alpha'", vec!["Beta", "gamma_x"]),
        ("Name > 'alpha' AND Name < 'gamma'", vec!["Beta"]),
        ("Document__c = null", vec!["gamma_x"]),
        ("Document__c != NULL", vec!["alpha", "Beta"]),
        ("Document__c = ''", vec!["gamma_x"]),
        ("Document__c != 'https://x/100%'", vec!["alpha", "gamma_x"]),
        ("Document__c = 'https://x/it\\'s'", vec!["alpha"]),
        ("Account__r.Name = 'acme'", vec!["alpha", "Beta"]),
        ("Account__r.Name LIKE 'A%e'", vec!["alpha", "Beta"]),
        ("Name LIKE '_e%'", vec!["Beta"]),
        ("Name LIKE '%a\\_x'", vec!["gamma_x"]),
        ("Document__c LIKE '%100\\%'", vec!["Beta"]),
        ("NOT Name LIKE 'a%'", vec!["Beta", "gamma_x"]),
        ("Name IN ('beta', 'GAMMA_X')", vec!["Beta", "gamma_x"]),
        ("Name NOT IN ('beta')", vec!["alpha", "gamma_x"]),
        ("Name = 'alpha' OR (Name = 'beta' AND Document__c != null)", vec!["alpha", "Beta"]),
        ("NOT (Name = 'alpha' OR Name = 'beta')", vec!["gamma_x"]),
        (
            "IsDeleted = false AND CreatedDate >= 2026-01-01T00:00:05Z",
            vec!["alpha", "Beta", "gamma_x"],
        ),
        ("CreatedDate > 2026-01-01T00:00:05.000+0000", vec!["Beta", "gamma_x"]),
        ("DocListEntry__c.Name = 'beta'", vec!["Beta"]),
        ("Id > 'a0B000000000001'", vec!["Beta", "gamma_x"]),
        ("Id >= 'a0B000000000001EAA' AND Id < 'a0B000000000003'", vec!["alpha", "Beta"]),
        (
            "Id IN ('a0B000000000003', 'a0B000000000001', 'a0B000000000001')",
            vec!["alpha", "gamma_x"],
        ),
        ("Id = 'a0b000000000001'", vec![]),
    ] {
        assert_eq!(names(&store, &format!("WHERE {condition}")), wanted, "{condition}");
    }
}

#[test]
fn order_limit_and_offset_apply_in_that_order() {
    let store = store();
    for (rest, wanted) in [
        ("ORDER BY Name", vec!["alpha", "Beta", "gamma_x"]),
        ("ORDER BY Name DESC LIMIT 2", vec!["gamma_x", "Beta"]),
        ("ORDER BY Document__c", vec!["gamma_x", "Beta", "alpha"]),
        ("ORDER BY Document__c NULLS LAST", vec!["Beta", "alpha", "gamma_x"]),
        ("ORDER BY Document__c DESC NULLS LAST", vec!["alpha", "Beta", "gamma_x"]),
        ("ORDER BY Account__r.Name DESC NULLS LAST, Id DESC", vec!["Beta", "alpha", "gamma_x"]),
        ("ORDER BY Id LIMIT 1 OFFSET 1", vec!["Beta"]),
        ("ORDER BY SystemModstamp DESC LIMIT 1", vec!["gamma_x"]),
        ("LIMIT 0", vec![]),
        ("OFFSET 2", vec!["gamma_x"]),
    ] {
        assert_eq!(names(&store, rest), wanted, "{rest}");
    }
}

#[test]
fn keywords_and_names_may_be_in_any_case() {
    let store = store();
    let plan =
        plan("select id, ACCOUNT__R.name from doclistentry__C where NAME = 'x'", &store).unwrap();
    let paths: Vec<String> = plan.columns.unwrap().into_iter().map(|column| column.path).collect();
    assert_eq!(paths, ["Id", "Account__r.Name"]);
}

#[test]
fn malformed_statements_are_refused() {
    for statement in [
        "",
        "SELECT",
        "SELECT FROM DocListEntry__c",
        "SELECT Id DocListEntry__c",
        "SELECT Id, FROM DocListEntry__c",
        "SELECT Id FROM DocListEntry__c WHERE",
        "SELECT Id FROM DocListEntry__c WHERE Name",
        "SELECT Id FROM DocListEntry__c WHERE Name = ",
        "SELECT Id FROM DocListEntry__c WHERE Name = 'open",
        "SELECT Id FROM DocListEntry__c WHERE Name = 'bad \\q escape'",
        "SELECT Id FROM DocListEntry__c WHERE Name NOT = 'x'",
        "SELECT Id FROM DocListEntry__c WHERE Name IN ()",
        "SELECT Id FROM DocListEntry__c WHERE (Name = 'x'",
        "SELECT Id FROM DocListEntry__c WHERE Name = 'a' AND Name = 'b' OR Name = 'c'",
        "SELECT Id FROM DocListEntry__c LIMIT x",
        "SELECT Id FROM DocListEntry__c LIMIT -1",
        "SELECT Id FROM DocListEntry__c ORDER Name",
        "SELECT Id FROM DocListEntry__c GROUP BY Name",
        "SELECT COUNT(Id) FROM DocListEntry__c",
        "SELECT Id FROM DocListEntry__c; DROP",
    ] {
        assert_eq!(code(statement), "MALFORMED_QUERY", "{statement}");
    }
    let nested = format!("SELECT Id FROM DocListEntry__c WHERE {}", "(".repeat(5_000));
    assert_eq!(code(&nested), "MALFORMED_QUERY");
}

#[test]
fn wrong_names_and_types_are_refused() {
    for (statement, wanted) in [
        ("SELECT Id FROM Nothing__c", "INVALID_TYPE"),
        ("SELECT Nothing__c FROM DocListEntry__c", "INVALID_FIELD"),
        ("SELECT Id, ID FROM DocListEntry__c", "INVALID_FIELD"),
        ("SELECT Nothing__r.Name FROM DocListEntry__c", "INVALID_FIELD"),
        ("SELECT Id FROM DocListEntry__c WHERE Name = 5", "INVALID_FIELD"),
        (
            "SELECT Id FROM DocListEntry__c WHERE CreatedDate > '2026-01-01T00:00:00Z'",
            "INVALID_FIELD",
        ),
        ("SELECT Id FROM DocListEntry__c WHERE IsDeleted = 'true'", "INVALID_FIELD"),
        ("SELECT Id FROM DocListEntry__c WHERE Id LIKE 'a0B%'", "INVALID_QUERY_FILTER_OPERATOR"),
        (
            "SELECT Id FROM DocListEntry__c WHERE Id = '0013D00000AbcDef'",
            "INVALID_QUERY_FILTER_OPERATOR",
        ),
        ("SELECT Id FROM DocListEntry__c OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE"),
    ] {
        assert_eq!(code(statement), wanted, "{statement}");
    }
}

#[test]
fn an_error_shows_where_it_is() {
    let error = plan("SELECT Id FORM X", &store()).unwrap_err();
    assert_eq!(
        error.message,
        "\nSELECT Id FORM X\n          ^\nERROR at Row:1:Column:11\nunexpected token: 'FORM'"
    );
}
