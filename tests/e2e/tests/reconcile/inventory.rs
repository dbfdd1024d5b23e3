//! A bucket that is told of by S3 Inventory, whose report is older than the bucket.

use std::io::Write as _;

use anyhow::Result;
use drayage_local::LocalStack;
use drayage_local::source::BUCKET;
use flate2::Compression;
use flate2::write::GzEncoder;
use hex::ToHex as _;
use md5::{Digest as _, Md5};
use serde_json::{Value, json};

use crate::planted::{count, put, reconcile, report_file};

const FOLDER: &str = "reports/daily/2026-01-02T01-00Z/";

fn md5(bytes: &[u8]) -> String {
    Md5::digest(bytes).encode_hex()
}

fn row(key: &str, content: &[u8]) -> String {
    format!("\"{BUCKET}\",\"in/{key}\",\"{}\",\"{}\"\n", content.len(), md5(content))
}

/// Writes a report on the source bucket into that bucket.
async fn report(stack: &LocalStack, rows: &str, format: &str) -> Result<()> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(rows.as_bytes())?;
    let data = gzip.finish()?;
    put(stack, BUCKET, "reports/daily/data/1.csv.gz", &data).await?;
    let manifest = json!({
        "sourceBucket": BUCKET, "creationTimestamp": "1767315600000", "fileFormat": format,
        "fileSchema": "Bucket, Key, Size, ETag",
        "files": [{"key": "reports/daily/data/1.csv.gz", "size": data.len(), "MD5checksum": md5(&data)}],
    })
    .to_string();
    put(stack, BUCKET, &format!("{FOLDER}manifest.checksum"), md5(manifest.as_bytes()).as_bytes())
        .await?;
    put(stack, BUCKET, &format!("{FOLDER}manifest.json"), manifest.as_bytes()).await
}

fn input(bucket: &str) -> Value {
    let inventory = json!({"bucket": bucket, "manifest": format!("{FOLDER}manifest.json")});
    json!({
        "source": {"bucket": BUCKET, "prefix": "in/", "inventory": inventory},
        "destination": {"prefix": "out/"},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_believed_where_it_agrees_and_looked_up_where_it_does_not() -> Result<()> {
    let stack = LocalStack::builder().files(1).start().await?;
    let destination = stack.stack().output("DestinationBucket")?;
    for (key, content) in
        [("same", "same"), ("newer", "newer"), ("lost", "lost"), ("new\nline", "x")]
    {
        put(&stack, BUCKET, &format!("in/{key}"), content.as_bytes()).await?;
    }
    for (key, content) in [("same", "same"), ("newer", "newer"), ("new\nline", "y"), ("extra", "e")]
    {
        put(&stack, destination, &format!("out/{key}"), content.as_bytes()).await?;
    }
    let rows =
        [row("same", b"same"), row("lost", b"lost"), row("deleted", b"d"), row("new%0Aline", b"x")];
    report(&stack, &rows.concat(), "CSV").await?;
    let found = reconcile(&stack, &input(BUCKET)).await?;
    let labels = ["match.etag", "missing", "content_differs.etag", "extra"];
    assert_eq!(labels.map(|label| count(&found, label)), [2, 1, 1, 1], "{found:#?}");
    assert!(found.complete && !found.clean && found.compared == 5, "{found:#?}");
    let summary: Value = serde_json::from_str(&report_file(&stack, &found, "summary.json").await?)?;
    let described = summary["source"]["description"].as_str().unwrap_or_default();
    assert!(described.ends_with("S3 Inventory of 2026-01-02T01:00:00Z"), "{described}");

    report(&stack, &rows.concat(), "Parquet").await?;
    let refused = format!("{:#}", reconcile(&stack, &input(BUCKET)).await.unwrap_err());
    for words in ["InputInvalid", "source.inventory: ", "Parquet", "hint: set the output format"] {
        assert!(refused.contains(words), "{refused}");
    }
    report(&stack, &rows.concat(), "CSV").await?;
    put(&stack, BUCKET, &format!("{FOLDER}manifest.json"), b"{\"sourceBucket\": ").await?;
    let refused = format!("{:#}", reconcile(&stack, &input(BUCKET)).await.unwrap_err());
    assert!(refused.contains("InputInvalid") && refused.contains("is damaged"), "{refused}");
    // Nothing was started, so nothing holds the lock.
    let found = reconcile(&stack, &json!({"source": {"bucket": BUCKET, "prefix": "in/"}})).await?;
    assert!(found.complete, "{found:#?}");
    Ok(())
}
