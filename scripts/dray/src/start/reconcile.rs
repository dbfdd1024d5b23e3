//! `dray reconcile`.

use clap::Args;

use super::compare::{self, Comparison};
use super::fields::Fields;
use super::launch::{Launch, Watching};
use super::places::Places;
use crate::cli::Common;
use crate::connection::Connection;
use crate::failure::{Failure, Verdict};
use crate::kind::Kind;

const HELP: &str = "\
Compares the ledger with the destination bucket, or any two buckets, and tells every difference. Nothing is changed without --fix, which \
copies again what is missing or different and compares once more. Objects that only the destination has are deleted only by --fix \
--delete-extra --execute: a dry run tells how many first, and then it asks.

Examples:
  dray reconcile                                        the ledger and the bucket
  dray reconcile --fix                                  copies again what is missing or different
  dray reconcile --level bytes                          reads every file
  dray reconcile -f s3://theirs/in -t s3://ours/out     two buckets
  dray reconcile -f theirs -t ours --fix --delete-extra --execute

Exit status:
  0    no difference is left
  1    there are some, or the run has failed
  2    wrong arguments, nothing was started
  3    AWS cannot be reached
  130  stopped watching by Ctrl-C, the run goes on";

#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Reconcile {
    /// Compare with this bucket instead of the ledger: `s3://BUCKET/PREFIX`.
    #[arg(long, short = 'f', visible_alias = "from", value_name = "PLACE")]
    source: Option<String>,
    /// The place that is compared with the source; the stack's destination bucket if left out.
    #[arg(long, short = 't', visible_alias = "to", value_name = "PLACE")]
    destination: Option<String>,
    /// Copy again what is missing or different, and compare again.
    #[arg(long)]
    fix: bool,
    /// Compare once, and tell what --fix would do.
    #[arg(long)]
    dry_run: bool,
    /// Delete objects that only the destination has; needs --fix and --execute.
    #[arg(long)]
    delete_extra: bool,
    /// Really delete.
    #[arg(long, short = 'x')]
    execute: bool,
    /// Do not ask before deleting.
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    watching: Watching,
}

impl Reconcile {
    fn check(&self, common: &Common) -> Result<Comparison, Failure> {
        let fields = Fields::raw(self.watching.input.as_deref())?
            .flag("fix", self.fix, true)
            .flag("dryRun", self.dry_run, true)
            .flag("deleteExtra", self.delete_extra, true)
            .flag("execute", self.execute, true);
        let input =
            self.places.add(fields, self.source.as_ref(), self.destination.as_ref())?.into_value();
        let launch = Launch::checked(Kind::Reconcile, input, self.watching.detach, common)?;
        Comparison::new(launch, self.yes)
    }
}

/// Starts it, and watches.
pub(crate) async fn run(arguments: &Reconcile, common: &Common) -> Result<Verdict, Failure> {
    let wanted = arguments.check(common)?;
    let connection = Connection::open(&common.stack).await?;
    compare::run(&connection, &wanted).await
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
        reconcile: Reconcile,
    }

    fn input(words: &[&str]) -> Result<Value, Failure> {
        let line = Line::try_parse_from(["dray"].iter().chain(words)).unwrap();
        line.reconcile.check(&line.common).map(|comparison| comparison.launch.input)
    }

    #[test]
    fn every_field_has_an_option() {
        assert_eq!(input(&[]), Ok(json!({})));
        let line = [
            "-f",
            "s3://theirs/in/",
            "--to",
            "ours",
            "--fix",
            "--dry-run",
            "--delete-extra",
            "--execute",
            "-l",
            "bytes",
            "--max-rounds",
            "4",
            "--shards",
            "9",
            "--include",
            "*.pdf",
            "--exclude",
            "tmp/*",
            "--min-size-bytes",
            "1",
            "--max-size-bytes",
            "2",
            "--modified-from",
            "2026-01-01T00:00:00Z",
            "--modified-before",
            "2026-02-01T00:00:00Z",
            "--overwrite",
            "never",
            "--storage-class",
            "STANDARD_IA",
            "--no-tags",
            "--source-access",
            "keys",
            "--destination-access",
            "role",
        ];
        let expected = json!({
            "source": {"bucket": "theirs", "prefix": "in/", "access": "keys"},
            "destination": {"bucket": "ours", "prefix": "", "access": "role"},
            "fix": true, "dryRun": true, "deleteExtra": true, "execute": true, "level": "bytes",
            "maxRounds": 4, "shards": 9,
            "filter": {
                "include": ["*.pdf"], "exclude": ["tmp/*"], "minSizeBytes": 1, "maxSizeBytes": 2,
                "modifiedFrom": "2026-01-01T00:00:00Z", "modifiedBefore": "2026-02-01T00:00:00Z",
            },
            "overwrite": "never", "storageClass": "STANDARD_IA", "preserveTags": false,
        });
        assert_eq!(input(&line), Ok(expected));
    }

    #[test]
    fn deleting_needs_two_flags_and_somebody_to_ask() {
        let message = |words: &[&str]| input(words).unwrap_err().message;
        assert!(message(&["--delete-extra"]).contains("--delete-extra is given without `fix`"));
        assert!(message(&["--execute"]).contains("--execute is given without `deleteExtra`"));
        let line = ["--fix", "--delete-extra", "--execute"];
        assert!(message(&line).contains("nobody can be asked here"));
        assert!(input(&["--fix", "--delete-extra", "--execute", "--yes"]).is_ok());
    }
}
