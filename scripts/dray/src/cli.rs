//! The command line. What a person typed is turned into checked options by each command itself.

mod help;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::{Args, ColorChoice, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::connection::Connection;
use crate::failure::{self, Failure, Verdict};
use crate::interrupt;
use crate::output::{ColourChoice, Look, note};
use crate::stack::StackChoice;
use crate::{
    accounts, analyze, approve, completions, control, dashboard, doctor, report, retry, rollback,
    schedule, start, status,
};

/// Operates a Drayage stack: looks at it, moves files, repoints records, and puts them back.
#[derive(Debug, Parser)]
#[command(name = "dray", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Common {
    /// Which stack, and in whose AWS configuration.
    #[command(flatten)]
    pub(crate) stack: StackChoice,
    /// Print JSON instead of tables.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// When to colour words.
    #[arg(
        long = "color",
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        hide_possible_values = true,
        help = "When to colour words: auto, always or never"
    )]
    pub(crate) colour: ColourChoice,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows the stack, its runs, accounts and errors.
    Status(status::Status),
    /// Serves a live page about the stack, to this machine only.
    Dashboard(dashboard::Dashboard),
    /// Checks everything that a run needs, and starts nothing.
    Doctor(doctor::Doctor),
    /// Tells what a migration would be about: scope, sizes, hazards, time, requests, cost.
    Analyze(analyze::Analyze),
    /// Lists the accounts, with how their files stand.
    Accounts(accounts::ListAccounts),
    /// Copies the files of records.
    Backup(start::Backup),
    /// Points records at their copies: a plan, unless --execute is given.
    Migrate(start::Migrate),
    /// Backs up and migrates in one execution, for fewer than 100,000 files.
    SinglePhase(start::SinglePhase),
    /// Puts the original URLs back into Salesforce.
    ///
    /// Shows what it would do, and does it only with --execute. A record that somebody has edited since is left as it is, and
    /// listed.
    Rollback(rollback::Rollback),
    /// Compares what should be there with what is there, and repairs it with --fix.
    Reconcile(start::Reconcile),
    /// Moves a bucket, or what has changed in it, into another.
    Transfer(start::Transfer),
    /// Downloads the report of a run, and opens it.
    Report(report::Report),
    /// Tries again what has failed in a run, and nothing else.
    Retry(retry::Retry),
    /// Pauses the work of the stack until `resume`.
    Pause(control::Pause),
    /// Lets paused work go on.
    Resume(control::Resume),
    /// Stops a run.
    Stop(control::Stop),
    /// Lets a run that waits for a person's approval go on, or ends it.
    Approve(approve::Approve),
    /// Shows, enables or disables the schedule of incremental backups.
    Schedule(schedule::ScheduleCommand),
    /// Prints a completion script for a shell.
    Completions(completions::Completions),
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
            Command::Status(arguments) => Box::pin(status::run(&arguments, &common)).await,
            Command::Dashboard(arguments) => Box::pin(dashboard::run(&arguments, &common)).await,
            Command::Doctor(arguments) => Box::pin(doctor::run(&arguments, &common)).await,
            Command::Analyze(arguments) => Box::pin(analyze::run(&arguments, &common)).await,
            Command::Accounts(arguments) => Box::pin(accounts::run(&arguments, &common)).await,
            Command::Backup(arguments) => Box::pin(start::run_backup(&arguments, &common)).await,
            Command::Migrate(arguments) => Box::pin(start::run_migrate(&arguments, &common)).await,
            Command::SinglePhase(arguments) => {
                Box::pin(start::run_single_phase(&arguments, &common)).await
            }
            Command::Reconcile(arguments) => {
                Box::pin(start::run_reconcile(&arguments, &common)).await
            }
            Command::Transfer(arguments) => {
                Box::pin(start::run_transfer(&arguments, &common)).await
            }
            Command::Report(arguments) => Box::pin(report::run(&arguments, &common)).await,
            Command::Retry(arguments) => Box::pin(retry::run(&arguments, &common)).await,
            Command::Pause(arguments) => Box::pin(control::run_pause(&arguments, &common)).await,
            Command::Resume(arguments) => Box::pin(control::run_resume(&arguments, &common)).await,
            Command::Stop(arguments) => Box::pin(control::run_stop(&arguments, &common)).await,
            Command::Schedule(arguments) => Box::pin(schedule::run(&arguments, &common)).await,
            Command::Completions(arguments) => completions::run(&arguments),
            Command::Approve(arguments) => {
                let connection = Connection::open(&common.stack).await?;
                approve::run(&connection, &arguments, common.json).await
            }
        }
    }
}

/// The program's command line, with its help page.
pub(crate) fn command() -> clap::Command {
    help::with_groups(Arguments::command())
}

/// What was typed; or, if that was a question or a mistake, it is answered here and the exit status is what is left.
pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Arguments, ExitCode> {
    let words: Vec<OsString> = words.into_iter().collect();
    let colour = colour(&words);
    colour.choose();
    let mut command = command()
        .color(match colour {
            ColourChoice::Auto => ColorChoice::Auto,
            ColourChoice::Always => ColorChoice::Always,
            ColourChoice::Never => ColorChoice::Never,
        })
        .term_width(usize::from(Look::of_standard_output().width));
    if words.len() < 2 {
        // A variable such as DRAYAGE_STACK would count as an argument, and the answer would not be the help page.
        command = command.mut_args(|argument| argument.env(Resettable::Reset));
    }
    let parsed = command
        .try_get_matches_from(words)
        .and_then(|matches| Arguments::from_arg_matches(&matches));
    parsed.map_err(|error| {
        // Who has asked for help and reads no further has seen enough.
        drop(error.print());
        let is_answer = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
        if is_answer { ExitCode::SUCCESS } else { ExitCode::from(2) }
    })
}

/// What `--color` says, known before anything else because mistakes and help are coloured, too.
fn colour(words: &[OsString]) -> ColourChoice {
    let words = words.iter().map(|word| word.to_str().unwrap_or_default());
    let mut after = words.clone().skip(1);
    let given = words.filter_map(|word| {
        let next = after.next();
        if word == "--color" { next } else { word.strip_prefix("--color=") }
    });
    match given.last() {
        Some("always") => ColourChoice::Always,
        Some("never") => ColourChoice::Never,
        _ => ColourChoice::Auto,
    }
}

/// Runs the command, to its end or to Ctrl-C.
pub(crate) async fn run(arguments: Arguments) -> ExitCode {
    let result = tokio::select! {
        biased;
        result = Box::pin(arguments.run()) => result,
        () = interrupt::unheard() => {
            note("\ninterrupted; an execution that was started goes on");
            Ok(Verdict::Unwatched)
        }
    };
    match result {
        Ok(verdict) => verdict.exit_code(),
        Err(failure) => {
            if failure.kind != failure::Kind::ReaderGone {
                note(&failure.to_string());
            }
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
        let Command::Rollback(arguments) = parsed.command else {
            return Err("another command".to_owned());
        };
        Ok((parsed.common, arguments))
    }

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn colours_are_known_before_the_rest_of_the_line() {
        let of = |line: &str| colour(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(of("dray --color always status"), ColourChoice::Always);
        assert_eq!(of("dray status --color=never --color"), ColourChoice::Never);
        assert_eq!(of("dray status"), ColourChoice::Auto);
    }

    #[test]
    fn the_stack_may_be_named_behind_the_command() {
        let parsed = Arguments::try_parse_from(["dray", "approve", "run-1", "--stack", "s"]);
        assert_eq!(parsed.unwrap().common.stack.name.as_deref(), Some("s"));
    }
}
