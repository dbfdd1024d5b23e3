//! The demo of a backup: a whole one on this machine, shown while it runs and checked when it has ended.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::json;
use tokio::time::Instant;

use crate::local_stack::{External, LocalStack, summary};
use crate::overview::{self, Overview};
use crate::progress::{self, note};
use crate::stack::StackParameters;
use crate::{check, commands, report};

/// A demo of a million files would need this machine's memory for the emulator's buckets.
pub const FILES_MAX: usize = 50_000;
const BACKUP_LIMIT: Duration = Duration::from_hours(1);
/// Small enough to see the bar move, large enough not to drown in messages.
const BATCH_SIZE_MIN: usize = 10;
const BATCH_SIZE_MAX: usize = 100;
const BATCHES_AIMED_AT: usize = 25;

/// What the demo is asked to do.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// Number of document entries.
    pub files: usize,
    /// Seed of the data set.
    pub seed: u64,
    /// Leaves everything running until the program is interrupted.
    pub keep: bool,
    /// Prints JSON instead of the overview.
    pub json: bool,
    /// A file with the secret of another Salesforce API.
    pub salesforce_secret: Option<PathBuf>,
    /// The allow-list of source hosts that goes with it.
    pub source_hosts: Option<String>,
}

/// Runs the demo. Returns whether everything is as it has to be.
pub async fn run(options: &DemoOptions) -> Result<bool> {
    note("starting the emulator, deploying the stack and filling the source ...");
    let begun = Instant::now();
    let stack = start(options).await?;
    let filled = stack.simulated().map_or_else(
        |_| String::new(),
        |simulated| {
            format!(
                ", {} records and {} files in the external bucket",
                simulated.dataset.entries.len(),
                simulated.uploaded.objects
            )
        },
    );
    note(&format!("ready after {:.1} s{filled}", begun.elapsed().as_secs_f64()));
    let begun = Instant::now();
    let execution = stack.start_backup(&json!({})).await?;
    let ended = progress::follow(&stack, &execution, BACKUP_LIMIT).await?;
    let duration_seconds = begun.elapsed().as_secs_f64();
    let summary = summary(ended).with_context(|| {
        format!("the emulator's log ends with\n{}", stack.emulator().log_tail(20))
    })?;
    note("checking the destination against the sources ...");
    let rows = check::rows(&stack).await?;
    let page = report::fetch(&stack, &summary.run_id).await?;
    let overview = Overview {
        duration_seconds,
        expected: stack.dataset().map(drayage_sim::dataset::Dataset::expected_counts),
        salesforce_requests: stack.org().ok().map(|org| org.requests().values().sum()),
        check: stack.check().await?,
        accounts: overview::accounts(&rows),
        locations: locations(&stack, &summary.run_id, &page)?,
        summary,
    };
    show(&overview, options.json)?;
    if options.keep {
        note(&commands::text(&stack, &overview.summary.run_id)?);
        std::future::pending::<()>().await;
    }
    Ok(overview.ok())
}

/// A stack with its surroundings, ready for a backup.
pub(crate) async fn start(options: &DemoOptions) -> Result<LocalStack> {
    let batch_size = (options.files / BATCHES_AIMED_AT).clamp(BATCH_SIZE_MIN, BATCH_SIZE_MAX);
    let parameters = StackParameters::default().with("BatchSize", batch_size.to_string());
    let builder =
        LocalStack::builder().files(options.files).seed(options.seed).parameters(parameters);
    match (&options.salesforce_secret, &options.source_hosts) {
        (None, None) => builder.start().await,
        (Some(file), Some(source_hosts)) => {
            let secret = std::fs::read_to_string(file).with_context(|| {
                format!("{} cannot be read; hint: give the path of a JSON file", file.display())
            })?;
            let external =
                External { salesforce_secret: secret, source_hosts: source_hosts.clone() };
            builder.external(external).start().await
        }
        (Some(_), None) | (None, Some(_)) => bail!(
            "--salesforce-secret and --source-hosts belong together; hint: the list names the hosts that the URLs of \
             that org may point at"
        ),
    }
}

fn locations(stack: &LocalStack, run_id: &str, page: &Path) -> Result<BTreeMap<String, String>> {
    let state = stack.stack().output("StateBucket")?;
    let destination = stack.stack().output("DestinationBucket")?;
    let prefix = stack.stack().output("DestinationPrefix")?;
    Ok([
        ("copied files", format!("s3://{destination}/{prefix}/")),
        ("manifests", format!("s3://{state}/runs/{run_id}/batches/")),
        ("report", page.display().to_string()),
        ("summary", format!("s3://{state}/runs/{run_id}/summary.json")),
        ("ledger (files)", stack.stack().output("FilesTable")?.to_owned()),
        ("ledger (runs)", stack.stack().output("RunsTable")?.to_owned()),
    ]
    .map(|(name, address)| (name.to_owned(), address))
    .into())
}

fn show(overview: &Overview, json: bool) -> Result<()> {
    let mut output = std::io::stdout().lock();
    if json {
        let mut value = serde_json::to_value(overview)?;
        if let Some(object) = value.as_object_mut() {
            object.insert("ok".to_owned(), overview.ok().into());
        }
        writeln!(output, "{value:#}")?;
    } else {
        let verdict = if overview.ok() {
            "\nEvery record is accounted for, and every copy has the bytes of its source."
        } else {
            "\nNOT as it has to be: see above."
        };
        writeln!(output, "{}{verdict}", overview.text(std::io::stdout().is_terminal()))?;
    }
    output.flush().context("the overview cannot be written")
}
