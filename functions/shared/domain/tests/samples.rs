//! The sample inputs of the state machines are inputs that the functions take.

#![expect(clippy::unwrap_used, reason = "a sample that cannot be read has failed")]

use std::collections::BTreeMap;
use std::path::Path;

use drayage_domain::analysis::input::AnalyzeInput;
use drayage_domain::problem::Problem;
use drayage_domain::reconcile::input::{Purpose, ReconcileInput};
use drayage_domain::run_input::BackupInput;
use drayage_domain::switch::input::{MigrateInput, RollbackInput};
use serde_json::{Value, json};

/// Parses a sample as the functions of its state machine do. Machines whose input no function parses have none.
fn parse(machine: &str, mut input: Value) -> Result<(), Vec<Problem>> {
    match machine {
        "analyze" => AnalyzeInput::parse(&input).map(drop),
        "migrate" => MigrateInput::parse(&input).map(drop),
        "rollback" => RollbackInput::parse(&input).map(drop),
        "reconcile" => {
            let purpose = ReconcileInput::parse(&input)?.purpose;
            assert_eq!(purpose, Purpose::Reconcile);
            Ok(())
        }
        "transfer" => {
            // What the state machine adds.
            let added =
                [("purpose".to_owned(), "transfer".into()), ("fix".to_owned(), true.into())];
            input.as_object_mut().unwrap().extend(added);
            assert_eq!(ReconcileInput::parse(&input)?.purpose, Purpose::Transfer);
            Ok(())
        }
        // The steps of a single phase, each with its part of the input.
        "single" => {
            let fields = input.as_object().unwrap();
            let part = |names: &[&str]| -> Value {
                let kept = fields.iter().filter(|(name, _)| names.contains(&name.as_str()));
                kept.map(|(name, value)| (name.clone(), value.clone())).collect()
            };
            BackupInput::parse(&part(&["accounts", "maxFiles"]))?;
            MigrateInput::parse(&part(&["accounts", "execute", "approval", "mode", "probe"]))?;
            let known = ["accounts", "maxFiles", "execute", "approval", "mode", "probe"];
            assert!(fields.keys().all(|name| known.contains(&name.as_str())));
            Ok(())
        }
        "switch" => {
            assert!(
                input
                    .as_object()
                    .unwrap()
                    .keys()
                    .eq(json!({"runId": ""}).as_object().unwrap().keys())
            );
            Ok(())
        }
        _ => BackupInput::parse(&input).map(drop),
    }
}

#[test]
fn every_sample_is_an_input_of_its_state_machine() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../statemachine/samples");
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let input: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let machine = name.split('-').next().unwrap().to_owned();
        assert_eq!(parse(&machine, input), Ok(()), "{name}");
        *seen.entry(machine).or_default() += 1;
    }
    for machine in
        ["analyze", "full", "migrate", "reconcile", "rollback", "single", "switch", "transfer"]
    {
        assert!(seen.contains_key(machine), "{machine}");
    }
}
