//! Everything that a world holds, in a form that is compared, and taken over into another world.

use std::collections::{BTreeMap, HashMap};
use std::io::Read as _;

use anyhow::{Context as _, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::primitives::ByteStream;
use flate2::read::GzDecoder;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::records::Records;
use crate::times::{without_lengths, without_times};
use crate::world::World;

/// An item as the SDK has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// Stands for a world's name, in which worlds differ.
const WORLD: &str = "{world}";
/// Times, and what an attempt has cost; both may differ after a crash. Everything else has to be equal, the versions of
/// the items included.
const NOISE: [&str; 14] = [
    "at",
    "planned_at",
    "plannedAt",
    "askedAt",
    "api_calls",
    "apiCalls",
    "apiCallsLeft",
    "attention_at",
    "ended_at",
    "endedAt",
    "requests",
    "serverSideCopies",
    "server_side_copies",
    "lease_until",
];

/// What the names of runs that mend what a comparison has found have in them. Such a run starts when it is made.
const REPAIR: &str = ".repair-";

/// What a world holds.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    world: String,
    files: Vec<Item>,
    runs: Vec<Item>,
    state: BTreeMap<String, Vec<u8>>,
    destination: BTreeMap<String, Vec<u8>>,
    /// The records, where the world has an org of its own.
    org: Option<Records>,
}

impl Snapshot {
    /// Reads everything in a world.
    pub(crate) async fn of(world: &World<'_>) -> Result<Self> {
        let clients = &world.lab.clients;
        Ok(Self {
            world: world.name.clone(),
            files: items(&clients.dynamodb, &world.files_table()).await?,
            runs: items(&clients.dynamodb, &world.runs_table()).await?,
            state: objects(&clients.s3, &world.state_bucket()).await?,
            destination: objects(&clients.s3, &world.destination()).await?,
            org: world.org().map(Records::of).transpose()?,
        })
    }

    /// Puts everything into an empty world, under its own names.
    pub(crate) async fn restore(&self, world: &World<'_>) -> Result<()> {
        let clients = &world.lab.clients;
        if let (Some(mine), Some(theirs)) = (&self.org, world.org()) {
            mine.restore(theirs);
        }
        for (table, items) in [(world.files_table(), &self.files), (world.runs_table(), &self.runs)]
        {
            for item in items {
                let item = renamed(item, &self.world, &world.name);
                clients.dynamodb.put_item().table_name(&table).set_item(Some(item)).send().await?;
            }
        }
        for (bucket, objects) in
            [(world.state_bucket(), &self.state), (world.destination(), &self.destination)]
        {
            for (key, bytes) in objects {
                // Plans of a comparison name the destination.
                let bytes = str::from_utf8(bytes).map_or_else(
                    |_| bytes.clone(),
                    |text| text.replace(&self.world, &world.name).into_bytes(),
                );
                let body = ByteStream::from(bytes);
                clients.s3.put_object().bucket(&bucket).key(key).body(body).send().await?;
            }
        }
        Ok(())
    }

    /// Replaces an object of the state bucket.
    pub(crate) fn with_state_object(mut self, key: &str, bytes: Vec<u8>) -> Self {
        self.state.insert(key.to_owned(), bytes);
        self
    }

    /// Replaces an object of the destination.
    pub(crate) fn with_destination_object(mut self, key: &str, bytes: Vec<u8>) -> Self {
        self.destination.insert(key.to_owned(), bytes);
        self
    }

    /// Without the runs and their objects: only what outlives them.
    pub(crate) fn without_runs(mut self) -> Self {
        self.runs.clear();
        self.state.clear();
        self
    }

    /// The text of an object of the state bucket.
    pub(crate) fn state_object(&self, key: &str) -> Result<String> {
        let bytes = self.state.get(key).with_context(|| format!("no object {key}"))?;
        Ok(String::from_utf8(bytes.clone())?)
    }

    /// Whether an invocation holds the lease of a batch that is not closed.
    pub(crate) fn has_held_batch(&self) -> bool {
        let now = u128::from(crate::lambda::epoch_ms());
        self.runs.iter().any(|item| {
            let until = item.get("lease_until").and_then(|until| until.as_n().ok());
            item.get("state").is_some_and(|state| text(state) == "Open")
                && until.and_then(|until| until.parse().ok()).is_some_and(|until: u128| until > now)
        })
    }

