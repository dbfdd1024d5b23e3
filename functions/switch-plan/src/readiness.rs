//! What has to hold before anything may be written, and how a run ends for which it does not.

use drayage_domain::switch::Direction;
use drayage_domain::switch::mode::{ModeChoice, ModeDecision, ModeRefused, RefusedFor};
use drayage_domain::switch::options::SwitchOptions;
use drayage_domain::switch::plan::{Check, CheckState, Probe, SwitchPlan};
use drayage_lambda_kit::error::{FunctionError, NOT_READY, PLAN_CHANGED};

use crate::collect::Tally;
use crate::draft::Draft;
use crate::earlier_jobs::{Found, Job};
use crate::{new_url, org};

/// Names of checks; they never change once released.
const SOMETHING_TO_DO: &str = "something_to_do";
const BACKUP_COMPLETE: &str = "backup_complete";
const PLAN_HASH: &str = "plan_hash";
const NEW_URL_REACHABLE: &str = "new_url_reachable";
const API_BUDGET: &str = "api_budget";
const GUARD: &str = "guard";
const ATTENTION: &str = "attention";
const EARLIER_JOBS: &str = "earlier_jobs";
/// So many jobs are named; the others are counted.
const JOBS_TOLD: usize = 5;

/// Everything that the checks look at.
pub(crate) struct Facts<'a> {
    pub(crate) options: &'a SwitchOptions,
    pub(crate) draft: &'a Draft,
    pub(crate) tally: &'a Tally,
    /// What opening a new URL has shown, if one was opened.
    pub(crate) probe: Option<Probe>,
    /// Bulk API jobs that interrupted runs have left.
    pub(crate) earlier_jobs: Found,
    pub(crate) org: org::Facts,
}

type Chosen = Result<ModeDecision, Box<ModeRefused>>;

