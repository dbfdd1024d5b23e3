//! The sample inputs of the state machines are inputs that the functions take.

use std::path::Path;

use drayage_domain::reconcile::input::{Purpose, ReconcileInput};
use drayage_domain::run_input::BackupInput;
use serde_json::Value;

#[test]
fn every_sample_is_an_input_of_its_state_machine() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../statemachine/samples");
    let (mut backups, mut comparisons, mut transfers) = (0, 0, 0);
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut input: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        if name.starts_with("transfer") {
            // What the state machine adds.
            let added =
                [("purpose".to_owned(), "transfer".into()), ("fix".to_owned(), true.into())];
            input.as_object_mut().unwrap().extend(added);
            let parsed = ReconcileInput::parse(&input);
            assert_eq!(parsed.map(|input| input.purpose), Ok(Purpose::Transfer), "{name}");
            transfers += 1;
        } else if name.starts_with("reconcile") {
            let parsed = ReconcileInput::parse(&input);
            assert_eq!(parsed.map(|input| input.purpose), Ok(Purpose::Reconcile), "{name}");
            comparisons += 1;
        } else {
            assert_eq!(BackupInput::parse(&input).err(), None, "{name}");
            backups += 1;
        }
    }
    assert!(backups > 0 && comparisons > 0 && transfers > 0);
}
