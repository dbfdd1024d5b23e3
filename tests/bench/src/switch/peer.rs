//! simple-salesforce, unmodified, in a process of its own.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use drayage_sim::salesforce::{Org, Server, ServerConfig, ServerHandle};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

const SCRIPT: &str = include_str!("../../simple_salesforce_update.py");
/// What the simulator calls itself: simple-salesforce takes nothing but https.
const INSTANCE_URL: &str = "https://acme.my.salesforce.com";
/// An update that takes longer hangs.
const LIMIT: Duration = Duration::from_mins(10);

/// Ways of simple-salesforce to write many records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Its `bulk2` handler as it comes: it waits 5 s before each look at a job.
    Bulk2,
    /// The same, told to wait next to nothing.
    Bulk2Eager,
    /// Calls of 200 records by its `restful`.
    Collections,
}

impl Way {
    pub(crate) const ALL: [Self; 3] = [Self::Bulk2, Self::Bulk2Eager, Self::Collections];

    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Bulk2 => "simple-salesforce, bulk2",
            Self::Bulk2Eager => "simple-salesforce, bulk2 with wait=0.01",
            Self::Collections => "simple-salesforce, collections",
        }
    }

    /// What the script calls it.
    const fn name(self) -> &'static str {
        match self {
            Self::Bulk2 | Self::Bulk2Eager => "bulk2",
            Self::Collections => "collections",
        }
    }

    /// Seconds before a look at a job; none for the default.
    const fn wait_seconds(self) -> Option<f64> {
        match self {
            Self::Bulk2Eager => Some(0.01),
            Self::Bulk2 | Self::Collections => None,
        }
    }
}

/// What an update took.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Took {
    pub(crate) wall_seconds: f64,
    pub(crate) cpu_seconds: f64,
    /// Rows that Salesforce has not written.
    refused: u64,
}

/// The org of a local stack once more, under a name that simple-salesforce takes.
pub(crate) async fn serve(org: &Org) -> Result<ServerHandle> {
    let config = ServerConfig { port: 0, instance_url: Some(INSTANCE_URL.to_owned()) };
    Server::start(org.clone(), config).await.context("the simulator cannot be served again")
}

/// Writes `updates`, rows with their id and the field.
///
/// * `python`: the interpreter of an environment with simple-salesforce.
pub(crate) async fn update(
    python: &Path,
    server: &ServerHandle,
    way: Way,
    updates: &[Value],
) -> Result<Took> {
    let config = server.org().config();
    let input = json!({
        "base_url": server.base_url(),
        "username": config.credentials.username,
        "password": config.credentials.password,
        "security_token": config.credentials.security_token,
        "object": config.object,
        "url_field": config.url_field,
        "way": way.name(),
        "wait_s": way.wait_seconds(),
        "updates": updates,
    });
    let mut child = Command::new(python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| {
            format!("{} cannot be started; hint: use scripts/bench", python.display())
        })?;
    let mut stdin = child.stdin.take().context("no standard input")?;
    stdin.write_all(input.to_string().as_bytes()).await?;
    drop(stdin);
    let output = tokio::time::timeout(LIMIT, child.wait_with_output())
        .await
        .context("simple-salesforce did not end")??;
    if !output.status.success() {
        bail!("simple-salesforce: {}", String::from_utf8_lossy(&output.stderr));
    }
    let took: Took =
        serde_json::from_slice(&output.stdout).context("the output of simple-salesforce")?;
    ensure!(took.refused == 0, "{} rows were refused", took.refused);
    Ok(took)
}
