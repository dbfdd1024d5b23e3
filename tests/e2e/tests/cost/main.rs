//! What runs cost: their real requests, counted between the functions and the emulator, against the model that `dray analyze` and
//! docs/cost.md tell costs by.
//!
//! Counted is what is charged by the piece. The seconds of an invocation are not AWS's on the emulator, and what services ask each other
//! for inside of it is nobody's count: both are left out on both sides.

#![expect(
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and tells what it has measured"
)]

mod compared;
mod counted;

use anyhow::Result;
use compared::{Size, Sizes, compare};
use counted::Site;
use drayage_domain::estimate::prices::Quote;
use drayage_domain::estimate::usage::Usage;
use drayage_domain::estimate::work::{self, BackupWork, SwitchWork};
use serde_json::json;

/// Full batches, so that what a batch adds is spread over as many files as in a large run.
const FILES: [usize; 2] = [100, 500];
const BATCH: f64 = 100.0;
/// Copy invocations at a time, as the local stack has it.
const WORKERS: f64 = 5.0;

/// What was counted, and what the model says.
type Both = [Usage; 2];

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_and_a_migration_cost_what_the_model_says() -> Result<()> {
    let [few, many] = FILES;
    let (few, many) = tokio::try_join!(Box::pin(used(few)), Box::pin(used(many)))?;
    for ((name, few), (_, many)) in few.into_iter().zip(many) {
        let side = |index: usize| Sizes {
            few: Size { files: files(FILES[0]), usage: few[index].clone() },
            many: Size { files: files(FILES[1]), usage: many[index].clone() },
        };
        let (problems, table) = compare(&side(0), &side(1), &Quote::of("us-east-1").prices);
        println!("== {name}\n{table}");
        assert!(problems.is_empty(), "{name}: {problems:#?}");
    }
    Ok(())
}

/// A backup, the same again, and a migration of so many files.
async fn used(number: usize) -> Result<[(&'static str, Both); 3]> {
    let site = Site::start(number).await?;
    let (all, http) = (files(number), site.http_files()?);
    let full = BackupWork {
        copied_by_s3: all - http,
        fetched_by_http: http,
        workers: WORKERS,
        ..BackupWork::full(all, BATCH)
    };
    // Only sources in S3 are looked at by requests to AWS.
    let again = BackupWork {
        copied_by_s3: 0.0,
        fetched_by_http: 0.0,
        unchanged: all - http,
        unchanged_http: http,
        ..full
    };
    let lines = SwitchWork { records: all, batches: 1.0, lanes: 1.0 };
    let backup = site.used("StateMachineArn", &json!({})).await?;
    let second = site.used("StateMachineArn", &json!({})).await?;
    let migrate = site.used("MigrateStateMachineArn", &json!({"execute": true})).await?;
    Ok([
        ("backup", [backup, work::backup(&full)]),
        ("backup of what is unchanged", [second, work::backup(&again)]),
        ("migrate", [migrate, work::migrate(all, &lines)]),
    ])
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred")]
const fn files(number: usize) -> f64 {
    number as f64
}
