//! Compares two buckets of generated keys with every tool, in turn, and holds the answers against what was planted.

mod contenders;
mod ours;
mod score;

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use comfy_table::Table;
use drayage_sim::s3::S3Generated;
use serde::Serialize;

use self::contenders::{Contender, Places};
pub(crate) use self::ours::{CompareBucketsArguments, compare_buckets};
use self::score::{Found, Score};
use crate::servers::S3;
use crate::usage::{Usage, median, usage_of};

/// One difference of each kind in so many keys.
const PLANT_EVERY: u64 = 400;

#[derive(Debug, Args)]
pub(crate) struct ReconcileArguments {
    /// The program of rclone.
    #[arg(long)]
    rclone: PathBuf,
    /// The program of s3sync; left out, it takes no part.
    #[arg(long)]
    s3sync: Option<PathBuf>,
    /// Numbers of keys on each side, separated by commas.
    #[arg(long, value_delimiter = ',', default_value = "100000,1000000")]
    keys: Vec<u64>,
    /// A tenth of the keys.
    #[arg(long)]
    quick: bool,
    /// Milliseconds that every page of a listing takes at least.
    #[arg(long, default_value_t = 0)]
    delay_list_ms: u64,
    /// Runs of every tool with every number of keys, taking turns; the median of each figure is shown.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// JSON instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

/// One tool with one number of keys.
#[derive(Debug, Clone, Serialize)]
struct Row {
    keys: u64,
    tool: &'static str,
    #[serde(flatten)]
    usage: Usage,
    cpu_us_per_key: f64,
    list_requests: u64,
    other_requests: u64,
    #[serde(flatten)]
    score: Score,
}

/// All figures, and what is wrong with ours.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    rows: Vec<Row>,
    problems: Vec<String>,
}

/// Runs every tool with every number of keys.
pub(crate) async fn reconcile(arguments: &ReconcileArguments) -> Result<Report> {
    let divisor = if arguments.quick { 10 } else { 1 };
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    for keys in arguments.keys.iter().map(|keys| keys / divisor) {
        let tools = || {
            let here = |tool: &Contender| *tool != Contender::S3sync || arguments.s3sync.is_some();
            Contender::ALL.into_iter().filter(here)
        };
        let mut runs: Vec<Vec<Row>> = tools().map(|_| Vec::new()).collect();
        for _ in 0..arguments.repeat {
            for (tool, rows) in tools().zip(&mut runs) {
                let row = run(arguments, keys, tool)
                    .await
                    .with_context(|| format!("{keys} keys: {}", tool.label()))?;
                let Usage { wall_seconds, cpu_seconds, .. } = row.usage;
                writeln!(
                    std::io::stderr().lock(),
                    "{keys} keys: {}: {wall_seconds:.2} s, {cpu_seconds:.2} CPU s",
                    row.tool
                )?;
                if tool.is_ours() && !is_honest(&row) {
                    problems.push(format!("{keys} keys: our answer is wrong: {:?}", row.score));
                }
                rows.push(row);
            }
        }
        rows.extend(runs.into_iter().filter_map(middle));
    }
    Ok(Report { rows, problems })
}

/// Besides the right answers, ours says of every multipart object that its `ETag` proves nothing.
fn is_honest(row: &Row) -> bool {
    let Score { parts, content_in_parts, .. } = row.score;
    row.score.is_exact() && row.score.not_verifiable == parts.planted + content_in_parts.planted
}

async fn run(arguments: &ReconcileArguments, keys: u64, tool: Contender) -> Result<Row> {
    let planted: S3Generated = format!("dst:in/:{keys}:{PLANT_EVERY}").parse()?;
    let server = S3::launch(&[
        "--generate",
        &format!("src:in/:{keys}"),
        "--generate",
        &format!("dst:in/:{keys}:{PLANT_EVERY}"),
        "--delay-list-ms",
        &arguments.delay_list_ms.to_string(),
    ])
    .await?;
    let output = tempfile::tempdir()?;
    let places = Places {
        rclone: &arguments.rclone,
        s3sync: arguments.s3sync.as_deref(),
        endpoint: &server.endpoint,
        output: output.path(),
    };
    let (usage, status) = usage_of(tool.command(places)?.spawn()?).await?;
    if !status.code().is_some_and(|code| tool.exit_codes().contains(&code)) {
        bail!("it failed: {status}");
    }
    let mut requests = server.requests().await?;
    let list_requests = requests.remove("ListObjectsV2").unwrap_or(0);
    ensure!(list_requests > 0, "it has listed nothing");
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let cpu_us_per_key = usage.cpu_seconds * 1e6 / keys as f64;
    Ok(Row {
        keys,
        tool: tool.label(),
        usage,
        cpu_us_per_key,
        list_requests,
        other_requests: requests.values().sum(),
        score: Score::of(&planted, tool.said(output.path())?),
    })
}

/// The median of what varies, and the worst answer.
fn middle(rows: Vec<Row>) -> Option<Row> {
    let figure = |of: fn(&Row) -> f64| median(rows.iter().map(of));
    let usages: Vec<Usage> = rows.iter().map(|row| row.usage).collect();
    let usage = Usage::median_of(&usages);
    let cpu_us_per_key = figure(|row| row.cpu_us_per_key);
    let worst =
        rows.into_iter().max_by_key(|row| (!row.score.is_exact(), row.score.false_alarms))?;
    Some(Row { usage, cpu_us_per_key, ..worst })
}

impl Report {
    /// Whether ours is right.
    pub(crate) fn verdict(&self) -> Result<()> {
        ensure!(self.problems.is_empty(), "{}", self.problems.join("\n"));
        Ok(())
    }

    pub(crate) fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(comfy_table::presets::ASCII_MARKDOWN);
        table.set_header([
            "keys",
            "tool",
            "wall s",
            "CPU s",
            "CPU µs/key",
            "peak RSS MiB",
            "list requests",
            "others",
            "missing",
            "extra",
            "size",
            "content",
            "content in parts",
            "false alarms",
            "not verifiable",
        ]);
        for row in &self.rows {
            let of = |Found { found, planted }: Found| format!("{found}/{planted}");
            table.add_row([
                row.keys.to_string(),
                row.tool.to_owned(),
                format!("{:.2}", row.usage.wall_seconds),
                format!("{:.2}", row.usage.cpu_seconds),
                format!("{:.1}", row.cpu_us_per_key),
                format!("{:.0}", row.usage.peak_rss_mib),
                row.list_requests.to_string(),
                row.other_requests.to_string(),
                of(row.score.missing),
                of(row.score.extra),
                of(row.score.size),
                of(row.score.content),
                of(row.score.content_in_parts),
                row.score.false_alarms.to_string(),
                row.score.not_verifiable.to_string(),
            ]);
        }
        table.to_string()
    }
}
