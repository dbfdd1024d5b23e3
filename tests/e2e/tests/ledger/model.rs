//! Random operations on batches and counters, compared answer by answer with a model that fits on a page.

use std::collections::BTreeMap;

use drayage_aws::ledger::{BatchClaim, BatchProgress, FinishBatch, Ledger};
use drayage_domain::counts::Counts;

use crate::support::{counts, empty_ledger, lease, second};

const OPERATIONS: usize = 400;
/// More than there are counter shards, so that some shards are shared.
const BATCHES: u32 = 20;
const OWNERS: [&str; 3] = ["a", "b", "c"];
const RUN: &str = "run";

/// A lease in the model: owner and end.
type Held = Option<(&'static str, i64)>;

#[derive(Debug, Clone)]
enum Batch {
    Open { entries: u32, held: Held },
    Done { entries: u32, counts: Counts },
}

#[derive(Debug, Clone, Copy)]
enum Operation {
    Put { number: u32, entries: u32 },
    Claim { number: u32, owner: &'static str, until: i64 },
    Release { number: u32, owner: &'static str },
    Finish { number: u32, owner: &'static str, seed: u32 },
    Wait { seconds: i64 },
}

#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Nothing,
    Claim(BatchClaim),
    Finish(FinishBatch),
}

#[derive(Debug, Default)]
struct Model {
    now: i64,
    batches: BTreeMap<u32, Batch>,
}

impl Model {
    fn apply(&mut self, operation: Operation) -> Answer {
        match operation {
            Operation::Put { number, entries } => {
                self.put(number, entries);
                Answer::Nothing
            }
            Operation::Claim { number, owner, until } => {
                Answer::Claim(self.claim(number, owner, until))
            }
            Operation::Release { number, owner } => {
                if let Some(Batch::Open { held, .. }) = self.batches.get_mut(&number)
                    && held.is_some_and(|(holder, _)| holder == owner)
                {
                    *held = None;
                }
                Answer::Nothing
            }
            Operation::Finish { number, owner, seed } => {
                Answer::Finish(self.finish(number, owner, seed))
            }
            Operation::Wait { seconds } => {
                self.now += seconds;
                Answer::Nothing
            }
        }
    }

    fn put(&mut self, number: u32, entries: u32) {
        if matches!(self.batches.get(&number), None | Some(Batch::Open { held: None, .. })) {
            self.batches.insert(number, Batch::Open { entries, held: None });
        }
    }

    fn claim(&mut self, number: u32, owner: &'static str, until: i64) -> BatchClaim {
        match self.batches.get_mut(&number) {
            None => BatchClaim::Unknown,
            Some(Batch::Done { .. }) => BatchClaim::Done,
            Some(Batch::Open { entries, held }) => match *held {
                Some((holder, end)) if holder != owner && end > self.now => {
                    BatchClaim::Held { until: second(end) }
                }
                Some(_) | None => {
                    *held = Some((owner, until));
                    BatchClaim::Claimed { entries: *entries }
                }
            },
        }
    }

    /// A lease that has run out without anybody taking the batch is still good for closing it.
    fn finish(&mut self, number: u32, owner: &str, seed: u32) -> FinishBatch {
        match self.batches.get(&number) {
            Some(Batch::Done { .. }) => FinishBatch::AlreadyDone,
            Some(Batch::Open { entries, held: Some((holder, _)) }) if *holder == owner => {
                let done = Batch::Done { entries: *entries, counts: counts(seed) };
                self.batches.insert(number, done);
                FinishBatch::Counted
            }
            Some(Batch::Open { .. }) | None => FinishBatch::LeaseLost,
        }
    }

    fn progress(&self) -> BatchProgress {
        let mut progress = BatchProgress::default();
        for (number, batch) in &self.batches {
            progress.batches += 1;
            match batch {
                Batch::Open { entries, .. } => {
                    progress.entries += u64::from(*entries);
                    if progress.first_open.len() < 10 {
                        progress.first_open.push(*number);
                    }
                }
                Batch::Done { entries, counts } => {
                    progress.entries += u64::from(*entries);
                    progress.batches_done += 1;
                    progress.counted.merge(counts);
                }
            }
        }
        progress
    }
}

fn operation(random: &mut fastrand::Rng, now: i64) -> Operation {
    let number = random.u32(1..=BATCHES);
    let owner = OWNERS[random.usize(..OWNERS.len())];
    match random.u32(0..12) {
        0..=2 => Operation::Put { number, entries: random.u32(1..500) },
        3..=6 => Operation::Claim { number, owner, until: now + random.i64(1..60) },
        7 => Operation::Release { number, owner },
        8..=10 => Operation::Finish { number, owner, seed: random.u32(1..1000) },
        _ => Operation::Wait { seconds: random.i64(1..40) },
    }
}

async fn perform(ledger: &Ledger, operation: Operation, now: i64) -> Answer {
    match operation {
        Operation::Put { number, entries } => {
            ledger.put_batch(RUN, number, entries).await.unwrap();
            Answer::Nothing
        }
        Operation::Claim { number, owner, until } => {
            let claim = ledger.claim_batch(RUN, number, lease(owner, now, until)).await.unwrap();
            Answer::Claim(claim)
        }
        Operation::Release { number, owner } => {
            ledger.release_batch(RUN, number, owner).await.unwrap();
            Answer::Nothing
        }
        Operation::Finish { number, owner, seed } => {
            Answer::Finish(ledger.finish_batch(RUN, number, owner, &counts(seed)).await.unwrap())
        }
        Operation::Wait { .. } => Answer::Nothing,
    }
}

async fn compare(seed: u64) {
    let fixture = empty_ledger().await;
    let ledger = &fixture.ledger;
    let mut random = fastrand::Rng::with_seed(seed);
    let mut model = Model::default();
    for step in 0..OPERATIONS {
        let operation = operation(&mut random, model.now);
        let answer = perform(ledger, operation, model.now).await;
        assert_eq!(answer, model.apply(operation), "seed {seed}, step {step}: {operation:?}");
        if step % 20 == 0 || step == OPERATIONS - 1 {
            let expected = model.progress();
            let open = expected.batches - expected.batches_done;
            assert_eq!(ledger.counters(RUN).await.unwrap(), expected.counted, "seed {seed}");
            assert_eq!(ledger.open_batches(RUN).await.unwrap(), open, "seed {seed}, step {step}");
            let progress = ledger.batch_progress(RUN).await.unwrap();
            assert_eq!(progress, expected, "seed {seed}, step {step}");
        }
    }
    let progress = model.progress();
    assert!(progress.batches_done > 5, "the operations of seed {seed} close too few batches");
}

#[tokio::test]
async fn the_ledger_answers_like_the_model_with_seed_1() {
    compare(1).await;
}

#[tokio::test]
async fn the_ledger_answers_like_the_model_with_seed_2() {
    compare(2).await;
}

#[tokio::test]
async fn the_ledger_answers_like_the_model_with_seed_3() {
    compare(3).await;
}
