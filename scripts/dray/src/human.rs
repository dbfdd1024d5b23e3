//! Durations, sizes, rates and times as people read them. The time zone and the present are passed in.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use unicode_width::UnicodeWidthStr as _;

use crate::output::grouped;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// Names of sizes, each 1,024 of the one before.
const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// Ages are told up to a month.
const AGE_SECONDS_MAX: u64 = 30 * 24 * 60 * 60;

/// What a person has: the present, and their time zone.
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    pub(crate) now: Timestamp,
    pub(crate) zone: TimeZone,
}

impl Moment {
    /// As this machine has them.
    pub(crate) fn here() -> Self {
        Self { now: crate::clock::now(), zone: TimeZone::system() }
    }

    /// An RFC 3339 time as a local one, to the minute: `2026-11-21 08:10`. Any other text stays as it is.
    pub(crate) fn local(&self, time: &str) -> String {
        match time.parse::<Timestamp>() {
            Ok(time) => time.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
            Err(_) => time.to_owned(),
        }
    }

    /// A local time with how long ago that is: `2026-11-21 08:05 (3 min ago)`. The date alone tells more of what is long past.
    pub(crate) fn with_age(&self, time: &str) -> String {
        let local = self.local(time);
        let Ok(time) = time.parse::<Timestamp>() else { return local };
        match u64::try_from(self.now.duration_since(time).as_secs()) {
            Ok(seconds) if seconds > AGE_SECONDS_MAX => local,
            Ok(seconds) if seconds > 0 => format!("{local} ({} ago)", duration(seconds)),
            Ok(_) | Err(_) => format!("{local} (just now)"),
        }
    }
}

/// Seconds in the two units that matter: `45 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`.
pub(crate) fn duration(seconds: u64) -> String {
    let (large, large_unit, small, small_unit) = match seconds {
        0..MINUTE => return format!("{seconds} s"),
        MINUTE..HOUR => (seconds / MINUTE, "min", seconds % MINUTE, "s"),
        HOUR..DAY => (seconds / HOUR, "h", seconds % HOUR / MINUTE, "min"),
        DAY.. => (seconds / DAY, "d", seconds % DAY / HOUR, "h"),
    };
    match small {
        0 => format!("{large} {large_unit}"),
        small => format!("{large} {large_unit} {small} {small_unit}"),
    }
}

/// Seconds of an estimate, in the unit that matters: `45 s`, `22 min`, `2.5 h`, `3.1 d`.
pub(crate) fn roughly(seconds: f64) -> String {
    if seconds < 90.0 {
        format!("{seconds:.0} s")
    } else if seconds < 5_400.0 {
        format!("{:.0} min", seconds / 60.0)
    } else if seconds < 172_800.0 {
        format!("{:.1} h", seconds / 3_600.0)
    } else {
        format!("{:.1} d", seconds / 86_400.0)
    }
}

/// US dollars; small sums with more digits.
pub(crate) fn dollars(usd: f64) -> String {
    if usd > 0.0 && usd < 0.0001 {
        "<$0.0001".to_owned()
    } else if usd > 0.0 && usd < 0.1 {
        format!("${usd:.4}")
    } else {
        format!("${usd:.2}")
    }
}

/// Bytes: `512 B`, `1.5 KiB`, `12 MiB`.
#[expect(clippy::cast_precision_loss, reason = "shown with few digits")]
pub(crate) fn size(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = "KiB";
    for larger in UNITS.iter().skip(1) {
        // What would be shown as 1024 is one of the next.
        if value < 1023.5 {
            break;
        }
        value /= 1024.0;
        unit = larger;
    }
    if value < 9.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// Items per second: `0.3/s`, `12/s`, `1,200/s`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates are far below the maximum, and not negative"
)]
pub(crate) fn per_second(items: f64) -> String {
    if items < 9.95 {
        format!("{items:.1}/s")
    } else {
        format!("{}/s", grouped(items.round() as u64))
    }
}

