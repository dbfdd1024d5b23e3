//! Lanes: batches that one worker writes one after the other.
//!
//! Writing a child record may lock its parent, so two workers on one account get in each other's way
//! (<https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/datafiles_organize_data.htm>). Lines come sorted by account. An account is never
//! divided unless it fills more than a batch; then its batches share a lane, and every other batch is a lane of its own. Records
//! without an account have no parent to lock, so nothing keeps them together.

use serde::{Deserialize, Serialize};

use super::line::SwitchLine;
use crate::run_files::temporary;

/// One item of the map over lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lane {
    /// Number of its first batch.
    pub first_batch: u32,
    /// Number of its last batch.
    pub last_batch: u32,
}

/// A batch of lines that is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutBatch {
    /// Its number, from 1.
    pub number: u32,
    /// Its lines.
    pub lines: Vec<SwitchLine>,
    /// The lane that ends with this batch; none where the next batch goes on with the same account.
    pub ended_lane: Option<Lane>,
}

/// Cuts sorted lines into batches and lanes. Holds less than two batches, whatever the number of lines.
#[derive(Debug)]
pub struct LaneCutter {
    size: usize,
    /// Whole accounts, or the rest of one that was cut with whole ones after it.
    batch: Vec<SwitchLine>,
    /// What has come of the account of the last line, and is in no batch yet.
    account: Vec<SwitchLine>,
    /// Batches that are complete.
    complete: u32,
    /// First batch of the lane that is open.
    lane_begin: u32,
}

impl LaneCutter {
    /// * `size`: most lines of a batch; 0 is taken for 1.
    pub fn new(size: u32) -> Self {
        Self {
            size: usize::try_from(size).unwrap_or(usize::MAX).max(1),
            batch: Vec::new(),
            account: Vec::new(),
            complete: 0,
            lane_begin: 1,
        }
    }

    /// Takes the next line, in the order of [`super::plan::order`]; returns the batches that it completes.
    pub fn push(&mut self, line: SwitchLine) -> Vec<CutBatch> {
        let mut cut = Vec::new();
        let same_account = self
            .account
            .last()
            .is_some_and(|last| last.account_id.is_some() && last.account_id == line.account_id);
        if !same_account {
            cut.extend(self.settle_account());
        }
        self.account.push(line);
        if self.account.len() > self.size {
            cut.extend(self.end_batch(true));
            let rest = self.account.split_off(self.size);
            self.batch = std::mem::replace(&mut self.account, rest);
            cut.extend(self.end_batch(false));
        }
        cut
    }

    /// What is left, when all lines were pushed.
    pub fn finish(mut self) -> Vec<CutBatch> {
        let mut cut = Vec::new();
        cut.extend(self.settle_account());
        cut.extend(self.end_batch(true));
        cut
    }

    /// Puts an account that is complete, or the rest of one that was cut, into a batch as a whole.
    fn settle_account(&mut self) -> Option<CutBatch> {
        let fits = self.batch.len() + self.account.len() <= self.size;
        let ended = if fits { None } else { self.end_batch(true) };
        self.batch.append(&mut self.account);
        ended
    }

    fn end_batch(&mut self, ends_lane: bool) -> Option<CutBatch> {
        if self.batch.is_empty() {
            return None;
        }
        self.complete += 1;
        let number = self.complete;
        let ended_lane = ends_lane.then(|| Lane {
            first_batch: std::mem::replace(&mut self.lane_begin, number + 1),
            last_batch: number,
        });
        Some(CutBatch { number, lines: std::mem::take(&mut self.batch), ended_lane })
    }
}

/// The prefix that the map lists: one object per lane and nothing else.
pub fn lanes_prefix(run_id: &str) -> String {
    temporary(run_id, "lanes/")
}

