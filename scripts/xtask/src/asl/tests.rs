//! Every rule fires on a small broken definition and keeps silent on ours.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;

fn known() -> KnownErrors {
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    KnownErrors {
        ours: names(&["RunLocked", "Busy", "SalesforceBusy"]),
        retryable: names(&["Busy", "SalesforceBusy"]),
        of_salesforce: names(&["SalesforceBusy"]),
        salesforce_functions: vec!["${AskFunctionArn}".to_owned()],
    }
}

fn retrier(errors: &[&str]) -> Value {
    json!({
        "ErrorEquals": errors, "IntervalSeconds": 1, "BackoffRate": 2, "MaxDelaySeconds": 60,
        "MaxAttempts": 3, "JitterStrategy": "FULL"
    })
}

fn task() -> Value {
    json!({
        "Type": "Task", "QueryLanguage": "JSONata", "Resource": "arn:${Partition}:states:::lambda:invoke",
        "Arguments": {"FunctionName": "${Function}"}, "TimeoutSeconds": 10,
        "Retry": [retrier(&["Busy"])],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
        "Next": "Read"
    })
}

/// A definition without a fault: a task, a distributed map, the end.
fn good() -> Value {
    json!({
        "StartAt": "Work", "TimeoutSeconds": 100,
        "States": {
            "Work": task(),
            "Read": {
                "Type": "Map", "ResultPath": null, "ResultWriter": {},
                "ItemProcessor": {
                    "StartAt": "Item",
                    "States": {"Item": {"Type": "Pass", "End": true}}
                },
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
                "Next": "Done"
            },
            "Done": {"Type": "Succeed"},
            "Failed": {"Type": "Fail", "ErrorPath": "$.Error"}
        }
    })
}

fn linted(definition: &Value) -> Vec<Finding> {
    let defined = ["Partition".to_owned(), "Function".to_owned()];
    lint("test", &definition.to_string(), &defined, &known())
}

/// The good definition with one value replaced (or removed, by null) at a JSON pointer.
fn with(pointer: &str, value: Value) -> Value {
    let mut definition = good();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let object = definition.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    object.insert(name.to_owned(), value);
    definition
}

fn without(pointer: &str) -> Value {
    let mut definition = good();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    definition.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).unwrap();
    definition
}

/// Asserts that the definition breaks exactly this rule, at this place.
fn assert_breaks(definition: &Value, rule: &str, place: &str) {
    let findings = linted(definition);
    assert!(!findings.is_empty(), "no finding, expected {rule} at {place}");
    for finding in &findings {
        assert_eq!(
            (finding.rule, finding.place.as_str()),
            (rule, format!("test: {place}").as_str()),
            "{finding}"
        );
    }
}

#[test]
fn our_definitions_break_no_rule() {
    let findings = lint_all().unwrap();
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn a_good_definition_breaks_no_rule() {
    assert_eq!(linted(&good()), []);
}

#[test]
fn what_is_not_json_is_told() {
    assert_eq!(lint("test", "{", &[], &known())[0].rule, "json");
}

#[test]
fn a_missing_target_is_told() {
    for (pointer, place) in [("/States/Read/Next", "test: Read"), ("/StartAt", "test: top level")] {
        let findings = linted(&with(pointer, json!("Nowhere")));
        assert!(
            findings.iter().any(|finding| finding.rule == "targets" && finding.place == place),
            "{findings:#?}"
        );
    }
}

#[test]
fn a_target_in_another_scope_is_missing() {
    let definition =
        with("/States/Read/ItemProcessor/States/Item", json!({"Type": "Pass", "Next": "Done"}));
    let rules: Vec<_> = linted(&definition).iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["targets", "terminal"]);
}

#[test]
fn a_catchers_target_counts() {
    let catch = json!([{"ErrorEquals": ["States.ALL"], "Next": "Nowhere"}]);
    let findings = linted(&with("/States/Read/Catch", catch));
    assert!(findings.iter().any(|finding| finding.message.contains("Nowhere")));
}

#[test]
fn an_unreachable_state_is_told() {
    assert_breaks(&with("/States/Island", json!({"Type": "Succeed"})), "reachable", "Island");
}

