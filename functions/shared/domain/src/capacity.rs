//! How much of the account's concurrency a stack takes, and whether the account has it.
//!
//! docs/capacity.md justifies the defaults by the same figures.

pub mod combination;
mod planned;

use serde::{Deserialize, Serialize};

pub use planned::Planned;

use crate::problem::Problem;
use crate::settings::Settings;

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

/// What helps where a planned concurrency is above the account's.
const RAISE: &str =
    "let AWS raise the quota Concurrent executions of Lambda (Service Quotas, L-B99A9384)";

/// What the template lets run at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concurrency {
    /// Copy invocations, by the event source mapping.
    pub copy: u64,
    /// Batches of a run that are queued.
    pub copy_map: u64,
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

/// What the table of files may take a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableQuota {
    /// Write units of one table at most, by `dynamodb:DescribeLimits`.
    pub table_writes: u64,
    /// What it takes at once, as it is.
    pub warm: WarmWrites,
}

/// Write units a second that are taken at once, by `dynamodb:DescribeTable`; `None` where that does not tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WarmWrites {
    /// By the table.
    pub table: Option<u64>,
    /// By its index by account.
    pub index: Option<u64>,
}

/// Whether the account bears what is planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It does; a sentence without a full stop.
    Fits(String),
    /// It does, slower than planned, or it may disturb others; a sentence with its hint.
    Slow(String),
    /// A run cannot work, for at least one reason.
    Refused(Vec<Problem>),
}

/// Whether the account has room for what a run needs, and for all that the stack lets run at a time.
pub fn lambda(settings: &Settings, planned: Planned, quota: LambdaQuota) -> Finding {
    let problems = planned.problems(settings.concurrency, quota);
    if !problems.is_empty() {
        return Finding::Refused(problems);
    }
    let Concurrency { copy, copy_reserved, reconcile, switch, switch_reserved, .. } =
        settings.concurrency;
    let unreserved = quota.unreserved;
    // Copying, comparing and writing follow each other in a run; a comparison may be started beside any of them.
    let without_reservation =
        |at_a_time: u64, reserved: u64| if reserved > 0 { 0 } else { at_a_time };
    let busiest =
        without_reservation(copy, copy_reserved).max(without_reservation(switch, switch_reserved));
    let needed = busiest + reconcile + DEAD_LETTER_CONCURRENCY + STEPS_AT_A_TIME;
    if needed > unreserved {
        return Finding::Slow(format!(
            "up to {needed} invocations at a time are planned and the account has {unreserved} unreserved: steps and comparisons may be throttled and are tried again; hint: lower ReconcileConcurrency or CopyMaximumConcurrency, or {RAISE}"
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
    let TableQuota { table_writes, warm } = quota;
    if needed > table_writes {
        return Finding::Slow(format!(
            "copying at full speed writes about {needed} units a second, and a table may take {table_writes}: writes are throttled and tried again; hint: let AWS raise the quota of table-level write throughput, or lower CopyMaximumConcurrency"
        ));
    }
    let table = warm.table.unwrap_or(TABLE_WRITES_PER_SECOND);
    let index = warm.index.unwrap_or(TABLE_WRITES_PER_SECOND);
    // The row of a file has one entry in the index.
    for (name, needed, takes, told) in [
        ("the table of files", needed, table, warm.table),
        ("its index by account", per_second, index, warm.index),
    ] {
        if needed > takes {
            let name = if told.is_some() { name } else { "a new table" };
            return Finding::Slow(format!(
                "copying at full speed writes about {needed} units a second, and {name} takes {takes} at once; hint: warm the table up with WarmWriteUnits, or let a first run be slower"
            ));
        }
    }
    Finding::Fits(format!(
        "about {needed} write units a second; the table takes {table} at once, and {table_writes} at most"
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
    use crate::settings::variables;

    fn with(values: &[(&'static str, &'static str)]) -> Settings {
        let mut all = complete();
        all.extend(values.iter().copied());
        read(&all).unwrap()
    }

    fn backup(settings: &Settings, quota: LambdaQuota) -> Finding {
        lambda(settings, Planned::backup(settings.concurrency), quota)
    }

    const ORDINARY: LambdaQuota = LambdaQuota { concurrent: 1_000, unreserved: 1_000 };
    const NEW: LambdaQuota = LambdaQuota { concurrent: 10, unreserved: 10 };

    #[test]
    fn the_defaults_fit_into_an_ordinary_account_and_not_into_a_new_one() {
        let settings = with(&[]);
        assert!(matches!(backup(&settings, ORDINARY), Finding::Fits(_)));
        let Finding::Refused(problems) = backup(&settings, NEW) else {
            panic!("it would be throttled")
        };
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].place, variables::COPY_MAXIMUM_CONCURRENCY);
        assert!(
            problems[0].message.contains("20 copy invocations")
                && problems[0].hint.contains("at most 10"),
            "{problems:?}"
        );
        let few = with(&[(variables::COPY_MAXIMUM_CONCURRENCY, "5")]);
        assert!(matches!(backup(&few, NEW), Finding::Slow(_)), "comparisons are tried again");
    }

    #[test]
    fn a_reservation_counts_as_the_functions_own() {
        let settings = with(&[
            (variables::COPY_MAXIMUM_CONCURRENCY, "500"),
            (variables::COPY_RESERVED_CONCURRENCY, "500"),
        ]);
        let others_have_the_rest = LambdaQuota { concurrent: 1_000, unreserved: 100 };
        assert!(matches!(backup(&settings, others_have_the_rest), Finding::Fits(_)));
        let none = with(&[(variables::COPY_MAXIMUM_CONCURRENCY, "500")]);
        assert!(matches!(backup(&none, others_have_the_rest), Finding::Refused(_)));
    }

    const COLD: WarmWrites = WarmWrites { table: None, index: None };

    fn of(per_second: u64, warm: WarmWrites) -> Finding {
        tables(per_second, TableQuota { table_writes: 40_000, warm })
    }

    #[test]
    fn a_table_is_asked_for_what_copying_writes() {
        let slow = of(3_000, COLD);
        assert!(matches!(slow, Finding::Slow(told) if told.contains("a new table takes 4000")));
        assert!(matches!(of(1_920, COLD), Finding::Fits(_)));
        assert!(matches!(of(30_000, COLD), Finding::Slow(told) if told.contains("quota")));
    }

    #[test]
    fn a_table_that_is_warm_takes_what_it_says_and_so_does_its_index() {
        let warm = WarmWrites { table: Some(12_000), index: Some(12_000) };
        assert!(matches!(of(5_000, warm), Finding::Fits(told) if told.contains("takes 12000")));
        assert!(
            matches!(of(6_001, warm), Finding::Slow(told) if told.contains("the table of files takes 12000"))
        );
        let cold_index = WarmWrites { table: Some(12_000), index: Some(4_000) };
        assert!(
            matches!(of(5_000, cold_index), Finding::Slow(told) if told.contains("its index by account takes 4000"))
        );
    }

    #[test]
    fn salesforce_keeps_room_for_others() {
        assert!(matches!(salesforce(5), Finding::Fits(_)));
        assert!(matches!(salesforce(25), Finding::Slow(_)));
    }
}
