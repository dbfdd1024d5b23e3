//! What AWS charges: the one table of prices, by Region. Everything that tells a cost takes it from here.
//!
//! On-demand list prices in US dollars, without free tiers and without discounts for volume; [`TAKEN`] is the day. Those of
//! [`Basis::PriceList`] are the AWS Price List's (`https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/<offer>/current/<region>/index.json`;
//! offers `AmazonS3`, `AmazonDynamoDB`, `AWSQueueService`, `AmazonStates`, `AWSLambda`, `AmazonCloudWatch`, published between 2025-08 and 2026-08).
//! A Region of [`Basis::Partly`] has its own prices of S3 (<https://aws.amazon.com/s3/pricing/>) and Step Functions
//! (<https://aws.amazon.com/step-functions/pricing/>); for what is not established, that of us-east-1 stands in, and is named wherever a cost
//! is told.

use super::item::Item;

/// When the prices were taken.
pub const TAKEN: &str = "2026-08-31";

/// How much more a second of Lambda costs on x86-64; told wherever seconds on arm64 are priced
/// (<https://aws.amazon.com/lambda/pricing/>).
const DEARER_ON_X86: &str = "a quarter more";

/// Prices of one unit each, in USD.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prices {
    /// A PUT, COPY, POST or LIST request to S3 Standard.
    pub s3_write: f64,
    /// A GET or HEAD request, or any other that is charged, to S3 Standard.
    pub s3_read: f64,
    /// A gigabyte (2^30 bytes) in S3 Standard for a month, of the first 50 TB.
    pub s3_gb_month: f64,
    /// A `DynamoDB` write request unit: 1 KB, on demand.
    pub ledger_write: f64,
    /// A `DynamoDB` read request unit: 4 KB, consistent, on demand.
    pub ledger_read: f64,
    /// A gigabyte of a table for a month.
    pub ledger_gb_month: f64,
    /// A state transition of a standard workflow.
    pub transition: f64,
    /// An SQS request of up to 64 KB to a standard queue.
    pub queue_request: f64,
    /// A Lambda invocation.
    pub invocation: f64,
    /// A second of a gigabyte of Lambda memory on arm64, the template's default, whatever the stack runs on: on x86-64 it is
    /// [`DEARER_ON_X86`].
    pub arm_gb_second: f64,
    /// A gigabyte that is written into `CloudWatch` Logs, standard class.
    pub log_gb: f64,
    /// A custom metric for a month, of the first 10,000.
    pub metric_month: f64,
    /// An alarm of standard resolution for a month.
    pub alarm_month: f64,
    /// A request to Secrets Manager.
    pub secret_request: f64,
    /// A secret for a month.
    pub secret_month: f64,
    /// A request to KMS with a symmetric key.
    pub kms_request: f64,
    /// A key of your own for a month.
    pub kms_key_month: f64,
    /// A message that is published to SNS.
    pub notification: f64,
    /// A gigabyte from S3 to another AWS Region; what the source's owner pays.
    pub gb_to_region: f64,
    /// A gigabyte from S3 to the internet, of the first 10 TB; what the source's owner pays.
    pub gb_to_internet: f64,
}

/// How far a Region's prices are established.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// All are the AWS Price List's.
    PriceList,
    /// Those that are named are of us-east-1, the others the Region's own.
    Partly(&'static str),
}

/// A Region of the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    /// As AWS names it, such as `eu-west-1`.
    pub name: &'static str,
    /// Its prices.
    pub prices: Prices,
    /// How far they are established.
    pub basis: Basis,
}

/// The Region whose prices stand in for those that are not established.
const US_EAST_1: Prices = Prices {
    s3_write: 5.0e-6,
    s3_read: 0.4e-6,
    s3_gb_month: 0.023,
    ledger_write: 0.625e-6,
    ledger_read: 0.125e-6,
    ledger_gb_month: 0.25,
    transition: 25.0e-6,
    queue_request: 0.4e-6,
    invocation: 0.2e-6,
    arm_gb_second: 13.333_4e-6,
    log_gb: 0.50,
    metric_month: 0.30,
    alarm_month: 0.10,
    secret_request: 5.0e-6,
    secret_month: 0.40,
    kms_request: 3.0e-6,
    kms_key_month: 1.0,
    notification: 0.5e-6,
    gb_to_region: 0.02,
    gb_to_internet: 0.09,
};

