//! `dray analyze`: tells what a migration would be about: scope, sizes, hazards, time, requests, cost.

mod read;
#[cfg(test)]
mod samples;
mod sections;
mod text;

use std::path::PathBuf;

use clap::Args;
use drayage_domain::analysis::Analysis;
use drayage_domain::analysis::input::AnalyzeInput;
use serde_json::Value;

use crate::cli::Common;
use crate::connection::Connection;
use crate::execution::{self, Ended};
use crate::failure::{Failure, Verdict};
use crate::human::Moment;
use crate::kind::Kind;
use crate::output::{Look, data, json as print_json, note, quoted};
use crate::watch::Watch;

/// Tells what a migration would be about, before anything is copied.
///
/// Every record is read from Salesforce and planned, as a dry run of a full backup does; the plan is added up, and the sources are asked
/// for the size of a random sample of the files, by HEAD requests. Nothing is copied, no ledger row is written, and no lock is
/// taken: an analysis may run beside anything else.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Analyze {
    /// Only records of these accounts, by id or exact name; may be given several times, or with commas between ids.
    #[arg(long, value_name = "ACCOUNT", num_args = 1.., conflicts_with = "last")]
    accounts: Vec<String>,
    /// Files whose size is asked for, 0 to 5,000; four times as many halve the error. 400 unless given.
    #[arg(long, value_name = "N", conflicts_with = "last")]
    sample: Option<u32>,
    /// Show the newest analysis, without starting one.
    #[arg(long, conflicts_with = "detach")]
    last: bool,
    /// Start it, print its ARN and do not wait for it.
    #[arg(long, conflicts_with = "export")]
    detach: bool,
    /// Write the analysis as JSON into this file as well.
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
}

const EXAMPLES: &str = "\
WHAT IT SHOWS
  Scope            records, files and accounts; where the plan and the table of all accounts are.
  Records          by planned outcome: what would be copied, left alone or refused.
  Hosts            every host and bucket that URLs name, and whether the allow-list permits it.
  File types       by files, with the mean size of those in the sample.
  Sizes            the total with its 95 % interval (bootstrap-t, because sizes are heavy-tailed), and what the
                   sample has met: files that are missing, refused or too large.
  Hazards          what keeps files back, or is good to know, with what to do.
  Accounts         the ten with the most files.
  Estimate         time, requests and cost on AWS, item by item, and storage a month.
  Salesforce       API calls for reading, and for repointing in each mode; what the org has left.
  Recommendation   which command to take, and why.

  An ~ stands before numbers that are estimated from a part.

Examples:
  Look at everything:
    dray analyze

  Look at two accounts, with a larger sample:
    dray analyze --accounts 'Acme & Sons' 0018000000MwdKAAAZ --sample 2000

  Keep the analysis for a ticket, and read a number from it:
    dray analyze --export analysis.json
    dray analyze --last --json | jq .sizes.total

  Start it, and look at it later:
    dray analyze --detach
    dray analyze --last

Exit status:
  0  the analysis is shown, and nothing keeps files back
  1  hazards keep files back; or the analysis has failed
  2  wrong arguments, nothing was started
  3  AWS or the stack cannot be reached
  130  Ctrl-C: the execution goes on";

impl Analyze {
    /// The execution's input; every problem of the arguments at once.
    fn input(&self) -> Result<Value, Failure> {
        let input = AnalyzeInput {
            accounts: (!self.accounts.is_empty()).then(|| self.accounts.clone()),
            sample: self.sample,
            ..AnalyzeInput::default()
        };
        let input = serde_json::to_value(input).map_err(|error| {
            Failure::failed(format!("the input cannot be written as JSON: {error}"), "report this")
        })?;
        AnalyzeInput::parse(&input).map(|_| input).map_err(|problems| {
            let told: Vec<String> = problems
                .iter()
                .map(|problem| format!("--{} {}", problem.place, problem.message))
                .collect();
            let hint = problems.first().map_or("", |problem| problem.hint.as_str());
            Failure::usage(told.join("; "), hint)
        })
    }
}

/// `dray analyze`.
pub(crate) async fn run(arguments: &Analyze, common: &Common) -> Result<Verdict, Failure> {
    // Wrong arguments are told before anybody is asked for credentials.
    let input = arguments.input()?;
    let connection = Connection::open(&common.stack).await?;
    run_with(&connection, arguments, &input, common.json).await
}

async fn run_with(
    connection: &Connection,
    arguments: &Analyze,
    input: &Value,
    as_json: bool,
) -> Result<Verdict, Failure> {
    if arguments.last {
        let analysis = read::newest(connection).await?;
        return show(connection, arguments, &analysis, as_json);
    }
    let machine = connection.stack.machine(Kind::Analyze);
    let started = execution::start(connection, machine, Kind::Analyze.name(), input).await?;
    note(&format!("analyzing as {}; nothing is copied or written", started.run_id));
    if arguments.detach {
        return execution::left_alone(connection, &started, as_json);
    }
    match execution::follow(connection, &started, Watch::of(Kind::Analyze)).await? {
        Ended::Unwatched => Ok(Verdict::Unwatched),
        Ended::Succeeded(_) => {
            let analysis = read::of_run(connection, &started.run_id).await?;
            show(connection, arguments, &analysis, as_json)
        }
        Ended::Failed(problem) => Err(execution::failure(&started, &problem)),
    }
}

fn show(
    connection: &Connection,
    arguments: &Analyze,
    analysis: &Analysis,
    as_json: bool,
) -> Result<Verdict, Failure> {
    let value = serde_json::to_value(analysis).map_err(|error| {
        Failure::failed(format!("the analysis cannot be written as JSON: {error}"), "report this")
    })?;
    if let Some(path) = &arguments.export {
        let shown = quoted(&path.display().to_string());
        std::fs::write(path, format!("{value:#}\n")).map_err(|error| {
            Failure::failed(
                format!("{shown} cannot be written: {error}"),
                "give another file; the analysis is kept: dray analyze --last",
            )
        })?;
        note(&format!("written to {shown}"));
    }
    if as_json {
        print_json(&value)?;
    } else {
        let look = Look::of_standard_output();
        data(&text::text(analysis, &connection.stack, &Moment::here(), look))?;
    }
    let is_clean = !analysis.hazards.iter().any(|hazard| hazard.blocking);
    Ok(if is_clean { Verdict::Clean } else { Verdict::Left })
}

#[cfg(test)]
mod tests;
