//! The product's comparison in a process of its own: what `reconcile-plan` and the shards of `reconcile` do, without their
//! documents.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use drayage_aws::clients::Clients;
use drayage_aws::inventory::{
    Comparison, ComparisonOptions, CutSide, End, Finding, Findings, ListingInventory, Party,
    S3Place, cut,
};
use drayage_aws::objects::StorageError;
use drayage_domain::reconcile::filter::Filter;
use drayage_domain::reconcile::input::ReconcileInput;
use drayage_domain::reconcile::judge::Witness;
use drayage_domain::reconcile::ranges::KeyRange;
use drayage_domain::reconcile::{Level, Tally};
use futures::stream::{self, StreamExt};
use tokio::time::Instant;

use crate::copy::config;

/// Nothing that is measured takes longer.
const DEADLINE: Duration = Duration::from_mins(30);
/// These three are those of the function.
const CASES_MAX: usize = 64;
const GROUP_SEGMENTS: usize = 1;
const PART_BYTES: usize = 1024 * 1024;

#[derive(Debug, Args)]
pub(crate) struct CompareBucketsArguments {
    /// Address of an S3 that has both buckets.
    #[arg(long)]
    endpoint: String,
    #[arg(long, default_value = "src")]
    source_bucket: String,
    #[arg(long, default_value = "dst")]
    destination_bucket: String,
    /// Shards at the same time.
    #[arg(long)]
    at_once: usize,
    /// Directory for the findings, one file per shard.
    #[arg(long)]
    findings: PathBuf,
}

/// Compares two buckets. The function has a process for each shard.
pub(crate) async fn compare_buckets(arguments: &CompareBucketsArguments) -> Result<Tally> {
    let client = Clients::from_config(config(&arguments.endpoint).await).s3();
    let place = |bucket: &str| S3Place {
        client: client.clone(),
        bucket: bucket.to_owned(),
        prefix: String::new(),
    };
    let (source, destination) =
        (place(&arguments.source_bucket), place(&arguments.destination_bucket));
    let shards = usize::try_from(ReconcileInput::default().shards())?;
    let side = |place: &S3Place| CutSide { place: place.clone(), listed: true };
    let cut = cut(&side(&source), &side(&destination), shards).await?;
    ensure!(cut.unreadable.is_empty(), "a part cannot be listed: {:?}", cut.unreadable);
    let mut tallies = stream::iter(cut.pieces.into_iter().enumerate())
        .map(|(number, piece)| {
            let range = piece.range;
            let file = arguments.findings.join(format!("{number}.ndjson"));
            tokio::spawn(shard(source.clone(), destination.clone(), range, file))
        })
        .buffer_unordered(arguments.at_once.max(1));
    let mut whole = Tally::default();
    while let Some(tally) = tallies.next().await {
        whole.add(&tally??);
    }
    Ok(whole)
}

async fn shard(
    source: S3Place,
    destination: S3Place,
    range: KeyRange,
    file: PathBuf,
) -> Result<Tally> {
    let options = ComparisonOptions {
        level: Level::Etag,
        filter: Filter::default(),
        cases_max: CASES_MAX,
        group_segments: GROUP_SEGMENTS,
        after: range.after.clone(),
        recheck: ReconcileInput::default().rechecks(1),
    };
    let mut findings = FindingsFile::create(&file)?;
    let (source, destination) = (party(source, range.clone()), party(destination, range));
    let mut comparison = Comparison::new(source, destination, options);
    let compared = comparison.run(Instant::now() + DEADLINE, &mut findings).await;
    ensure!(matches!(compared.end, End::Finished), "ended with {:?}", compared.end);
    findings.close().with_context(|| format!("writing {}", file.display()))?;
    Ok(compared.tally)
}

fn party(place: S3Place, range: KeyRange) -> Party {
    Party {
        inventory: Box::new(ListingInventory::new(place.clone(), range)),
        witness: Witness::Bucket,
        place: Some(place),
        lookup: None,
    }
}

/// Keeps as much in memory as the function does.
struct FindingsFile {
    file: BufWriter<File>,
    failed: Option<io::Error>,
}

impl FindingsFile {
    fn create(path: &Path) -> Result<Self> {
        let file = File::create(path).with_context(|| format!("creating {}", path.display()))?;
        Ok(Self { file: BufWriter::with_capacity(PART_BYTES, file), failed: None })
    }

    fn write(&mut self, finding: &Finding) -> io::Result<()> {
        let Some(difference) = finding.difference() else { return Ok(()) };
        serde_json::to_writer(&mut self.file, &difference)?;
        self.file.write_all(b"\n")
    }

    fn close(mut self) -> io::Result<()> {
        self.failed.map_or_else(|| self.file.flush(), Err)
    }
}

#[async_trait::async_trait]
impl Findings for FindingsFile {
    async fn take(&mut self, finding: &Finding) -> Result<(), StorageError> {
        if let Err(error) = self.write(finding) {
            self.failed = Some(error);
        }
        Ok(())
    }
}
