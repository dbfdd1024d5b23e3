//! The overview again and again. What goes on is looked at every two seconds, everything else less often: lists of executions are what
//! Step Functions answers least of.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::Instant;

use super::overview_text;
use crate::connection::Connection;
use crate::failure::{Failure, Kind, Verdict};
use crate::human::Moment;
use crate::interrupt;
use crate::layout::painted;
use crate::output::{Look, data, note};
use crate::view::{Overview, Progress, overview, progress};

const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often everything is read: seven lists at a time, of which a small Region bears two a second.
const OVERVIEW_EVERY: Duration = Duration::from_secs(15);
/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);
/// The longest pause between two attempts to reach AWS again.
const RETRY_MAX: Duration = Duration::from_secs(30);
const YELLOW: u8 = 33;

/// What is known, and when it was read.
struct Seen {
    overview: Overview,
    read: Instant,
    looked: Instant,
}

/// Shows it until Ctrl-C.
pub(super) async fn watch(connection: &Connection) -> Result<Verdict, Failure> {
    // What is wrong from the beginning is an error, and not waited for.
    let first = Box::pin(overview(connection)).await?;
    let mut screen = Screen::new();
    let result = tokio::select! {
        result = on_and_on(connection, first, &mut screen) => result,
        () = interrupt::heard() => Ok(Verdict::Unwatched),
    };
    screen.finish();
    if result == Ok(Verdict::Unwatched) {
        note("The watching has ended; what is under way goes on.");
    }
    result
}

async fn on_and_on(
    connection: &Connection,
    first: Overview,
    screen: &mut Screen,
) -> Result<Verdict, Failure> {
    let mut seen = Seen { overview: first, read: Instant::now(), looked: Instant::now() };
    let mut pause = LOOK_EVERY;
    loop {
        screen.show(&seen.overview, None)?;
        tokio::time::sleep(pause).await;
        pause = LOOK_EVERY;
        while let Err(failure) = Box::pin(again(connection, &mut seen)).await {
            if failure.kind != Kind::Unreachable {
                return Err(failure);
            }
            let notice = format!(
                "Not reachable for {} s, trying again: {}",
                seen.looked.elapsed().as_secs(),
                failure.message
            );
            screen.show(&seen.overview, Some(&notice))?;
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(RETRY_MAX);
        }
    }
}

/// Looks at what goes on, and at everything when it is time, or when a run has ended.
async fn again(connection: &Connection, seen: &mut Seen) -> Result<(), Failure> {
    let seconds = seen.looked.elapsed().as_secs_f64();
    let mut current = Vec::new();
    for before in &seen.overview.current {
        current.push(progress(connection, &before.run, Some((before, seconds))).await?);
    }
    let has_ended = current.iter().any(|progress| !progress.run.status.goes_on());
    if has_ended || seen.read.elapsed() >= OVERVIEW_EVERY {
        let mut newest = Box::pin(overview(connection)).await?;
        keep_rates(&mut newest.current, &current);
        seen.overview = newest;
        seen.read = Instant::now();
    } else {
        seen.overview.current = current;
    }
    seen.looked = Instant::now();
    Ok(())
}

fn keep_rates(newest: &mut [Progress], looked_at: &[Progress]) {
    for progress in newest {
        let before = looked_at.iter().find(|before| before.run.run_id == progress.run.run_id);
        progress.rates = before.and_then(|before| before.rates);
    }
}

/// A terminal, on which the same lines are drawn again; or a file, which gets a line now and then.
struct Screen {
    bar: Option<ProgressBar>,
    written: Option<Instant>,
}

impl Screen {
    fn new() -> Self {
        let has_terminal = std::io::stderr().is_terminal() && std::io::stdout().is_terminal();
        let bar = has_terminal.then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{msg}") {
                bar.set_style(style);
            }
            bar
        });
        Self { bar, written: None }
    }

    fn show(&mut self, overview: &Overview, notice: Option<&str>) -> Result<(), Failure> {
        let moment = Moment::here();
        if let Some(bar) = &self.bar {
            // The width is asked for each time: the window may have another size now.
            let look = Look::of_standard_output();
            bar.set_message(drawn(overview, notice, look, &moment));
            bar.tick();
            return Ok(());
        }
        if self.written.is_some_and(|at| at.elapsed() < LINE_EVERY) {
            return Ok(());
        }
        self.written = Some(Instant::now());
        if let Some(notice) = notice {
            note(notice);
            return Ok(());
        }
        data(&lines(overview, &moment))
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish();
        }
    }
}

fn drawn(overview: &Overview, notice: Option<&str>, look: Look, moment: &Moment) -> String {
    let text = overview_text::text(overview, look, moment);
    match notice {
        Some(notice) => {
            let notice = crate::human::wrapped(&crate::output::printable(notice), look.width, "");
            format!("{}\n\n{text}", painted(look, &notice, YELLOW))
        }
        None => text,
    }
}

/// A line for each run that is under way.
fn lines(overview: &Overview, moment: &Moment) -> String {
    let at = moment.local(&moment.now.to_string());
    if overview.current.is_empty() {
        return format!("{at}  nothing is under way");
    }
    let lines = overview
        .current
        .iter()
        .map(|one| format!("{at}  {}  {}", one.run.run_id, crate::watch::text::line(one)));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn a_lost_connection_is_told_above_what_was_known() {
        let look = Look { width: 80, colour: false, lines: false };
        let text = drawn(&samples::busy(), Some("Not reachable\u{1b}"), look, &samples::moment());
        assert!(text.starts_with("Not reachable\u{fffd}\n\nEvery file is accounted for"), "{text}");
    }

    #[test]
    fn where_there_is_no_terminal_each_run_is_a_line() {
        let text = lines(&samples::busy(), &samples::moment());
        assert_eq!(text.lines().count(), 1);
        assert!(text.contains("copy       567 of 1,234 records, 10 min, "), "{text}");
        let text = lines(&samples::fresh(), &samples::moment());
        assert!(text.ends_with("nothing is under way"), "{text}");
    }
}
