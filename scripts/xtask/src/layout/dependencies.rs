//! Rules about dependencies between packages.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::finding::Finding;

/// A member of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) name: String,
    /// Its directory, relative to the root.
    pub(super) directory: String,
    /// Names of everything it depends on, for any purpose.
    pub(super) dependencies: Vec<String>,
}

/// Members in the order of the root manifest: bottom layer first.
pub(super) fn packages(root: &Path) -> Result<Vec<Package>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root)
        .output()
        .context("cannot run cargo metadata")?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let top = text(&metadata, "workspace_root")?;
    let mut packages = Vec::new();
    for package in array(&metadata, "packages")? {
        let manifest = text(package, "manifest_path")?;
        let directory = Path::new(manifest).parent().and_then(|path| path.strip_prefix(top).ok());
        let dependencies = array(package, "dependencies")?;
        packages.push(Package {
            name: text(package, "name")?.to_owned(),
            directory: directory.context("member outside the root")?.display().to_string(),
            dependencies: dependencies
                .iter()
                .map(|dependency| text(dependency, "name").map(str::to_owned))
                .collect::<Result<_>>()?,
        });
    }
    let manifest = crate::workspace::read(&root.join("Cargo.toml"))?;
    let position = |package: &Package| manifest.find(&format!("\"{}\"", package.directory));
    if let Some(package) = packages.iter().find(|package| position(package).is_none()) {
        bail!("{} is not listed by its directory in the root manifest", package.name);
    }
    packages.sort_by_key(position);
    Ok(packages)
}

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str> {
    value.get(name).and_then(Value::as_str).with_context(|| format!("cargo metadata: no {name}"))
}

fn array<'a>(value: &'a Value, name: &str) -> Result<&'a Vec<Value>> {
    value.get(name).and_then(Value::as_array).with_context(|| format!("cargo metadata: no {name}"))
}

/// All rules of this file.
pub(super) fn lint(packages: &[Package]) -> Vec<Finding> {
    let mut findings = layers(packages);
    for package in packages {
        for dependency in &package.dependencies {
            if let Some(message) = forbidden(package, dependency, packages) {
                findings.push(Finding::new(&package.directory, "dependencies", message));
            }
        }
    }
    findings
}

/// A member depends only on members listed above it.
fn layers(packages: &[Package]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, package) in packages.iter().enumerate() {
        let above = packages.iter().take(index);
        let above: Vec<&str> = above.map(|package| package.name.as_str()).collect();
        let members = packages.iter().map(|member| member.name.as_str());
        let wrong = members.filter(|member| {
            package.dependencies.iter().any(|name| name == member)
                && !above.contains(member)
                && *member != package.name
        });
        findings.extend(wrong.map(|member| {
            Finding::new(
                &package.directory,
                "layers",
                format!("depends on {member}, which the root manifest lists below it"),
            )
        }));
    }
    findings
}

fn forbidden(package: &Package, dependency: &str, packages: &[Package]) -> Option<String> {
    let target = packages.iter().find(|member| member.name == dependency);
    let in_functions = package.directory.starts_with("functions/");
    let target_in =
        |directory: &str| target.is_some_and(|member| member.directory.starts_with(directory));
    let sdk = ["aws-sdk-", "aws-config", "aws-smithy-", "aws-types", "aws-credential-types"];
    if package.name == "drayage-domain" && target.is_some() {
        Some(format!("depends on {dependency}, but the domain is at the bottom"))
    } else if in_functions && target_in("tests/") {
        Some(format!("depends on {dependency}, but the product does not depend on its tests"))
    } else if package.directory == "tests/sim" && target_in("functions/") {
        Some(format!("depends on {dependency}: a simulator must not share the product's mistakes"))
    } else if in_functions
        && package.name != "drayage-aws"
        && sdk.iter().any(|prefix| dependency.starts_with(prefix))
    {
        Some(format!("depends on {dependency}, but only drayage-aws names the AWS SDK"))
    } else if in_functions && package.name != "drayage-lambda-kit" && dependency == "lambda_runtime"
    {
        Some("depends on lambda_runtime, but only drayage-lambda-kit names it".to_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, directory: &str, dependencies: &[&str]) -> Package {
        Package {
            name: name.to_owned(),
            directory: directory.to_owned(),
            dependencies: dependencies.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    /// The good workspace with one more dependency.
    fn messages(name: &str, dependency: &str) -> Vec<String> {
        let mut packages = vec![
            package("drayage-domain", "functions/shared/domain", &["serde"]),
            package("drayage-aws", "functions/shared/aws", &["drayage-domain", "aws-sdk-s3"]),
            package("drayage-lambda-kit", "functions/shared/lambda-kit", &["lambda_runtime"]),
            package("copy", "functions/copy", &["drayage-aws"]),
            package("drayage-sim", "tests/sim", &["axum"]),
            package("drayage-local", "tests/local", &["drayage-sim", "aws-sdk-s3"]),
        ];
        assert_eq!(lint(&packages), []);
        let changed = packages.iter_mut().find(|package| package.name == name).unwrap();
        changed.dependencies.push(dependency.to_owned());
        lint(&packages).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn members_are_listed_bottom_layer_first() {
        let packages = packages(&crate::workspace::root()).unwrap();
        assert_eq!(packages[0].name, "drayage-domain");
    }

    #[test]
    fn every_rule_fires() {
        for (name, dependency, expected) in [
            ("drayage-aws", "copy", "lists below"),
            ("drayage-domain", "drayage-aws", "at the bottom"),
            ("copy", "drayage-sim", "does not depend on its tests"),
            ("drayage-sim", "drayage-aws", "must not share"),
            ("copy", "aws-sdk-sqs", "names the AWS SDK"),
            ("copy", "lambda_runtime", "only drayage-lambda-kit"),
        ] {
            let found = messages(name, dependency);
            assert!(
                found.iter().any(|message| message.contains(expected)),
                "{expected}: {found:?}"
            );
        }
    }
}
