//! The machines that write into Salesforce are deployed and take their ways, as far as no function is asked.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

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
