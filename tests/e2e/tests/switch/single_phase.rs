//! Backup and migrate in one execution: what it puts out, and what it refuses before it has copied anything.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use drayage_domain::manifest::summary_key;
use drayage_domain::run::Summary;
use drayage_domain::run_input::Mode;
use drayage_domain::state::FileState;
use drayage_domain::switch::Direction;
use drayage_domain::switch::lane::lanes_prefix;
use drayage_domain::switch::summary::SwitchSummary;
use drayage_local::LocalStack;
use serde_json::{Value, json};

use crate::books::{Books, is_green, sums_add_up};
use crate::control::run_id;
use crate::site::{
    calls, document, execute, keys, lines, migrate, object, opened, parameters, plan, refused, rows,
};

/// The state machine, by the output that names it.
const SINGLE_PHASE: &str = "SinglePhaseStateMachineArn";
const RECORDS: u64 = 30;

/// A stack whose records were never backed up.
async fn fresh(records: u64, seed: u64) -> Result<LocalStack> {
    let builder = LocalStack::builder().small_files().files(usize::try_from(records)?).seed(seed);
    builder.parameters(parameters()).start().await
}

/// Runs both phases to their end: the summaries of both, under the names that they have to have.
async fn both(stack: &LocalStack, input: &Value) -> Result<(Summary, SwitchSummary)> {
    let execution = stack.start_execution(SINGLE_PHASE, input).await?;
    let output = stack.wait(&execution).await?.output()?;
    let parts: BTreeMap<String, Value> = serde_json::from_value(output)?;
    ensure!(parts.keys().eq(["backup", "migrate"]), "{parts:#?}");
    let backup: Summary = serde_json::from_value(parts["backup"].clone())?;
    let migrate: SwitchSummary = serde_json::from_value(parts["migrate"].clone())?;
    let name = run_id(&execution);
    ensure!(backup.run_id == format!("{name}-backup") && migrate.run_id == name, "{parts:#?}");
    // What is put out is what is kept.
    let kept: Summary = document(stack, &summary_key(&backup.run_id)).await?;
    ensure!(kept == backup, "{kept:#?} is kept, and {backup:#?} put out");
    let kept: SwitchSummary = document(stack, &summary_key(name)).await?;
    ensure!(kept == migrate, "{kept:#?} is kept, and {migrate:#?} put out");
    Ok((backup, migrate))
}

/// The backup has copied every record, and needs no person.
fn all_copied(stack: &LocalStack, backup: &Summary, records: u64) -> Result<()> {
    stack.assert_accounted(backup)?;
    ensure!(backup.mode == Mode::Full && !backup.dry_run && backup.clean, "{backup:#?}");
    let expected = BTreeMap::from([("verified".to_owned(), records)]);
    ensure!(backup.counts.outcomes == expected, "{backup:#?}");
    Ok(())
}

