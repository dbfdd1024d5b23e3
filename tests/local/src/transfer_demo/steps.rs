//! The steps of the demo, each an execution of `transfer` and a check of both sides after it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use drayage_domain::reconcile::ReconcileSummary;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::check::{self, Agreement, Place};
use super::follow::Followed;
use super::objects::{Planted, planted, upload};
use super::{BUCKET, PREFIX, TransferDemoOptions};
use crate::foreign_s3::ForeignS3;
use crate::local_stack::LocalStack;
use crate::progress::note;

/// Every so many objects one is replaced, and one is removed.
const REPLACED_EVERY: usize = 20;
const REMOVED_EVERY: usize = 33;
/// So many are added, as a share of all.
const ADDED_SHARE: usize = 25;

/// A finished step.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Step {
    /// What it shows.
    pub(super) name: &'static str,
    /// What the execution put out.
    pub(super) summary: ReconcileSummary,
    /// Requests that the source has answered meanwhile, as it counted them itself.
    pub(super) source_requests: u64,
    /// Seconds from the start of the execution to its end.
    pub(super) seconds: f64,
    /// Objects that have to be copied and deleted, from how the source was changed.
    pub(super) expected: (u64, u64),
    /// The independent check.
    pub(super) check: Agreement,
}

impl Step {
    /// Objects that were deleted.
    pub(super) fn deleted(&self) -> u64 {
        self.summary.outcomes.get("deleted").copied().unwrap_or(0)
    }

    /// Whether the execution did what it had to do, and the independent check agrees.
    pub(super) fn ok(&self) -> bool {
        let done = if self.summary.dry_run {
            (self.summary.planned.objects, self.deleted())
        } else {
            (self.summary.copied.objects, self.deleted())
        };
        let clean = self.summary.dry_run || self.summary.clean;
        self.summary.accounted_for && clean && done == self.expected && self.check.passed()
    }
}

/// Both sides, and how the source is changed.
#[derive(Debug)]
pub(super) struct Steps<'a> {
    stack: &'a LocalStack,
    theirs: &'a ForeignS3,
    source: Place<'a>,
    destination: Place<'a>,
    options: &'a TransferDemoOptions,
}

impl<'a> Steps<'a> {
    pub(super) fn new(
        stack: &'a LocalStack,
        theirs: &'a ForeignS3,
        options: &'a TransferDemoOptions,
    ) -> Result<Self> {
        let bucket = stack.stack().output("DestinationBucket")?;
        let source = Place { client: theirs.client(), bucket: BUCKET, prefix: PREFIX };
        let destination = Place { client: &stack.clients().s3, bucket, prefix: PREFIX };
        Ok(Self { stack, theirs, source, destination, options })
    }

    /// Puts the objects into the source, and tells their number and bytes.
    pub(super) async fn fill(&self) -> Result<(u64, u64)> {
        let objects = (0..self.options.objects).map(|at| planted(self.options.seed, at)).collect();
        upload(objects, self.source.client, BUCKET, PREFIX).await
    }

    /// All steps.
    pub(super) async fn run(&self) -> Result<Vec<Step>> {
        let all = self.options.objects as u64;
        let nothing = BTreeSet::new();
        let mut steps = vec![
            self.step("dry run", &json!({"dryRun": true}), (all, 0), None).await?,
            self.step("transfer", &json!({}), (all, 0), Some(&nothing)).await?,
        ];
        let (copies, removed) = self.change().await?;
        let gone = removed.len() as u64;
        note(&format!("the source changes: {copies} objects are new or replaced, {gone} are gone"));
        let delete = json!({"deleteExtra": true, "execute": true});
        steps.push(self.step("changes", &json!({}), (copies, 0), Some(&removed)).await?);
        steps.push(self.step("deletions", &delete, (0, gone), Some(&nothing)).await?);
        Ok(steps)
    }

    /// Replaces, removes and adds objects of the source. Tells how many are to be copied, and which are gone.
    async fn change(&self) -> Result<(u64, BTreeSet<String>)> {
        let (count, seed) = (self.options.objects, self.options.seed);
        let object = |at| planted(seed, at);
        let removed: BTreeMap<usize, Planted> =
            (5..count).step_by(REMOVED_EVERY).map(|at| (at, object(at))).collect();
        let replaced = (2..count).step_by(REPLACED_EVERY).filter(|at| !removed.contains_key(at));
        let added = (count..count + count.div_ceil(ADDED_SHARE)).map(object);
        let copies: Vec<Planted> = replaced.map(|at| object(at).replaced()).chain(added).collect();
        for object in removed.values() {
            let key = format!("{PREFIX}{}", object.key);
            self.source.client.delete_object().bucket(BUCKET).key(key).send().await?;
        }
        let (copies, _) = upload(copies, self.source.client, BUCKET, PREFIX).await?;
        Ok((copies, removed.into_values().map(|object| object.key).collect()))
    }

    /// One execution. `extra`: what only the destination has afterwards; `None` if it has to be empty.
    async fn step(
        &self,
        name: &'static str,
        more: &Value,
        expected: (u64, u64),
        extra: Option<&BTreeSet<String>>,
    ) -> Result<Step> {
        note(&format!("{name} ..."));
        let mut input = json!({
            "source": {"bucket": BUCKET, "prefix": PREFIX, "access": "keys"},
            "destination": {"prefix": PREFIX},
            // Two objects were uploaded in parts: their `ETag`s alone would leave them unproven.
            "level": "checksum",
        });
        if let (Some(input), Some(more)) = (input.as_object_mut(), more.as_object()) {
            input.extend(more.clone());
        }
        let answered = || self.theirs.server().requests().values().sum::<u64>();
        let (before, begun) = (answered(), Instant::now());
        let execution = self.stack.start_execution("TransferStateMachineArn", &input).await?;
        let followed =
            Followed { stack: self.stack, execution: &execution, destination: self.destination };
        let ended = followed.to_the_end().await?;
        let (seconds, source_requests) = (begun.elapsed().as_secs_f64(), answered() - before);
        let output = ended.output().with_context(|| {
            format!("the emulator's log ends with\n{}", self.stack.emulator().log_tail(20))
        })?;
        let summary: ReconcileSummary = serde_json::from_value(output)?;
        note("  reading both sides ...");
        let check = match extra {
            None => check::empty(self.destination).await?,
            Some(extra) => check::compare(self.source, self.destination, extra).await?,
        };
        Ok(Step { name, summary, source_requests, seconds, expected, check })
    }
}
