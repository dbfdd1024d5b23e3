//! Faults that lie in time: writes that land after they were given up, an allocation that ends in the middle, and people who edit
//! before, between and after.

use anyhow::{Context as _, Result, ensure};
use drayage_domain::state::FileState;
use drayage_domain::switch::Direction;
use drayage_sim::salesforce::{
    Action, CallFault, CallFaultKind, Endpoint, FaultPlan, RequestLimitFault, RowEvent, RowMoment,
};
use serde_json::json;

use crate::books::{Books, is_green, sums_add_up};
use crate::site::{FIELD, MODES, OBJECT, backed_up, calls, calm, execute, migrate, rollback, rows};

const EDIT: &str = "https://edited.example/by a person ";

fn late(endpoint: Endpoint, skip: u64, after_calls: u64) -> FaultPlan {
    let kind = CallFaultKind::AppliedLate { after_calls };
    let fault = CallFault { skip, ..CallFault::next(&[endpoint], 1, kind) };
    FaultPlan { calls: vec![fault], ..FaultPlan::default() }
}

fn edit(id: &str) -> Action {
    let fields = json!({FIELD: EDIT}).as_object().cloned().unwrap_or_default();
    Action::Update { sobject: OBJECT.to_owned(), id: id.to_owned(), fields }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_lands_late_is_known_in_the_end() -> Result<()> {
    let stack = backed_up(160, 74).await?;
    let ids: Vec<String> = rows(&stack).await?.into_keys().collect();
    let ways =
        [(Endpoint::Composite, "guarded", 1), (Endpoint::CollectionsUpdate, "collections", 0)];
    let delays = [1, 3];
    let cases = ways.iter().flat_map(|way| delays.map(|delay| (way, delay)));
    for (((endpoint, mode, skip), after_calls), ids) in cases.zip(ids.chunks(40)) {
        let what = format!("{mode}, {after_calls} calls later");
        // The same value may arrive twice: by the late call, and by the one that was made in its place.
        let books = Books::open(&stack)?.writes_max(2);
        stack.org()?.set_faults(late(*endpoint, *skip, after_calls));
        let summary = migrate(&stack, &execute(&json!({"mode": mode, "records": ids}))).await?;
        calm(&stack)?;
        ensure!(stack.org()?.late_calls() == 0, "{what}: it has not landed");
        sums_add_up(&summary)?;
        let rows = rows(&stack).await?;
        for (id, record) in stack.org()?.records() {
            if !ids.contains(&id) {
                ensure!(record.url.as_deref() == books.held(&id) || !record.written.is_empty());
                continue;
            }
            ensure!(record.url == rows[&id].new_url, "{what}: {id} holds {:?}", record.url);
            ensure!(rows[&id].state == FileState::Switched, "{what}: {:#?}", rows[&id]);
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_lands_after_the_rollback_is_stopped_by_its_guard() -> Result<()> {
    let stack = backed_up(40, 75).await?;
    let before = stack.org()?.records();
    stack.org()?.set_faults(late(Endpoint::Composite, 1, 1_000_000));
    let there = migrate(&stack, &execute(&json!({"mode": "guarded"}))).await?;
    calm(&stack)?;
    sums_add_up(&there)?;
    ensure!(stack.org()?.late_calls() == 1);
    let back = rollback(&stack, &json!({"all": true, "execute": true, "mode": "guarded"})).await?;
    sums_add_up(&back)?;
    // What was never switched keeps the time of its backup, and is the one that a late call could still repoint; the next
    // sweep has to find that.
    stack.org()?.apply_late_calls();
    let rows = rows(&stack).await?;
    for (id, record) in stack.org()?.records() {
        let ours = record.url == before[&id].url || record.url == rows[&id].new_url;
        ensure!(ours, "{id} holds {:?}", record.url);
        if back.counts.outcomes.get("restored") == Some(&40) {
            ensure!(record.url == before[&id].url, "{id} was repointed after the rollback");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allocation_that_ends_in_the_middle_is_waited_for() -> Result<()> {
    const PART: usize = 20;
    const REFUSED: u64 = 3;
    // Around the end of the writing, and in the second look.
    const BEFORE_THE_END: [u64; 3] = [1, 2, 4];
    let stack = backed_up(MODES.len() * (1 + BEFORE_THE_END.len()) * PART, 76).await?;
    let ids: Vec<String> = rows(&stack).await?.into_keys().collect();
    let mut parts = ids.chunks(PART);
    for mode in MODES {
        let mut switch = async |limit: Option<RequestLimitFault>| -> Result<u64> {
            let ids = parts.next().context("too few records")?;
            let books = Books::open(&stack)?;
            stack.org()?.set_faults(FaultPlan { request_limit: limit, ..FaultPlan::default() });
            let begun = calls(stack.org()?);
            let summary = migrate(&stack, &execute(&json!({"mode": mode, "records": ids}))).await;
            calm(&stack)?;
            let summary = summary?;
            books.close(&stack, &summary).await?;
            is_green(&summary, Direction::Switch, PART as u64)?;
            Ok(calls(stack.org()?) - begun)
        };
        let usual = switch(None).await?;
        for before_the_end in BEFORE_THE_END {
            let after_calls = usual.saturating_sub(before_the_end);
            let limit = RequestLimitFault { after_calls, refused_calls: REFUSED };
            let what = format!("{mode}, {before_the_end} calls before the end");
            let taken = switch(Some(limit)).await.context(what.clone())?;
            ensure!(taken >= usual + REFUSED, "{what}: the end of the allocation was not met");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_before_the_switch_is_kept_in_every_mode() -> Result<()> {
    let stack = backed_up(90, 77).await?;
    let ids: Vec<String> = rows(&stack).await?.into_keys().collect();
    for (mode, ids) in MODES.iter().zip(ids.chunks(30)) {
        let books = Books::open(&stack)?;
        stack.org()?.update(OBJECT, &ids[5], json!({FIELD: EDIT}))?;
        stack.org()?.update(OBJECT, &ids[6], json!({FIELD: null}))?;
        let summary = migrate(&stack, &execute(&json!({"mode": mode, "records": ids}))).await?;
        let entries = books.close(&stack, &summary).await?;
        ensure!(entries.of("drifted") == [ids[5].as_str(), ids[6].as_str()], "{summary:#?}");
        ensure!(!summary.clean && summary.needs_attention == 2, "{summary:#?}");
        let rows = rows(&stack).await?;
        ensure!(rows[&ids[5]].state == FileState::Drifted, "{:#?}", rows[&ids[5]]);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_after_the_switch_is_found_and_kept() -> Result<()> {
    let stack = backed_up(90, 78).await?;
    let ids: Vec<String> = rows(&stack).await?.into_keys().collect();
    for (mode, ids) in MODES.iter().zip(ids.chunks(30)) {
        let (target, deleted) = (&ids[7], &ids[9]);
        let delete = Action::Delete { sobject: OBJECT.to_owned(), id: deleted.clone() };
        let events = [(target, edit(target)), (deleted, delete)].map(|(id, action)| RowEvent {
            id: id.clone(),
            moment: RowMoment::AfterReadBack,
            at: 1,
            action,
        });
        stack.org()?.forget_writes();
        let plan = FaultPlan { row_events: events.into(), ..FaultPlan::default() };
        stack.org()?.set_faults(plan);
        let summary = migrate(&stack, &execute(&json!({"mode": mode, "records": ids}))).await?;
        calm(&stack)?;
        sums_add_up(&summary)?;
        ensure!(!summary.clean, "{mode}: {summary:#?}");
        let found = &summary.verification.as_ref().context("no second look")?.surprises;
        ensure!(found.get("edited_since") == Some(&1), "{mode}: {summary:#?}");
        ensure!(found.get("deleted_since") == Some(&1), "{mode}: {summary:#?}");
        let records = stack.org()?.records();
        ensure!(records[target].url.as_deref() == Some(EDIT), "{mode}: the edit is gone");

        // Putting back does not touch it either.
        let dry = rollback(&stack, &json!({"records": ids})).await?;
        ensure!(dry.dry_run, "{dry:#?}");
        let input = json!({"records": ids, "execute": true, "mode": mode});
        let back = rollback(&stack, &input).await?;
        sums_add_up(&back)?;
        ensure!(back.counts.outcomes.get("restored") == Some(&28), "{mode}: {back:#?}");
        let records = stack.org()?.records();
        ensure!(records[target].url.as_deref() == Some(EDIT), "{mode}: the edit is gone");
        ensure!(rows(&stack).await?[target].state == FileState::Conflict, "{mode}");
    }
    Ok(())
}
