//! The date formats of the Salesforce interfaces, and the logical clock that feeds them.
//!
//! Times are kept as whole milliseconds since the Unix epoch. REST writes `2026-01-02T17:38:59.000+0000`,
//! Bulk CSV writes `2026-01-02T17:38:59.000Z`, and HTTP headers use the RFC 9110 form.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;

/// Milliseconds since the Unix epoch.
pub(crate) type Millis = i64;

/// A clock that moves only when something is written, so that one seed always gives the same times.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogicalClock {
    now: Millis,
    step: Millis,
}

impl LogicalClock {
    pub(crate) fn new(start: Timestamp, step_ms: i64) -> Self {
        Self { now: start.as_millisecond(), step: step_ms }
    }

    pub(crate) fn now(&self) -> Millis {
        self.now
    }

    /// Moves by one step and returns the new time.
    pub(crate) fn tick(&mut self) -> Millis {
        self.now += self.step;
        self.now
    }

    pub(crate) fn advance(&mut self, by_ms: i64) {
        self.now += by_ms;
    }
}

fn format(millis: Millis, pattern: &str) -> String {
    Timestamp::from_millisecond(millis)
        .map(|time| time.to_zoned(TimeZone::UTC).strftime(pattern).to_string())
        .unwrap_or_default()
}

/// The form used in REST JSON.
pub(crate) fn rest(millis: Millis) -> String {
    format(millis, "%Y-%m-%dT%H:%M:%S%.3f+0000")
}

/// The form used in Bulk API CSV.
pub(crate) fn bulk(millis: Millis) -> String {
    format(millis, "%Y-%m-%dT%H:%M:%S%.3fZ")
}

/// The form used in HTTP headers (`EEE, dd MMM yyyy HH:mm:ss z`).
pub(crate) fn http(millis: Millis) -> String {
    format(millis, "%a, %d %b %Y %H:%M:%S GMT")
}

/// Reads a SOQL or JSON datetime: seconds or milliseconds, with `Z`, `+00:00` or `+0000`.
pub(crate) fn parse(text: &str) -> Option<Millis> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// Reads an HTTP date.
pub(crate) fn parse_http(text: &str) -> Option<Millis> {
    rfc2822::parse(text.trim()).ok().map(|time| time.timestamp().as_millisecond())
}

/// The wall clock, for the one thing that clients compute from theirs: the expiry of a signed assertion.
#[expect(
    clippy::disallowed_methods,
    reason = "a client signs its assertion with real time, so it can only be judged by real time"
)]
pub(crate) fn wall_clock() -> Millis {
    Timestamp::now().as_millisecond()
}

#[cfg(test)]
mod tests {
    use super::{bulk, http, parse, parse_http, rest};

    #[test]
    fn formats_are_those_of_the_service() {
        let time = parse("2026-01-02T17:38:59Z").unwrap();
        assert_eq!(rest(time), "2026-01-02T17:38:59.000+0000");
        assert_eq!(bulk(time), "2026-01-02T17:38:59.000Z");
        assert_eq!(http(time), "Fri, 02 Jan 2026 17:38:59 GMT");
    }

    #[test]
    fn every_written_form_can_be_read() {
        let time = parse("2026-11-21T05:22:59.120Z").unwrap();
        assert_eq!(parse(&rest(time)), Some(time));
        assert_eq!(parse(&bulk(time)), Some(time));
        assert_eq!(parse("2026-11-21T05:22:59.120+00:00"), Some(time));
        assert_eq!(parse_http("Sat, 21 Nov 2026 05:22:59 GMT"), Some(time - 120));
    }
}
