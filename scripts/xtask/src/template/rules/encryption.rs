//! Data at rest: whatever keeps data is encrypted with the customer's key when the parameter `KmsKeyArn` names one, and with a key of
//! AWS otherwise.

use drayage_cloudformation::{FUNCTION, Resource, Template, condition, referred};
use serde_json::Value;

use crate::finding::Finding;

const CONDITION: &str = "HasKmsKey";
const PARAMETER: &str = "KmsKeyArn";

/// Types of resources, and the property that names the key.
const KEYS: [(&str, &str); 4] = [
    ("AWS::DynamoDB::Table", "/SSESpecification/KMSMasterKeyId"),
    ("AWS::SQS::Queue", "/KmsMasterKeyId"),
    ("AWS::SNS::Topic", "/KmsMasterKeyId"),
    ("AWS::Logs::LogGroup", "/KmsKeyId"),
];

/// Every table, queue, topic, log group and bucket, and the variables of every function, take on the customer's key; and what is
/// encrypted without it only if asked to, asks.
pub(super) fn customer_key_everywhere(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (kind, property) in KEYS {
        for resource in template.of_type(kind) {
            if !takes_customer_key(resource.property(property)) {
                let message = format!("does not take on {PARAMETER} in {property}");
                findings.push(Finding::new(resource.name, "encryption", message));
            }
        }
    }
    for function in template.of_type(FUNCTION) {
        if !takes_customer_key(template.of_function(function, "KmsKeyArn")) {
            let message = format!("its variables do not take on {PARAMETER}");
            findings.push(Finding::new(function.name, "encryption", message));
        }
    }
    let unencrypted = template.resources().filter(|resource| !encrypted_without_key(*resource));
    let message = "is not encrypted when no key is given";
    findings.extend(unencrypted.map(|found| Finding::new(found.name, "encryption", message)));
    findings
}

fn takes_customer_key(value: Option<&Value>) -> bool {
    value
        .and_then(condition)
        .is_some_and(|(name, then, _)| name == CONDITION && referred(then) == Some(PARAMETER))
}

fn encrypted_without_key(resource: Resource<'_>) -> bool {
    match resource.kind() {
        "AWS::DynamoDB::Table" => {
            resource.property("/SSESpecification/SSEEnabled") == Some(&Value::Bool(true))
        }
        "AWS::SQS::Queue" => {
            let otherwise = resource.property("/SqsManagedSseEnabled").and_then(condition);
            otherwise.is_some_and(|(name, then, other)| {
                name == CONDITION && then == &Value::Bool(false) && other == &Value::Bool(true)
            })
        }
        "AWS::S3::Bucket" => is_encrypted(resource).unwrap_or_default(),
        // A topic is held by the key's own rule: without a customer's key it has another. Logs and variables always are.
        "AWS::SNS::Topic" => resource
            .property("/KmsMasterKeyId")
            .and_then(condition)
            .is_some_and(|(_, _, other)| referred(other) != Some("AWS::NoValue")),
        _ => true,
    }
}

/// Whether a bucket has the customer's key or one of S3, and asks for few data keys.
fn is_encrypted(bucket: Resource<'_>) -> Option<bool> {
    let rule = bucket.property("/BucketEncryption/ServerSideEncryptionConfiguration/0")?;
    let (name, with, without) = condition(rule.get("ServerSideEncryptionByDefault")?)?;
    Some(
        name == CONDITION
            && with.get("SSEAlgorithm")? == "aws:kms"
            && referred(with.get("KMSMasterKeyID")?) == Some(PARAMETER)
            && without.get("SSEAlgorithm")? == "AES256"
            && rule.get("BucketKeyEnabled")? == &Value::Bool(true),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "
Globals: { Function: { KmsKeyArn: !If [HasKmsKey, !Ref KmsKeyArn, !Ref AWS::NoValue] } }
Resources:
  F: { Type: AWS::Serverless::Function, Properties: { Timeout: 1 } }
  T: { Type: AWS::DynamoDB::Table, Properties: { SSESpecification: { SSEEnabled: true, KMSMasterKeyId: !If [HasKmsKey, !Ref KmsKeyArn, !Ref AWS::NoValue] } } }
  Q: { Type: AWS::SQS::Queue, Properties: { SqsManagedSseEnabled: !If [HasKmsKey, false, true], KmsMasterKeyId: !If [HasKmsKey, !Ref KmsKeyArn, !Ref AWS::NoValue] } }
  N: { Type: AWS::SNS::Topic, Properties: { KmsMasterKeyId: !If [HasKmsKey, !Ref KmsKeyArn, alias/aws/sns] } }
  L: { Type: AWS::Logs::LogGroup, Properties: { KmsKeyId: !If [HasKmsKey, !Ref KmsKeyArn, !Ref AWS::NoValue] } }
  B:
    Type: AWS::S3::Bucket
    Properties:
      BucketEncryption:
        ServerSideEncryptionConfiguration:
          - BucketKeyEnabled: true
            ServerSideEncryptionByDefault: !If
              - HasKmsKey
              - { SSEAlgorithm: aws:kms, KMSMasterKeyID: !Ref KmsKeyArn }
              - { SSEAlgorithm: AES256 }
";

    fn told(text: &str) -> Vec<String> {
        let template = Template::parse(text).unwrap();
        customer_key_everywhere(&template).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn encrypted_resources_pass() {
        assert_eq!(told(GOOD), [""; 0]);
    }

    #[test]
    fn what_another_key_or_none_encrypts_is_told() {
        for (from, to, name) in [
            (
                "KmsKeyArn: !If [HasKmsKey, !Ref KmsKeyArn, !Ref AWS::NoValue] }",
                "Timeout: 1 }",
                "F",
            ),
            (
                "SSEEnabled: true, KMSMasterKeyId: !If [HasKmsKey",
                "SSEEnabled: true, KMSMasterKeyId: !If [Other",
                "T",
            ),
            ("SSEEnabled: true", "SSEEnabled: false", "T"),
            ("[HasKmsKey, false, true]", "[HasKmsKey, false, false]", "Q"),
            ("!Ref KmsKeyArn, alias/aws/sns", "!Ref Other, alias/aws/sns", "N"),
            ("alias/aws/sns", "!Ref AWS::NoValue", "N"),
            ("{ KmsKeyId: !If [HasKmsKey", "{ KmsKeyId: !If [Other", "L"),
            ("BucketKeyEnabled: true", "BucketKeyEnabled: false", "B"),
            ("AES256", "none", "B"),
            ("KMSMasterKeyID: !Ref KmsKeyArn", "KMSMasterKeyID: !Ref Other", "B"),
        ] {
            let changed = GOOD.replacen(from, to, 1);
            assert_ne!(changed, GOOD, "{from}");
            let found = told(&changed);
            assert_eq!(found.len(), 1, "{from}: {found:?}");
            assert!(found[0].starts_with(&format!("{name}: ")), "{found:?}");
        }
    }
}
