//! What the template lets run at a time, and whether it fits together.

use super::{Reader, Settings, variables};
use crate::capacity::Concurrency;
use crate::capacity::combination::{self, Combination};
use crate::problem::Problem;

/// The bounds that Lambda sets to the maximum concurrency of a queue's mapping
/// (<https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>).
const COPY_MAXIMUM_CONCURRENCY: (u64, u64) = (2, 1_000);
/// The most children that a distributed map has at a time
/// (<https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>).
const COPY_MAP_CONCURRENCY: (u64, u64) = (2, 10_000);
/// Reservations beyond this need a quota that no account has by itself.
const RESERVED_MAX: u64 = 10_000;

impl<L: Fn(&str) -> Option<String>> Reader<'_, L> {
    pub(super) fn concurrency(&mut self) -> Concurrency {
        Concurrency {
            copy: self.number(variables::COPY_MAXIMUM_CONCURRENCY, 20, COPY_MAXIMUM_CONCURRENCY),
            copy_map: self.number(variables::COPY_MAP_CONCURRENCY, 1_000, COPY_MAP_CONCURRENCY),
            copy_reserved: self.number(variables::COPY_RESERVED_CONCURRENCY, 0, (0, RESERVED_MAX)),
            reconcile: self.number(variables::RECONCILE_CONCURRENCY, 32, (1, 1_000)),
            switch: self.number(variables::SWITCH_CONCURRENCY, 5, (1, 40)),
            switch_reserved: self.number(
                variables::SWITCH_RESERVED_CONCURRENCY,
                0,
                (0, RESERVED_MAX),
            ),
        }
    }
}

impl Settings {
    /// Values that each may be had, and not together.
    pub(super) fn contradictions(&self) -> Vec<Problem> {
        let values = Combination {
            copy: self.concurrency.copy,
            copy_map: self.concurrency.copy_map,
            copy_reserved: self.concurrency.copy_reserved,
            copy_timeout: self.copy_timeout_seconds,
            copy_visibility: self.copy_visibility_seconds,
            switch: self.concurrency.switch,
            switch_reserved: self.concurrency.switch_reserved,
        };
        combination::contradictions(combination::VARIABLES, values)
    }
}
