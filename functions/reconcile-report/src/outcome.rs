//! What was done between the comparisons, as the ledger and the batches' results tell it.

use std::collections::BTreeMap;

use drayage_domain::object_batch::{ObjectResults, results_key};
use drayage_domain::outcome::Outcome;
use drayage_domain::reconcile::work::{self, Done, RoundState};
use drayage_lambda_kit::error::FunctionError;
use futures::{StreamExt, TryStreamExt, stream};

use crate::Context;

/// Results read at a time.
const READS_AT_A_TIME: usize = 16;
/// Problems that the report tells next to their keys; the results of the batches have all of them.
const PROBLEMS_MAX: usize = 10_000;

/// Problems by key.
pub(crate) type Problems = BTreeMap<String, String>;

impl Context {
    /// Adds up the runs between the rounds, and the run that this is a step of.
    pub(crate) async fn done_between(&self, states: &[RoundState]) -> Result<Done, FunctionError> {
        let reconciliation = &self.reconciliation;
        let mut done = Done { accounted_for: true, ..Done::default() };
        if let Some(parent) = &reconciliation.input.parent_run {
            let counts = self.ledger.counters(parent).await?;
            done.copied.objects += counts.outcomes.get(&Outcome::Verified.label()).unwrap_or(&0);
            done.copied.bytes += counts.bytes_copied;
        }
        for RoundState { round, queued } in states {
            if queued.batches == 0 {
                continue;
            }
            let run_id = work::repair_run(&reconciliation.run_id, round.number);
            let counts = self.ledger.counters(&run_id).await?;
            let open = self.ledger.open_batches(&run_id).await?;
            done.add(*queued, &counts, open);
        }
        Ok(done)
    }

    /// What went wrong with objects in the last attempt to mend them. Problems with records are in the ledger.
    pub(crate) async fn problems(&self, states: &[RoundState]) -> Result<Problems, FunctionError> {
        let Some(last) = states.iter().rev().find(|state| state.queued.batches > 0) else {
            return Ok(Problems::new());
        };
        let run_id = &work::repair_run(&self.reconciliation.run_id, last.round.number);
        stream::iter(1..=last.queued.batches)
            .map(|number| async move {
                self.documents.find::<ObjectResults>(&results_key(run_id, number)).await
            })
            .buffer_unordered(READS_AT_A_TIME)
            .try_fold(Problems::new(), |mut problems, results| async move {
                let found = results.map_or_else(Vec::new, |results| results.problems);
                let left = PROBLEMS_MAX.saturating_sub(problems.len());
                let told = found.into_iter().take(left);
                problems.extend(told.map(|problem| (problem.key, problem.message)));
                Ok(problems)
            })
            .await
    }
}
