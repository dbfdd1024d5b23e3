//! What a run uses, operation by operation, and what that costs.

use serde::{Deserialize, Serialize};

use super::item::{Item, Service};
use super::prices::{Prices, Quote, TAKEN};

/// One operation of one service.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// The service.
    pub service: Service,
    /// The operation as the API reference names it, or what else is charged.
    pub operation: &'static str,
    /// How often it is asked for.
    pub requests: f64,
    /// What it is charged by.
    pub item: Item,
    /// How many of that.
    pub units: f64,
    /// Who does it.
    pub by: By,
}

/// Who does something that is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The functions, with requests of their own.
    Functions,
    /// A service on our behalf: pollers of a queue, readers and writers of a map.
    Service,
}

/// What a run uses. Lines with the same operation may stand several times.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Usage {
    lines: Vec<Line>,
}

impl Usage {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Requests of which each is charged as one unit.
    #[must_use]
    pub fn each(self, service: Service, operation: &'static str, item: Item, count: f64) -> Self {
        self.charged(service, operation, count, item, count)
    }

    /// Requests that are charged by something else.
    #[must_use]
    #[expect(clippy::too_many_arguments, reason = "a line of a table, column by column")]
    pub fn charged(
        mut self,
        service: Service,
        operation: &'static str,
        requests: f64,
        item: Item,
        units: f64,
    ) -> Self {
        self.lines.push(Line { service, operation, requests, item, units, by: By::Functions });
        self
    }

    /// What a service does on our behalf.
    #[must_use]
    pub fn besides(
        mut self,
        service: Service,
        operation: &'static str,
        item: Item,
        count: f64,
    ) -> Self {
        let (requests, units, by) = (count, count, By::Service);
        self.lines.push(Line { service, operation, requests, item, units, by });
        self
    }

    /// Both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.lines.extend(other.lines);
        self
    }

    /// So many times as much of everything.
    #[must_use]
    pub fn times(mut self, factor: f64) -> Self {
        for line in &mut self.lines {
            line.requests *= factor;
            line.units *= factor;
        }
        self
    }

    /// The lines, those of the same operation and item added up, in the order of services and operations.
    pub fn lines(&self) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        for line in self.lines.iter().filter(|line| line.requests > 0.0 || line.units > 0.0) {
            let same = lines.iter_mut().find(|seen| {
                (seen.service, seen.operation, seen.item, seen.by)
                    == (line.service, line.operation, line.item, line.by)
            });
            match same {
                Some(seen) => {
                    seen.requests += line.requests;
                    seen.units += line.units;
                }
                None => lines.push(*line),
            }
        }
        lines.sort_by_key(|line| (line.service, line.operation, line.item));
        lines
    }

    /// Units of an item.
    pub fn units(&self, item: Item) -> f64 {
        self.lines.iter().filter(|line| line.item == item).map(|line| line.units).sum()
    }

    /// What it costs, in USD.
    pub fn usd(&self, prices: &Prices) -> f64 {
        self.lines.iter().map(|line| line.units * prices.of(line.item)).sum()
    }

    /// What it costs, line by line.
    pub fn bill(&self, quote: &Quote) -> Bill {
        let lines: Vec<BillLine> = self
            .lines()
            .into_iter()
            .map(|line| BillLine {
                service: line.service,
                operation: line.operation.to_owned(),
                requests: rounded(line.requests),
                quantity: line.units,
                unit: line.item.unit().to_owned(),
                usd: line.units * quote.prices.of(line.item),
            })
            .collect();
        let services = Service::ALL.into_iter().filter_map(|service| {
            let of_service = || lines.iter().filter(|line| line.service == service);
            of_service().next()?;
            Some(ServiceCost { service, usd: of_service().map(|line| line.usd).sum() })
        });
        Bill {
            usd: lines.iter().map(|line| line.usd).sum(),
            region: quote.asked.clone(),
            prices_of: quote.region.to_owned(),
            prices_taken: TAKEN.to_owned(),
            reservation: quote.reservation.clone(),
            services: services.collect(),
            lines,
        }
    }
}

/// What a run costs once. What an analysis of version 0.1.0 does not tell is empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Bill {
    /// Everything together, in USD.
    pub usd: f64,
    /// The stack's Region.
    pub region: String,
    /// The Region whose prices were taken.
    pub prices_of: String,
    /// The day of the prices.
    pub prices_taken: String,
    /// Which prices are not simply the Region's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation: Option<String>,
    /// By service.
    pub services: Vec<ServiceCost>,
    /// By operation.
    pub lines: Vec<BillLine>,
}

/// What a service costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceCost {
    /// The service.
    pub service: Service,
    /// In USD.
    pub usd: f64,
}

/// What an operation costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BillLine {
    /// The service.
    pub service: Service,
    /// The operation as the API reference names it, or what else is charged.
    pub operation: String,
    /// How often it is asked for; rounded.
    pub requests: u64,
    /// How many units are charged.
    pub quantity: f64,
    /// What one of them is, such as `requests` or `write units`.
    pub unit: String,
    /// In USD.
    pub usd: f64,
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts, never negative and far below 2^63"
)]
const fn rounded(count: f64) -> u64 {
    count.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_one_operation_are_one_line_of_the_bill() {
        let usage = Usage::new()
            .each(Service::S3, "PutObject", Item::S3Write, 3.0)
            .and(Usage::new().each(Service::S3, "PutObject", Item::S3Write, 2.0))
            .charged(Service::DynamoDb, "PutItem", 2.0, Item::LedgerWrite, 5.0)
            .each(Service::Sns, "Publish", Item::Notification, 0.0);
        let bill = usage.times(1e6).bill(&Quote::of("us-east-1"));
        let told: Vec<_> =
            bill.lines.iter().map(|line| (line.operation.as_str(), line.requests)).collect();
        assert_eq!(told, [("PutObject", 5_000_000), ("PutItem", 2_000_000)]);
        assert!((bill.usd - (5.0 * 5.0 + 5.0 * 0.625)).abs() < 1e-9, "{}", bill.usd);
        assert_eq!(bill.services.len(), 2);
        assert_eq!((bill.prices_of.as_str(), bill.reservation), ("us-east-1", None));
    }
}
