//! Batches of objects: copied, deleted, and closed when nobody could process them.

use anyhow::Result;
use drayage_domain::manifest::batch_key;
use drayage_domain::object_batch::{ObjectEntry, ObjectResults, results_key};
use drayage_domain::outcome::Outcome;
use serde_json::{Value, json};

use super::{REPAIR, deleting, planted, planted_with_extras_only, queue, transfer};
use crate::every_effect::Step;
use crate::state::Snapshot;
use crate::world::{Lab, SOURCE, World};

fn event() -> Value {
    World::batch_event_of(REPAIR, 1)
}

/// What the batch has added to the run's counts, and its results: what every world was compared with.
async fn outcomes(step: &Step, lab: &Lab) -> Result<(Value, ObjectResults)> {
    let world = lab.world().await?;
    step.before.restore(&world).await?;
    world.succeed(step.function, event()).await?;
    let after = Snapshot::of(&world).await?;
    let batch = after.comparable()[&format!("run {REPAIR} BATCH#000001")].clone();
    assert_eq!(batch["state"], "Done", "{batch}");
    let results = serde_json::from_str(&after.state_object(&results_key(REPAIR, 1))?)?;
    Ok((batch["counts"].clone(), results))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_copies_is_safe_at_every_moment() -> Result<()> {
    let lab = Lab::start().await?;
    let world = planted(&lab).await?;
    queue(&world, &transfer(&json!({}))).await?;
    // Since they were listed, one is gone and one is another.
    lab.clients.s3.delete_object().bucket(SOURCE).key("in/b/missing").send().await?;
    lab.source_object("in/b/size", b"not what was listed").await?;
    let before = Snapshot::of(&world).await?;
    let step = Step { function: "copy", event: event(), before };
    // What a dead invocation has copied and not written down is copied again: three at most, for there are no more.
    let effects = step.is_safe_moving_again(&lab, 3).await?;
    // The one that is another is refused as it was listed, and copied as it is.
    assert_eq!(effects, 1 + 5 + 3, "the claim, copies; results, the end, and the message");

    let (counts, results) = outcomes(&step, &lab).await?;
    let expected = json!({"source_gone.object_missing": 1, "verified": 3});
    assert_eq!(counts["outcomes"], expected, "{counts}");
    assert_eq!((results.settled.len(), results.problems.len()), (4, 1), "{results:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_deletions_is_safe_at_every_moment() -> Result<()> {
    let lab = Lab::start().await?;
    let world = planted_with_extras_only(&lab).await?;
    queue(&world, &deleting()).await?;
    // Since it was listed, somebody has written it.
    let before = Snapshot::of(&world).await?.with_destination_object("out/c/extra", b"new".into());
    let step = Step { function: "copy", event: event(), before };
    let effects = step.is_safe_moving_again(&lab, 0).await?;
    assert_eq!(effects, 1 + 1 + 3, "the claim, a deletion; results, the end, and the message");

    let (counts, results) = outcomes(&step, &lab).await?;
    assert_eq!(counts["outcomes"], json!({"deleted": 1, "kept": 1}), "{counts}");
    let kept: Vec<&str> = results.problems.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(kept, ["c/extra"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_batch_of_objects_is_closed_safely_at_every_moment() -> Result<()> {
    let lab = Lab::start().await?;
    let world = planted(&lab).await?;
    queue(&world, &transfer(&json!({}))).await?;
    let before = Snapshot::of(&world).await?;
    let key = batch_key(REPAIR, 1);
    let text = before.state_object(&key)?;
    let mut lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4);
    // A first delivery has settled an entry; then a line of the manifest is destroyed.
    let first: ObjectEntry = serde_json::from_str(lines[0])?;
    let mut results = ObjectResults::default();
    assert!(results.settle(&first, Outcome::Verified, None));
    results.counts.bytes_copied = 7;
    lines[2] = "{\"sequence\": poison";
    let before = before
        .with_state_object(&key, lines.join("\n").into_bytes())
        .with_state_object(&results_key(REPAIR, 1), serde_json::to_vec(&results)?);
    let step = Step { function: "dead-letter", event: event(), before };
    assert_eq!(step.is_safe(&lab).await?, 4, "the claim, results, the end, and the message");

    let (counts, results) = outcomes(&step, &lab).await?;
    let expected = json!({"failed.dead_lettered": 2, "failed.manifest_invalid": 1, "verified": 1});
    assert_eq!(counts["outcomes"], expected, "{counts}");
    assert_eq!(counts["bytesCopied"], 7, "{counts}");
    assert_eq!((results.settled.len(), results.problems.len()), (3, 2), "{results:?}");
    Ok(())
}
