//! What was counted next to what the model says, and whether they agree.

use std::collections::{BTreeMap, BTreeSet};

use drayage_domain::estimate::item::Service;
use drayage_domain::estimate::prices::Prices;
use drayage_domain::estimate::usage::{Line, Usage};

/// Cost per million files, in all, and of each service that matters: so far may the model be off.
const COST_OFF: f64 = 0.05;
/// A service that is less than this share of the cost is only part of the whole.
const SHARE_LEAST: f64 = 0.02;
/// Requests of one operation per file: so far may the model be off. Less than one request more in a batch of 100 files.
const REQUESTS_OFF: f64 = 0.008;
/// Each copy process reads the run once. How many there are depends on time: one to five, in either size.
const PROCESSES_OFF: (&str, f64) = ("GetItem", 4.0);
/// What runs take whatever their size may differ by so many requests of an operation.
const FIXED_OFF: f64 = 4.0;
/// Of what polls or is written per process, the number depends on time.
const POLLED_OFF: f64 = 25.0;
const POLLED: [&str; 3] = ["GetItem", "DescribeExecution", "transitions"];

/// A run of one size.
#[derive(Debug, Clone)]
pub(crate) struct Size {
    pub(crate) files: f64,
    pub(crate) usage: Usage,
}

/// Two sizes: what is added by a file, and what a run takes whatever its size.
#[derive(Debug, Clone)]
pub(crate) struct Sizes {
    pub(crate) few: Size,
    pub(crate) many: Size,
}

#[derive(Debug, Clone, Copy, Default)]
struct Part {
    requests: f64,
    usd: f64,
}

