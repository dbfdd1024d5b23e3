//! Measures the product.
//!
//! `copy` runs the code of the copy function below the batch level over a listing. `compare` starts S3 servers in memory,
//! runs `copy` and the other tools as processes of their own, and measures all of them in the same way. `backup` runs
//! whole backups of growing size on the local stack.

mod backup;
mod compare;
mod copy;
mod ledger;
mod scenario;
mod servers;
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
    /// Runs whole backups, and prints what a file takes in each size as tables or JSON.
    Backup(backup::BackupArguments),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut verdict = Ok(());
    let output = match Arguments::parse().command {
        Command::Copy(arguments) => {
            serde_json::to_string(&Box::pin(copy::copy(&arguments)).await?)?
        }
        Command::Compare(arguments) => Box::pin(compare::compare(&arguments)).await?,
        Command::Backup(arguments) => {
            let report = Box::pin(backup::backup(&arguments)).await?;
            verdict = report.verdict();
            if arguments.json { serde_json::to_string_pretty(&report)? } else { report.tables() }
        }
    };
    writeln!(std::io::stdout().lock(), "{output}")?;
    // After the output: the figures show what is wrong.
    verdict
}
