//! Whether the sums add up.

use drayage_domain::counts::Counts;
use drayage_domain::estimate::Estimate;
use drayage_domain::estimate::prices::Quote;
use drayage_domain::outcome::{Outcome, SkipReason};
use drayage_domain::recommendation::recommend;
use drayage_domain::reconcile::ReconcileSummary;
use drayage_domain::run::{Checkpoint, Position, RunOptions, RunRecord, Summary};

/// What the ledger says about a run.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) run: &'a RunRecord,
    pub(crate) options: &'a RunOptions,
    pub(crate) checkpoint: &'a Checkpoint,
    /// The sum of the batches' counts.
    pub(crate) counted: Counts,
    pub(crate) batches_open: u64,
    pub(crate) ended_at: String,
    pub(crate) error: Option<String>,
    pub(crate) reconciliation: Option<ReconcileSummary>,
    /// Prices of the stack's Region.
    pub(crate) quote: Quote,
}

/// The summary. A run is accounted for when its enumeration is complete, no batch is open, nothing broke it off, and as
/// many records have an outcome as were enumerated.
pub(crate) fn summary(facts: &Facts<'_>) -> Summary {
    let Facts { run, options, checkpoint, .. } = facts;
    let dry_run = options.dry_run;
    let mut counts = if dry_run { checkpoint.planned.clone() } else { facts.counted.clone() };
    if checkpoint.unchanged > 0 {
        // An incremental run counts these without putting them into a batch.
        *counts.outcomes.entry(Outcome::Unchanged.label()).or_default() += checkpoint.unchanged;
    }
    let enumerated = checkpoint.total();
    let accounted = counts.records();
    let batches_open = if dry_run { 0 } else { facts.batches_open };
    let accounted_for = facts.error.is_none()
        && checkpoint.position == Position::Done
        && batches_open == 0
        && accounted == enumerated;
    let needs_attention = counts.needs_attention();
    let reconciled = dry_run || facts.reconciliation.as_ref().is_some_and(|found| found.clean);
    let not_yet_switched = not_yet_switched(&counts, checkpoint.switched);
    Summary {
        run_id: run.run_id.clone(),
        mode: options.mode,
        dry_run,
        accounted_for,
        clean: accounted_for && needs_attention == 0 && reconciled,
        enumerated,
        accounted,
        needs_attention,
        counts,
        batches: checkpoint.batches,
        batches_open: u32::try_from(batches_open).unwrap_or(u32::MAX),
        started_at: run.started_at.clone(),
        ended_at: facts.ended_at.clone(),
        not_yet_switched,
        error: facts.error.clone(),
        reconciliation: facts.reconciliation.clone(),
        estimate: dry_run.then(|| {
            Estimate::for_backup(
                &facts.quote,
                checkpoint.files_planned,
                u64::from(checkpoint.batches),
            )
        }),
        // A list of records tells nothing about the size of the org.
        recommendation: (dry_run && options.records.is_none())
            .then(|| recommend(checkpoint.enumerated)),
        previous_backup: options.previous_backup.clone(),
    }
}

/// Records with a proven copy that still point at their source; `None` before anything was switched.
///
/// * `switched`: those of the unchanged and the renamed ones that point at the copy already.
fn not_yet_switched(counts: &Counts, switched: u64) -> Option<u64> {
    let count = |outcome: Outcome| counts.outcomes.get(&outcome.label()).copied().unwrap_or(0);
    let begun = switched > 0 || count(Outcome::Skipped(SkipReason::AlreadyMigrated)) > 0;
    let copied = [Outcome::Verified, Outcome::Unchanged, Outcome::AccountRenamed];
    begun.then(|| copied.into_iter().map(count).sum::<u64>().saturating_sub(switched))
}

#[cfg(test)]
mod tests {
    use drayage_domain::outcome::FailureClass;
    use drayage_domain::run::{RunState, Work};
    use drayage_domain::run_input::BackupInput;
    use drayage_domain::settings::{Settings, variables};

    use super::*;

