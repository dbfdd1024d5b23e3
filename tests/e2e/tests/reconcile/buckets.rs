//! Two buckets compared, and the report's script run as it is.

use std::process::Command;

use anyhow::{Context as _, Result};
use drayage_local::LocalStack;
use drayage_local::source::BUCKET;
use serde_json::json;

use crate::planted::{count, put, reconcile, report_file};

const KEYS: [&str; 6] = [
    "plain.pdf",
    "it's \"quoted\" $(touch x) `y`.pdf",
    "-starts-with-a-dash",
    "new\nline.pdf",
    "ünïcode \u{202e}gpj.exe",
    "50% + 1.pdf",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_script_of_the_report_mends_what_was_found() -> Result<()> {
    let stack = LocalStack::builder().files(1).start().await?;
    let destination = stack.stack().output("DestinationBucket")?;
    for (at, key) in KEYS.into_iter().enumerate() {
        put(&stack, BUCKET, &format!("in/{key}"), format!("file {at}").as_bytes()).await?;
    }
    put(&stack, destination, &format!("out/{}", KEYS[0]), b"file 0").await?;
    put(&stack, destination, &format!("out/{}", KEYS[1]), b"FILE 1").await?;
    put(&stack, destination, "out/extra", b"extra").await?;
    let input = json!({
        "source": {"bucket": BUCKET, "prefix": "in/"},
        "destination": {"prefix": "out/"},
        "shards": 3,
    });
    let found = reconcile(&stack, &input).await?;
    let labels = ["match.etag", "missing", "content_differs.etag", "extra"];
    assert_eq!(labels.map(|label| count(&found, label)), [1, 4, 1, 1], "{found:#?}");
    assert!(!found.clean);

    let script = report_file(&stack, &found, "fix.sh").await?;
    let aws = stack.emulator().workspace().venv_program("aws")?;
    let programs = aws.parent().context("a directory")?;
    let file = stack.emulator().directory().join("fix.sh");
    std::fs::write(&file, script)?;
    let ran = Command::new("bash")
        .args(["-c", r#"PATH="$0:$PATH" exec bash "$1""#])
        .args([programs, &file])
        .env("AWS_ENDPOINT_URL", stack.emulator().endpoint())
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .output()
        .context("bash")?;
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let mended = reconcile(&stack, &input).await?;
    assert_eq!(labels.map(|label| count(&mended, label)), [6, 0, 0, 1], "{mended:#?}");
    Ok(())
}
