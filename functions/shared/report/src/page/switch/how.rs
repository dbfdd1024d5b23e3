//! How the run was carried out, what had to hold before, and what the second look has found.

use drayage_domain::switch::mode::{ModeDecision, SwitchEstimate, UpdateMode};
use drayage_domain::switch::plan::{Check, CheckState, Probe};
use drayage_domain::switch::summary::SwitchSummary;
use drayage_domain::switch::verification::Verification;
use drayage_domain::switch::words;

use super::super::shown::Shown;
use crate::text::{counted, dollars, number};

#[derive(Debug, Clone)]
pub(super) struct ModeView {
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
    pub(super) why: Shown,
    pub(super) race_window: Shown,
    pub(super) guard: Option<&'static str>,
}

impl ModeView {
    pub(super) fn of(decision: &ModeDecision) -> Self {
        let (name, meaning) = match decision.mode {
            UpdateMode::Guarded => (
                "guarded",
                "25 rows a call; Salesforce refuses a row that was edited since it was read",
            ),
            UpdateMode::Collections => {
                ("collections", "200 rows a call, read and compared right before")
            }
            UpdateMode::Bulk => {
                ("bulk", "Jobs of up to 10,000 rows, read and compared before each job")
            }
        };
        Self {
            name,
            meaning,
            why: Shown::new(&decision.why),
            race_window: Shown::new(&decision.race_window),
            guard: decision.guard_works.map(|works| {
                if works {
                    "The org was seen to refuse a row that had been edited"
                } else {
                    "The org does not guard updates; rows were compared right before instead"
                }
            }),
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct CheckView {
    pub(super) name: Shown,
    pub(super) class: &'static str,
    pub(super) state: &'static str,
    pub(super) found: Shown,
}

impl CheckView {
    pub(super) fn of(check: &Check) -> Self {
        let (class, state) = match check.state {
            CheckState::Passed => ("ok", "holds"),
            CheckState::Warning => ("unknown", "warning"),
            CheckState::Failed => ("attention", "fails"),
        };
        let name = check.name.replace('_', " ");
        Self { name: Shown::new(&name), class, state, found: Shown::new(&check.found) }
    }

    pub(super) fn of_probe(probe: &Probe) -> Self {
        let (class, state) =
            if probe.reachable { ("ok", "opens") } else { ("attention", "does not open") };
        Self { name: Shown::new(&probe.url), class, state, found: Shown::new(&probe.found) }
    }
}

#[derive(Debug, Clone)]
pub(super) struct SecondLook {
    pub(super) text: &'static str,
    pub(super) records: String,
    pub(super) as_told: String,
    pub(super) surprises: Vec<(Shown, String)>,
}

impl SecondLook {
    pub(super) fn of(found: &Verification) -> Self {
        let surprises =
            found.surprises.iter().filter(|(_, count)| **count > 0).map(|(label, count)| {
                (Shown::new(&sentence(words::surprise(label))), number(*count))
            });
        Self {
            text: if found.records == 0 {
                "No record was read again."
            } else if found.holds() {
                "After everything was written, the records were read once more. Each holds what its outcome says."
            } else {
                "After everything was written, the records were read once more. Some hold something else than their outcome says."
            },
            records: number(found.records),
            as_told: number(found.as_told),
            surprises: surprises.collect(),
        }
    }
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// The API calls that the run took; none in a dry run.
pub(super) fn calls(summary: &SwitchSummary) -> Option<String> {
    let looking = summary.verification.as_ref().map_or(0, |found| found.api_calls);
    let all = counted(summary.counts.api_calls + looking, "call", "calls");
    match (summary.counts.api_calls, looking) {
        (0, 0) => None,
        (_, 0) => Some(all),
        (_, looking) => Some(format!("{all}, {} of them for the second look", number(looking))),
    }
}

/// What it would take, by name.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate")]
pub(super) fn estimate(estimate: &SwitchEstimate) -> Vec<(&'static str, String)> {
    let left = estimate
        .api_calls_left
        .map_or_else(String::new, |left| format!("; {} are left today", number(left)));
    let minutes = (estimate.seconds / 60.0).ceil().max(1.0) as u64;
    vec![
        ("Estimated API calls", format!("{}{left}", number(estimate.api_calls))),
        ("Estimated ledger writes", number(estimate.ledger_writes)),
        ("Estimated time of writing", format!("about {}", counted(minutes, "minute", "minutes"))),
        ("Estimated cost on AWS", dollars(estimate.cost_usd)),
    ]
}
