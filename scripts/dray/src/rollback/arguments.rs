//! The arguments of `dray rollback`, and the request that they amount to once checked.

use std::fmt::Write as _;

use clap::{ArgGroup, Args};
use drayage_domain::problem::Problem;
use drayage_domain::switch::input::RollbackInput;
use drayage_domain::switch::mode::ModeChoice;
use serde_json::{Value, json};

use super::file::RollbackFile;
use crate::cli::Common;
use crate::failure::Failure;
use crate::kind::Kind;
use crate::output::{can_ask, quoted};
use crate::plan::Asked;
use crate::start::fields::listed;

const HELP: &str = "\
Examples:
  dray rollback --from-ledger --run migrate-20261121T070809Z-012
  dray rollback --from-ledger --account 'Acme, Inc.'
  dray rollback --from-ledger --all --execute      asks for the word ROLLBACK
  dray rollback --from-file rollback.jsonl         without the ledger

Exit status:
  0    done, or ready to be done
  1    a check does not hold, records need a person, or the run has failed
  2    wrong arguments, nothing was started
  3    AWS cannot be reached
  130  stopped watching by Ctrl-C, the run goes on";

#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[command(group(ArgGroup::new("source").required(true).args(["from_ledger", "from_file"])))]
pub(crate) struct Rollback {
    /// Put back what the ledger knows to be switched. Say what of: --run, --account, --record or --all.
    #[arg(long)]
    from_ledger: bool,
    /// Put back what a rollback file lists, without the ledger: a local file, or the `s3://` address of one in the state bucket.
    #[arg(long, value_name = "FILE")]
    from_file: Option<String>,
    /// Only what this migrate run has switched.
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// Only records of this account, by id or by exact name; repeatable.
    #[arg(long = "account", value_name = "ID_OR_NAME")]
    accounts: Vec<String>,
    /// Only this record, by id; repeatable.
    #[arg(long = "record", value_name = "ID")]
    records: Vec<String>,
    /// Only the records of this file, one id a line; - for standard input.
    #[arg(long, value_name = "FILE")]
    records_from: Option<String>,
    /// Everything that was switched.
    #[arg(long)]
    all: bool,
    /// How Salesforce is told: auto, guarded, collections or bulk.
    #[arg(long, default_value = "auto", value_name = "MODE", value_parser = mode)]
    mode: ModeChoice,
    /// Write. Otherwise only the plan is shown.
    #[arg(long)]
    execute: bool,
    /// Do not ask for the word.
    #[arg(long, short, requires = "execute")]
    yes: bool,
    /// Carry out only the plan of this hash.
    #[arg(long, value_name = "HASH", requires = "execute")]
    plan_hash: Option<String>,
    /// Start the last execution and do not wait for its end.
    #[arg(long)]
    detach: bool,
    /// How the command that carries a plan out begins, as it is shown.
    #[arg(long, hide = true, env = "DRAYAGE_ROLLBACK_COMMAND", default_value = "dray rollback")]
    called_as: String,
}

/// A checked request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Request {
    /// The input of the dry run, but for the key of a local file.
    pub(super) input: RollbackInput,
    /// The file, if one is given.
    pub(super) file: Option<RollbackFile>,
    pub(super) execute: bool,
    pub(super) yes: bool,
    pub(super) plan_hash: Option<String>,
    pub(super) detach: bool,
    pub(super) json: bool,
    /// The command line as it was given, but for what `--execute` brings.
    command: String,
}

fn mode(text: &str) -> Result<ModeChoice, String> {
    serde_json::from_value(Value::String(text.to_owned()))
        .map_err(|_unknown| "hint: give auto, guarded, collections or bulk".to_owned())
}

