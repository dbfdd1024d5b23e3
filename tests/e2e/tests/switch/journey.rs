//! The whole way: backup, plan, switch, more records, switch, back by account, back altogether, and once more.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};
use drayage_domain::row::FileRow;
use drayage_domain::state::FileState;
use drayage_domain::switch::Direction;
use drayage_domain::switch::lane::lanes_prefix;
use drayage_domain::switch::plan::PlanHasher;
use drayage_domain::switch::summary::SwitchSummary;
use drayage_local::LocalStack;
use drayage_sim::files::ServedFile;
use serde_json::{Value, json};

use crate::books::{Books, is_green, sums_add_up};
use crate::site::{
    FIELD, OBJECT, incremental, keys, lines, migrate, object, opened, parameters, plan, rollback,
    rows,
};

const NEW_FILES: u64 = 5;

/// Records of every kind that the data set knows: null, blanks around, unusual spellings, and many that cannot be copied.
async fn backed_up() -> Result<LocalStack> {
    let stack = LocalStack::builder().files(120).seed(61).parameters(parameters()).start().await?;
    let summary = stack.run_backup(&json!({})).await?;
    stack.assert_accounted(&summary)?;
    ensure!(summary.not_yet_switched.is_none(), "before the first switch: {summary:#?}");
    Ok(stack)
}

/// Every URL, byte for byte.
fn urls(stack: &LocalStack) -> Result<BTreeMap<String, Option<String>>> {
    Ok(stack.org()?.records().into_iter().map(|(id, record)| (id, record.url)).collect())
}

async fn verified_rows(stack: &LocalStack) -> Result<BTreeMap<String, FileRow>> {
    let mut rows = rows(stack).await?;
    rows.retain(|_, row| row.state == FileState::Verified);
    Ok(rows)
}

/// Accounts of the records whose rows are in `state`, with their number.
async fn accounts(stack: &LocalStack, state: FileState) -> Result<BTreeMap<String, u64>> {
    let mut accounts = BTreeMap::new();
    for row in rows(stack).await?.into_values().filter(|row| row.state == state) {
        if let Some(account) = row.account_id {
            *accounts.entry(account).or_default() += 1;
        }
    }
    Ok(accounts)
}

/// A dry run writes nothing into Salesforce, and changes no row of a proven copy; the backup before it may try again what has
/// failed. Its plan says from where to where.
async fn planned(stack: &LocalStack, records: u64) -> Result<SwitchSummary> {
    let books = Books::open(stack)?;
    let (ledger, before) = (rows(stack).await?, urls(stack)?);
    let verified = verified_rows(stack).await?;
    let summary = migrate(stack, &json!({"probe": false})).await?;
    sums_add_up(&summary)?;
    ensure!(summary.dry_run && summary.planned == records, "{summary:#?}");
    ensure!(summary.counts.outcomes == BTreeMap::from([("planned".to_owned(), records)]));
    let skipped: u64 = summary.not_planned.values().sum();
    ensure!(summary.planned + skipped == ledger.len() as u64, "{summary:#?}");
    ensure!(summary.estimate.is_some() && summary.rollback_file.is_none(), "{summary:#?}");
    books.untouched(stack)?;
    ensure!(verified_rows(stack).await? == verified, "a dry run changes no proven copy");

    let plan = plan(stack, &summary.run_id).await?;
    let lines = lines(stack, &summary.run_id).await?;
    ensure!(plan.ready() && !plan.execute && plan.records == lines.len() as u64, "{plan:#?}");
    ensure!(Some(&plan.hash) == summary.plan_hash.as_ref());
    for line in lines.values() {
        ensure!(line.from == before[&line.record_id], "{}: another original", line.record_id);
        ensure!(line.to.is_some() && line.to != line.from);
    }
    // The hash is that of the lines in the plan's order.
    let mut ordered: Vec<_> = lines.values().cloned().collect();
    ordered.sort_by(drayage_domain::switch::plan::order);
    let mut hasher = PlanHasher::default();
    for line in &ordered {
        hasher.push(line);
    }
    ensure!(hasher.finish() == plan.hash, "the hash is not that of the plan's lines");
    // The list for people has a line per record and a heading.
    let list = object(stack, summary.list.as_deref().unwrap_or(&plan.list)).await?;
    let list = String::from_utf8(list.context("no list of records")?)?;
    for id in lines.keys() {
        ensure!(list.matches(id.as_str()).count() >= 1, "{id} is not in the list");
    }
    let lanes = keys(stack, &lanes_prefix(&summary.run_id)).await?;
    ensure!(lanes.is_empty(), "a dry run has no lanes: {lanes:?}");
    Ok(summary)
}

