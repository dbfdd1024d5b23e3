//! Data in transit: every bucket, queue and topic refuses requests without TLS, whatever they ask.

use drayage_cloudformation::{Resource, Statement, Template, referred, statements_of};
use serde_json::Value;

use crate::finding::Finding;

/// What a topic's policy can name (<https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html>);
/// `sns:*` is refused as "out of service scope".
const TOPIC_ACTIONS: [&str; 8] = [
    "sns:AddPermission",
    "sns:DeleteTopic",
    "sns:GetTopicAttributes",
    "sns:ListSubscriptionsByTopic",
    "sns:Publish",
    "sns:RemovePermission",
    "sns:SetTopicAttributes",
    "sns:Subscribe",
];

/// A kind of resource, and how a policy is given to it.
struct Kind {
    resource: &'static str,
    policy: &'static str,
    /// Where a policy names its resource, or its resources.
    target: &'static str,
    actions: &'static [&'static str],
    /// What the statement is about: the resource, and where it holds others, these too.
    resources: usize,
}

const KINDS: [Kind; 3] = [
    Kind {
        resource: "AWS::S3::Bucket",
        policy: "AWS::S3::BucketPolicy",
        target: "/Bucket",
        actions: &["s3:*"],
        resources: 2,
    },
    Kind {
        resource: "AWS::SQS::Queue",
        policy: "AWS::SQS::QueuePolicy",
        target: "/Queues",
        actions: &["sqs:*"],
        resources: 1,
    },
    Kind {
        resource: "AWS::SNS::Topic",
        policy: "AWS::SNS::TopicPolicy",
        target: "/Topics",
        actions: &TOPIC_ACTIONS,
        resources: 1,
    },
];

/// Every bucket, queue and topic has a policy that denies everything without TLS.
pub(super) fn tls_only(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    for kind in KINDS {
        for resource in template.of_type(kind.resource) {
            let policies = template
                .of_type(kind.policy)
                .filter(|policy| is_for(*policy, &kind, resource.name));
            let statements = policies
                .filter_map(|policy| policy.property("/PolicyDocument"))
                .flat_map(statements_of);
            if !statements.into_iter().any(|statement| denies_plain(&statement, &kind)) {
                let message = "has no policy that denies every action without TLS";
                findings.push(Finding::new(resource.name, "tls-only", message));
            }
        }
    }
    findings
}

fn is_for(policy: Resource<'_>, kind: &Kind, name: &str) -> bool {
    match policy.property(kind.target) {
        Some(Value::Array(targets)) => {
            targets.iter().filter_map(referred).any(|target| target == name)
        }
        Some(one) => referred(one) == Some(name),
        None => false,
    }
}

fn denies_plain(statement: &Statement<'_>, kind: &Kind) -> bool {
    let mut actions = statement.actions();
    actions.sort_unstable();
    !statement.allows()
        && statement.only_if.is_none()
        && statement.element("Principal").and_then(Value::as_str) == Some("*")
        && actions == kind.actions
        && statement.resources().len() >= kind.resources
        && statement
            .element("Condition")
            .and_then(|condition| condition.pointer("/Bool/aws:SecureTransport"))
            .and_then(Value::as_str)
            == Some("false")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "
Resources:
  B: { Type: AWS::S3::Bucket }
  BP:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref B
      PolicyDocument:
        Statement:
          - { Effect: Deny, Principal: \"*\", Action: \"s3:*\", Resource: [a, b], Condition: { Bool: { \"aws:SecureTransport\": \"false\" } } }
  Q: { Type: AWS::SQS::Queue }
  QP:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Q]
      PolicyDocument:
        Statement:
          - { Effect: Deny, Principal: \"*\", Action: \"sqs:*\", Resource: \"*\", Condition: { Bool: { \"aws:SecureTransport\": \"false\" } } }
";

    fn told(text: &str) -> Vec<String> {
        tls_only(&Template::parse(text).unwrap()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn closed_resources_pass() {
        assert_eq!(told(GOOD), [""; 0]);
    }

    #[test]
    fn what_answers_without_tls_is_told() {
        for (from, to, name) in [
            ("Bucket: !Ref B", "Bucket: !Ref C", "B"),
            ("Resource: [a, b]", "Resource: a", "B"),
            ("s3:*", "s3:GetObject", "B"),
            ("Queues: [!Ref Q]", "Queues: []", "Q"),
            (
                "Effect: Deny, Principal: \"*\", Action: \"sqs:*\"",
                "Effect: Allow, Principal: \"*\", Action: \"sqs:*\"",
                "Q",
            ),
            ("Resources:", "Resources:\n  T: { Type: AWS::SNS::Topic }", "T"),
        ] {
            let changed = GOOD.replacen(from, to, 1);
            assert_ne!(changed, GOOD, "{from}");
            let found = told(&changed);
            assert_eq!(found.len(), 1, "{from}: {found:?}");
            assert!(found[0].starts_with(&format!("{name}: ")), "{found:?}");
        }
    }
}
