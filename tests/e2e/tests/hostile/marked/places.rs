//! Everything that a stack has left behind, as text, by the kind of place where it lies.

use std::fmt::Write as _;
use std::io::Read as _;

use anyhow::{Context as _, Result, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use drayage_local::stack::STACK;
use drayage_local::{LocalStack, logs};
use serde_json::Value;
use tokio::process::Command;

/// Where a text lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// Log groups, and what the emulator has printed: the functions' lines, metrics among them.
    Log,
    /// Inputs, outputs and events of executions, those of maps among them.
    Execution,
    /// What the topic was told.
    Topic,
    /// Messages of the queues.
    Queue,
    /// Items of the tables.
    Table,
    /// Objects of the state bucket that list records with their URLs: the work, and what undoes it.
    Books,
    /// The other objects of the state bucket: summaries, pages, reports.
    Reports,
    /// What `dray` prints.
    Dray,
}

/// A text, and where it is from.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) place: Place,
    pub(crate) origin: String,
    pub(crate) text: String,
}

fn left(place: Place, origin: impl Into<String>, text: impl Into<String>) -> Left {
    Left { place, origin: origin.into(), text: text.into() }
}

/// All of it.
pub(crate) async fn all(stack: &LocalStack, listener: &str) -> Result<Vec<Left>> {
    let mut all = logged(stack).await?;
    all.extend(executions(stack).await?);
    all.extend(topic(stack, listener).await?);
    all.extend(tables(stack).await?);
    all.extend(objects(stack).await?);
    all.extend(dray(stack).await?);
    Ok(all)
}

async fn logged(stack: &LocalStack) -> Result<Vec<Left>> {
    let printed = std::fs::read(stack.emulator().log())?;
    let mut found = vec![left(Place::Log, "the emulator", String::from_utf8_lossy(&printed))];
    let groups = logs::groups(stack.emulator()).await?;
    ensure!(!groups.is_empty(), "no log groups");
    for group in groups {
        found.push(left(Place::Log, group.name, Value::Array(group.events).to_string()));
    }
    Ok(found)
}

async fn executions(stack: &LocalStack) -> Result<Vec<Left>> {
    let client = &stack.clients().executions;
    let machines = client.list_state_machines().send().await?.state_machines;
    let mut arns = Vec::new();
    for machine in &machines {
        let mut pages = client
            .list_executions()
            .state_machine_arn(&machine.state_machine_arn)
            .into_paginator()
            .items()
            .send();
        while let Some(execution) = pages.next().await {
            arns.push(execution?.execution_arn);
        }
    }
    ensure!(arns.len() > machines.len() / 2, "executions are missing: {arns:?}");
    let mut found = Vec::new();
    while let Some(arn) = arns.pop() {
        for run in client.list_map_runs().execution_arn(&arn).send().await?.map_runs {
            let children = client.list_executions().map_run_arn(&run.map_run_arn).send().await?;
            arns.extend(children.executions.into_iter().map(|child| child.execution_arn));
        }
        let described = client.describe_execution().execution_arn(&arn).send().await?;
        let mut text = format!("{described:?}");
        for part in [described.input, described.output, described.error, described.cause] {
            text.push_str(&part.unwrap_or_default());
            text.push('\n');
        }
        let mut events =
            client.get_execution_history().execution_arn(&arn).into_paginator().items().send();
        while let Some(event) = events.next().await {
            // `Debug` escapes as JSON does, one level deeper.
            writeln!(text, "{:?}", event?)?;
        }
        found.push(left(Place::Execution, arn, text));
    }
    Ok(found)
}

async fn topic(stack: &LocalStack, listener: &str) -> Result<Vec<Left>> {
    let mut found = Vec::new();
    loop {
        let receive =
            ["sqs", "receive-message", "--queue-url", listener, "--max-number-of-messages", "10"];
        let answer = crate::control::aws(stack, &receive).await?;
        let Some(messages) = answer["Messages"].as_array() else { break };
        for message in messages {
            let body = message["Body"].as_str().unwrap_or_default();
            found.push(left(Place::Topic, "a message of the topic", body));
        }
    }
    ensure!(!found.is_empty(), "the topic was told nothing");
    Ok(found)
}

async fn tables(stack: &LocalStack) -> Result<Vec<Left>> {
    let mut found = Vec::new();
    for output in ["FilesTable", "RunsTable"] {
        let table = stack.stack().output(output)?;
        let mut items =
            stack.clients().dynamodb.scan().table_name(table).into_paginator().items().send();
        while let Some(item) = items.next().await {
            let texts = item?.values().map(text_of).collect::<Vec<_>>().join("\n");
            found.push(left(Place::Table, table, texts));
        }
    }
    Ok(found)
}

fn text_of(value: &AttributeValue) -> String {
    if let Ok(text) = value.as_s() {
        text.clone()
    } else if let Ok(map) = value.as_m() {
        map.values().map(text_of).collect::<Vec<_>>().join("\n")
    } else if let Ok(list) = value.as_l() {
        list.iter().map(text_of).collect::<Vec<_>>().join("\n")
    } else {
        format!("{value:?}")
    }
}

async fn objects(stack: &LocalStack) -> Result<Vec<Left>> {
    let (s3, bucket) = (&stack.clients().s3, stack.stack().output("StateBucket")?);
    let mut found = Vec::new();
    let mut pages = s3.list_objects_v2().bucket(bucket).into_paginator().send();
    while let Some(page) = pages.next().await {
        for object in page?.contents() {
            let key = object.key().unwrap_or_default();
            let body = s3.get_object().bucket(bucket).key(key).send().await?.body.collect().await?;
            let bytes = body.into_bytes();
            let mut plain = bytes.to_vec();
            if bytes.starts_with(&[0x1f, 0x8b]) {
                plain.clear();
                flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut plain)?;
            }
            let place = if is_of_the_books(key) { Place::Books } else { Place::Reports };
            found.push(left(place, key, format!("{key}\n{}", String::from_utf8_lossy(&plain))));
        }
    }
    Ok(found)
}

/// What lists records with the URLs that they had: the work of a run, its plan, and what undoes it; and the sample of an analysis,
/// whose files are asked for their sizes by several invocations.
fn is_of_the_books(key: &str) -> bool {
    ["/batches/", "/plan", "/rollback.jsonl", "/results/", "/analysis/progress.json"]
        .iter()
        .any(|part| key.contains(part))
}

async fn dray(stack: &LocalStack) -> Result<Vec<Left>> {
    let program = stack.emulator().workspace().binaries().join("dray");
    let mut found = Vec::new();
    for arguments in [
        &["status", "--all"][..],
        &["status", "--all", "--json"],
        &["status", "--errors"],
        &["status", "--errors", "--json"],
        &["status", "--runs", "--json"],
        &["report", "last-backup", "--json"],
        &["doctor"],
    ] {
        let output = Command::new(&program)
            .args(arguments)
            .args(["--stack", STACK])
            .envs(stack.emulator().environment())
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_DEFAULT_PROFILE")
            .output()
            .await
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let text = [output.stdout, output.stderr]
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        found.push(left(Place::Dray, format!("dray {arguments:?}"), text.join("\n")));
    }
    Ok(found)
}
