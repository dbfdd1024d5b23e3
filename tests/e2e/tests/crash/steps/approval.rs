//! The question to a person.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::switch::{SWITCH, backed_up, event, input, lab, start};
use crate::every_effect::Step;
use crate::state::Snapshot;

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_asked_safely_at_every_moment() -> Result<()> {
    let lab = lab().await?;
    let world = backed_up(&lab).await?;
    let mut asking = input("migrate", "auto");
    asking["approval"] = json!(true);
    start(&world, "migrate", &asking).await?;
    let answer = world.succeed("switch-plan", event(SWITCH)).await?;
    ensure!(answer["next"] == "approve", "{answer}");
    let before = Snapshot::of(&world).await?;
    let event = json!({"runId": SWITCH, "taskToken": "token-of-the-question"});
    let step = Step { function: "approval", event: event.clone(), before };
    assert_eq!(step.is_safe(&lab).await?, 2, "the document and the message");

    world.succeed("approval", event).await?;
    let after = Snapshot::of(&world).await?;
    let question = after.state_object(&format!("runs/{SWITCH}/approval.json"))?;
    let question: Value = serde_json::from_str(&question)?;
    ensure!(question["token"] == "token-of-the-question", "{question}");
    ensure!(question["planHash"] == answer["planHash"], "{question}");
    Ok(())
}
