//! What a lifecycle rule may expire: documents that nobody needs once a run is over, and nothing else.

use std::path::Path;

use anyhow::Result;
use drayage_cloudformation::Template;
use serde_json::Value;

use crate::finding::Finding;
use crate::workspace;

/// The prefix of temporary documents. The tests of [`KEYS`] say what lies below it.
const WORK: &str = "work/";

/// The only source that spells prefixes of the state bucket.
const KEYS: &str = "functions/shared/domain/src/run_files.rs";

/// Every rule that removes objects or versions is for the prefix of temporary documents, and such a rule exists.
pub(super) fn kept_documents_never_expire(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    for bucket in template.of_type("AWS::S3::Bucket") {
        let rules = bucket.property("/LifecycleConfiguration/Rules").and_then(Value::as_array);
        let mut expires = false;
        for rule in rules.into_iter().flatten().filter(|rule| removes(rule)) {
            expires = true;
            if rule.get("Prefix").and_then(Value::as_str) != Some(WORK) {
                let message = format!("a lifecycle rule removes what is not below {WORK}");
                findings.push(Finding::new(bucket.name, "lifecycle", message));
            }
        }
        if bucket.name == "StateBucket" && !expires {
            let message = format!("keeps what is below {WORK} for ever");
            findings.push(Finding::new(bucket.name, "lifecycle", message));
        }
    }
    findings
}

fn removes(rule: &Value) -> bool {
    let names = rule.as_object().into_iter().flatten().map(|(name, _)| name);
    names.into_iter().any(|name| name.contains("Expir") || name.contains("Transition"))
}

/// The sources know the same prefix, and no function makes a key of the state bucket by itself.
pub(super) fn keys_are_made_in_one_place(root: &Path) -> Result<Vec<Finding>> {
    let mut sources = Vec::new();
    for path in workspace::files_below(&root.join("functions"), ".rs")? {
        sources.push((workspace::shown(root, &path), workspace::read(&path)?));
    }
    Ok(made_elsewhere(&sources))
}

fn made_elsewhere(sources: &[(String, String)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let known = format!("pub const WORK: &str = \"{WORK}\";");
    if !sources.iter().any(|(file, text)| file == KEYS && text.contains(&known)) {
        let message = format!("does not say that temporary documents lie below {WORK}");
        findings.push(Finding::new(KEYS, "lifecycle", message));
    }
    for (file, text) in sources.iter().filter(|(file, _)| file != KEYS) {
        for (index, line) in text.lines().enumerate() {
            if line.contains("format!(\"runs/") || line.contains("format!(\"work/") {
                let message = format!("makes a key of the state bucket; {KEYS} does");
                findings.push(Finding::new(format!("{file}:{}", index + 1), "lifecycle", message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_made_elsewhere_is_told() {
        let source = |file: &str, text: &str| (file.to_owned(), text.to_owned());
        let keys = source(KEYS, "pub const WORK: &str = \"work/\";");
        assert_eq!(made_elsewhere(std::slice::from_ref(&keys)), []);
        let elsewhere = source("functions/a.rs", "let key = format!(\"runs/{run}/x\");");
        assert_eq!(made_elsewhere(&[keys, elsewhere]).len(), 1);
        assert_eq!(made_elsewhere(&[source(KEYS, "")]).len(), 1);
    }

    const GOOD: &str = "
Resources:
  StateBucket:
    Type: AWS::S3::Bucket
    Properties:
      LifecycleConfiguration:
        Rules:
          - { Id: a, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } }
          - { Id: b, Prefix: work/, ExpirationInDays: !Ref Days }
          - { Id: c, Prefix: work/, NoncurrentVersionExpiration: { NoncurrentDays: 1 } }
";

    #[test]
    fn a_rule_that_removes_kept_documents_is_told() {
        let told = |text: &str| kept_documents_never_expire(&Template::parse(text).unwrap()).len();
        assert_eq!(told(GOOD), 0);
        assert_eq!(told(&GOOD.replacen("Prefix: work/", "Prefix: runs/", 1)), 1);
        assert_eq!(told(&GOOD.replacen("Prefix: work/, ", "", 1)), 1);
        assert_eq!(told(&GOOD.replace("AbortIncomplete", "NoncurrentVersionTransition")), 1);
        assert_eq!(told(&GOOD.replace("Expiration", "Other")), 1);
    }
}
