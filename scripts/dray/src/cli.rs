//! The command line. What a person typed is turned into checked options by each command itself.

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::connection::Connection;
use crate::failure::{Failure, Verdict};
use crate::output::note;
use crate::{approve, rollback};

/// Operates a deployed Drayage stack.
///
/// Exit status: 0 done, and nothing is left to look at; 1 differences or failures remain; 2 wrong arguments, nothing was started;
/// 3 AWS or the stack cannot be reached; 130 stopped watching by Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "dray", version)]
pub(crate) struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Name of the CloudFormation stack.
    #[arg(
        long,
        global = true,
        env = "DRAYAGE_STACK",
        default_value = "drayage",
        value_name = "NAME"
    )]
    pub(crate) stack: String,
    /// Print JSON instead of tables.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Puts the original URLs back into Salesforce.
    ///
    /// Shows what it would do, and does it only with --execute. A record that somebody has edited since is left as it is, and
    /// listed.
    Rollback(rollback::Rollback),
    /// Lets a run that waits for a person's approval go on, or ends it.
    Approve(approve::Approve),
}

impl Arguments {
    async fn run(self) -> Result<Verdict, Failure> {
        let Self { common, command } = self;
        match command {
            Command::Rollback(arguments) => {
                // Wrong arguments are told before anybody is asked for credentials.
                let request = arguments.check(&common)?;
                let connection = Connection::open(&common.stack).await?;
                Box::pin(rollback::run(&connection, &request)).await
            }
            Command::Approve(arguments) => {
                let connection = Connection::open(&common.stack).await?;
                approve::run(&connection, &arguments, common.json).await
            }
        }
    }
}

/// Runs the command, to its end or to Ctrl-C.
pub(crate) async fn run(arguments: Arguments) -> ExitCode {
    let result = tokio::select! {
        // The watching of an execution hears of Ctrl-C itself, and says what goes on.
        biased;
        result = Box::pin(arguments.run()) => result,
        Ok(()) = tokio::signal::ctrl_c() => {
            note("\ninterrupted; an execution that was started goes on");
            Ok(Verdict::Unwatched)
        }
    };
    match result {
        Ok(verdict) => verdict.exit_code(),
        Err(failure) => {
            note(&failure.to_string());
            failure.exit_code()
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The rollback that a command line asks for.
    pub(crate) fn rollback_of(line: &[&str]) -> Result<(Common, rollback::Rollback), String> {
        let words = ["dray", "rollback"].iter().chain(line);
        let parsed = Arguments::try_parse_from(words).map_err(|error| error.to_string())?;
        match parsed.command {
            Command::Rollback(arguments) => Ok((parsed.common, arguments)),
            Command::Approve(_) => Err("another command".to_owned()),
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_stack_may_be_named_behind_the_command() {
        let parsed = Arguments::try_parse_from(["dray", "approve", "run-1", "--stack", "s"]);
        assert_eq!(parsed.unwrap().common.stack, "s");
    }
}
