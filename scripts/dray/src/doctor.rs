//! `dray doctor`: checks everything that a run needs, from here to Salesforce, and starts nothing.

mod access;
#[cfg(test)]
mod flow_tests;
mod functions;
mod parts;
mod report;
mod text;
mod work;

use aws_config::SdkConfig;
use clap::Args;
use serde_json::to_value;

use self::report::Report;
use crate::cli::Common;
use crate::connection::{self, Connection};
use crate::failure::{Failure, Verdict};
use crate::output::{Look, data, json};
use crate::stack::StackChoice;

const LONG_HELP: &str = "\
What is checked:
  access      region, credentials, the stack and how it stands
  stack       versions, tables, buckets, queues, state machines, schedule
  work        pause, and who holds the run lock
  functions   what the functions reach: settings, secrets, buckets, tables, queue, topic
  salesforce  sign-in, API version, org, object and fields, records, API calls

  Nothing is started or written. A check that can be made is made, also where
  others fail; one that builds on a failed one is left out. Salesforce is asked
  with the functions' own credentials, in about
  five API calls.

Exit status:
  0  no check failed; there may be warnings
  1  a check failed
  2  wrong arguments
  3  no credentials, or the stack cannot be reached; what could be checked is printed all the same

Examples:
  dray doctor                               before the first run, and whenever something is odd
  dray --stack acme doctor                  the stack `acme`
  dray doctor --json | jq '.checks[] | select(.state != \"passed\")'
                                            only what needs a person
  dray doctor --json | jq .org.isSandbox    is it production?";

#[derive(Debug, Args)]
#[command(after_long_help = LONG_HELP)]
pub(crate) struct Doctor {}

/// `dray doctor`.
pub(crate) async fn run(_arguments: &Doctor, common: &Common) -> Result<Verdict, Failure> {
    let config = connection::configuration(&common.stack).await;
    let (report, unreachable) = examine(config, &common.stack).await;
    if common.json {
        let value = to_value(&report).map_err(|error| {
            Failure::failed(format!("the report cannot be written: {error}"), "try without --json")
        })?;
        json(&value)?;
    } else {
        data(&text::text(&report, Look::of_standard_output()))?;
    }
    match unreachable {
        Some(failure) => Err(failure),
        None if report.failed() > 0 => Ok(Verdict::Left),
        None => Ok(Verdict::Clean),
    }
}

/// Makes every check that can be made. Where the stack cannot be reached, the reason comes with what was checked before.
async fn examine(config: SdkConfig, choice: &StackChoice) -> (Report, Option<Failure>) {
    let mut report = Report { stack: choice.name.clone().unwrap_or_default(), ..Report::default() };
    let credentials = Box::pin(access::credentials(&config)).await;
    report.take(access::region(&config));
    report.take(credentials.unwrap_or_else(|finding| finding));
    let connection = match Box::pin(Connection::with(config, choice)).await {
        Ok(connection) => connection,
        Err(failure) => {
            report.take(access::unreachable(&failure));
            return (report, Some(failure));
        }
    };
    report.take(access::stack_state(&connection.stack.state));
    report.take(access::found(&connection.stack));
    let (parts, work, seen) = tokio::join!(
        Box::pin(parts::look(&connection)),
        Box::pin(work::look(&connection)),
        Box::pin(functions::look(&connection))
    );
    report.checks.extend(seen.version);
    report.checks.extend(parts);
    report.checks.extend(work);
    report.checks.extend(seen.checks);
    report.org = seen.org;
    report.api_calls = seen.api_calls;
    report.records = seen.records;
    (report, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_long_help_has_examples_and_the_short_one_stays_short() {
        let mut command = Doctor::augment_args(clap::Command::new("doctor"));
        assert!(command.render_long_help().to_string().contains("Examples:"));
        assert!(!command.render_help().to_string().contains("Examples:"));
        assert!(LONG_HELP.lines().all(|line| line.len() <= 110));
    }
}
