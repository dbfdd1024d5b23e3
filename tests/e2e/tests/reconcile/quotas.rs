//! Runs that do not fit into the account's concurrency of Lambda are refused by name, before they start.

use anyhow::{Context as _, Result, bail};
use drayage_local::{Ended, LocalStack};
use serde_json::{Value, json};

use crate::planted::reconcile;

const COPIES: &str = "DRAYAGE_COPY_MAXIMUM_CONCURRENCY: 5 ";
const SHARDS: &str = "DRAYAGE_RECONCILE_CONCURRENCY: 8 ";
const LANES: &str = "DRAYAGE_SWITCH_CONCURRENCY: 5 ";

/// A function takes all of the account's invocations but two.
async fn leave_two(stack: &LocalStack) -> Result<()> {
    let (client, endpoint) = (reqwest::Client::new(), stack.emulator().endpoint());
    let settings = client.get(format!("{endpoint}/2016-08-19/account-settings")).send().await?;
    let settings: Value = serde_json::from_str(&settings.error_for_status()?.text().await?)?;
    let all = settings.pointer("/AccountLimit/ConcurrentExecutions").and_then(Value::as_u64);
    let all = all.context("no limit")?;
    let function = stack.stack().output("AnalyzeFunction")?;
    let url = format!("{endpoint}/2017-10-31/functions/{function}/concurrency");
    let reserve = json!({"ReservedConcurrentExecutions": all - 2}).to_string();
    client.put(url).body(reserve).send().await?.error_for_status()?;
    Ok(())
}

async fn refusal(stack: &LocalStack, machine: &str, input: &Value) -> Result<(String, String)> {
    let execution = stack.start_execution(machine, input).await?;
    match stack.wait(&execution).await? {
        Ended::Failed { error, cause } => Ok((error, cause)),
        Ended::Succeeded(output) => bail!("{machine} {input} was not refused: {output}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fans_out_further_than_the_account_goes_is_refused_and_one_shard_is_not() -> Result<()>
{
    let stack = LocalStack::builder().small_files().files(4).start().await?;
    leave_two(&stack).await?;
    let bucket = stack.stack().output("DestinationBucket")?;
    let two =
        json!({"source": {"bucket": bucket, "prefix": "in/"}, "destination": {"prefix": "out/"}});
    for (machine, input, told, untold) in [
        ("StateMachineArn", json!({}), &[COPIES][..], &[LANES, SHARDS][..]),
        ("ReconcileStateMachineArn", json!({"fix": true}), &[COPIES], &[LANES, SHARDS]),
        ("ReconcileStateMachineArn", two.clone(), &[SHARDS], &[COPIES, LANES]),
        ("TransferStateMachineArn", two, &[COPIES, SHARDS], &[LANES]),
        ("MigrateStateMachineArn", json!({}), &[COPIES, LANES], &[SHARDS]),
        ("MigrateStateMachineArn", json!({"backup": false}), &[LANES], &[COPIES, SHARDS]),
    ] {
        let (error, cause) = refusal(&stack, machine, &input).await?;
        assert_eq!(error, "ConfigurationInvalid", "{machine}: {cause}");
        assert!(cause.contains("the account's 2 of Lambda") && cause.contains("hint:"), "{cause}");
        assert!(told.iter().all(|part| cause.contains(part)), "{machine} {input}: {cause}");
        assert!(!untold.iter().any(|part| cause.contains(part)), "{machine} {input}: {cause}");
    }
    assert!(reconcile(&stack, &json!({})).await?.complete, "nothing stands in its way");
    // An emergency does not wait for a quota: what is wrong here is the run.
    let input = json!({"run": "a-run"});
    let (error, cause) = refusal(&stack, "RollbackStateMachineArn", &input).await?;
    assert_eq!(error, "InputInvalid", "{cause}");
    Ok(())
}
