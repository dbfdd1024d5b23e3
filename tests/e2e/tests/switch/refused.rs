//! What is refused before anything is written, and by which name.

use anyhow::{Context as _, Result, ensure};
use drayage_local::{LocalStack, StackParameters};
use drayage_sim::salesforce::{FaultPlan, FieldLength, FieldName};
use serde_json::{Value, json};

use crate::books::Books;
use crate::site::{
    FIELD, MIGRATE, OBJECT, ROLLBACK, backed_up, calm, execute, merged, migrate, parameters,
    refused, rows,
};

fn field() -> FieldName {
    FieldName { sobject: OBJECT.to_owned(), field: FIELD.to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_backup_nothing_is_switched() -> Result<()> {
    let builder = LocalStack::builder().small_files().files(10).seed(91);
    let stack = builder.parameters(parameters()).start().await?;
    let books = Books::open(&stack)?;
    for input in [execute(&json!({})), execute(&json!({"mode": "bulk"}))] {
        let (error, cause) = refused(&stack, MIGRATE, &input).await?;
        ensure!(error == "NotReady", "{error}: {cause}");
        ensure!(cause.contains("backup") && cause.contains("hint:"), "{cause}");
    }
    // Neither can it be planned.
    let (error, cause) = refused(&stack, MIGRATE, &json!({"backup": false})).await?;
    ensure!(error == "NotReady", "{error}: {cause}");
    books.untouched(&stack)?;
    // A refused run holds no lock.
    ensure!(stack.run_backup(&json!({})).await?.accounted_for);
    ensure!(migrate(&stack, &execute(&json!({}))).await?.clean);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn another_plan_than_the_reviewed_one_is_refused() -> Result<()> {
    let stack = backed_up(20, 92).await?;
    let dry = migrate(&stack, &json!({"probe": false})).await?;
    let hash = dry.plan_hash.context("no hash")?;
    let again = migrate(&stack, &json!({"probe": false})).await?;
    ensure!(again.plan_hash.as_ref() == Some(&hash), "the same plan has the same hash");

    // One record more, one less, other records: other plans.
    let ids: Vec<String> = rows(&stack).await?.into_keys().collect();
    let books = Books::open(&stack)?;
    for narrower in [json!({"records": ids[1..]}), json!({"maxRecords": 19})] {
        let input = execute(&merged(&narrower, &json!({"planHash": hash})));
        let (error, cause) = refused(&stack, MIGRATE, &input).await?;
        ensure!(error == "PlanChanged", "{error}: {cause}");
        ensure!(cause.contains("hint:"), "{cause}");
    }
    books.untouched(&stack)?;
    let base = stack.simulated()?.files.base_url().to_owned();
    let file = drayage_sim::files::ServedFile::new(&b"%PDF-1.4 later"[..], "application/pdf");
    stack.simulated()?.files.put("/later.pdf", file, None);
    let url = format!("{base}/later.pdf");
    stack.org()?.insert(OBJECT, json!({"Name": "LATER", FIELD: url}))?;
    let books = Books::open(&stack)?;
    let input = json!({"execute": true, "probe": false, "planHash": hash});
    let (error, cause) = refused(&stack, MIGRATE, &input).await?;
    ensure!(error == "PlanChanged", "the backup has found one more: {error}: {cause}");
    books.untouched(&stack)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_cannot_take_the_url_is_named() -> Result<()> {
    let stack = backed_up(10, 93).await?;
    let books = Books::open(&stack)?;
    let short = FieldLength { sobject: OBJECT.to_owned(), field: FIELD.to_owned(), length: 40 };
    let plans = [
        ("hidden", FaultPlan { hidden_fields: vec![field()], ..FaultPlan::default() }),
        ("read-only", FaultPlan { read_only_fields: vec![field()], ..FaultPlan::default() }),
        ("short", FaultPlan { field_lengths: vec![short], ..FaultPlan::default() }),
    ];
    for (what, plan) in plans {
        stack.org()?.set_faults(plan);
        for mode in ["auto", "guarded", "collections", "bulk"] {
            let (error, cause) = refused(&stack, MIGRATE, &execute(&json!({"mode": mode}))).await?;
            let names = ["ConfigurationInvalid", "NotReady"];
            ensure!(names.contains(&error.as_str()), "{what}, {mode}: {error}: {cause}");
            ensure!(cause.contains(FIELD) && cause.contains("hint:"), "{what}: {cause}");
        }
        calm(&stack)?;
        books.untouched(&stack)?;
    }
    ensure!(migrate(&stack, &execute(&json!({}))).await?.clean);

    // A rollback writes the same field.
    let read_only = FaultPlan { read_only_fields: vec![field()], ..FaultPlan::default() };
    stack.org()?.set_faults(read_only);
    let books = Books::open(&stack)?;
    let (error, cause) = refused(&stack, ROLLBACK, &json!({"all": true, "execute": true})).await?;
    ensure!(["ConfigurationInvalid", "NotReady"].contains(&error.as_str()), "{error}: {cause}");
    calm(&stack)?;
    books.untouched(&stack)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_url_that_nobody_can_open_is_refused() -> Result<()> {
    // Nothing listens there.
    let parameters: StackParameters = parameters().with("NewUrlBase", "https://127.0.0.1:1/files/");
    let builder = LocalStack::builder().small_files().files(5).seed(94);
    let stack = builder.parameters(parameters).start().await?;
    stack.assert_accounted(&stack.run_backup(&json!({})).await?)?;
    let books = Books::open(&stack)?;
    let input = json!({"execute": true, "backup": false});
    let (error, cause) = refused(&stack, MIGRATE, &input).await?;
    ensure!(error == "NotReady", "{error}: {cause}");
    ensure!(cause.contains("hint:"), "{cause}");
    let dry = migrate(&stack, &json!({"backup": false})).await?;
    let probe = dry.probe.context("no probe")?;
    ensure!(!probe.reachable && !probe.found.is_empty(), "{probe:#?}");
    books.untouched(&stack)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_input_is_refused_by_name() -> Result<()> {
    let builder = LocalStack::builder().small_files().files(3).seed(95);
    let stack = builder.parameters(parameters()).start().await?;
    let books = Books::open(&stack)?;
    let cases: [(Value, &[&str]); 7] = [
        (json!({"max_records": 5}), &["max_records", "did you mean `maxRecords`?"]),
        (json!({"mode": "sideways", "maxRecords": 0}), &["mode"]),
        (json!({"maxRecords": 0}), &["maxRecords"]),
        (json!({"planHash": "abc"}), &["planHash"]),
        (json!({"approval": true}), &["approval"]),
        (json!({"records": ["x"]}), &["records"]),
        (json!({"accounts": []}), &["accounts"]),
    ];
    for (input, names) in cases {
        let (error, cause) = refused(&stack, MIGRATE, &input).await?;
        ensure!(error == "InputInvalid", "{input}: {error}: {cause}");
        for name in names.iter().chain(&["hint:"]) {
            ensure!(cause.contains(name), "{input}: {name} is missing in: {cause}");
        }
    }
    books.untouched(&stack)
}
