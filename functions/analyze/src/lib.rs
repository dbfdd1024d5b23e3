//! Tells what a migration would be about, from the plan that a dry run has written: nothing is copied, and no ledger row is read
//! or written.
//!
//! The work is a loop of stretches: batches of the plan are added up, then the sampled files are asked for their sizes. After each
//! stretch the progress is written on the condition that nobody else has written it; so the function may be killed at any moment
//! and invoked again, by the state machine's loop or by a retry. A repeated stretch starts from what was written, hence counts
//! once. Memory holds the sums, which are bounded, and a few batches.

mod sampling;
mod store;

use drayage_aws::clients::Clients;
use drayage_aws::ledger::Ledger;
use drayage_aws::objects::{Sources, Storage};
use drayage_domain::analysis::conclude::{self, Rates};
use drayage_domain::analysis::{Analysis, accounts_key, analysis_key};
use drayage_domain::estimate::prices::Quote;
use drayage_domain::manifest::{self, ManifestEntry};
use drayage_domain::run::{Position, RunOptions, RunRecord};
use drayage_domain::settings::Settings;
use drayage_lambda_kit::deadline::Deadline;
use drayage_lambda_kit::documents::Documents;
use drayage_lambda_kit::error::{FunctionError, MANIFEST_INVALID};
use drayage_lambda_kit::runtime::Invocation;
use drayage_lambda_kit::{batches, clock, config};
use drayage_report::{accounts_csv, content_type};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use store::Stored;

/// Batches that are read at a time: with 1,000 long URLs each about 50 MB.
const BATCHES_AT_A_TIME: usize = 16;
/// Batches between two looks at the clock.
const BATCHES_PER_STEP: u32 = 64;
/// Progress is written this often at least: what is repeated after a crash.
const WRITE_EVERY: SignedDuration = SignedDuration::from_secs(20);
/// Kept of an invocation for writing: the sums of 200,000 accounts have some 20 MB. A quarter of a shorter invocation.
const CLOSING_TIME_MAX: SignedDuration = SignedDuration::from_secs(60);

/// What the state machine passes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The run.
    pub run_id: String,
}

/// How far the analysis is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The run.
    pub run_id: String,
    /// Whether the analysis is written. If not, the state machine invokes the function again.
    pub done: bool,
    /// Batches that are added up.
    pub batches: u32,
    /// What the execution puts out; once it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub analysis: Option<Short>,
}

/// The analysis in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Short {
    run_id: String,
    /// Where the analysis is.
    bucket: String,
    key: String,
    accounts_key: String,
    records: u64,
    files: u64,
    accounts: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// Hazards that keep files back.
    blocking_hazards: usize,
    recommendation: String,
}

/// Everything that a stretch needs.
pub(crate) struct Work<'a> {
    pub(crate) run: &'a RunRecord,
    pub(crate) options: &'a RunOptions,
    pub(crate) sample: u32,
    /// Batches of the plan.
    pub(crate) batches: u32,
    pub(crate) documents: &'a Documents,
    pub(crate) deadline: Deadline,
    pub(crate) closing_time: SignedDuration,
}

/// Goes on until everything is told or the invocation's time is used.
pub async fn handle(
    clients: &Clients,
    request: Request,
    invocation: Invocation,
) -> Result<Answer, FunctionError> {
    let settings = config::from_environment()?;
    let ledger = Ledger::new(clients.dynamodb(), &settings.files_table, &settings.runs_table);
    let run = ledger
        .run(&request.run_id)
        .await?
        .ok_or_else(|| FunctionError::run_unknown(&request.run_id))?;
    let other_work = || FunctionError::other_work(&run.run_id);
    let options = run.work.records().ok_or_else(other_work)?;
    let asked = options.analysis.as_ref().ok_or_else(other_work)?;
    let checkpoint = ledger.checkpoint(&run.run_id).await?;
    let enumerated = checkpoint.filter(|checkpoint| checkpoint.position == Position::Done);
    let batches = enumerated.ok_or_else(other_work)?.batches;
    let documents = Documents::new(Storage::new(clients.s3()), &settings.state_bucket);
    let work = Work {
        run: &run,
        options,
        sample: asked.sample,
        batches,
        documents: &documents,
        deadline: invocation.deadline,
        closing_time: CLOSING_TIME_MAX.min(invocation.deadline.remaining(clock::now()) / 4),
    };
    let sources = drayage_lambda_kit::sources::of_records(clients, &settings, options).await?;
    let stored = work.go_on(&sources, settings.copy_concurrency).await?;
    let analysis = if stored.progress.is_complete(batches) {
        Some(work.conclude(&settings, &stored).await?)
    } else {
        None
    };
    Ok(Answer {
        done: analysis.is_some(),
        batches: stored.progress.batches,
        analysis: analysis.as_ref().map(|analysis| short(&settings, analysis)),
        run_id: request.run_id,
    })
}

