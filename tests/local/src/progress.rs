//! Live progress: a bar on a terminal, a line now and then elsewhere. A backup's is read from the ledger's counters.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use anyhow::Result;
use drayage_aws::ledger::Ledger;
use drayage_domain::run::Position;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use tokio::time::Instant;

use crate::executions::{self, Ended};
use crate::local_stack::LocalStack;

const POLL_MS: u64 = 250;
/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);
const TEMPLATE: &str = "{spinner} {prefix:<11} [{wide_bar}] {pos}/{len} {msg}  ETA {eta}";

/// Where a run stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) phase: &'static str,
    pub(crate) total: u64,
    pub(crate) done: u64,
    pub(crate) bytes: u64,
}

/// Waits for the end of a backup and shows how far it is.
pub async fn follow(stack: &LocalStack, execution: &str, limit: Duration) -> Result<Ended> {
    let ledger = stack.ledger()?;
    let run_id = execution.rsplit(':').next().unwrap_or(execution);
    let begun = Instant::now();
    let mut display = Display::new("files");
    loop {
        let ended = executions::ended(stack.clients(), execution).await?;
        let standing = standing(&ledger, run_id).await?;
        display.show(&standing, begun.elapsed());
        if let Some(ended) = ended {
            display.finish();
            return Ok(ended);
        }
        if begun.elapsed() > limit {
            display.finish();
            anyhow::bail!(
                "the backup still runs after {} s\n{}",
                limit.as_secs(),
                stack.emulator().log_tail(20)
            );
        }
        tokio::time::sleep(Duration::from_millis(POLL_MS)).await;
    }
}

async fn standing(ledger: &Ledger, run_id: &str) -> Result<Standing> {
    let Some(checkpoint) = ledger.checkpoint(run_id).await? else {
        return Ok(Standing { phase: "preflight", ..Standing::default() });
    };
    let counts = ledger.counters(run_id).await?;
    let total = checkpoint.total();
    let phase = if checkpoint.position != Position::Done {
        "enumerating"
    } else if counts.records() < total {
        "copying"
    } else {
        "comparing"
    };
    Ok(Standing { phase, total, done: counts.records(), bytes: counts.bytes_copied })
}

/// Shows where a run stands.
pub(crate) struct Display {
    what: &'static str,
    bar: ProgressBar,
    has_terminal: bool,
    shown: Option<(&'static str, Duration)>,
}

impl Display {
    /// * `what`: the plural of what is counted.
    pub(crate) fn new(what: &'static str) -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self { what, bar, has_terminal: std::io::stderr().is_terminal(), shown: None }
    }

    pub(crate) fn show(&mut self, standing: &Standing, elapsed: Duration) {
        let (what, done) = (self.what, standing.done);
        let seconds = elapsed.as_secs_f64().max(0.001);
        let per_second = precise(done) / seconds;
        // A run that moves no bytes does not count them.
        let bytes = match standing.bytes {
            0 => String::new(),
            bytes => format!(", {}", HumanBytes(bytes)),
        };
        if self.has_terminal {
            self.bar.set_prefix(standing.phase);
            self.bar.set_length(standing.total);
            self.bar.set_position(done);
            self.bar.set_message(format!("{what}, {per_second:.0}/s{bytes}"));
            return;
        }
        let is_new = self.shown.is_none_or(|(phase, at)| {
            phase != standing.phase || elapsed.saturating_sub(at) >= LINE_EVERY
        });
        if is_new {
            self.shown = Some((standing.phase, elapsed));
            let left = precise(standing.total.saturating_sub(done)) / per_second.max(0.001);
            let eta = if done == 0 || standing.total == 0 {
                "?".to_owned()
            } else {
                format!("{left:.0} s")
            };
            note(&format!(
                "{:<12} {done}/{} {what}, {per_second:.0}/s{bytes}, {:.0} s, ETA {eta}",
                standing.phase,
                standing.total,
                elapsed.as_secs_f64()
            ));
        }
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Counts of a local run are far below 2^52.
#[expect(clippy::cast_precision_loss, reason = "shown with few digits")]
pub(crate) fn precise(count: u64) -> f64 {
    count as f64
}

/// Writes a line for people to standard error. That it cannot be written is no reason to stop.
pub fn note(text: &str) {
    drop(writeln!(std::io::stderr().lock(), "{text}"));
}
