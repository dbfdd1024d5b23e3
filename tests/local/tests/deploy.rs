//! A template deploys to the emulator by the commands of a real deployment, and what it deploys runs.

use std::path::Path;
use std::time::Duration;

use drayage_local::{Clients, Emulator, Stack, StackParameters, executions};
use serde_json::json;

#[tokio::test]
async fn a_deployed_state_machine_invokes_a_bootstrap() {
    let emulator = Emulator::start().await.unwrap();
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deploy/template.yaml");
    let greeting = "a value, with \"quotes\" and = signs";
    let parameters = StackParameters::default().with("Greeting", greeting);
    let stack = Stack::deploy_template(&emulator, &template, &parameters).await.unwrap();
    let clients = Clients::new(&emulator);
    let machine = stack.output("StateMachineArn").unwrap();
    let execution = executions::start(&clients, machine, &json!({"n": 1})).await.unwrap();
    let ended = executions::wait(&clients, &execution, Duration::from_mins(1)).await.unwrap();
    assert_eq!(ended.output().unwrap(), json!({"event": {"n": 1}, "greeting": greeting}));
    assert!(stack.output("Nothing").unwrap_err().to_string().contains("StateMachineArn"));
}

#[tokio::test]
async fn a_template_that_does_not_deploy_says_why() {
    let emulator = Emulator::start().await.unwrap();
    let directory = emulator.directory().join("broken");
    std::fs::create_dir(&directory).unwrap();
    let template = directory.join("template.yaml");
    std::fs::write(
        &template,
        "Resources:\n  Broken:\n    Type: AWS::Lambda::Function\n    Properties:\n      Code: missing/\n",
    )
    .unwrap();
    let error = Stack::deploy_template(&emulator, &template, &StackParameters::default())
        .await
        .unwrap_err();
    let error = format!("{error:#}");
    assert!(error.contains("missing") && error.contains("hint:"), "{error}");
}
