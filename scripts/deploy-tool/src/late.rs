//! What no pattern of a template can refuse, and AWS only when half of the stack is there.

use std::collections::BTreeMap;

use jiff::tz::{TimeZone, db};

use crate::problems::Problem;

/// The longest name that a function may have (<https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>).
const FUNCTION_NAME_MAX: usize = 64;
/// What the longest name of a function has after the stack's.
const LONGEST_SUFFIX: usize = "-reconcile-report".len();
const TIMEZONE: &str = "ScheduleTimezone";
const KEY: &str = "KmsKeyArn";

/// Everything that would be refused late.
pub(crate) fn check(
    stack_name: &str,
    region: &str,
    values: &BTreeMap<String, String>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let longest = FUNCTION_NAME_MAX - LONGEST_SUFFIX;
    if stack_name.len() > longest {
        problems.push(Problem::new(
            format!("the stack's name {stack_name} has {} characters", stack_name.len()),
            format!("at most {longest}: functions carry it in their names, of which Lambda takes {FUNCTION_NAME_MAX}"),
        ));
    }
    let zone = values.get(TIMEZONE).filter(|zone| !zone.is_empty());
    // A machine without a database of time zones knows none.
    if let Some(zone) = zone.filter(|_| !db().is_definitively_empty())
        && TimeZone::get(zone).is_err()
    {
        problems.push(Problem::new(
            format!("parameter {TIMEZONE}: {zone:?} is no time zone"),
            "a name of the IANA database, such as Europe/Berlin",
        ));
    }
    let key = values.get(KEY).and_then(|arn| arn.split(':').nth(3));
    if let Some(place) = key.filter(|place| !region.is_empty() && *place != region) {
        problems.push(Problem::new(
            format!("parameter {KEY}: the key is in {place}, the stack in {region}"),
            "a key of the stack's Region",
        ));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(stack_name: &str, values: &[(&str, &str)]) -> Vec<String> {
        let values =
            values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let problems = check(stack_name, "eu-central-1", &values);
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_aws_would_refuse_late_is_told_by_name() {
        let key = "arn:aws:kms:us-east-1:000000000000:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f";
        let told =
            told(&"s".repeat(48), &[("ScheduleTimezone", "Mars/Olympus"), ("KmsKeyArn", key)]);
        assert_eq!(told.len(), 3, "{told:?}");
        for (told, part) in
            told.iter().zip(["at most 47", "\"Mars/Olympus\" is no time zone", "in us-east-1"])
        {
            assert!(told.contains(part), "{told}");
        }
    }

    #[test]
    fn what_fits_passes() {
        let key = "arn:aws:kms:eu-central-1:000000000000:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f";
        for values in
            [[("ScheduleTimezone", "UTC"), ("KmsKeyArn", key)], [("KmsKeyArn", ""), ("A", "")]]
        {
            assert_eq!(told(&"s".repeat(47), &values), [""; 0]);
        }
        assert_eq!(told("drayage", &[("ScheduleTimezone", "America/New_York")]), [""; 0]);
    }
}
