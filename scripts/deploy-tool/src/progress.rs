//! What is under way, for whoever looks on: a line per resource that is done, and on a terminal a last line that says what is not.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::events::Event;

/// How often the last line moves, as a sign of life.
const TICK: Duration = Duration::from_millis(200);
/// Names that the last line has room for.
const NAMES_SHOWN: usize = 3;

/// Goes away when dropped. Without a terminal there is no last line.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub(crate) fn new(doing: &str) -> Self {
        let bar = ProgressBar::new_spinner().with_prefix(doing.to_owned());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix} {elapsed} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Self { bar }
    }

    /// Tells of what has happened. What only begins is a matter of the last line.
    pub(crate) fn tell(&self, events: &[Event]) {
        for event in events.iter().filter(|event| !event.under_way()) {
            self.bar.suspend(|| eprintln!("{}", line(event)));
        }
    }

    pub(crate) fn note(&self, text: &str) {
        self.bar.suspend(|| eprintln!("{text}"));
    }

    pub(crate) fn under_way(&self, names: &[&str]) {
        let shown = names.iter().take(NAMES_SHOWN).copied().collect::<Vec<_>>().join(", ");
        let more = match names.len().saturating_sub(NAMES_SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        self.bar.set_message(shown + &more);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn line(event: &Event) -> String {
    let Event { logical, kind, status, reason, .. } = event;
    let reason = if reason.is_empty() { String::new() } else { format!("\n    {reason}") };
    format!("  {status:<24} {kind:<36} {logical}{reason}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_status_type_name_and_reason() {
        let mut event = Event {
            id: "1".to_owned(),
            logical: "Destination".to_owned(),
            physical: String::new(),
            kind: "AWS::S3::Bucket".to_owned(),
            status: "CREATE_FAILED".to_owned(),
            reason: "it exists".to_owned(),
        };
        let words = |event: &Event| line(event).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(words(&event), "CREATE_FAILED AWS::S3::Bucket Destination it exists");
        assert_eq!(line(&event).lines().count(), 2);
        event.reason.clear();
        assert_eq!(line(&event).lines().count(), 1);
    }
}
