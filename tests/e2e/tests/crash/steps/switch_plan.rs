//! The plan of a run that writes records.

use anyhow::{Result, ensure};
use drayage_domain::switch::lane::lanes_prefix;
use serde_json::json;

use super::switch::{backed_up, event, input, lab, nothing_was_written_twice, run, run_of, start};
use crate::every_effect::Step;
use crate::state::Snapshot;
use crate::world::World;

/// Plans at every moment; then once more, to see what every world was compared with.
async fn is_safe(world: &World<'_>, kind: &str) -> Result<Snapshot> {
    let before = Snapshot::of(world).await?;
    let step = Step { function: "switch-plan", event: event(run_of(kind)), before };
    ensure!(step.is_safe(world.lab).await? > 0);
    world.succeed("switch-plan", step.event).await?;
    let after = Snapshot::of(world).await?;
    nothing_was_written_twice(&after)?;
    Ok(after)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_is_planned_safely_at_every_moment() -> Result<()> {
    let lab = lab().await?;
    for (kind, input) in
        [("migrate", json!({"backup": false, "probe": false})), ("rollback", json!({"all": true}))]
    {
        let world = backed_up(&lab).await?;
        if kind == "rollback" {
            run(&world, "migrate", "collections").await?;
        }
        start(&world, kind, &input).await?;
        let after = is_safe(&world, kind).await?.comparable();
        let run_id = run_of(kind);
        ensure!(after.contains_key(&format!("state runs/{run_id}/plan.json")), "no plan");
        let lanes = format!("state {}", lanes_prefix(run_id));
        ensure!(!after.keys().any(|name| name.starts_with(&lanes)), "lanes of a dry run");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_is_planned_safely_at_every_moment() -> Result<()> {
    let lab = lab().await?;
    for mode in ["auto", "bulk"] {
        let world = backed_up(&lab).await?;
        start(&world, "migrate", &input("migrate", mode)).await?;
        let after = is_safe(&world, "migrate").await?.comparable();
        let run_id = run_of("migrate");
        let kept = ["rollback.jsonl", "batches/000001.jsonl", "plan.csv"];
        let kept = kept.map(|object| format!("runs/{run_id}/{object}"));
        for key in kept.into_iter().chain([format!("{}000001.json", lanes_prefix(run_id))]) {
            ensure!(after.contains_key(&format!("state {key}")), "no {key}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_is_planned_safely_at_every_moment() -> Result<()> {
    let lab = lab().await?;
    let world = backed_up(&lab).await?;
    run(&world, "migrate", "collections").await?;
    start(&world, "rollback", &input("rollback", "auto")).await?;
    is_safe(&world, "rollback").await?;
    Ok(())
}