#[test]
fn a_name_in_two_scopes_is_told() {
    let item = json!({"Done": {"Type": "Succeed"}});
    let mut definition = with("/States/Read/ItemProcessor/States", item);
    definition["States"]["Read"]["ItemProcessor"]["StartAt"] = json!("Done");
    assert_breaks(&definition, "unique", "Read/ItemProcessor/Done");
}

#[test]
fn a_scope_without_an_end_is_told() {
    let item = json!({"Type": "Pass", "Next": "Item"});
    assert_breaks(
        &with("/States/Read/ItemProcessor/States/Item", item),
        "terminal",
        "Read/ItemProcessor",
    );
}

#[test]
fn a_state_without_next_and_end_is_told() {
    assert_breaks(&with("/States/Read/End", json!(true)), "terminal", "Read");
}

#[test]
fn a_choice_needs_a_default() {
    let choice =
        json!({"Type": "Choice", "Choices": [{"Variable": "$.x", "IsNull": true, "Next": "Done"}]});
    assert_breaks(&with("/States/Read", choice), "terminal", "Read");
}

#[test]
fn a_task_without_timeout_retry_or_catch_is_told() {
    assert_breaks(&without("/States/Work/TimeoutSeconds"), "timeout", "Work");
    assert_breaks(&without("/TimeoutSeconds"), "timeout", "top level");
    let rules: Vec<_> =
        linted(&without("/States/Work/Retry")).iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["retry", "error-names"]);
    assert_breaks(
        &with("/States/Work/Catch", json!([{"ErrorEquals": ["RunLocked"], "Next": "Failed"}])),
        "catch",
        "Work",
    );
    assert_breaks(
        &with("/States/Read/Catch", json!([{"ErrorEquals": ["RunLocked"], "Next": "Failed"}])),
        "catch",
        "Read",
    );
}

#[test]
fn a_retrier_needs_every_field() {
    for field in
        ["IntervalSeconds", "BackoffRate", "MaxDelaySeconds", "MaxAttempts", "JitterStrategy"]
    {
        assert_breaks(&without(&format!("/States/Work/Retry/0/{field}")), "retry", "Work");
    }
    assert_breaks(&with("/States/Work/Retry/0/MaxAttempts", json!(99_999_999)), "retry", "Work");
    assert_breaks(&with("/States/Work/Retry/0/BackoffRate", json!(1)), "retry", "Work");
}

#[test]
fn an_exempting_retrier_needs_no_delays() {
    let retry = json!([{"ErrorEquals": ["RunLocked"], "MaxAttempts": 0}, retrier(&["Busy"])]);
    assert_eq!(linted(&with("/States/Work/Retry", retry)), []);
}

#[test]
fn nothing_stands_behind_or_beside_all() {
    let behind = json!([
        {"ErrorEquals": ["States.ALL"], "Next": "Failed"}, {"ErrorEquals": ["RunLocked"], "Next": "Done"}
    ]);
    assert_breaks(&with("/States/Work/Catch", behind), "order", "Work");
    let beside = json!([{"ErrorEquals": ["RunLocked", "States.ALL"], "Next": "Failed"}]);
    assert_breaks(&with("/States/Work/Catch", beside), "order", "Work");
    let twice = json!([retrier(&["Busy"]), retrier(&["Busy"])]);
    assert_breaks(&with("/States/Work/Retry", twice), "order", "Work");
}

#[test]
fn fields_of_the_other_language_are_told() {
    assert_breaks(&with("/States/Work/ResultPath", json!("$.x")), "query-language", "Work");
    assert_breaks(
        &with("/States/Work/Arguments", json!({"x.$": "$.y", "f": "${Function}"})),
        "query-language",
        "Work",
    );
    assert_breaks(
        &with("/States/Read/ItemSelector", json!({"x": "{% 1 %}"})),
        "query-language",
        "Read",
    );
    assert_breaks(&with("/States/Read/Items", json!([])), "query-language", "Read");
    let catch = json!([{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "Failed"}]);
    assert_breaks(&with("/States/Work/Catch", catch), "query-language", "Work");
}

