//! The command line of `drayage-local`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use crate::demo::{self, DemoOptions, FILES_MAX};
use crate::progress::note;

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
    /// Runs a whole backup against a simulated Salesforce and source, and checks the result.
    ///
    /// Exit status: 0 when every record is accounted for and the independent check has passed; 1 when not, or when
    /// something went wrong; 2 for wrong arguments; 130 when interrupted.
    Demo(Demo),
}

#[derive(Debug, Args)]
struct Demo {
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

fn files(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if (1..=FILES_MAX).contains(&count) => Ok(count),
        Ok(_) | Err(_) => Err(format!("hint: give a whole number from 1 to {FILES_MAX}")),
    }
}

/// Runs the command until its end or until the program is asked to stop.
pub async fn run(arguments: Arguments) -> ExitCode {
    let Command::Demo(demo) = arguments.command;
    let options = DemoOptions {
        files: demo.files,
        seed: demo.seed,
        keep: demo.keep,
        json: demo.json,
        salesforce_secret: demo.salesforce_secret,
        source_hosts: demo.source_hosts,
    };
    tokio::select! {
        // Dropping the demo, which the other branch does, ends everything that it has started.
        result = demo::run(&options) => match result {
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
