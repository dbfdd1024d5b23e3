//! An empty account, the same again, and an update that would lose data.

use std::fs;

use anyhow::Result;
use drayage_local::{Clients, Emulator};

use crate::support::{checkout, parameters, run, script};

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_makes_no_stack_a_deployment_makes_one_and_a_second_changes_nothing() -> Result<()>
{
    let emulator = Emulator::start().await?;
    let planned = run(script(&emulator, &parameters())?.arg("--dry-run"), "").await?;
    assert!(planned.succeeded, "{}", planned.text);
    for part in ["FilesTable", "AWS::DynamoDB::Table", "nothing was changed"] {
        assert!(planned.text.contains(part), "{}", planned.text);
    }
    let clients = Clients::new(&emulator);
    assert!(clients.dynamodb.list_tables().send().await?.table_names().is_empty());

    let first = run(&mut script(&emulator, &parameters())?, "").await?;
    assert!(first.succeeded && first.text.contains("is deployed"), "{}", first.text);
    // The account is recognised by its last digits, and not told.
    assert!(!first.text.contains("account 000000000000"), "{}", first.text);
    let made = clients.dynamodb.list_tables().send().await?.table_names().to_vec();

    let second = run(&mut script(&emulator, &parameters())?, "").await?;
    assert!(second.succeeded && second.text.contains("nothing to change"), "{}", second.text);
    assert_eq!(clients.dynamodb.list_tables().send().await?.table_names(), made);

    // The same queue under another name: the messages of the old one would be gone.
    let text = fs::read_to_string(checkout("infra/template.yaml"))?;
    let renamed = text.replace("CopyDeadLetterQueue", "OtherDeadLetterQueue");
    let changed = emulator.directory().join("changed");
    for part in ["infra", "statemachine"] {
        fs::create_dir_all(changed.join(part))?;
        for file in fs::read_dir(checkout(part))?.flatten() {
            if file.path().is_file() {
                fs::copy(file.path(), changed.join(part).join(file.file_name()))?;
            }
        }
    }
    let template = changed.join("infra/template.yaml");
    fs::write(&template, renamed)?;
    let mut command = script(&emulator, &parameters())?;
    let refused = run(command.arg("--template").arg(&template), "").await?;
    assert!(!refused.succeeded, "{}", refused.text);
    assert!(refused.text.contains("CopyDeadLetterQueue (AWS::SQS::Queue)"), "{}", refused.text);
    assert!(refused.text.contains("nothing was changed"), "{}", refused.text);
    Ok(())
}
