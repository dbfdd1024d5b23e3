//! The time, for the names of executions and for what people are shown: the only place that asks this machine's clock for it.

use jiff::{Timestamp, tz::TimeZone};

/// Now, by this machine's clock.
pub(crate) fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "names, ages and durations for people")]
    let now = Timestamp::now();
    now
}

/// Now, to the millisecond, in characters that names of executions may have.
pub(crate) fn stamp() -> String {
    stamp_of(now())
}

fn stamp_of(now: Timestamp) -> String {
    let time = now.to_zoned(TimeZone::UTC);
    format!("{}-{:03}", time.strftime("%Y%m%dT%H%M%SZ"), time.millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_has_only_characters_of_names() {
        let stamp = stamp_of("2026-11-21T07:08:09.012Z".parse().unwrap());
        assert_eq!(stamp, "20261121T070809Z-012");
    }
}
