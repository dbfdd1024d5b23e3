//! Salesforce in bad shape while records are read: none is lost, and none is read twice.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use drayage_domain::manifest::{ManifestEntry, batches_prefix, from_jsonl};
use drayage_domain::run::Summary;
use drayage_local::executions::Ended;
use drayage_local::{LocalStack, StackParameters};
use drayage_sim::salesforce::{
    Action, CallFault, CallFaultKind, Endpoint, Event, FaultPlan, FieldName, RequestLimitFault,
};
use serde_json::{Map, Value, json};

use crate::support::OBJECT;

/// Records of the org, read in pages of ten.
const RECORDS: usize = 60;
const PAGE_ROWS: usize = 10;

/// How often each record is in the run's manifests.
async fn enumerated(stack: &LocalStack, summary: &Summary) -> Result<BTreeMap<String, usize>> {
    let (s3, bucket) = (&stack.clients().s3, stack.stack().output("StateBucket")?);
    let prefix = batches_prefix(&summary.run_id);
    let listed = s3.list_objects_v2().bucket(bucket).prefix(prefix).send().await?;
    let mut seen = BTreeMap::new();
    for part in listed.contents() {
        let key = part.key().unwrap_or_default();
        let body = s3.get_object().bucket(bucket).key(key).send().await?.body.collect().await?;
        for entry in from_jsonl::<ManifestEntry>(&body.into_bytes()) {
            *seen.entry(entry?.record.id).or_default() += 1;
        }
    }
    Ok(seen)
}

/// The records that are not in the recycle bin.
fn live(stack: &LocalStack) -> Result<BTreeSet<String>> {
    let all = stack.org()?.snapshot(OBJECT);
    Ok(all
        .into_iter()
        .filter(|(_, fields)| fields.get("IsDeleted") != Some(&Value::Bool(true)))
        .map(|(id, _)| id)
        .collect())
}

/// A dry run under `faults`: reads and plans everything.
async fn read(stack: &LocalStack, api: &str, faults: FaultPlan) -> Result<Summary> {
    stack.org()?.set_faults(faults);
    let summary = stack.run_backup(&json!({"dryRun": true, "queryApi": api})).await;
    stack.org()?.set_faults(FaultPlan::default());
    let summary = summary?;
    assert!(summary.accounted_for, "{summary:#?}");
    Ok(summary)
}

fn pages() -> FaultPlan {
    FaultPlan { page_rows_max: Some(PAGE_ROWS), ..FaultPlan::default() }
}

fn calls(endpoints: &[Endpoint], skip: u64, times: u64, kind: CallFaultKind) -> FaultPlan {
    let fault = CallFault { skip, ..CallFault::next(endpoints, times, kind) };
    FaultPlan { calls: vec![fault], ..pages() }
}

