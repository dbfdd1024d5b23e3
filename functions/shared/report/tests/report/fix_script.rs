//! `fix.sh` is run by a real bash, with an `aws` that writes down its arguments.

use std::fs;
use std::process::{Command, Stdio};

use drayage_domain::reconcile::{Difference, Doubt, Level, Report, Verdict};
use drayage_report::FixScript;
use proptest::prelude::*;

use crate::any_difference::{any_difference, text};
use crate::sample::{self, difference};

/// Writes down how many arguments it got, and which. Fails when one of them has the text of `FAIL` in it.
const AWS: &str = r#"
aws() {
  printf '%s\0' "$#" "$@" >>"$LOG"
  case "${FAIL:-}" in '') ;; *) case "$*" in *"$FAIL"*) return 1 ;; esac ;; esac
  case "$*" in *" get-object "* | "s3api get-object "*) echo "${TYPE:-text/plain}" ;; esac
}
export -f aws
bash "$SCRIPT"
"#;

struct Outcome {
    calls: Vec<Vec<String>>,
    success: bool,
    messages: String,
}

fn script(report: &Report, differences: &[Difference]) -> String {
    let mut script = FixScript::new(report, Vec::new()).unwrap();
    for difference in differences {
        script.write(difference).unwrap();
    }
    String::from_utf8(script.finish().unwrap()).unwrap()
}

