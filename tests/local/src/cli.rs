//! The command line of `drayage-local`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use crate::demo::{self, DemoOptions, FILES_MAX};
use crate::journey::{self, FILES_MIN, JourneyOptions};
use crate::progress::note;
use crate::transfer_demo::{self, OBJECTS_MAX, TransferDemoOptions};

/// Exit status of a program that was interrupted, as shells report it.
const INTERRUPTED: u8 = 130;

/// Runs Drayage on this machine, without any account anywhere.
#[derive(Debug, Parser)]
#[command(name = "drayage-local", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the whole journey against a simulated Salesforce and source, and checks what the records hold at its end: a
    /// backup, the plan of a migration, the migration, and the rollback of one account by `dray`.
    ///
    /// Exit status: 0 when every step and every record is as it has to be; 1 when not, or when something went wrong; 2 for
    /// wrong arguments; 130 when interrupted.
    Demo(Demo),
    /// Runs a whole backup, and checks every copied byte.
    ///
    /// Exit status: 0 when every record is accounted for and the independent check has passed; otherwise as for the demo of
    /// the whole journey.
    Backup(Backup),
    /// Moves a bucket from another S3 service, then what has changed in it, and checks both sides after every step.
    ///
    /// Exit status: as for the demo of the whole journey.
    Transfer(Transfer),
}

#[derive(Debug, Args)]
struct Demo {
    /// Number of document entries.
    #[arg(long, default_value_t = 500, value_name = "N", value_parser = journey_files)]
    files: usize,
    /// Seed of the data; equal seeds give equal data.
    #[arg(long, default_value_t = 1, value_name = "S")]
    seed: u64,
    /// Leave everything running until Ctrl-C, and print how to look at it.
    #[arg(long)]
    keep: bool,
    /// Print the overview as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Backup {
    /// Number of document entries.
    #[arg(long, default_value_t = 500, value_name = "N", value_parser = files)]
    files: usize,
    /// Seed of the data; equal seeds give equal data.
    #[arg(long, default_value_t = 1, value_name = "S")]
    seed: u64,
    /// Leave everything running until Ctrl-C, and print how to look at it.
    #[arg(long)]
    keep: bool,
    /// Print the overview as JSON.
    #[arg(long)]
    json: bool,
    /// Use another Salesforce API: a file with its secret. Needs --source-hosts.
    #[arg(long, value_name = "FILE", requires = "source_hosts")]
    salesforce_secret: Option<PathBuf>,
    /// What the URLs of that API may point at, such as files.example.com,s3://bucket. Needs --salesforce-secret.
    #[arg(long, value_name = "LIST", requires = "salesforce_secret")]
    source_hosts: Option<String>,
}

#[derive(Debug, Args)]
struct Transfer {
    /// Number of objects.
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = objects)]
    objects: usize,
    /// Seed of the data; equal seeds give equal data.
    #[arg(long, default_value_t = 1, value_name = "S")]
    seed: u64,
    /// Leave everything running until Ctrl-C, and print how to look at it.
    #[arg(long)]
    keep: bool,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

fn files(text: &str) -> Result<usize, String> {
    within(text, 1, FILES_MAX)
}

fn journey_files(text: &str) -> Result<usize, String> {
    within(text, FILES_MIN, FILES_MAX)
}

fn objects(text: &str) -> Result<usize, String> {
    within(text, transfer_demo::OBJECTS_MIN, OBJECTS_MAX)
}

fn within(text: &str, min: usize, max: usize) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if (min..=max).contains(&count) => Ok(count),
        Ok(_) | Err(_) => Err(format!("hint: give a whole number from {min} to {max}")),
    }
}

impl Command {
    async fn run(self) -> Result<bool> {
        match self {
            Self::Demo(Demo { files, seed, keep, json }) => {
                let options = JourneyOptions { files, seed, keep, json };
                Box::pin(journey::run(&options)).await
            }
            Self::Backup(Backup { files, seed, keep, json, salesforce_secret, source_hosts }) => {
                let options =
                    DemoOptions { files, seed, keep, json, salesforce_secret, source_hosts };
                Box::pin(demo::run(&options)).await
            }
            Self::Transfer(Transfer { objects, seed, keep, json }) => {
                let options = TransferDemoOptions { objects, seed, keep, json };
                Box::pin(transfer_demo::run(&options)).await
            }
        }
    }
}

/// Runs the command until its end or until the program is asked to stop.
pub async fn run(arguments: Arguments) -> ExitCode {
    tokio::select! {
        // Dropping the demo, which the other branch does, ends everything that it has started.
        result = arguments.command.run() => match result {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                note(&format!("error: {error:#}"));
                ExitCode::FAILURE
            }
        },
        result = asked_to_stop() => {
            if let Err(error) = result {
                note(&format!("error: {error:#}"));
                return ExitCode::FAILURE;
            }
            note("stopping");
            ExitCode::from(INTERRUPTED)
        }
    }
}

async fn asked_to_stop() -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    Ok(())
}