/// Service and operation, with the part that a million files add and the part that is fixed.
type Parts = BTreeMap<(Service, &'static str), [Part; 2]>;

impl Sizes {
    fn parts(&self, prices: &Prices) -> Parts {
        let [few, many] = [&self.few, &self.many].map(|size| by_operation(&size.usage, prices));
        let operations: BTreeSet<_> = few.keys().chain(many.keys()).copied().collect();
        let more = self.many.files - self.few.files;
        let parts = operations.into_iter().map(|operation| {
            let [few, many] =
                [&few, &many].map(|all| all.get(&operation).copied().unwrap_or_default());
            let each = |few: f64, many: f64| (many - few) / more;
            let (requests, usd) = (each(few.requests, many.requests), each(few.usd, many.usd));
            let fixed = Part {
                requests: few.requests - requests * self.few.files,
                usd: few.usd - usd * self.few.files,
            };
            (operation, [Part { requests, usd }, fixed])
        });
        parts.collect()
    }
}

/// What both sides can tell: what services ask each other for inside the emulator is nobody's count, and its seconds are not AWS's.
fn by_operation(usage: &Usage, prices: &Prices) -> BTreeMap<(Service, &'static str), Part> {
    let mut all: BTreeMap<_, Part> = BTreeMap::new();
    let countable =
        |line: &Line| !line.operation.ends_with("by the map") && line.operation != "time";
    for line in usage.lines().into_iter().filter(countable) {
        let part = all.entry((line.service, line.operation)).or_default();
        part.requests += line.requests;
        part.usd += line.units * prices.of(line.item);
    }
    all
}

/// What does not agree, as sentences; and the table of both.
pub(crate) fn compare(counted: &Sizes, model: &Sizes, prices: &Prices) -> (Vec<String>, String) {
    let processes = PROCESSES_OFF.1 / (counted.many.files - counted.few.files);
    let (counted, model) = (counted.parts(prices), model.parts(prices));
    let operations: BTreeSet<_> = counted.keys().chain(model.keys()).copied().collect();
    let mut problems = Vec::new();
    let mut table = vec![
        "service, operation: per file counted, modelled; fixed counted, modelled; USD per million counted, modelled"
            .to_owned(),
    ];
    let mut services: BTreeMap<Service, [f64; 2]> = BTreeMap::new();
    for operation in operations {
        let (service, name) = operation;
        let [[each, fixed], [model_each, model_fixed]] =
            [&counted, &model].map(|all| all.get(&operation).copied().unwrap_or_default());
        let millions = [&each, &model_each].map(|part| part.usd * 1e6);
        table.push(format!(
            "{} {name}: {:.4}, {:.4}; {:.1}, {:.1}; {:.4}, {:.4}",
            service.name(),
            each.requests,
            model_each.requests,
            fixed.requests,
            model_fixed.requests,
            millions[0],
            millions[1]
        ));
        let off = REQUESTS_OFF + if name == PROCESSES_OFF.0 { processes } else { 0.0 };
        if (each.requests - model_each.requests).abs() > off {
            problems.push(format!(
                "{} {name}: {:.4} requests per file, and the model says {:.4}",
                service.name(),
                each.requests,
                model_each.requests
            ));
        }
        let off = if POLLED.contains(&name) { POLLED_OFF } else { FIXED_OFF };
        if (fixed.requests - model_fixed.requests).abs() > off {
            problems.push(format!(
                "{} {name}: {:.1} requests whatever the size, and the model says {:.1}",
                service.name(),
                fixed.requests,
                model_fixed.requests
            ));
        }
        let sums = services.entry(service).or_default();
        sums[0] += millions[0] + fixed.usd;
        sums[1] += millions[1] + model_fixed.usd;
    }
    let [all, model_all] =
        [0, 1].map(|side: usize| services.values().map(|usd| usd[side]).sum::<f64>());
    let named = services.iter().map(|(service, usd)| (service.name(), usd[0], usd[1]));
    for (name, usd, model) in named.chain([("all services", all, model_all)]) {
        table.push(format!("{name}: {usd:.4} USD per million files, modelled {model:.4}"));
        if usd.max(model) > all * SHARE_LEAST && (usd - model).abs() > usd * COST_OFF {
            problems.push(format!(
                "{name}: {usd:.4} USD per million files, and the model says {model:.4}"
            ));
        }
    }
    (problems, table.join("\n"))
}

#[cfg(test)]
mod tests {
    use drayage_domain::estimate::item::Item;
    use drayage_domain::estimate::prices::Quote;
    use drayage_domain::estimate::work::{self, BackupWork};

    use super::*;

    fn sizes(change: impl Fn(f64, Usage) -> Usage) -> Sizes {
        let size = |files| Size {
            files,
            usage: change(files, work::backup(&BackupWork::full(files, 100.0))),
        };
        Sizes { few: size(200.0), many: size(800.0) }
    }

    fn found(change: impl Fn(f64, Usage) -> Usage) -> Vec<String> {
        compare(&sizes(change), &sizes(|_, usage| usage), &Quote::of("us-east-1").prices).0
    }

    #[test]
    fn the_model_agrees_with_itself() {
        assert_eq!(found(|_, usage| usage), Vec::<String>::new());
    }

    #[test]
    fn a_request_more_per_file_is_found_however_cheap() {
        for (operation, item) in [("HeadObject", Item::S3Read), ("DeleteObject", Item::Free)] {
            let told = found(|files, usage| usage.each(Service::S3, operation, item, files));
            assert!(told[0].contains(operation), "{told:?}");
        }
        let told = found(|files, usage| {
            usage.charged(Service::DynamoDb, "GetItem", files, Item::LedgerRead, files)
        });
        assert!(told[0].contains("GetItem"), "{told:?}");
    }

    #[test]
    fn a_row_that_grows_by_a_unit_is_found_by_its_cost() {
        let told = found(|files, usage| {
            usage.charged(Service::DynamoDb, "PutItem", 0.0, Item::LedgerWrite, files)
        });
        assert!(told[0].contains("DynamoDB"), "{told:?}");
    }

    #[test]
    fn what_a_run_takes_whatever_its_size_is_told_apart() {
        let told = found(|_, usage| usage.each(Service::S3, "HeadObject", Item::S3Read, 40.0));
        assert!(told[0].contains("whatever the size"), "{told:?}");
    }
}