fn run(script: &str, variables: &[(&str, &str)]) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let (path, log) = (folder.path().join("fix.sh"), folder.path().join("log"));
    fs::write(&path, script).unwrap();
    fs::write(&log, "").unwrap();
    let output = Command::new("bash")
        .args(["-c", AWS])
        .current_dir(folder.path())
        .env("SCRIPT", &path)
        .env("LOG", &log)
        .env("TMPDIR", folder.path())
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let log = String::from_utf8(fs::read(&log).unwrap()).unwrap();
    let mut words = log.split_terminator('\0').map(str::to_owned);
    let mut calls = Vec::new();
    while let Some(count) = words.next() {
        calls.push(words.by_ref().take(count.parse().unwrap()).collect());
    }
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 2, "the script leaves nothing behind: {left:?}");
    Outcome {
        calls,
        success: output.status.success(),
        messages: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn elsewhere() -> Report {
    let mut report = sample::differing();
    report.source.endpoint = Some("https://minio.example:9000".to_owned());
    report
}

/// The commands between head and foot.
fn commands(script: &str) -> Vec<&str> {
    let is_command = |line: &&str| {
        ["try ", "#delete ", "#review ", "#by-hand ", "#retry "]
            .iter()
            .any(|mark| line.starts_with(mark))
    };
    script.lines().filter(is_command).collect()
}

/// What `--key KEY`, or the JSON in its place, says. The command line would take neither for something else.
fn key_of(option: &[String]) -> String {
    let value = &option[1];
    if option[0] == "--key" {
        let taken_otherwise = ["-", "file://", "fileb://", "http://", "https://"];
        assert!(!taken_otherwise.iter().any(|start| value.starts_with(start)), "{value:?}");
        return value.clone();
    }
    assert_eq!(option[0], "--cli-input-json");
    let value: serde_json::Value = serde_json::from_str(value).unwrap();
    value["Key"].as_str().unwrap().to_owned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_key_reaches_the_command_as_it_is(keys in prop::collection::vec(text(), 1..12)) {
        let keys: Vec<String> = keys.into_iter().map(|key| key.replace(['\0'], "")).filter(|key| !key.is_empty()).collect();
        let mut report = sample::differing();
        report.destination.prefix = String::new();
        let missing: Vec<_> =
            keys.iter().map(|key| difference(key, Verdict::Missing, 7, 0)).collect();
        let outcome = run(&script(&report, &missing), &[]);
        prop_assert!(outcome.success, "{}", outcome.messages);
        let mut calls = outcome.calls.iter();
        for key in &keys {
            let call = calls.next().unwrap();
            if key.contains("?versionId=") {
                prop_assert_eq!(&call[..4], ["s3api", "get-object", "--bucket", "acme-documents"]);
                prop_assert_eq!(&call[4], &format!("--key=live/{key}"));
                let put = calls.next().unwrap();
                prop_assert_eq!(&put[..4], ["s3api", "put-object", "--bucket", "acme-documents-copy"]);
                prop_assert_eq!(&key_of(&put[4..6]), key);
                continue;
            }
            prop_assert_eq!(&call[..4], ["s3api", "copy-object", "--bucket", "acme-documents-copy"]);
            prop_assert_eq!(&key_of(&call[4..6]), key);
            prop_assert_eq!(&call[6..8], ["--copy-source", &format!("acme-documents/live/{key}")]);
            let etag = "\"9e107d9d372bb6826bd81d3542a419d6\"";
            prop_assert_eq!(&call[8..], ["--copy-source-if-match", etag]);
        }
        prop_assert_eq!(calls.next(), None);
    }

    #[test]
    fn any_difference_is_one_line_and_only_copies_are_active(
        differences in prop::collection::vec(any_difference(), 0..12),
        id in text(),
    ) {
        let mut report = elsewhere();
        report.run_id = id.clone();
        report.source.description = id.clone();
        report.destination.description = id;
        let text = script(&report, &differences);
        prop_assert_eq!(commands(&text).len(), differences.len());
        let outcome = run(&text, &[]);
        prop_assert!(outcome.success, "{}", outcome.messages);
        for call in &outcome.calls {
            prop_assert!(
                ["get-object", "put-object", "cp"].contains(&call[1].as_str())
                    || ["get-object", "put-object", "cp"].contains(&call[2].as_str()),
                "{call:?}"
            );
        }
    }

    #[test]
    fn no_key_breaks_out_of_its_comment(
        keys in prop::collection::vec(text(), 1..12),
        id in text(),
    ) {
        let mut report = sample::partial();
        report.run_id = id.clone();
        let verdicts = [
            Verdict::Missing,
            Verdict::Extra,
            Verdict::NotVerifiable { level: Level::Etag, reason: Doubt::NoEtag },
        ];
        let differences: Vec<_> = keys
            .iter()
            .zip(verdicts.into_iter().cycle())
            .map(|(key, verdict)| Difference {
                record_id: Some(id.clone()),
                account_id: Some(id.clone()),
                ..difference(key, verdict, 1, 1)
            })
            .collect();
        let text = script(&report, &differences);
        prop_assert_eq!(commands(&text).len(), keys.len());
        let outcome = run(&text, &[]);
        prop_assert!(outcome.success, "{}", outcome.messages);
        prop_assert_eq!(outcome.calls.len(), 0);
    }

    #[test]
    fn a_delete_whose_mark_is_taken_away_deletes_that_key(key in text()) {
        let key = key.replace('\0', "");
        prop_assume!(!key.is_empty());
        let text = script(&sample::partial(), &[difference(&key, Verdict::Extra, 0, 1)]);
        let outcome = run(&text.replace("\n#delete ", "\n"), &[]);
        prop_assert!(outcome.success, "{}", outcome.messages);
        prop_assert_eq!(outcome.calls.len(), 1);
        let call = &outcome.calls[0];
        prop_assert_eq!(&call[..4], ["s3api", "delete-object", "--bucket", "acme-documents-copy"]);
        prop_assert_eq!(key_of(&call[4..]), format!("2026/{key}"));
    }
}

#[test]
fn a_key_that_aws_would_take_for_an_option_or_an_address_is_said_in_json() {
    let mut report = sample::differing();
    report.destination.prefix = String::new();
    for key in ["-k", "--", "file:///etc/passwd", "FILEB://x", "http://x", "https://x"] {
        let outcome = run(&script(&report, &[difference(key, Verdict::Missing, 1, 0)]), &[]);
        assert_eq!(
            outcome.calls[0][4..6],
            ["--cli-input-json".to_owned(), format!("{{\"Key\":\"{key}\"}}")]
        );
    }
}

#[test]
fn a_failed_command_is_counted_and_the_others_still_run() {
    let differences = ["a", "b\n", "c"].map(|key| difference(key, Verdict::Missing, 1, 0));
    let text = script(&sample::differing(), &differences);
    let outcome = run(&text, &[("FAIL", "live/b")]);
    assert!(!outcome.success);
    assert_eq!(outcome.calls.len(), 3);
    assert!(outcome.messages.contains("2 commands succeeded, 1 failed."), "{}", outcome.messages);
    assert!(outcome.messages.contains(r"2026/b\n"), "{}", outcome.messages);
}

#[test]
fn between_services_an_object_goes_through_a_file() {
    let text = script(&elsewhere(), &[difference("-k", Verdict::SizeDiffers, 1, 2)]);
    let profiles = [("SOURCE_PROFILE", "old"), ("DESTINATION_PROFILE", "new")];
    let outcome = run(&text, &profiles);
    assert!(outcome.success, "{}", outcome.messages);
    let [get, put] = &outcome.calls[..] else { panic!("{:?}", outcome.calls) };
    let (file, from) = get.split_last().unwrap();
    let place = "--endpoint-url=https://minio.example:9000 --profile=old";
    let object = "s3api get-object --bucket acme-documents --key=live/-k";
    let rest = "--if-match=\"9e107d9d372bb6826bd81d3542a419d6\" --query ContentType --output text";
    assert_eq!(from.join(" "), format!("{place} {object} {rest}"));
    let object = "s3api put-object --bucket acme-documents-copy --key 2026/-k";
    let rest = format!("--content-type text/plain --body {file}");
    assert_eq!(put.join(" "), format!("--profile=new {object} {rest}"));
}

/// `get-object` has no `--cli-input-json`.
#[test]
fn a_source_key_that_aws_would_take_for_an_address_is_said_as_a_uri() {
    let mut report = elsewhere();
    (report.source.prefix, report.destination.prefix) = (String::new(), String::new());
    let outcome = run(&script(&report, &[difference("file:///x", Verdict::Missing, 1, 0)]), &[]);
    assert!(outcome.success, "{}", outcome.messages);
    assert_eq!(
        outcome.calls[0][1..5],
        ["s3", "cp", "--no-progress", "s3://acme-documents/file:///x"]
    );
    assert_eq!(outcome.calls[1].last().unwrap(), "s3://acme-documents-copy/file:///x");
}

#[test]
fn a_hostile_content_type_is_not_taken_for_an_address() {
    let text = script(&elsewhere(), &[difference("k", Verdict::Missing, 1, 0)]);
    for hostile in ["file:///etc/passwd", "--debug", "None"] {
        let outcome = run(&text, &[("TYPE", hostile)]);
        assert!(outcome.calls[1].contains(&"binary/octet-stream".to_owned()), "{hostile}");
    }
}

#[test]
fn an_object_that_could_not_be_read_is_not_written() {
    let text = script(&elsewhere(), &[difference("k", Verdict::Missing, 1, 0)]);
    let outcome = run(&text, &[("FAIL", "get-object")]);
    assert!(!outcome.success);
    assert_eq!(outcome.calls.len(), 1);
}

#[test]
fn over_five_gib_objects_are_copied_in_parts() {
    let large = [difference("k'", Verdict::Missing, (5 << 30) + 1, 0)];
    let inside = run(&script(&sample::differing(), &large), &[]);
    let (from, to) = ("s3://acme-documents/live/k'", "s3://acme-documents-copy/2026/k'");
    assert_eq!(inside.calls, [["s3", "cp", "--no-progress", from, to]]);
    let between = run(&script(&elsewhere(), &large), &[]);
    assert_eq!(between.calls.len(), 2);
    assert_eq!(between.calls[0][4], from);
    assert_eq!(between.calls[1][4], to);
    assert_eq!(between.calls[0][5], between.calls[1][3]);
    let exactly = [difference("k", Verdict::Missing, 5 << 30, 0)];
    assert_eq!(run(&script(&sample::differing(), &exactly), &[]).calls[0][1], "copy-object");
}

#[test]
fn what_cannot_be_said_is_left_to_a_person() {
    let mut report = sample::differing();
    (report.source.prefix, report.destination.prefix) = (String::new(), String::new());
    let unsayable = [
        difference("a\0b", Verdict::Missing, 1, 0),
        difference("", Verdict::Missing, 1, 0),
        difference("folder/", Verdict::Missing, 6 << 30, 0),
        difference("a\0b", Verdict::Extra, 0, 1),
        Difference { source: None, ..difference("k", Verdict::Missing, 1, 0) },
    ];
    let text = script(&report, &unsayable);
    assert!(commands(&text).iter().all(|line| line.starts_with("#by-hand ")), "{text}");
    assert_eq!(commands(&text).len(), unsayable.len());
    report.destination.bucket = None;
    let text = script(&report, &[difference("k", Verdict::Missing, 1, 0)]);
    assert_eq!(commands(&text), ["#by-hand missing 'k': the destination is no bucket"]);
}

#[test]
fn a_file_of_the_ledger_is_retried_by_a_run() {
    let record = Difference {
        record_id: Some("a0X5".to_owned()),
        account_id: Some("0015".to_owned()),
        ..difference("k", Verdict::Missing, 1, 0)
    };
    let text = script(&sample::partial(), &[record]);
    assert_eq!(commands(&text), ["#retry missing 'k' record 'a0X5' account '0015'"]);
    assert!(text.contains("`reconcile` with {\"fix\": true}"));
}

#[test]
fn an_access_point_names_its_objects_in_its_own_way() {
    let mut report = sample::differing();
    let point = "arn:aws:s3:eu-west-1:123456789012:accesspoint/ap";
    report.source.bucket = Some(point.to_owned());
    let outcome = run(&script(&report, &[difference("k", Verdict::Missing, 1, 0)]), &[]);
    assert_eq!(outcome.calls[0][7], format!("{point}/object/live/k"));
}
