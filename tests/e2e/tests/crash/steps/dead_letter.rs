//! Closing a batch that cannot be processed.

use anyhow::{Result, ensure};
use drayage_domain::manifest;
use serde_json::json;

use super::{enumerated_world, records_of_every_kind};
use crate::every_effect::Step;
use crate::gate::{Kill, Moment};
use crate::state::Snapshot;
use crate::world::{Lab, RUN, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_batch_is_closed_safely_at_every_moment() -> Result<()> {
    let lab = Lab::start().await?;
    records_of_every_kind(&lab).await?;
    let world = lab.world().await?;
    enumerated_world(&lab, 100).await?.restore(&world).await?;
    // A first delivery settles some records and dies; then a line of the manifest is destroyed.
    let kill = Some(Kill { at: 8, moment: Moment::After });
    let first = world.deliver("copy", vec![World::batch_event(1)], kill).await?;
    ensure!(first.killed);
    world.leases_end().await?;
    let died = Snapshot::of(&world).await?;
    let key = manifest::batch_key(RUN, 1);
    let text = died.state_object(&key)?;
    let mut lines: Vec<&str> = text.lines().collect();
    ensure!(lines.len() == 9);
    lines[5] = "{\"sequence\": poison";
    let before = died.with_state_object(&key, lines.join("\n").into_bytes());

    let event = World::batch_event(1);
    let step = Step { function: "dead-letter", event, before };
    step.is_safe(&lab).await?;

    // What the harness has compared every world with.
    let world = lab.world().await?;
    step.before.restore(&world).await?;
    world.succeed("dead-letter", World::batch_event(1)).await?;
    let batch = Snapshot::of(&world).await?.comparable()["run crash-run BATCH#000001"].clone();
    let counts = &batch["counts"]["outcomes"];
    assert_eq!(batch["state"], json!("Done"));
    assert_eq!(counts["failed.manifest_invalid"], 1, "{batch}");
    assert!(counts["verified"].as_u64() >= Some(1), "{batch}");
    assert!(counts["failed.dead_lettered"].as_u64() >= Some(1), "{batch}");
    Ok(())
}
