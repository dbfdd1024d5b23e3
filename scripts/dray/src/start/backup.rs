//! `dray backup`.

use clap::Args;

use super::fields::{Fields, ids};
use super::launch::{Launch, Watching, launch};
use crate::cli::Common;
use crate::connection::Connection;
use crate::failure::{Failure, Verdict};
use crate::kind::Kind;

const HELP: &str = "\
Copies the files that Salesforce records point at into the destination bucket, and proves that each one has arrived. Salesforce is \
only read. What was copied before and has not changed is not copied again, so a backup may be started as often as you like.

Examples:
  dray backup                                  every file; checks each against its source
  dray backup --incremental                    only what has changed in Salesforce since
  dray backup --dry-run                        the plan, with number, time and cost
  dray backup -a 'Acme, Inc.' -n 100           a trial: one account, at most 100 files
  dray backup --record a0B5e000001xyz1EAA      one file
  dray backup --detach                         starts it, and returns at once
  dray backup --input '{\"mode\": \"incremental\"}'

Exit status:
  0    every record is in a good end state
  1    some need a person, or the run has failed
  2    wrong arguments, nothing was started
  3    AWS cannot be reached
  130  stopped watching by Ctrl-C, the run goes on";

#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Backup {
    /// full: checks every file against its source; incremental: looks only at what has changed.
    #[arg(long, short, value_name = "MODE")]
    mode: Option<String>,
    /// The same as --mode incremental.
    #[arg(long, short = 'I', conflicts_with = "mode")]
    incremental: bool,
    /// Only records of this account, by id or by exact name; repeatable.
    #[arg(long = "account", short, value_name = "ID_OR_NAME")]
    accounts: Vec<String>,
    /// Only this record, by id; repeatable.
    #[arg(long = "record", short, value_name = "ID")]
    records: Vec<String>,
    /// Only the records of this file, one id a line; - for standard input.
    #[arg(long, value_name = "FILE")]
    records_from: Option<String>,
    /// Copy at most so many files.
    #[arg(long, short = 'n', value_name = "NUMBER")]
    max_files: Option<String>,
    /// Only files of this extension, such as pdf; repeatable, or with commas.
    #[arg(long = "extension", short, value_name = "EXT", value_delimiter = ',')]
    extensions: Vec<String>,
    /// Skip larger files.
    #[arg(long, value_name = "MB")]
    max_file_size_mb: Option<String>,
    /// Files per batch.
    #[arg(long, value_name = "NUMBER")]
    batch_size: Option<String>,
    /// Write the plan and an estimate, copy nothing.
    #[arg(long)]
    dry_run: bool,
    /// How Salesforce is read: auto, rest or bulk.
    #[arg(long, value_name = "API")]
    query_api: Option<String>,
    /// schedule: ends as skipped, instead of failed, while another run is under way.
    #[arg(long, value_name = "TRIGGER")]
    trigger: Option<String>,
    #[command(flatten)]
    watching: Watching,
}

impl Backup {
    fn check(&self, common: &Common) -> Result<Launch, Failure> {
        let incremental = self.incremental.then(|| "incremental".to_owned());
        let input = Fields::raw(self.watching.input.as_deref())?
            .text("mode", self.mode.as_ref().or(incremental.as_ref()))
            .list("accounts", &self.accounts)
            .list("records", &ids(&self.records, self.records_from.as_ref())?)
            .number("maxFiles", self.max_files.as_ref())
            .list("allowedExtensions", &self.extensions)
            .number("maxFileSizeMb", self.max_file_size_mb.as_ref())
            .number("batchSize", self.batch_size.as_ref())
            .flag("dryRun", self.dry_run, true)
            .text("queryApi", self.query_api.as_ref())
            .text("trigger", self.trigger.as_ref())
            .into_value();
        Launch::checked(Kind::Backup, input, self.watching.detach, common)
    }
}

/// Starts it, and watches.
pub(crate) async fn run(arguments: &Backup, common: &Common) -> Result<Verdict, Failure> {
    let wanted = arguments.check(common)?;
    let connection = Connection::open(&common.stack).await?;
    launch(&connection, &wanted).await
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::{Value, json};

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        backup: Backup,
    }

    fn input(words: &[&str]) -> Result<Value, Failure> {
        let line = Line::try_parse_from(["dray"].iter().chain(words)).unwrap();
        line.backup.check(&line.common).map(|launch| launch.input)
    }

    #[test]
    fn every_field_has_an_option() {
        let line = [
            "-I",
            "-a",
            "Acme, Inc.",
            "-n",
            "5",
            "-e",
            "pdf,docx",
            "--max-file-size-mb",
            "7",
            "--batch-size",
            "10",
            "--dry-run",
            "--query-api",
            "rest",
            "--trigger",
            "manual",
        ];
        let expected = json!({
            "mode": "incremental", "accounts": ["Acme, Inc."], "maxFiles": 5,
            "allowedExtensions": ["pdf", "docx"], "maxFileSizeMb": 7, "batchSize": 10,
            "dryRun": true, "queryApi": "rest", "trigger": "manual",
        });
        assert_eq!(input(&line), Ok(expected));
        assert_eq!(input(&["-r", "a0B000000000001"]), Ok(json!({"records": ["a0B000000000001"]})));
        assert_eq!(input(&[]), Ok(json!({})));
    }

    #[test]
    fn wrong_values_are_told_all_at_once() {
        let failure = input(&["--mode", "some", "-n", "few", "--query-api", "soap"]).unwrap_err();
        assert_eq!(failure.kind, crate::failure::Kind::Usage);
        for option in ["--mode", "--max-files", "--query-api"] {
            assert!(failure.message.contains(option), "{option}: {failure}");
        }
    }

    #[test]
    fn the_raw_input_is_the_base() {
        let line = ["--input", r#"{"mode": "incremental", "maxFiles": 3}"#, "-n", "4"];
        assert_eq!(input(&line), Ok(json!({"mode": "incremental", "maxFiles": 4})));
        let failure = input(&["--input", r#"{"max_files": 3}"#]).unwrap_err();
        assert!(failure.hint.contains("did you mean `maxFiles`?"), "{failure}");
    }
}