/// Objects of the destination bucket.
async fn copies(stack: &LocalStack) -> Result<usize> {
    let bucket = stack.stack().output("DestinationBucket")?;
    let listed = stack.clients().s3.list_objects_v2().bucket(bucket).send().await?;
    Ok(listed.contents().len())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_execute_everything_is_copied_and_planned_and_nothing_is_written() -> Result<()> {
    let stack = fresh(RECORDS, 101).await?;
    let books = Books::open(&stack)?;
    let (backup, dry) = both(&stack, &json!({})).await?;
    all_copied(&stack, &backup, RECORDS)?;
    let copied = stack.check().await?;
    ensure!(copied.passed() && copied.equal + copied.not_comparable == RECORDS, "{copied:#?}");

    sums_add_up(&dry)?;
    ensure!(dry.dry_run && dry.direction == Direction::Switch, "{dry:#?}");
    let expected = BTreeMap::from([("planned".to_owned(), RECORDS)]);
    ensure!(dry.planned == RECORDS && dry.counts.outcomes == expected, "{dry:#?}");
    ensure!(dry.mode.is_some() && dry.estimate.is_some(), "{dry:#?}");
    let place = dry.list.as_deref().context("no list of records")?;
    let list = String::from_utf8(object(&stack, place).await?.context("no list of records")?)?;
    let (plan, lines) = (plan(&stack, &dry.run_id).await?, lines(&stack, &dry.run_id).await?);
    ensure!(plan.ready() && !plan.execute && dry.plan_hash.as_ref() == Some(&plan.hash));
    for (id, line) in &lines {
        ensure!(line.from.as_deref() == books.held(id), "{id}: another original");
        ensure!(list.contains(id.as_str()), "{id} is not in the list");
    }

    books.untouched(&stack)?;
    ensure!(dry.rollback_file.is_none(), "{dry:#?}");
    let lanes = keys(&stack, &lanes_prefix(&dry.run_id)).await?;
    ensure!(lanes.is_empty(), "a dry run has no lanes: {lanes:?}");
    ensure!(rows(&stack).await?.values().all(|row| row.state == FileState::Verified));

    // The plan is one that a migrate can be bound to.
    let bound = migrate(&stack, &execute(&json!({"planHash": dry.plan_hash}))).await?;
    books.close(&stack, &bound).await?;
    is_green(&bound, Direction::Switch, RECORDS)
}

#[tokio::test(flavor = "multi_thread")]
async fn with_execute_every_record_is_copied_and_points_at_its_copy() -> Result<()> {
    let stack = fresh(RECORDS, 102).await?;
    let books = Books::open(&stack)?;
    let (backup, switched) = both(&stack, &json!({"execute": true})).await?;
    all_copied(&stack, &backup, RECORDS)?;
    let entries = books.close(&stack, &switched).await?;
    is_green(&switched, Direction::Switch, RECORDS)?;
    ensure!(entries.of("switched").len() as u64 == RECORDS, "{:#?}", entries.outcomes);

    let (rows, dataset) = (rows(&stack).await?, stack.dataset().context("a data set")?);
    for (id, record) in stack.org()?.records() {
        let row = rows.get(&id).with_context(|| format!("{id} has no row"))?;
        ensure!(row.state == FileState::Switched && row.new_url == record.url, "{row:#?}");
        ensure!(row.switched_by.as_ref() == Some(&switched.run_id), "{row:#?}");
        ensure!(row.original_url.as_deref() == books.held(&id), "{id}: another original");
        ensure!(record.written.len() == 1, "{id} was written with {:?}", record.written);
        let entry = dataset.entry(&id).and_then(|entry| dataset.expected_content(entry));
        let seen = opened(&stack, record.url.as_deref().context("null")?).await?;
        ensure!(seen == entry.context("no source")?.bytes(), "{id} opens something else");
    }
    let place = switched.rollback_file.as_deref().context("no rollback file")?;
    let file = String::from_utf8(object(&stack, place).await?.context("no rollback file")?)?;
    ensure!(file.lines().count() as u64 >= RECORDS, "the rollback file is too short");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_input_is_refused_before_anything_is_copied() -> Result<()> {
    let stack = fresh(3, 103).await?;
    let books = Books::open(&stack)?;
    let (asked, held) = (calls(stack.org()?), copies(&stack).await?);
    let cases: [(Value, &[&str]); 7] = [
        // It does not do less than what was meant, which would look like a success.
        (json!({"executes": true}), &["there is no field executes", "hint:", "execute"]),
        (json!({"execute": true, "maxRecords": 1}), &["there is no field maxRecords", "maxFiles"]),
        (json!({"execute": true, "backup": false}), &["there is no field backup"]),
        (json!({"execute": "true"}), &["execute takes true or false"]),
        (json!({"execute": 1}), &["execute takes true or false"]),
        (json!({"execute": {}}), &["execute takes true or false"]),
        // Everything is told at once.
        (json!({"dry": 1, "execute": "no"}), &["no field dry", "; execute takes"]),
    ];
    for (input, names) in cases {
        let (error, cause) = refused(&stack, SINGLE_PHASE, &input).await?;
        ensure!(error == "InputInvalid", "{input}: {error}: {cause}");
        for name in names {
            ensure!(cause.contains(name), "{input}: {name} is missing in: {cause}");
        }
    }
    books.untouched(&stack)?;
    ensure!(calls(stack.org()?) == asked, "Salesforce was asked");
    ensure!(copies(&stack).await? == held, "something was copied");
    ensure!(rows(&stack).await?.is_empty(), "the ledger has rows");
    let runs = keys(&stack, "runs/").await?;
    ensure!(runs.is_empty(), "there was a run: {runs:?}");
    let work = keys(&stack, "work/").await?;
    ensure!(work.is_empty(), "there was a run: {work:?}");

    // And with the right one it goes on.
    let (backup, switched) = both(&stack, &json!({"execute": true})).await?;
    all_copied(&stack, &backup, 3)?;
    books.close(&stack, &switched).await?;
    is_green(&switched, Direction::Switch, 3)
}
