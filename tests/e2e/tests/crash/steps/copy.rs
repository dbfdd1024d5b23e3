//! Copying a batch.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::{enumerated_world, records_of_every_kind};
use crate::every_effect::Step;
use crate::gate::{Kill, Moment};
use crate::lambda::{Answer, epoch_ms};
use crate::state::{Snapshot, items};
use crate::world::{Lab, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_safe_at_every_moment() -> Result<()> {
    let lab = Lab::start().await?;
    records_of_every_kind(&lab).await?;
    let before = enumerated_world(&lab, 100).await?;
    let event = World::batch_event(1);
    let effects = Step { function: "copy", event, before }.is_safe(&lab).await?;
    // Nine rows; six objects; the claim of the batch, its end, and the message to the state machine; and key claims.
    assert!(effects > 9 + 6 + 3, "{effects}");
    Ok(())
}

/// The end of a lease is not moved here: it is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_invocations_lease_ends_by_itself() -> Result<()> {
    const TIME: Duration = Duration::from_secs(10);
    let lab = Lab::start().await?;
    records_of_every_kind(&lab).await?;
    let world = lab.world().await?;
    enumerated_world(&lab, 100).await?.restore(&world).await?;
    let event = World::batch_event(1);
    let begun = epoch_ms();
    let kill = Some(Kill { at: 1, moment: Moment::After });
    let first = world.deliver_within(TIME, "copy", vec![event.clone()], kill).await?;
    ensure!(first.killed);
    let until = lease_until(&world).await?;
    assert!(until >= begun + 10_000, "a lease must not end before its invocation");
    assert!(until <= epoch_ms() + 15_000, "nor long after it");

    let early = world.deliver("copy", vec![event.clone()], None).await?;
    let sent_back = json!({"batchItemFailures": [{"itemIdentifier": "message-1"}]});
    assert_eq!(early.answers, [Answer::Success(sent_back)]);
    tokio::time::sleep(Duration::from_millis(until.saturating_sub(epoch_ms()) + 1)).await;
    let done = world.succeed("copy", event).await?;
    assert_eq!(done["batchItemFailures"], Value::Array(Vec::new()));
    let batch = Snapshot::of(&world).await?.comparable()["run crash-run BATCH#000001"].clone();
    assert_eq!(batch["state"], "Done", "{batch}");
    Ok(())
}

async fn lease_until(world: &World<'_>) -> Result<u64> {
    let items = items(&world.lab.clients.dynamodb, &world.runs_table()).await?;
    let until = items.iter().find_map(|item| item.get("lease_until")).unwrap();
    Ok(until.as_n().unwrap().parse()?)
}
