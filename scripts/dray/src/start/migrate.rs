//! `dray migrate`.

use std::fmt::Write as _;

use clap::Args;
use serde_json::json;

use super::check;
use super::fields::{Fields, ids};
use super::launch::Watching;
use crate::cli::Common;
use crate::connection::Connection;
use crate::failure::{Failure, Verdict};
use crate::kind::Kind;
use crate::output::{can_ask, quoted};
use crate::plan::{self, Asked};

const HELP: &str = "\
Points records at the copies of their files. Without --execute it is a dry run: what has changed in Salesforce is backed up, and the \
plan is shown with its checks, its mode, and what it takes. The command that carries out exactly that plan is printed below it.

With --execute the plan is made and shown first; then it asks, naming the org, the bucket, the field and the number of records. A record \
is written only while its copy is proven and its field holds the recorded original. `dray rollback` undoes it.

Examples:
  dray migrate                                           the plan
  dray migrate --execute --plan-hash HASH                exactly that plan
  dray migrate -a 001xx000003DGb2AAG -n 100 --execute    a first try
  dray migrate --execute --approval                      waits for approval
  dray migrate --execute --plan-hash HASH --yes --json   in a script

Exit status:
  0    done, or ready to be done
  1    a check does not hold, records need a person, or the run has failed
  2    wrong arguments, nothing was started
  3    AWS cannot be reached
  130  stopped watching by Ctrl-C, the run goes on";

#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Migrate {
    /// Only records of this account, by id or by exact name; repeatable.
    #[arg(long = "account", short, value_name = "ID_OR_NAME")]
    accounts: Vec<String>,
    /// Only this record, by id; repeatable.
    #[arg(long = "record", short, value_name = "ID")]
    records: Vec<String>,
    /// Only the records of this file, one id a line; - for standard input.
    #[arg(long, value_name = "FILE")]
    records_from: Option<String>,
    /// At most so many records.
    #[arg(long, short = 'n', value_name = "NUMBER")]
    max_records: Option<String>,
    /// How Salesforce is told: auto, guarded, collections or bulk.
    #[arg(long, short, value_name = "MODE")]
    mode: Option<String>,
    /// Plan from what the ledger knows, without backing up first what has changed.
    #[arg(long)]
    no_backup: bool,
    /// Open no new URL before anything is written.
    #[arg(long)]
    no_probe: bool,
    /// schedule: ends as skipped, instead of failed, while another run is under way.
    #[arg(long, value_name = "TRIGGER")]
    trigger: Option<String>,
    /// Write. Otherwise only the plan is shown.
    #[arg(long, short = 'x')]
    execute: bool,
    /// A person has to approve between plan and writing, see `dray approve`.
    #[arg(long)]
    approval: bool,
    /// Do not ask for the word.
    #[arg(long, short)]
    yes: bool,
    /// Carry out only the plan of this hash.
    #[arg(long, value_name = "HASH")]
    plan_hash: Option<String>,
    #[command(flatten)]
    watching: Watching,
}

impl Migrate {
    fn check(&self, common: &Common) -> Result<Asked, Failure> {
        let fields = Fields::raw(self.watching.input.as_deref())?
            .list("accounts", &self.accounts)
            .list("records", &ids(&self.records, self.records_from.as_ref())?)
            .number("maxRecords", self.max_records.as_ref())
            .text("mode", self.mode.as_ref())
            .flag("backup", self.no_backup, false)
            .flag("probe", self.no_probe, false)
            .text("trigger", self.trigger.as_ref())
            .flag("execute", self.execute, true)
            .flag("approval", self.approval, true)
            .text("planHash", self.plan_hash.as_ref());
        let told = Told {
            yes: self.yes,
            detach: self.watching.detach,
            json: common.json,
            command: self.command(&common.stack.options()),
        };
        asked(Kind::Migrate, fields, told)
    }

    fn command(&self, stack: &str) -> String {
        let mut command = format!("dray migrate{stack}");
        let mut add = |option: &str, value: &str| {
            // Writing into a String cannot fail.
            _ = write!(command, " {option} {}", quoted(value));
        };
        self.accounts.iter().for_each(|account| add("--account", account));
        self.records.iter().for_each(|record| add("--record", record));
        let named = [
            ("--records-from", &self.records_from),
            ("--max-records", &self.max_records),
            ("--mode", &self.mode),
            ("--trigger", &self.trigger),
            ("--input", &self.watching.input),
        ];
        for (option, value) in named {
            if let Some(value) = value {
                add(option, value);
            }
        }
        let flags = [
            (self.no_backup, " --no-backup"),
            (self.no_probe, " --no-probe"),
            (self.approval, " --approval"),
        ];
        flags.iter().filter(|(given, _)| *given).for_each(|(_, flag)| command.push_str(flag));
        command
    }
}

/// How a plan is carried out, and shown.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) yes: bool,
    pub(crate) detach: bool,
    pub(crate) json: bool,
    /// The command without what `--execute` brings.
    pub(crate) command: String,
}

/// Checks the fields of a run that plans and then writes. What only the writing may have is kept apart.
pub(crate) fn asked(kind: Kind, mut fields: Fields, told: Told) -> Result<Asked, Failure> {
    let execute = fields.is_true("execute");
    check::input(kind, &fields.clone().into_value())?;
    fields.take("execute");
    let approval = fields.take("approval").is_some_and(|value| value == json!(true));
    let plan_hash = fields.take("planHash").and_then(|value| value.as_str().map(str::to_owned));
    let Told { yes, detach, json: as_json, command } = told;
    if !execute && (yes || plan_hash.is_some()) {
        return Err(Failure::usage(
            "--yes and --plan-hash are about writing, and nothing is to be written",
            "add --execute, or leave them out",
        ));
    }
    if execute && !yes && !can_ask() {
        return Err(Failure::usage(
            "--execute asks for a word, and nobody can be asked here",
            "add --yes, and --plan-hash with the hash of the plan that was reviewed",
        ));
    }
    Ok(Asked {
        kind,
        plan_input: fields.into_value(),
        write_input: if approval { json!({"approval": true}) } else { json!({}) },
        execute,
        yes,
        plan_hash,
        detach,
        json: as_json,
        command,
    })
}

/// Plans; and, if that was asked for and is confirmed, carries the plan out.
pub(crate) async fn run(arguments: &Migrate, common: &Common) -> Result<Verdict, Failure> {
    let asked = arguments.check(common)?;
    let connection = Connection::open(&common.stack).await?;
    plan::run(&connection, &asked).await
}

#[cfg(test)]
mod tests;
