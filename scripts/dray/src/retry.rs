//! `dray retry`: tries again what has failed in a run, and nothing else.

mod choose;

use clap::Args;
use drayage_domain::run::RunSummary;
use drayage_domain::switch::input::RECORDS_MAX;
use serde_json::{Value, json};

use crate::cli::Common;
use crate::connection::Connection;
use crate::execution::command;
use crate::failure::{Failure, Verdict};
use crate::kind::Kind;
use crate::output::{ask, can_ask, data, json as print_json, note, quoted};
use crate::plan::{self, review};
use crate::start::{self, Comparison, Launch, Told, fields::Fields};
use crate::view::{self, RunView};
use choose::{Facts, Next, Step, choose};

const HELP: &str = "\
Tries again what has failed in a run, and nothing else, after saying what that is:

  backup       the files that this run could not copy, or did not find; more
               than 5,000 by an incremental backup, which tries every
               unsettled file again. If only its comparison has found
               differences: reconcile --fix
  migrate      the records that were not written; a plan, unless --execute is
               given. Records that somebody has edited stay
  rollback     the same
  single-phase the files, with status 1: dray migrate then points their
               records at the copies. Otherwise as migrate
  reconcile    compares again, with --fix
  transfer     the same input again; copies what is missing or different

A run that was stopped or has broken off is started again with its own input. Nothing left is said so, with status 0.

Examples:
  dray retry last-backup
  dray retry backup-20261121T070809Z-012 --detach
  dray retry last-migrate                               the plan
  dray retry last-migrate --execute --plan-hash HASH

Exit status:
  0    nothing is left
  1    something still is, or the run has failed
  2    wrong arguments, nothing was started
  3    AWS cannot be reached
  130  stopped watching by Ctrl-C, the run goes on";

#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Retry {
    /// The run: its id or the beginning of it, the ARN of its execution, last, or last-KIND.
    run: String,
    /// Write into Salesforce, where the run was about that. Otherwise only the plan is shown.
    #[arg(long, short = 'x')]
    execute: bool,
    /// Carry out only the plan of this hash.
    #[arg(long, value_name = "HASH", requires = "execute")]
    plan_hash: Option<String>,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    /// Start, print the run's id, and do not wait for its end.
    #[arg(long, short)]
    detach: bool,
}

/// `dray retry`.
pub(crate) async fn run(arguments: &Retry, common: &Common) -> Result<Verdict, Failure> {
    if arguments.execute && !arguments.yes && !can_ask() {
        return Err(Failure::usage(
            "--execute asks for a word, and nobody can be asked here",
            "add --yes, and --plan-hash with the hash of the plan that was reviewed",
        ));
    }
    let connection = Connection::open(&common.stack).await?;
    let run = view::find_run(&connection, &arguments.run).await?;
    again(&connection, arguments, common, &run).await
}

async fn again(
    connection: &Connection,
    arguments: &Retry,
    common: &Common,
    run: &RunView,
) -> Result<Verdict, Failure> {
    match choose(run, &facts(connection, run).await?)? {
        Next::Nothing(why) => {
            if common.json {
                print_json(&json!({"runId": null, "retryOf": run.run_id, "nothingLeft": true}))?;
            } else {
                data(&why)?;
            }
            Ok(Verdict::Clean)
        }
        Next::Start(step) => {
            takes_hash(arguments, step.kind)?;
            note(&step.why);
            if step.ask && !arguments.yes {
                confirm().await?;
            }
            let is_first_half = step.is_first_half;
            let verdict = begin(connection, arguments, common, run, step).await?;
            Ok(if is_first_half { half_done(connection, arguments, verdict) } else { verdict })
        }
    }
}

/// A hash binds what is written to a plan that was reviewed, so it is not ignored where no plan is made first.
fn takes_hash(arguments: &Retry, kind: Kind) -> Result<(), Failure> {
    if arguments.plan_hash.is_none() || matches!(kind, Kind::Migrate | Kind::Rollback) {
        return Ok(());
    }
    Err(Failure::usage(
        format!("--plan-hash is about a plan, and this starts a {}", kind.name()),
        "leave --plan-hash out",
    ))
}