impl Rollback {
    /// Checks everything that can be checked without AWS.
    pub(crate) fn check(&self, common: &Common) -> Result<Request, Failure> {
        if self.execute && !self.yes && !can_ask() {
            return Err(Failure::usage(
                "--execute asks for a word, and nobody can be asked here",
                "add --yes, and --plan-hash with the hash of the plan that was reviewed",
            ));
        }
        let file = self.from_file.as_deref().map(RollbackFile::open).transpose()?;
        let mut records = self.records.clone();
        if let Some(from) = &self.records_from {
            records.extend(listed(from)?);
            if records.is_empty() {
                return Err(Failure::usage(
                    format!("{from} lists no record"),
                    "give a file with one id a line",
                ));
            }
        }
        let mut input = json!({"all": self.all, "mode": self.mode});
        let mut set = |name: &str, value: Value| {
            if let Some(object) = input.as_object_mut() {
                object.insert(name.to_owned(), value);
            }
        };
        if let Some(run) = &self.run {
            set("run", json!(run));
        }
        if !self.accounts.is_empty() {
            set("accounts", json!(self.accounts));
        }
        if !records.is_empty() {
            set("records", json!(records));
        }
        if let Some(file) = &file {
            set("file", json!(file.key()));
        }
        if let Some(hash) = &self.plan_hash {
            set("planHash", json!(hash));
        }
        let parsed = RollbackInput::parse(&input).map_err(|problems| usage(&problems))?;
        Ok(Request {
            // The dry run is to tell what the plan is, also if it is another one.
            input: RollbackInput { plan_hash: None, ..parsed },
            file,
            execute: self.execute,
            yes: self.yes,
            plan_hash: self.plan_hash.clone(),
            detach: self.detach,
            json: common.json,
            command: self.command(&common.stack.options()),
        })
    }

    /// * `stack`: the options that lead to the stack.
    fn command(&self, stack: &str) -> String {
        let mut command = format!("{}{stack}", self.called_as);
        let mut add = |option: &str, value: &str| {
            // Writing into a String cannot fail.
            _ = write!(command, " {option} {}", quoted(value));
        };
        if let Some(file) = &self.from_file {
            add("--from-file", file);
        }
        if let Some(run) = &self.run {
            add("--run", run);
        }
        self.accounts.iter().for_each(|account| add("--account", account));
        self.records.iter().for_each(|record| add("--record", record));
        if let Some(from) = &self.records_from {
            add("--records-from", from);
        }
        if self.mode != ModeChoice::Auto
            && let Ok(Value::String(mode)) = serde_json::to_value(self.mode)
        {
            add("--mode", &mode);
        }
        for (given, flag) in [(self.from_ledger, " --from-ledger"), (self.all, " --all")] {
            if given {
                command.push_str(flag);
            }
        }
        command
    }
}

impl Request {
    /// What the command amounts to, with an input whose file is where the state machine reads it.
    pub(super) fn asked(&self, input: &RollbackInput) -> Result<Asked, Failure> {
        let plan_input = serde_json::to_value(input).map_err(|error| {
            Failure::failed(format!("the input cannot be written as JSON: {error}"), "report this")
        })?;
        Ok(Asked {
            kind: Kind::Rollback,
            plan_input,
            write_input: json!({}),
            execute: self.execute,
            yes: self.yes,
            plan_hash: self.plan_hash.clone(),
            detach: self.detach,
            json: self.json,
            command: self.command.clone(),
        })
    }
}

/// Problems of the input, in the names that the command line has for its fields.
fn usage(problems: &[Problem]) -> Failure {
    let option = |place: &str| match place {
        "all" => "--all".to_owned(),
        "run" => "--run".to_owned(),
        "accounts" => "--account".to_owned(),
        "records" => "--record and --records-from".to_owned(),
        "file" => "--from-file".to_owned(),
        "planHash" => "--plan-hash".to_owned(),
        "mode" => "--mode".to_owned(),
        "input" => "the command".to_owned(),
        other => other.to_owned(),
    };
    let hint = |problem: &Problem| match problem.place.as_str() {
        "input" => "add --run, --account, --record, --records-from, or --all".to_owned(),
        "all" => "leave --all out to put back only what the others select".to_owned(),
        _ => problem.hint.clone(),
    };
    let messages = problems.iter().map(|one| format!("{} {}", option(&one.place), one.message));
    let mut hints: Vec<String> = problems.iter().map(hint).collect();
    hints.dedup();
    Failure::usage(messages.collect::<Vec<_>>().join("\n       "), hints.join("; "))
}

#[cfg(test)]
mod tests;
