//! How far an execution is: a bar on a terminal, a line now and then elsewhere. The numbers are the ledger's.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::Instant;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::output::{grouped, note};

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);
const SPINNER: &str = "{spinner} {msg}  {elapsed}";
const BAR: &str =
    "{spinner} {msg:<10} [{wide_bar}] {human_pos}/{human_len} records  {per_sec}  ETA {eta}";

/// What is shown of an execution that is under way.
#[derive(Debug)]
pub(crate) struct Watch {
    /// Records that it writes; `None` for one that only plans.
    records: Option<u64>,
    bar: ProgressBar,
    has_terminal: bool,
    begun: Instant,
    shown: Option<(&'static str, Instant)>,
}

impl Watch {
    /// Of an execution that plans.
    pub(crate) fn planning() -> Self {
        Self::new(None)
    }

    /// Of an execution that writes so many records.
    pub(crate) fn writing(records: u64) -> Self {
        Self::new(Some(records))
    }

    fn new(records: Option<u64>) -> Self {
        let bar = ProgressBar::new(records.unwrap_or(0));
        // Not on a terminal it stays hidden by itself.
        if let Ok(style) =
            ProgressStyle::with_template(if records.is_some() { BAR } else { SPINNER })
        {
            bar.set_style(style.progress_chars("=> "));
        }
        let has_terminal = std::io::stderr().is_terminal();
        Self { records, bar, has_terminal, begun: Instant::now(), shown: None }
    }

    /// Asks the ledger, and shows it.
    pub(crate) async fn look(
        &mut self,
        connection: &Connection,
        run_id: &str,
    ) -> Result<(), Failure> {
        let Some(records) = self.records else {
            self.show("planning", 0);
            return Ok(());
        };
        let done = connection.ledger.counters(run_id).await?.records();
        self.show(phase(done, records), done);
        Ok(())
    }

    fn show(&mut self, phase: &'static str, done: u64) {
        if self.has_terminal {
            self.bar.set_message(phase);
            self.bar.set_position(done);
            self.bar.tick();
            return;
        }
        let is_new =
            self.shown.is_none_or(|(shown, at)| shown != phase || at.elapsed() >= LINE_EVERY);
        if !is_new {
            return;
        }
        self.shown = Some((phase, Instant::now()));
        match self.records {
            None => note(&format!("{phase} ...")),
            Some(records) => note(&format!(
                "{phase:<10} {}/{} records, {}",
                grouped(done),
                grouped(records),
                pace(done, records, self.begun.elapsed())
            )),
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Records are counted when their batch has ended; the second look at them is not counted.
fn phase(done: u64, records: u64) -> &'static str {
    if done == 0 {
        "preparing"
    } else if done < records {
        "writing"
    } else {
        "verifying"
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown with few digits")]
fn pace(done: u64, records: u64, elapsed: Duration) -> String {
    let per_second = done as f64 / elapsed.as_secs_f64().max(0.001);
    let seconds = elapsed.as_secs();
    if done == 0 {
        return format!("{seconds} s");
    }
    let left = records.saturating_sub(done) as f64 / per_second;
    format!("{per_second:.0}/s, {seconds} s, ETA {left:.0} s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_tells_how_long_the_rest_takes() {
        assert_eq!(pace(0, 100, Duration::from_secs(3)), "3 s");
        assert_eq!(pace(50, 100, Duration::from_secs(5)), "10/s, 5 s, ETA 5 s");
    }

    #[test]
    fn what_is_not_counted_is_named() {
        assert_eq!([phase(0, 5), phase(1, 5), phase(5, 5)], ["preparing", "writing", "verifying"]);
    }
}
