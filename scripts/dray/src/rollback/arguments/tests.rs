//! What command lines amount to.

use super::*;
use crate::cli::tests::rollback_of;

fn request(line: &[&str]) -> Result<Request, String> {
    let (common, arguments) = rollback_of(line)?;
    arguments.check(&common).map_err(|failure| failure.to_string())
}

fn refused(line: &[&str]) -> String {
    request(line).unwrap_err()
}

#[test]
fn the_source_has_to_be_said_once() {
    assert!(refused(&["--all"]).contains("--from-ledger"));
    assert!(
        refused(&["--from-ledger", "--from-file", "s3://b/k", "--all"]).contains("cannot be used")
    );
}

#[test]
fn what_to_put_back_has_to_be_said() {
    let message = refused(&["--from-ledger"]);
    assert!(message.starts_with("error: the command does not say what to put back"), "{message}");
    assert!(message.contains("\nhint: add --run, --account"), "{message}");
    assert!(refused(&["--from-ledger", "--all", "--run", "r"]).contains("--all contradicts"));
    assert!(request(&["--from-file", "s3://b/runs/r/rollback.jsonl"]).is_ok());
}

#[test]
fn everything_given_is_in_the_input() {
    let line = ["--from-ledger", "--run", "r", "--account", "Acme Ltd", "--account", "001"];
    let request =
        request(&[&line[..], &["--record", "a0B000000000001", "--mode", "bulk"]].concat());
    let request = request.unwrap();
    let expected = json!({
        "execute": false, "all": false, "run": "r", "accounts": ["Acme Ltd", "001"],
        "records": ["a0B000000000001"], "mode": "bulk",
    });
    assert_eq!(serde_json::to_value(&request.input).unwrap(), expected);
    assert_eq!(
        request.asked(&request.input).unwrap().command_to_execute("h"),
        "dray rollback --run r --account 'Acme Ltd' --account 001 --record a0B000000000001 --mode bulk --from-ledger \
         --execute --plan-hash h"
    );
}

#[test]
fn the_stack_is_named_in_the_command_to_execute() {
    let request = request(&["--from-ledger", "--all", "--stack", "other"]).unwrap();
    assert!(
        request
            .asked(&request.input)
            .unwrap()
            .command_to_execute("h")
            .starts_with("dray rollback --stack other --from-ledger --all")
    );
}

#[test]
fn records_are_taken_from_a_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "# ids\na0B000000000001\n\n a0B000000000002 \r\n").unwrap();
    let path = file.path().to_str().unwrap();
    let request = request(&["--from-ledger", "--records-from", path]).unwrap();
    assert_eq!(request.input.records.unwrap(), ["a0B000000000001", "a0B000000000002"]);
    std::fs::write(file.path(), "# none\n").unwrap();
    assert!(refused(&["--from-ledger", "--records-from", path]).contains("lists no record"));
    assert!(refused(&["--from-ledger", "--record", "nonsense"]).contains("\"nonsense\""));
}

#[test]
fn execution_is_confirmed_or_not_at_all() {
    // Tests have no terminal where they read from.
    assert!(refused(&["--from-ledger", "--all", "--execute"]).contains("hint: add --yes"));
    let hash = "a".repeat(64);
    let line = ["--from-ledger", "--all", "--execute", "--yes", "--plan-hash", &hash];
    let request = request(&line).unwrap();
    assert!(request.execute && request.yes && !request.input.execute);
    assert_eq!(
        (request.plan_hash.as_deref(), request.input.plan_hash),
        (Some(hash.as_str()), None)
    );
    assert!(refused(&["--from-ledger", "--all", "--yes"]).contains("--execute"));
    let short = ["--from-ledger", "--all", "--execute", "--yes", "--plan-hash", "abc"];
    assert!(refused(&short).contains("--plan-hash is not the hash of a plan"));
}

#[test]
fn a_mode_that_there_is_not_is_told_with_those_that_there_are() {
    assert!(refused(&["--from-ledger", "--all", "--mode", "fast"]).contains("collections or bulk"));
}
