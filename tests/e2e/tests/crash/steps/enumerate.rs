//! The enumeration, in pages of four records and batches of three.

use anyhow::Result;
use drayage_sim::salesforce::FaultPlan;
use serde_json::{Value, json};

use super::{enumerated, records_of_every_kind};
use crate::every_effect::Step;
use crate::state::Snapshot;
use crate::world::{Lab, World};

const BATCH_SIZE: u32 = 3;

/// An org whose pages hold four records.
async fn lab_with_short_pages() -> Result<Lab> {
    let lab = Lab::start().await?;
    lab.org().set_faults(FaultPlan { page_rows_max: Some(4), ..FaultPlan::default() });
    records_of_every_kind(&lab).await?;
    Ok(lab)
}

async fn is_safe(lab: &Lab, world: &World<'_>, input: &Value) -> Result<usize> {
    world.succeed("preflight", World::start_event(input)).await?;
    let before = Snapshot::of(world).await?;
    Step { function: "enumerate", event: World::run_event(), before }.is_safe(lab).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_enumeration_is_safe_at_every_moment() -> Result<()> {
    let lab = lab_with_short_pages().await?;
    let input = json!({"batchSize": BATCH_SIZE});
    let effects = is_safe(&lab, &lab.world().await?, &input).await?;
    // Pages of 4, 4 and 1 records make 2, 2 and 1 batches, each a manifest and an announcement; and four checkpoints.
    assert_eq!(effects, 5 * 2 + 4);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_enumeration_is_safe_at_every_moment() -> Result<()> {
    let lab = lab_with_short_pages().await?;
    let input = json!({"batchSize": BATCH_SIZE, "queryApi": "bulk"});
    let effects = is_safe(&lab, &lab.world().await?, &input).await?;
    // One checkpoint more: the job is submitted, then complete.
    assert_eq!(effects, 5 * 2 + 5);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enumeration_of_listed_records_is_safe_at_every_moment() -> Result<()> {
    let lab = lab_with_short_pages().await?;
    let mut ids: Vec<String> = lab.org().snapshot(&lab.org().config().object).into_keys().collect();
    ids.push("a0Bzz0000000001".to_owned());
    let input = json!({"batchSize": BATCH_SIZE, "records": ids});
    let effects = is_safe(&lab, &lab.world().await?, &input).await?;
    // Nine records and an unknown one make four batches; and two checkpoints.
    assert_eq!(effects, 4 * 2 + 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incremental_enumeration_is_safe_at_every_moment() -> Result<()> {
    let lab = lab_with_short_pages().await?;
    let world = lab.world().await?;
    enumerated(&world, &json!({"batchSize": 100})).await?;
    for number in 1..=3 {
        world.succeed("copy", World::batch_event(number)).await?;
    }
    world.succeed("finalize", World::run_event()).await?;
    // The rows stay, the run is another one.
    let earlier = Snapshot::of(&world).await?.without_runs();
    let org = lab.org();
    let object = org.config().object;
    let ids: Vec<String> = org.snapshot(&object).into_keys().collect();
    org.advance_seconds(60);
    org.soft_delete(&object, &ids[1])?;
    org.hard_delete(&object, &ids[7])?;
    org.update(&object, &ids[0], json!({"Name": "TOUCHED"}))?;
    let account = org.get(&object, &ids[0]).unwrap()[&org.config().account_field].clone();
    lab.record(account.as_str().unwrap(), Some(&format!("{}/new.pdf", lab.files.base_url())))?;

    let world = lab.world().await?;
    earlier.restore(&world).await?;
    let input = json!({"batchSize": BATCH_SIZE, "mode": "incremental"});
    let effects = is_safe(&lab, &world, &input).await?;
    // At least: checkpoints of the start, two pages, the count and the deletions; a batch of changes and one of deletions.
    assert!(effects >= 5 + 2 * 2, "{effects}");
    Ok(())
}
