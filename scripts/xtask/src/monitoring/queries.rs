//! Rules about queries: they name only fields that lines have.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, bail};

use super::TEMPLATE;
use super::metrics::Metric;
use super::template::Query;
use crate::finding::Finding;
use crate::workspace;

const FORMATTERS: [&str; 2] =
    ["functions/shared/lambda-kit/src/logs.rs", "functions/shared/lambda-kit/src/metrics/emf.rs"];
const SPAN: &str = "functions/shared/lambda-kit/src/correlation.rs";

/// Words of the language
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html>) that the queries use.
const WORDS: [&str; 20] = [
    "fields",
    "filter",
    "stats",
    "sort",
    "limit",
    "by",
    "as",
    "asc",
    "desc",
    "and",
    "or",
    "not",
    "in",
    "like",
    "ispresent",
    "sum",
    "max",
    "count",
    "count_distinct",
    "latest",
];

/// Fields of log lines: those that every line has, those of spans, and those that an event names.
pub(super) fn logged(root: &Path) -> Result<BTreeSet<String>> {
    // What the runtime of the queries adds.
    let mut fields: BTreeSet<String> = ["@timestamp", "message"].map(str::to_owned).into();
    for file in FORMATTERS {
        let text = workspace::read(&root.join(file))?;
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        // `("timestamp", …` of a table, or `set("timestamp", …`.
        fields.extend(
            code.split("(\"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned),
        );
    }
    for path in workspace::files_below(&root.join("functions"), ".rs")? {
        fields.extend(of_events(&workspace::read(&path)?));
    }
    fields.extend(of_events(&workspace::read(&root.join(SPAN))?));
    if !fields.contains("run_id") || !fields.contains("level") {
        bail!(
            "the fields of log lines were not found; hint: adapt the linter to how they are written now"
        );
    }
    Ok(fields)
}

/// Names within calls such as `tracing::info!(run_id, batch = number, "text")`.
fn of_events(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for call in source.split("tracing::").skip(1).filter(|call| is_macro(call)) {
        // A call mostly ends with its statement.
        let call = call.split(");").next().unwrap_or_default();
        // Every second part is within quotation marks.
        let arguments = call.split('"').step_by(2).collect::<Vec<_>>().join(" ");
        for part in arguments.split(['(', ',']).skip(1) {
            let name =
                part.split('=').next().unwrap_or_default().trim().trim_start_matches(['%', '?']);
            if !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
                found.insert(name.to_owned());
            }
        }
    }
    found
}

fn is_macro(call: &str) -> bool {
    ["error!(", "warn!(", "info!(", "debug!(", "error_span!("]
        .iter()
        .any(|name| call.starts_with(name))
}

/// Every name in a query is a field of a line, a metric, a dimension, or one that the query makes itself.
pub(super) fn lint(queries: &[Query], told: &[Metric], logged: &BTreeSet<String>) -> Vec<Finding> {
    let metrics: BTreeSet<&str> = told
        .iter()
        .flat_map(|metric| metric.dimensions.iter().chain([&metric.name]))
        .map(String::as_str)
        .collect();
    let mut findings = Vec::new();
    for Query { place, text } in queries {
        let made: BTreeSet<&str> = text
            .split(" as ")
            .skip(1)
            .filter_map(|rest| rest.split([' ', ',', '\n']).next())
            .collect();
        for name in names(text) {
            let known = WORDS.contains(&name.as_str())
                || made.contains(name.as_str())
                || metrics.contains(name.as_str())
                || logged.contains(&name);
            if !known {
                let message = format!("{place} names `{name}`, which no line has");
                findings.push(Finding::new(TEMPLATE, "queries", message));
            }
        }
    }
    findings
}

/// Words of a query without its texts and numbers.
fn names(query: &str) -> Vec<String> {
    // Every second part is within quotation marks.
    let bare: Vec<&str> = query.split('"').step_by(2).collect();
    bare.join(" ")
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '@'))
        .filter(|word| word.starts_with(|c: char| !c.is_ascii_digit()) && !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let logged = ["@timestamp", "run_id", "took_ms"].map(str::to_owned).into();
        let query = Query { place: "one".to_owned(), text: text.to_owned() };
        let told = [Metric { name: "Failures".to_owned(), dimensions: vec!["Class".to_owned()] }];
        lint(&[query], &told, &logged).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_name_that_no_line_has_is_told() {
        let good = "fields @timestamp | filter run_id = \"anything at all\" and ispresent(Failures)\n\
                    | stats max(took_ms) as longest by Class | sort longest desc | limit 20";
        assert_eq!(found(good), [""; 0]);
        assert_eq!(found("fields runid"), ["one names `runid`, which no line has"]);
        assert_eq!(found("stats sum(Failed) by Class").len(), 1);
    }

    #[test]
    fn events_name_their_fields() {
        let source =
            "tracing::info!(\n run_id = copy.run_id,\n %error, batch, \"text, with = signs\"\n);";
        let expected = ["batch", "error", "run_id"].map(str::to_owned);
        assert_eq!(of_events(source), expected.into());
    }
}
