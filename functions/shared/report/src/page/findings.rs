//! The few counts that decide what a report says.

use drayage_domain::reconcile::{Category, Level, Report, Tally, Verdict};

/// Keys by what has to be done about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Findings {
    /// All.
    pub(super) keys: u64,
    /// Equal, by contents or by size only.
    pub(super) matches: u64,
    /// Of these, equal by size only.
    pub(super) by_size_only: u64,
    pub(super) missing: u64,
    pub(super) size_differs: u64,
    pub(super) content_differs: u64,
    pub(super) not_verifiable: u64,
    pub(super) extra: u64,
    /// With verdicts of a newer version.
    pub(super) unknown: u64,
}

impl Findings {
    pub(super) fn of(report: &Report) -> Self {
        Self::of_tally(&report.tally)
    }

    fn of_tally(tally: &Tally) -> Self {
        let by_size = Verdict::Match { level: Level::Size }.label();
        let known = Category::ALL.iter().map(|category| tally.of(*category));
        Self {
            keys: tally.keys(),
            matches: tally.of(Category::Match),
            by_size_only: tally.verdicts.get(&by_size).copied().unwrap_or_default(),
            missing: tally.of(Category::Missing),
            size_differs: tally.of(Category::SizeDiffers),
            content_differs: tally.of(Category::ContentDiffers),
            not_verifiable: tally.of(Category::NotVerifiable),
            extra: tally.of(Category::Extra),
            unknown: tally.keys().saturating_sub(known.fold(0, u64::saturating_add)),
        }
    }

    /// Equal by their contents.
    pub(super) const fn verified(&self) -> u64 {
        self.matches.saturating_sub(self.by_size_only)
    }

    pub(super) const fn differing(&self) -> u64 {
        self.size_differs.saturating_add(self.content_differs)
    }

    /// Missing or different: what a fix copies.
    pub(super) const fn copies_needed(&self) -> u64 {
        self.missing.saturating_add(self.differing())
    }

    /// Whether everything but extra keys is in order.
    pub(super) const fn only_matches_and_extra(&self) -> bool {
        self.copies_needed() == 0 && self.not_verifiable == 0 && self.unknown == 0
    }
}
