//! How far an execution is: a bar on a terminal, a line now and then elsewhere. The numbers are the ledger's, by way of
//! [`crate::view::progress`].

pub(crate) mod text;

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::Instant;

use crate::connection::Connection;
use crate::execution::Started;
use crate::kind::Kind;
use crate::output::{Look, note};
use crate::view::{self, Progress, RunStatus, RunView};

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);
/// Numbers change when a batch ends; more looks would only cost requests.
const LOOK_EVERY: Duration = Duration::from_millis(1500);
/// The spinner shows that somebody watches, also between two looks.
const TICK: Duration = Duration::from_millis(120);

/// What is shown of an execution that is under way.
#[derive(Debug)]
pub(crate) struct Watch {
    kind: Kind,
    bar: ProgressBar,
    has_terminal: bool,
    last: Option<(Progress, Instant)>,
    /// The last line, without its numbers, and when it was written.
    line: Option<(String, Instant)>,
}

impl Watch {
    /// Of an execution of this state machine.
    pub(crate) fn of(kind: Kind) -> Self {
        let has_terminal = std::io::stderr().is_terminal();
        // Not on a terminal it stays hidden by itself.
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        bar.set_message(format!("{} begins", kind.name()));
        if has_terminal {
            bar.enable_steady_tick(TICK);
        }
        Self { kind, bar, has_terminal, last: None, line: None }
    }

    /// Asks the ledger now and then, and shows it. Numbers that cannot be read now are no reason to stop: the execution is what counts.
    pub(crate) async fn look(&mut self, connection: &Connection, started: &Started) {
        if self.last.as_ref().is_some_and(|(_, at)| at.elapsed() < LOOK_EVERY) {
            return;
        }
        let before = self.last.as_ref();
        let run = before.map_or_else(|| begun(self.kind, started), |(seen, _)| seen.run.clone());
        let before = before.map(|(seen, at)| (seen, at.elapsed().as_secs_f64()));
        match view::progress(connection, &run, before).await {
            Ok(progress) => {
                self.show(&progress);
                self.last = Some((progress, Instant::now()));
            }
            Err(_) if self.last.is_none() => {
                self.write("starting", &format!("{} begins", started.run_id));
            }
            Err(failure) => self.write("unread", &format!("numbers unread: {}", failure.message)),
        }
    }

    /// Says that the connection is lost.
    pub(crate) fn lost(&mut self, why: &str, pause: Duration) {
        let text = text::lost(why, pause);
        self.write("lost", &text);
    }

    /// The width is asked each time: people resize windows.
    fn show(&mut self, progress: &Progress) {
        if self.has_terminal {
            self.bar.set_message(text::block(progress, Look::of_standard_error()));
            return;
        }
        let about = format!("{} {:?}", progress.phase(), progress.waiting_for);
        self.write(&about, &text::line(progress));
    }

    /// Writes a line if it is about something else than the last one, or if the last one is old.
    fn write(&mut self, about: &str, line: &str) {
        if self.has_terminal {
            self.bar.set_message(text::cut(line, Look::of_standard_error().width));
            return;
        }
        let is_due =
            self.line.as_ref().is_none_or(|(last, at)| last != about || at.elapsed() >= LINE_EVERY);
        if is_due {
            self.line = Some((about.to_owned(), Instant::now()));
            note(line);
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// A run that the ledger may not know yet.
pub(crate) fn begun(kind: Kind, started: &Started) -> RunView {
    RunView {
        run_id: started.run_id.clone(),
        kind: kind.name().to_owned(),
        parent_run: None,
        status: RunStatus::Running,
        dry_run: false,
        mode: None,
        execution_arn: started.arn.clone(),
        started_at: crate::clock::now().to_string(),
        ended_at: None,
        accounted_for: None,
        clean: None,
        total: None,
        done: 0,
        needs_attention: 0,
        bytes_copied: 0,
        outcomes: BTreeMap::new(),
        error: None,
        report: None,
    }
}
