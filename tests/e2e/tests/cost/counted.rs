//! A stack whose functions' requests are counted, and what its executions use.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
use drayage_domain::estimate::item::{Item, Service};
use drayage_domain::estimate::usage::Usage;
use drayage_local::relay::{self, Counter, Operation};
use drayage_local::{LocalStack, logs};
use drayage_sim::dataset::Place;
use serde_json::{Value, json};

/// A read unit, in bytes.
const READ_UNIT_BYTES: f64 = 4_096.0;
const GIGABYTE: f64 = 1_073_741_824.0;
/// What Lambda adds to the log of an invocation: its start and its report as JSON, which the emulator writes otherwise.
const SYSTEM_LOG_BYTES: f64 = 700.0;
/// What the functions may ask for. Whatever else they ask for fails the test, so that it gets a place in the model.
const OPERATIONS: [&str; 23] = [
    "BatchGetItem",
    "CopyObject",
    "DeleteItem",
    "DeleteObject",
    "DescribeLimits",
    "DescribeTable",
    "GetAccountSettings",
    "GetItem",
    "GetObject",
    "GetSecretValue",
    "HeadBucket",
    "HeadObject",
    "ListObjectsV2",
    "Publish",
    "PutItem",
    "PutObject",
    "Query",
    "Scan",
    "SendMessage",
    "SendTaskSuccess",
    "TransactWriteItems",
    "UpdateItem",
    "DescribeExecution",
];

/// A stack with small files, three quarters of them in S3 and one quarter on a web server.
#[derive(Debug)]
pub(crate) struct Site {
    stack: LocalStack,
    counter: Counter,
}

impl Site {
    pub(crate) async fn start(files: usize) -> Result<Self> {
        let bound = relay::bind().await?;
        let stack = LocalStack::builder()
            .small_files()
            .files(files)
            .functions_endpoint(&bound.endpoint)
            .start()
            .await?;
        let counter = bound.relay_to(stack.emulator().endpoint())?;
        Ok(Self { stack, counter })
    }

    /// What an execution uses, from its start to its end.
    pub(crate) async fn used(&self, machine: &str, input: &Value) -> Result<Usage> {
        drop(self.counter.take());
        let (logs_before, executions_before) = (self.logs().await?, self.executions().await?);
        let execution = self.stack.start_execution(machine, input).await?;
        self.stack.wait(&execution).await?.output()?;
        let tally = self.counter.take();
        ensure!(tally.unreadable == 0, "{} connections could not be followed", tally.unreadable);
        let mut usage = Usage::new();
        for (Operation { service, name, .. }, count) in &tally.operations {
            usage = usage.and(requested(service, name, precise(*count))?);
        }
        for (name, units) in tally.units {
            usage = usage
                .charged(Service::DynamoDb, named(&name)?, 0.0, Item::LedgerWrite, units.write)
                .charged(Service::DynamoDb, named(&name)?, 0.0, Item::LedgerRead, units.read);
        }
        let scans = tally.operations.iter().find(|(operation, _)| operation.name == "Scan");
        if let Some((_, requests)) = scans {
            // A comparison reads the table in eight parts at a time; whoever else reads it, as a whole. All of it is one page of each.
            let passes = precise(1 + requests.saturating_sub(8));
            let read = passes * precise(self.table_bytes().await?) / READ_UNIT_BYTES;
            usage = usage.charged(Service::DynamoDb, "Scan", 0.0, Item::LedgerRead, read);
        }
        let new =
            self.executions().await?.into_iter().filter(|arn| !executions_before.contains(arn));
        for execution in new {
            let transitions = precise(self.transitions(&execution).await?);
            usage =
                usage.each(Service::StepFunctions, "transitions", Item::Transition, transitions);
        }
        for (function, (starts, bytes)) in self.logs().await? {
            let (before, bytes_before) = logs_before.get(&function).copied().unwrap_or_default();
            let invocations = precise(starts - before);
            let log_bytes = precise(bytes - bytes_before) + invocations * SYSTEM_LOG_BYTES;
            usage = usage
                .besides(Service::Lambda, "invocations", Item::Invocation, invocations)
                .besides(Service::Logs, "ingestion", Item::LogGb, log_bytes / GIGABYTE);
            if function == "copy" {
                // A batch is a message, and the poller hands each to an invocation.
                for operation in ["SendMessage", "ReceiveMessage", "DeleteMessage"] {
                    usage = usage.besides(Service::Sqs, operation, Item::QueueRequest, invocations);
                }
            }
        }
        Ok(usage)
    }

    /// Files that are fetched by HTTP.
    pub(crate) fn http_files(&self) -> Result<f64> {
        let places = self.stack.simulated()?.dataset.files.keys();
        Ok(precise(places.filter(|place| matches!(place, Place::Http(_))).count() as u64))
    }

