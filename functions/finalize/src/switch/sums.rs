//! Whether the sums of a run that writes into Salesforce add up.

use drayage_domain::counts::Counts;
use drayage_domain::outcome::Outcome;
use drayage_domain::run::RunRecord;
use drayage_domain::switch::options::SwitchOptions;
use drayage_domain::switch::plan::SwitchPlan;
use drayage_domain::switch::summary::SwitchSummary;
use drayage_domain::switch::verification::Verification;

/// What plan, ledger and second look say about a run.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) run: &'a RunRecord,
    pub(crate) options: &'a SwitchOptions,
    /// None when the run was broken off before.
    pub(crate) plan: Option<&'a SwitchPlan>,
    /// The sum of the batches' counts.
    pub(crate) counted: Counts,
    pub(crate) batches_open: u64,
    pub(crate) verification: Verification,
    pub(crate) ended_at: String,
    pub(crate) error: Option<String>,
}

/// The summary. A run is accounted for when nothing broke it off, it has a plan, no batch is open, as many records have an
/// outcome as were planned, and each of them was looked at once more. A dry run only has to have its plan.
///
/// Keys of files are those of the plan; list, page and their addresses are up to the caller.
pub(crate) fn summary(facts: Facts<'_>) -> SwitchSummary {
    let Facts { run, options, plan, counted, batches_open, verification, ended_at, error } = facts;
    let dry_run = !options.execute;
    let planned = plan.map_or(0, |plan| plan.records);
    let (counts, batches_open) =
        if dry_run { (of_plan(planned), 0) } else { (counted, batches_open) };
    let accounted = counts.records();
    let looked_at = dry_run || verification.records == planned;
    let accounted_for =
        error.is_none() && plan.is_some() && batches_open == 0 && accounted == planned && looked_at;
    let needs_attention = counts.needs_attention();
    let ready = plan.is_some_and(SwitchPlan::ready);
    SwitchSummary {
        run_id: run.run_id.clone(),
        direction: options.direction,
        dry_run,
        accounted_for,
        clean: accounted_for && needs_attention == 0 && ready && (dry_run || verification.holds()),
        planned,
        accounted,
        needs_attention,
        counts,
        not_planned: plan.map(|plan| plan.not_planned.clone()).unwrap_or_default(),
        plan_hash: plan.map(|plan| plan.hash.clone()),
        mode: plan.map(|plan| plan.mode.clone()),
        probe: plan.and_then(|plan| plan.probe.clone()),
        readiness: plan.map(|plan| plan.readiness.clone()).unwrap_or_default(),
        verification: (!dry_run && plan.is_some()).then_some(verification),
        estimate: plan.filter(|_| dry_run).map(|plan| plan.estimate.clone()),
        batches_open,
        list: plan.map(|plan| plan.list.clone()),
        rollback_file: plan.filter(|_| !dry_run).and_then(|plan| plan.rollback_file.clone()),
        review: None,
        report: None,
        started_at: run.started_at.clone(),
        ended_at,
        error,
    }
}

fn of_plan(planned: u64) -> Counts {
    let mut counts = Counts::default();
    if planned > 0 {
        counts.outcomes.insert(Outcome::Planned.label(), planned);
    }
    counts
}

#[cfg(test)]
mod tests;
