//! Inputs of executions, checked by the domain's own rules: every problem is told at once, by the name that the command line has for it,
//! before anything starts.

use drayage_domain::problem::Problem;
use drayage_domain::reconcile::input::ReconcileInput;
use drayage_domain::run_input::BackupInput;
use drayage_domain::switch::input::{MigrateInput, RollbackInput};
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::kind::Kind;

/// The fields of a `single-phase` input; its two steps check their own.
const SINGLE_PHASE: [&str; 6] = ["accounts", "maxFiles", "execute", "approval", "mode", "probe"];
/// What of it the backup takes.
const FOR_BACKUP: [&str; 2] = ["accounts", "maxFiles"];

/// Options whose name is not that of their field.
const OPTIONS: [(&str, &str); 20] = [
    ("accounts", "--account"),
    ("records", "--record and --records-from"),
    ("allowedExtensions", "--extension"),
    ("backup", "--no-backup"),
    ("probe", "--no-probe"),
    ("preserveTags", "--no-tags"),
    ("source", "the source"),
    ("source.bucket", "the source's bucket"),
    ("source.prefix", "the source's prefix"),
    ("destination", "the destination"),
    ("destination.bucket", "the destination's bucket"),
    ("destination.prefix", "the destination's prefix"),
    ("filter", "the filter"),
    ("filter.include", "--include"),
    ("filter.exclude", "--exclude"),
    ("filter.minSizeBytes", "--min-size-bytes"),
    ("filter.maxSizeBytes", "--max-size-bytes"),
    ("filter.modifiedFrom", "--modified-from"),
    ("filter.modifiedBefore", "--modified-before"),
    ("input", "the input"),
];
/// Options that are named as their field, in the words of a command line.
const FIELDS: [&str; 20] = [
    "mode",
    "maxFiles",
    "maxFileSizeMb",
    "batchSize",
    "dryRun",
    "queryApi",
    "trigger",
    "execute",
    "planHash",
    "approval",
    "maxRecords",
    "level",
    "fix",
    "maxRounds",
    "deleteExtra",
    "overwrite",
    "storageClass",
    "shards",
    "run",
    "file",
];

/// Whether a state machine would take this input.
pub(crate) fn input(kind: Kind, input: &Value) -> Result<(), Failure> {
    let problems = problems(kind, input);
    if problems.is_empty() { Ok(()) } else { Err(usage(&problems)) }
}

fn problems(kind: Kind, input: &Value) -> Vec<Problem> {
    match kind {
        Kind::Backup => BackupInput::parse(input).err().unwrap_or_default(),
        Kind::Migrate => MigrateInput::parse(input).err().unwrap_or_default(),
        Kind::Rollback => RollbackInput::parse(input).err().unwrap_or_default(),
        Kind::Reconcile => ReconcileInput::parse(input).err().unwrap_or_default(),
        Kind::Transfer => transfer(input),
        Kind::SinglePhase => single_phase(input),
        // Its only rule is that its input is an object; the state machine checks the rest.
        Kind::Analyze => object(input).err().into_iter().collect(),
    }
}

fn object(input: &Value) -> Result<Map<String, Value>, Problem> {
    match input {
        Value::Null => Ok(Map::new()),
        Value::Object(fields) => Ok(fields.clone()),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(Problem::new("input", "is not a JSON object", "give an object of options"))
        }
    }
}

/// A transfer is a comparison that copies; its state machine says so.
fn transfer(input: &Value) -> Vec<Problem> {
    let mut fields = match object(input) {
        Ok(fields) => fields,
        Err(problem) => return vec![problem],
    };
    fields.insert("purpose".to_owned(), json!("transfer"));
    fields.insert("fix".to_owned(), json!(true));
    ReconcileInput::parse(&Value::Object(fields)).err().unwrap_or_default()
}

