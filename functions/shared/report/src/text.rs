//! Numbers, sizes and times as people read them.

pub(crate) use drayage_domain::words::{counted, number};
use jiff::{SignedDuration, Timestamp};

/// A size in the units of IEC 80000-13, such as `1.5 MiB`; three digits are enough to compare by.
pub(crate) fn bytes(value: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if value < 1024 {
        return counted(value, "byte", "bytes");
    }
    // The unit of which there is at least one. `u128`, because rounding up may pass the largest `u64`.
    let mut exponent = usize::try_from(value.ilog2() / 10).unwrap_or(1);
    let in_tenths = |exponent: usize| {
        let unit = 1_u128 << (10 * exponent);
        (u128::from(value) * 10 + unit / 2) / unit
    };
    if in_tenths(exponent) >= 10_240 && exponent < UNITS.len() {
        exponent += 1;
    }
    let tenths = in_tenths(exponent);
    let unit = UNITS.get(exponent - 1).copied().unwrap_or("EiB");
    if tenths < 1000 {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    } else {
        format!("{} {unit}", (tenths + 5) / 10)
    }
}

/// The part of `whole` as a percentage that never rounds to nothing or to all.
pub(crate) fn share(part: u64, whole: u64) -> String {
    if part == 0 || whole == 0 {
        return "0 %".to_owned();
    }
    if part >= whole {
        return "100 %".to_owned();
    }
    match u128::from(part) * 10_000 / u128::from(whole) {
        0 => "< 0.01 %".to_owned(),
        hundredths if hundredths >= 1000 => {
            format!("{}.{} %", hundredths / 100, hundredths / 10 % 10)
        }
        hundredths => format!("{}.{:02} %", hundredths / 100, hundredths % 100),
    }
}

/// An RFC 3339 time in UTC to the second; what is no time stays as it is.
pub(crate) fn time(text: &str) -> String {
    text.parse::<Timestamp>().map_or_else(
        |_| crate::visible::plain(text),
        |time| time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
    )
}

/// How long it took, such as `2 h 14 min`; `unknown` without two times in order.
pub(crate) fn duration(started_at: &str, ended_at: &str) -> String {
    match (started_at.parse::<Timestamp>(), ended_at.parse::<Timestamp>()) {
        (Ok(start), Ok(end)) if start <= end => length(end.duration_since(start)),
        (Ok(_) | Err(_), Ok(_) | Err(_)) => "unknown".to_owned(),
    }
}

fn length(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    if days > 0 {
        format!("{days} d {hours} h")
    } else if hours > 0 {
        format!("{hours} h {minutes} min")
    } else if minutes > 0 {
        format!("{minutes} min {} s", seconds % 60)
    } else if seconds >= 10 {
        format!("{seconds} s")
    } else {
        format!("{seconds}.{} s", duration.subsec_millis() / 100)
    }
}

/// US dollars: cents, or as many digits as a smaller sum needs to be seen.
pub(crate) fn dollars(usd: f64) -> String {
    if usd != 0.0 && usd.abs() < 0.01 {
        format!("${usd:.6}")
    } else {
        let text = format!("{usd:.2}");
        match text.split_once('.') {
            Some((whole, cents)) => whole
                .parse::<u64>()
                .map_or_else(|_| format!("${text}"), |whole| format!("${}.{cents}", number(whole))),
            None => format!("${text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, "0")]
    #[case(999, "999")]
    #[case(1_204_331, "1,204,331")]
    #[case(u64::MAX, "18,446,744,073,709,551,615")]
    fn thousands_are_separated(#[case] value: u64, #[case] expected: &str) {
        assert_eq!(number(value), expected);
    }

    #[rstest]
    #[case(0, "0 bytes")]
    #[case(1, "1 byte")]
    #[case(1023, "1,023 bytes")]
    #[case(1024, "1.0 KiB")]
    #[case(1536, "1.5 KiB")]
    #[case(200 << 10, "200 KiB")]
    #[case((1 << 20) - 1, "1.0 MiB")]
    #[case(5 << 30, "5.0 GiB")]
    #[case(u64::MAX, "16.0 EiB")]
    fn sizes_have_iec_units(#[case] value: u64, #[case] expected: &str) {
        assert_eq!(bytes(value), expected);
    }

    #[rstest]
    #[case(0, 5, "0 %")]
    #[case(5, 5, "100 %")]
    #[case(999_999, 1_000_000, "99.9 %")]
    #[case(1, 1_000_000, "< 0.01 %")]
    #[case(1, 1000, "0.10 %")]
    #[case(1, 0, "0 %")]
    #[case(u64::MAX - 1, u64::MAX, "99.9 %")]
    fn a_share_is_never_rounded_to_all_or_nothing(
        #[case] part: u64,
        #[case] whole: u64,
        #[case] expected: &str,
    ) {
        assert_eq!(share(part, whole), expected);
    }

    #[rstest]
    #[case("2026-11-21T10:00:00Z", "2026-11-21T10:00:03.25Z", "3.2 s")]
    #[case("2026-11-21T10:00:00Z", "2026-11-21T10:01:05Z", "1 min 5 s")]
    #[case("2026-11-21T10:00:00Z", "2026-11-21T12:14:59Z", "2 h 14 min")]
    #[case("2026-11-21T10:00:00Z", "2026-11-25T12:00:00Z", "4 d 2 h")]
    #[case("2026-11-21T10:00:00Z", "2026-11-21T09:00:00Z", "unknown")]
    #[case("", "2026-11-21T09:00:00Z", "unknown")]
    fn a_duration_has_two_units(#[case] start: &str, #[case] end: &str, #[case] expected: &str) {
        assert_eq!(duration(start, end), expected);
    }

    #[rstest]
    #[case("2026-11-21T10:00:00+02:00", "2026-11-21 08:00:00 UTC")]
    #[case("soon\n", "soon␊")]
    fn times_are_utc(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(time(text), expected);
    }

    #[rstest]
    #[case(0.0, "$0.00")]
    #[case(0.000_4, "$0.000400")]
    #[case(1234.5, "$1,234.50")]
    fn dollars_are_readable(#[case] usd: f64, #[case] expected: &str) {
        assert_eq!(dollars(usd), expected);
    }
}
