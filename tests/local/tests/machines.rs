//! The machines that write into Salesforce are deployed and take their ways, as far as no function is asked; their sample inputs
//! are taken.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;

use drayage_domain::switch::input::{MigrateInput, RollbackInput};
use drayage_local::{Ended, LocalStack};
use serde_json::{Value, json};

/// How an execution of the machine that an output names ends.
async fn run(stack: &LocalStack, machine: &str, input: &Value) -> Ended {
    let execution = stack.start_execution(machine, input).await.unwrap();
    stack.wait(&execution).await.unwrap()
}

#[tokio::test]
async fn machines_of_the_template_take_their_ways() {
    let stack = LocalStack::builder().files(1).start().await.unwrap();
    for output in ["MigrateStateMachineArn", "RollbackStateMachineArn", "TopicArn"] {
        stack.stack().output(output).unwrap();
    }
    // A run without lanes comes to its end.
    let switched = run(&stack, "SwitchStateMachineArn", &json!({"runId": "none"})).await;
    assert_eq!(switched.output().unwrap(), json!({"runId": "none", "concurrency": 5}));

    // What the migrate would refuse never starts a backup.
    let input = json!({"dry": true, "approval": true, "mode": "fast", "probe": "no"});
    let refused = run(&stack, "SinglePhaseStateMachineArn", &input).await;
    let Ended::Failed { error, cause } = refused else { panic!("{refused:?}") };
    assert_eq!(error, "InputInvalid");
    for problem in ["no field dry;", "probe takes", "mode takes", "approval is asked for"] {
        assert!(cause.contains(problem), "{cause}");
    }
}

#[tokio::test]
async fn a_new_url_can_be_opened_as_a_user_does() {
    let stack = LocalStack::builder().files(1).start().await.unwrap();
    let bucket = stack.stack().output("DestinationBucket").unwrap();
    let put = stack.clients().s3.put_object().bucket(bucket).key("uploads/a b.pdf");
    put.send().await.unwrap();
    let base = format!("{}/{bucket}/", stack.emulator().endpoint());
    let answer = reqwest::Client::new().head(format!("{base}uploads/a%20b.pdf")).send().await;
    assert_eq!(answer.unwrap().status(), 200);
    let missing = reqwest::Client::new().head(format!("{base}uploads/none.pdf")).send().await;
    assert_eq!(missing.unwrap().status(), 404);
}

#[test]
fn samples_are_inputs_that_are_taken() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../statemachine/samples");
    let mut taken = 0;
    for entry in std::fs::read_dir(samples).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let input = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let problems = match name.split('-').next() {
            Some("migrate") => MigrateInput::parse(&input).err(),
            Some("rollback") => RollbackInput::parse(&input).err(),
            _ => continue,
        };
        assert!(problems.is_none(), "{name}: {problems:?}");
        taken += 1;
    }
    assert!(taken >= 8, "{taken}");
}
