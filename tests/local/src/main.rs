//! The program behind `scripts/demo`.

use std::process::ExitCode;

use clap::Parser as _;
use drayage_local::cli::{Arguments, run};

#[tokio::main]
async fn main() -> ExitCode {
    run(Arguments::parse()).await
}
