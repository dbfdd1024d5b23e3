//! Uploading a template with everything that it names.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::prerequisites::Ready;
use crate::stack::text;

/// Uploads to the bucket of artefacts, and returns the address that CloudFormation takes the template from.
pub(crate) fn package(ready: &Ready, template: &Path, work: &Path) -> Result<String> {
    let template = fs::canonicalize(template)
        .with_context(|| format!("{} cannot be found", template.display()))?;
    // `package` uploads what a template names, and not the template itself: so it is named by one around it. It is too large to
    // be sent along with a request.
    let around = work.join("around.json");
    let nested =
        json!({"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": template}});
    fs::write(&around, json!({"Resources": {"Stack": nested}}).to_string())
        .context("the template cannot be uploaded: a temporary file cannot be written")?;
    let packaged = work.join("packaged.json");
    let asked = [
        "cloudformation",
        "package",
        "--use-json",
        "--s3-bucket",
        ready.bucket.name.as_str(),
        "--template-file",
        utf8(&around)?,
        "--output-template-file",
        utf8(&packaged)?,
    ];
    ready.aws.run("upload the template and what it names", &asked)?;
    let packaged: Value = serde_json::from_slice(&fs::read(&packaged)?)
        .context("what `aws cloudformation package` wrote is no JSON")?;
    let properties = packaged.pointer("/Resources/Stack/Properties");
    properties
        .and_then(|properties| text(properties, "TemplateURL"))
        .context("`aws cloudformation package` does not say where the template is")
}

pub(crate) fn utf8(path: &Path) -> Result<&str> {
    path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))
}
