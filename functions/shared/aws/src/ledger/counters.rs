//! Counters of a run, and how many of its batches are closed.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use drayage_domain::counts::Counts;

use super::Ledger;
use super::attributes::{
    API_CALLS, BYTES_COPIED, COUNTS, ENTRIES, ITEM, Item, OUTCOME_PREFIX, REQUESTS, RUN_ID,
    SERVER_SIDE_COPIES, STATE, from_json, number, required_number, required_text, text,
};
use super::batches::{BATCH_PREFIX, DONE};
use super::error::LedgerError;

/// Counter items of a run: so many batches can be closed at once without waiting for each other.
const SHARDS: u32 = 16;
const COUNTER_PREFIX: &str = "COUNTER#";
/// So many numbers of open batches are told: enough to look at, few enough for a message.
const OPEN_TOLD_MAX: usize = 10;

/// How far a run's batches are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchProgress {
    /// Batches that were announced.
    pub batches: u64,
    /// Those of them that are closed.
    pub batches_done: u64,
    /// The numbers of the first few that are not.
    pub first_open: Vec<u32>,
    /// Entries of the announced batches.
    pub entries: u64,
    /// Sum of the counts that the closed batches have kept: what [`Ledger::counters`] has to say too.
    pub counted: Counts,
}

impl Ledger {
    /// The sum of a run's counter shards, read consistently.
    pub async fn counters(&self, run_id: &str) -> Result<Counts, LedgerError> {
        let mut sum = Counts::default();
        let query = self.items_of(run_id, COUNTER_PREFIX);
        each_item(query, |item| {
            sum.merge(&shard_counts(item)?);
            Ok(())
        })
        .await?;
        Ok(sum)
    }

    /// Counts a run's batches that are not closed, read consistently and page by page.
    pub async fn open_batches(&self, run_id: &str) -> Result<u64, LedgerError> {
        let mut open = 0;
        let query = self
            .items_of(run_id, BATCH_PREFIX)
            .filter_expression("#state <> :done")
            .expression_attribute_names("#state", STATE)
            .expression_attribute_values(":done", text(DONE));
        each_item(query, |_| {
            open += 1;
            Ok(())
        })
        .await?;
        Ok(open)
    }

    /// How far a run's batches are, from the batches themselves. Reads all of them: for a person who asks, not for
    /// every invocation.
    pub async fn batch_progress(&self, run_id: &str) -> Result<BatchProgress, LedgerError> {
        let mut progress = BatchProgress::default();
        each_item(self.items_of(run_id, BATCH_PREFIX), |item| {
            progress.batches += 1;
            progress.entries += required_number::<u64>(item, ENTRIES)?;
            if required_text(item, STATE)? == DONE {
                progress.batches_done += 1;
                progress.counted.merge(&from_json(item, COUNTS)?);
            } else if progress.first_open.len() < OPEN_TOLD_MAX {
                progress.first_open.push(number_of(item)?);
            }
            Ok(())
        })
        .await?;
        Ok(progress)
    }

    fn items_of(&self, run_id: &str, prefix: &str) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.runs_table)
            .key_condition_expression("#run = :run AND begins_with(#item, :prefix)")
            .expression_attribute_names("#run", RUN_ID)
            .expression_attribute_names("#item", ITEM)
            .expression_attribute_values(":run", text(run_id))
            .expression_attribute_values(":prefix", text(prefix))
            .consistent_read(true)
    }
}

/// Looks at every item that a query finds, one page in memory at a time.
async fn each_item(
    query: QueryFluentBuilder,
    mut look: impl FnMut(&Item) -> Result<(), LedgerError>,
) -> Result<(), LedgerError> {
    let mut start = None;
    loop {
        let page = query
            .clone()
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| LedgerError::from_sdk(&error))?;
        for item in page.items() {
            look(item)?;
        }
        match page.last_evaluated_key {
            Some(key) => start = Some(key),
            None => return Ok(()),
        }
    }
}

/// The sort key of the counter shard that a batch is counted in.
pub(super) fn shard_item(number_of_batch: u32) -> String {
    format!("{COUNTER_PREFIX}{:02}", number_of_batch % SHARDS)
}

/// What a batch adds to its shard: attribute names and numbers.
pub(super) fn additions(counts: &Counts) -> Vec<(String, AttributeValue)> {
    let Counts { outcomes, bytes_copied, server_side_copies, requests, api_calls } = counts;
    let outcomes =
        outcomes.iter().map(|(label, count)| (format!("{OUTCOME_PREFIX}{label}"), number(count)));
    let sums = [
        (BYTES_COPIED, bytes_copied),
        (SERVER_SIDE_COPIES, server_side_copies),
        (REQUESTS, requests),
        (API_CALLS, api_calls),
    ];
    outcomes.chain(sums.map(|(name, sum)| (name.to_owned(), number(sum)))).collect()
}

fn shard_counts(item: &Item) -> Result<Counts, LedgerError> {
    let mut counts = Counts {
        bytes_copied: required_number(item, BYTES_COPIED)?,
        server_side_copies: required_number(item, SERVER_SIDE_COPIES)?,
        requests: required_number(item, REQUESTS)?,
        api_calls: required_number(item, API_CALLS)?,
        ..Counts::default()
    };
    let mut names: Vec<&String> = item.keys().collect();
    names.sort_unstable();
    for name in names {
        if let Some(label) = name.strip_prefix(OUTCOME_PREFIX) {
            counts.outcomes.insert(label.to_owned(), required_number(item, name)?);
        }
    }
    Ok(counts)
}

fn number_of(item: &Item) -> Result<u32, LedgerError> {
    required_text(item, ITEM)?
        .strip_prefix(BATCH_PREFIX)
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| LedgerError::corrupt(ITEM, "of a batch has no number"))
}
