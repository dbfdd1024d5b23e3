//! The software bill of materials of a release: every crate that is linked into a function, with its licence and checksum, in
//! `CycloneDX`. Development dependencies, tools and tests are not shipped, and not in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use cyclonedx_bom::prelude::{Bom, Validate as _};
use serde_json::{Value, json};

use crate::workspace;

/// Writes the bill of materials of functions that are built for `target`; other targets have other dependencies.
pub(crate) fn write(target: &str, out: &Path) -> Result<()> {
    let root = workspace::root();
    let metadata = metadata(&root, target)?;
    let lock = workspace::read(&root.join("Cargo.lock"))?;
    let bill = bill(&metadata, &checksums(&lock))?;
    let text = serde_json::to_string_pretty(&bill)? + "\n";
    check(&text)?;
    fs::write(out, text).with_context(|| format!("cannot write {}", out.display()))
}

/// An error unless the text is what the specification of `CycloneDX` allows.
fn check(text: &str) -> Result<()> {
    let bill = Bom::parse_from_json_v1_5(text.as_bytes()).context("not CycloneDX 1.5")?;
    let result = bill.validate();
    if !result.passed() {
        let found: Vec<String> = result.errors().map(|error| format!("{error:?}")).collect();
        bail!("not valid CycloneDX 1.5: {}", found.join("; "));
    }
    Ok(())
}

fn metadata(root: &Path, target: &str) -> Result<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--format-version", "1", "--filter-platform", target])
        .current_dir(root)
        .output()
        .context("cannot run cargo metadata")?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// SHA-256 of the packages that come from a registry, by name and version.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let mut found = BTreeMap::new();
    for package in lock.split("[[package]]").skip(1) {
        let value = |name: &str| {
            let prefix = format!("{name} = \"");
            let line = package.lines().find_map(|line| line.strip_prefix(&prefix))?;
            Some(line.trim_end_matches('"').to_owned())
        };
        if let (Some(name), Some(version), Some(sum)) =
            (value("name"), value("version"), value("checksum"))
        {
            found.insert((name, version), sum);
        }
    }
    found
}

fn bill(metadata: &Value, checksums: &BTreeMap<(String, String), String>) -> Result<Value> {
    let packages = list(metadata, "/packages");
    let by_id: BTreeMap<&str, &Value> =
        packages.map(|package| (text(package, "id"), package)).collect();
    let nodes = list(metadata, "/resolve/nodes");
    let linked: BTreeMap<&str, BTreeSet<&str>> =
        nodes.map(|node| (text(node, "id"), linked_by(node).collect())).collect();

    let functions: BTreeSet<&str> =
        by_id.iter().filter(|(_, package)| is_function(package)).map(|(id, _)| *id).collect();
    if functions.is_empty() {
        bail!("no package is a function");
    }
    let mut shipped = functions.clone();
    let mut open: Vec<&str> = functions.iter().copied().collect();
    while let Some(id) = open.pop() {
        let dependencies = linked.get(id).into_iter().flatten();
        open.extend(dependencies.filter(|dependency| shipped.insert(dependency)));
    }

    let mut components = Vec::new();
    let mut dependencies = vec![json!({
        "ref": "drayage",
        "dependsOn": names(&by_id, functions.iter().copied())?,
    })];
    for id in &shipped {
        let package = by_id.get(id).context("a dependency is no package")?;
        let kind = if functions.contains(id) { "application" } else { "library" };
        components.push(component(package, kind, checksums));
        let needed = linked.get(id).into_iter().flatten().copied();
        dependencies.push(json!({"ref": url(package), "dependsOn": names(&by_id, needed)?}));
    }
    let version = functions.first().and_then(|id| by_id.get(id)).map(|it| text(it, "version"));
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "drayage",
                "name": "drayage",
                "version": version,
                "licenses": [{"expression": "MIT OR Apache-2.0"}],
            },
        },
        "components": components,
        "dependencies": dependencies,
    }))
}

/// A program of `functions/`: what has a bootstrap.
fn is_function(package: &Value) -> bool {
    let shared = text(package, "name").starts_with("drayage-");
    let manifest = text(package, "manifest_path");
    let ours = package.get("source").is_none_or(Value::is_null);
    ours && !shared && manifest.contains("/functions/")
}

/// Ids of what a package is linked with: neither development nor build dependencies.
fn linked_by(node: &Value) -> impl Iterator<Item = &str> {
    let ordinary = |dependency: &&Value| {
        list(dependency, "/dep_kinds").any(|kind| kind.get("kind").is_none_or(Value::is_null))
    };
    list(node, "/deps").filter(ordinary).map(|dependency| text(dependency, "pkg"))
}

fn component(package: &Value, kind: &str, checksums: &BTreeMap<(String, String), String>) -> Value {
    let (name, version) = (text(package, "name"), text(package, "version"));
    let mut component = json!({
        "type": kind,
        "bom-ref": url(package),
        "name": name,
        "version": version,
        "purl": url(package),
    });
    let mut set = |name: &str, value: Value| {
        if let Some(fields) = component.as_object_mut() {
            fields.insert(name.to_owned(), value);
        }
    };
    // The old way to write a choice.
    let licence = text(package, "license").replace('/', " OR ");
    if !licence.is_empty() {
        set("licenses", json!([{"expression": licence}]));
    }
    if let Some(sum) = checksums.get(&(name.to_owned(), version.to_owned())) {
        set("hashes", json!([{"alg": "SHA-256", "content": sum}]));
    }
    component
}

/// Package URLs of packages.
fn names<'a>(
    by_id: &BTreeMap<&str, &Value>,
    ids: impl Iterator<Item = &'a str>,
) -> Result<Vec<String>> {
    ids.map(|id| by_id.get(id).map(|it| url(it)).context("a dependency is no package")).collect()
}

/// <https://github.com/package-url/purl-spec>
fn url(package: &Value) -> String {
    let version = text(package, "version").replace('+', "%2B");
    format!("pkg:cargo/{}@{version}", text(package, "name"))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bill_holds_what_is_linked_and_nothing_of_the_tests() {
        let directory = std::env::temp_dir().join(format!("sbom-{}.json", std::process::id()));
        write("aarch64-unknown-linux-gnu", &directory).unwrap();
        let text = fs::read_to_string(&directory).unwrap();
        fs::remove_file(&directory).unwrap();
        check(&text).unwrap();
        let bill: Value = serde_json::from_str(&text).unwrap();
        let names: BTreeSet<&str> =
            list(&bill, "/components").map(|component| super::text(component, "name")).collect();
        for shipped in ["copy", "drayage-domain", "aws-sdk-s3", "rustls", "lambda_runtime"] {
            assert!(names.contains(shipped), "{shipped}");
        }
        for not in ["proptest", "wiremock", "drayage-sim", "dray", "xtask", "cc"] {
            assert!(!names.contains(not), "{not}");
        }
        // Everything from a registry is told with the checksum that Cargo holds it against.
        let unchecked = list(&bill, "/components")
            .filter(|component| component.get("hashes").is_none())
            .map(|component| super::text(component, "name"));
        let ours = fs::read_dir(workspace::root().join("functions")).unwrap().flatten();
        let ours: Vec<String> =
            ours.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        for name in unchecked {
            assert!(name.starts_with("drayage-") || ours.iter().any(|it| it == name), "{name}");
        }
    }

    #[test]
    fn what_is_no_bill_is_refused() {
        assert!(check("{}").is_err());
        let wrong = json!({
            "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
            "components": [{"type": "nonsense", "name": "a"}],
        });
        assert!(check(&wrong.to_string()).is_err());
    }
}
