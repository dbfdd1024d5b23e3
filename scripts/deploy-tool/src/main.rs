//! What `scripts/deploy` and `scripts/release` do. The scripts find or build this program; everything with a decision in it is
//! here, where it is tested. AWS is only reached by the AWS CLI, so that profiles, single sign-on and endpoints work as people
//! know them.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool talks to a terminal"
)]

mod artefacts;
mod aws;
mod change_set;
mod checkout;
mod combinations;
mod compile;
mod delete;
mod deploy;
mod disk;
mod environment;
mod events;
mod hints;
mod late;
mod operation;
mod options;
mod parameters;
mod prerequisites;
mod problems;
mod progress;
mod request;
mod running;
mod shown;
mod stack;
mod stage;
mod template;
mod tools;
mod upload;
mod zips;

use std::process::ExitCode;

use clap::Parser as _;

use crate::options::{Cli, Command};

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Stack(options) if options.delete => delete::run(&options),
        Command::Stack(options) => deploy::run(&options),
        Command::Build(options) => compile::run(&options),
        Command::Package(options) => artefacts::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