    fn run(dry_run: bool) -> RunRecord {
        let settings = Settings::from_lookup(|name| {
            let value = match name {
                variables::SOURCE_ACCESS => "https",
                variables::SOURCE_HOSTS => "files.example.com",
                variables::STATE_BUCKET => "state-bucket",
                variables::REGION => "eu-west-1",
                variables::FILES_TABLE
                | variables::RUNS_TABLE
                | variables::DESTINATION_BUCKET
                | variables::SALESFORCE_SECRET
                | variables::COPY_QUEUE_URL => "some-name",
                _ => return None,
            };
            Some(value.to_owned())
        })
        .unwrap();
        let input = BackupInput { dry_run, ..BackupInput::default() };
        RunRecord {
            run_id: "r".to_owned(),
            kind: "backup".to_owned(),
            execution_arn: "arn".to_owned(),
            started_at: "2026-01-01T00:00:00Z".to_owned(),
            ended_at: None,
            state: RunState::Running,
            work: Work::Records(settings.options(&input)),
            records_expected: 4,
            summary: None,
        }
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            position: Position::Done,
            enumerated: 4,
            unchanged: 1,
            batches: 1,
            ..Checkpoint::start()
        }
    }

    fn counted() -> Counts {
        let mut counts = Counts::default();
        counts.add(Outcome::Verified);
        counts.add(Outcome::Skipped(SkipReason::NoUrl));
        counts.add(Outcome::Failed(FailureClass::AccessDenied));
        counts
    }

    fn facts<'a>(run: &'a RunRecord, checkpoint: &'a Checkpoint) -> Facts<'a> {
        Facts {
            run,
            options: run.work.records().unwrap(),
            checkpoint,
            counted: counted(),
            batches_open: 0,
            ended_at: "2026-01-01T00:01:00Z".to_owned(),
            error: None,
            reconciliation: None,
            quote: Quote::of("us-east-1"),
        }
    }

    #[test]
    fn a_run_is_accounted_for_when_every_record_has_one_outcome() {
        let (run, checkpoint) = (run(false), checkpoint());
        let summary = summary(&facts(&run, &checkpoint));
        assert!(summary.accounted_for);
        assert!(!summary.clean, "a failed file needs attention");
        assert_eq!((summary.enumerated, summary.accounted, summary.needs_attention), (4, 4, 1));
    }

    #[test]
    fn a_run_is_clean_only_when_the_destination_was_found_to_be() {
        let (run, checkpoint) = (run(false), checkpoint());
        let mut counted = counted();
        counted.outcomes.remove(&Outcome::Failed(FailureClass::AccessDenied).label());
        let checkpoint = Checkpoint { enumerated: 3, ..checkpoint };
        let found = |clean: bool| -> ReconcileSummary {
            serde_json::from_value(serde_json::json!({
                "runId": "r", "clean": clean, "complete": true, "level": "etag", "compared": 1, "verdicts": {},
                "rounds": 1, "repairs": 0, "report": "s3://state-bucket/runs/r/report/index.html"
            }))
            .unwrap()
        };
        for (reconciliation, clean) in
            [(None, false), (Some(found(false)), false), (Some(found(true)), true)]
        {
            let counted = counted.clone();
            let facts = Facts { counted, reconciliation, ..facts(&run, &checkpoint) };
            let summary = summary(&facts);
            assert!(summary.accounted_for);
            assert_eq!(summary.clean, clean);
        }
    }

    #[test]
    fn a_missing_record_an_open_batch_or_an_error_is_not_accounted_for() {
        let (run, complete) = (run(false), checkpoint());
        let missing = Checkpoint { enumerated: 5, ..complete.clone() };
        assert!(!summary(&facts(&run, &missing)).accounted_for);
        let unfinished = Checkpoint { position: Position::Start, ..complete.clone() };
        assert!(!summary(&facts(&run, &unfinished)).accounted_for);
        assert!(!summary(&Facts { batches_open: 1, ..facts(&run, &complete) }).accounted_for);
        let broken_off = Facts { error: Some("Timeout".to_owned()), ..facts(&run, &complete) };
        assert!(!summary(&broken_off).accounted_for);
    }

    #[test]
    fn a_dry_run_accounts_for_its_plan() {
        let run = run(true);
        let mut planned = Counts::default();
        planned.add(Outcome::Planned);
        planned.add(Outcome::Planned);
        planned.add(Outcome::Skipped(SkipReason::NoUrl));
        let checkpoint = Checkpoint { planned, files_planned: 2, ..checkpoint() };
        let facts = Facts { counted: Counts::default(), ..facts(&run, &checkpoint) };
        let summary = summary(&facts);
        assert!(summary.accounted_for);
        assert_eq!(summary.estimate.map(|estimate| estimate.files), Some(2));
        assert!(summary.recommendation.is_some());
    }

    #[test]
    fn what_still_points_at_its_source_is_told_once_anything_was_switched() {
        let (run, before) = (run(false), checkpoint());
        assert_eq!(summary(&facts(&run, &before)).not_yet_switched, None);
        let switched = Checkpoint { unchanged: 3, switched: 2, enumerated: 6, ..before.clone() };
        // One verified and three unchanged, two of them switched.
        assert_eq!(summary(&facts(&run, &switched)).not_yet_switched, Some(2));
        let mut counted = counted();
        counted.add(Outcome::Skipped(SkipReason::AlreadyMigrated));
        let full = Checkpoint { unchanged: 0, ..before };
        let facts = Facts { counted, ..facts(&run, &full) };
        assert_eq!(summary(&facts).not_yet_switched, Some(1));
    }
}
