//! Comparing a shard.

use anyhow::Result;
use drayage_domain::reconcile::Difference;
use drayage_domain::reconcile::work::{ShardState, findings_key, state_key};
use serde_json::json;

use super::{plan_event, planted, shard_event, transfer};
use crate::every_effect::Step;
use crate::state::Snapshot;
use crate::world::{Lab, RUN};

#[tokio::test(flavor = "multi_thread")]
async fn a_shard_is_compared_safely_at_every_moment() -> Result<()> {
    let lab = Lab::start().await?;
    let world = planted(&lab).await?;
    world.succeed("reconcile-plan", plan_event(&transfer(&json!({})), 1)).await?;
    let before = Snapshot::of(&world).await?;
    let event = shard_event(1, 1);
    let step = Step { function: "reconcile", event: event.clone(), before };
    assert_eq!(step.is_safe(&lab).await?, 2, "findings and the shard's state");

    // What the harness has compared every world with.
    world.succeed("reconcile", event).await?;
    let after = Snapshot::of(&world).await?;
    let state: ShardState = serde_json::from_str(&after.state_object(&state_key(RUN, 1, 1))?)?;
    assert!(state.done && state.incomplete_because.is_empty(), "{state:?}");
    assert_eq!((state.tally.keys(), state.findings_parts), (7, 1));
    let found = after.state_object(&findings_key(RUN, 1, 1, 1))?;
    let found: Vec<Difference> =
        found.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let found: Vec<String> = found
        .iter()
        .map(|difference| format!("{} {}", difference.key, difference.verdict.label()))
        .collect();
    let planted = [
        "a/extra extra",
        "a/missing missing",
        "b/bytes content_differs.etag",
        "b/missing missing",
        "b/size size_differs",
        "c/extra extra",
    ];
    assert_eq!(found, planted);
    Ok(())
}
