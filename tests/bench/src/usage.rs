//! What a process has used, from `/proc`: the same numbers for every tool.

use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use serde::Serialize;
use tokio::process::Child;
use tokio::time::{Instant, sleep};

/// Linux reports processor time in this unit on every architecture (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;
/// Peak memory is looked at this often; it only grows, so that little is missed at the end.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What a run took.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Usage {
    pub(crate) wall_seconds: f64,
    pub(crate) cpu_seconds: f64,
    pub(crate) peak_rss_mib: f64,
}

impl Usage {
    /// The median of every figure on its own.
    pub(crate) fn median_of(runs: &[Self]) -> Self {
        let figure = |of: fn(&Self) -> f64| median(runs.iter().map(of));
        Self {
            wall_seconds: figure(|usage| usage.wall_seconds),
            cpu_seconds: figure(|usage| usage.cpu_seconds),
            peak_rss_mib: figure(|usage| usage.peak_rss_mib),
        }
    }
}

/// User and system time of a process, `self` for this one. Works until the process is waited for.
pub(crate) fn cpu_seconds(process: &str) -> Result<f64> {
    let path = format!("/proc/{process}/stat");
    let text = std::fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    // The second field is a name in parentheses, which may hold anything.
    let fields: Vec<&str> =
        text.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok());
    match (ticks(11), ticks(12)) {
        (Some(user), Some(system)) => Ok((user + system) / TICKS_PER_SECOND),
        (_, _) => bail!("{path} has no processor times; hint: only Linux is measured"),
    }
}

/// Most memory that a process has had, in MiB; `None` when it has ended.
pub(crate) fn peak_rss_mib(process: &str) -> Option<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes / 1024.0)
}

/// Waits for a process that was just started, and tells what it took. That it fails is an error.
pub(crate) async fn measured(child: Child, what: &str) -> Result<Usage> {
    let (usage, status) = usage_of(child).await?;
    if !status.success() {
        bail!("{what} failed: {status}");
    }
    Ok(usage)
}

/// Waits for a process that was just started, and tells what it took and how it ended.
pub(crate) async fn usage_of(mut child: Child) -> Result<(Usage, ExitStatus)> {
    let started = Instant::now();
    let id = child.id().context("the process has ended already")?;
    let pid = i32::try_from(id).ok().and_then(Pid::from_raw).context("no process id")?;
    let mut peak: f64 = 0.0;
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    // Left unreaped until its times are read.
    while waitid(WaitId::Pid(pid), options)?.is_none() {
        peak = peak.max(peak_rss_mib(&id.to_string()).unwrap_or(0.0));
        sleep(LOOK_EVERY).await;
    }
    let wall_seconds = started.elapsed().as_secs_f64();
    let cpu_seconds = cpu_seconds(&id.to_string())?;
    let status = child.wait().await?;
    Ok((Usage { wall_seconds, cpu_seconds, peak_rss_mib: peak }, status))
}

/// The median; of an even number of figures, the higher one.
pub(crate) fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_process_that_works_is_seen_to_have_worked() {
        let mut command = tokio::process::Command::new("sh");
        let child = command.args(["-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"]);
        let usage = measured(child.spawn().unwrap(), "sh").await.unwrap();
        assert!(usage.cpu_seconds > 0.0 && usage.peak_rss_mib > 0.0, "{usage:?}");
        assert!(usage.wall_seconds > 0.0);
        let failed = tokio::process::Command::new("false").spawn().unwrap();
        assert!(measured(failed, "false").await.is_err());
    }
}
