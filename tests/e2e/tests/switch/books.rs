//! The books of a test: what every record held before a run, and what it may hold after it.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use drayage_domain::switch::Direction;
use drayage_domain::switch::summary::SwitchSummary;
use drayage_local::LocalStack;
use drayage_sim::salesforce::RecordState;

use crate::site::{lines, outcomes};

/// What every record held when the books were opened.
#[derive(Debug)]
pub(crate) struct Books {
    before: BTreeMap<String, RecordState>,
    /// Writes of the same value to one record that are no fault; 1 unless answers are lost.
    writes_max: usize,
}

/// What a run has done.
#[derive(Debug)]
pub(crate) struct Entries {
    /// How each record of the plan ended.
    pub(crate) outcomes: BTreeMap<String, String>,
}

impl Entries {
    /// Records that ended so.
    pub(crate) fn of(&self, outcome: &str) -> Vec<&str> {
        let so = self.outcomes.iter().filter(|(_, label)| *label == outcome);
        so.map(|(id, _)| id.as_str()).collect()
    }
}

impl Books {
    /// Opens the books, and begins the org's log of writes anew.
    pub(crate) fn open(stack: &LocalStack) -> Result<Self> {
        let org = stack.org()?;
        org.forget_writes();
        Ok(Self { before: org.records(), writes_max: 1 })
    }

    /// A record may be written with the same value so many times.
    pub(crate) fn writes_max(mut self, writes_max: usize) -> Self {
        self.writes_max = writes_max;
        self
    }

    /// What a record held.
    pub(crate) fn held(&self, id: &str) -> Option<&str> {
        self.before[id].url.as_deref()
    }

    /// The sums of a run add up, every record holds byte for byte what its outcome says, and nothing was written beyond that.
    pub(crate) async fn close(
        &self,
        stack: &LocalStack,
        summary: &SwitchSummary,
    ) -> Result<Entries> {
        sums_add_up(summary)?;
        let lines = lines(stack, &summary.run_id).await?;
        let outcomes = outcomes(stack, &summary.run_id).await?;
        ensure!(lines.len() as u64 == summary.planned, "{} lines: {summary:#?}", lines.len());
        ensure!(
            lines.keys().eq(outcomes.keys()),
            "lines without outcome, or outcomes without line"
        );
        let mut counted: BTreeMap<String, u64> = BTreeMap::new();
        for label in outcomes.values() {
            *counted.entry(label.clone()).or_default() += 1;
        }
        ensure!(counted == summary.counts.outcomes, "{counted:?}: {summary:#?}");
        let mut wrong = Vec::new();
        for (id, now) in stack.org()?.records() {
            let line = lines.get(&id);
            let Some(before) = self.before.get(&id) else { continue };
            // Edited meanwhile: then the edit is what counts, unless it was overwritten.
            let edited = now.edits.last().unwrap_or(&before.url);
            let expected = match (outcomes.get(&id).map(String::as_str), line) {
                (
                    Some("switched" | "already_switched" | "restored" | "already_original"),
                    Some(line),
                ) if now.edits.is_empty() => &line.to,
                _ => edited,
            };
            if now.url != *expected {
                wrong.push(format!("{id} ({:?}) holds {:?}", outcomes.get(&id), now.url));
            }
            let allowed = |value: &Option<String>| {
                line.is_some_and(|line| *value == line.to || *value == line.from)
            };
            if now.written.len() > self.writes_max || !now.written.iter().all(allowed) {
                wrong.push(format!("{id} was written with {:?}", now.written));
            }
        }
        ensure!(wrong.is_empty(), "{wrong:#?}\n{summary:#?}");
        Ok(Entries { outcomes })
    }

    /// Nothing has changed, and nothing was written.
    pub(crate) fn untouched(&self, stack: &LocalStack) -> Result<()> {
        let now = stack.org()?.records();
        let changed: Vec<_> = now
            .values()
            .filter(|record| {
                let before = self.before.get(&record.id);
                !record.written.is_empty()
                    || before.is_some_and(|before| {
                        record.edits.is_empty()
                            && (before.url != record.url
                                || before.last_modified != record.last_modified)
                    })
            })
            .collect();
        ensure!(changed.is_empty(), "{changed:#?}");
        Ok(())
    }
}

/// Every planned record has one outcome and was looked at once more.
pub(crate) fn sums_add_up(summary: &SwitchSummary) -> Result<()> {
    ensure!(summary.accounted_for && summary.batches_open == 0, "{summary:#?}");
    ensure!(summary.accounted == summary.planned, "{summary:#?}");
    ensure!(summary.counts.records() == summary.planned, "{summary:#?}");
    ensure!(summary.counts.needs_attention() == summary.needs_attention, "{summary:#?}");
    if !summary.dry_run && summary.planned > 0 {
        let seen = summary.verification.as_ref().map(|verification| verification.records);
        ensure!(seen == Some(summary.planned), "{summary:#?}");
    }
    Ok(())
}

/// The run has done all that it was to do, and nothing needs a person.
pub(crate) fn is_green(summary: &SwitchSummary, direction: Direction, records: u64) -> Result<()> {
    let done = match direction {
        Direction::Switch => "switched",
        Direction::Restore => "restored",
    };
    ensure!(summary.direction == direction && !summary.dry_run, "{summary:#?}");
    ensure!(summary.clean && summary.planned == records, "{summary:#?}");
    let expected = BTreeMap::from([(done.to_owned(), records)]);
    ensure!(summary.counts.outcomes == expected, "{summary:#?}");
    Ok(())
}