    /// Everything by name, without what may differ.
    pub(crate) fn comparable(&self) -> BTreeMap<String, Value> {
        let mut all = BTreeMap::new();
        for item in &self.files {
            let name = format!("file {}", text(&item["record_id"]));
            let mut value = self.without_noise(item);
            if self.org.is_some() {
                // An intent that is found again is given up by what the record holds, and made once more: two writes more.
                value.as_object_mut().unwrap().remove("version");
            }
            all.insert(name, value);
        }
        for item in &self.runs {
            let name = text(&item["item"]).replace(&self.world, WORLD);
            let mut value = self.without_noise(item);
            if name.starts_with("BATCH#") {
                // Who has closed a batch is an invocation's random id.
                value.as_object_mut().unwrap().remove("owner");
            }
            let run_id = text(&item["run_id"]);
            if run_id.contains(REPAIR) && name == "RUN" {
                value = without_start(value);
            }
            all.insert(format!("run {run_id} {name}"), value);
        }
        for (key, bytes) in &self.state {
            let plain = plain_text(key, bytes).replace(&self.world, WORLD);
            let value = serde_json::from_str(&plain).map_or(Value::String(plain), quiet);
            all.insert(format!("state {key}"), value);
        }
        all.extend(self.org.iter().flat_map(Records::comparable));
        for (key, bytes) in &self.destination {
            let digest = format!("{} bytes, SHA-256 {:x?}", bytes.len(), Sha256::digest(bytes));
            all.insert(format!("destination {key}"), Value::String(digest));
        }
        all
    }

    fn without_noise(&self, item: &Item) -> Value {
        let fields = item.iter().map(|(name, value)| (name.clone(), self.plain(value)));
        quiet(Value::Object(fields.collect()))
    }

    /// A value as JSON; a text that is JSON is taken apart.
    fn plain(&self, value: &AttributeValue) -> Value {
        if let AttributeValue::S(text) = value {
            let text = text.replace(&self.world, WORLD);
            return match serde_json::from_str(&text) {
                Ok(object @ Value::Object(_)) => object,
                Ok(_) | Err(_) => Value::String(text),
            };
        }
        if let AttributeValue::M(map) = value {
            return self.without_noise(map);
        }
        Value::String(format!("{value:?}").replace(&self.world, WORLD))
    }
}

/// What two worlds differ in, as lines; empty if they are equal.
pub(crate) fn differences(
    expected: &BTreeMap<String, Value>,
    actual: &BTreeMap<String, Value>,
) -> Vec<String> {
    let mut names: Vec<&String> = expected.keys().chain(actual.keys()).collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .filter(|name| expected.get(*name) != actual.get(*name))
        .map(|name| {
            let show = |side: &BTreeMap<String, Value>| {
                side.get(name).map_or("nothing".to_owned(), Value::to_string)
            };
            format!("{name}\n  expected {}\n  actual   {}", show(expected), show(actual))
        })
        .collect()
}

/// Every item of a table.
pub(crate) async fn items(client: &aws_sdk_dynamodb::Client, table: &str) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    let mut pages =
        client.scan().table_name(table).consistent_read(true).into_paginator().items().send();
    while let Some(item) = pages.next().await {
        items.push(item?);
    }
    Ok(items)
}

/// Every object of a bucket.
async fn objects(client: &aws_sdk_s3::Client, bucket: &str) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut objects = BTreeMap::new();
    let mut pages = client.list_objects_v2().bucket(bucket).into_paginator().send();
    while let Some(page) = pages.next().await {
        for object in page?.contents() {
            let key = object.key().unwrap_or_default();
            let answer = client.get_object().bucket(bucket).key(key).send().await?;
            objects.insert(key.to_owned(), answer.body.collect().await?.to_vec());
        }
    }
    Ok(objects)
}

/// The text of an object of the state bucket. What a comparison keeps, and its report, are full of times.
fn plain_text(key: &str, bytes: &[u8]) -> String {
    let mut unpacked = Vec::new();
    // What is not packed is no gzip, whatever its name is.
    let bytes = match GzDecoder::new(bytes).read_to_end(&mut unpacked) {
        Ok(_) => &unpacked,
        Err(_) => bytes,
    };
    let text = String::from_utf8_lossy(bytes).into_owned();
    if key.ends_with("/index.html") {
        without_times(&without_lengths(&text))
    } else if key.contains("/reconcile/") || key.contains("/report/") {
        without_times(&text)
    } else {
        text
    }
}

fn without_start(mut run: Value) -> Value {
    for (name, value) in run.as_object_mut().into_iter().flatten() {
        if name == "started_at" || name == "startedAt" {
            *value = Value::Null;
        } else {
            *value = without_start(value.take());
        }
    }
    run
}

fn renamed(item: &Item, from: &str, to: &str) -> Item {
    item.iter()
        .map(|(name, value)| {
            let value = if let AttributeValue::S(text) = value {
                AttributeValue::S(text.replace(from, to))
            } else if let AttributeValue::M(map) = value {
                AttributeValue::M(renamed(map, from, to))
            } else {
                value.clone()
            };
            (name.clone(), value)
        })
        .collect()
}

fn quiet(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept: Map<String, Value> = fields
                .into_iter()
                .filter(|(name, value)| !NOISE.contains(&name.as_str()) && !is_told(name, value))
                .map(|(name, value)| (name, quiet(value)))
                .collect();
            Value::Object(kept)
        }
        Value::Array(values) => values.into_iter().map(quiet).collect(),
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => plain,
    }
}

/// Sentences of a plan, which tell how many calls are left.
fn is_told(name: &str, value: &Value) -> bool {
    (name == "found" || name == "why") && value.is_string()
}

fn text(value: &AttributeValue) -> String {
    value.as_s().cloned().unwrap_or_default()
}
