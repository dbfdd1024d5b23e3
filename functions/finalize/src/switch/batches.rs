//! What the batches of a run have left: the second look at each, and the records that a person has to look at.
//!
//! Batches have numbers without gaps, so they are read by number, a few at a time and in their order. Memory holds those
//! few and the first records to look at; the list of all of them goes to the local disk.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufWriter, Write};

use drayage_domain::manifest;
use drayage_domain::switch::SwitchLine;
use drayage_domain::switch::plan::SwitchPlan;
use drayage_domain::switch::results::{LineEnding, SwitchResults, results_key};
use drayage_domain::switch::verification::{BatchVerification, Verification, verification_key};
use drayage_lambda_kit::batches;
use drayage_lambda_kit::documents::Documents;
use drayage_lambda_kit::error::FunctionError;
use drayage_report::{REVIEW_SHOWN_MAX, ReviewRow, ReviewWriter};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tempfile::NamedTempFile;

/// Requests are short; more at once only take memory.
const READS_AT_A_TIME: usize = 2;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The second looks at all batches together.
    pub(crate) verification: Verification,
    /// The first records to look at.
    pub(crate) first: Vec<ReviewRow>,
    /// How many there are.
    pub(crate) review_total: u64,
    /// The list of all of them; `None` where there are none.
    pub(crate) review: Option<NamedTempFile>,
}

/// What one batch has left.
struct Batch {
    verification: Verification,
    rows: Vec<ReviewRow>,
}

/// Reads what every batch of the plan has left. A batch that was never begun has left nothing.
pub(crate) async fn read(documents: &Documents, plan: &SwitchPlan) -> Result<Found, FunctionError> {
    let mut found = Found::default();
    let mut writer = None;
    let mut batches = stream::iter(1..=plan.batches)
        .map(|number| read_batch(documents, &plan.run_id, number))
        .buffered(READS_AT_A_TIME);
    while let Some(batch) = batches.try_next().await? {
        found.verification.merge(&batch.verification);
        found.review_total += batch.rows.len() as u64;
        for row in batch.rows {
            let writer = match &mut writer {
                Some(writer) => writer,
                None => writer.insert(begin()?),
            };
            writer.write(&row).map_err(|error| FunctionError::internal(&error))?;
            if found.first.len() < REVIEW_SHOWN_MAX {
                found.first.push(row);
            }
        }
    }
    if let Some(writer) = writer {
        let mut out = writer.finish().map_err(|error| FunctionError::internal(&error))?;
        out.flush().map_err(|error| FunctionError::internal(&error))?;
        found.review =
            Some(out.into_inner().map_err(|error| FunctionError::internal(&error.error()))?);
    }
    Ok(found)
}

fn begin() -> Result<ReviewWriter<BufWriter<NamedTempFile>>, FunctionError> {
    let file = NamedTempFile::new().map_err(|error| FunctionError::internal(&error))?;
    ReviewWriter::new(BufWriter::new(file)).map_err(|error| FunctionError::internal(&error))
}

async fn read_batch(
    documents: &Documents,
    run_id: &str,
    number: u32,
) -> Result<Batch, FunctionError> {
    let results: SwitchResults =
        documents.find(&results_key(run_id, number)).await?.unwrap_or_default();
    let looked: BatchVerification =
        documents.find(&verification_key(run_id, number)).await?.unwrap_or_default();
    let mut rows = rows(&results, &looked.surprises);
    if !rows.is_empty() {
        // The results know no accounts; the batch's lines do.
        let key = manifest::batch_key(run_id, number);
        let lines = batches::lines::<SwitchLine>(documents, &key).await?.unwrap_or_default();
        let accounts: BTreeMap<String, Option<String>> =
            lines.into_iter().flatten().map(|line| (line.record_id, line.account_id)).collect();
        for row in &mut rows {
            row.account = accounts.get(&row.record_id).cloned().flatten();
        }
    }
    Ok(Batch { verification: looked.found, rows })
}

/// The records of a batch that need a person, or that the second look was surprised by, in the order of their ids.
fn rows(results: &SwitchResults, surprises: &BTreeMap<String, String>) -> Vec<ReviewRow> {
    let needing = results.endings.iter().filter(|(_, ending)| ending.needs_attention());
    let ids: BTreeSet<&String> = needing.map(|(id, _)| id).chain(surprises.keys()).collect();
    let row = |id: &String| {
        let ending = results.endings.get(id);
        ReviewRow {
            record_id: id.clone(),
            account: None,
            outcome: ending.map_or_else(String::new, |ending| ending.outcome.clone()),
            message: ending.and_then(|ending: &LineEnding| ending.message.clone()),
            surprise: surprises.get(id).cloned(),
        }
    };
    ids.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ending(outcome: &str, message: Option<&str>) -> LineEnding {
        LineEnding { outcome: outcome.to_owned(), message: message.map(str::to_owned) }
    }

    #[test]
    fn who_needs_a_person_or_was_a_surprise_is_listed_once() {
        let results = SwitchResults {
            endings: BTreeMap::from([
                ("a".to_owned(), ending("switched", None)),
                ("b".to_owned(), ending("drifted", Some("edited"))),
                ("c".to_owned(), ending("switched", None)),
                ("d".to_owned(), ending("of_a_newer_version", None)),
            ]),
            ..SwitchResults::default()
        };
        let surprises = BTreeMap::from([
            ("b".to_owned(), "deleted_since".to_owned()),
            ("c".to_owned(), "edited_since".to_owned()),
        ]);
        let told: Vec<_> = rows(&results, &surprises)
            .into_iter()
            .map(|row| (row.record_id, row.outcome, row.message, row.surprise))
            .collect();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            told,
            [
                ("b".to_owned(), "drifted".to_owned(), text("edited"), text("deleted_since")),
                ("c".to_owned(), "switched".to_owned(), None, text("edited_since")),
                ("d".to_owned(), "of_a_newer_version".to_owned(), None, None),
            ]
        );
    }
}