impl Facts<'_> {
    /// Whether guarded updates may be tried: not in a dry run, nor where the run is going to be refused.
    pub(crate) fn allows_canary(&self) -> bool {
        let failed = |check: &Check| check.state == CheckState::Failed;
        self.options.execute && !self.before_the_org().iter().any(failed)
    }

    /// Every check that applies.
    pub(crate) fn readiness(&self, mode: &Chosen) -> Vec<Check> {
        let mut checks = self.before_the_org();
        checks.extend(self.api_budget(mode));
        checks.extend(self.guard(mode));
        checks
    }

    fn before_the_org(&self) -> Vec<Check> {
        let checks = [
            Some(self.something_to_do()),
            self.plan_hash(),
            self.backup_complete(),
            Some(self.attention()),
            self.earlier_jobs(),
            self.new_url_reachable(),
        ];
        checks.into_iter().flatten().collect()
    }

    fn something_to_do(&self) -> Check {
        match self.draft.records {
            0 => check(
                SOMETHING_TO_DO,
                CheckState::Warning,
                "no record in scope is to be written; hint: notPlanned counts the others by reason",
            ),
            count => check(
                SOMETHING_TO_DO,
                CheckState::Passed,
                format!("{} to be written", records(count)),
            ),
        }
    }

    fn plan_hash(&self) -> Option<Check> {
        let wanted = self.options.plan_hash.as_ref()?;
        let Draft { hash, records: count, .. } = self.draft;
        let count = records(*count);
        Some(if wanted == hash {
            check(PLAN_HASH, CheckState::Passed, "the plan is the one that was reviewed")
        } else {
            let found = format!(
                "plan {wanted} was reviewed, and the plan is {hash} with {count} now; hint: compare the lists of both, \
                 plan.csv, and pass the new hash"
            );
            check(PLAN_HASH, CheckState::Failed, found)
        })
    }

    fn backup_complete(&self) -> Option<Check> {
        if self.options.direction != Direction::Switch {
            return None;
        }
        Some(match self.tally.interrupted {
            0 => check(BACKUP_COMPLETE, CheckState::Passed, "no rollback was left halfway"),
            rows => {
                let found = format!(
                    "a rollback was interrupted, and nobody knows what it has left in {}; hint: run it again first",
                    records(rows)
                );
                check(BACKUP_COMPLETE, CheckState::Failed, found)
            }
        })
    }

    fn attention(&self) -> Check {
        let Tally { attention, interrupted, .. } = self.tally;
        let mut found = Vec::new();
        if *attention > 0 {
            found.push(format!(
                "{} in scope cannot be written before somebody has looked; left alone",
                records(*attention)
            ));
        }
        if *interrupted > 0 && self.options.direction == Direction::Restore {
            found.push(format!(
                "a migrate was interrupted before it knew what it has left in {}, which this run leaves alone; hint: run it again, then \
                 the rollback",
                records(*interrupted)
            ));
        }
        if found.is_empty() {
            return check(ATTENTION, CheckState::Passed, "no record in scope needs attention");
        }
        check(ATTENTION, CheckState::Warning, found.join("; "))
    }

    fn earlier_jobs(&self) -> Option<Check> {
        let Found { stopped, under_way, more_runs } = &self.earlier_jobs;
        let mut state = CheckState::Passed;
        let mut found = Vec::new();
        if !stopped.is_empty() {
            found.push(format!(
                "{} still under way, and aborted now; records are compared before anything is written",
                jobs(stopped, ["was", "were"])
            ));
        }
        if *more_runs {
            state = CheckState::Warning;
            found.push(
                "more runs were interrupted than were looked at; hint: see in Setup that no Bulk API job of them is under way"
                    .to_owned(),
            );
        }
        if !under_way.is_empty() && self.options.execute {
            state = CheckState::Failed;
            found.push(format!(
                "{} still under way; hint: wait for it or abort it in Setup, then start again",
                jobs(under_way, ["is", "are"])
            ));
        } else if !under_way.is_empty() {
            state = CheckState::Warning;
            found.push(format!(
                "{} still under way; a run that is executed aborts that",
                jobs(under_way, ["is", "are"])
            ));
        }
        (!found.is_empty()).then(|| check(EARLIER_JOBS, state, found.join("; ")))
    }

    fn new_url_reachable(&self) -> Option<Check> {
        let Probe { reachable, found, .. } = self.probe.as_ref()?;
        Some(if *reachable {
            check(NEW_URL_REACHABLE, CheckState::Passed, found)
        } else {
            check(
                NEW_URL_REACHABLE,
                CheckState::Failed,
                format!("{found}; hint: {}", new_url::HINT),
            )
        })
    }

    fn api_budget(&self, mode: &Chosen) -> Option<Check> {
        if self.draft.records == 0 {
            return None;
        }
        Some(match mode {
            Err(refused) if refused.reason == RefusedFor::Budget => {
                check(API_BUDGET, CheckState::Failed, refused.problem.to_string())
            }
            Err(refused) => check(API_BUDGET, CheckState::Passed, &refused.decision.why),
            Ok(decision) => check(API_BUDGET, CheckState::Passed, &decision.why),
        })
    }

    fn guard(&self, mode: &Chosen) -> Option<Check> {
        if let Err(refused) = mode
            && refused.reason == RefusedFor::Guard
        {
            return Some(check(GUARD, CheckState::Failed, refused.problem.to_string()));
        }
        let forced = self.options.mode == ModeChoice::Guarded;
        Some(match self.org.guard.as_ref()? {
            org::Tried::Works => check(
                GUARD,
                CheckState::Passed,
                "the org was seen to refuse an update of a record that was edited since it was read",
            ),
            org::Tried::Ignored => check(
                GUARD,
                CheckState::Warning,
                "the org ignores the guard of guarded updates, so records are compared right before they are written",
            ),
            org::Tried::Impossible(why) if !forced => check(
                GUARD,
                CheckState::Warning,
                format!("guarded updates could not be tried: {why}"),
            ),
            org::Tried::Impossible(why) => check(
                GUARD,
                CheckState::Failed,
                format!("guarded updates could not be tried: {why}"),
            ),
        })
    }
}

/// Why a plan is not carried out; `None` if it is.
pub(crate) fn refusal(plan: &SwitchPlan) -> Option<FunctionError> {
    let failed: Vec<&Check> =
        plan.readiness.iter().filter(|check| check.state == CheckState::Failed).collect();
    let is = |check: &&Check, name: &str| check.name == name;
    let name = if failed.is_empty() {
        return None;
    } else if failed.iter().any(|check| is(check, PLAN_HASH)) {
        PLAN_CHANGED
    } else {
        NOT_READY
    };
    let told: Vec<String> =
        failed.iter().map(|check| format!("{}: {}", check.name, check.found)).collect();
    Some(FunctionError::new(name, told.join("\n")))
}

/// The jobs and their runs, as the beginning of a sentence.
///
/// * `verb`: for one, and for several.
fn jobs(jobs: &[Job], verb: [&str; 2]) -> String {
    let told: Vec<String> = jobs
        .iter()
        .take(JOBS_TOLD)
        .map(|Job { run_id, id }| format!("a Bulk API job of run {run_id} ({id})"))
        .collect();
    let more = match jobs.len().saturating_sub(JOBS_TOLD) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let [one, several] = verb;
    let verb = if jobs.len() == 1 { one } else { several };
    format!("{}{more} {verb}", told.join(", "))
}

/// So many records, as a part of a sentence.
fn records(count: u64) -> String {
    if count == 1 { "1 record".to_owned() } else { format!("{count} records") }
}

fn check(name: &str, state: CheckState, found: impl Into<String>) -> Check {
    Check { name: name.to_owned(), state, found: found.into() }
}

#[cfg(test)]
mod tests;