impl Work<'_> {
    /// As many stretches as there is time for.
    async fn go_on(&self, sources: &Sources, at_a_time: usize) -> Result<Stored, FunctionError> {
        let mut stored = Stored::read(self.documents, &self.run.run_id).await?;
        let mut written = clock::now();
        while !stored.progress.is_complete(self.batches) && self.has_time() {
            if stored.progress.batches < self.batches {
                self.add_batches(&mut stored).await?;
            } else {
                sampling::ask(self, sources, at_a_time, &mut stored.progress.tally.sample).await;
            }
            let now = clock::now();
            // The end of a phase, or of the time.
            if stored.progress.batches == self.batches
                || !self.has_time()
                || now.duration_since(written) >= WRITE_EVERY
            {
                stored.write(self.documents, &self.run.run_id).await?;
                written = now;
                let done = stored.progress.batches;
                tracing::info!(run_id = self.run.run_id, batches = done, "added up");
            }
        }
        Ok(stored)
    }

    pub(crate) fn has_time(&self) -> bool {
        self.deadline.allows(self.closing_time, clock::now())
    }

    /// Adds up the next batches, in their order.
    async fn add_batches(&self, stored: &mut Stored) -> Result<(), FunctionError> {
        let first = stored.progress.batches + 1;
        let last = self.batches.min(stored.progress.batches + BATCHES_PER_STEP);
        let mut read =
            stream::iter(first..=last).map(|number| self.read(number)).buffered(BATCHES_AT_A_TIME);
        while let Some(entries) = read.try_next().await? {
            stored.progress.add(&self.run.run_id, self.sample, &entries);
        }
        Ok(())
    }

    async fn read(&self, number: u32) -> Result<Vec<ManifestEntry>, FunctionError> {
        let key = manifest::batch_key(&self.run.run_id, number);
        let invalid = |what: String| {
            FunctionError::new(
                MANIFEST_INVALID,
                format!("manifest {key} {what}; hint: analyze again"),
            )
        };
        let lines = batches::lines(self.documents, &key).await?;
        lines
            .ok_or_else(|| invalid("does not exist".to_owned()))?
            .into_iter()
            .collect::<Result<_, _>>()
            .map_err(|error| invalid(format!("is damaged: {error}")))
    }

    /// Writes what was found, the analysis last: whoever finds it finds everything that it names. Both follow from the progress
    /// alone, so writing them again changes nothing.
    async fn conclude(
        &self,
        settings: &Settings,
        stored: &Stored,
    ) -> Result<Analysis, FunctionError> {
        let rates = Rates {
            quote: Quote::of(&settings.region),
            invocations_at_a_time: settings.concurrency.copy,
            memory_mb: settings.copy_memory_mb,
            files_at_a_time: settings.copy_concurrency,
            reserve_percent: settings.api_reserve_percent,
            lanes_at_once: settings.concurrency.switch,
        };
        let run_id = &self.run.run_id;
        let tally = &stored.progress.tally;
        let other = tally.accounts.other.as_ref().map(|other| (other.records, other.files));
        let table = accounts_csv(&conclude::accounts(tally), other)
            .map_err(|error| FunctionError::internal(&error))?;
        let table_type = content_type(drayage_report::ACCOUNTS_CSV);
        self.documents.write_bytes(&accounts_key(run_id), table, table_type).await?;
        let analysis = conclude::conclude(self.run, self.options, &stored.progress, &rates);
        self.documents.write(&analysis_key(run_id), &analysis).await?;
        tracing::info!(
            run_id,
            records = analysis.scope.records,
            files = analysis.scope.files,
            hazards = analysis.hazards.len(),
            "analysis written"
        );
        Ok(analysis)
    }
}

fn short(settings: &Settings, analysis: &Analysis) -> Short {
    let procedure = serde_json::to_value(analysis.recommendation.state_machine).ok();
    Short {
        run_id: analysis.run_id.clone(),
        bucket: settings.state_bucket.clone(),
        key: analysis.places.analysis.clone(),
        accounts_key: analysis.places.accounts.clone(),
        records: analysis.scope.records,
        files: analysis.scope.files,
        accounts: analysis.scope.accounts,
        bytes: analysis.sizes.as_ref().map(|sizes| sizes.total.bytes),
        blocking_hazards: analysis.hazards.iter().filter(|hazard| hazard.blocking).count(),
        recommendation: procedure
            .and_then(|name| name.as_str().map(str::to_owned))
            .unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_event_is_understood() {
        let request: Request = serde_json::from_str(include_str!("../events/go-on.json")).unwrap();
        assert_eq!(request.run_id, "analyze-20261121T070809Z-012");
    }
}
