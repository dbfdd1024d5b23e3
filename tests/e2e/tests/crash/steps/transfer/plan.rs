//! The beginning of a round.

use anyhow::Result;
use drayage_domain::reconcile::ranges::KeyRange;
use drayage_domain::reconcile::work::{Shard, shard_key};
use serde_json::json;

use super::{plan_event, planted, transfer};
use crate::every_effect::Step;
use crate::state::Snapshot;
use crate::world::{Lab, RUN};

#[tokio::test(flavor = "multi_thread")]
async fn rounds_are_planned_safely_at_every_moment() -> Result<()> {
    let lab = Lab::start().await?;
    let world = planted(&lab).await?;
    let input = transfer(&json!({}));
    let before = Snapshot::of(&world).await?;
    let event = plan_event(&input, 1);
    let planned = world.succeed("reconcile-plan", event.clone()).await?;
    assert_eq!((&planned["round"], &planned["shards"]), (&json!(1), &json!(1)), "{planned}");
    let effects = Step { function: "reconcile-plan", event, before }.is_safe(&lab).await?;
    assert_eq!(effects, 2 + 2 + 1 + 1, "access, the lock and the run, its document, the shard");

    // A second shard, which only places of more than a thousand keys have.
    let range = KeyRange { after: Some("c".to_owned()), until: None };
    let second = serde_json::to_vec(&Shard { number: 2, folder: String::new(), range })?;
    let before = Snapshot::of(&world).await?.with_state_object(&shard_key(RUN, 1, 2), second);
    let event = plan_event(&input, 2);
    let effects = Step { function: "reconcile-plan", event, before }.is_safe(&lab).await?;
    assert_eq!(effects, 2, "the same shards");
    Ok(())
}
