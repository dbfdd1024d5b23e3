//! `dray`: Drayage's operator tool. It starts what the stack's state machines do, shows it, and asks before anything is written.

mod approve;
mod cli;
mod clock;
mod connection;
mod execution;
mod failure;
mod output;
mod rollback;
mod stack;
mod watch;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::note(&format!("error: {error}\nhint: this machine has no threads left"));
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(cli::run(arguments));
    // A question that nobody answers any more must not keep the program.
    runtime.shutdown_background();
    code
}
