//! What an update would do, before it does it. Tables, buckets and queues hold what nobody can make again: an update that would
//! replace one, or let go of it, is refused unless it is asked for.

use anyhow::{Result, bail};
use serde_json::Value;

use crate::shown;
use crate::stack::text;

/// Types of resources with data in them. The stack's own key only protects notifications that are under way.
const WITH_DATA: [&str; 3] = ["AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SQS::Queue"];

/// One change of a change set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    action: String,
    logical: String,
    kind: String,
    replacement: String,
    /// Whether CloudFormation names it only because it does not look into it: every nested stack, each time
    /// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChangeDetail.html>).
    automatic: bool,
}

/// The changes that `describe-change-set` tells of.
pub(crate) fn changes(answer: &Value) -> Vec<Change> {
    let listed = answer.get("Changes").and_then(Value::as_array);
    let change = |change: &Value| {
        let resource = change.get("ResourceChange")?;
        Some(Change {
            action: text(resource, "Action")?,
            logical: text(resource, "LogicalResourceId")?,
            kind: text(resource, "ResourceType")?,
            replacement: text(resource, "Replacement").unwrap_or_default(),
            automatic: is_automatic(resource),
        })
    };
    listed.into_iter().flatten().filter_map(change).collect()
}

fn is_automatic(resource: &Value) -> bool {
    let details = resource.get("Details").and_then(Value::as_array);
    details.is_some_and(|details| {
        let source = |detail: &Value| text(detail, "ChangeSource");
        !details.is_empty() && details.iter().all(|it| source(it).as_deref() == Some("Automatic"))
    })
}

/// Whether nothing would change: a nested stack whose template and parameters are as they were is not more than looked at.
pub(crate) fn is_empty(changes: &[Change]) -> bool {
    let looked_at =
        |change: &Change| change.kind == "AWS::CloudFormation::Stack" && change.automatic;
    changes.iter().all(looked_at)
}

/// The changes as a table.
pub(crate) fn table(changes: &[Change]) -> String {
    let mut changes = changes.to_vec();
    changes.sort_by_key(|change| (change.action.clone(), change.logical.clone()));
    let row = |change: Change| {
        let replaced = match change.replacement.as_str() {
            "True" => "replaced",
            "Conditional" => "may be replaced",
            _ => "",
        };
        [change.action, change.logical, change.kind, replaced.to_owned()]
    };
    shown::table(["change", "resource", "type", ""], &[], changes.into_iter().map(row).collect())
}

/// An error that names what holds data and would be replaced, or would leave the stack.
pub(crate) fn check(changes: &[Change]) -> Result<()> {
    // A table may be replaced where its keys change; of other resources it is said of every property that refers to another one.
    let may_be = |change: &Change| {
        change.replacement == "Conditional" && change.kind == "AWS::DynamoDB::Table"
    };
    let lost = changes.iter().filter(|change| {
        WITH_DATA.contains(&change.kind.as_str())
            && (change.replacement == "True" || may_be(change) || change.action == "Remove")
    });
    let lost: Vec<String> =
        lost.map(|change| format!("{} ({})", change.logical, change.kind)).collect();
    if lost.is_empty() {
        return Ok(());
    }
    bail!(
        "this would replace, or take out of the stack, what holds data: {}\nhint: nothing was changed; look at \
         `scripts/deploy --dry-run` and CHANGELOG.md; --allow-replacement does it all the same",
        lost.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(action: &str, kind: &str, replacement: &str) -> Value {
        json!({"ResourceChange": {
            "Action": action, "LogicalResourceId": "It", "ResourceType": kind, "Replacement": replacement,
        }})
    }

    #[test]
    fn what_holds_data_is_neither_replaced_nor_let_go() {
        for (action, kind, replacement, fine) in [
            ("Modify", "AWS::DynamoDB::Table", "False", true),
            ("Modify", "AWS::DynamoDB::Table", "True", false),
            ("Modify", "AWS::DynamoDB::Table", "Conditional", false),
            ("Modify", "AWS::S3::Bucket", "Conditional", true),
            ("Remove", "AWS::S3::Bucket", "", false),
            ("Add", "AWS::S3::Bucket", "", true),
            ("Modify", "AWS::Lambda::Function", "True", true),
        ] {
            let changes = changes(&json!({"Changes": [change(action, kind, replacement)]}));
            assert_eq!(check(&changes).is_ok(), fine, "{changes:?}");
        }
    }

    #[test]
    fn a_nested_stack_that_is_only_looked_at_is_no_change() {
        let nested = |sources: &[&str]| {
            let details: Vec<Value> =
                sources.iter().map(|source| json!({"ChangeSource": source})).collect();
            let mut change = change("Modify", "AWS::CloudFormation::Stack", "False");
            change["ResourceChange"]["Details"] = details.into();
            changes(&json!({"Changes": [change]}))
        };
        assert!(is_empty(&nested(&["Automatic"])) && is_empty(&[]));
        assert!(!is_empty(&nested(&["Automatic", "DirectModification"])));
        assert!(!is_empty(&nested(&[])));
        let other = json!({"Changes": [change("Modify", "AWS::Lambda::Function", "False")]});
        assert!(!is_empty(&changes(&other)));
    }
}
