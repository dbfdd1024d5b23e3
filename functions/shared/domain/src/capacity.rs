//! How much of the account's concurrency a stack takes, and whether the account has it.
//!
//! docs/capacity.md justifies the defaults by the same figures.

use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use crate::settings::{Settings, variables};

/// Invocations at a time that Lambda leaves to functions without a reservation
/// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html>).
pub const UNRESERVED_LEAST: u64 = 100;
/// What Lambda gives an account that asks for no more, in every Region
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>). New accounts have 10.
pub const LAMBDA_DEFAULT: u64 = 1_000;
/// Of the dead-letter function, by its event source mapping in the template.
pub const DEAD_LETTER_CONCURRENCY: u64 = 5;
/// The one function that an execution waits for: preflight, enumerate, finalize and the like, of a run and of one beside it.
pub const STEPS_AT_A_TIME: u64 = 2;
/// Write units a second that a new table on demand takes at once
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html>).
pub const TABLE_WRITES_PER_SECOND: u64 = 4_000;
/// Write units of a file in the table: its claim and its row. The row's entry in the index counts for the index.
pub const WRITE_UNITS_PER_FILE: u64 = 2;
/// Long requests, above 20 seconds, that Salesforce serves at a time for all integrations of an org together
/// (<https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_api.htm>).
pub const SALESFORCE_LONG_REQUESTS: u64 = 25;

/// What the template lets run at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concurrency {
    /// Copy invocations, by the event source mapping.
    pub copy: u64,
    /// Reserved for the copy function; 0 for no reservation.
    pub copy_reserved: u64,
    /// Comparisons of shards.
    pub reconcile: u64,
    /// Lanes that are written into Salesforce.
    pub switch: u64,
    /// Reserved for the function that writes them; 0 for no reservation.
    pub switch_reserved: u64,
}

/// What the account has, by `lambda:GetAccountSettings`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LambdaQuota {
    /// Invocations at a time, of all functions of the Region.
    pub concurrent: u64,
    /// Of them, those that no function has reserved.
    pub unreserved: u64,
}

/// What a table may take a second at most, by `dynamodb:DescribeLimits`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableQuota {
    /// Write units of one table.
    pub table_writes: u64,
}

/// Whether the account bears what is planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It does; a sentence without a full stop.
    Fits(String),
    /// It does, slower than planned, or it may disturb others; a sentence with its hint.
    Slow(String),
    /// A run cannot work.
    Refused(Problem),
}

/// Settings that contradict each other: what each of them may be by itself has been looked at before.
pub fn contradictions(settings: &Settings) -> Vec<Problem> {
    let Concurrency { copy, copy_reserved, switch, switch_reserved, .. } = settings.concurrency;
    let mut problems = Vec::new();
    for (name, reserved, at_a_time, other) in [
        (
            variables::COPY_RESERVED_CONCURRENCY,
            copy_reserved,
            copy,
            variables::COPY_MAXIMUM_CONCURRENCY,
        ),
        (
            variables::SWITCH_RESERVED_CONCURRENCY,
            switch_reserved,
            switch,
            variables::SWITCH_CONCURRENCY,
        ),
    ] {
        if reserved > 0 && reserved < at_a_time {
            problems.push(Problem::new(
                name,
                format!("{reserved} is below {other}, {at_a_time}: invocations above it would be throttled, and messages lose deliveries"),
                format!("reserve at least {at_a_time}, or 0 for no reservation"),
            ));
        }
    }
    let (visibility, timeout) = (settings.copy_visibility_seconds, settings.copy_timeout_seconds);
    if visibility < timeout {
        problems.push(Problem::new(
            variables::COPY_VISIBILITY_SECONDS,
            format!("{visibility} is below {}, {timeout}: a message would be delivered again while its invocation still works", variables::COPY_TIMEOUT_SECONDS),
            format!("at least {timeout}"),
        ));
    }
    problems
}

/// Whether the account has room for what the stack lets run at a time.
pub fn lambda(settings: &Settings, quota: LambdaQuota) -> Finding {
    let planned = settings.concurrency;
    let LambdaQuota { concurrent, unreserved } = quota;
    // Copying, comparing and writing follow each other in a run; a comparison may be started beside any of them.
    let without_reservation =
        |at_a_time: u64, reserved: u64| if reserved > 0 { 0 } else { at_a_time };
    let busiest = without_reservation(planned.copy, planned.copy_reserved)
        .max(without_reservation(planned.switch, planned.switch_reserved));
    let needed = busiest + planned.reconcile + DEAD_LETTER_CONCURRENCY + STEPS_AT_A_TIME;
    let raise =
        "or let AWS raise the quota Concurrent executions of Lambda (Service Quotas, L-B99A9384)";
    let copies = if planned.copy_reserved > 0 { concurrent } else { unreserved };
    if planned.copy > copies {
        return Finding::Refused(Problem::new(
            variables::COPY_MAXIMUM_CONCURRENCY,
            format!(
                "{} copy invocations at a time do not fit into the account's {copies} of Lambda: throttled messages lose deliveries, and batches would end in the dead-letter queue",
                planned.copy
            ),
            if copies >= 2 {
                format!("deploy with CopyMaximumConcurrency of at most {copies}, {raise}")
            } else {
                "let AWS raise the quota Concurrent executions of Lambda (Service Quotas, L-B99A9384): copying needs 2 at least".to_owned()
            },
        ));
    }
    if needed > unreserved {
        return Finding::Slow(format!(
            "up to {needed} invocations at a time are planned and the account has {unreserved} unreserved: steps and comparisons may be throttled and are tried again; hint: lower ReconcileConcurrency or CopyMaximumConcurrency, {raise}"
        ));
    }
    Finding::Fits(format!(
        "up to {needed} invocations at a time, of {unreserved} that the account has unreserved"
    ))
}

