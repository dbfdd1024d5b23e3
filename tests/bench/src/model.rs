//! Time and money for sizes that nobody measures here, from what a key, a file and a request cost.
//!
//! A model: it is as good as `model.json`, where assumptions are called so. Every limit of a step is shown in the JSON.

mod inputs;
mod jobs;
mod stage;

use std::collections::BTreeMap;

use anyhow::Result;
use clap::Args;
use comfy_table::Table;
use drayage_domain::estimate::item::Service;
use serde::Serialize;

use self::inputs::Inputs;
use self::jobs::{Job, SCAN};
use self::stage::{SERVICES, Stage, prices};

#[derive(Debug, Args)]
pub(crate) struct ModelArguments {
    /// Numbers of objects, separated by commas.
    #[arg(long, value_delimiter = ',', default_value = "1000000,10000000,100000000")]
    objects: Vec<u32>,
    /// JSON instead of a table, with all inputs.
    #[arg(long)]
    pub(crate) json: bool,
}

/// One job with one number of objects.
#[derive(Debug, Serialize)]
struct Row {
    objects: u32,
    job: Job,
    seconds: f64,
    /// What the longest step waits for.
    bottleneck: &'static str,
    usd: BTreeMap<Service, f64>,
    usd_total: f64,
    /// What the same copy costs with AWS `DataSync` in Enhanced mode.
    datasync_usd: Option<f64>,
    /// What the same copy costs with S3 Batch Operations, from an inventory that is there.
    batch_operations_usd: Option<f64>,
    /// Why it does not work.
    impossible: Option<String>,
    stages: Vec<Stage>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Model {
    rows: Vec<Row>,
    inputs: Inputs,
}

/// Computes all jobs.
pub(crate) fn model(arguments: &ModelArguments) -> Result<Model> {
    Ok(Model::of(Inputs::load()?, &arguments.objects))
}

impl Model {
    fn of(inputs: Inputs, objects: &[u32]) -> Self {
        let jobs = |objects| Job::ALL.into_iter().map(move |job| (objects, job));
        let rows = objects.iter().flat_map(|objects| jobs(*objects));
        Self { rows: rows.map(|(objects, job)| row(&inputs, objects, job)).collect(), inputs }
    }

    pub(crate) fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(comfy_table::presets::ASCII_MARKDOWN);
        let services = SERVICES.into_iter().map(|service| format!("{} USD", service.name()));
        let mut header: Vec<String> =
            ["objects", "job", "time", "bottleneck"].map(str::to_owned).into();
        header.extend(services);
        header.extend(["all USD", "DataSync USD", "Batch Operations USD"].map(str::to_owned));
        table.set_header(header);
        for row in &self.rows {
            let time = row.impossible.clone().unwrap_or_else(|| duration(row.seconds));
            let mut cells = vec![
                row.objects.to_string(),
                row.job.label().to_owned(),
                time,
                row.bottleneck.to_owned(),
            ];
            let usd = |service| row.usd.get(&service).copied().unwrap_or(0.0);
            cells.extend(SERVICES.into_iter().map(|service| format!("{:.2}", usd(service))));
            cells.push(format!("{:.2}", row.usd_total));
            let peers = [row.datasync_usd, row.batch_operations_usd];
            cells.extend(peers.map(|usd| usd.map_or("-".to_owned(), |usd| format!("{usd:.2}"))));
            table.add_row(cells);
        }
        table.to_string()
    }
}

fn row(inputs: &Inputs, count: u32, job: Job) -> Row {
    let objects = f64::from(count);
    let stages = job.stages(inputs, objects);
    let mut usd = BTreeMap::new();
    for (service, cost) in stages.iter().flat_map(|stage| &stage.usd) {
        *usd.entry(*service).or_insert(0.0) += cost;
    }
    let longest = stages.iter().max_by(|one, other| one.seconds().total_cmp(&other.seconds()));
    let scan = stages.iter().find(|stage| stage.name == SCAN).map_or(0.0, Stage::seconds);
    let seconds_max = inputs.lambda_seconds_max.value;
    let copies = job == Job::Copy;
    Row {
        objects: count,
        job,
        seconds: stages.iter().map(Stage::seconds).sum(),
        bottleneck: longest.map_or("", Stage::bottleneck),
        usd_total: usd.values().sum(),
        usd,
        datasync_usd: copies.then(|| datasync(inputs, objects)),
        batch_operations_usd: copies.then(|| batch_operations(inputs, objects)),
        impossible: (scan > seconds_max).then(|| {
            format!(
                "not possible: the {SCAN} takes {scan:.0} s, an invocation has {seconds_max:.0}"
            )
        }),
        stages,
    }
}

/// The fee, and a `GET` and a `PUT` per object, which it charges for as well.
fn datasync(inputs: &Inputs, objects: f64) -> f64 {
    objects * inputs.object_bytes.value / 1e9 * inputs.datasync_usd_per_gb.value
        + inputs.datasync_usd_per_task.value
        + objects * (prices().s3_read + prices().s3_write)
}

/// The fee, and the copies.
fn batch_operations(inputs: &Inputs, objects: f64) -> f64 {
    objects / 1e6 * inputs.batch_operations_usd_per_million.value
        + inputs.batch_operations_usd_per_job.value
        + objects * prices().s3_write
}

fn duration(seconds: f64) -> String {
    match seconds {
        ..120.0 => format!("{seconds:.0} s"),
        ..7_200.0 => format!("{:.1} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3_600.0),
    }
}

#[cfg(test)]
mod tests;