const EU_WEST_1: Prices = Prices {
    ledger_write: 0.705e-6,
    ledger_read: 0.1415e-6,
    ledger_gb_month: 0.283,
    log_gb: 0.57,
    ..US_EAST_1
};

const EU_CENTRAL_1: Prices = Prices {
    s3_write: 5.4e-6,
    s3_read: 0.43e-6,
    s3_gb_month: 0.0245,
    ledger_write: 0.7625e-6,
    ledger_read: 0.1525e-6,
    ledger_gb_month: 0.306,
    log_gb: 0.63,
    ..US_EAST_1
};

const LEDGER_AND_LOGS: Basis = Basis::Partly("DynamoDB, SQS, Lambda, CloudWatch and SNS");
const LOGS: Basis = Basis::Partly("SQS, Lambda, CloudWatch and SNS");

/// The table. S3 is per 1,000 writes and reads and per gigabyte and month, transitions are per 1,000.
static REGIONS: [Region; 16] = [
    Region { name: "us-east-1", prices: US_EAST_1, basis: Basis::PriceList },
    Region { name: "eu-west-1", prices: EU_WEST_1, basis: Basis::PriceList },
    Region { name: "eu-central-1", prices: EU_CENTRAL_1, basis: Basis::PriceList },
    partly("us-east-2", (0.005, 0.000_4, 0.023), 0.025),
    partly("us-west-2", (0.005, 0.000_4, 0.023), 0.025),
    partly("us-west-1", (0.005_5, 0.000_44, 0.026), 0.027_9),
    partly("ca-central-1", (0.005_5, 0.000_44, 0.025), 0.025),
    london(),
    partly("eu-west-3", (0.005_3, 0.000_42, 0.024), 0.029_7),
    partly("eu-north-1", (0.005, 0.000_4, 0.023), 0.025),
    partly("ap-southeast-1", (0.005, 0.000_4, 0.025), 0.025),
    partly("ap-southeast-2", (0.005_5, 0.000_44, 0.025), 0.025),
    partly("ap-northeast-1", (0.004_7, 0.000_37, 0.025), 0.025),
    partly("ap-northeast-2", (0.004_5, 0.000_35, 0.025), 0.027_1),
    partly("ap-south-1", (0.005, 0.000_4, 0.025), 0.028_5),
    partly("sa-east-1", (0.007, 0.000_56, 0.040_5), 0.037_5),
];

const fn partly(
    name: &'static str,
    (writes, reads, s3_gb_month): (f64, f64, f64),
    transitions: f64,
) -> Region {
    let prices = Prices {
        s3_write: writes / 1e3,
        s3_read: reads / 1e3,
        s3_gb_month,
        transition: transitions / 1e3,
        ..US_EAST_1
    };
    Region { name, prices, basis: LEDGER_AND_LOGS }
}

const fn london() -> Region {
    let region = partly("eu-west-2", (0.005_3, 0.000_42, 0.024), 0.025);
    let prices = Prices { ledger_write: 0.7423e-6, ledger_read: 0.1487e-6, ..region.prices };
    Region { name: region.name, prices, basis: LOGS }
}

/// Regions that stand in for those that the table does not have, by the beginning of their names; the last for all others.
const STAND_INS: [(&str, &str); 4] =
    [("eu-", "eu-central-1"), ("sa-", "sa-east-1"), ("ap-", "ap-southeast-2"), ("", "us-east-1")];

/// All Regions of the table.
pub fn regions() -> &'static [Region] {
    &REGIONS
}