    /// Executions of all state machines, and the children of their maps.
    async fn executions(&self) -> Result<BTreeSet<String>> {
        let client = &self.stack.clients().executions;
        let mut all = BTreeSet::new();
        let machines = client.list_state_machines().send().await?;
        for machine in machines.state_machines() {
            let mut pages = client
                .list_executions()
                .state_machine_arn(machine.state_machine_arn())
                .into_paginator()
                .send();
            while let Some(page) = pages.next().await {
                all.extend(page?.executions.into_iter().map(|execution| execution.execution_arn));
            }
        }
        Ok(all)
    }

    /// States that were entered by an execution and by the children of its maps, and the end of each; starting a child is one more.
    async fn transitions(&self, execution: &str) -> Result<u64> {
        let client = &self.stack.clients().executions;
        let mut transitions = self.entered(execution).await? + 1;
        let maps = client.list_map_runs().execution_arn(execution).send().await?;
        for map in maps.map_runs() {
            let children = client.list_executions().map_run_arn(map.map_run_arn());
            let mut pages = children.into_paginator().send();
            while let Some(page) = pages.next().await {
                for child in page?.executions {
                    transitions += states_of_child(&child.execution_arn)? + 2;
                }
            }
        }
        Ok(transitions)
    }

    async fn entered(&self, execution: &str) -> Result<u64> {
        let history =
            self.stack.clients().executions.get_execution_history().execution_arn(execution);
        let mut pages = history.into_paginator().send();
        let mut entered = 0;
        while let Some(page) = pages.next().await {
            let events = page?.events;
            entered +=
                events.iter().filter(|event| event.state_entered_event_details.is_some()).count()
                    as u64;
        }
        Ok(entered)
    }

    /// Bytes of the ledger's table of files, as they are charged when it is read.
    async fn table_bytes(&self) -> Result<u64> {
        let mut bytes = 0;
        let mut start = Value::Null;
        loop {
            let mut request = json!({"TableName": self.stack.stack().output("FilesTable")?});
            if start.is_object() {
                request["ExclusiveStartKey"] = start;
            }
            let emulator = self.stack.emulator();
            let answer = logs::ask(emulator, "DynamoDB_20120810.Scan", &request).await?;
            let items = answer.get("Items").and_then(Value::as_array).context("items")?;
            bytes += items.iter().filter_map(Value::as_object).map(relay::item_bytes).sum::<u64>();
            start = answer.get("LastEvaluatedKey").cloned().unwrap_or_default();
            if !start.is_object() {
                return Ok(bytes);
            }
        }
    }

    /// Starts and bytes of every function's log.
    async fn logs(&self) -> Result<BTreeMap<String, (u64, u64)>> {
        let mut counted = BTreeMap::new();
        for group in logs::groups(self.stack.emulator()).await? {
            let Some(function) = group.function() else { continue };
            let (mut starts, mut bytes) = (0, 0);
            for message in group.messages() {
                starts += u64::from(message.starts_with("START RequestId"));
                bytes += u64::from(message.starts_with('{')) * (message.len() as u64 + 26);
            }
            counted.insert(function.to_owned(), (starts, bytes));
        }
        Ok(counted)
    }
}

/// States of a child that comes to its end at once. The emulator keeps no history of children, so the way is the definition's.
fn states_of_child(execution: &str) -> Result<u64> {
    let labels = [("CopyBatches", 1), ("CompareShards", 3), ("SwitchLanes", 3), ("VerifyLanes", 3)];
    let known = labels.into_iter().find(|(label, _)| execution.contains(&format!("/{label}:")));
    known.map(|(_, states)| states).with_context(|| format!("{execution} is of no known map"))
}

/// What a counted request is charged by; tables are charged by units, which are told apart.
fn requested(service: &str, name: &str, count: f64) -> Result<Usage> {
    let (service, item) = match (service, name) {
        ("S3", "HeadBucket" | "HeadObject" | "GetObject") => (Service::S3, Item::S3Read),
        ("S3", name) if name.starts_with("Delete") => (Service::S3, Item::Free),
        ("S3", _) => (Service::S3, Item::S3Write),
        ("DynamoDB", _) => (Service::DynamoDb, Item::Free),
        ("Step Functions", _) => (Service::StepFunctions, Item::Free),
        ("Lambda", _) => (Service::Lambda, Item::Free),
        ("Secrets Manager", _) => (Service::SecretsManager, Item::SecretRequest),
        ("SNS", _) => (Service::Sns, Item::Notification),
        (other, _) => bail!("nobody knows what {other} costs"),
    };
    Ok(Usage::new().each(service, named(name)?, item, count))
}

/// The model's name of an operation, so that both are one line.
fn named(operation: &str) -> Result<&'static str> {
    let known = OPERATIONS.into_iter().find(|known| *known == operation);
    known.with_context(|| format!("the model knows no {operation}"))
}

fn precise(count: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let precise = count as f64;
    precise
}
