//! Which way a run takes: what was asked for, as far as the org allows it.

use super::estimate::calls;
use super::{ModeChoice, ModeDecision, UpdateMode};
use crate::problem::Problem;

/// A run starts only when the org's remaining calls are at least this many times what the run needs.
const BUDGET_MARGIN: u64 = 2;

/// What the choice depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModeFacts {
    /// Records to be written.
    pub records: u64,
    /// Whether anything is written: then a guard that nobody has tried is not relied on.
    pub execute: bool,
    /// Whether the org was seen to guard updates; none where nobody has tried.
    pub guard_works: Option<bool>,
    /// API calls that the org has left today, where it tells. Where it does not, every way fits.
    pub api_calls_left: Option<u64>,
    /// API calls that have to be left besides, for sign-ins and questions.
    pub reserve: u64,
}

/// Why no way can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedFor {
    /// The org has too few API calls left: later it may have more.
    Budget,
    /// Guarded updates were asked for, and the org does not guard, or nobody could see that it does.
    Guard,
}

/// No way can be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct ModeRefused {
    /// What stands in the way.
    pub reason: RefusedFor,
    /// The way that would be taken otherwise, for the plan.
    pub decision: ModeDecision,
    /// What is needed and what to do.
    pub problem: Problem,
}

impl ModeFacts {
    /// API calls that have to be left for a way to be taken.
    pub fn needed(&self, mode: UpdateMode) -> u64 {
        (calls(mode, self.records) * BUDGET_MARGIN).saturating_add(self.reserve)
    }

    /// Whether the org's budget bears a way.
    pub fn bears(&self, mode: UpdateMode) -> bool {
        self.api_calls_left.is_none_or(|left| left >= self.needed(mode))
    }

    /// Whether updates can be taken for guarded.
    fn guards(&self) -> bool {
        self.guard_works.unwrap_or(!self.execute)
    }

    fn decided(&self, mode: UpdateMode, why: String) -> ModeDecision {
        let race_window = race_window(mode).to_owned();
        ModeDecision { mode, why, race_window, guard_works: self.guard_works }
    }

    /// Calls and what is left, as a part of a sentence.
    fn budget(&self, mode: UpdateMode) -> String {
        let calls = calls(mode, self.records);
        match self.api_calls_left {
            Some(left) => format!("about {calls} API calls, and the org has {left} left"),
            None => format!("about {calls} API calls; the org does not tell how many it has left"),
        }
    }
}

/// Chooses the way: for [`ModeChoice::Auto`] the safest one that works and that the budget bears; any other is taken as it was asked
/// for, unless it cannot be.
pub fn choose(choice: ModeChoice, facts: &ModeFacts) -> Result<ModeDecision, Box<ModeRefused>> {
    match choice {
        ModeChoice::Auto => choose_safest(facts),
        ModeChoice::Guarded => forced(UpdateMode::Guarded, facts),
        ModeChoice::Collections => forced(UpdateMode::Collections, facts),
        ModeChoice::Bulk => forced(UpdateMode::Bulk, facts),
    }
}

fn choose_safest(facts: &ModeFacts) -> Result<ModeDecision, Box<ModeRefused>> {
    let guarded = UpdateMode::Guarded;
    if facts.guards() && facts.bears(guarded) {
        let seen = if facts.guard_works == Some(true) {
            "the org was seen to refuse updates of records that were edited"
        } else {
            "it is assumed that the org refuses updates of records that were edited, which is tried before anything is written"
        };
        let why = format!("the safest way: {seen}; it takes {}", facts.budget(guarded));
        return Ok(facts.decided(guarded, why));
    }
    let no_guard = match facts.guard_works {
        _ if !facts.bears(guarded) => {
            format!("guarded updates would take {}", facts.budget(guarded))
        }
        Some(_) => "the org ignores the guard of guarded updates".to_owned(),
        None => "no record could be found to try guarded updates with".to_owned(),
    };
    for mode in [UpdateMode::Collections, UpdateMode::Bulk] {
        if facts.bears(mode) {
            let why = format!("{no_guard}; this way takes {}", facts.budget(mode));
            return Ok(facts.decided(mode, why));
        }
    }
    let cheapest = UpdateMode::Bulk;
    let why = format!("{no_guard}; even the cheapest way takes {}", facts.budget(cheapest));
    Err(too_dear(facts.decided(cheapest, why), facts))
}

fn forced(mode: UpdateMode, facts: &ModeFacts) -> Result<ModeDecision, Box<ModeRefused>> {
    let why = format!("asked for; it takes {}", facts.budget(mode));
    let decision = facts.decided(mode, why);
    if !facts.bears(mode) {
        return Err(too_dear(decision, facts));
    }
    if mode != UpdateMode::Guarded || facts.guards() {
        return Ok(decision);
    }
    let message = if facts.guard_works == Some(false) {
        "guarded updates were asked for, and the org ignores the guard: an edit by somebody else would be overwritten"
    } else {
        "guarded updates were asked for, and there is no record to try whether the org guards them"
    };
    let hint = "leave mode out, or take \"collections\": records are compared right before they are written";
    let problem = Problem::new("mode", message, hint);
    Err(Box::new(ModeRefused { reason: RefusedFor::Guard, decision, problem }))
}

