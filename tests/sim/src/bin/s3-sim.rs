//! The S3 simulator as a program of its own.
//!
//! Prints one JSON line with its address when it is ready, and stops on SIGTERM or SIGINT.

use std::io::Write;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use drayage_sim::s3::{S3Generated, S3Seed, S3Server, S3ServerOptions};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

/// Serves S3 from memory on 127.0.0.1, without checking signatures.
#[derive(Debug, Parser)]
struct Arguments {
    /// Port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// A bucket that exists; may be given several times.
    #[arg(long = "bucket")]
    buckets: Vec<String>,
    /// Objects that exist, as bucket:prefix:count:size in bytes; may be given several times.
    #[arg(long = "seed")]
    seeds: Vec<S3Seed>,
    /// A bucket that is made up as it is read, as bucket:prefix:count, or bucket:prefix:count:every with differences
    /// planted, one of each kind in every so many keys; may be given several times.
    #[arg(long)]
    generate: Vec<S3Generated>,
    /// Milliseconds that every request takes at least.
    #[arg(long, default_value_t = 0)]
    delay_ms: u64,
    /// Milliseconds that every page of a listing takes at least, in place of --delay-ms.
    #[arg(long)]
    delay_list_ms: Option<u64>,
    /// Id of the only access key that is known; any will do if left out.
    #[arg(long)]
    access_key: Option<String>,
    /// Objects whose keys begin with it cannot be read.
    #[arg(long)]
    unreadable_prefix: Option<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let options = S3ServerOptions {
        port: arguments.port,
        buckets: arguments.buckets,
        seeds: arguments.seeds,
        generated: arguments.generate,
        delay: Duration::from_millis(arguments.delay_ms),
        delay_list: arguments.delay_list_ms.map(Duration::from_millis),
        access_key: arguments.access_key,
        unreadable_prefix: arguments.unreadable_prefix,
    };
    let server = S3Server::start(options).await.context("starting the server")?;
    let mut output = std::io::stdout().lock();
    writeln!(output, "{}", json!({ "endpoint": server.endpoint() }))?;
    output.flush().context("writing to standard output")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
