//! The lines themselves. Written here and not by a crate, because it is one JSON object, and the maintained crate
//! (`metrics_cloudwatch_embedded`) hangs on a recorder of the whole process, where ours ends with its message.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Dimension, Metric, Metrics};
use crate::correlation::Correlation;

/// The namespace of all metrics.
const NAMESPACE: &str = "Drayage";

/// Where metrics come from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    /// The stack, which is a dimension of all metrics.
    pub(crate) stack: &'a str,
    /// The function, a property.
    pub(crate) function: &'a str,
    /// Lambda's id of the invocation, a property.
    pub(crate) request_id: &'a str,
    /// Run and batch, properties.
    pub(crate) correlation: &'a Correlation,
    /// When the work ended.
    pub(crate) now: Timestamp,
}

/// A line for each dimension with something to tell. A line holds one value of a dimension, and few of all metrics.
pub(crate) fn lines(metrics: &Metrics, origin: Origin<'_>) -> Vec<String> {
    let collected = metrics.take().into_iter();
    collected.map(|(dimension, metrics)| line(origin, dimension, metrics)).collect()
}

fn line(
    origin: Origin<'_>,
    dimension: Dimension,
    metrics: impl IntoIterator<Item = (Metric, Vec<u64>)>,
) -> String {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    // As other lines have them, so that one query finds both.
    set("timestamp", json!(origin.now.to_string()));
    set("level", json!("INFO"));
    set("target", json!("metrics"));
    set("message", json!("metrics"));
    set("function", json!(origin.function));
    set("request_id", json!(origin.request_id));
    if let Some(run_id) = &origin.correlation.run_id {
        set("run_id", json!(run_id));
    }
    if let Some(batch_id) = origin.correlation.batch_id {
        set("batch_id", json!(batch_id));
    }
    set("Stack", json!(origin.stack));
    let mut names = vec!["Stack"];
    if let Some((name, value)) = dimension {
        set(name, json!(value));
        names.push(name);
    }
    let mut definitions = Vec::new();
    for (metric, values) in metrics {
        definitions.push(json!({ "Name": metric.name, "Unit": metric.unit.name() }));
        match values.as_slice() {
            [value] => set(metric.name, json!(value)),
            values => set(metric.name, json!(values)),
        };
    }
    set(
        "_aws",
        json!({
            "Timestamp": origin.now.as_millisecond(),
            "CloudWatchMetrics": [{ "Namespace": NAMESPACE, "Dimensions": [names], "Metrics": definitions }],
        }),
    );
    Value::Object(fields).to_string()
}

#[cfg(test)]
mod tests {
    use drayage_domain::counts::Counts;
    use drayage_domain::outcome::{FailureClass, Outcome, WriteFailure};

    use super::*;
    use crate::metrics::{
        API_CALLS_LEFT, BATCH_DURATION, BYTES_COPIED, RECORDS, SLOWEST_FILE, VALUES_MAX,
    };

    fn told(metrics: &Metrics) -> Vec<Value> {
        let correlation = Correlation { run_id: Some("run".to_owned()), batch_id: Some(3) };
        let origin = Origin {
            stack: "files",
            function: "files-copy",
            request_id: "request",
            correlation: &correlation,
            now: Timestamp::from_millisecond(1_800_000_000_123).unwrap(),
        };
        lines(metrics, origin).iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The JSON schema of the specification, rule by rule, and its limits.
    fn check(line: &Value) {
        let aws = &line["_aws"];
        assert_eq!(aws["Timestamp"], 1_800_000_000_123_u64, "milliseconds since 1970");
        let directives = aws["CloudWatchMetrics"].as_array().unwrap();
        assert!(!directives.is_empty());
        for directive in directives {
            let namespace = directive["Namespace"].as_str().unwrap();
            assert!((1..=1024).contains(&namespace.len()));
            for set in directive["Dimensions"].as_array().unwrap() {
                let set = set.as_array().unwrap();
                assert!((1..=30).contains(&set.len()));
                for name in set.iter().map(|name| name.as_str().unwrap()) {
                    assert!((1..=250).contains(&name.len()));
                    let value = line[name].as_str().unwrap();
                    assert!((1..=1024).contains(&value.len()), "{name} is a member of the root");
                }
            }
            let metrics = directive["Metrics"].as_array().unwrap();
            assert!((1..=100).contains(&metrics.len()));
            for metric in metrics {
                let name = metric["Name"].as_str().unwrap();
                assert!((1..=1024).contains(&name.len()));
                assert!(
                    ["Count", "Bytes", "Milliseconds", "Percent"]
                        .contains(&metric["Unit"].as_str().unwrap())
                );
                let value = &line[name];
                if let Some(values) = value.as_array() {
                    assert!((1..=100).contains(&values.len()));
                    assert!(values.iter().all(Value::is_number));
                } else {
                    assert!(value.is_number(), "{name} is a member of the root");
                }
            }
        }
    }

    #[test]
    fn lines_follow_the_specification() {
        let metrics = Metrics::default();
        let mut counts = Counts { bytes_copied: 5, ..Counts::default() };
        for outcome in [
            Outcome::Verified,
            Outcome::Verified,
            Outcome::Failed(FailureClass::AccessDenied),
            Outcome::NotWritten(WriteFailure::Locked),
        ] {
            counts.add(outcome);
        }
        metrics.add_counts(&counts);
        metrics.note(API_CALLS_LEFT, 91);
        for time in 0..200 {
            metrics.note(SLOWEST_FILE, time);
        }
        let lines = told(&metrics);
        lines.iter().for_each(check);
        assert_eq!(lines.len(), 6, "the stack, three outcomes, two reasons: {lines:#?}");
        let with = |name: &str, value: &str| lines.iter().find(|line| line[name] == value).unwrap();
        assert_eq!(with("Outcome", "verified")["Records"], 2);
        assert_eq!(with("Outcome", "failed")["Records"], 1);
        assert_eq!(with("Class", "access_denied")["Failures"], 1);
        assert_eq!(with("Class", "locked")["Failures"], 1);
        let stack = lines.iter().find(|line| line.get("BytesCopied").is_some()).unwrap();
        assert_eq!((&stack["BytesCopied"], &stack["ApiCallsLeft"]), (&5.into(), &91.into()));
        assert_eq!(stack["SlowestFile"].as_array().unwrap().len(), VALUES_MAX);
    }

    #[test]
    fn run_and_batch_are_properties_and_no_dimensions() {
        let metrics = Metrics::default();
        metrics.note(BATCH_DURATION, 1);
        metrics.add_by(RECORDS, "verified", 1);
        for line in told(&metrics) {
            assert_eq!((&line["run_id"], &line["batch_id"]), (&"run".into(), &3.into()));
            let dimensions = line["_aws"]["CloudWatchMetrics"][0]["Dimensions"].to_string();
            assert!(["[[\"Stack\"]]", "[[\"Stack\",\"Outcome\"]]"].contains(&dimensions.as_str()));
        }
    }

    #[test]
    fn what_was_told_is_not_told_again_and_nothing_is_told_of_nothing() {
        let metrics = Metrics::default();
        metrics.add(BYTES_COPIED, 0);
        assert_eq!(told(&metrics), [Value::Null; 0]);
        metrics.add(BYTES_COPIED, 2);
        metrics.clone().add(BYTES_COPIED, 3);
        assert_eq!(told(&metrics)[0]["BytesCopied"], 5);
        assert_eq!(told(&metrics), [Value::Null; 0]);
    }
}
