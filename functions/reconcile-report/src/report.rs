//! The report's model: what all rounds together come to.

use drayage_domain::estimate;
use drayage_domain::outcome::Outcome;
use drayage_domain::reconcile::work;
use drayage_domain::reconcile::{Copied, Phase, Report, Round, TOP_MAX, Worst, manual_review};
use drayage_lambda_kit::clock;
use drayage_lambda_kit::error::FunctionError;

use crate::Context;
use crate::sums::Sums;

impl Context {
    /// Makes the report of the last round, and writes its files.
    pub(crate) async fn write_report(
        &self,
        rounds: Vec<Round>,
        sums: &Sums,
    ) -> Result<Report, FunctionError> {
        let last = rounds.last().map_or(1, |round| round.number);
        let mut worst = Worst::new(TOP_MAX);
        let mut differences_total = 0;
        let mut findings = self.findings(last, sums);
        while let Some(part) = findings.next_part().await? {
            differences_total += part.len() as u64;
            for difference in part {
                worst.offer(difference);
            }
        }
        let reconciliation = &self.reconciliation;
        let complete = sums.incomplete_because.is_empty();
        // The ledger's bucket may hold other files, and copies of earlier file names; two buckets are meant to be alike.
        let extras_count = reconciliation.input.source.is_some();
        let report = Report {
            run_id: reconciliation.run_id.clone(),
            kind: if reconciliation.input.parent_run.is_some() { "backup" } else { "reconcile" }
                .to_owned(),
            level: reconciliation.input.level(),
            source: reconciliation.source.clone(),
            destination: reconciliation.destination.clone(),
            complete,
            incomplete_because: sums.incomplete_because.clone(),
            clean: Report::is_clean(complete, &sums.tally, extras_count),
            tally: sums.tally.clone(),
            phases: phases(&rounds),
            copied: self.copied(&rounds).await?,
            rounds,
            started_at: reconciliation.started_at.clone(),
            ended_at: clock::now().to_string(),
            cost: Some(estimate::cost_of(&sums.tally.requests)),
            top: worst.into_vec(),
            differences_total,
            manual_review: manual_review(&sums.tally.verdicts),
        };
        self.write_files(&report, last, sums).await?;
        Ok(report)
    }

    /// What the run that this is a step of has copied, and the repairs.
    async fn copied(&self, rounds: &[Round]) -> Result<Copied, FunctionError> {
        let reconciliation = &self.reconciliation;
        let parent = reconciliation.input.parent_run.clone();
        let repairs =
            rounds.iter().map(|round| work::repair_run(&reconciliation.run_id, round.number));
        let mut copied = Copied::default();
        for run_id in parent.into_iter().chain(repairs) {
            let counts = self.ledger.counters(&run_id).await?;
            copied.objects += counts.outcomes.get(&Outcome::Verified.label()).copied().unwrap_or(0);
            copied.bytes += counts.bytes_copied;
        }
        Ok(copied)
    }
}

/// Comparisons, and the copying between them.
fn phases(rounds: &[Round]) -> Vec<Phase> {
    let mut phases: Vec<Phase> = Vec::new();
    for round in rounds {
        if let Some(compared) = phases.last() {
            phases.push(Phase {
                name: format!("repair {}", round.number.saturating_sub(1)),
                started_at: compared.ended_at.clone(),
                ended_at: round.started_at.clone(),
            });
        }
        phases.push(Phase {
            name: format!("compare {}", round.number),
            started_at: round.started_at.clone(),
            ended_at: round.ended_at.clone(),
        });
    }
    phases
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(number: u32, started_at: &str, ended_at: &str) -> Round {
        Round {
            number,
            requeued: 0,
            verdicts: [].into(),
            started_at: started_at.to_owned(),
            ended_at: ended_at.to_owned(),
        }
    }

    #[test]
    fn repairs_lie_between_two_comparisons() {
        let phases = phases(&[round(1, "a", "b"), round(2, "c", "d")]);
        let told: Vec<_> = phases
            .iter()
            .map(|phase| (phase.name.as_str(), phase.started_at.as_str(), phase.ended_at.as_str()))
            .collect();
        assert_eq!(
            told,
            [("compare 1", "a", "b"), ("repair 1", "b", "c"), ("compare 2", "c", "d")]
        );
    }
}
