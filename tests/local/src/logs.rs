//! What stands in the emulator's log groups, and other requests that no SDK of the workspace knows.

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value};

use crate::emulator::{CREDENTIAL, Emulator, REGION, local_http};
use crate::stack::STACK;

/// A log group with everything that was written to it.
#[derive(Debug, Clone, PartialEq)]
pub struct LogGroup {
    /// Its name, such as `/aws/lambda/drayage-copy`.
    pub name: String,
    /// Its events as the service tells them, oldest first; `message` is the line.
    pub events: Vec<Value>,
}

impl LogGroup {
    /// The function of the stack whose lines these are.
    pub fn function(&self) -> Option<&str> {
        self.name.strip_prefix("/aws/lambda/")?.strip_prefix(STACK)?.strip_prefix('-')
    }

    /// Its lines.
    pub fn messages(&self) -> impl Iterator<Item = &str> {
        self.events.iter().filter_map(|event| event.get("message")?.as_str())
    }
}

/// All log groups.
pub async fn groups(emulator: &Emulator) -> Result<Vec<LogGroup>> {
    let described = all(emulator, "DescribeLogGroups", Map::new(), "logGroups").await?;
    let mut groups = Vec::new();
    for group in described {
        let name = group.get("logGroupName").and_then(Value::as_str).context("a group's name")?;
        let of_it = Map::from_iter([("logGroupName".to_owned(), Value::from(name))]);
        let events = all(emulator, "FilterLogEvents", of_it, "events").await?;
        groups.push(LogGroup { name: name.to_owned(), events });
    }
    Ok(groups)
}

/// The items of all pages of an answer.
async fn all(
    emulator: &Emulator,
    operation: &str,
    mut request: Map<String, Value>,
    items: &str,
) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    loop {
        let asked = Value::Object(request.clone());
        let mut page = ask(emulator, &format!("Logs_20140328.{operation}"), &asked).await?;
        match page.get_mut(items).map(Value::take) {
            Some(Value::Array(more)) => found.extend(more),
            _ => bail!("{operation} is answered without {items}: {page}"),
        }
        match page.get_mut("nextToken").map(Value::take) {
            Some(token @ Value::String(_)) => request.insert("nextToken".to_owned(), token),
            _ => return Ok(found),
        };
    }
}

/// The answer to a request in the JSON protocol of AWS.
///
/// * `target`: service and operation, such as `Logs_20140328.DescribeLogGroups`.
pub async fn ask(emulator: &Emulator, target: &str, body: &Value) -> Result<Value> {
    let credential = format!("Credential={CREDENTIAL}/20260101/{REGION}/any/aws4_request");
    let answer = local_http()?
        .post(emulator.endpoint())
        .header("x-amz-target", target)
        .header("content-type", "application/x-amz-json-1.1")
        .header(
            "authorization",
            format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"),
        )
        .body(body.to_string())
        .send()
        .await
        .with_context(|| format!("{target} cannot be asked"))?;
    let status = answer.status();
    let body = answer.bytes().await?;
    ensure!(
        status.is_success(),
        "{target} is answered with {status}: {}",
        String::from_utf8_lossy(&body)
    );
    Ok(serde_json::from_slice(&body)?)
}
