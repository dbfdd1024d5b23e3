//! What the monitoring stack's template holds.

use anyhow::{Context, Result};
use serde_json::Value;

use super::metrics::Metric;

/// The namespace of our metrics.
pub(super) const NAMESPACE: &str = "Drayage";

/// A text of Logs Insights, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) place: String,
    pub(super) text: String,
}

/// The parts that are checked.
#[derive(Debug)]
pub(super) struct Template {
    /// The dashboard's body, with its substitutions left as they are.
    pub(super) dashboard: Value,
    /// Our metrics that alarms watch.
    pub(super) alarms: Vec<Metric>,
    /// Saved queries, and those of the dashboard.
    pub(super) queries: Vec<Query>,
}

impl Template {
    pub(super) fn read(template: &str) -> Result<Self> {
        let body = block(template, "DashboardBody: !Sub |").context("there is no dashboard")?;
        let dashboard = serde_json::from_str(&body).context("the dashboard's body is no JSON")?;
        let alarms = template.split_once("DashboardBody:").map_or(template, |(before, _)| before);
        let mut queries = of_dashboard(&dashboard);
        let saved = template.split("Type: AWS::Logs::QueryDefinition").skip(1);
        for (number, definition) in saved.enumerate() {
            let place = format!("saved query {}", number + 1);
            let text = block(definition, "QueryString: |").context("a query without a text")?;
            queries.push(Query { place, text });
        }
        Ok(Self { dashboard, alarms: watched(alarms)?, queries })
    }
}

/// The lines of a literal block, by the line that begins it.
fn block(text: &str, heading: &str) -> Option<String> {
    let mut lines = text.lines().skip_while(|line| line.trim() != heading);
    let depth = indentation(lines.next()?);
    let body = lines.take_while(|line| line.trim().is_empty() || indentation(line) > depth);
    Some(body.flat_map(|line| [line, "\n"]).collect())
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Each use of our namespace in an alarm: the name and the dimensions follow it.
fn watched(alarms: &str) -> Result<Vec<Metric>> {
    let uses = alarms.split("Namespace: ").skip(1).filter(|rest| rest.starts_with(NAMESPACE));
    uses.map(|rest| {
        let name = after(rest, "MetricName: ").next().context("a metric without a name")?;
        let dimensions = after(rest, "{ Name: ").map(str::to_owned).collect();
        Ok(Metric { name: name.to_owned(), dimensions })
    })
    .collect()
}

/// The words behind each `label`.
fn after<'a>(text: &'a str, label: &'a str) -> impl Iterator<Item = &'a str> {
    let is_end = |c: char| !c.is_ascii_alphanumeric();
    text.split(label).skip(1).filter_map(move |rest| rest.split(is_end).next())
}

fn of_dashboard(dashboard: &Value) -> Vec<Query> {
    let widgets = dashboard["widgets"].as_array().into_iter().flatten();
    let texts = widgets.filter_map(|widget| {
        let properties = &widget["properties"];
        let text = properties["query"].as_str()?;
        // The sources are no part of the query.
        let query = text.split(" | ").filter(|part| !part.starts_with("SOURCE "));
        let place = format!("widget {}", properties["title"]);
        Some(Query { place, text: query.collect::<Vec<_>>().join(" | ") })
    });
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "
  Budget:
      Namespace: Drayage
      MetricName: Left
      Dimensions:
        - { Name: Stack, Value: !Ref Stack }
      Statistic: Sum
  Rate:
            Metric: { Namespace: Drayage, MetricName: Files, Dimensions: [{ Name: Stack, Value: !Ref Stack }, { Name: Outcome, Value: failed }] }
            Metric: { Namespace: AWS/SQS, MetricName: Age, Dimensions: [{ Name: QueueName, Value: x }] }
  Dashboard:
      DashboardBody: !Sub |
        {\"widgets\": [
          {\"properties\": {\"title\": \"t\", \"query\": \"SOURCE 'g' | fields a | limit 1\"}}]}
  One:
    Type: AWS::Logs::QueryDefinition
    Properties:
      QueryString: |
        fields b
        | limit 2

Outputs:
";

    #[test]
    fn a_template_gives_its_metrics_and_queries() {
        let template = Template::read(TEMPLATE).unwrap();
        let alarms: Vec<String> = template.alarms.iter().map(ToString::to_string).collect();
        assert_eq!(alarms, ["Left {Stack}", "Files {Stack, Outcome}"]);
        let texts: Vec<&str> = template.queries.iter().map(|query| query.text.trim()).collect();
        assert_eq!(texts, ["fields a | limit 1", "fields b\n        | limit 2"]);
        assert!(Template::read("Resources:\n").is_err());
    }
}
