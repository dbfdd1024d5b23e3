//! The rollback file: enough on its own, and refused when it is not whole or not of this org.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use drayage_local::LocalStack;
use drayage_sim::salesforce::to_18;
use serde_json::{Value, json};

use crate::books::{Books, is_green, sums_add_up};
use crate::site::{ROLLBACK, backed_up, execute, migrate, object, put, refused, rollback, rows};

/// Deletes every row of the files table.
async fn empty_the_ledger(stack: &LocalStack) -> Result<()> {
    let (dynamodb, table) = (&stack.clients().dynamodb, stack.stack().output("FilesTable")?);
    let mut items = dynamodb
        .scan()
        .table_name(table)
        .projection_expression("record_id")
        .into_paginator()
        .items()
        .send();
    while let Some(item) = items.next().await {
        let id: AttributeValue = item?["record_id"].clone();
        dynamodb.delete_item().table_name(table).key("record_id", id).send().await?;
    }
    ensure!(rows(stack).await?.is_empty());
    Ok(())
}

/// Switches everything and returns the run with its rollback file.
async fn switched(stack: &LocalStack) -> Result<(String, String, String)> {
    let summary = migrate(stack, &execute(&json!({}))).await?;
    let key = summary.rollback_file.context("no rollback file")?;
    let text = String::from_utf8(object(stack, &key).await?.context("no rollback file")?)?;
    Ok((summary.run_id, key, text))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_undoes_a_run_without_the_ledger() -> Result<()> {
    let stack = backed_up(60, 85).await?;
    let originals: BTreeMap<String, Option<String>> =
        stack.org()?.records().into_iter().map(|(id, record)| (id, record.url)).collect();
    let (_, key, _) = switched(&stack).await?;
    empty_the_ledger(&stack).await?;

    // A part of it first, then all.
    let some: Vec<&String> = originals.keys().take(7).collect();
    let books = Books::open(&stack)?;
    let dry = rollback(&stack, &json!({"file": key})).await?;
    ensure!(dry.dry_run && dry.planned == 60, "{dry:#?}");
    books.untouched(&stack)?;
    let part = rollback(&stack, &json!({"file": key, "records": some, "execute": true})).await?;
    books.close(&stack, &part).await?;
    is_green(&part, drayage_domain::switch::Direction::Restore, 7)?;
    let books = Books::open(&stack)?;
    let all = rollback(&stack, &json!({"file": key, "execute": true})).await?;
    let entries = books.close(&stack, &all).await?;
    ensure!(all.clean, "{all:#?}");
    ensure!(entries.of("already_original").len() == 7, "{all:#?}");
    ensure!(entries.of("restored").len() == 53, "{all:#?}");
    for (id, record) in stack.org()?.records() {
        ensure!(record.url == originals[&id], "{id} holds {:?}", record.url);
    }
    ensure!(rows(&stack).await?.is_empty(), "without a row nothing is written to the ledger");

    // The second time there is nothing to do.
    let books = Books::open(&stack)?;
    let again = rollback(&stack, &json!({"file": key, "execute": true})).await?;
    let entries = books.close(&stack, &again).await?;
    ensure!(entries.of("already_original").len() == 60 && again.clean, "{again:#?}");
    books.untouched(&stack)
}

/// Every `from` in the text replaced, which there has to be.
fn with(text: &str, from: &str, to: &str) -> Result<String> {
    ensure!(text.contains(from), "the file has no {from:?}");
    Ok(text.replace(from, to))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_or_foreign_file_is_refused_and_nothing_is_written() -> Result<()> {
    let stack = backed_up(20, 86).await?;
    let (run, _, text) = switched(&stack).await?;
    let lines: Vec<&str> = text.lines().collect();
    ensure!(lines.len() >= 20, "{} lines", lines.len());
    let org = stack.org()?.org_id();
    let records: Vec<String> = stack.org()?.records().into_keys().collect();
    let first = records.iter().find(|id| lines[1].contains(id.as_str())).context("no record")?;
    let other_org = to_18("00D000000000099").context("an id")?;
    let damaged = [
        ("nothing", String::new()),
        ("cut off in a line", text[..text.len() * 2 / 3].to_owned()),
        ("without its last line", lines[..lines.len() - 1].join("\n")),
        ("without a line", [&lines[..5], &lines[6..]].concat().join("\n")),
        ("without its first line", lines[1..].join("\n")),
        ("a line twice", [&lines[..6], &lines[5..]].concat().join("\n")),
        ("garbage in a line", with(&text, lines[4], "{\"recordId\": poison")?),
        ("another org", with(&text, &org, &other_org)?),
        ("another run", with(&text, &run, "another-run")?),
        ("a malformed id", with(&text, first, "not-an-id")?),
        ("an id of another object", with(&text, first, &to_18("001000000000077").unwrap())?),
        ("not text", "\u{fffd}\0\u{1}".repeat(50)),
    ];
    let books = Books::open(&stack)?;
    for (what, text) in damaged {
        let key = "uploaded/rollback.jsonl";
        put(&stack, key, text.into_bytes()).await?;
        let input = json!({"file": key, "execute": true});
        let (error, cause) =
            refused(&stack, ROLLBACK, &input).await.with_context(|| what.to_owned())?;
        ensure!(error == "RollbackFileInvalid", "{what}: {error}: {cause}");
        ensure!(cause.contains("hint:") && !cause.contains("https://"), "{what}: {cause}");
        books.untouched(&stack).with_context(|| what.to_owned())?;
    }
    let missing: Value = json!({"file": "runs/none/rollback.jsonl", "execute": true});
    let (error, cause) = refused(&stack, ROLLBACK, &missing).await?;
    ensure!(error == "RollbackFileInvalid", "{error}: {cause}");
    books.untouched(&stack)?;
    // The whole file, wherever it lies, is good.
    put(&stack, "uploaded/whole.jsonl", text.into_bytes()).await?;
    let summary =
        rollback(&stack, &json!({"file": "uploaded/whole.jsonl", "execute": true})).await?;
    sums_add_up(&summary)?;
    ensure!(summary.clean && summary.counts.outcomes["restored"] == 20, "{summary:#?}");
    Ok(())
}
