//! `docs/cost.md` has the figures of the model, and no others: its tables are made here and looked for in the page.

use drayage_domain::estimate::item::Service;
use drayage_domain::estimate::prices::{self, Basis, Quote};
use drayage_domain::estimate::usage::Usage;
use drayage_domain::estimate::work::{self, BackupWork, SwitchWork, TransferWork};

use super::read;

const DOCUMENT: &str = "docs/cost.md";
const MILLION: f64 = 1e6;

/// A million files or objects in every mode.
fn modes() -> Vec<(&'static str, Usage)> {
    let full = BackupWork::full(MILLION, 100.0);
    let none = BackupWork { copied_by_s3: 0.0, ..full };
    let large = BackupWork { batches: MILLION / 1_000.0, ..full };
    let places = TransferWork {
        source: MILLION,
        destination: 0.0,
        copied_by_s3: MILLION,
        streamed: 0.0,
        batches: MILLION / 1_000.0,
        shards: 8.0,
    };
    let equal = TransferWork { destination: MILLION, ..places };
    let lines =
        SwitchWork { records: MILLION, batches: MILLION / 1_000.0, lanes: MILLION / 1_000.0 };
    vec![
        ("backup, sources in S3", work::backup(&full)),
        ("the same, batches of 1,000", work::backup(&large)),
        (
            "backup, sources in S3 with keys (streamed)",
            work::backup(&BackupWork { streamed_from_s3: MILLION, ..none }),
        ),
        (
            "backup, sources by HTTP (streamed)",
            work::backup(&BackupWork { fetched_by_http: MILLION, ..none }),
        ),
        (
            "full backup again, nothing has changed",
            work::backup(&BackupWork { unchanged: MILLION, ..none }),
        ),
        (
            "incremental backup, nothing has changed",
            work::backup(&BackupWork { batches: 0.0, incremental: true, ..none }),
        ),
        ("reconcile: ledger and bucket", work::reconcile_ledger(MILLION)),
        ("reconcile: two buckets", work::reconcile_buckets(&equal)),
        ("migrate, its backup included", work::migrate(MILLION, &lines)),
        ("transfer, S3 copies by itself", work::transfer(&places)),
        (
            "transfer, streamed",
            work::transfer(&TransferWork { copied_by_s3: 0.0, streamed: MILLION, ..places }),
        ),
    ]
}

/// Services of a column of their own; the others are added up.
const COLUMNS: [Service; 5] =
    [Service::S3, Service::DynamoDb, Service::StepFunctions, Service::Sqs, Service::Lambda];

fn table_of_modes() -> String {
    let quote = Quote::of("us-east-1");
    let mut rows = vec!["| one million files | S3 | DynamoDB | Step Functions | SQS | Lambda, requests | others | all USD |\n|---|---|---|---|---|---|---|---|\n".to_owned()];
    for (name, usage) in modes() {
        let bill = usage.bill(&quote);
        let of = |service| {
            bill.services.iter().find(|cost| cost.service == service).map_or(0.0, |cost| cost.usd)
        };
        let columns: Vec<String> =
            COLUMNS.into_iter().map(|service| format!("{:.2}", of(service))).collect();
        let others = bill.usd - COLUMNS.into_iter().map(of).sum::<f64>();
        rows.push(format!(
            "| {name} | {} | {others:.2} | {:.2} |\n",
            columns.join(" | "),
            bill.usd
        ));
    }
    rows.concat()
}

fn table_of_regions() -> String {
    let mut rows = vec!["| Region | S3, 1,000 writes / reads | DynamoDB, million writes / reads | 1,000 transitions | S3, GB a month | backup of a million files | prices |\n|---|---|---|---|---|---|---|\n".to_owned()];
    for region in prices::regions() {
        let prices::Region { name, prices, basis } = region;
        let usd = work::backup(&BackupWork::full(MILLION, 100.0)).usd(prices);
        let told = match basis {
            Basis::PriceList => "its own".to_owned(),
            Basis::Partly(what) => format!("us-east-1's for {what}"),
        };
        rows.push(format!(
            "| {name} | {:.4} / {:.5} | {:.4} / {:.4} | {:.4} | {:.4} | {usd:.2} | {told} |\n",
            prices.s3_write * 1e3,
            prices.s3_read * 1e3,
            prices.ledger_write * 1e6,
            prices.ledger_read * 1e6,
            prices.transition * 1e3,
            prices.s3_gb_month
        ));
    }
    rows.concat()
}

#[test]
fn the_tables_are_those_of_the_model() {
    let text = read(DOCUMENT);
    for table in [table_of_modes(), table_of_regions()] {
        assert!(text.contains(&table), "{DOCUMENT} has to have this:\n{table}");
    }
    assert!(text.contains(prices::TAKEN), "{DOCUMENT} does not tell the day of the prices");
}

#[test]
fn a_backup_is_within_reach_of_what_others_charge() {
    let usd = work::backup(&BackupWork::full(MILLION, 100.0)).usd(&Quote::of("us-east-1").prices);
    let text = read(DOCUMENT);
    // As the page tells them: DataSync, and the copies alone.
    assert!((5.0..21.76).contains(&usd) && text.contains("21.76"), "{usd}");
}