/// Prices for a Region, and what has to be told with them.
#[derive(Debug, Clone, PartialEq)]
pub struct Quote {
    /// The Region that was asked for; empty if none was named.
    pub asked: String,
    /// The Region whose prices these are.
    pub region: &'static str,
    /// The prices.
    pub prices: Prices,
    /// Where the prices are not simply the asked Region's: a sentence without a full stop.
    pub reservation: Option<String>,
}

impl Eq for Quote {}

impl Quote {
    /// For a Region by its name. One that the table does not have is priced as the nearest that it has.
    pub fn of(asked: &str) -> Self {
        let named = |name: &str| REGIONS.iter().find(|region| region.name == name);
        let found = named(asked);
        let stand_in = STAND_INS.iter().find(|(start, _)| asked.starts_with(start));
        let region = found.or_else(|| named(stand_in?.1)).unwrap_or(&REGIONS[0]);
        let inherited = match region.basis {
            Basis::PriceList => None,
            Basis::Partly(what) => Some(format!("{what}: the prices of us-east-1 stand in")),
        };
        let reservation = match (found, inherited) {
            (Some(_), inherited) => inherited,
            (None, inherited) => {
                let asked = if asked.is_empty() { "no Region" } else { asked };
                let told = format!(
                    "the table has no prices of {asked}; those of {} are taken",
                    region.name
                );
                Some([Some(told), inherited].into_iter().flatten().collect::<Vec<_>>().join("; "))
            }
        };
        Self { asked: asked.to_owned(), region: region.name, prices: region.prices, reservation }
    }

    /// What the prices are, a sentence without a full stop.
    pub fn described(&self) -> String {
        let told = self.reservation.as_ref().map_or(String::new(), |told| format!(" ({told})"));
        format!(
            "list prices of {} as of {TAKEN}, without free tiers{told}; seconds of Lambda at the price of arm64 ({DEARER_ON_X86} on x86-64)",
            self.region
        )
    }
}

impl Prices {
    /// Of one unit of an item.
    pub const fn of(&self, item: Item) -> f64 {
        match item {
            Item::S3Write => self.s3_write,
            Item::S3Read => self.s3_read,
            Item::Free => 0.0,
            Item::LedgerWrite => self.ledger_write,
            Item::LedgerRead => self.ledger_read,
            Item::Transition => self.transition,
            Item::QueueRequest => self.queue_request,
            Item::Invocation => self.invocation,
            Item::GbSecond => self.arm_gb_second,
            Item::SecretRequest => self.secret_request,
            Item::Notification => self.notification,
            Item::LogGb => self.log_gb,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_region_is_there_once_and_every_price_is_one() {
        let names: BTreeSet<&str> = regions().iter().map(|region| region.name).collect();
        assert_eq!(names.len(), regions().len());
        for Region { name, prices, .. } in regions() {
            // Within a factor of two of us-east-1, whose prices are the oldest and lowest: a slip of a digit is not.
            for item in Item::ALL.into_iter().filter(|item| *item != Item::Free) {
                let factor = prices.of(item) / US_EAST_1.of(item);
                assert!((0.8..2.0).contains(&factor), "{name} {item:?} {factor}");
            }
        }
    }

    #[test]
    fn a_region_that_is_not_in_the_table_is_priced_as_its_neighbour_and_that_is_told() {
        assert_eq!(Quote::of("eu-west-1").reservation, None);
        let spain = Quote::of("eu-south-2");
        assert_eq!(spain.region, "eu-central-1");
        assert!(spain.described().contains("no prices of eu-south-2"), "{}", spain.described());
        let jakarta = Quote::of("ap-southeast-3");
        assert_eq!(jakarta.region, "ap-southeast-2");
        assert!(jakarta.described().contains("DynamoDB"), "{}", jakarta.described());
        assert_eq!(
            (Quote::of("me-south-1").region, Quote::of("").region),
            ("us-east-1", "us-east-1")
        );
        assert!(spain.described().contains("the price of arm64 (a quarter more on x86-64)"));
        assert!(Quote::of("ca-central-1").described().contains("us-east-1 stand in"));
    }
}
