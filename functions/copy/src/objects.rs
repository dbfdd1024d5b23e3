//! A batch of objects: its state is kept by batch, in the state bucket.

use std::sync::Arc;
use std::time::Duration;

use drayage_aws::clients::Clients;
use drayage_aws::objects::{Limiter, S3Source, Sources, Storage, Tags, Transfer, TransferOptions};
use drayage_domain::allow_list::AllowList;
use drayage_domain::object_batch::{ObjectEntry, ObjectOptions, ObjectResults, results_key};
use drayage_domain::reconcile::Side;
use drayage_domain::settings::Settings;
use drayage_lambda_kit::error::FunctionError;
use drayage_lambda_kit::{batches, buckets, sources};
use futures::{StreamExt, stream};
use tokio::time::Instant;

use crate::batch::{Batch, Budget, Progress};
use crate::object::Object;

/// The largest object that S3 stores, 5 TiB
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>).
const OBJECT_BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024 * 1024;
/// Results are written this often: what a killed invocation has copied since then is copied again.
const SAVE_EVERY: Duration = Duration::from_secs(10);

/// How objects are settled.
#[derive(Debug)]
pub(crate) struct ObjectRules {
    /// The bucket that is copied from; `None` in a run that only deletes.
    pub(crate) source_bucket: Option<String>,
    pub(crate) source_prefix: String,
    pub(crate) destination_bucket: String,
    pub(crate) destination_prefix: String,
    /// The destination, for deleting.
    pub(crate) destination: Storage,
}

impl ObjectRules {
    /// Prepares both sides. Bytes stay inside the service where one access serves both.
    pub(crate) async fn load(
        clients: &Clients,
        settings: &Settings,
        options: ObjectOptions,
        limiter: Arc<Limiter>,
    ) -> Result<(Self, Transfer), FunctionError> {
        let destination = &options.destination;
        let destination_keys =
            buckets::keys_of(clients, settings, destination, Side::Destination).await?;
        let client = destination_keys
            .as_ref()
            .map_or_else(|| clients.s3(), |keys| clients.s3_with_keys(keys));
        let source = match &options.source {
            None => None,
            Some(place) => {
                let keys = buckets::keys_of(clients, settings, place, Side::Source).await?;
                let source = match (&keys, &destination_keys) {
                    (None, None) => sources::with_role(clients, settings).await,
                    (Some(one), Some(other)) if one.same_access(other) => {
                        S3Source::new(client.clone(), true)
                    }
                    (None, Some(_)) => sources::with_role(clients, settings).await.streamed(),
                    (Some(keys), _) => S3Source::new(clients.s3_with_keys(keys), false),
                };
                let elsewhere = keys.as_ref().is_some_and(|keys| keys.endpoint.is_some());
                Some(if elsewhere { source } else { source.on_aws() })
            }
        };
        let destination_bucket = buckets::name(destination)?;
        let transfer_options = TransferOptions {
            storage_class: options.storage_class,
            tags: if options.preserve_tags { Tags::Keep } else { Tags::Leave },
            ..TransferOptions::new(&destination_bucket, OBJECT_BYTES_MAX)
        };
        // Objects are never fetched by URL.
        let sources = Sources { s3: source, http: sources::http(AllowList::default())? };
        let rules = Self {
            source_bucket: options.source.as_ref().map(buckets::name).transpose()?,
            source_prefix: options.source.map_or_else(String::new, |place| place.prefix),
            destination_bucket,
            destination_prefix: options.destination.prefix,
            destination: Storage::new(client.clone()),
        };
        Ok((rules, Transfer::new(transfer_options, client, sources, limiter)))
    }
}

/// Settles what the batch's results say is left.
pub(crate) async fn settle(
    batch: &Batch<'_>,
    rules: &ObjectRules,
    announced: u32,
    budget: Budget,
) -> Result<Progress, FunctionError> {
    let Batch { context, copy, number, .. } = *batch;
    let entries: Vec<ObjectEntry> =
        batches::entries(&context.documents, &copy.batch_key, announced).await?;
    let key = results_key(&copy.run_id, number);
    let mut results: ObjectResults = context.documents.find(&key).await?.unwrap_or_default();
    let open: Vec<&ObjectEntry> =
        entries.iter().filter(|entry| !results.settled.contains(&entry.sequence)).collect();
    let mut endings = stream::iter(open)
        .map(|entry| async move {
            let begun = Instant::now();
            // Boxed: the future of a transfer is large.
            let ending = Box::pin(Object { context, rules, entry, budget }.settle()).await;
            (entry, ending, begun.elapsed())
        })
        .buffer_unordered(context.files_at_a_time);
    let (mut left, mut slowest) = (0, Duration::ZERO);
    let mut saved = (Instant::now(), results.settled.len());
    while let Some((entry, ending, took)) = endings.next().await {
        slowest = slowest.max(took);
        match ending {
            Some(settled) => settled.settle_into(entry, &mut results),
            None => left += 1,
        }
        if saved.0.elapsed() >= SAVE_EVERY && saved.1 < results.settled.len() {
            context.documents.write(&key, &results).await?;
            saved = (Instant::now(), results.settled.len());
        }
    }
    drop(endings);
    // A batch that is settled at once, and in order, needs no results: its counts tell everything.
    let untold = left > 0 || !results.problems.is_empty();
    if untold && saved.1 < results.settled.len() {
        context.documents.write(&key, &results).await?;
    }
    Ok(Progress { settled: results.settled.len(), counts: results.counts, left, slowest })
}
