//! Two services, neither of them the emulator's: each with an endpoint and an access key of its own.

use anyhow::Result;
use aws_sdk_s3::Client;
use drayage_domain::reconcile::ReconcileSummary;
use drayage_local::{Ended, ForeignS3, LocalStack, StackParameters};
use drayage_sim::s3::S3ServerOptions;
use serde_json::{Value, json};

use crate::planted::count;

const SOURCE_SECRET: &str = "drayage/source";
/// The secret with the keys of the destination.
pub(crate) const DESTINATION_SECRET: &str = "drayage/destination";

/// The bucket that is moved, and where to.
pub(crate) const THEIRS: &str = "their-bucket";
pub(crate) const OURS: &str = "our-bucket";
/// Prefixes on both sides.
pub(crate) const FROM: &str = "in/";
pub(crate) const TO: &str = "out/";

/// A stack between two services.
pub(crate) struct TwoServices {
    pub(crate) stack: LocalStack,
    pub(crate) source: ForeignS3,
    pub(crate) destination: ForeignS3,
}

impl TwoServices {
    pub(crate) async fn start() -> Result<Self> {
        Self::start_with(S3ServerOptions::default()).await
    }

    /// `source`: what is peculiar to the source.
    pub(crate) async fn start_with(source: S3ServerOptions) -> Result<Self> {
        let parameters = StackParameters::default()
            .with("SourceAccess", "keys")
            .with("SourceSecret", SOURCE_SECRET)
            .with("DestinationSecret", DESTINATION_SECRET);
        let stack = LocalStack::builder().files(1).parameters(parameters).start().await?;
        let bucket = |name: &str| vec![name.to_owned()];
        let theirs = S3ServerOptions { buckets: bucket(THEIRS), ..source };
        let ours = S3ServerOptions { buckets: bucket(OURS), ..S3ServerOptions::default() };
        let (source, destination) =
            (ForeignS3::start("KEY-A", theirs).await?, ForeignS3::start("KEY-B", ours).await?);
        source.store_secret(stack.clients(), SOURCE_SECRET).await?;
        destination.store_secret(stack.clients(), DESTINATION_SECRET).await?;
        Ok(Self { stack, source, destination })
    }

    /// Runs a transfer to its end, whatever that is.
    pub(crate) async fn run(&self, more: &Value) -> Result<Ended> {
        let mut input = json!({
            "source": {"bucket": THEIRS, "prefix": FROM, "access": "keys"},
            "destination": {"bucket": OURS, "prefix": TO, "access": "keys"},
            "shards": 2,
        });
        if let (Some(input), Some(more)) = (input.as_object_mut(), more.as_object()) {
            input.extend(more.clone());
        }
        let execution = self.stack.start_execution("TransferStateMachineArn", &input).await?;
        self.stack.wait(&execution).await
    }

    /// The result of a transfer that succeeds.
    pub(crate) async fn transfer(&self, more: &Value) -> Result<ReconcileSummary> {
        Ok(serde_json::from_value(self.run(more).await?.output()?)?)
    }

    /// Writes an object into the source.
    pub(crate) async fn give(&self, key: &str, bytes: impl Into<Vec<u8>> + Send) -> Result<()> {
        put(self.source.client(), THEIRS, &format!("{FROM}{key}"), bytes.into()).await
    }

    /// Writes an object into the destination.
    pub(crate) async fn have(&self, key: &str, bytes: impl Into<Vec<u8>> + Send) -> Result<()> {
        put(self.destination.client(), OURS, &format!("{TO}{key}"), bytes.into()).await
    }

    /// The bytes of an object in the destination.
    pub(crate) fn arrived(&self, key: &str) -> Option<Vec<u8>> {
        let bytes = self.destination.server().bytes(OURS, &format!("{TO}{key}"))?;
        Some(bytes.to_vec())
    }

    /// How many requests of that kind the destination has had.
    pub(crate) fn requests(&self, operation: &str) -> u64 {
        self.destination.server().requests().get(operation).copied().unwrap_or(0)
    }
}

async fn put(client: &Client, bucket: &str, key: &str, bytes: Vec<u8>) -> Result<()> {
    client.put_object().bucket(bucket).key(key).body(bytes.into()).send().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_move_between_services_with_keys_of_their_own() -> Result<()> {
    let services = TwoServices::start().await?;
    let keys = ["a.pdf", "folder/", "/b//../c", "50% + 1 & <two>", "ü\u{202e}\n", "empty"];
    for key in keys {
        services.give(key, if key == "empty" { "" } else { key }).await?;
    }
    let moved = services.transfer(&json!({})).await?;
    assert!(moved.clean && moved.accounted_for, "{moved:#?}");
    assert_eq!((moved.source.objects, moved.copied.objects), (6, 6), "{moved:#?}");
    assert_eq!(count(&moved, "match.etag") + count(&moved, "match.size"), 6, "{moved:#?}");
    for key in keys {
        let expected = if key == "empty" { "" } else { key };
        assert_eq!(services.arrived(key).as_deref(), Some(expected.as_bytes()), "{key:?}");
    }
    assert_eq!(services.requests("PutObject"), 6);
    let asked = services.source.server().requests();
    let writes = ["CopyObject", "DeleteObject", "CreateMultipartUpload"];
    assert!(writes.iter().all(|write| !asked.contains_key(*write)), "{asked:?}");
    assert_eq!(asked.get("PutObject"), Some(&6), "only those of this test: {asked:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_on_either_side_starts_nothing() -> Result<()> {
    let services = TwoServices::start().await?;
    services.give("a.pdf", "a").await?;
    let clients = services.stack.clients();
    for (side, secret, bucket) in [
        (&services.source, SOURCE_SECRET, THEIRS),
        (&services.destination, DESTINATION_SECRET, OURS),
    ] {
        side.store_secret_with(clients, secret, "SOMEBODY").await?;
        let error = services.run(&json!({})).await?.output().unwrap_err().to_string();
        let named = ["InputInvalid", "InvalidAccessKeyId", bucket, "hint:"];
        assert!(named.iter().all(|part| error.contains(part)), "{error}");
        assert!(services.destination.server().keys(OURS).is_empty());
        side.store_secret(clients, secret).await?;
    }
    assert!(services.transfer(&json!({})).await?.clean);
    Ok(())
}