/// Carries the plan out, and opens every new URL.
async fn switched(stack: &LocalStack, input: &Value, records: u64) -> Result<SwitchSummary> {
    let books = Books::open(stack)?;
    let summary = migrate(stack, input).await?;
    let entries = books.close(stack, &summary).await?;
    is_green(&summary, Direction::Switch, records)?;
    let (rows, now) = (rows(stack).await?, urls(stack)?);
    for id in entries.outcomes.keys() {
        let row = &rows[id];
        ensure!(row.state == FileState::Switched && row.new_url == now[id], "{row:#?}");
        ensure!(row.switched_by.as_ref() == Some(&summary.run_id), "{row:#?}");
        ensure!(row.original_url.as_deref() == books.held(id), "{id}: another original");
        let seen = opened(stack, now[id].as_deref().context("null")?).await?;
        ensure!(seen == source(stack, id)?, "{id}: the new URL opens something else");
    }
    let file = summary.rollback_file.as_deref().context("no rollback file")?;
    let file = String::from_utf8(object(stack, file).await?.context("no rollback file")?)?;
    for id in entries.outcomes.keys() {
        ensure!(file.contains(id.as_str()), "{id} is not in the rollback file");
    }
    Ok(summary)
}

/// The bytes that a record's file has at its source.
fn source(stack: &LocalStack, id: &str) -> Result<Vec<u8>> {
    let dataset = stack.dataset().context("a data set")?;
    if let Some(content) = dataset.entry(id).and_then(|entry| dataset.expected_content(entry)) {
        return Ok(content.bytes());
    }
    let record = stack.org()?.get(OBJECT, id).context("no record")?;
    Ok(new_content(record["Name"].as_str().unwrap_or_default()))
}

fn new_content(name: &str) -> Vec<u8> {
    format!("%PDF-1.4 {name}").into_bytes()
}

/// Files that come into being after the first switch.
fn add_files(stack: &LocalStack) -> Result<BTreeSet<String>> {
    let simulated = stack.simulated()?;
    let account = &simulated.dataset.accounts[0].id;
    let mut ids = BTreeSet::new();
    for number in 0..NEW_FILES {
        let (name, path) = (format!("DOC-NEW-{number}"), format!("/new/later {number}.pdf"));
        simulated.files.put(&path, ServedFile::new(new_content(&name), "application/pdf"), None);
        let url = format!("{}/new/later%20{number}.pdf", simulated.files.base_url());
        let fields = json!({"Name": name, FIELD: url, "Account__c": account});
        ids.insert(stack.org()?.insert(OBJECT, fields)?);
    }
    Ok(ids)
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_switched_and_put_back_byte_for_byte() -> Result<()> {
    let stack = backed_up().await?;
    let originals = urls(&stack)?;
    let verified = stack.dataset().unwrap().expected_counts()["verified"];
    let odd = |url: &Option<String>| url.as_deref().is_some_and(|url| url != url.trim());
    ensure!(originals.values().any(Option::is_none) && originals.values().any(odd));

    let dry = planned(&stack, verified).await?;
    let bound = json!({"execute": true, "probe": false, "planHash": dry.plan_hash});
    switched(&stack, &bound, verified).await?;

    // The own writes are no changes; what is new is.
    let fresh = add_files(&stack)?;
    let summary = incremental(&stack).await?;
    ensure!(summary.counts.outcomes["verified"] == NEW_FILES, "{summary:#?}");
    ensure!(summary.counts.outcomes["unchanged"] == verified, "{summary:#?}");
    ensure!(summary.not_yet_switched == Some(NEW_FILES), "{summary:#?}");
    let both = switched(&stack, &json!({"execute": true, "probe": false}), NEW_FILES).await?;
    ensure!(both.not_planned["switched"] == verified, "{both:#?}");
    let after = incremental(&stack).await?;
    ensure!(after.not_yet_switched == Some(0) && after.counts.bytes_copied == 0, "{after:#?}");

    // Back: one account, then everything.
    let (account, of_account) = accounts(&stack, FileState::Switched).await?.pop_first().unwrap();
    let books = Books::open(&stack)?;
    let one = rollback(&stack, &json!({"accounts": [account], "execute": true})).await?;
    books.close(&stack, &one).await?;
    is_green(&one, Direction::Restore, of_account)?;
    let books = Books::open(&stack)?;
    let rest = rollback(&stack, &json!({"all": true, "execute": true})).await?;
    books.close(&stack, &rest).await?;
    is_green(&rest, Direction::Restore, verified + NEW_FILES - of_account)?;
    let now = urls(&stack)?;
    for (id, original) in &originals {
        ensure!(now[id] == *original, "{id} holds {:?} and not {original:?}", now[id]);
    }
    for id in &fresh {
        ensure!(now[id].as_deref().is_some_and(|url| url.contains("/new/later%20")));
    }
    let restored = rows(&stack).await?;
    ensure!(restored.values().all(|row| row.state != FileState::Switched));

    // And once more.
    let again = json!({"execute": true, "probe": false});
    switched(&stack, &again, verified + NEW_FILES).await?;
    Ok(())
}
