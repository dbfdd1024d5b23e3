//! The demo of the whole journey: files are backed up, records are pointed at the copies, and one account is put back by the
//! operator's tool. What the records hold at the end is compared with what they must hold, without help from the product.

mod check;
mod follow;
mod overview;
mod rollback;
mod steps;

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;

use anyhow::{Context, Result};
use tokio::time::Instant;

use crate::demo::{self, DemoOptions};
use crate::local_stack::LocalStack;
use crate::progress::note;
use crate::{commands, report};
use overview::Overview;
use steps::{Journey, Step};

/// With fewer records no account is left with enough of them to be put back.
pub const FILES_MIN: usize = 50;

/// What the demo is asked to do.
#[derive(Debug, Clone)]
pub struct JourneyOptions {
    /// Number of document entries.
    pub files: usize,
    /// Seed of the data set.
    pub seed: u64,
    /// Leaves everything running until the program is interrupted.
    pub keep: bool,
    /// Prints JSON instead of the overview.
    pub json: bool,
}

/// Runs the demo. Returns whether everything is as it has to be.
pub async fn run(options: &JourneyOptions) -> Result<bool> {
    note("starting the emulator, deploying the stack and filling the source ...");
    let begun = Instant::now();
    let stack = demo::start(&DemoOptions {
        files: options.files,
        seed: options.seed,
        keep: options.keep,
        json: options.json,
        salesforce_secret: None,
        source_hosts: None,
    })
    .await?;
    let simulated = stack.simulated()?;
    note(&format!(
        "ready after {:.1} s, {} records and {} files in the external bucket",
        begun.elapsed().as_secs_f64(),
        simulated.dataset.entries.len(),
        simulated.uploaded.objects
    ));
    let begun = Instant::now();
    let journey = Journey::new(&stack)?;
    let steps = Box::pin(journey.run()).await?;
    note("\nlooking at every record, and opening every new URL ...");
    let check = check::run(&stack, &journey.must_hold()).await?;
    let overview = Overview {
        seconds: begun.elapsed().as_secs_f64(),
        locations: locations(&stack, &steps).await?,
        steps,
        check,
    };
    show(&overview, options.json)?;
    if options.keep {
        let last = overview.steps.last().map_or("", |step| step.run_id.as_str());
        note(&commands::text(&stack, last)?);
        std::future::pending::<()>().await;
    }
    Ok(overview.ok())
}

/// What the runs have left, fetched so that it can be read after the emulator has ended.
async fn locations(stack: &LocalStack, steps: &[Step]) -> Result<BTreeMap<String, PathBuf>> {
    const FILES: [(&str, &str); 4] = [
        ("every record, from and to", "plan.csv"),
        ("what undoes it", "rollback.jsonl"),
        ("records for a person", "review.csv"),
        ("summary", "summary.json"),
    ];
    let mut places = BTreeMap::new();
    for step in steps {
        let page = report::fetch(stack, &step.run_id).await?;
        if page.is_file() {
            places.insert(format!("{}: report", step.name), page);
        }
        for (what, file) in FILES {
            if let Some(path) = report::fetch_file(stack, &step.run_id, file).await? {
                places.insert(format!("{}: {what}", step.name), path);
            }
        }
    }
    Ok(places)
}

fn show(overview: &Overview, json: bool) -> Result<()> {
    let mut output = std::io::stdout().lock();
    if json {
        writeln!(output, "{:#}", overview.json()?)?;
    } else {
        writeln!(output, "{}", overview.text(std::io::stdout().is_terminal()))?;
    }
    output.flush().context("the overview cannot be written")
}
