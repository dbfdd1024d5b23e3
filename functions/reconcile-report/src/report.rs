//! The report's model: what all rounds together come to.

use drayage_domain::estimate::prices::Quote;
use drayage_domain::estimate::{self, Estimate};
use drayage_domain::object_batch::OBJECTS_PER_BATCH;
use drayage_domain::reconcile::work::{Done, RoundState};
use drayage_domain::reconcile::{Phase, Report, Round, TOP_MAX, Volume, Worst, manual_review};
use drayage_lambda_kit::clock;
use drayage_lambda_kit::error::FunctionError;

use crate::Context;
use crate::findings::Told;
use crate::outcome::Problems;
use crate::sums::Sums;

impl Context {
    /// Makes the report of the last round, and writes its files.
    pub(crate) async fn write_report(
        &self,
        states: Vec<RoundState>,
        done: &Done,
        problems: Problems,
        sums: &Sums,
    ) -> Result<Report, FunctionError> {
        let rounds: Vec<Round> = states.into_iter().map(|state| state.round).collect();
        let last = rounds.last().map_or(1, |round| round.number);
        let mut worst = Worst::new(TOP_MAX);
        let (mut differences_total, mut planned) = (0, Volume::default());
        let overwrite = self.reconciliation.input.overwrite;
        let mut findings = Told { findings: self.findings(last, sums), problems: &problems };
        while let Some(part) = findings.next_part().await? {
            differences_total += part.len() as u64;
            for difference in part {
                if overwrite.copies(difference.verdict) {
                    planned.objects += 1;
                    planned.bytes += difference.source.as_ref().map_or(0, |seen| seen.size_bytes);
                }
                worst.offer(difference);
            }
        }
        let reconciliation = &self.reconciliation;
        let input = &reconciliation.input;
        let incomplete_because = sums.incomplete(&reconciliation.unreadable);
        let complete = incomplete_because.is_empty();
        let report = Report {
            run_id: reconciliation.run_id.clone(),
            kind: if input.parent_run.is_some() { "backup" } else { input.purpose.name() }
                .to_owned(),
            level: input.level(),
            source: reconciliation.source.clone(),
            destination: reconciliation.destination.clone(),
            complete,
            incomplete_because,
            clean: Report::is_clean(complete, &sums.tally, input.extras_count()),
            tally: sums.tally.clone(),
            phases: phases(&rounds),
            copied: done.copied,
            planned,
            estimate: input.dry_run.then(|| self.estimate(planned.objects)),
            rounds,
            started_at: reconciliation.started_at.clone(),
            ended_at: clock::now().to_string(),
            cost: Some(estimate::cost_of(&self.quote(), &sums.tally.requests, done.requests)),
            top: worst.into_vec(),
            differences_total,
            manual_review: manual_review(&sums.tally.verdicts),
        };
        self.write_files(
            &report,
            Told { findings: self.findings(last, sums), problems: &problems },
        )
        .await?;
        Ok(report)
    }

    fn quote(&self) -> Quote {
        Quote::of(&self.settings.region)
    }

    fn estimate(&self, objects: u64) -> Estimate {
        let quote = self.quote();
        if self.reconciliation.input.source.is_some() {
            return Estimate::for_objects(
                &quote,
                objects,
                objects.div_ceil(OBJECTS_PER_BATCH as u64),
            );
        }
        let batches = objects.div_ceil(u64::from(self.settings.batch_size.max(1)));
        Estimate::for_backup(&quote, objects, batches)
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
