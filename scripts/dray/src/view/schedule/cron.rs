//! When a schedule starts next, as far as its expression tells.
//!
//! EventBridge Scheduler has six fields, `cron(minutes hours day-of-month month day-of-week year)`, with Sunday as day 1
//! (<https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>). Understood are numbers, names, lists, ranges,
//! steps, `*` and `?`. Nothing is told of `L`, `W`, `#` and of years, nor of `rate(…)`, whose beginning EventBridge Scheduler keeps to
//! itself: no time is better than a wrong one.

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan as _};

/// 29 February is at most eight years away.
const DAYS_MAX: usize = 8 * 366;
const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// The numbers that a field allows, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Field(u64);

impl Field {
    /// * `names`: of the numbers from `low` on.
    fn parse(text: &str, low: u32, high: u32, names: &[&str]) -> Option<Self> {
        let mut bits = 0;
        for part in text.split(',') {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => (range, Some(step.parse().ok().filter(|step| *step > 0)?)),
                None => (part, None),
            };
            let number = |word: &str| -> Option<u32> {
                let named = names.iter().position(|name| name.eq_ignore_ascii_case(word));
                let number = match named {
                    Some(position) => low.checked_add(u32::try_from(position).ok()?)?,
                    None => word.parse().ok()?,
                };
                (low..=high).contains(&number).then_some(number)
            };
            let (first, last) = match range.split_once('-') {
                _ if range == "*" || range == "?" => (low, high),
                Some((first, last)) => (number(first)?, number(last)?),
                None if step.is_some() => (number(range)?, high),
                None => (number(range)?, number(range)?),
            };
            if first > last {
                return None;
            }
            (first..=last).step_by(step.unwrap_or(1)).for_each(|number| bits |= 1_u64 << number);
        }
        Some(Self(bits))
    }

    fn has(self, number: i8) -> bool {
        u32::try_from(number).is_ok_and(|number| self.0 >> number & 1 == 1)
    }
}

/// A `cron(…)` of the understood kind.
#[derive(Debug, Clone, Copy)]
struct Cron {
    minutes: Field,
    hours: Field,
    days: Field,
    months: Field,
    weekdays: Field,
}

impl Cron {
    fn parse(expression: &str) -> Option<Self> {
        let fields = expression.trim().strip_prefix("cron(")?.strip_suffix(')')?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays, "*"] = fields.as_slice() else { return None };
        Some(Self {
            minutes: Field::parse(minutes, 0, 59, &[])?,
            hours: Field::parse(hours, 0, 23, &[])?,
            days: Field::parse(days, 1, 31, &[])?,
            months: Field::parse(months, 1, 12, &MONTHS)?,
            weekdays: Field::parse(weekdays, 1, 7, &WEEKDAYS)?,
        })
    }

    fn has(self, date: Date) -> bool {
        self.months.has(date.month())
            && self.days.has(date.day())
            && self.weekdays.has(date.weekday().to_sunday_one_offset())
    }

    fn times(self, date: Date) -> impl Iterator<Item = DateTime> {
        let hours = (0..24).filter(move |hour| self.hours.has(*hour));
        hours.flat_map(move |hour| {
            let minutes = (0..60).filter(move |minute| self.minutes.has(*minute));
            minutes.map(move |minute| date.at(hour, minute, 0, 0))
        })
    }
}

/// The next start after `now`; `None` where the expression does not tell. A time that the clocks skip in spring is left out, and one that
/// they repeat in autumn counts once, as EventBridge Scheduler has it.
pub(super) fn next(expression: &str, timezone: &str, now: Timestamp) -> Option<Timestamp> {
    let cron = Cron::parse(expression)?;
    let zone = TimeZone::get(timezone).ok()?;
    let mut date = zone.to_datetime(now).date();
    for _day in 0..DAYS_MAX {
        if cron.has(date) {
            let starts = cron.times(date).filter_map(|time| start(&zone, time));
            if let Some(start) = starts.filter(|start| *start > now).min() {
                return Some(start);
            }
        }
        date = date.checked_add(1.day()).ok()?;
    }
    None
}

/// `None` for a time that does not exist on that day.
fn start(zone: &TimeZone, time: DateTime) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(time);
    match ambiguous.offset() {
        AmbiguousOffset::Gap { .. } => None,
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => {
            ambiguous.earlier().ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// A Saturday.
    const NOW: &str = "2026-11-21T07:08:09Z";

    #[rstest]
    #[case::daily("cron(0 2 * * ? *)", "UTC", NOW, Some("2026-11-22T02:00:00Z"))]
    #[case::later_today("cron(30 8 * * ? *)", "UTC", NOW, Some("2026-11-21T08:30:00Z"))]
    #[case::a_zone("cron(0 2 * * ? *)", "America/New_York", NOW, Some("2026-11-22T07:00:00Z"))]
    #[case::steps("cron(0/15 * * * ? *)", "UTC", NOW, Some("2026-11-21T07:15:00Z"))]
    #[case::weekdays("cron(0 2 ? * MON-FRI *)", "UTC", NOW, Some("2026-11-23T02:00:00Z"))]
    #[case::sunday_is_one("cron(0 2 ? * 1 *)", "UTC", NOW, Some("2026-11-22T02:00:00Z"))]
    #[case::lists("cron(5,50 6,7 21 NOV ? *)", "UTC", NOW, Some("2026-11-21T07:50:00Z"))]
    #[case::a_leap_day("cron(0 0 29 2 ? *)", "UTC", NOW, Some("2028-02-29T00:00:00Z"))]
    #[case::skipped_in_spring(
        "cron(30 2 * * ? *)",
        "Europe/Berlin",
        "2026-03-28T12:00:00Z",
        Some("2026-03-30T00:30:00Z")
    )]
    #[case::once_in_autumn(
        "cron(30 2 * * ? *)",
        "Europe/Berlin",
        "2026-10-25T00:30:00Z",
        Some("2026-10-26T01:30:00Z")
    )]
    #[case::a_day_that_never_comes("cron(0 0 31 2 ? *)", "UTC", NOW, None)]
    #[case::the_last_day("cron(0 2 L * ? *)", "UTC", NOW, None)]
    #[case::the_second_monday("cron(0 2 ? * 2#2 *)", "UTC", NOW, None)]
    #[case::a_year("cron(0 2 * * ? 2027)", "UTC", NOW, None)]
    #[case::a_rate("rate(1 hour)", "UTC", NOW, None)]
    #[case::too_large("cron(60 2 * * ? *)", "UTC", NOW, None)]
    #[case::no_step("cron(0/0 2 * * ? *)", "UTC", NOW, None)]
    #[case::no_zone("cron(0 2 * * ? *)", "Nowhere/Here", NOW, None)]
    fn the_next_start_is_told_where_the_expression_tells(
        #[case] expression: &str,
        #[case] timezone: &str,
        #[case] now: &str,
        #[case] expected: Option<&str>,
    ) {
        let told = next(expression, timezone, now.parse().unwrap()).map(|time| time.to_string());
        assert_eq!(told.as_deref(), expected);
    }
}
