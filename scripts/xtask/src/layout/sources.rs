//! Rules about source files.

use std::path::Path;

use anyhow::Result;

use crate::finding::Finding;
use crate::workspace;

/// A longer file holds more than one idea.
const LINES_MAX: usize = 500;
/// The one file that reads the environment.
const CONFIG: &str = "functions/shared/lambda-kit/src/config.rs";
const LAMBDA_KIT: &str = "functions/shared/lambda-kit/";
const AWS: &str = "functions/shared/aws/";

/// A Rust file.
#[derive(Debug)]
pub(super) struct Source {
    /// Relative to the root.
    pub(super) path: String,
    pub(super) text: String,
}

/// All Rust files of the workspace.
pub(super) fn read(root: &Path) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for directory in ["functions", "scripts", "tests"] {
        for path in workspace::files_below(&root.join(directory), ".rs")? {
            sources.push(Source {
                text: workspace::read(&path)?,
                path: workspace::shown(root, &path),
            });
        }
    }
    Ok(sources)
}

/// All rules of this file.
pub(super) fn lint(sources: &[Source]) -> Vec<Finding> {
    sources
        .iter()
        .flat_map(|source| size(source).into_iter().chain(doc(source)).chain(names(source)))
        .collect()
}

fn size(source: &Source) -> Option<Finding> {
    let lines = source.text.lines().count();
    (lines > LINES_MAX).then(|| {
        Finding::new(
            &source.path,
            "size",
            format!("has {lines} lines, more than {LINES_MAX}; split it"),
        )
    })
}

fn doc(source: &Source) -> Option<Finding> {
    (!source.text.starts_with("//!")).then(|| {
        Finding::new(
            &source.path,
            "module-doc",
            "must start with a //! line that says why it exists",
        )
    })
}

/// Names that belong to one place. Comments do not count, except that a doc example is a comment too.
fn names(source: &Source) -> Vec<Finding> {
    if !source.path.starts_with("functions/") {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        let code = line.trim_start();
        if code.starts_with("//") {
            continue;
        }
        let mut broken = |message: &str| {
            let place = format!("{}:{}", source.path, index + 1);
            findings.push(Finding::new(place, "names", message));
        };
        if ["aws_sdk_", "aws_config", "aws_smithy_"].iter().any(|name| code.contains(name))
            && !source.path.starts_with(AWS)
        {
            broken("names the AWS SDK; only functions/shared/aws does");
        }
        if code.contains("lambda_runtime") && !source.path.starts_with(LAMBDA_KIT) {
            broken("names lambda_runtime; only functions/shared/lambda-kit does");
        }
        if ["env::var", "env::vars", "env::set_var"].iter().any(|name| code.contains(name))
            && source.path != CONFIG
        {
            broken("reads the environment; only config.rs of lambda-kit does");
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<&'static str> {
        let source = Source { path: path.to_owned(), text: text.to_owned() };
        lint(&[source]).into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn a_long_file_is_told() {
        let text = |lines: usize| "//! Why.\n".repeat(lines);
        assert!(rules("tests/x.rs", &text(LINES_MAX)).is_empty());
        assert_eq!(rules("tests/x.rs", &text(LINES_MAX + 1)), ["size"]);
    }

    #[test]
    fn a_module_without_doc_is_told() {
        assert_eq!(rules("scripts/x.rs", "fn x() {}\n"), ["module-doc"]);
    }

    #[test]
    fn names_belong_to_one_place() {
        for (text, home) in [
            ("use aws_sdk_s3::Client;", "functions/shared/aws/src/x.rs"),
            ("use lambda_runtime::run;", "functions/shared/lambda-kit/src/x.rs"),
            ("std::env::var(name)", CONFIG),
        ] {
            let text = format!("//! Why.\n{text}\n");
            assert_eq!(rules("functions/copy/src/lib.rs", &text), ["names"], "{text}");
            assert!(rules(home, &text).is_empty(), "{text}");
        }
        assert!(rules("functions/copy/src/lib.rs", "//! lambda_runtime\n// env::var\n").is_empty());
    }
}
