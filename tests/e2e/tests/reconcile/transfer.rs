//! Buckets that are moved, changed and moved again.

use anyhow::Result;
use aws_sdk_s3::types::EncodingType;
use drayage_domain::reconcile::ReconcileSummary;
use drayage_local::LocalStack;
use drayage_local::source::BUCKET;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::planted::{count, put};

const KEYS: [&str; 7] = [
    "plain.pdf",
    "folder/",
    "/leading//double/../dots",
    "new\nline \u{1}.pdf",
    "ünïcode 😀 \u{202e}gpj.exe",
    "50% + 1 & <two>.pdf",
    "empty",
];

fn input(more: &Value) -> Value {
    let mut input = json!({
        "source": {"bucket": BUCKET, "prefix": "in/"}, "destination": {"prefix": "out/"}, "shards": 2
    });
    if let (Some(input), Some(more)) = (input.as_object_mut(), more.as_object()) {
        input.extend(more.clone());
    }
    input
}

async fn transfer(stack: &LocalStack, more: &Value) -> Result<ReconcileSummary> {
    let execution = stack.start_execution("TransferStateMachineArn", &input(more)).await?;
    Ok(serde_json::from_value(stack.wait(&execution).await?.output()?)?)
}

/// Keys below a prefix, and their bytes.
async fn objects(stack: &LocalStack, bucket: &str, prefix: &str) -> Result<Vec<(String, Vec<u8>)>> {
    let s3 = &stack.clients().s3;
    // XML cannot carry every key.
    let list = s3.list_objects_v2().bucket(bucket).prefix(prefix).encoding_type(EncodingType::Url);
    let mut objects = Vec::new();
    for encoded in list.send().await?.contents().iter().filter_map(|object| object.key()) {
        let key = percent_decode_str(&encoded.replace('+', " ")).decode_utf8()?.into_owned();
        let got = s3.get_object().bucket(bucket).key(&key).send().await?;
        let bytes = got.body.collect().await?.to_vec();
        objects.push((key.strip_prefix(prefix).unwrap_or(&key).to_owned(), bytes));
    }
    objects.sort();
    Ok(objects)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_is_moved_and_then_only_what_changed() -> Result<()> {
    let stack = LocalStack::builder().files(1).start().await?;
    let destination = stack.stack().output("DestinationBucket")?.to_owned();
    for (at, key) in KEYS.into_iter().enumerate() {
        let bytes = if key == "empty" { String::new() } else { format!("file {at}") };
        put(&stack, BUCKET, &format!("in/{key}"), bytes.as_bytes()).await?;
    }
    let dry = transfer(&stack, &json!({"dryRun": true})).await?;
    assert_eq!((dry.planned.objects, dry.copied.objects), (7, 0), "{dry:#?}");
    assert!(objects(&stack, &destination, "out/").await?.is_empty());

    let first = transfer(&stack, &json!({})).await?;
    assert!(first.clean && first.accounted_for, "{first:#?}");
    assert_eq!((first.source.objects, first.copied.objects, first.rounds), (7, 7, 2), "{first:#?}");
    let source = objects(&stack, BUCKET, "in/").await?;
    assert_eq!(objects(&stack, &destination, "out/").await?, source);

    put(&stack, BUCKET, "in/plain.pdf", b"another").await?;
    put(&stack, BUCKET, "in/new", b"new").await?;
    put(&stack, &destination, "out/extra", b"extra").await?;
    let second = transfer(&stack, &json!({})).await?;
    assert!(second.clean, "{second:#?}");
    assert_eq!((second.copied.objects, count(&second, "extra")), (2, 1), "{second:#?}");

    let shown = transfer(&stack, &json!({"deleteExtra": true})).await?;
    assert_eq!((shown.clean, count(&shown, "extra")), (false, 1), "{shown:#?}");
    let third = transfer(&stack, &json!({"deleteExtra": true, "execute": true})).await?;
    assert!(third.clean, "{third:#?}");
    assert_eq!((third.copied.objects, third.outcomes.get("deleted")), (0, Some(&1)), "{third:#?}");
    let source = objects(&stack, BUCKET, "in/").await?;
    assert_eq!(objects(&stack, &destination, "out/").await?, source);

    let nothing = json!({"bucket": BUCKET, "prefix": "no/such/prefix/"});
    let wrong = json!({"source": nothing, "deleteExtra": true, "execute": true});
    let kept = transfer(&stack, &wrong).await?;
    assert_eq!(
        (kept.clean, count(&kept, "extra"), kept.outcomes.len()),
        (false, 8, 0),
        "{kept:#?}"
    );
    assert_eq!(objects(&stack, &destination, "out/").await?, source);
    Ok(())
}
