//! `dray single-phase`.

use clap::Args;
use serde_json::Value;

use super::fields::Fields;
use super::launch::{Launch, Watching, launch};
use crate::cli::Common;
use crate::connection::Connection;
use crate::failure::{Failure, Verdict};
use crate::kind::Kind;
use crate::output::{ask, can_ask, note, printable};
use crate::view;

/// What a person types.
const WORD: &str = "MIGRATE";
const HELP: &str = "\
A full backup and the migrate that follows it, in one execution: for fewer than 100,000 files. Without --execute the files are copied, \
and the run ends with the plan of the migrate. With --execute nobody looks at a plan between copying and writing, unless --approval \
asks somebody to; it asks once, at the beginning.

Examples:
  dray single-phase                                  copies the files, and plans
  dray single-phase --execute --approval             copies, plans, waits for dray approve, writes
  dray single-phase -a 'Acme, Inc.' --execute        one account from beginning to end

Exit status:
  0    done
  1    records need a person, or the run has failed
  2    wrong arguments, nothing was started
  3    AWS cannot be reached
  130  stopped watching by Ctrl-C, the run goes on";

#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct SinglePhase {
    /// Only records of this account, by id or by exact name; repeatable.
    #[arg(long = "account", short, value_name = "ID_OR_NAME")]
    accounts: Vec<String>,
    /// Copy at most so many files.
    #[arg(long, short = 'n', value_name = "NUMBER")]
    max_files: Option<String>,
    /// How Salesforce is told: auto, guarded, collections or bulk.
    #[arg(long, short, value_name = "MODE")]
    mode: Option<String>,
    /// Open no new URL before anything is written.
    #[arg(long)]
    no_probe: bool,
    /// Write. Otherwise it ends with the plan.
    #[arg(long, short = 'x')]
    execute: bool,
    /// A person has to approve between plan and writing, see `dray approve`.
    #[arg(long)]
    approval: bool,
    /// Do not ask for the word.
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    watching: Watching,
}

impl SinglePhase {
    fn check(&self, common: &Common) -> Result<Launch, Failure> {
        let input = Fields::raw(self.watching.input.as_deref())?
            .list("accounts", &self.accounts)
            .number("maxFiles", self.max_files.as_ref())
            .text("mode", self.mode.as_ref())
            .flag("probe", self.no_probe, false)
            .flag("execute", self.execute, true)
            .flag("approval", self.approval, true)
            .into_value();
        let launch = Launch::checked(Kind::SinglePhase, input, self.watching.detach, common)?;
        if writes(&launch.input) && !self.yes && !can_ask() {
            return Err(Failure::usage(
                "--execute asks for a word, and nobody can be asked here",
                "add --yes",
            ));
        }
        Ok(launch)
    }
}

fn writes(input: &Value) -> bool {
    input.get("execute") == Some(&Value::Bool(true))
}

/// Starts it, and watches.
pub(crate) async fn run(arguments: &SinglePhase, common: &Common) -> Result<Verdict, Failure> {
    let wanted = arguments.check(common)?;
    let connection = Connection::open(&common.stack).await?;
    confirmed(&connection, &wanted.input, arguments.yes).await?;
    launch(&connection, &wanted).await
}

/// Goes on if nothing is to be written, or a person has said so.
pub(crate) async fn confirmed(
    connection: &Connection,
    input: &Value,
    yes: bool,
) -> Result<(), Failure> {
    if !writes(input) {
        return Ok(());
    }
    // A stack that has never run does not know its org yet; the question says so.
    let org = view::overview(connection).await.ok().and_then(|overview| overview.org);
    let question = question(input, org.as_ref(), &connection.stack.destination_bucket);
    if yes {
        note(&question);
        return Ok(());
    }
    if ask(&format!("{question}\nType {WORD} to go on:")).await == WORD {
        return Ok(());
    }
    Err(Failure::failed("not confirmed; nothing was started", format!("type {WORD} in full")))
}

fn question(input: &Value, org: Option<&view::OrgView>, bucket: &str) -> String {
    let org = org.map_or_else(
        || "the org of the stack's Salesforce secret, which no run has seen yet".to_owned(),
        |org| {
            let what = match org.is_sandbox {
                Some(true) => ", sandbox",
                Some(false) => ", PRODUCTION",
                None => "",
            };
            format!("the org {} ({}{what})", printable(org.name.as_deref().unwrap_or("")), org.id)
        },
    );
    let list = |name: &str| input.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let accounts: Vec<String> =
        list("accounts").iter().filter_map(Value::as_str).map(printable).collect();
    let scope = if accounts.is_empty() {
        "every record".to_owned()
    } else {
        format!("the records of {}", accounts.join(", "))
    };
    let most = input
        .get("maxFiles")
        .and_then(Value::as_u64)
        .map_or_else(String::new, |most| format!(", at most {most} files"));
    format!(
        "\nThis copies the files of {scope}{most} into the bucket {bucket}, and then points the records whose copy is proven at it,\n\
         in {org}. How many they are is not known before the backup; `dray single-phase` without --execute tells."
    )
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        single_phase: SinglePhase,
    }

    fn input(words: &[&str]) -> Result<Value, Failure> {
        let line = Line::try_parse_from(["dray"].iter().chain(words)).unwrap();
        line.single_phase.check(&line.common).map(|launch| launch.input)
    }

    #[test]
    fn every_field_has_an_option() {
        let line = ["-a", "A", "-n", "5", "-m", "bulk", "--no-probe", "-x", "--approval", "-y"];
        let expected = json!({
            "accounts": ["A"], "maxFiles": 5, "mode": "bulk", "probe": false, "execute": true,
            "approval": true,
        });
        assert_eq!(input(&line), Ok(expected));
        assert!(input(&["-x"]).unwrap_err().message.contains("nobody can be asked here"));
        assert!(input(&["-n", "0", "--mode", "x"]).unwrap_err().message.contains("--max-files"));
    }

    #[test]
    fn the_question_names_org_bucket_and_scope() {
        let org = view::OrgView {
            id: "00D1".to_owned(),
            name: Some("Acme".to_owned()),
            is_sandbox: Some(false),
        };
        let text = question(&json!({"accounts": ["B"], "maxFiles": 3}), Some(&org), "documents");
        for part in ["Acme (00D1, PRODUCTION)", "bucket documents", "records of B", "at most 3"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(question(&json!({}), None, "b").contains("every record"));
    }
}