/// Whether the ledger's table may be written as fast as copying would.
///
/// * `per_second`: files that are copied a second.
pub fn tables(per_second: u64, quota: TableQuota) -> Finding {
    let needed = per_second.saturating_mul(WRITE_UNITS_PER_FILE);
    let TableQuota { table_writes } = quota;
    if needed > table_writes {
        return Finding::Slow(format!(
            "copying at full speed writes about {needed} units a second, and a table may take {table_writes}: writes are throttled and tried again; hint: let AWS raise the quota of table-level write throughput, or lower CopyMaximumConcurrency"
        ));
    }
    if needed > TABLE_WRITES_PER_SECOND {
        return Finding::Slow(format!(
            "copying at full speed writes about {needed} units a second, and a new table takes {TABLE_WRITES_PER_SECOND} at once; hint: warm the table up with WarmWriteUnits, or let a first run be slower"
        ));
    }
    Finding::Fits(format!(
        "about {needed} write units a second, of {table_writes} that a table may take"
    ))
}

/// Whether lanes leave room in Salesforce for others.
pub fn salesforce(lanes: u64) -> Finding {
    if lanes >= SALESFORCE_LONG_REQUESTS {
        return Finding::Slow(format!(
            "SwitchConcurrency is {lanes}, and Salesforce serves {SALESFORCE_LONG_REQUESTS} long requests at a time for all integrations of the org; hint: leave some to others"
        ));
    }
    Finding::Fits(format!(
        "{lanes} lanes, of {SALESFORCE_LONG_REQUESTS} long requests at a time that Salesforce serves"
    ))
}

/// Files a second that copying reaches at most, if each takes a sixth of a second: HEAD, copy and two writes.
pub fn files_per_second(concurrency: Concurrency, files_at_a_time: usize) -> u64 {
    concurrency.copy.saturating_mul(files_at_a_time as u64).saturating_mul(6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::{complete, read};

    fn with(values: &[(&'static str, &'static str)]) -> Settings {
        let mut all = complete();
        all.extend(values.iter().copied());
        read(&all).unwrap()
    }

    const ORDINARY: LambdaQuota = LambdaQuota { concurrent: 1_000, unreserved: 1_000 };
    const NEW: LambdaQuota = LambdaQuota { concurrent: 10, unreserved: 10 };

    #[test]
    fn the_defaults_fit_into_an_ordinary_account_and_not_into_a_new_one() {
        let settings = with(&[]);
        assert!(matches!(lambda(&settings, ORDINARY), Finding::Fits(_)));
        let Finding::Refused(problem) = lambda(&settings, NEW) else {
            panic!("it would be throttled")
        };
        assert_eq!(problem.place, variables::COPY_MAXIMUM_CONCURRENCY);
        assert!(
            problem.message.contains("20 copy invocations") && problem.hint.contains("at most 10"),
            "{problem}"
        );
        let few = with(&[(variables::COPY_MAXIMUM_CONCURRENCY, "5")]);
        assert!(matches!(lambda(&few, NEW), Finding::Slow(_)), "comparisons are tried again");
    }

    #[test]
    fn a_reservation_counts_as_the_functions_own() {
        let settings = with(&[
            (variables::COPY_MAXIMUM_CONCURRENCY, "500"),
            (variables::COPY_RESERVED_CONCURRENCY, "500"),
        ]);
        let others_have_the_rest = LambdaQuota { concurrent: 1_000, unreserved: 100 };
        assert!(matches!(lambda(&settings, others_have_the_rest), Finding::Fits(_)));
        let none = with(&[(variables::COPY_MAXIMUM_CONCURRENCY, "500")]);
        assert!(matches!(lambda(&none, others_have_the_rest), Finding::Refused(_)));
    }

    #[test]
    fn settings_that_contradict_each_other_are_told_by_name_all_at_once() {
        let mut all = complete();
        all.extend([
            (variables::COPY_RESERVED_CONCURRENCY, "19"),
            (variables::SWITCH_RESERVED_CONCURRENCY, "4"),
            (variables::COPY_VISIBILITY_SECONDS, "899"),
        ]);
        let problems = read(&all).unwrap_err();
        let places: Vec<&str> = problems.iter().map(|problem| problem.place.as_str()).collect();
        assert_eq!(
            places,
            [
                variables::COPY_RESERVED_CONCURRENCY,
                variables::SWITCH_RESERVED_CONCURRENCY,
                variables::COPY_VISIBILITY_SECONDS,
            ]
        );
        assert!(problems.iter().all(|problem| !problem.hint.is_empty()));
    }

    #[test]
    fn a_table_is_asked_for_what_copying_writes() {
        let slow = tables(3_000, TableQuota { table_writes: 40_000 });
        assert!(matches!(slow, Finding::Slow(told) if told.contains("WarmWriteUnits")));
        let fits = tables(1_920, TableQuota { table_writes: 40_000 });
        assert!(matches!(fits, Finding::Fits(_)));
        assert!(
            matches!(tables(30_000, TableQuota { table_writes: 40_000 }), Finding::Slow(told) if told.contains("quota"))
        );
    }

    #[test]
    fn salesforce_keeps_room_for_others() {
        assert!(matches!(salesforce(5), Finding::Fits(_)));
        assert!(matches!(salesforce(25), Finding::Slow(_)));
    }
}
