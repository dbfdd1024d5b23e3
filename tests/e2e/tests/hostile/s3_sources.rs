//! Objects in S3 that are not what the URL says.

use anyhow::Result;
use drayage_local::LocalStack;
use serde_json::json;

use crate::support::{insert, outcome, rows};

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_is_not_there_is_gone_in_every_spelling() -> Result<()> {
    let stack = LocalStack::builder().files(0).seed(44).start().await?;
    let (s3, bucket) = (&stack.clients().s3, "external-docs");
    for key in ["there.pdf", "what?.pdf", "soap"] {
        let body = aws_sdk_s3::primitives::ByteStream::from_static(b"%PDF-1.4 there");
        s3.put_object().bucket(bucket).key(key).body(body).send().await?;
    }
    let host = format!("https://{bucket}.s3.amazonaws.com");
    let mut cases = Vec::new();
    for (url, expected) in [
        (format!("{host}/there.pdf"), "verified"),
        // The extension is behind the `?` that belongs to the key.
        (format!("{host}/what?.pdf"), "verified"),
        (format!("{host}/there.pdf?versionId=00000000-1111-2222"), "source_gone.object_missing"),
        (format!("{host}/never.pdf"), "source_gone.object_missing"),
        (format!("{host}/never.pdf?versionId=x"), "source_gone.object_missing"),
        (format!("s3://{bucket}/a/never.pdf"), "source_gone.object_missing"),
        (format!("{host}/there.pdf/"), "skipped.extension"),
        (format!("{host}/soap"), "skipped.extension"),
    ] {
        cases.push((insert(&stack, &url)?, url, expected));
    }
    let summary = stack.run_backup(&json!({})).await?;
    assert!(summary.accounted_for, "{summary:#?}");
    let rows = rows(&stack).await?;
    for (id, url, expected) in cases {
        let row = &rows[&id];
        assert_eq!(outcome(row), expected, "{url}: {:?}", row.message);
    }
    Ok(())
}
