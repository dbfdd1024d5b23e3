//! What is kept, and for how long: the ledger and the buckets survive their stack, logs end on a day.

use drayage_cloudformation::{FUNCTION, Resource, STATE_MACHINE, Template, referred};
use serde_json::Value;

use crate::finding::Finding;

const LOG_GROUP: &str = "AWS::Logs::LogGroup";

/// Tables stay when their stack goes, can be restored to any second, and are not deleted by mistake.
pub(super) fn tables_are_kept(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    for table in template.of_type("AWS::DynamoDB::Table") {
        findings.extend(retained(table));
        for (switch, what) in [
            (
                "/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled",
                "point-in-time recovery",
            ),
            ("/DeletionProtectionEnabled", "deletion protection"),
        ] {
            if table.property(switch) != Some(&Value::Bool(true)) {
                findings.push(Finding::new(table.name, "kept", format!("has no {what}")));
            }
        }
    }
    findings
}

/// Buckets stay when their stack goes, and keep versions.
pub(super) fn buckets_are_kept(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    for bucket in template.of_type("AWS::S3::Bucket") {
        findings.extend(retained(bucket));
        let versions = bucket.property("/VersioningConfiguration/Status").and_then(Value::as_str);
        if versions != Some("Enabled") {
            findings.push(Finding::new(bucket.name, "kept", "keeps no versions"));
        }
    }
    findings
}

/// A bucket that a first deployment has made, and that fails, is empty: it may go with it. A table cannot, it is protected.
fn keeps(policy: &str, kept: &str) -> bool {
    kept == "Retain" || (policy == "DeletionPolicy" && kept == "RetainExceptOnCreate")
}

fn retained(resource: Resource<'_>) -> Vec<Finding> {
    let policies = ["DeletionPolicy", "UpdateReplacePolicy"].into_iter();
    let missing = policies.filter(|policy| {
        resource
            .attribute(&format!("/{policy}"))
            .and_then(Value::as_str)
            .is_none_or(|kept| !keeps(policy, kept))
    });
    missing
        .map(|policy| Finding::new(resource.name, "kept", format!("its {policy} is not Retain")))
        .collect()
}

/// Every log group has a retention.
pub(super) fn logs_expire(template: &Template) -> Vec<Finding> {
    let endless =
        template.of_type(LOG_GROUP).filter(|group| group.property("/RetentionInDays").is_none());
    endless.map(|group| Finding::new(group.name, "logs", "keeps logs for ever")).collect()
}

/// Every function and every state machine writes into a log group of this template that nobody else uses.
pub(super) fn logs_are_owned(template: &Template) -> Vec<Finding> {
    let function_logs = |user: Resource<'_>| {
        user.property("/LoggingConfig/LogGroup").and_then(referred).map(str::to_owned)
    };
    let machine_logs = |user: Resource<'_>| {
        let group = "/Logging/Destinations/0/CloudWatchLogsLogGroup/LogGroupArn";
        user.property(group).and_then(referred).map(str::to_owned)
    };
    let used: Vec<(&str, Option<String>)> = template
        .of_type(FUNCTION)
        .map(|user| (user.name, function_logs(user)))
        .chain(template.of_type(STATE_MACHINE).map(|user| (user.name, machine_logs(user))))
        .collect();
    let mut findings = Vec::new();
    for (name, group) in &used {
        let is_group = |group: &String| {
            template.resource(group).is_some_and(|found| found.kind() == LOG_GROUP)
        };
        if !group.as_ref().is_some_and(is_group) {
            findings.push(Finding::new(*name, "logs", "has no log group of this template"));
        } else if used.iter().filter(|(_, other)| other == group).count() > 1 {
            findings.push(Finding::new(*name, "logs", "shares its log group"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "
Resources:
  T:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }
      DeletionProtectionEnabled: true
  B:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties: { VersioningConfiguration: { Status: Enabled } }
  F: { Type: AWS::Serverless::Function, Properties: { LoggingConfig: { LogGroup: !Ref L } } }
  M:
    Type: AWS::Serverless::StateMachine
    Properties: { Logging: { Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: !GetAtt K.Arn } }] } }
  L: { Type: AWS::Logs::LogGroup, Properties: { RetentionInDays: 30 } }
  K: { Type: AWS::Logs::LogGroup, Properties: { RetentionInDays: !Ref Days } }
";

    fn told(text: &str) -> Vec<String> {
        let template = Template::parse(text).unwrap();
        let mut findings = tables_are_kept(&template);
        findings.extend(buckets_are_kept(&template));
        findings.extend(logs_expire(&template));
        findings.extend(logs_are_owned(&template));
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_kept_passes() {
        assert_eq!(told(GOOD), [""; 0]);
    }

    #[test]
    fn what_could_be_lost_or_kept_for_ever_is_told() {
        for (from, to, expected) in [
            ("DeletionPolicy: Retain", "DeletionPolicy: Delete", "T: [kept] its DeletionPolicy"),
            ("    UpdateReplacePolicy: Retain\n", "", "T: [kept] its UpdateReplacePolicy"),
            ("RecoveryEnabled: true", "RecoveryEnabled: false", "T: [kept] has no point-in-time"),
            ("DeletionProtectionEnabled: true", "Other: true", "T: [kept] has no deletion"),
            ("Status: Enabled", "Status: Suspended", "B: [kept] keeps no versions"),
            ("RetentionInDays: 30", "Other: 30", "L: [logs] keeps logs for ever"),
            ("LogGroup: !Ref L", "LogGroup: !Ref T", "F: [logs] has no log group"),
            ("LogGroup: !Ref L", "LogGroup: !Ref K", "F: [logs] shares"),
            ("!GetAtt K.Arn", "!GetAtt X.Arn", "M: [logs] has no log group"),
        ] {
            let changed = GOOD.replacen(from, to, 1);
            assert_ne!(changed, GOOD, "{from}");
            let found = told(&changed);
            assert!(found.iter().any(|line| line.starts_with(expected)), "{expected}: {found:?}");
        }
    }
}
