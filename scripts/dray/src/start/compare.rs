//! Comparisons and transfers; before one deletes anything, a dry run tells how much, and a person is asked.

use drayage_domain::reconcile::ReconcileSummary;
use serde_json::{Value, json};

use super::launch::{Launch, launch};
use super::start;
use crate::connection::Connection;
use crate::execution::{self, Ended};
use crate::failure::{Failure, Verdict};
use crate::human::size;
use crate::kind::Kind;
use crate::output::{ask, can_ask, counted, note, printable};
use crate::plan::understood;
use crate::stack::Stack;
use crate::watch::Watch;

/// What a person types.
const WORD: &str = "DELETE";

/// A comparison, checked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) launch: Launch,
    yes: bool,
}

impl Comparison {
    /// One that may go on: what deletes needs somebody to ask, or a yes.
    pub(crate) fn new(launch: Launch, yes: bool) -> Result<Self, Failure> {
        let comparison = Self { launch, yes };
        if comparison.deletes() && !yes && !can_ask() {
            return Err(Failure::usage(
                "--execute asks for a word before anything is deleted, and nobody can be asked here",
                "look at a dry run, then add --yes",
            ));
        }
        Ok(comparison)
    }

    fn deletes(&self) -> bool {
        let Launch { kind, input, .. } = &self.launch;
        let given = |name: &str| input.get(name) == Some(&Value::Bool(true));
        let fixes = *kind == Kind::Transfer || given("fix");
        fixes && given("deleteExtra") && given("execute") && !given("dryRun")
    }
}

/// Asks if anything is to be deleted; starts it, and watches.
pub(crate) async fn run(
    connection: &Connection,
    comparison: &Comparison,
) -> Result<Verdict, Failure> {
    let mut launched = comparison.launch.clone();
    if comparison.deletes() {
        let Some(found) = looked_at(connection, &comparison.launch).await? else {
            return Ok(Verdict::Unwatched);
        };
        let question = question(&comparison.launch.input, &found, &connection.stack);
        if extra(&found) == 0 {
            note("Nothing is to be deleted.");
            // Nobody has said yes to what turns up until it is started.
            if let Some(fields) = launched.input.as_object_mut() {
                fields.remove("deleteExtra");
                fields.remove("execute");
            }
        } else if comparison.yes {
            note(&question);
        } else if ask(&format!("{question}\nType {WORD} to go on:")).await != WORD {
            return Err(Failure::failed(
                "not confirmed; nothing was copied or deleted",
                format!("type {WORD} in full, or leave --delete-extra out"),
            ));
        }
    }
    launch(connection, &launched).await
}

/// What a dry run finds; `None` if the person has stopped watching it.
async fn looked_at(
    connection: &Connection,
    launch: &Launch,
) -> Result<Option<ReconcileSummary>, Failure> {
    let mut input = launch.input.clone();
    if let Some(fields) = input.as_object_mut() {
        fields.insert("dryRun".to_owned(), json!(true));
    }
    let looking = start(connection, launch.kind, &input).await?;
    note(&format!("looking as {}; nothing is copied or deleted", looking.run_id));
    match execution::follow(connection, &looking, Watch::of(launch.kind)).await? {
        Ended::Unwatched => Ok(None),
        Ended::Failed(problem) => Err(execution::failure(&looking, &problem)),
        Ended::Succeeded(output) => understood(output, &looking.run_id).map(Some),
    }
}

fn extra(found: &ReconcileSummary) -> u64 {
    found.verdicts.get("extra").copied().unwrap_or(0)
}

fn question(input: &Value, found: &ReconcileSummary, stack: &Stack) -> String {
    let (from, to) = places(input, stack);
    let unread = if found.complete {
        ""
    } else {
        "\nA place was NOT read to its end: as long as that stays so, nothing is deleted."
    };
    format!(
        "\nThis deletes {} of {} that {} does not have,\nand copies {} ({}) from the one to the other.{unread}",
        counted(extra(found), "object"),
        printable(&to),
        printable(&from),
        counted(found.planned.objects, "object"),
        size(found.planned.bytes)
    )
}

/// Source and destination as people write them.
fn places(input: &Value, stack: &Stack) -> (String, String) {
    let part = |place: &str, field: &str| input.get(place)?.get(field)?.as_str();
    let ours = stack.destination_bucket.as_str();
    if input.get("source").is_none_or(Value::is_null) {
        let ledger = format!("the ledger {}", stack.files_table);
        return (ledger, format!("s3://{ours}/{}/", stack.destination_prefix));
    }
    let address = |place: &str| {
        let bucket = part(place, "bucket").unwrap_or(ours);
        format!("s3://{bucket}/{}", part(place, "prefix").unwrap_or_default())
    };
    (address("source"), address("destination"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::samples::stack;

    fn comparison(kind: Kind, input: Value) -> Result<Comparison, Failure> {
        Comparison::new(Launch { kind, input, detach: false, json: false }, true)
    }

    fn found() -> ReconcileSummary {
        serde_json::from_value(json!({
            "runId": "r", "purpose": "transfer", "dryRun": true, "clean": false, "complete": true,
            "level": "etag", "compared": 3, "verdicts": {"extra": 1234, "missing": 2}, "rounds": 1,
            "repairs": 0, "planned": {"objects": 2, "bytes": 2048}, "report": "s3://b/r",
        }))
        .unwrap()
    }

    #[test]
    fn only_what_deletes_is_asked_about() {
        let deletes = |kind, input| comparison(kind, input).unwrap().deletes();
        let all = json!({"deleteExtra": true, "execute": true});
        assert!(deletes(Kind::Transfer, all.clone()));
        assert!(!deletes(Kind::Reconcile, all));
        assert!(!deletes(Kind::Transfer, json!({"deleteExtra": true})));
        let dry = json!({"deleteExtra": true, "execute": true, "dryRun": true});
        assert!(!deletes(Kind::Transfer, dry));
    }

    #[test]
    fn the_question_names_both_places_and_both_counts() {
        let input = json!({"source": {"bucket": "theirs", "prefix": "in/"}, "destination": {"prefix": "x/"}});
        let text = question(&input, &found(), &stack());
        for part in [
            "1,234 objects of s3://documents/x/",
            "s3://theirs/in/ does not",
            "2 objects (2.0 KiB)",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let text = question(&json!({}), &ReconcileSummary { complete: false, ..found() }, &stack());
        assert!(text.contains("s3://documents/uploads/") && text.contains("NOT read"), "{text}");
    }
}
