//! Whole backups of growing size on the local stack: does anything grow with the number of files that must not?
//!
//! Every size has an emulator, simulators and a deployed stack of its own. The requests of the functions pass a relay that
//! counts them; memory and processor time of every process come from `/proc`.

pub(crate) mod processes;
mod report;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use drayage_local::progress::{self, note};
use drayage_local::relay::{self, Tally};
use drayage_local::{CheckReport, LocalStack, local_stack};
use drayage_sim::dataset::Place;
use serde::Serialize;
use serde_json::json;
use tokio::time::Instant;

use self::processes::{Used, Watch};
pub(crate) use self::report::Report;

/// A backup that takes longer hangs.
pub(crate) const BACKUP_LIMIT: Duration = Duration::from_hours(2);

#[derive(Debug, Args)]
pub(crate) struct BackupArguments {
    /// Numbers of files, separated by commas; one backup after the other, the smallest first.
    #[arg(long, value_delimiter = ',', default_value = "5000,20000")]
    files: Vec<usize>,
    /// At most so many files of each backup, evenly spread, are compared with their sources byte for byte.
    #[arg(long, default_value_t = 20_000)]
    compare: usize,
    /// Seed of the data.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// JSON instead of tables.
    #[arg(long)]
    pub(crate) json: bool,
}

/// A backup of one size.
#[derive(Debug, Serialize)]
pub(crate) struct Size {
    files: u64,
    wall_seconds: f64,
    /// Records that were read, and those with an outcome: the same number, or there is no figure at all.
    enumerated: u64,
    accounted: u64,
    outcomes: BTreeMap<String, u64>,
    bytes_copied: u64,
    batches: u32,
    processes: BTreeMap<String, Used>,
    requests: Vec<Requests>,
    check: CheckReport,
}

/// Requests of the functions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Requests {
    service: String,
    operation: String,
    /// Which bucket, for S3.
    place: String,
    count: u64,
}

/// Runs all sizes. The first that fails or does not add up is the last, and stands among the problems.
pub(crate) async fn backup(arguments: &BackupArguments) -> Result<Report> {
    let mut files = arguments.files.clone();
    files.sort_unstable();
    files.dedup();
    ensure!(files.first().is_some_and(|least| *least > 0), "hint: --files 5000,20000");
    let (mut sizes, mut failure) = (Vec::new(), None);
    for files in files {
        match Box::pin(run(arguments, files)).await {
            Ok(size) => {
                note(&format!(
                    "{files} files in {:.1} s; {} of {} accounted for; {} compared, all equal",
                    size.wall_seconds, size.accounted, size.enumerated, size.check.equal
                ));
                sizes.push(size);
            }
            Err(error) => {
                failure = Some(format!("the backup of {files} files: {error:#}"));
                break;
            }
        }
    }
    Ok(Report::new(sizes, failure))
}

async fn run(arguments: &BackupArguments, files: usize) -> Result<Size> {
    let bound = relay::bind().await?;
    let endpoint = bound.endpoint.clone();
    note(&format!("{files} files: starting the stack and uploading the sources"));
    let stack = LocalStack::builder()
        .small_files()
        .files(files)
        .seed(arguments.seed)
        .functions_endpoint(&endpoint)
        .start()
        .await?;
    let counter = bound.relay_to(stack.emulator().endpoint())?;
    let watch = Watch::start(&endpoint)?;
    let started = Instant::now();
    let execution = stack.start_backup(&json!({})).await?;
    let ended = progress::follow(&stack, &execution, BACKUP_LIMIT).await?;
    let wall_seconds = started.elapsed().as_secs_f64();
    let processes = watch.finish()?;
    let requests = requests(&stack, counter.take())?;
    let summary = local_stack::summary(ended).with_context(|| stack.emulator().log_tail(20))?;
    stack.assert_accounted(&summary)?;
    note(&format!("{wall_seconds:.1} s; checking the destination"));
    let check = stack.check_sample(arguments.compare).await?;
    ensure!(check.passed(), "the check found {} problems: {check:?}", check.problem_count);
    Ok(Size {
        files: files as u64,
        wall_seconds,
        enumerated: summary.enumerated,
        accounted: summary.accounted,
        outcomes: summary.counts.outcomes,
        bytes_copied: summary.counts.bytes_copied,
        batches: summary.batches,
        processes,
        requests,
        check,
    })
}

/// Requests to AWS, as the relay has counted them, and to the simulators, as they have.
fn requests(stack: &LocalStack, tally: Tally) -> Result<Vec<Requests>> {
    if tally.unreadable > 0 {
        bail!(
            "the relay could not follow {} connections: the counts are not exact",
            tally.unreadable
        );
    }
    let simulated = stack.simulated()?;
    let mut places = BTreeMap::from([(simulated.dataset.options.source_bucket.as_str(), "source")]);
    places.insert(stack.stack().output("DestinationBucket")?, "destination");
    places.insert(stack.stack().output("StateBucket")?, "state");
    let mut all: Vec<Requests> = tally
        .operations
        .into_iter()
        .map(|(operation, count)| {
            let bucket = operation.bucket.as_deref().unwrap_or_default();
            Requests {
                service: operation.service,
                operation: operation.name,
                place: places.get(bucket).copied().unwrap_or(bucket).to_owned(),
                count,
            }
        })
        .collect();
    let (mut get, mut head) = (0, 0);
    for place in simulated.dataset.files.keys() {
        if let Place::Http(path) = place {
            let asked = simulated.files.requests(path);
            get += asked.get;
            head += asked.head;
        }
    }
    let simulators = simulated
        .salesforce
        .requests()
        .into_iter()
        .map(|(endpoint, count)| ("Salesforce", format!("{endpoint:?}"), count))
        .chain([("Source over HTTP", "GET".to_owned(), get)])
        .chain([("Source over HTTP", "HEAD".to_owned(), head)]);
    for (service, operation, count) in simulators.filter(|(_, _, count)| *count > 0) {
        let (service, place) = (service.to_owned(), String::new());
        all.push(Requests { service, operation, place, count });
    }
    Ok(all)
}
