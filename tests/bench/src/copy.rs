//! The copy function below the batch level, over a listing of the source bucket.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::types::Object;
use clap::{Args, ValueEnum};
use drayage_aws::clients::Clients;
use drayage_aws::ledger::Ledger;
use drayage_aws::objects::{
    Copied, CopyRequest, HttpSource, HttpSourceOptions, Limiter, LimiterOptions, S3Source, Sources,
    Transfer, TransferOptions,
};
use drayage_aws::secrets::BucketKeys;
use drayage_domain::allow_list::AllowList;
use drayage_domain::destination_key::DestinationKey;
use drayage_domain::row::SourceIdentity;
use drayage_domain::source_url::{S3Location, SourceLocation};
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;
use serde_json::json;
use tokio::time::Instant;

use crate::ledger;
use crate::usage::{Usage, cpu_seconds, peak_rss_mib};

/// Nothing that is measured takes longer.
const DEADLINE: Duration = Duration::from_mins(30);

#[derive(Debug, Args)]
pub(crate) struct CopyArguments {
    /// Address of the source's S3.
    #[arg(long)]
    source: String,
    /// Address of the destination's S3.
    #[arg(long)]
    destination: String,
    #[arg(long, default_value = "src")]
    source_bucket: String,
    #[arg(long, default_value = "dst")]
    destination_bucket: String,
    #[arg(long, value_enum)]
    mode: Mode,
    /// Files at once.
    #[arg(long, default_value_t = 64)]
    concurrency: usize,
    /// Looks at every object before it is copied, as runs from Salesforce have to.
    #[arg(long)]
    head: bool,
    /// Address of a `DynamoDB`: a claim and a row are written per file.
    #[arg(long)]
    ledger: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mode {
    /// S3 copies the bytes itself.
    ServerSide,
    /// The bytes go through the process.
    Streaming,
}

/// What was copied, and what it took.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    objects: u64,
    bytes: u64,
    s3_requests: u64,
    #[serde(flatten)]
    usage: Usage,
}

struct Bench<'a> {
    arguments: &'a CopyArguments,
    client: aws_sdk_s3::Client,
    transfer: Transfer,
    ledger: Option<Ledger>,
    deadline: Instant,
}

pub(crate) async fn copy(arguments: &CopyArguments) -> Result<Report> {
    let started = Instant::now();
    let config = config(&arguments.destination).await;
    let clients = Clients::from_config(config.clone());
    let client = match arguments.mode {
        Mode::ServerSide => clients.s3(),
        Mode::Streaming => clients.s3_with_keys(&keys(&arguments.source)?),
    };
    let sources = Sources {
        s3: Some(S3Source::new(client.clone(), arguments.mode == Mode::ServerSide)),
        http: HttpSource::new(HttpSourceOptions::new(AllowList::default()))?,
    };
    let ledger = match &arguments.ledger {
        Some(endpoint) => Some(ledger::prepare(&config, endpoint).await?),
        None => None,
    };
    let bench = Bench {
        arguments,
        client,
        transfer: Transfer::new(
            TransferOptions::new(&arguments.destination_bucket, u64::MAX),
            clients.s3(),
            sources,
            Limiter::new(LimiterOptions::up_to(arguments.concurrency)),
        ),
        ledger,
        deadline: started + DEADLINE,
    };
    let (mut objects, mut bytes, mut s3_requests) = (0, 0, 0);
    let mut copies = std::pin::pin!(
        bench
            .listing()
            .map_ok(|object| bench.one(object))
            .try_buffer_unordered(arguments.concurrency.max(1))
    );
    while let Some((size, requests)) = copies.try_next().await? {
        objects += 1;
        bytes += size;
        s3_requests += u64::from(requests);
    }
    let usage = Usage {
        wall_seconds: started.elapsed().as_secs_f64(),
        cpu_seconds: cpu_seconds("self")?,
        peak_rss_mib: peak_rss_mib("self").unwrap_or(0.0),
    };
    Ok(Report { objects, bytes, s3_requests, usage })
}

/// Access to a server that checks no signatures.
pub(crate) async fn config(endpoint: &str) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "bench"))
        .endpoint_url(endpoint)
        .load()
        .await
}

fn keys(endpoint: &str) -> Result<BucketKeys> {
    let secret = json!({
        "access_key_id": "test",
        "secret_access_key": "test",
        "region": "us-east-1",
        "endpoint": endpoint,
    });
    BucketKeys::from_json(&secret.to_string()).context("keys of the source")
}

impl Bench<'_> {
    /// Every object of the source bucket. One page is held at a time.
    fn listing(&self) -> impl stream::Stream<Item = Result<Object>> + '_ {
        let pages = stream::try_unfold(Some(None::<String>), async |state| {
            let Some(token) = state else { return anyhow::Ok(None) };
            let request = self.client.list_objects_v2().bucket(&self.arguments.source_bucket);
            let page = request.set_continuation_token(token).send().await.context("listing")?;
            let objects = stream::iter(page.contents.unwrap_or_default()).map(anyhow::Ok);
            Ok(Some((objects, page.next_continuation_token.map(Some))))
        });
        pages.try_flatten()
    }

    /// Copies one object; its size and the requests that it took.
    async fn one(&self, object: Object) -> Result<(u64, u32)> {
        let name = object.key.context("a listed object has no key")?;
        let key = DestinationKey::new(name.clone()).context("the key cannot be used")?;
        let listed = SourceIdentity {
            size_bytes: object.size.and_then(|size| u64::try_from(size).ok()),
            etag: object.e_tag.map(|etag| etag.replace('"', "")),
            last_modified: None,
        };
        let source = SourceLocation::S3(S3Location {
            bucket: self.arguments.source_bucket.clone(),
            key_candidates: vec![name],
            region: None,
            version_id: None,
        });
        if let Some(ledger) = &self.ledger {
            ledger::claim(ledger, &key).await?;
        }
        let request = CopyRequest {
            source: &source,
            key: key.as_str(),
            file_name: "file",
            known: None,
            listed: (!self.arguments.head).then_some(&listed),
            copied: None,
            uploads: None,
            deadline: self.deadline,
        };
        match Box::pin(self.transfer.copy(&request)).await? {
            Copied::Done { source, proof, requests, .. } => {
                let size = proof.size_bytes;
                if let Some(ledger) = &self.ledger {
                    ledger::settle(ledger, &key, source, proof).await?;
                }
                Ok((size, requests))
            }
            other @ (Copied::Unchanged { .. } | Copied::TooLarge { .. }) => {
                bail!("{key} was not copied: {other:?}")
            }
        }
    }
}
