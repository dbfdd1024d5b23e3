//! The demo of a transfer: a bucket of another S3 service is moved, then what has changed in it, and both sides are compared
//! after every step without help from the product.

mod check;
mod follow;
mod objects;
mod overview;
mod steps;

use std::io::{IsTerminal as _, Write as _};

use anyhow::{Context, Result};
use drayage_sim::s3::S3ServerOptions;
use tokio::time::Instant;

use crate::foreign_s3::ForeignS3;
use crate::local_stack::LocalStack;
use crate::progress::note;
use crate::stack::StackParameters;
use crate::{commands, report};
use overview::Overview;
use steps::Steps;

/// Fewer objects would leave no object for every kind of change.
pub const OBJECTS_MIN: usize = 20;
/// The emulator lists about ten thousand objects a second, and both sides are read again after every step.
pub const OBJECTS_MAX: usize = 10_000;

const SECRET: &str = "drayage/source";
const ACCESS_KEY: &str = "SOMEBODY-ELSES-KEY";
const BUCKET: &str = "their-bucket";
const PREFIX: &str = "archive/";

/// What the demo is asked to do.
#[derive(Debug, Clone)]
pub struct TransferDemoOptions {
    /// Number of objects.
    pub objects: usize,
    /// Seed of the data.
    pub seed: u64,
    /// Leaves everything running until the program is interrupted.
    pub keep: bool,
    /// Prints JSON instead of the table.
    pub json: bool,
}

/// Runs the demo. Returns whether both sides are as they have to be after every step.
pub async fn run(options: &TransferDemoOptions) -> Result<bool> {
    note("starting the emulator and another S3 service, deploying the stack ...");
    let begun = Instant::now();
    let parameters =
        StackParameters::default().with("SourceAccess", "keys").with("SourceSecret", SECRET);
    let server = S3ServerOptions { buckets: vec![BUCKET.to_owned()], ..S3ServerOptions::default() };
    let (stack, theirs) = tokio::try_join!(
        LocalStack::builder().files(1).parameters(parameters).start(),
        ForeignS3::start(ACCESS_KEY, server)
    )?;
    theirs.store_secret(stack.clients(), SECRET).await?;
    let steps = Steps::new(&stack, &theirs, options)?;
    let (objects, bytes) = steps.fill().await?;
    note(&format!(
        "ready after {:.1} s: {objects} objects ({}) in s3://{BUCKET}/{PREFIX} of {}",
        begun.elapsed().as_secs_f64(),
        indicatif::HumanBytes(bytes),
        theirs.server().endpoint()
    ));
    let steps = Box::pin(steps.run()).await?;
    let mut pages = Vec::new();
    for step in &steps {
        pages.push(report::fetch(&stack, &step.summary.run_id).await?.display().to_string());
    }
    let run_id = steps.last().map_or_else(String::new, |step| step.summary.run_id.clone());
    let overview = Overview { steps, pages };
    show(&overview, options.json)?;
    if options.keep {
        note(&commands::text(&stack, &run_id)?);
        note(&format!("The other S3 service: {} (key {ACCESS_KEY})", theirs.server().endpoint()));
        std::future::pending::<()>().await;
    }
    Ok(overview.ok())
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
