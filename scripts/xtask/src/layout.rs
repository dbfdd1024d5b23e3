//! The invariants of ARCHITECTURE.md that a script can check: who may depend on whom, who may name what, and how large a
//! file may get.

mod dependencies;
mod names;
mod sources;

use anyhow::Result;
use drayage_cloudformation::Template;

use crate::finding::Finding;
use crate::workspace;

/// Checks the whole checkout.
pub(crate) fn lint_all() -> Result<Vec<Finding>> {
    let root = workspace::root();
    let packages = dependencies::packages(&root)?;
    let mut findings = dependencies::lint(&packages);
    findings.extend(sources::lint(&sources::read(&root)?));
    let text = workspace::read(&root.join("infra/template.yaml"))?;
    let template = Template::parse(&text)?;
    let settings = workspace::read(&root.join("functions/shared/domain/src/settings.rs"))?;
    findings.extend(names::functions_carry_one_name(&packages, &text));
    findings.extend(names::variables_are_set(&template, &settings));
    findings.extend(names::endpoint_is_not_set(&text));
    let manifest = workspace::read(&root.join("Cargo.toml"))?;
    findings.extend(names::version_is_told(&template, &manifest));
    Ok(findings)
}