fn too_dear(decision: ModeDecision, facts: &ModeFacts) -> Box<ModeRefused> {
    let mode = decision.mode;
    let left = facts.api_calls_left.unwrap_or_default();
    let message = format!(
        "{} records take about {} API calls in mode {}, so the org has to have {} left today, and it has {left}",
        facts.records,
        calls(mode, facts.records),
        mode.name(),
        facts.needed(mode),
    );
    let hint = match mode {
        UpdateMode::Bulk => {
            "start it later, do fewer records with maxRecords or accounts, or let Salesforce raise the allocation"
        }
        UpdateMode::Guarded | UpdateMode::Collections => {
            "leave mode out, start it later, or do fewer records with maxRecords or accounts"
        }
    };
    let problem = Problem::new("API calls", message, hint);
    Box::new(ModeRefused { reason: RefusedFor::Budget, decision, problem })
}

/// How long an edit by somebody else could go unseen.
const fn race_window(mode: UpdateMode) -> &'static str {
    match mode {
        UpdateMode::Guarded => {
            "Salesforce itself refuses a record that was edited after it was read; only an edit within the same second could go unseen"
        }
        UpdateMode::Collections => {
            "about a second: records are read and compared right before they are written"
        }
        UpdateMode::Bulk => {
            "minutes: records are read and compared before their job, and the job may wait in a queue of Salesforce"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(guard_works: Option<bool>, api_calls_left: Option<u64>) -> ModeFacts {
        ModeFacts { records: 100_000, execute: true, guard_works, api_calls_left, reserve: 50 }
    }

    fn auto(guard_works: Option<bool>, api_calls_left: Option<u64>) -> UpdateMode {
        choose(ModeChoice::Auto, &facts(guard_works, api_calls_left)).unwrap().mode
    }

    #[test]
    fn the_safest_way_that_the_budget_bears_is_taken() {
        let needed = |mode| facts(None, None).needed(mode);
        let guarded = needed(UpdateMode::Guarded);
        let collections = needed(UpdateMode::Collections);
        assert_eq!(auto(Some(true), None), UpdateMode::Guarded);
        assert_eq!(auto(Some(true), Some(guarded)), UpdateMode::Guarded);
        assert_eq!(auto(Some(true), Some(guarded - 1)), UpdateMode::Collections);
        assert_eq!(auto(Some(false), Some(guarded)), UpdateMode::Collections);
        assert_eq!(auto(Some(true), Some(collections - 1)), UpdateMode::Bulk);
    }

    #[test]
    fn an_untried_guard_is_assumed_in_a_dry_run_only() {
        assert_eq!(auto(None, None), UpdateMode::Collections);
        let dry = ModeFacts { execute: false, ..facts(None, None) };
        let decision = choose(ModeChoice::Auto, &dry).unwrap();
        assert_eq!(decision.mode, UpdateMode::Guarded);
        assert!(decision.why.contains("assumed"), "{}", decision.why);
        assert_eq!(decision.guard_works, None);
    }

    #[test]
    fn what_no_way_fits_is_refused_with_what_is_needed_and_left() {
        let poor = facts(Some(true), Some(100));
        let refused = choose(ModeChoice::Auto, &poor).unwrap_err();
        assert_eq!(refused.reason, RefusedFor::Budget);
        assert_eq!(refused.decision.mode, UpdateMode::Bulk);
        let text = refused.to_string();
        let needed = poor.needed(UpdateMode::Bulk).to_string();
        assert!(text.contains(&needed) && text.contains("has 100"), "{text}");
        assert!(text.contains("hint: "), "{text}");
    }

    #[test]
    fn a_way_that_was_asked_for_is_taken_or_refused_but_never_another() {
        for (choice, mode) in [
            (ModeChoice::Guarded, UpdateMode::Guarded),
            (ModeChoice::Collections, UpdateMode::Collections),
            (ModeChoice::Bulk, UpdateMode::Bulk),
        ] {
            assert_eq!(choose(choice, &facts(Some(true), None)).unwrap().mode, mode);
            let refused = choose(choice, &facts(Some(true), Some(0))).unwrap_err();
            assert_eq!((refused.reason, refused.decision.mode), (RefusedFor::Budget, mode));
        }
    }

    #[test]
    fn guarded_updates_without_a_guard_are_refused() {
        for guard_works in [Some(false), None] {
            let refused = choose(ModeChoice::Guarded, &facts(guard_works, None)).unwrap_err();
            assert_eq!(refused.reason, RefusedFor::Guard);
        }
        let dry = ModeFacts { execute: false, ..facts(None, None) };
        assert!(choose(ModeChoice::Guarded, &dry).is_ok());
        // What the budget does not bear is not tried, and says so.
        let untried = facts(None, Some(0));
        let refused = choose(ModeChoice::Guarded, &untried).unwrap_err();
        assert_eq!(refused.reason, RefusedFor::Budget);
        let bulk = facts(None, Some(untried.needed(UpdateMode::Bulk)));
        let why = choose(ModeChoice::Auto, &bulk).unwrap().why;
        assert!(why.starts_with("guarded updates would take"), "{why}");
    }
}
