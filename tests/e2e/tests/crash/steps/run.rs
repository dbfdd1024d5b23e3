//! The first and the last step.

use anyhow::Result;
use serde_json::json;

use super::{enumerated_world, records_of_every_kind};
use crate::every_effect::Step;
use crate::state::Snapshot;
use crate::world::{Lab, World};

#[tokio::test(flavor = "multi_thread")]
async fn preflight_is_safe_at_every_moment() -> Result<()> {
    let lab = Lab::start().await?;
    let event = World::start_event(&json!({}));
    let before = Snapshot::of(&lab.world().await?).await?;
    let effects = Step { function: "preflight", event, before }.is_safe(&lab).await?;
    assert_eq!(effects, 2, "the lock and the run");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn finalize_is_safe_at_every_moment() -> Result<()> {
    let lab = Lab::start().await?;
    records_of_every_kind(&lab).await?;
    let world = lab.world().await?;
    enumerated_world(&lab, 5).await?.restore(&world).await?;
    for number in 1..=2 {
        world.succeed("copy", World::batch_event(number)).await?;
    }
    let before = Snapshot::of(&world).await?;
    let summary = world.succeed("finalize", World::run_event()).await?;
    assert_eq!(summary["accountedFor"], true, "{summary}");
    assert_eq!(summary["enumerated"], 9);
    let event = World::run_event();
    let effects = Step { function: "finalize", event, before }.is_safe(&lab).await?;
    assert_eq!(effects, 3, "the summary, the end of the run and the lock");
    Ok(())
}
