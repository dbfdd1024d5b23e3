//! What describes an object arrives with its bytes: content headers, metadata, tags, and the storage class that was asked for.

use anyhow::Result;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::StorageClass;
use drayage_local::LocalStack;
use drayage_local::source::BUCKET;
use serde_json::json;

use crate::two_services::{DESTINATION_SECRET, FROM, OURS, THEIRS, TO, TwoServices};

/// One in a piece, one in parts.
const SIZES: [(&str, usize); 2] = [("small.pdf", 10), ("large.pdf", 9 * 1024 * 1024)];
const EXPIRES: i64 = 1_893_456_000;

async fn give(client: &Client, bucket: &str, prefix: &str) -> Result<()> {
    for (key, size) in SIZES {
        let put = client.put_object().bucket(bucket).key(format!("{prefix}{key}"));
        put.body(vec![b'x'; size].into())
            .content_type("application/pdf")
            .content_disposition("attachment; filename=\"a b.pdf\"")
            .content_encoding("identity")
            .content_language("de-AT")
            .cache_control("max-age=60")
            .expires(DateTime::from_secs(EXPIRES))
            .metadata("owner", "somebody")
            .metadata("case", "A/17 & more")
            .tagging("team=a%20b&level=1%2B1")
            .send()
            .await?;
    }
    Ok(())
}

async fn tags(client: &Client, bucket: &str, key: &str) -> Result<Vec<(String, String)>> {
    let got = client.get_object_tagging().bucket(bucket).key(key).send().await?;
    let mut tags: Vec<_> =
        got.tag_set().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect();
    tags.sort();
    Ok(tags)
}

fn described(head: &HeadObjectOutput) -> Vec<Option<&str>> {
    vec![
        head.content_type(),
        head.content_disposition(),
        head.content_encoding(),
        head.content_language(),
        head.cache_control(),
        head.expires_string(),
    ]
}

/// Compares both objects on both sides; `class` is what the copies have to have.
async fn assert_alike(
    source: (&Client, &str),
    destination: (&Client, &str),
    class: Option<&str>,
    with_tags: bool,
) -> Result<()> {
    for (key, size) in SIZES {
        let (from, to) = (format!("{FROM}{key}"), format!("{TO}{key}"));
        let theirs = source.0.head_object().bucket(source.1).key(&from).send().await?;
        let ours = destination.0.head_object().bucket(destination.1).key(&to).send().await?;
        assert_eq!(described(&ours), described(&theirs), "{key}");
        assert_eq!(ours.metadata(), theirs.metadata(), "{key}");
        assert_eq!(ours.content_length(), i64::try_from(size).ok());
        assert_eq!(ours.storage_class().map(StorageClass::as_str), class, "{key}");
        let theirs = tags(source.0, source.1, &from).await?;
        assert_eq!(theirs.len(), 2);
        let ours = tags(destination.0, destination.1, &to).await?;
        assert_eq!(ours, if with_tags { theirs } else { Vec::new() }, "{key}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_streamed_object_arrives_with_all_that_describes_it() -> Result<()> {
    let services = TwoServices::start().await?;
    let (theirs, ours) = (services.source.client(), services.destination.client());
    give(theirs, THEIRS, FROM).await?;
    let moved = services.transfer(&json!({"storageClass": "STANDARD_IA"})).await?;
    assert_eq!(moved.copied.objects, 2, "{moved:#?}");
    assert_alike((theirs, THEIRS), (ours, OURS), Some("STANDARD_IA"), true).await?;
    let bare = services.transfer(&json!({"overwrite": "always", "preserveTags": false})).await?;
    assert_eq!(bare.copied.objects, 2, "{bare:#?}");
    assert_alike((theirs, THEIRS), (ours, OURS), None, false).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_the_service_copies_itself_arrives_with_all_that_describes_it() -> Result<()>
{
    let services = TwoServices::start().await?;
    let (service, clients) = (&services.source, services.stack.clients());
    service.store_secret(clients, DESTINATION_SECRET).await?;
    let s3 = service.client();
    s3.create_bucket().bucket(OURS).send().await?;
    give(s3, THEIRS, FROM).await?;
    for (class, with_tags) in [(Some("STANDARD_IA"), true), (None, false)] {
        let mut input = json!({"overwrite": "always", "preserveTags": with_tags});
        if let Some(class) = class {
            input["storageClass"] = class.into();
        }
        let moved = services.transfer(&input).await?;
        assert_eq!(moved.copied.objects, 2, "{moved:#?}");
        assert_alike((s3, THEIRS), (s3, OURS), class, with_tags).await?;
    }
    let asked = service.server().requests();
    assert_eq!((asked.get("CopyObject"), asked.get("GetObject")), (Some(&4), None), "{asked:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_describes_an_object_arrives_in_the_emulator_too() -> Result<()> {
    let stack = LocalStack::builder().files(1).start().await?;
    let destination = stack.stack().output("DestinationBucket")?.to_owned();
    let s3 = &stack.clients().s3;
    give(s3, BUCKET, FROM).await?;
    let input = json!({
        "source": {"bucket": BUCKET, "prefix": FROM}, "destination": {"prefix": TO},
        "storageClass": "STANDARD_IA",
    });
    let execution = stack.start_execution("TransferStateMachineArn", &input).await?;
    let moved = stack.wait(&execution).await?.output()?;
    assert_eq!(moved["copied"]["objects"], 2, "{moved:#}");
    assert_alike((s3, BUCKET), (s3, &destination), Some("STANDARD_IA"), true).await
}
