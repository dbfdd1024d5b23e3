//! Rules about the dashboard's body
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html>).

use serde_json::Value;

use super::TEMPLATE;
use super::metrics::Metric;
use super::template::NAMESPACE;
use crate::finding::Finding;

/// Columns of the grid.
const COLUMNS: u64 = 24;
/// The largest height of a widget.
const HEIGHT_MAX: u64 = 1_000;
/// Widgets of a dashboard.
const WIDGETS_MAX: usize = 500;
/// Metrics of a widget.
const METRICS_MAX: usize = 500;

/// A place in the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    x: u64,
    y: u64,
    width: u64,
    height: u64,
}

impl Place {
    fn of(widget: &Value) -> Option<Self> {
        let number = |name: &str| widget[name].as_u64();
        let (x, y) = (number("x")?, number("y")?);
        Some(Self { x, y, width: number("width")?, height: number("height")? })
    }

    fn fits(self) -> bool {
        (1..=COLUMNS).contains(&self.width)
            && (1..=HEIGHT_MAX).contains(&self.height)
            && self.x.saturating_add(self.width) <= COLUMNS
    }

    fn overlaps(self, other: Self) -> bool {
        let apart = |from: u64, size: u64, other: u64, other_size: u64| {
            from.saturating_add(size) <= other || other.saturating_add(other_size) <= from
        };
        !apart(self.x, self.width, other.x, other.width)
            && !apart(self.y, self.height, other.y, other.height)
    }
}

/// Every widget has its place in the grid, and what its type needs.
pub(super) fn lint(dashboard: &Value) -> Vec<Finding> {
    let Some(widgets) = dashboard["widgets"].as_array() else {
        return vec![finding("the dashboard has no list of widgets".to_owned())];
    };
    let mut findings = Vec::new();
    if widgets.is_empty() || widgets.len() > WIDGETS_MAX {
        findings.push(finding(format!("{} widgets; at most {WIDGETS_MAX}", widgets.len())));
    }
    let mut places: Vec<Place> = Vec::new();
    for (index, widget) in widgets.iter().enumerate() {
        let title = widget.pointer("/properties/title").and_then(Value::as_str);
        let title = title.unwrap_or("without title");
        let name = format!("widget {index} ({title})");
        match Place::of(widget).filter(|place| place.fits()) {
            None => findings.push(finding(format!("{name} has no place in {COLUMNS} columns"))),
            Some(place) => {
                if places.iter().any(|other| place.overlaps(*other)) {
                    findings.push(finding(format!("{name} lies over another")));
                }
                places.push(place);
            }
        }
        findings.extend(problem(widget).map(|problem| finding(format!("{name} {problem}"))));
    }
    findings
}

/// What is wrong with a widget.
fn problem(widget: &Value) -> Option<String> {
    let properties = &widget["properties"];
    let has_text =
        |name: &str| properties[name].as_str().is_some_and(|text| !text.trim().is_empty());
    let lacks = |names: &[&str]| {
        let missing = names.iter().find(|name| !has_text(name));
        missing.map(|name| format!("has no {name}"))
    };
    match widget["type"].as_str() {
        Some("text") => lacks(&["markdown"]),
        Some("log") => lacks(&["title", "region", "query"]).or_else(|| {
            let begins =
                properties["query"].as_str().is_some_and(|query| query.starts_with("SOURCE "));
            (!begins).then(|| "asks no log group".to_owned())
        }),
        Some("metric") => lacks(&["title", "region", "view", "stat"])
            .or_else(|| {
                let period = properties["period"].as_u64().unwrap_or(0);
                (period == 0 || !period.is_multiple_of(60)).then(|| "has no period".to_owned())
            })
            .or_else(|| metrics_problem(&properties["metrics"])),
        other => Some(format!("is of the type {other:?}")),
    }
}

fn metrics_problem(metrics: &Value) -> Option<String> {
    let rows = metrics.as_array()?;
    if rows.is_empty() || rows.len() > METRICS_MAX {
        return Some("has no metrics, or too many".to_owned());
    }
    let bad = rows.iter().find(|row| !is_expression(row) && series(row).is_none());
    bad.map(|row| format!("has a row that is no metric: {row}"))
}

