//! What command lines amount to.

use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    migrate: Migrate,
}

fn asked(words: &[&str]) -> Result<Asked, Failure> {
    let line = Line::try_parse_from(["dray"].iter().chain(words)).unwrap();
    line.migrate.check(&line.common)
}

#[test]
fn every_field_has_an_option() {
    let line = [
        "-a",
        "Acme Ltd",
        "-r",
        "a0B000000000001",
        "-n",
        "5",
        "-m",
        "bulk",
        "--no-backup",
        "--no-probe",
        "--trigger",
        "manual",
    ];
    let asked = asked(&line).unwrap();
    let expected = json!({
        "accounts": ["Acme Ltd"], "records": ["a0B000000000001"], "maxRecords": 5, "mode": "bulk",
        "backup": false, "probe": false, "trigger": "manual",
    });
    assert_eq!(asked.plan_input, expected);
    assert_eq!(
        asked.command_to_execute("h"),
        "dray migrate --account 'Acme Ltd' --record a0B000000000001 --max-records 5 --mode bulk --trigger manual \
         --no-backup --no-probe --execute --plan-hash h"
    );
}

#[test]
fn what_is_about_writing_is_not_in_the_input_of_the_plan() {
    let hash = "a".repeat(64);
    let asked = asked(&["-x", "-y", "--approval", "--plan-hash", &hash, "--stack", "s"]).unwrap();
    assert_eq!((asked.plan_input, asked.write_input), (json!({}), json!({"approval": true})));
    assert_eq!(asked.plan_hash.as_ref(), Some(&hash));
    assert!(asked.execute && asked.yes);
    assert_eq!(asked.command, "dray migrate --stack s --approval");
}

#[test]
fn the_raw_input_says_the_same_as_flags() {
    let asked = asked(&["--input", r#"{"execute": true, "approval": true}"#, "-y"]).unwrap();
    assert!(asked.execute);
    assert_eq!(asked.write_input, json!({"approval": true}));
}

#[test]
fn contradictions_are_told_before_anything_starts() {
    let message = |words: &[&str]| asked(words).unwrap_err().to_string();
    assert!(message(&["--approval"]).contains("--approval is asked for although"));
    assert!(message(&["--yes"]).contains("add --execute"));
    let several = message(&["-n", "0", "-a", "", "--mode", "x"]);
    assert!(several.contains("--mode \"x\" does not fit"), "{several}");
    // Tests have no terminal.
    assert!(message(&["--execute"]).contains("nobody can be asked here"));
}
