//! The monitoring stack against the sources: what it watches is told, what is told is shown, and what it asks for is logged.

mod dashboard;
mod metrics;
mod outcomes;
mod queries;
mod template;

use anyhow::Result;

use crate::finding::Finding;
use crate::workspace;

use metrics::Metric;
use template::Template;

const TEMPLATE: &str = "infra/monitoring.yaml";
const DEFINITIONS: &str = "functions/shared/lambda-kit/src/metrics/definitions.rs";
const OUTCOMES: &str = "functions/shared/domain/src/outcome.rs";
const DOCUMENT: &str = "docs/observability.md";

/// Holds the monitoring stack and its document against the sources.
pub(crate) fn lint_all() -> Result<Vec<Finding>> {
    let root = workspace::root();
    let told = metrics::told(&workspace::read(&root.join(DEFINITIONS))?)?;
    let template = Template::read(&workspace::read(&root.join(TEMPLATE))?)?;
    let document = workspace::read(&root.join(DOCUMENT))?;
    let mut findings = dashboard::lint(&template.dashboard);
    findings.extend(lint_metrics(&told, &template, &document));
    let known = outcomes::known(&workspace::read(&root.join(OUTCOMES))?)?;
    findings.extend(outcomes::lint(&template.dashboard, &template.outcomes, &known));
    findings.extend(queries::lint(&template.queries, &told, &queries::logged(&root)?));
    Ok(findings)
}

/// Every metric that is watched is told with the same dimensions; every metric that is told is on the dashboard and in the document.
fn lint_metrics(told: &[Metric], template: &Template, document: &str) -> Vec<Finding> {
    let shown = dashboard::metrics(&template.dashboard);
    let mut findings = Vec::new();
    for watched in shown.iter().chain(&template.alarms) {
        if !told.contains(watched) {
            let message = format!("watches {watched}, which no function tells; see {DEFINITIONS}");
            findings.push(Finding::new(TEMPLATE, "metrics", message));
        }
    }
    for metric in told {
        if !shown.contains(metric) {
            let message = format!("the dashboard does not show {metric}");
            findings.push(Finding::new(TEMPLATE, "metrics", message));
        }
        if !document.contains(&format!("| `{}` |", metric.name)) {
            let message = format!("its table has no row `{}`", metric.name);
            findings.push(Finding::new(DOCUMENT, "metrics", message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_monitoring_stack_follows_its_rules() {
        assert_eq!(lint_all().unwrap(), []);
    }

    #[test]
    fn a_metric_on_one_side_only_is_told() {
        let metric = |name: &str, by: &[&str]| Metric {
            name: name.to_owned(),
            dimensions: by.iter().map(|&name| name.to_owned()).collect(),
        };
        let told = [metric("Files", &["Stack", "Outcome"]), metric("Bytes", &["Stack"])];
        let widget = serde_json::json!({"type": "metric", "x": 0, "y": 0, "width": 6, "height": 6, "properties": {
            "title": "t", "region": "r", "view": "timeSeries", "stat": "Sum", "period": 60,
            "metrics": [["Drayage", "Files", "Stack", "s"]]
        }});
        let template = Template {
            dashboard: serde_json::json!({ "widgets": [widget] }),
            alarms: vec![metric("Gone", &["Stack"])],
            outcomes: BTreeSet::new(),
            queries: Vec::new(),
        };
        let found: Vec<String> = lint_metrics(&told, &template, "| `Files` |")
            .into_iter()
            .map(|finding| finding.message)
            .collect();
        assert_eq!(found.len(), 5, "{found:#?}");
        assert!(
            found[0].starts_with("watches Files {Stack}, ") && found[1].contains("Gone {Stack}")
        );
        assert!(
            found[2].ends_with("show Files {Stack, Outcome}")
                && found[3].ends_with("Bytes {Stack}")
        );
        assert!(found[4].contains("row `Bytes`"));
    }
}
