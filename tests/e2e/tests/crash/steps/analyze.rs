//! Adding up the plan of a dry run, and asking for sizes.

use anyhow::Result;
use serde_json::{Value, json};

use super::records_of_every_kind;
use crate::every_effect::Step;
use crate::state::Snapshot;
use crate::world::{Lab, World};

/// The event of `preflight` for an analysis.
fn start_event(input: &Value) -> Value {
    let mut event = World::start_event(input);
    if let Some(fields) = event.as_object_mut() {
        fields.insert("kind".to_owned(), "analyze".into());
    }
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn an_analysis_is_safe_at_every_moment() -> Result<()> {
    let lab = Lab::start().await?;
    records_of_every_kind(&lab).await?;
    let world = lab.world().await?;
    world.succeed("preflight", start_event(&json!({"sample": 5}))).await?;
    let enumerated = world.succeed("enumerate", World::run_event()).await?;
    assert_eq!(enumerated["done"], true, "{enumerated}");
    let before = Snapshot::of(&world).await?;
    let answer = world.succeed("analyze", World::run_event()).await?;
    assert_eq!(answer["analysis"]["records"], 9, "{answer}");
    // One of the nine is excluded.
    assert_eq!(answer["analysis"]["files"], 8, "{answer}");
    let event = World::run_event();
    let effects = Step { function: "analyze", event, before }.is_safe(&lab).await?;
    assert_eq!(
        effects, 4,
        "the progress after the plan and after the sample, the table, the analysis"
    );
    Ok(())
}
