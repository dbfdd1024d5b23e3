//! The linter of the `CloudFormation` templates, and the table of permissions that is made from them. What `cfn-lint` cannot know
//! is held here: who may do what and why, encryption, retention, and where undelivered work ends up.
//!
//! One file per group of rules; a rule is a function from a [`Template`] to findings.

mod permissions;
mod rules;
mod shown;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use drayage_cloudformation::Template;

use crate::finding::Finding;
use crate::workspace;

const MAIN: &str = "infra/template.yaml";

/// Lints every template of the checkout, and holds the table of permissions against the main one.
pub(crate) fn lint_all() -> Result<Vec<Finding>> {
    let root = workspace::root();
    let mut findings = Vec::new();
    for path in workspace::files_below(&root.join("infra"), ".yaml")? {
        let file = workspace::shown(&root, &path);
        let text = workspace::read(&path)?;
        let template = Template::parse(&text).with_context(|| file.clone())?;
        let mut found = rules::of_any(&text, &template);
        if file == MAIN {
            found.extend(rules::of_main(&template));
            found.extend(page_is_current(&root, &template));
        }
        let placed =
            |finding: Finding| Finding { place: format!("{file}: {}", finding.place), ..finding };
        findings.extend(found.into_iter().map(placed));
    }
    findings.extend(rules::beside(&root)?);
    Ok(findings)
}

/// Writes the table of permissions.
pub(crate) fn write_permissions() -> Result<()> {
    let root = workspace::root();
    let template = Template::parse(&workspace::read(&root.join(MAIN))?)?;
    let path = root.join(permissions::PAGE);
    fs::write(&path, permissions::page(&template))
        .with_context(|| format!("cannot write {}", path.display()))
}

fn page_is_current(root: &Path, template: &Template) -> Option<Finding> {
    let written = workspace::read(&root.join(permissions::PAGE)).unwrap_or_default();
    let message = "is not what the template says; run `cargo xtask permissions`";
    let stale = written != permissions::page(template);
    stale.then(|| Finding::new(permissions::PAGE, "permissions", message))
}
