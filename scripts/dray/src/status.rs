//! `dray status`: shows the stack, its runs, accounts and errors.

mod errors_text;
mod overview_text;
mod readiness_text;
mod runs_text;
#[cfg(test)]
mod samples;
mod sections;
mod tables;
mod watch;

use std::path::PathBuf;

use clap::Args;

use crate::cli::Common;
use crate::connection::Connection;
use crate::export::{Export, Format};
use crate::failure::{Failure, Verdict};
use crate::human::Moment;
use crate::output::{Look, data, json};

pub(crate) use tables::accounts_table;

const EXAMPLES: &str = "\
Examples:
  dray status
      Is every file accounted for, what goes on, and what needs a person?
  dray status --watch
      The same, again and again, until Ctrl-C. What runs goes on.
  dray status --runs 50
      The last 50 runs: how each ended, and why it failed.
  dray status --errors 200 --export review.csv
      The review list: records that need a person, as a table for a spreadsheet.
  dray status --errors --run last-backup
      What the newest backup has found.
  dray status --readiness && dray migrate
      Plans a migration only if nothing stands in its way.
  dray status --json | jq .accountedFor
      For programs. Several parts at once are one document with a field for each.

Exit status:
  0  nothing is left for a person
  1  something is: records that need attention, dead letters, a last run that
     failed, a check that does not hold
  2  wrong arguments
  3  AWS or the stack cannot be reached
  130  Ctrl-C while watching";

#[derive(Debug, Clone, Args)]
#[command(after_long_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct Status {
    /// The stack at a glance. This is what is shown if nothing else is asked for.
    #[arg(long)]
    overview: bool,
    /// The last N runs [default: 20].
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "20", value_parser = clap::value_parser!(u32).range(1..=1000))]
    runs: Option<u32>,
    /// How the files of each account stand. Reads the whole ledger.
    #[arg(long)]
    accounts: bool,
    /// The newest N records that need a person, with what to do [default: 20].
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "20", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    errors: Option<u32>,
    /// With --errors: only what this run has found. A run's id or its beginning, last, or last-<kind>.
    #[arg(long, value_name = "RUN", requires = "errors")]
    run: Option<String>,
    /// Whether records could be repointed now.
    #[arg(long)]
    readiness: bool,
    /// All of it.
    #[arg(long)]
    all: bool,
    /// Also write it into this file: .json as --json prints it, .csv with a row for each run, account or error.
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// Show the overview again every two seconds until Ctrl-C; a line now and then where there is no terminal.
    #[arg(long, conflicts_with_all = ["runs", "accounts", "errors", "readiness", "all", "export"])]
    watch: bool,
}

/// Used where nobody says how many.
const ROWS_DEFAULT: u32 = 20;

/// What was asked for, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    overview: bool,
    runs: Option<u32>,
    accounts: bool,
    errors: Option<u32>,
    run: Option<String>,
    readiness: bool,
    export: Option<Export>,
}

impl Status {
    fn check(&self, common: &Common) -> Result<Asked, Failure> {
        if self.watch && common.json {
            return Err(Failure::usage(
                "--watch and --json exclude each other: JSON is one document",
                "leave one of the two out; programs ask again themselves",
            ));
        }
        let nothing =
            self.runs.is_none() && self.errors.is_none() && !self.accounts && !self.readiness;
        let asked = Asked {
            overview: self.overview || self.all || nothing,
            runs: self.runs.or(self.all.then_some(ROWS_DEFAULT)),
            accounts: self.accounts || self.all,
            errors: self.errors.or(self.all.then_some(ROWS_DEFAULT)),
            run: self.run.clone(),
            readiness: self.readiness || self.all,
            export: self.export.as_deref().map(Export::to).transpose()?,
        };
        let is_table = asked.export.as_ref().is_some_and(|file| file.format == Format::Csv);
        let lists = [asked.runs.is_some(), asked.accounts, asked.errors.is_some()];
        let others = asked.overview || asked.readiness;
        if is_table && (others || lists.into_iter().filter(|list| *list).count() != 1) {
            return Err(Failure::usage(
                "a CSV file has one row per run, account or error, and this asks for something else",
                "give exactly one of --runs, --accounts and --errors, or a file that ends in .json",
            ));
        }
        Ok(asked)
    }
}

/// `dray status`.
pub(crate) async fn run(arguments: &Status, common: &Common) -> Result<Verdict, Failure> {
    let asked = arguments.check(common)?;
    let connection = Connection::open(&common.stack).await?;
    if arguments.watch {
        return Box::pin(watch::watch(&connection)).await;
    }
    let found = Box::pin(sections::read(&connection, &asked)).await?;
    if let Some(file) = &asked.export {
        file.write(&found.document(), &found.table())?;
    }
    if common.json {
        json(&found.document())?;
    } else {
        data(&found.text(Look::of_standard_output(), &Moment::here()))?;
    }
    Ok(found.verdict())
}

#[cfg(test)]
mod tests;
