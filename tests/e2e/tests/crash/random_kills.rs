//! Whole backups and transfers whose Lambdas are killed at random times until the run ends.

mod transfer;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use drayage_local::{LocalStack, StackParameters};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

/// Between two kills, at random; on average longer than a step or a batch of 25 files takes, so that the run gets on and no
/// task uses up its retries.
const PAUSE_MS: std::ops::Range<u64> = 300..4000;

/// Fast recovery, and as many deliveries as SQS allows: what is tested is that a crash costs nothing, not how many
/// crashes make a batch poison.
fn parameters() -> StackParameters {
    StackParameters::default()
        .with("BatchSize", "25")
        .with("CopyTimeoutSeconds", "10")
        // One second more than the longest lease, which ends 5 s after its invocation.
        .with("CopyVisibilityTimeoutSeconds", "16")
        .with("CopyMaxReceiveCount", "100")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_whose_lambdas_are_killed_at_random_loses_nothing() -> Result<()> {
    let (seeds, files) = (number("DRAYAGE_CRASH_SEEDS", 2)?, number("DRAYAGE_CRASH_FILES", 300)?);
    for seed in 1..=seeds {
        let kills = survives(seed, usize::try_from(files)?)
            .await
            .with_context(|| format!("seed {seed}, {files} files"))?;
        ensure!(kills > 0, "seed {seed}: nothing was killed");
    }
    Ok(())
}

/// Runs a backup under fire. Returns the number of killed processes.
async fn survives(seed: u64, files: usize) -> Result<u32> {
    let stack =
        LocalStack::builder().files(files).seed(seed).parameters(parameters()).start().await?;
    let killer = Killer::start(stack.emulator().endpoint(), seed);
    let summary = stack.run_backup(&json!({})).await;
    let killed = killer.stop().await?;
    let summary = summary.with_context(|| format!("after {killed} kills"))?;
    stack.assert_accounted(&summary).with_context(|| format!("after {killed} kills"))?;
    let report = stack.check().await?;
    ensure!(report.passed(), "after {killed} kills: {report:#?}");
    report_figures(seed, killed, &summary);
    Ok(killed)
}

#[expect(clippy::print_stderr, reason = "figures for the person who runs a long test")]
fn report_figures(seed: u64, killed: u32, summary: &drayage_domain::run::Summary) {
    eprintln!(
        "seed {seed}: {killed} kills; {} records, {} verified, {} bytes; {} to {}",
        summary.enumerated,
        summary.counts.outcomes.get("verified").copied().unwrap_or_default(),
        summary.counts.bytes_copied,
        summary.started_at,
        summary.ended_at,
    );
}

/// Kills Lambdas of one emulator.
struct Killer {
    stop: Arc<AtomicBool>,
    killed: Arc<AtomicU32>,
    task: tokio::task::JoinHandle<()>,
}

impl Killer {
    fn start(endpoint: &str, seed: u64) -> Self {
        let (stop, killed) = (Arc::<AtomicBool>::default(), Arc::<AtomicU32>::default());
        let mut random = fastrand::Rng::with_seed(seed);
        let (stopped, count) = (Arc::clone(&stop), Arc::clone(&killed));
        let endpoint = endpoint.to_owned();
        let task = tokio::spawn(async move {
            while !stopped.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(random.u64(PAUSE_MS))).await;
                let lambdas = lambdas(&endpoint);
                // One that has ended between the look and the shot is no kill.
                if let Some(victim) = random.choice(&lambdas)
                    && kill_process(*victim, Signal::KILL).is_ok()
                {
                    count.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        Self { stop, killed, task }
    }

    async fn stop(self) -> Result<u32> {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await?;
        Ok(self.killed.load(Ordering::Relaxed))
    }
}

/// Processes of bootstraps that talk to the emulator at `endpoint`, which no other emulator has.
fn lambdas(endpoint: &str) -> Vec<Pid> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let mut found: Vec<Pid> = processes
        .flatten()
        .filter_map(|process| {
            let pid = Pid::from_raw(process.file_name().to_str()?.parse().ok()?)?;
            let environment = std::fs::read(process.path().join("environ")).ok()?;
            let variables: Vec<&[u8]> = environment.split(|byte| *byte == 0).collect();
            let is_lambda =
                variables.iter().any(|variable| variable.starts_with(b"AWS_LAMBDA_FUNCTION_NAME="));
            let is_ours = variables.contains(&format!("AWS_ENDPOINT_URL={endpoint}").as_bytes());
            (is_lambda && is_ours).then_some(pid)
        })
        .collect();
    found.sort_unstable_by_key(|pid| pid.as_raw_nonzero());
    found
}

#[expect(clippy::disallowed_methods, reason = "a person chooses the size of a long test")]
fn number(variable: &str, default: u64) -> Result<u64> {
    match std::env::var(variable) {
        Ok(text) => text.parse().with_context(|| format!("{variable} must be a number")),
        Err(_) => Ok(default),
    }
}
