//! Nothing is public, and the repository names no account.

use std::path::Path;

use anyhow::Result;
use drayage_cloudformation::Template;
use serde_json::Value;

use crate::finding::Finding;
use crate::workspace;

/// Public access is blocked in all four ways, and nobody but the bucket's owner owns an object.
pub(super) fn buckets_are_closed(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    for bucket in template.of_type("AWS::S3::Bucket") {
        for switch in
            ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"]
        {
            let value = bucket.property(&format!("/PublicAccessBlockConfiguration/{switch}"));
            if value != Some(&Value::Bool(true)) {
                findings.push(Finding::new(
                    bucket.name,
                    "public",
                    format!("does not set {switch}"),
                ));
            }
        }
        let owner = bucket.property("/OwnershipControls/Rules/0/ObjectOwnership");
        if owner.and_then(Value::as_str) != Some("BucketOwnerEnforced") {
            findings.push(Finding::new(bucket.name, "public", "knows access control lists"));
        }
    }
    findings
}

/// No file under infra/ has twelve digits in a row: that is how accounts are numbered.
pub(super) fn no_account_ids(root: &Path) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for path in workspace::files_below(&root.join("infra"), "")? {
        let text = workspace::read(&path)?;
        for (index, _) in text.lines().enumerate().filter(|(_, line)| names_an_account(line)) {
            let place = format!("{}:{}", workspace::shown(root, &path), index + 1);
            findings.push(Finding::new(place, "account", "holds what looks like an account id"));
        }
    }
    Ok(findings)
}

fn names_an_account(line: &str) -> bool {
    line.split(|letter: char| !letter.is_ascii_digit()).any(|digits| digits.len() == 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "
Resources:
  B:
    Type: AWS::S3::Bucket
    Properties:
      OwnershipControls: { Rules: [{ ObjectOwnership: BucketOwnerEnforced }] }
      PublicAccessBlockConfiguration:
        { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true }
";

    #[test]
    fn every_opening_of_a_bucket_is_told() {
        let told = |text: &str| buckets_are_closed(&Template::parse(text).unwrap()).len();
        assert_eq!(told(GOOD), 0);
        assert_eq!(told(&GOOD.replace("IgnorePublicAcls: true", "IgnorePublicAcls: false")), 1);
        assert_eq!(told(&GOOD.replace("BlockPublicPolicy: true, ", "")), 1);
        assert_eq!(told(&GOOD.replace("BucketOwnerEnforced", "ObjectWriter")), 1);
    }

    #[test]
    fn twelve_digits_are_an_account() {
        assert!(names_an_account("arn:aws:iam::123456789012:role/x"));
        assert!(!names_an_account("MessageRetentionPeriod: 1209600"));
        assert!(!names_an_account("1234567890123 is too long"));
    }
}