/// The key of lane `number` (from 1).
pub fn lane_key(run_id: &str, number: u32) -> String {
    temporary(run_id, &format!("lanes/{number:06}.json"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(record: usize, account: Option<usize>) -> SwitchLine {
        SwitchLine {
            record_id: format!("{record:018}"),
            account_id: account.map(|account| format!("{account:018}")),
            account_name: None,
            from: None,
            to: Some(String::new()),
        }
    }

    /// Lines of records without account, then of accounts with so many records.
    fn lines(without: usize, accounts: &[usize]) -> Vec<SwitchLine> {
        let of_accounts = accounts
            .iter()
            .enumerate()
            .flat_map(|(account, records)| std::iter::repeat_n(Some(account), *records));
        std::iter::repeat_n(None, without)
            .chain(of_accounts)
            .enumerate()
            .map(|(record, account)| line(record, account))
            .collect()
    }

    fn cut(size: u32, lines: &[SwitchLine]) -> Vec<CutBatch> {
        let mut cutter = LaneCutter::new(size);
        let mut batches: Vec<CutBatch> =
            lines.iter().flat_map(|line| cutter.push(line.clone())).collect();
        batches.extend(cutter.finish());
        batches
    }

    fn lanes(batches: &[CutBatch]) -> Vec<(u32, u32)> {
        let ended = batches.iter().filter_map(|batch| batch.ended_lane);
        ended.map(|lane| (lane.first_batch, lane.last_batch)).collect()
    }

    fn sizes(batches: &[CutBatch]) -> Vec<usize> {
        batches.iter().map(|batch| batch.lines.len()).collect()
    }

    #[test]
    fn no_lines_make_no_batch() {
        assert_eq!(cut(10, &[]), []);
    }

    #[test]
    fn an_account_that_fits_a_batch_is_never_divided() {
        let batches = cut(10, &lines(0, &[4, 4, 4, 10, 1]));
        assert_eq!(sizes(&batches), [8, 4, 10, 1]);
        assert_eq!(lanes(&batches), [(1, 1), (2, 2), (3, 3), (4, 4)]);
    }

    #[test]
    fn an_account_that_does_not_fit_is_one_lane_whose_end_takes_more() {
        let batches = cut(10, &lines(0, &[3, 25, 2, 3, 1]));
        assert_eq!(sizes(&batches), [3, 10, 10, 10, 1]);
        assert_eq!(lanes(&batches), [(1, 1), (2, 4), (5, 5)]);
    }

    #[test]
    fn records_without_account_fill_batches_and_are_never_chained() {
        let batches = cut(10, &lines(25, &[6]));
        assert_eq!(sizes(&batches), [10, 10, 5, 6]);
        assert_eq!(lanes(&batches), [(1, 1), (2, 2), (3, 3), (4, 4)]);
    }

    proptest! {
        #[test]
        fn every_line_is_in_one_batch_in_order_and_no_account_in_two_lanes(
            size in 1_u32..12,
            without in 0_usize..30,
            accounts in prop::collection::vec(1_usize..40, 0..20),
        ) {
            let lines = lines(without, &accounts);
            let batches = cut(size, &lines);
            let together: Vec<SwitchLine> =
                batches.iter().flat_map(|batch| batch.lines.clone()).collect();
            prop_assert_eq!(&together, &lines);
            let numbers: Vec<u32> = batches.iter().map(|batch| batch.number).collect();
            prop_assert_eq!(numbers, (1..).take(batches.len()).collect::<Vec<u32>>());
            let size = size as usize;
            prop_assert!(sizes(&batches).iter().all(|lines| (1..=size).contains(lines)));
            // Two batches side by side never fit into one.
            prop_assert!(sizes(&batches).windows(2).all(|two| two[0] + two[1] > size));

            let mut next = 1;
            let mut lane_of_batch = Vec::new();
            for (lane, (first, last)) in lanes(&batches).into_iter().enumerate() {
                prop_assert_eq!(first, next);
                next = last + 1;
                lane_of_batch.extend((first..=last).map(|_| lane));
            }
            prop_assert_eq!(lane_of_batch.len(), batches.len());
            let mut seen = std::collections::BTreeMap::new();
            for (batch, lane) in batches.iter().zip(&lane_of_batch) {
                for account in batch.lines.iter().filter_map(|line| line.account_id.clone()) {
                    prop_assert_eq!(*seen.entry(account).or_insert(*lane), *lane);
                }
            }
            // Nothing waits for a batch that it shares no account with, but in the end of a cut account.
            for two in batches.windows(2).filter(|two| two[0].ended_lane.is_none()) {
                prop_assert_eq!(&two[0].lines.last().unwrap().account_id, &two[1].lines[0].account_id);
                prop_assert!(two[1].lines[0].account_id.is_some());
            }
        }
    }
}
