//! Records that are written, looked at once more, and counted: in both directions and all modes. Their writes go through the gate
//! as every other side effect does.

use anyhow::{Context as _, Result, ensure};

use super::switch::{
    MODES, RECORDS, backed_up, carry_out, event, lab, lane_event, nothing_was_written_twice, plan,
    records, run, run_of,
};
use crate::every_effect::Step;
use crate::state::Snapshot;
use crate::world::{Lab, World};

/// A world in which a run of that kind is planned.
async fn planned<'lab>(lab: &'lab Lab, kind: &str, mode: &str) -> Result<World<'lab>> {
    let world = backed_up(lab).await?;
    if kind == "rollback" {
        // By the cheapest way: this is not what is killed.
        run(&world, "migrate", "collections").await?;
    }
    plan(&world, kind, mode).await?;
    // What was written up to here is not what the step has written.
    world.org().context("no org")?.forget_writes();
    Ok(world)
}

/// Both steps of that kind of run, and its end.
async fn is_safe(kind: &str, mode: &str) -> Result<()> {
    let lab = lab().await?;
    let world = planned(&lab, kind, mode).await?;
    let before = Snapshot::of(&world).await?;
    let originals = records(&before);
    let step = Step { function: "switch-urls", event: lane_event(run_of(kind), "switch"), before };
    let effects = step.is_safe(&lab).await.with_context(|| format!("{kind}, {mode}"))?;
    // An intent and a confirmation for each record, the call, and the batch.
    ensure!(effects > 2 * RECORDS + 1, "{effects} side effects");

    carry_out(&world, kind, "switch").await?;
    let after = Snapshot::of(&world).await?;
    nothing_was_written_twice(&after)?;
    let now = records(&after);
    let changed = now.iter().filter(|(name, now)| originals[*name]["url"] != now["url"]).count();
    ensure!(changed == RECORDS, "{changed} records were written");

    let step =
        Step { function: "switch-urls", event: lane_event(run_of(kind), "verify"), before: after };
    step.is_safe(&lab).await.with_context(|| format!("{kind}, {mode}, second look"))?;
    carry_out(&world, kind, "verify").await?;
    let before = Snapshot::of(&world).await?;
    ensure!(
        records(&before).values().map(|record| &record["url"]).eq(now.values().map(|r| &r["url"])),
        "the second look has written"
    );
    let step = Step { function: "finalize", event: event(run_of(kind)), before };
    step.is_safe(&lab).await.with_context(|| format!("{kind}, {mode}, end"))?;
    let summary = world.succeed("finalize", event(run_of(kind))).await?;
    ensure!(summary["clean"] == true && summary["accountedFor"] == true, "{summary}");
    let ended = Snapshot::of(&world).await?.comparable();
    ensure!(!ended.keys().any(|name| name.starts_with("run LOCK")), "the lock is held");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_switched_safely_at_every_moment_guarded() -> Result<()> {
    is_safe("migrate", MODES[0]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_switched_safely_at_every_moment_in_collections() -> Result<()> {
    is_safe("migrate", MODES[1]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_switched_safely_at_every_moment_in_bulk() -> Result<()> {
    is_safe("migrate", MODES[2]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_put_back_safely_at_every_moment_guarded() -> Result<()> {
    is_safe("rollback", MODES[0]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_put_back_safely_at_every_moment_in_collections() -> Result<()> {
    is_safe("rollback", MODES[1]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_put_back_safely_at_every_moment_in_bulk() -> Result<()> {
    is_safe("rollback", MODES[2]).await
}