fn single_phase(input: &Value) -> Vec<Problem> {
    let fields = match object(input) {
        Ok(fields) => fields,
        Err(problem) => return vec![problem],
    };
    let unknown = fields.keys().filter(|name| !SINGLE_PHASE.contains(&name.as_str()));
    let mut problems: Vec<Problem> = unknown
        .map(|name| {
            let hint = format!("known fields: {}", SINGLE_PHASE.join(", "));
            Problem::new(name.as_str(), "is not a field of the input", hint)
        })
        .collect();
    let only = |wanted: &dyn Fn(&str) -> bool| {
        let some = fields.iter().filter(|(name, _)| wanted(name));
        Value::Object(some.map(|(name, value)| (name.clone(), value.clone())).collect())
    };
    let backup = BackupInput::parse(&only(&|name| FOR_BACKUP.contains(&name)));
    problems.extend(backup.err().unwrap_or_default());
    let migrate = MigrateInput::parse(&only(&|name| {
        SINGLE_PHASE.contains(&name) && !FOR_BACKUP.contains(&name)
    }));
    problems.extend(migrate.err().unwrap_or_default());
    problems
}

/// Problems of an input, in the names that the command line has for its fields.
fn usage(problems: &[Problem]) -> Failure {
    let messages = problems.iter().map(|one| format!("{} {}", option(&one.place), one.message));
    let mut hints: Vec<String> = Vec::new();
    for problem in problems {
        let hint = match problems.len() {
            1 => problem.hint.clone(),
            _ => format!("{}: {}", option(&problem.place), problem.hint),
        };
        if !hints.contains(&hint) {
            hints.push(hint);
        }
    }
    Failure::usage(messages.collect::<Vec<_>>().join("\n       "), hints.join("\n      "))
}

/// The option for a field; a field that has none keeps its name.
fn option(place: &str) -> String {
    if let Some((_, option)) = OPTIONS.iter().find(|(field, _)| *field == place) {
        return (*option).to_owned();
    }
    if !FIELDS.contains(&place) {
        return place.to_owned();
    }
    let mut option = "--".to_owned();
    for letter in place.chars() {
        if letter.is_ascii_uppercase() {
            option.push('-');
        }
        option.push(letter.to_ascii_lowercase());
    }
    option
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kind: Kind, given: &Value) -> String {
        input(kind, given).unwrap_err().to_string()
    }

    #[test]
    fn every_problem_is_told_at_once_in_the_words_of_the_command_line() {
        let text = told(Kind::Backup, &json!({"maxFiles": "many", "batchSize": 0, "modus": 1}));
        for part in ["--max-files \"many\" does not fit", "modus is not a field"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(text.contains("--max-files: takes a whole number from 1"), "{text}");
        let text = told(Kind::Backup, &json!({"batchSize": 0, "accounts": ["a", "a"]}));
        assert!(text.contains("--batch-size is 0") && text.contains("--account names"), "{text}");
    }

    #[test]
    fn good_inputs_are_taken() {
        for (kind, given) in [
            (Kind::Backup, json!({"mode": "full", "records": ["a0B000000000001"]})),
            (Kind::Migrate, json!({"execute": true, "approval": true})),
            (Kind::Rollback, json!({"all": true})),
            (Kind::Reconcile, json!({"fix": true})),
            (Kind::Transfer, json!({"source": {"bucket": "their-bucket"}})),
            (Kind::SinglePhase, json!({"maxFiles": 5, "mode": "bulk", "probe": false})),
            (Kind::Analyze, json!({})),
        ] {
            assert_eq!(input(kind, &given), Ok(()), "{kind:?}");
        }
    }

    #[test]
    fn bad_inputs_are_refused_before_anything_starts() {
        assert!(told(Kind::Backup, &json!({"records": ["x"]})).contains("no Salesforce ids"));
        assert!(told(Kind::Migrate, &json!({"planHash": "x"})).contains("--plan-hash"));
        assert!(told(Kind::Transfer, &json!({})).contains("the source is missing"));
        assert!(told(Kind::Reconcile, &json!({"execute": true})).contains("--execute"));
        let text = told(Kind::SinglePhase, &json!({"maxFiles": 0, "approval": true, "dryRun": 1}));
        for part in ["--max-files is 0", "--approval is asked for", "--dry-run is not a field"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        for kind in Kind::ALL {
            assert_eq!(input(kind, &json!([1])).unwrap_err().kind, crate::failure::Kind::Usage);
        }
    }

    #[test]
    fn options_are_named_as_they_are_typed() {
        assert_eq!(option("maxFileSizeMb"), "--max-file-size-mb");
        assert_eq!(option("filter.include"), "--include");
        assert_eq!(option("somethingNew"), "somethingNew");
    }
}