#[test]
fn a_top_level_in_jsonata_is_told() {
    let findings = linted(&with("/QueryLanguage", json!("JSONata")));
    assert!(findings.iter().any(|finding| finding.message.contains("must be JSONPath")));
    let mut mixed = with("/QueryLanguage", json!("JSONata"));
    mixed["States"]["Done"]["QueryLanguage"] = json!("JSONPath");
    assert!(
        linted(&mixed)
            .iter()
            .any(|finding| finding.message.contains("forbids the JSONPath of Done"))
    );
}

#[test]
fn a_map_in_jsonata_is_told() {
    let findings = linted(&with("/States/Read/QueryLanguage", json!("JSONata")));
    assert!(findings.iter().any(|finding| finding.message == "a Map state must be JSONPath"));
}

#[test]
fn an_arn_literal_is_told() {
    let resource = json!("arn:aws:lambda:eu-west-1:123456789012:function:${Partition}");
    assert_breaks(&with("/States/Work/Resource", resource), "arn", "/States/Work/Resource");
}

#[test]
fn substitutions_agree_with_the_template() {
    assert_breaks(&with("/Comment", json!("${Unknown}")), "substitutions", "top level");
    assert_breaks(&with("/States/Work/Arguments", json!({})), "substitutions", "top level");
}

#[test]
fn substitutions_are_found_in_a_template() {
    let template = Template::parse(
        "
Resources:
  Other:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: ../statemachine/other.asl.json
  Ours:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: ../statemachine/ours.asl.json
      DefinitionSubstitutions:
        # Why.
        One: !Ref One

        Two: !Sub \"${One}:x\"
      Role: !GetAtt Role.Arn
",
    )
    .unwrap();
    assert_eq!(
        substitutions::defined_in(&template, "ours.asl.json"),
        Some(vec!["One".to_owned(), "Two".to_owned()])
    );
    assert_eq!(substitutions::defined_in(&template, "other.asl.json"), None);
    assert_eq!(substitutions::defined_in(&template, "third.asl.json"), None);
}

#[test]
fn error_names_that_nothing_raises_are_told() {
    let catch = json!([
        {"ErrorEquals": ["RunLokced"], "Next": "Failed"}, {"ErrorEquals": ["States.ALL"], "Next": "Failed"}
    ]);
    assert_breaks(&with("/States/Work/Catch", catch), "error-names", "Work");
    let choice = |name: &str| {
        json!({
            "Type": "Choice", "QueryLanguage": "JSONata", "Default": "Done",
            "Choices": [{"Condition": format!("{{% $states.input.Error = '{name}' %}}"), "Next": "Failed"}]
        })
    };
    assert_breaks(&with("/States/Read", choice("RunLokced")), "error-names", "Read");
    assert_eq!(linted(&with("/States/Read", choice("RunLocked"))), []);
}

#[test]
fn errors_of_salesforce_must_be_retried_where_a_function_calls_it() {
    let asks = with("/States/Work/Arguments/FunctionName", json!("${AskFunctionArn}"));
    let defined = ["Partition".to_owned(), "AskFunctionArn".to_owned()];
    let found = lint("test", &asks.to_string(), &defined, &known());
    assert!(
        found.iter().any(|finding| finding.to_string().contains("SalesforceBusy")),
        "{found:?}"
    );
    assert_eq!(linted(&good()), []);
}

#[test]
fn an_error_that_passes_by_itself_must_be_retried() {
    assert_breaks(
        &with("/States/Work/Retry", json!([retrier(&["RunLocked"])])),
        "error-names",
        "top level",
    );
}

#[test]
fn what_the_emulator_ignores_is_told() {
    assert_breaks(&with("/States/Read/ItemBatcher", json!({})), "emulator", "Read");
    assert_breaks(&without("/States/Read/ResultPath"), "emulator", "Read");
}

#[test]
fn rendering_leaves_no_substitution() {
    let rendered =
        render::rendered("arn:${Partition}:x ${WaitSeconds} ${CopyFunctionArn} ${CopyQueueUrl}");
    assert_eq!(
        rendered,
        "arn:aws:x 60 arn:aws:lambda:us-east-1:123456789012:function:CopyFunctionArn copyqueueurl"
    );
}
