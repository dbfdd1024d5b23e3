//! What the page sends when a person has decided something, checked before anything happens.

use serde::Deserialize;
use serde_json::Value;

use super::source::Action;
use crate::failure::Failure;
use crate::kind::Kind;

/// A rejection's reason is the cause of a failed task, which has a limit of 32,768 characters
/// (<https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html>); nobody reads so many.
const REASON_MAX: usize = 1_000;

/// What may be sent, by the last word of the path.
const NAMES: [&str; 7] = ["start", "pause", "resume", "stop", "approve", "reject", "schedule"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Start {
    kind: String,
    #[serde(default)]
    input: Option<Value>,
    /// What the person has typed.
    #[serde(default)]
    confirm: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct OfRun {
    run_id: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    confirm: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Enable {
    enabled: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// The action of that name; `None` if there is none.
pub(super) fn parse(name: &str, body: &[u8]) -> Option<Result<Action, Failure>> {
    NAMES.contains(&name).then(|| action(name, body))
}

fn action(name: &str, body: &[u8]) -> Result<Action, Failure> {
    match name {
        "start" => start(read(body)?),
        "pause" => read::<Nothing>(body).map(|_| Action::Pause),
        "resume" => read::<Nothing>(body).map(|_| Action::Resume),
        "schedule" => read::<Enable>(body).map(|body| Action::Schedule { enabled: body.enabled }),
        _ => of_run(name, read(body)?),
    }
}

fn read<T: for<'a> Deserialize<'a>>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| {
        Failure::usage(format!("the request cannot be understood: {error}"), "reload the page")
    })
}

fn start(body: Start) -> Result<Action, Failure> {
    let kind = Kind::from_name(&body.kind).ok_or_else(|| {
        let known = Kind::ALL.map(Kind::name).join(", ");
        Failure::usage(format!("there is no kind {:?}", body.kind), format!("use one of {known}"))
    })?;
    let input = body.input.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    if !input.is_object() {
        return Err(Failure::usage("the input is no JSON object", "write {} for the defaults"));
    }
    if deletes(kind, &input) {
        return Err(Failure::usage(
            "the page does not start what deletes objects",
            format!("use dray {} --delete-extra --execute, which counts them first", kind.name()),
        ));
    }
    if writes(kind, &input) {
        confirmed(kind.name(), &body.confirm)?;
    }
    Ok(Action::Start { kind, input })
}

fn of_run(name: &str, body: OfRun) -> Result<Action, Failure> {
    let OfRun { run_id, reason, confirm } = body;
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if run_id.is_empty() || !run_id.chars().all(is_name) {
        return Err(Failure::usage(format!("{run_id:?} is no run"), "reload the page"));
    }
    match name {
        "stop" => Ok(Action::Stop { run_id }),
        "approve" => {
            confirmed("approve", &confirm)?;
            Ok(Action::Approve { run_id })
        }
        _ if reason.trim().is_empty() || reason.chars().count() > REASON_MAX => {
            Err(Failure::usage("the reason is missing or too long", "say why in a sentence"))
        }
        _ => Ok(Action::Reject { run_id, reason }),
    }
}

/// Whether the input makes an execution write into Salesforce, or change or delete what is in a bucket already. A backup only adds.
fn writes(kind: Kind, input: &Value) -> bool {
    let is = |field: &str| input.get(field).is_some_and(|value| *value != Value::Bool(false));
    match kind {
        Kind::Analyze | Kind::Backup => false,
        Kind::Migrate | Kind::Rollback | Kind::SinglePhase => is("execute"),
        Kind::Reconcile => (is("fix") || is("execute")) && !is("dryRun"),
        Kind::Transfer => !is("dryRun"),
    }
}

/// Whether the input makes an execution delete: the command looks first, and asks with a number.
fn deletes(kind: Kind, input: &Value) -> bool {
    let is = |field: &str| input.get(field).is_some_and(|value| *value != Value::Bool(false));
    [Kind::Reconcile, Kind::Transfer].contains(&kind)
        && is("deleteExtra")
        && is("execute")
        && !is("dryRun")
}

fn confirmed(word: &str, typed: &str) -> Result<(), Failure> {
    if typed == word {
        return Ok(());
    }
    Err(Failure::usage("this was not confirmed", format!("type {word}")))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn parsed(name: &str, body: &Value) -> Result<Action, String> {
        let action = parse(name, body.to_string().as_bytes()).expect("a known name");
        action.map_err(|failure| failure.message)
    }

    #[test]
    fn without_an_input_a_start_has_the_defaults() {
        let started = Action::Start { kind: Kind::Migrate, input: json!({}) };
        assert_eq!(parsed("start", &json!({"kind": "migrate"})), Ok(started));
    }

    #[rstest]
    #[case("migrate", json!({"execute": true}))]
    #[case("rollback", json!({"execute": true, "all": true}))]
    #[case("single-phase", json!({"execute": "yes"}))]
    #[case("reconcile", json!({"fix": true}))]
    #[case("transfer", json!({}))]
    fn what_writes_needs_its_word(#[case] kind: &str, #[case] input: Value) {
        let mut body = json!({"kind": kind, "input": input});
        assert_eq!(parsed("start", &body), Err("this was not confirmed".to_owned()));
        body["confirm"] = json!("yes");
        assert!(parsed("start", &body).is_err());
        body["confirm"] = json!(kind);
        assert!(parsed("start", &body).is_ok());
    }

    #[rstest]
    #[case("reconcile", json!({"fix": true, "deleteExtra": true, "execute": true}))]
    #[case("transfer", json!({"deleteExtra": true, "execute": true}))]
    fn what_deletes_is_not_started_here(#[case] kind: &str, #[case] mut input: Value) {
        let body = |input: &Value| json!({"kind": kind, "input": input, "confirm": kind});
        assert!(parsed("start", &body(&input)).unwrap_err().contains("deletes objects"));
        input["dryRun"] = json!(true);
        assert!(parsed("start", &body(&input)).is_ok());
    }

    #[test]
    fn an_approval_needs_its_word_and_a_rejection_its_reason() {
        assert!(parsed("approve", &json!({"runId": "r-1"})).is_err());
        assert!(parsed("approve", &json!({"runId": "r-1", "confirm": "approve"})).is_ok());
        assert!(parsed("reject", &json!({"runId": "r-1", "reason": " "})).is_err());
        assert!(parsed("reject", &json!({"runId": "r-1", "reason": "no"})).is_ok());
    }

    #[rstest]
    #[case("start", json!({"kind": "drop"}))]
    #[case("start", json!({"kind": "backup", "input": [1]}))]
    #[case("start", json!({"kind": "backup", "inputs": {}}))]
    #[case("stop", json!({"runId": "../r"}))]
    #[case("stop", json!({}))]
    #[case("pause", json!({"runId": "r"}))]
    #[case("schedule", json!({"enabled": "yes"}))]
    fn what_is_not_understood_is_refused(#[case] name: &str, #[case] body: Value) {
        assert!(parsed(name, &body).is_err());
    }

    #[test]
    fn there_are_no_other_actions() {
        assert_eq!(parse("delete", b"{}"), None);
    }
}
