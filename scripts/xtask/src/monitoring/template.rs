//! What the monitoring stack's template holds.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use drayage_cloudformation as cloudformation;
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
    /// Outcomes that alarms watch.
    pub(super) outcomes: BTreeSet<String>,
    /// Saved queries, and those of the dashboard.
    pub(super) queries: Vec<Query>,
}

impl Template {
    pub(super) fn read(template: &str) -> Result<Self> {
        let template = cloudformation::Template::parse(template)?;
        let dashboard = template.of_type("AWS::CloudWatch::Dashboard").next();
        let body = dashboard.and_then(|dashboard| text(dashboard, "/DashboardBody/Fn::Sub"));
        let body = body.context("there is no dashboard")?;
        let dashboard = serde_json::from_str(body).context("the dashboard's body is no JSON")?;
        let mut queries = of_dashboard(&dashboard);
        for saved in template.of_type("AWS::Logs::QueryDefinition") {
            let place = format!("saved query {}", saved.name);
            let text = text(saved, "/QueryString").context("a query without a text")?;
            queries.push(Query { place, text: text.to_owned() });
        }
        let (mut alarms, mut outcomes) = (Vec::new(), BTreeSet::new());
        for alarm in template.of_type("AWS::CloudWatch::Alarm") {
            for metric in watched(alarm.property("").context("an alarm without properties")?) {
                let (metric, outcome) = read_metric(metric)?;
                alarms.push(metric);
                outcomes.extend(outcome);
            }
        }
        Ok(Self { dashboard, alarms, outcomes, queries })
    }
}

fn text<'a>(resource: cloudformation::Resource<'a>, property: &str) -> Option<&'a str> {
    resource.property(property)?.as_str()
}

/// The metrics of our namespace: an alarm is about one, or combines several.
fn watched(value: &Value) -> Vec<&Value> {
    if value["Namespace"] == NAMESPACE {
        return vec![value];
    }
    match value {
        Value::Object(fields) => fields.values().flat_map(watched).collect(),
        Value::Array(items) => items.iter().flat_map(watched).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// A metric, and the outcome that it counts.
fn read_metric(metric: &Value) -> Result<(Metric, Option<String>)> {
    let name = metric["MetricName"].as_str().context("a metric without a name")?.to_owned();
    let dimensions = || metric["Dimensions"].as_array().into_iter().flatten();
    let outcome = dimensions().find(|dimension| dimension["Name"] == "Outcome");
    let outcome = outcome.and_then(|dimension| dimension["Value"].as_str()).map(str::to_owned);
    let names = dimensions().filter_map(|dimension| dimension["Name"].as_str());
    Ok((Metric { name, dimensions: names.map(str::to_owned).collect() }, outcome))
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
Resources:
  Budget:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: Drayage
      MetricName: Left
      Dimensions:
        - { Name: Stack, Value: !Ref Stack }
      Statistic: Sum
  Rate:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Metrics:
        - MetricStat:
            Metric: { Namespace: Drayage, MetricName: Files, Dimensions: [{ Name: Stack, Value: !Ref Stack }, { Name: Outcome, Value: failed }] }
        - MetricStat:
            Metric: { Namespace: AWS/SQS, MetricName: Age, Dimensions: [{ Name: QueueName, Value: x }] }
  Dashboard:
    Type: AWS::CloudWatch::Dashboard
    Properties:
      DashboardBody: !Sub |
        {\"widgets\": [
          {\"properties\": {\"title\": \"t\", \"query\": \"SOURCE 'g' | fields a | limit 1\"}}]}
  One:
    Type: AWS::Logs::QueryDefinition
    Properties:
      QueryString: |
        fields b
        | limit 2

Outputs: {}
";

    #[test]
    fn a_template_gives_its_metrics_and_queries() {
        let template = Template::read(TEMPLATE).unwrap();
        let alarms: Vec<String> = template.alarms.iter().map(ToString::to_string).collect();
        assert_eq!(alarms, ["Left {Stack}", "Files {Stack, Outcome}"]);
        assert_eq!(template.outcomes, ["failed".to_owned()].into());
        let texts: Vec<&str> = template.queries.iter().map(|query| query.text.trim()).collect();
        assert_eq!(texts, ["fields a | limit 1", "fields b\n| limit 2"]);
        assert!(Template::read("Resources: {}\n").is_err());
    }
}
