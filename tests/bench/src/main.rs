//! Measures the product.
//!
//! `copy` runs the code of the copy function below the batch level over a listing. `compare` starts S3 servers in memory,
//! runs `copy` and the other tools as processes of their own, and measures all of them in the same way; `reconcile` does that
//! with `compare-buckets`, over buckets of generated keys. `backup` runs whole backups of growing size on the local stack.
//! `switch` repoints the records of a backup in every mode, in turn with simple-salesforce. `model` computes what larger ones take.

mod backup;
mod compare;
mod copy;
mod ledger;
mod model;
mod reconcile;
mod scenario;
mod servers;
mod switch;
mod tools;
mod usage;

use std::io::Write;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Copies a bucket, and prints what it took as JSON.
    Copy(copy::CopyArguments),
    /// Runs all tools over all scenarios, and prints a table or JSON.
    Compare(compare::CompareArguments),
    /// Compares two buckets, and prints what was counted as JSON.
    CompareBuckets(reconcile::CompareBucketsArguments),
    /// Compares buckets of generated keys with all tools, and prints a table or JSON.
    Reconcile(reconcile::ReconcileArguments),
    /// Computes time and cost of jobs that are too large to measure, and prints a table or JSON.
    Model(model::ModelArguments),
    /// Runs whole backups, and prints what a file takes in each size as tables or JSON.
    Backup(backup::BackupArguments),
    /// Repoints records in every mode, in turn with simple-salesforce, and prints what a record takes as tables or JSON.
    Switch(switch::SwitchArguments),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut verdict = Ok(());
    let output = match Arguments::parse().command {
        Command::Copy(arguments) => {
            serde_json::to_string(&Box::pin(copy::copy(&arguments)).await?)?
        }
        Command::Compare(arguments) => Box::pin(compare::compare(&arguments)).await?,
        Command::CompareBuckets(arguments) => {
            serde_json::to_string(&Box::pin(reconcile::compare_buckets(&arguments)).await?)?
        }
        Command::Reconcile(arguments) => {
            let report = Box::pin(reconcile::reconcile(&arguments)).await?;
            verdict = report.verdict();
            if arguments.json { serde_json::to_string_pretty(&report)? } else { report.table() }
        }
        Command::Model(arguments) => {
            let model = model::model(&arguments)?;
            if arguments.json { serde_json::to_string_pretty(&model)? } else { model.table() }
        }
        Command::Backup(arguments) => {
            let report = Box::pin(backup::backup(&arguments)).await?;
            verdict = report.verdict();
            if arguments.json { serde_json::to_string_pretty(&report)? } else { report.tables() }
        }
        Command::Switch(arguments) => {
            let report = Box::pin(switch::switch(&arguments)).await?;
            if arguments.json { serde_json::to_string_pretty(&report)? } else { report.tables() }
        }
    };
    writeln!(std::io::stdout().lock(), "{output}")?;
    // After the output: the figures show what is wrong.
    verdict
}
