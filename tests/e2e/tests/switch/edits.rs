//! People who edit records while they are switched: an edit is never overwritten.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use drayage_local::LocalStack;
use drayage_local::executions::ended;
use drayage_sim::salesforce::RecordState;
use serde_json::json;

use crate::books::{Books, sums_add_up};
use crate::site::{
    FIELD, MIGRATE, OBJECT, ROLLBACK, backed_up, execute, finished, lines, outcomes,
};

const RECORDS: usize = 300;

/// Edits random records until the execution ends. Returns the number of edits.
async fn edit_while_it_runs(
    stack: &LocalStack,
    execution: &str,
    ids: &[String],
    seed: u64,
) -> Result<usize> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut edits = 0;
    while ended(stack.clients(), execution).await?.is_none() {
        // Most of the records stay as they are, so that there is something to switch.
        let id = &ids[random.usize(..ids.len() / 3)];
        let url = format!("https://edited.example/{seed}/{edits} ");
        stack.org()?.update(OBJECT, id, json!({FIELD: url}))?;
        edits += 1;
    }
    Ok(edits)
}

/// Records whose edit was overwritten. Everything else holds its last edit, what the plan says, or what it held.
async fn overwritten(stack: &LocalStack, books: &Books, run_id: &str) -> Result<Vec<String>> {
    let (lines, outcomes) = (lines(stack, run_id).await?, outcomes(stack, run_id).await?);
    let mut overwritten = Vec::new();
    for (id, record) in stack.org()?.records() {
        let RecordState { url, edits, written, .. } = record;
        let line = lines.get(&id);
        let Some(last) = edits.last() else {
            let expected = match (outcomes.get(&id).map(String::as_str), line) {
                (Some("switched" | "restored"), Some(line)) => line.to.as_deref(),
                _ => books.held(&id),
            };
            ensure!(url.as_deref() == expected, "{id} holds {url:?}, not {expected:?}");
            continue;
        };
        let Some(line) = line else {
            ensure!(url == *last && written.is_empty(), "{id} is not in the plan");
            continue;
        };
        ensure!(url == *last || url == line.to, "{id} holds {url:?}: neither edit nor plan");
        ensure!(written.iter().all(|value| *value == line.to || *value == line.from));
        if url != *last {
            overwritten.push(id);
        }
    }
    Ok(overwritten)
}

/// A run in that direction and mode, with people in between. Returns how many edits were overwritten.
async fn with_people(stack: &LocalStack, machine: &str, mode: &str, seed: u64) -> Result<usize> {
    let books = Books::open(stack)?;
    let ids: Vec<String> = stack.org()?.records().into_keys().collect();
    let input = match machine {
        ROLLBACK => json!({"all": true, "execute": true, "mode": mode}),
        _ => execute(&json!({"mode": mode})),
    };
    let execution = stack.start_execution(machine, &input).await?;
    let edits = edit_while_it_runs(stack, &execution, &ids, seed).await?;
    let summary = finished(stack, &execution).await?;
    sums_add_up(&summary)?;
    ensure!(edits > 20, "only {edits} edits");
    let race_window = summary.mode.as_ref().map(|mode| mode.race_window.clone());
    ensure!(race_window.is_some_and(|window| !window.is_empty()), "{summary:#?}");
    let lost = overwritten(stack, &books, &summary.run_id).await?;
    let counts: &BTreeMap<String, u64> = &summary.counts.outcomes;
    println!("{machine} {mode}: {edits} edits, {} overwritten, {counts:?}", lost.len());
    Ok(lost.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn guarded_updates_never_overwrite_an_edit() -> Result<()> {
    let stack = backed_up(RECORDS, 98).await?;
    ensure!(with_people(&stack, MIGRATE, "guarded", 1).await? == 0, "an edit was overwritten");
    ensure!(with_people(&stack, ROLLBACK, "guarded", 2).await? == 0, "an edit was overwritten");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn collections_overwrite_at_most_what_lies_in_their_window() -> Result<()> {
    let stack = backed_up(RECORDS, 99).await?;
    // Between the read of a call's 200 records and their write.
    let lost = with_people(&stack, MIGRATE, "collections", 3).await?;
    ensure!(lost <= RECORDS / 3, "{lost} edits were overwritten");
    Ok(())
}
