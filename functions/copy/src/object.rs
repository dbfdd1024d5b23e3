//! One object of a batch: copied and proven, or deleted.

use std::time::Duration;

use drayage_aws::objects::{Copied, CopyError, CopyRequest, Deleted};
use drayage_domain::destination_key::KEY_LENGTH_MAX;
use drayage_domain::object_batch::{ObjectAction, ObjectEntry, ObjectResults};
use drayage_domain::outcome::{FailureClass, GoneReason, Outcome, SkipReason};
use drayage_domain::row::SourceIdentity;
use drayage_domain::source_url::{S3Location, SourceLocation};
use tokio::time::Instant;

use crate::batch::Budget;
use crate::context::RunContext;
use crate::objects::ObjectRules;
use crate::uploads::Uploads;

/// Requests that deleting an object takes: one to look, one to delete.
const REQUESTS_PER_DELETE: u64 = 2;

/// An entry with all that is needed to settle it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Object<'a> {
    pub(crate) context: &'a RunContext,
    pub(crate) rules: &'a ObjectRules,
    pub(crate) entry: &'a ObjectEntry,
    pub(crate) budget: Budget,
}

/// How an object ended, and what that took.
#[derive(Debug)]
pub(crate) struct Settled {
    outcome: Outcome,
    bytes: u64,
    requests: u64,
    server_side: bool,
    message: Option<String>,
}

impl Settled {
    const fn new(outcome: Outcome, requests: u64) -> Self {
        Self { outcome, bytes: 0, requests, server_side: false, message: None }
    }

    fn problem(outcome: Outcome, requests: u64, message: String) -> Self {
        Self { message: Some(message), ..Self::new(outcome, requests) }
    }

    /// Adds it to its batch's results.
    pub(crate) fn settle_into(self, entry: &ObjectEntry, results: &mut ObjectResults) {
        if results.settle(entry, self.outcome, self.message) {
            results.counts.bytes_copied += self.bytes;
            results.counts.requests += self.requests;
            results.counts.server_side_copies += u64::from(self.server_side);
        }
    }
}

impl Object<'_> {
    /// Does what the entry says; `None` when it is left to another delivery.
    pub(crate) async fn settle(&self) -> Option<Settled> {
        if Instant::now() >= self.budget.begin_until {
            return None;
        }
        let key = format!("{}{}", self.rules.destination_prefix, self.entry.key);
        match (&self.entry.action, &self.rules.source_bucket) {
            (ObjectAction::Copy { source }, Some(bucket)) => self.copy(bucket, source, &key).await,
            (ObjectAction::Copy { .. }, None) => Some(Settled::problem(
                Outcome::Failed(FailureClass::ManifestInvalid),
                0,
                "the run has no source to copy from".to_owned(),
            )),
            (ObjectAction::Delete { etag }, _) => self.delete(&key, etag).await,
        }
    }

    async fn copy(&self, bucket: &str, listed: &SourceIdentity, key: &str) -> Option<Settled> {
        if key.len() > KEY_LENGTH_MAX {
            return Some(Settled::problem(
                Outcome::Failed(FailureClass::InvalidKey),
                0,
                format!(
                    "the key has {} bytes with the destination's prefix, and S3 takes {KEY_LENGTH_MAX}; hint: use a \
                     shorter prefix",
                    key.len()
                ),
            ));
        }
        let source_key = format!("{}{}", self.rules.source_prefix, self.entry.key);
        let source_name = format!("s3://{bucket}/{source_key}");
        let name = format!("{}/{key}", self.rules.destination_bucket);
        let location = SourceLocation::S3(S3Location {
            bucket: bucket.to_owned(),
            key_candidates: vec![source_key],
            region: None,
            version_id: None,
        });
        let begun = Instant::now();
        let uploads = Uploads::new(&self.context.ledger, &name, source_name);
        let request = CopyRequest {
            source: &location,
            key,
            file_name: key.rsplit('/').next().unwrap_or_default(),
            known: None,
            listed: Some(listed),
            copied: None,
            uploads: Some(&uploads),
            deadline: self.budget.stop_at,
        };
        let copied = Box::pin(self.context.transfer.copy(&request)).await;
        match copied {
            Ok(copied) => Some(settled(copied)),
            Err(error) if self.gave_way(&error, begun.elapsed(), &uploads) => None,
            Err(error) => {
                uploads.give_up(&self.context.transfer, key).await;
                let outcome = if error.gone {
                    Outcome::SourceGone(GoneReason::ObjectMissing)
                } else {
                    Outcome::Failed(error.class)
                };
                Some(Settled::problem(outcome, u64::from(error.requests), error.message))
            }
        }
    }

    fn gave_way(&self, error: &CopyError, took: Duration, uploads: &Uploads<'_>) -> bool {
        self.budget.broke_off(error, took, uploads.has_grown())
    }

    async fn delete(&self, key: &str, etag: &str) -> Option<Settled> {
        let bucket = &self.rules.destination_bucket;
        let deleted = self.rules.destination.delete_if_unchanged(bucket, key, etag).await;
        Some(match deleted {
            Ok(Deleted::Done | Deleted::AlreadyGone) => {
                Settled::new(Outcome::Deleted, REQUESTS_PER_DELETE)
            }
            Ok(Deleted::Changed) => Settled::problem(
                Outcome::Kept,
                REQUESTS_PER_DELETE,
                "it was written after it was listed; hint: compare again".to_owned(),
            ),
            Err(error) => {
                let class = if error.retryable() {
                    FailureClass::DestinationUnavailable
                } else {
                    FailureClass::DestinationDenied
                };
                let outcome = Outcome::Failed(class);
                Settled::problem(outcome, REQUESTS_PER_DELETE, error.to_string())
            }
        })
    }
}

fn settled(copied: Copied) -> Settled {
    match copied {
        Copied::Done { proof, requests, server_side, .. } => Settled {
            bytes: proof.size_bytes,
            server_side,
            ..Settled::new(Outcome::Verified, u64::from(requests))
        },
        Copied::Unchanged { requests, .. } => Settled::new(Outcome::Unchanged, u64::from(requests)),
        Copied::TooLarge { size_bytes, requests } => Settled::problem(
            Outcome::Skipped(SkipReason::TooLarge),
            u64::from(requests),
            format!("{size_bytes} bytes are more than S3 stores in one object"),
        ),
    }
}