fn is_expression(row: &Value) -> bool {
    matches!(row.as_array().map(Vec::as_slice), Some([only]) if only["expression"].is_string() && only["id"].is_string())
}

/// Namespace, name and dimensions of a row; names and values of dimensions take turns, and options may follow.
fn series(row: &Value) -> Option<(&str, Metric)> {
    let mut fields = row.as_array()?.as_slice();
    if let [before @ .., Value::Object(_)] = fields {
        fields = before;
    }
    let texts: Option<Vec<&str>> = fields.iter().map(Value::as_str).collect();
    let texts = texts?;
    let [namespace, name, dimensions @ ..] = texts.as_slice() else { return None };
    let is_whole = dimensions.len().is_multiple_of(2) && !texts.iter().any(|text| text.is_empty());
    let dimensions = dimensions.iter().step_by(2).map(|&name| name.to_owned()).collect();
    is_whole.then(|| (*namespace, Metric { name: (*name).to_owned(), dimensions }))
}

/// Our metrics on the dashboard.
pub(super) fn metrics(dashboard: &Value) -> Vec<Metric> {
    let widgets = dashboard["widgets"].as_array().into_iter().flatten();
    let rows = widgets.filter_map(|widget| widget.pointer("/properties/metrics")?.as_array());
    rows.flatten()
        .filter_map(|row| match series(row) {
            Some((namespace, metric)) => (namespace == NAMESPACE).then_some(metric),
            None => searched(row.pointer("/0/expression")?.as_str()?),
        })
        .collect()
}

/// The metric of `SEARCH('{Drayage,Stack,Class} MetricName="Failures" …', …)`.
fn searched(expression: &str) -> Option<Metric> {
    let (schema, rest) = expression.strip_prefix("SEARCH('{")?.split_once('}')?;
    let mut names = schema.split(',');
    if names.next() != Some(NAMESPACE) {
        return None;
    }
    let name = rest.split_once("MetricName=\"")?.1.split('"').next()?;
    Some(Metric { name: name.to_owned(), dimensions: names.map(str::to_owned).collect() })
}

fn finding(message: String) -> Finding {
    Finding::new(TEMPLATE, "dashboard", message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn graph(x: u64, metrics: &Value) -> Value {
        json!({"type": "metric", "x": x, "y": 0, "width": 12, "height": 6, "properties": {
            "title": "t", "region": "r", "view": "timeSeries", "stat": "Sum", "period": 60, "metrics": metrics
        }})
    }

    fn messages(widgets: &[Value]) -> Vec<String> {
        let found = lint(&json!({ "widgets": widgets }));
        found.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn widgets_that_lie_over_each_other_or_outside_are_told() {
        let good = json!([["AWS/SQS", "Age", "QueueName", "q", {"label": "l"}]]);
        assert_eq!(messages(&[graph(0, &good), graph(12, &good)]), [""; 0]);
        assert!(messages(&[graph(0, &good), graph(11, &good)])[0].ends_with("lies over another"));
        assert!(messages(&[graph(13, &good)])[0].contains("no place"));
    }

    #[test]
    fn a_row_that_is_no_metric_is_told() {
        for bad in [
            json!([["AWS/SQS"]]),
            json!([["N", "M", "Dimension"]]),
            json!([]),
            json!([[{"id": "e"}]]),
        ] {
            assert_eq!(messages(&[graph(0, &bad)]).len(), 1, "{bad}");
        }
        let without =
            json!({"type": "text", "x": 0, "y": 0, "width": 1, "height": 1, "properties": {}});
        assert!(messages(&[without])[0].ends_with("has no markdown"));
    }

    #[test]
    fn metrics_are_found_in_rows_and_searches() {
        let rows = json!([
            ["Drayage", "Files", "Stack", "s", {"label": "l"}],
            ["AWS/SQS", "Age", "QueueName", "q"],
            [{"id": "e", "expression": "SEARCH('{Drayage,Stack,Class} MetricName=\"Failures\" Stack=\"s\"', 'Sum', 300)"}]
        ]);
        let dashboard = json!({ "widgets": [graph(0, &rows)] });
        assert_eq!(lint(&dashboard), []);
        let found: Vec<String> = metrics(&dashboard).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["Files {Stack}", "Failures {Stack, Class}"]);
    }
}