/// Says that copying is not all: the records of these files point at their sources until a migrate takes them up.
fn half_done(connection: &Connection, arguments: &Retry, verdict: Verdict) -> Verdict {
    let migrate = command(&connection.stack, "migrate");
    note(&format!("This copies only. Then point the records at the copies: {migrate}"));
    match verdict {
        Verdict::Clean if !arguments.detach => Verdict::Left,
        Verdict::Clean | Verdict::Left | Verdict::Unwatched => verdict,
    }
}

async fn confirm() -> Result<(), Failure> {
    if !can_ask() {
        return Err(Failure::usage("nobody can be asked here", "add --yes"));
    }
    if ask("Type yes to go on:").await == "yes" {
        return Ok(());
    }
    Err(Failure::failed("not confirmed; nothing was started", "type yes in full"))
}

/// What is known about what the run has left.
async fn facts(connection: &Connection, run: &RunView) -> Result<Facts, Failure> {
    let input = connection.executions.input_of(&run.execution_arn).await?;
    let input = input.and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let mut facts = Facts { input, ..Facts::default() };
    let copies = match Kind::from_name(&run.kind) {
        Some(Kind::Backup) => Some(run.run_id.clone()),
        Some(Kind::SinglePhase) => Some(view::step_of(&run.run_id)),
        _ => None,
    };
    if let Some(copies) = copies {
        // One more than may be named, so that too many are known as such.
        let (most, wanted) = (RECORDS_MAX + 1, choose::may_be_copied);
        let found = view::attention_of_run(connection, most, &copies, wanted).await?;
        facts.failed = choose::failed(&found);
        let record = connection.ledger.run(&copies).await?;
        facts.backup = record.and_then(|record| match record.summary? {
            RunSummary::Records(summary) => Some(summary),
            RunSummary::Urls(_) => None,
        });
    }
    if matches!(
        Kind::from_name(&run.kind),
        Some(Kind::Migrate | Kind::Rollback | Kind::SinglePhase)
    ) {
        facts.not_written = review::not_written(connection, &run.run_id).await?;
    }
    Ok(facts)
}

async fn begin(
    connection: &Connection,
    arguments: &Retry,
    common: &Common,
    run: &RunView,
    step: Step,
) -> Result<Verdict, Failure> {
    let Step { kind, mut input, .. } = step;
    if !arguments.execute
        && let Some(fields) = input.as_object_mut()
    {
        // Only what writes can be approved.
        fields.remove("approval");
    }
    let launch = |input| Launch::checked(kind, input, arguments.detach, common);
    match kind {
        Kind::Migrate | Kind::Rollback => {
            let words = format!("retry {}", quoted(&run.run_id));
            let told = Told {
                // Without --execute it is about other questions than that of a plan.
                yes: arguments.yes && arguments.execute,
                detach: arguments.detach,
                json: common.json,
                command: command(&connection.stack, &words),
            };
            let fields = Fields::of(input)
                .flag("execute", arguments.execute, true)
                .text("planHash", arguments.plan_hash.as_ref());
            plan::run(connection, &start::asked(kind, fields, told)?).await
        }
        Kind::Reconcile | Kind::Transfer => {
            let comparison = Comparison::new(launch(input)?, arguments.yes)?;
            start::run_comparison(connection, &comparison).await
        }
        Kind::SinglePhase => {
            let fields = Fields::of(input).flag("execute", arguments.execute, true);
            let wanted = launch(fields.into_value())?;
            start::single_phase_confirmed(connection, &wanted.input, arguments.yes).await?;
            start::launch(connection, &wanted).await
        }
        Kind::Backup | Kind::Analyze => start::launch(connection, &launch(input)?).await,
    }
}

#[cfg(test)]
mod tests;
