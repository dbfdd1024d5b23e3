//! An empty account, the same again, and an update that would lose data.

use std::fs;

use anyhow::{Context as _, Result};
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

    // The same bucket under a name of somebody's choice: everything in it would be left behind.
    let text = fs::read_to_string(checkout("infra/template.yaml"))?;
    let (before, bucket) = text.split_once("\n  StateBucket:\n").context("no state bucket")?;
    let properties = "    Properties:\n";
    let named = bucket.replacen(properties, &format!("{properties}      BucketName: another\n"), 1);
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
    fs::write(&template, format!("{before}\n  StateBucket:\n{named}"))?;
    let mut command = script(&emulator, &parameters())?;
    let refused = run(command.arg("--template").arg(&template), "").await?;
    assert!(!refused.succeeded, "{}", refused.text);
    assert!(refused.text.contains("StateBucket (AWS::S3::Bucket)"), "{}", refused.text);
    assert!(refused.text.contains("nothing was changed"), "{}", refused.text);
    Ok(())
}
