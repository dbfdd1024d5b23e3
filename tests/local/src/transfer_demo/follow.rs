//! Live progress of a transfer. What is to be done, the state bucket tells; what has arrived, the destination's listing.
//!
//! A batch is counted in the ledger when it has ended, and has up to a thousand objects: the listing shows more.

use std::time::Duration;

use anyhow::{Result, bail};
use aws_sdk_s3::operation::get_object::GetObjectError;
use drayage_domain::reconcile::work::{self, Queued, RoundState, ShardState};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::check::Place;
use crate::executions::{self, Ended};
use crate::local_stack::LocalStack;
use crate::progress::{Display, Standing};

const POLL_MS: u64 = 400;
const LIMIT: Duration = Duration::from_mins(30);

/// An execution of `transfer` that is being followed.
pub(super) struct Followed<'a> {
    pub(super) stack: &'a LocalStack,
    pub(super) execution: &'a str,
    pub(super) destination: Place<'a>,
}

impl Followed<'_> {
    /// Waits for the end and shows how far it is.
    pub(super) async fn to_the_end(&self) -> Result<Ended> {
        let begun = Instant::now();
        let describe = self.stack.clients().executions.describe_execution();
        let described = describe.execution_arn(self.execution).send().await?;
        let started = described.start_date.secs();
        let mut display = Display::new("objects");
        loop {
            let ended = executions::ended(self.stack.clients(), self.execution).await?;
            if let Some(ended) = ended {
                display.finish();
                return Ok(ended);
            }
            display.show(&self.standing(started).await?, begun.elapsed());
            if begun.elapsed() > LIMIT {
                display.finish();
                bail!(
                    "the transfer still runs after {} s\n{}",
                    LIMIT.as_secs(),
                    self.stack.emulator().log_tail(20)
                );
            }
            tokio::time::sleep(Duration::from_millis(POLL_MS)).await;
        }
    }

    /// * `started`: in seconds since the epoch.
    async fn standing(&self, started: i64) -> Result<Standing> {
        let run_id = self.execution.rsplit(':').next().unwrap_or(self.execution);
        let mut round = 1;
        let mut left = Queued::default();
        while let Some(state) = self.document::<RoundState>(&work::round_key(run_id, round)).await?
        {
            left = state.queued;
            round += 1;
        }
        let repair = work::repair_run(run_id, round.saturating_sub(1));
        let total = left.copies + left.deletes;
        let counted = self.stack.ledger()?.counters(&repair).await?.records();
        if total > 0 && counted < total {
            let phase = if left.copies > 0 { "copying" } else { "deleting" };
            let (arrived, bytes) = self.arrived(started).await?;
            return Ok(Standing { phase, total, done: counted.max(arrived.min(total)), bytes });
        }
        let (done, bytes) = self.compared(run_id, round).await?;
        if round == 1 {
            // How many there are is what this round finds out.
            return Ok(Standing { phase: "comparing", total: done, done, bytes });
        }
        let (all, all_bytes) = self.compared(run_id, round - 1).await?;
        if total == 0 {
            return Ok(Standing { phase: "reporting", total: all, done: all, bytes: all_bytes });
        }
        Ok(Standing { phase: "verifying", total: all, done, bytes })
    }

    /// Objects, and their bytes, that were written since the start.
    async fn arrived(&self, started: i64) -> Result<(u64, u64)> {
        let listed = self.destination.list().await?;
        let new = listed.values().filter(|listed| listed.modified >= started);
        Ok(new.fold((0, 0), |(objects, bytes), listed| (objects + 1, bytes + listed.size_bytes)))
    }

    /// Objects of the source, and their bytes, that this round has compared.
    async fn compared(&self, run_id: &str, round: u32) -> Result<(u64, u64)> {
        let (mut objects, mut bytes, mut shard) = (0, 0, 1);
        while let Some(state) =
            self.document::<ShardState>(&work::state_key(run_id, round, shard)).await?
        {
            objects += state.tally.source.objects;
            bytes += state.tally.source.bytes;
            shard += 1;
        }
        Ok((objects, bytes))
    }

    /// A document of the state bucket, if it is there already.
    async fn document<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let bucket = self.stack.stack().output("StateBucket")?;
        let got = self.stack.clients().s3.get_object().bucket(bucket).key(key).send().await;
        let body = match got {
            Ok(got) => got.body.collect().await?,
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Some(serde_json::from_slice(&body.into_bytes())?))
    }
}
