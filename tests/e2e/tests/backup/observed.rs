//! What a run leaves in the logs: lines that name run and batch, and metrics that agree with the ledger.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use drayage_local::logs::groups;
use drayage_local::{LocalStack, StackParameters};
use serde_json::{Value, json};

use crate::control::{aws, run_id};

/// What Lambda writes around an invocation.
const OF_LAMBDA: [&str; 3] = ["START RequestId: ", "END RequestId: ", "REPORT RequestId: "];

#[tokio::test(flavor = "multi_thread")]
async fn log_lines_name_their_run_and_metrics_agree_with_the_ledger() -> Result<()> {
    // The emulator knows neither alarms on several metrics nor saved queries.
    let parameters = StackParameters::default().with("Monitoring", "basic");
    let stack = LocalStack::builder().files(120).seed(23).parameters(parameters).start().await?;
    let execution = stack.start_backup(&json!({})).await?;
    let run = run_id(&execution);
    let summary = drayage_local::local_stack::summary(stack.wait(&execution).await?)?;
    stack.assert_accounted(&summary)?;

    let mut metrics = Vec::new();
    let mut lines_of = BTreeMap::new();
    for (function, lines) in logs(&stack).await? {
        for line in &lines {
            assert_eq!(line["run_id"], run, "{function}: {line}");
            assert!(line["request_id"].is_string() && line["timestamp"].is_string(), "{line}");
            if matches!(function.as_str(), "copy" | "dead-letter") {
                assert!(line["batch_id"].is_u64(), "{function}: {line}");
            }
        }
        lines_of.insert(function, lines.len());
        metrics.extend(lines.into_iter().filter(|line| line.get("_aws").is_some()));
    }
    for function in ["preflight", "enumerate", "copy", "finalize", "reconcile-report"] {
        assert!(lines_of.get(function).is_some_and(|lines| *lines > 0), "{function}: {lines_of:?}");
    }

    // By outcome, as the run's summary has it, but without the reasons.
    let mut outcomes: BTreeMap<&str, u64> = BTreeMap::new();
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for (label, count) in &summary.counts.outcomes {
        let (outcome, reason) = label.split_once('.').unwrap_or((label, ""));
        *outcomes.entry(outcome).or_default() += count;
        if outcome == "failed" {
            *reasons.entry(reason).or_default() += count;
        }
    }
    assert_eq!(sums(&metrics, "Records", Some("Outcome")), outcomes);
    assert_eq!(sums(&metrics, "Failures", Some("Class")), reasons);
    let total = |name: &str| sums(&metrics, name, None).values().sum::<u64>();
    assert_eq!(total("RecordsPlanned"), summary.enumerated);
    assert_eq!(total("BytesCopied"), summary.counts.bytes_copied);
    let batches =
        u64::from(stack.ledger()?.checkpoint(run).await?.context("a checkpoint")?.batches);
    assert_eq!((total("BatchesPlanned"), total("BatchesClosed")), (batches, batches));
    assert_eq!(total("BackupsDone"), 1);
    assert!(total("ApiCalls") > 0, "the org was asked");
    let verdicts = sums(&metrics, "Verdicts", Some("Verdict"));
    assert_eq!(verdicts.get("match"), outcomes.get("verified"), "{verdicts:?}");
    let durations = metrics.iter().filter(|line| line["BatchDuration"].is_u64()).count();
    assert_eq!(u64::try_from(durations)?, batches);
    watched(&stack, &metrics).await
}

/// The monitoring stack is deployed, and watches what this stack has told.
async fn watched(stack: &LocalStack, metrics: &[Value]) -> Result<()> {
    let name = drayage_local::stack::STACK;
    assert!(metrics.iter().all(|line| line["Stack"] == name));
    let dashboard = stack.stack().output("Dashboard")?;
    let got = aws(stack, &["cloudwatch", "get-dashboard", "--dashboard-name", dashboard]).await?;
    let body = got["DashboardBody"].as_str().context("a body")?;
    assert!(!body.contains("${"), "everything is filled in: {body}");
    let body: Value = serde_json::from_str(body)?;
    let rows = body["widgets"].as_array().context("widgets")?.iter();
    let rows: Vec<&Value> =
        rows.filter_map(|widget| widget["properties"]["metrics"].as_array()).flatten().collect();
    assert!(rows.contains(&&json!(["Drayage", "BytesCopied", "Stack", name])), "{rows:#?}");

    let alarms = aws(stack, &["cloudwatch", "describe-alarms"]).await?;
    let alarms = alarms["MetricAlarms"].as_array().context("alarms")?;
    let about = |alarm: &&str| {
        let end = format!("RUNBOOK.md#{}", alarm.to_lowercase());
        alarms.iter().any(|found| {
            let description = found["AlarmDescription"].as_str().unwrap_or("");
            let tells = found["AlarmActions"] == json!([stack.stack().output("TopicArn").unwrap()]);
            description.starts_with(name) && description.ends_with(&end) && tells
        })
    };
    let expected = ["BatchesWaiting", "ApiBudgetLow", "LedgerThrottled"];
    assert!(expected.iter().all(about), "{alarms:#?}");
    Ok(())
}

/// Sums of a metric, by the values of its dimension.
fn sums<'a>(lines: &'a [Value], name: &str, dimension: Option<&str>) -> BTreeMap<&'a str, u64> {
    let mut sums = BTreeMap::new();
    for line in lines {
        let expected: Vec<&str> = ["Stack"].into_iter().chain(dimension).collect();
        let dimensions = &line["_aws"]["CloudWatchMetrics"][0]["Dimensions"];
        if *dimensions == json!([expected])
            && let Some(value) = line[name].as_u64()
        {
            let by = dimension.map_or("", |dimension| line[dimension].as_str().unwrap_or(""));
            *sums.entry(by).or_default() += value;
        }
    }
    sums
}

/// Every line of every function, but for those of Lambda itself, by function.
async fn logs(stack: &LocalStack) -> Result<BTreeMap<String, Vec<Value>>> {
    let mut logs = BTreeMap::new();
    for group in groups(stack.emulator()).await? {
        let Some(function) = group.function() else { continue };
        let mut lines = Vec::new();
        for text in group.messages() {
            if !OF_LAMBDA.iter().any(|begins| text.starts_with(begins)) {
                let line =
                    serde_json::from_str(text).with_context(|| format!("{function}: {text}"))?;
                lines.push(line);
            }
        }
        logs.insert(function.to_owned(), lines);
    }
    Ok(logs)
}
