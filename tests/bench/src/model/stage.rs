//! A step of a job: how long each of its limits makes it last, and what it costs.

use std::collections::BTreeMap;

use drayage_domain::estimate::item::{Item, Service};
use drayage_domain::estimate::prices::{Prices, Quote};
use drayage_domain::estimate::usage::Usage;
use serde::Serialize;

/// Services that are told; what others cost is not a cent.
pub(super) const SERVICES: [Service; 6] = [
    Service::S3,
    Service::Lambda,
    Service::StepFunctions,
    Service::Sqs,
    Service::DynamoDb,
    Service::Logs,
];

/// Prices of the model.
pub(super) fn prices() -> Prices {
    Quote::of("us-east-1").prices
}

/// One step. It lasts as long as the tightest of its limits demands.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Stage {
    pub(super) name: &'static str,
    /// Seconds that each limit alone would demand.
    pub(super) limits: BTreeMap<&'static str, f64>,
    pub(super) usd: BTreeMap<Service, f64>,
}

/// How a step's Lambda functions are sized.
#[derive(Debug, Clone, Copy)]
pub(super) struct Functions {
    pub(super) mb: f64,
    /// Invocations at a time.
    pub(super) at_once: f64,
    /// Longest invocation.
    pub(super) seconds_max: f64,
    /// Invocations that the work needs whatever it lasts; 0 if only time counts.
    pub(super) least: f64,
}

impl Stage {
    pub(super) fn new<const N: usize>(
        name: &'static str,
        limits: [(&'static str, f64); N],
    ) -> Self {
        Self { name, limits: BTreeMap::from(limits), usd: BTreeMap::new() }
    }

    /// What it asks the services for.
    pub(super) fn uses(mut self, usage: &Usage) -> Self {
        let prices = prices();
        for line in usage.lines() {
            *self.usd.entry(line.service).or_default() += line.units * prices.of(line.item);
        }
        self
    }

    /// Lambda, with every invocation paid from the beginning to the end of the step, also while it waits.
    pub(super) fn runs_on(self, functions: Functions) -> Self {
        let gb_seconds = self.seconds() * functions.at_once * functions.mb / 1024.0;
        // Of a batch, the invocation is part of what it uses.
        let more = if functions.least > 0.0 { 0.0 } else { self.invocations(functions) };
        let usage = Usage::new()
            .charged(Service::Lambda, "time", 0.0, Item::GbSecond, gb_seconds)
            .each(Service::Lambda, "invocations", Item::Invocation, more);
        self.uses(&usage)
    }

    pub(super) fn invocations(&self, functions: Functions) -> f64 {
        let in_turn = (self.seconds() / functions.seconds_max).ceil().max(1.0);
        (in_turn * functions.at_once).max(functions.least)
    }

    pub(super) fn seconds(&self) -> f64 {
        self.limits.values().fold(0.0, |most, seconds| most.max(*seconds))
    }

    pub(super) fn bottleneck(&self) -> &'static str {
        let tightest = self.limits.iter().max_by(|one, other| one.1.total_cmp(other.1));
        tightest.map_or("", |(name, _)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_lasts_as_long_as_its_tightest_limit_and_every_function_is_paid_for_that_long() {
        let stage = Stage::new("s", [("a", 10.0), ("b", 1_000.0), ("c", 0.0)]);
        let functions = Functions { mb: 512.0, at_once: 4.0, seconds_max: 900.0, least: 0.0 };
        assert_eq!((stage.seconds(), stage.bottleneck()), (1_000.0, "b"));
        let least = [0.0, 50.0].map(|least| stage.invocations(Functions { least, ..functions }));
        assert_eq!(least.map(|invocations| invocations.to_string()), ["8", "50"]);
        let usd = stage.runs_on(functions).usd[&Service::Lambda];
        assert!((usd - (2_000.0 * 13.333_4e-6 + 8.0 * 0.2e-6)).abs() < 1e-12, "{usd}");
    }
}
