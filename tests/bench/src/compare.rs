//! Runs every tool over every scenario, each against fresh servers, and lays the figures side by side.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use comfy_table::Table;
use serde::Serialize;

use crate::copy::Mode;
use crate::scenario::{self, Scenario};
use crate::servers::{Emulator, S3};
use crate::tools::{Places, Tool, command};
use crate::usage::{Usage, measured, median};

#[derive(Debug, Args)]
pub(crate) struct CompareArguments {
    /// The program of rclone.
    #[arg(long)]
    rclone: PathBuf,
    /// The program of s5cmd, not the script around it: a process that it starts would not be measured.
    #[arg(long)]
    s5cmd: PathBuf,
    /// The emulator's program, for the ledger.
    #[arg(long)]
    emulator: PathBuf,
    /// A tenth of the objects.
    #[arg(long)]
    quick: bool,
    /// Only scenarios whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Runs of every tool in every scenario, taking turns; the median of each figure is shown.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// JSON instead of a table.
    #[arg(long)]
    json: bool,
}

/// One tool in one scenario.
#[derive(Debug, Serialize)]
struct Row {
    scenario: String,
    tool: &'static str,
    #[serde(flatten)]
    usage: Usage,
    cpu_ms_per_object: f64,
    requests_per_object: f64,
    /// Wall time over that of our plain run in the same scenario.
    wall_ratio: f64,
    cpu_ratio: f64,
    server_cpu_seconds: f64,
}

pub(crate) async fn compare(arguments: &CompareArguments) -> Result<String> {
    let mut rows: Vec<Row> = Vec::new();
    let scenarios = scenario::all(arguments.quick).into_iter();
    for scenario in scenarios.filter(|scenario| scenario.label().contains(&arguments.only)) {
        let mut ours = None;
        for mut row in in_turn(arguments, &scenario).await? {
            let base = *ours.get_or_insert(row.usage);
            row.wall_ratio = row.usage.wall_seconds / base.wall_seconds;
            row.cpu_ratio = row.usage.cpu_seconds / base.cpu_seconds.max(0.01);
            rows.push(row);
        }
    }
    if arguments.json { Ok(serde_json::to_string_pretty(&rows)?) } else { Ok(table(&rows)) }
}

/// Every tool as often as asked for, one after the other, so that what else the machine does meets all of them.
async fn in_turn(arguments: &CompareArguments, scenario: &Scenario) -> Result<Vec<Row>> {
    let tools = || Tool::ALL.into_iter().filter(|tool| tool.takes_part(scenario));
    let mut runs: Vec<Vec<Row>> = tools().map(|_| Vec::new()).collect();
    for _ in 0..arguments.repeat {
        for (tool, rows) in tools().zip(&mut runs) {
            let row = run(arguments, scenario, tool)
                .await
                .with_context(|| format!("{}: {}", scenario.label(), tool.label()))?;
            writeln!(
                std::io::stderr().lock(),
                "{}: {}: {:.2} s, {:.2} CPU s",
                row.scenario,
                row.tool,
                row.usage.wall_seconds,
                row.usage.cpu_seconds
            )?;
            rows.push(row);
        }
    }
    Ok(runs.into_iter().filter_map(middle).collect())
}

/// The median of every figure on its own.
fn middle(rows: Vec<Row>) -> Option<Row> {
    let figure = |of: fn(&Row) -> f64| median(rows.iter().map(of));
    let usages: Vec<Usage> = rows.iter().map(|row| row.usage).collect();
    let usage = Usage::median_of(&usages);
    let cpu_ms_per_object = figure(|row| row.cpu_ms_per_object);
    let server_cpu_seconds = figure(|row| row.server_cpu_seconds);
    let row = rows.into_iter().next()?;
    Some(Row { usage, cpu_ms_per_object, server_cpu_seconds, ..row })
}

async fn run(arguments: &CompareArguments, scenario: &Scenario, tool: Tool) -> Result<Row> {
    let source = S3::start(scenario, true).await?;
    let second = match scenario.mode {
        Mode::ServerSide => None,
        Mode::Streaming => Some(S3::start(scenario, false).await?),
    };
    let emulator = match tool {
        Tool::OursWithLedger => Some(Emulator::start(&arguments.emulator).await?),
        Tool::Ours | Tool::OursWithHead | Tool::Rclone | Tool::S5cmd => None,
    };
    let places = Places {
        rclone: &arguments.rclone,
        s5cmd: &arguments.s5cmd,
        source: &source.endpoint,
        destination: &second.as_ref().unwrap_or(&source).endpoint,
        ledger: emulator.as_ref().map(|emulator| emulator.endpoint.as_str()),
    };
    let servers: Vec<&S3> = [Some(&source), second.as_ref()].into_iter().flatten().collect();
    let before = servers.iter().map(|server| server.cpu_seconds()).sum::<Result<f64>>()?;
    let usage = measured(command(tool, scenario, places)?.spawn()?, tool.label()).await?;
    let after = servers.iter().map(|server| server.cpu_seconds()).sum::<Result<f64>>()?;
    let mut requests = 0;
    for server in &servers {
        requests += server.statistics().await?.requests;
    }
    let arrived = servers.last().context("no server")?.statistics().await?;
    if (arrived.objects, arrived.bytes) != (scenario.count, scenario.bytes()) {
        bail!(
            "{} of {} objects and {} of {} bytes arrived",
            arrived.objects,
            scenario.count,
            arrived.bytes,
            scenario.bytes()
        );
    }
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let (count, requests) = (scenario.count as f64, requests as f64);
    Ok(Row {
        scenario: scenario.label(),
        tool: tool.label(),
        usage,
        cpu_ms_per_object: usage.cpu_seconds * 1_000.0 / count,
        requests_per_object: requests / count,
        wall_ratio: 1.0,
        cpu_ratio: 1.0,
        server_cpu_seconds: after - before,
    })
}

fn table(rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN);
    table.set_header([
        "scenario",
        "tool",
        "wall s",
        "CPU s",
        "CPU ms/object",
        "peak RSS MiB",
        "requests/object",
        "wall ratio",
        "CPU ratio",
        "server CPU s",
    ]);
    for row in rows {
        table.add_row([
            row.scenario.clone(),
            row.tool.to_owned(),
            format!("{:.2}", row.usage.wall_seconds),
            format!("{:.2}", row.usage.cpu_seconds),
            format!("{:.3}", row.cpu_ms_per_object),
            format!("{:.0}", row.usage.peak_rss_mib),
            format!("{:.2}", row.requests_per_object),
            format!("{:.2}", row.wall_ratio),
            format!("{:.2}", row.cpu_ratio),
            format!("{:.2}", row.server_cpu_seconds),
        ]);
    }
    table.to_string()
}
