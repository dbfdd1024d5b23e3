//! Putting original URLs back: by run, account and record; dry, interrupted, repeated; conflicts are kept.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use drayage_domain::state::FileState;
use drayage_domain::switch::Direction;
use drayage_local::LocalStack;
use drayage_sim::salesforce::{FaultPlan, RequestLimitFault};
use serde_json::{Value, json};

use crate::books::{Books, is_green, sums_add_up};
use crate::site::{
    FIELD, OBJECT, ROLLBACK, backed_up, calm, execute, finished, merged, migrate, object, refused,
    rollback, rows, stop, until,
};

const EDIT: &str = "https://edited.example/kept";

/// Records whose URL is not the original one.
fn switched(stack: &LocalStack, originals: &Books) -> Result<BTreeSet<String>> {
    let records = stack.org()?.records();
    let is_new = |(id, url): &(String, Option<String>)| url.as_deref() != originals.held(id);
    let urls = records.into_values().map(|record| (record.id, record.url));
    Ok(urls.filter(is_new).map(|(id, _)| id).collect())
}

/// Plans, finds nothing written, carries out, finds exactly `expected` restored.
async fn restores(
    stack: &LocalStack,
    scope: Value,
    originals: &Books,
    expected: &BTreeSet<String>,
) -> Result<()> {
    let before = switched(stack, originals)?;
    let books = Books::open(stack)?;
    let dry = rollback(stack, &scope).await?;
    sums_add_up(&dry)?;
    ensure!(dry.dry_run && dry.planned == expected.len() as u64, "{scope}: {dry:#?}");
    books.untouched(stack)?;

    let bound = merged(&scope, &json!({"execute": true, "planHash": dry.plan_hash}));
    let done = rollback(stack, &bound).await?;
    let entries = books.close(stack, &done).await.with_context(|| scope.to_string())?;
    is_green(&done, Direction::Restore, expected.len() as u64)?;
    let ended: BTreeSet<String> = entries.outcomes.into_keys().collect();
    ensure!(ended == *expected, "{scope}: other records");
    let left: BTreeSet<String> = before.difference(expected).cloned().collect();
    ensure!(switched(stack, originals)? == left, "{scope}: others were touched");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_back_is_chosen_by_record_account_and_run() -> Result<()> {
    let stack = backed_up(80, 81).await?;
    let all: Vec<String> = rows(&stack).await?.into_keys().collect();
    let originals = Books::open(&stack)?;
    let first = migrate(&stack, &execute(&json!({"records": all[..40]}))).await?;
    let second = migrate(&stack, &execute(&json!({}))).await?;
    ensure!((first.planned, second.planned) == (40, 40), "{second:#?}");

    // Ids of 15 characters name the same records.
    let records: BTreeSet<String> = [all[3].clone(), all[50].clone()].into();
    let short: Vec<&str> = records.iter().map(|id| &id[..15]).collect();
    restores(&stack, json!({"records": short}), &originals, &records).await?;

    let ledger = rows(&stack).await?;
    let account = ledger[&all[60]].account_id.clone().context("an account")?;
    let of_account = |id: &String| ledger[id].account_id.as_ref() == Some(&account);
    let expected: BTreeSet<String> =
        all.iter().filter(|id| of_account(id) && !records.contains(*id)).cloned().collect();
    restores(&stack, json!({"accounts": [account]}), &originals, &expected).await?;

    let still: BTreeSet<String> = switched(&stack, &originals)?;
    let of_first: BTreeSet<String> =
        all[..40].iter().filter(|id| still.contains(*id)).cloned().collect();
    restores(&stack, json!({"run": first.run_id}), &originals, &of_first).await?;
    let rest = switched(&stack, &originals)?;
    ensure!(!rest.is_empty());
    restores(&stack, json!({"all": true}), &originals, &rest).await?;

    // Nothing is left to put back.
    let books = Books::open(&stack)?;
    let again = rollback(&stack, &json!({"all": true, "execute": true})).await?;
    sums_add_up(&again)?;
    ensure!(again.planned == 0 && again.clean, "{again:#?}");
    books.untouched(&stack)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_edit_is_a_conflict_that_is_listed_and_kept() -> Result<()> {
    let stack = backed_up(30, 82).await?;
    let originals = Books::open(&stack)?;
    migrate(&stack, &execute(&json!({}))).await?;
    let ids: Vec<String> = rows(&stack).await?.into_keys().collect();
    let books = Books::open(&stack)?;
    let org = stack.org()?;
    // Another address, none at all, and a person who has put the original back.
    org.update(OBJECT, &ids[4], json!({FIELD: EDIT}))?;
    org.update(OBJECT, &ids[5], json!({FIELD: null}))?;
    org.update(OBJECT, &ids[6], json!({FIELD: originals.held(&ids[6])}))?;
    org.soft_delete(OBJECT, &ids[7])?;
    let summary = rollback(&stack, &json!({"all": true, "execute": true})).await?;
    let entries = books.close(&stack, &summary).await?;
    ensure!(entries.of("conflict") == [ids[4].as_str(), ids[5].as_str()], "{summary:#?}");
    ensure!(entries.of("already_original") == [ids[6].as_str()], "{summary:#?}");
    ensure!(entries.of("source_gone.record_deleted") == [ids[7].as_str()], "{summary:#?}");
    ensure!(entries.of("restored").len() == 26 && summary.needs_attention == 3, "{summary:#?}");
    let review = summary.review.as_deref().context("no list of what needs attention")?;
    let review = String::from_utf8(object(&stack, review).await?.context("no such list")?)?;
    for id in [&ids[4], &ids[5], &ids[7]] {
        ensure!(review.contains(id.as_str()), "{id} is not listed: {review}");
    }
    ensure!(!review.contains(EDIT), "a URL is in the list");
    let rows = rows(&stack).await?;
    ensure!(rows[&ids[4]].state == FileState::Conflict, "{:#?}", rows[&ids[4]]);
    ensure!(rows[&ids[6]].state == FileState::Verified, "{:#?}", rows[&ids[6]]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_rollback_is_finished_by_the_next() -> Result<()> {
    let stack = backed_up(200, 83).await?;
    let originals = Books::open(&stack)?;
    migrate(&stack, &execute(&json!({}))).await?;
    let all = switched(&stack, &originals)?;
    ensure!(all.len() == 200);
    stack.org()?.forget_writes();
    let input = json!({"all": true, "execute": true});
    let execution = stack.start_execution(ROLLBACK, &input).await?;
    // As soon as something is written, the org says no: the rest waits.
    until(&stack, &execution, || Ok(switched(&stack, &originals)?.len() < all.len())).await?;
    let limit = RequestLimitFault { after_calls: 0, refused_calls: u64::MAX };
    let plan = FaultPlan { request_limit: Some(limit), ..FaultPlan::default() };
    stack.org()?.set_faults(plan);
    stop(&stack, &execution).await?;
    calm(&stack)?;
    let half = switched(&stack, &originals)?;
    ensure!(!half.is_empty() && half.len() < all.len(), "{} are left", half.len());

    let execution = stack.start_execution(ROLLBACK, &input).await?;
    let summary = finished(&stack, &execution).await?;
    sums_add_up(&summary)?;
    ensure!(summary.clean, "{summary:#?}");
    ensure!(switched(&stack, &originals)?.is_empty());
    for record in stack.org()?.records().values() {
        ensure!(record.written.len() <= 1, "{} was put back twice", record.id);
        ensure!(record.written.iter().all(|value| value.as_deref() == originals.held(&record.id)));
    }
    ensure!(rows(&stack).await?.values().all(|row| row.state == FileState::Verified));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_names_nothing_of_ours_is_refused_or_empty() -> Result<()> {
    let stack = backed_up(10, 84).await?;
    migrate(&stack, &execute(&json!({}))).await?;
    let books = Books::open(&stack)?;
    for (input, named) in [
        (json!({"execute": true}), "input"),
        (json!({"all": true, "run": "x", "execute": true}), "all"),
        (json!({"records": [], "execute": true}), "records"),
        (json!({"records": ["not an id"], "execute": true}), "records"),
        (json!({"records": ["a0B00000000000"], "execute": true}), "records"),
        (json!({"run": " ", "execute": true}), "run"),
        (json!({"file": "s3://other/rollback.jsonl", "execute": true}), "file"),
        (json!({"runs": "x", "execute": true}), "known fields: execute"),
        (json!({"Run": "x", "execute": true}), "did you mean `run`?"),
        (json!({"all": true, "planHash": "1234", "execute": true}), "planHash"),
    ] {
        let (error, cause) = refused(&stack, ROLLBACK, &input).await?;
        ensure!(error == "InputInvalid", "{input}: {error}: {cause}");
        ensure!(cause.contains(named) && cause.contains("hint:"), "{input}: {cause}");
    }
    // A record that nobody has switched, well-formed as its id is.
    let foreign = stack.org()?.insert(OBJECT, json!({"Name": "FOREIGN", FIELD: EDIT}))?;
    for (input, named) in [
        (json!({"records": [foreign], "execute": true}), foreign.as_str()),
        (json!({"run": "no-such-run", "execute": true}), "no-such-run"),
    ] {
        let (error, cause) = refused(&stack, ROLLBACK, &input).await?;
        ensure!(error == "InputInvalid", "{input}: {error}: {cause}");
        ensure!(cause.contains(named) && cause.contains("hint:"), "{input}: {cause}");
    }
    books.untouched(&stack)
}
