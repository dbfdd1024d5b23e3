//! The time, for the names of executions: the only place that asks this machine's clock for it.

use jiff::{Timestamp, tz::TimeZone};

/// Now, to the millisecond, in characters that names of executions may have.
pub(crate) fn stamp() -> String {
    #[expect(clippy::disallowed_methods, reason = "a name for this moment, and nothing else")]
    let now = Timestamp::now();
    stamp_of(now)
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