/// Faults under which everything is read as if nothing had happened: behaviour, API, plan.
fn passing() -> Vec<(&'static str, &'static str, FaultPlan)> {
    let bulk_reads = [Endpoint::BulkQueryStatus, Endpoint::BulkQueryResults];
    let next = [Endpoint::QueryMore];
    vec![
        ("short pages", "rest", pages()),
        ("short pages of a job", "bulk", pages()),
        ("one row per page", "rest", FaultPlan { page_rows_max: Some(1), ..pages() }),
        (
            "token dies in the middle",
            "rest",
            FaultPlan { token_dies_after_calls: Some(3), ..pages() },
        ),
        ("token dies in a job", "bulk", FaultPlan { token_dies_after_calls: Some(3), ..pages() }),
        ("401 on bulk only", "bulk", calls(&bulk_reads, 1, 1, CallFaultKind::Unauthorized)),
        ("503 three times", "rest", calls(&next, 1, 3, CallFaultKind::Unavailable)),
        ("503 on a job's result", "bulk", calls(&bulk_reads, 3, 3, CallFaultKind::Unavailable)),
        ("too many at once", "rest", calls(&next, 2, 1, CallFaultKind::ConcurrentLimit)),
        ("dropped connection", "rest", calls(&next, 0, 1, CallFaultKind::DroppedUnapplied)),
        ("half an answer", "rest", calls(&next, 3, 1, CallFaultKind::ResetMidBody)),
        ("half a result", "bulk", calls(&bulk_reads[1..], 1, 1, CallFaultKind::ResetMidBody)),
        (
            "cursor expires at once",
            "rest",
            FaultPlan { cursor_expires_after_pages: Some(0), page_rows_max: Some(40), ..pages() },
        ),
        ("job fails", "bulk", FaultPlan { query_job_fails: true, ..FaultPlan::default() }),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_record_is_read_once_whatever_happens() -> Result<()> {
    let parameters = StackParameters::default().with("ApiBudgetWaitSeconds", "1");
    let stack =
        LocalStack::builder().files(RECORDS).seed(51).parameters(parameters).start().await?;
    let expected: BTreeMap<String, usize> = live(&stack)?.into_iter().map(|id| (id, 1)).collect();
    assert_eq!(expected.len(), RECORDS);
    for (behaviour, api, faults) in passing() {
        let summary = read(&stack, api, faults).await?;
        assert_eq!(enumerated(&stack, &summary).await?, expected, "{behaviour}");
    }
    out_of_requests(&stack, &expected).await?;
    cursor_expires(&stack, &expected).await?;
    changes_between_pages(&stack).await?;
    late_commit(&stack).await
}

/// The daily allocation runs out in the middle: the state machine waits, and the reading goes on where it was.
async fn out_of_requests(stack: &LocalStack, expected: &BTreeMap<String, usize>) -> Result<()> {
    let org = stack.org()?;
    let before = org.requests_of(Endpoint::QueryMore);
    let total = |org: &drayage_sim::salesforce::Org| -> u64 {
        org.requests()
            .into_iter()
            .filter(|(endpoint, _)| {
                !matches!(endpoint, Endpoint::Token | Endpoint::UserInfo | Endpoint::Versions)
            })
            .map(|(_, calls)| calls)
            .sum()
    };
    let calls_before = total(org);
    read(stack, "rest", pages()).await?;
    let (all, next) = (total(org) - calls_before, org.requests_of(Endpoint::QueryMore) - before);
    assert!(next >= 4);
    let limit = RequestLimitFault { after_calls: all - 2, refused_calls: 2 };
    let faults = FaultPlan { request_limit: Some(limit), ..pages() };
    let calls_before = total(org);
    let summary = read(stack, "rest", faults).await?;
    assert_eq!(enumerated(stack, &summary).await?, *expected);
    assert_eq!(total(org) - calls_before, all + 2, "refused twice, and nothing read again");
    Ok(())
}

/// The rest is read by id; nothing is read again.
async fn cursor_expires(stack: &LocalStack, expected: &BTreeMap<String, usize>) -> Result<()> {
    let org = stack.org()?;
    let queries = org.requests_of(Endpoint::Query);
    read(stack, "rest", pages()).await?;
    let usual = org.requests_of(Endpoint::Query) - queries;
    let faults =
        FaultPlan { cursor_expires_after_pages: Some(2), page_rows_max: Some(15), ..pages() };
    let queries = org.requests_of(Endpoint::Query);
    let summary = read(stack, "rest", faults).await?;
    assert_eq!(enumerated(stack, &summary).await?, *expected);
    assert!(org.requests_of(Endpoint::Query) - queries > usual, "it was not read by id");
    Ok(())
}

fn fields(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn event(endpoint: Endpoint, at_call: u64, action: Action) -> FaultPlan {
    FaultPlan { events: vec![Event { endpoint, at_call, action }], ..pages() }
}

/// Somebody deletes or inserts a record between two pages. Nobody can say whether the run should have it, but all others
/// are there once.
async fn changes_between_pages(stack: &LocalStack) -> Result<()> {
    let sobject = || OBJECT.to_owned();
    let ids: Vec<String> = live(stack)?.into_iter().collect();
    // One that was read already, and ones that were not.
    let (read_before, later, last) = (&ids[3], &ids[45], &ids[RECORDS - 1]);
    for action in [
        Action::HardDelete { sobject: sobject(), id: read_before.clone() },
        Action::Delete { sobject: sobject(), id: later.clone() },
        Action::HardDelete { sobject: sobject(), id: last.clone() },
        Action::Insert { sobject: sobject(), fields: fields(&json!({"Name": "NEW"})) },
    ] {
        let before = live(stack)?;
        let what = format!("{action:?}");
        let summary = read(stack, "rest", event(Endpoint::QueryMore, 2, action)).await?;
        let (seen, after) = (enumerated(stack, &summary).await?, live(stack)?);
        assert_ne!(before, after, "{what} was not made");
        assert!(seen.values().all(|times| *times == 1), "{what}");
        let missing: Vec<_> =
            before.intersection(&after).filter(|id| !seen.contains_key(*id)).collect();
        assert!(missing.is_empty(), "{what}: {missing:?}");
    }
    Ok(())
}

/// A row that appears after it was read past, with times that lie before: the next incremental run has it.
async fn late_commit(stack: &LocalStack) -> Result<()> {
    let first = stack.run_backup(&json!({})).await?;
    assert!(first.accounted_for, "{first:#?}");
    let known = live(stack)?;
    let action = Action::LateCommit {
        sobject: OBJECT.to_owned(),
        fields: fields(&json!({"Name": "LATE"})),
        age_seconds: 3_600,
    };
    stack.org()?.set_faults(event(Endpoint::QueryMore, 5, action));
    let during = stack.run_backup(&json!({"mode": "incremental"})).await?;
    stack.org()?.set_faults(FaultPlan::default());
    let late: Vec<String> = live(stack)?.difference(&known).cloned().collect();
    let [late] = &late[..] else { bail!("no late commit: {late:?}") };
    assert!(during.accounted_for, "{during:#?}");
    let next = stack.run_backup(&json!({"mode": "incremental"})).await?;
    assert!(next.accounted_for, "{next:#?}");
    assert_eq!(next.enumerated, known.len() as u64 + 1);
    let rows = crate::support::rows(stack).await?;
    assert_eq!(crate::support::outcome(&rows[late]), "skipped.no_url");
    Ok(())
}

async fn refused(stack: &LocalStack) -> Result<(String, String)> {
    let execution = stack.start_backup(&json!({})).await?;
    match stack.wait(&execution).await? {
        Ended::Failed { error, cause } => Ok((error, cause)),
        Ended::Succeeded(output) => bail!("it ran: {output}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_our_user_cannot_see_is_named_before_anything_starts() -> Result<()> {
    let stack = LocalStack::builder().files(0).seed(52).start().await?;
    let field = FieldName { sobject: OBJECT.to_owned(), field: "Document__c".to_owned() };
    stack.org()?.set_faults(FaultPlan { hidden_fields: vec![field], ..FaultPlan::default() });
    let (error, cause) = refused(&stack).await?;
    assert_eq!(error, "ConfigurationInvalid", "{cause}");
    for name in ["UrlField", "Document__c", "hint:"] {
        assert!(cause.contains(name), "{name} is missing in: {cause}");
    }
    // A permission that comes later is enough.
    stack.org()?.set_faults(FaultPlan::default());
    assert!(stack.run_backup(&json!({})).await?.accounted_for);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_object_is_named_before_anything_starts() -> Result<()> {
    let parameters = StackParameters::default().with("ObjectName", "DocLisEntry__c");
    let stack = LocalStack::builder().files(0).seed(53).parameters(parameters).start().await?;
    let (error, cause) = refused(&stack).await?;
    assert_eq!(error, "ConfigurationInvalid", "{cause}");
    for name in ["ObjectName", "DocLisEntry__c", "hint:"] {
        assert!(cause.contains(name), "{name} is missing in: {cause}");
    }
    Ok(())
}
