//! The schedule for people.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::output::{Look, counted, printable};
use crate::view::ScheduleView;

/// * `zone`: of the person.
pub(super) fn text(view: &ScheduleView, look: Look, zone: &TimeZone) -> String {
    let ScheduleView { name, enabled, expression, timezone, input, next_at, undelivered } = view;
    let state = if *enabled { "enabled" } else { "disabled" };
    let undelivered = match undelivered {
        0 => "none".to_owned(),
        more => format!(
            "{}: executions that were never started; they wait in the schedule's dead-letter queue",
            counted(*more, "start")
        ),
    };
    look.list([
        ("schedule", printable(name)),
        ("state", state.to_owned()),
        ("starts", format!("{} ({})", printable(expression), printable(timezone))),
        ("next", next(*enabled, next_at.as_deref(), zone)),
        ("with", printable(input)),
        ("undelivered", undelivered),
    ])
}

fn next(enabled: bool, at: Option<&str>, zone: &TimeZone) -> String {
    if !enabled {
        return "never, while it is disabled".to_owned();
    }
    match at.and_then(|at| at.parse::<Timestamp>().ok()) {
        Some(at) => at.to_zoned(zone.clone()).strftime("%a %Y-%m-%d %H:%M %Z").to_string(),
        None => "as the expression says; EventBridge Scheduler does not tell the time".to_owned(),
    }
}

/// How long a change of the state lasts.
pub(super) fn lasts(stack: &str, enabled: bool) -> String {
    format!(
        "note: the next deployment of the stack {stack} sets the schedule to what its parameter ScheduleEnabled says; deploy with \
         ScheduleEnabled={enabled} to make this last"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::assert_golden;

    fn view() -> ScheduleView {
        ScheduleView {
            name: "drayage-backup".to_owned(),
            enabled: true,
            expression: "cron(0 2 * * ? *)".to_owned(),
            timezone: "America/New_York".to_owned(),
            input: "{\"mode\":\"incremental\",\"trigger\":\"schedule\"}".to_owned(),
            next_at: Some("2026-11-22T07:00:00Z".to_owned()),
            undelivered: 2,
        }
    }

    fn shown(view: &ScheduleView, width: u16) -> String {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        text(view, Look { width, colour: true, lines: false }, &zone)
    }

    #[test]
    fn the_schedule_is_told_for_people() {
        for width in [140, 80, 20] {
            assert_golden("schedule", &format!("schedule-{width}"), &shown(&view(), width));
        }
    }

    #[test]
    fn a_start_that_cannot_be_told_is_not_invented() {
        let disabled = ScheduleView { enabled: false, next_at: None, undelivered: 0, ..view() };
        let text = shown(&disabled, 140);
        assert!(text.contains("never, while it is disabled"), "{text}");
        assert!(text.contains("none"), "{text}");
        let rate = ScheduleView { expression: "rate(1 hour)".to_owned(), next_at: None, ..view() };
        assert!(shown(&rate, 140).contains("does not tell"));
    }
}
