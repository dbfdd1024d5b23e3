//! The processes that a scenario needs: S3 servers in memory, and an emulator of `DynamoDB`.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::scenario::Scenario;
use crate::usage::cpu_seconds;

/// Attempts to reach the emulator, a tenth of a second apart.
const EMULATOR_ATTEMPTS: u32 = 300;

/// What a server tells of itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Statistics {
    pub(crate) requests: u64,
    pub(crate) objects: u64,
    pub(crate) bytes: u64,
}

/// An S3 server in a process of its own; dropping it ends it.
#[derive(Debug)]
pub(crate) struct S3 {
    child: Child,
    pub(crate) endpoint: String,
}

impl S3 {
    /// `seeded`: holds the scenario's objects in bucket `src`. Bucket `dst` is there in any case.
    pub(crate) async fn start(scenario: &Scenario, seeded: bool) -> Result<Self> {
        let Scenario { count, size_bytes, delay_ms, .. } = scenario;
        let (delay, seed) = (delay_ms.to_string(), format!("src:in/:{count}:{size_bytes}"));
        let mut arguments = vec!["--bucket", "dst", "--delay-ms", &delay];
        if seeded {
            arguments.extend(["--seed", &seed]);
        }
        Self::launch(&arguments).await
    }

    /// With these arguments of `s3-sim`.
    pub(crate) async fn launch(arguments: &[&str]) -> Result<Self> {
        let program = std::env::current_exe()?.with_file_name("s3-sim");
        let mut command = Command::new(&program);
        command.args(arguments).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| {
            format!("{} cannot be started; hint: use scripts/bench", program.display())
        })?;
        let output = child.stdout.take().context("no output")?;
        let line = BufReader::new(output).lines().next_line().await?.context("s3-sim ended")?;
        let ready: Value = serde_json::from_str(&line)?;
        let endpoint = ready.get("endpoint").and_then(Value::as_str).context("no endpoint")?;
        Ok(Self { endpoint: endpoint.to_owned(), child })
    }

    async fn stats(&self) -> Result<Value> {
        let address = format!("{}/_stats", self.endpoint);
        let text = reqwest::Client::new().get(address).send().await?.text().await?;
        Ok(serde_json::from_str(&text)?)
    }

    /// The requests that came, by operation.
    pub(crate) async fn requests(&self) -> Result<BTreeMap<String, u64>> {
        let stats = self.stats().await?;
        let counts = stats.get("requests").context("no statistics")?;
        Ok(serde_json::from_value(counts.clone())?)
    }

    /// All requests that came, and number and bytes of the objects in bucket `dst`.
    pub(crate) async fn statistics(&self) -> Result<Statistics> {
        let stats = self.stats().await?;
        let held = |figure: &str| {
            let path = format!("/buckets/dst/{figure}");
            stats.pointer(&path).and_then(Value::as_u64).context("no bucket dst")
        };
        Ok(Statistics {
            requests: self.requests().await?.values().sum(),
            objects: held("objects")?,
            bytes: held("bytes")?,
        })
    }

    /// Processor time used so far.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        cpu_seconds(&self.child.id().context("s3-sim has ended")?.to_string())
    }
}

/// The AWS emulator; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Emulator {
    _child: Child,
    pub(crate) endpoint: String,
}

impl Emulator {
    pub(crate) async fn start(program: &Path) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let child = Command::new(program)
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", "127.0.0.1")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let endpoint = format!("http://127.0.0.1:{port}");
        for _ in 0..EMULATOR_ATTEMPTS {
            if reqwest::Client::new().get(&endpoint).send().await.is_ok() {
                return Ok(Self { _child: child, endpoint });
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("the emulator does not answer at {endpoint}")
    }
}
