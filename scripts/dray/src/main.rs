//! `dray`: Drayage's operator tool. It starts what the stack's state machines do, shows it, and asks before anything is written.

mod accounts;
mod analyze;
mod approve;
mod cli;
mod clock;
mod completions;
mod connection;
mod control;
mod dashboard;
mod doctor;
#[cfg(test)]
mod documents;
mod execution;
mod export;
mod failure;
mod functions;
mod human;
mod interrupt;
mod kind;
mod layout;
mod output;
mod plan;
mod report;
mod retry;
mod rollback;
mod schedule;
mod stack;
mod start;
mod status;
#[cfg(test)]
mod test_support;
mod view;
mod watch;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = match cli::parse(std::env::args_os()) {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
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
