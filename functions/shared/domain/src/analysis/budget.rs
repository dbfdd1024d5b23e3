//! What a migration takes of the org's daily API calls: for reading, and for writing in each mode.

use serde::{Deserialize, Serialize};

use crate::diagnosis::ApiCalls;
use crate::estimate::prices::Quote;
use crate::switch::mode::{ModeChoice, ModeFacts, SwitchEstimate, UpdateMode, calls, choose};

/// Sign-in, versions, description, limits, count, and the polls of a bulk query job.
const FIXED_CALLS: u64 = 50;
/// Records of a page of a REST query
/// (<https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_queryoptions.htm>).
pub(super) const REST_PAGE_RECORDS: u64 = 2_000;
/// Records of a page of a Bulk API 2.0 result, as the enumeration asks for them.
pub(super) const BULK_PAGE_RECORDS: u64 = 10_000;

/// Calls to the Salesforce API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SalesforceBudget {
    /// The org's calls of 24 hours when the analysis started, where it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_calls: Option<ApiCalls>,
    /// Calls that are left to others whatever happens.
    pub reserve: u64,
    /// Calls that reading all records takes; a backup reads them once.
    pub reading: u64,
    /// Writing, in each mode, safest first.
    pub modes: Vec<ModeBudget>,
    /// The mode that a migrate would take by itself with what is left now; none where the budget bears no mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<UpdateMode>,
    /// Why that one, or what stands in the way.
    pub why: String,
}

/// Writing in one mode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModeBudget {
    /// The mode.
    pub mode: UpdateMode,
    /// Calls that it takes, looking at every record before and after included.
    pub calls: u64,
    /// Whether the org's calls of today bear it: twice as many have to be left, and the reserve.
    pub fits: bool,
    /// About how long the writing takes, in seconds.
    pub seconds: f64,
    /// Requests and transitions on AWS together, in USD.
    pub cost_usd: f64,
}

impl Eq for ModeBudget {}

/// What the budget depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetFacts<'a> {
    /// Records that are read.
    pub records: u64,
    /// Records that are written.
    pub files: u64,
    /// Accounts they belong to.
    pub accounts: u64,
    /// Whether they are read by a Bulk API 2.0 query.
    pub bulk: bool,
    /// The org's calls, where it tells.
    pub api_calls: Option<ApiCalls>,
    /// Share of the org's calls that is left to others, in percent.
    pub reserve_percent: u64,
    /// Lanes of records that are written at a time.
    pub lanes_at_once: u64,
    /// Prices.
    pub quote: &'a Quote,
}

impl SalesforceBudget {
    /// The budget for these facts.
    pub fn of(facts: &BudgetFacts<'_>) -> Self {
        let reserve = facts
            .api_calls
            .map_or(0, |calls| calls.max.saturating_mul(facts.reserve_percent) / 100);
        let page = if facts.bulk { BULK_PAGE_RECORDS } else { REST_PAGE_RECORDS };
        let mode_facts = ModeFacts {
            records: facts.files,
            execute: false,
            guard_works: None,
            api_calls_left: facts.api_calls.map(|calls| calls.remaining),
            reserve,
        };
        let modes = [UpdateMode::Guarded, UpdateMode::Collections, UpdateMode::Bulk]
            .map(|mode| mode_budget(mode, facts, &mode_facts));
        let (mode, why) = match choose(ModeChoice::Auto, &mode_facts) {
            Ok(decision) => (Some(decision.mode), decision.why),
            Err(refused) => (None, refused.problem.to_string()),
        };
        Self {
            api_calls: facts.api_calls,
            reserve,
            reading: FIXED_CALLS + facts.records.div_ceil(page),
            modes: modes.into(),
            mode,
            why,
        }
    }
}

fn mode_budget(mode: UpdateMode, facts: &BudgetFacts<'_>, mode_facts: &ModeFacts) -> ModeBudget {
    let size = u64::from(crate::switch::mode::batch_size(mode));
    let short = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let batches = facts.files.div_ceil(size);
    // No more lanes than accounts, because an account is written by one worker at a time.
    let lanes = batches.min(facts.accounts.max(1));
    let estimate = SwitchEstimate::for_run(
        facts.quote,
        mode,
        facts.files,
        (short(batches), short(lanes), facts.lanes_at_once),
        None,
    );
    ModeBudget {
        mode,
        calls: calls(mode, facts.files),
        fits: mode_facts.bears(mode),
        seconds: estimate.seconds,
        cost_usd: estimate.cost_usd,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(files: u64, remaining: u64) -> SalesforceBudget {
        SalesforceBudget::of(&BudgetFacts {
            records: files,
            files,
            accounts: 100,
            bulk: files > 50_000,
            api_calls: Some(ApiCalls { max: 100_000, remaining }),
            reserve_percent: 10,
            lanes_at_once: 5,
            quote: &Quote::of("us-east-1"),
        })
    }

    #[test]
    fn the_safest_mode_that_fits_is_named() {
        let plenty = budget(10_000, 90_000);
        assert_eq!((plenty.mode, plenty.reserve), (Some(UpdateMode::Guarded), 10_000));
        assert!(plenty.modes.iter().all(|mode| mode.fits));
        assert_eq!(plenty.reading, 55);

        let scarce = budget(1_000_000, 90_000);
        assert_eq!(scarce.mode, Some(UpdateMode::Collections));
        let fits: Vec<bool> = scarce.modes.iter().map(|mode| mode.fits).collect();
        assert_eq!(fits, [false, true, true]);
        assert_eq!(scarce.reading, 150);
    }

    #[test]
    fn an_org_without_calls_left_bears_no_mode_and_says_so() {
        let none = budget(1_000_000, 500);
        assert_eq!(none.mode, None);
        assert!(none.why.contains("500"), "{}", none.why);
    }
}