/// Bytes per second: `1.5 MiB/s`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates are far below the maximum, and not negative"
)]
pub(crate) fn bytes_per_second(bytes: f64) -> String {
    format!("{}/s", size(bytes.round() as u64))
}

/// A share in whole percent, which is 100 only when all is done.
pub(crate) fn percent(done: u64, total: u64) -> u64 {
    match total {
        0 => 0,
        total => {
            u64::try_from(u128::from(done.min(total)) * 100 / u128::from(total)).unwrap_or(100)
        }
    }
}

/// A share in percent with a digit, and what is too little to be shown told as such.
#[expect(clippy::cast_precision_loss, reason = "shown with few digits")]
pub(crate) fn share(part: u64, whole: u64) -> String {
    let percent = part as f64 * 100.0 / whole.max(1) as f64;
    if part > 0 && percent < 0.1 { "<0.1 %".to_owned() } else { format!("{percent:.1} %") }
}

/// The text in lines of at most `width` characters; words that are longer keep a line of their own.
pub(crate) fn wrapped(text: &str, width: u16, indent: &str) -> String {
    let width = usize::from(width);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let taken = line.width();
        if taken > 0 && indent.width() + taken + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines.iter().map(|line| format!("{indent}{line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, "0 s")]
    #[case(59, "59 s")]
    #[case(200, "3 min 20 s")]
    #[case(3600, "1 h")]
    #[case(7500, "2 h 5 min")]
    #[case(273_600, "3 d 4 h")]
    fn durations_have_two_units(#[case] seconds: u64, #[case] told: &str) {
        assert_eq!(duration(seconds), told);
    }

    #[rstest]
    #[case(0, "0 B")]
    #[case(1023, "1023 B")]
    #[case(1536, "1.5 KiB")]
    #[case(12 << 20, "12 MiB")]
    #[case((1 << 20) - 1, "1.0 MiB")]
    #[case(u64::MAX, "16 EiB")]
    fn sizes_have_few_digits(#[case] bytes: u64, #[case] told: &str) {
        assert_eq!(size(bytes), told);
    }

    #[test]
    fn rates_and_shares_are_rounded() {
        assert_eq!([per_second(0.25), per_second(1234.4)], ["0.2/s", "1,234/s"]);
        assert_eq!(bytes_per_second(2048.0), "2.0 KiB/s");
        assert_eq!(
            [percent(0, 0), percent(999, 1000), percent(7, 7), percent(9, 7)],
            [0, 99, 100, 100]
        );
    }

    #[test]
    fn estimates_have_one_unit_and_sums_few_digits() {
        assert_eq!(
            [2.4, 600.0, 7_200.0, 260_000.0].map(roughly),
            ["2 s", "10 min", "2.0 h", "3.0 d"]
        );
        assert_eq!(
            [0.0, 0.00001, 0.0123, 8.181].map(dollars),
            ["$0.00", "<$0.0001", "$0.0123", "$8.18"]
        );
        assert_eq!([share(1, 3), share(1, 1_000_000), share(0, 0)], ["33.3 %", "<0.1 %", "0.0 %"]);
    }

    #[test]
    fn times_are_local_and_as_old_as_they_are() {
        let moment = Moment {
            now: "2026-11-21T07:10:00Z".parse().unwrap(),
            zone: TimeZone::get("Europe/Berlin").unwrap(),
        };
        assert_eq!(moment.local("2026-11-21T07:08:09Z"), "2026-11-21 08:08");
        assert_eq!(moment.local("2026-07-21T07:08:09Z"), "2026-07-21 09:08");
        assert_eq!(moment.local("soon"), "soon");
        assert_eq!(moment.with_age("2026-11-21T07:08:09Z"), "2026-11-21 08:08 (1 min 51 s ago)");
        assert_eq!(moment.with_age("2026-11-21T07:11:00Z"), "2026-11-21 08:11 (just now)");
    }

    #[test]
    fn text_is_broken_between_words() {
        assert_eq!(wrapped("one two three", 8, " "), " one two\n three");
        assert_eq!(wrapped("incomprehensible", 4, ""), "incomprehensible");
    }
}
