//! `dray transfer`.

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
Moves the objects of one place into another: lists both, copies what is missing or different, and compares again. A second transfer \
copies only what has changed. Objects that only the destination has stay, unless --delete-extra --execute: a dry run tells how many \
first, and then it asks.

Examples:
  dray transfer s3://theirs/in s3://ours/out --dry-run    number, bytes and cost of what would be copied
  dray transfer s3://theirs/in s3://ours/out
  dray transfer theirs ours --include '*.pdf' --storage-class STANDARD_IA
  dray transfer theirs ours --source-access keys          with the keys of the stack's SourceSecret
  dray transfer theirs ours --delete-extra --execute      makes ours the same as theirs

Exit status:
  0    every object of the source is in the destination
  1    not every one, or the run has failed
  2    wrong arguments, nothing was started
  3    AWS cannot be reached
  130  stopped watching by Ctrl-C, the run goes on";

#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Transfer {
    /// Where the objects are: `s3://BUCKET/PREFIX`. Keys are taken relative to the prefix.
    #[arg(value_name = "FROM")]
    source: Option<String>,
    /// Where they should be; the stack's destination bucket if left out.
    #[arg(value_name = "TO")]
    destination: Option<String>,
    /// Tell what would be copied, copy nothing.
    #[arg(long)]
    dry_run: bool,
    /// Delete objects that only the destination has; needs --execute.
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

impl Transfer {
    fn check(&self, common: &Common) -> Result<Comparison, Failure> {
        let fields = Fields::raw(self.watching.input.as_deref())?
            .flag("dryRun", self.dry_run, true)
            .flag("deleteExtra", self.delete_extra, true)
            .flag("execute", self.execute, true);
        let input =
            self.places.add(fields, self.source.as_ref(), self.destination.as_ref())?.into_value();
        let launch = Launch::checked(Kind::Transfer, input, self.watching.detach, common)?;
        Comparison::new(launch, self.yes)
    }
}

/// Starts it, and watches.
pub(crate) async fn run(arguments: &Transfer, common: &Common) -> Result<Verdict, Failure> {
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
        transfer: Transfer,
    }

    fn input(words: &[&str]) -> Result<Value, Failure> {
        let line = Line::try_parse_from(["dray"].iter().chain(words)).unwrap();
        line.transfer.check(&line.common).map(|comparison| comparison.launch.input)
    }

    #[test]
    fn places_are_given_one_after_the_other() {
        let line = ["s3://theirs/in/", "ours", "--dry-run", "--delete-extra", "-x"];
        let expected = json!({
            "source": {"bucket": "theirs", "prefix": "in/"},
            "destination": {"bucket": "ours", "prefix": ""},
            "dryRun": true, "deleteExtra": true, "execute": true,
        });
        assert_eq!(input(&line), Ok(expected));
        assert!(input(&[]).unwrap_err().message.contains("the source is missing"));
        let failure = input(&["not a bucket"]).unwrap_err();
        assert!(failure.message.contains("the source's bucket"), "{failure}");
    }

    #[test]
    fn deleting_asks() {
        let line = ["theirs", "ours", "--delete-extra", "--execute"];
        assert!(input(&line).unwrap_err().message.contains("nobody can be asked here"));
    }
}
