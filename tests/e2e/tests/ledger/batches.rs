//! Batches: leases, and counts that are added exactly once.

use drayage_aws::ledger::{BatchClaim, BatchProgress, FinishBatch};
use drayage_domain::counts::Counts;
use futures::future::join_all;

use crate::support::{counts, empty_ledger, lease, second, sum};

#[tokio::test]
async fn a_lease_holds_until_its_end() {
    let fixture = empty_ledger().await;
    let ledger = &fixture.ledger;
    assert_eq!(ledger.claim_batch("r", 1, lease("a", 0, 60)).await.unwrap(), BatchClaim::Unknown);
    ledger.put_batch("r", 1, 100).await.unwrap();
    let claimed = BatchClaim::Claimed { entries: 100 };
    assert_eq!(ledger.claim_batch("r", 1, lease("a", 0, 60)).await.unwrap(), claimed);
    let held = BatchClaim::Held { until: second(60) };
    assert_eq!(ledger.claim_batch("r", 1, lease("b", 59, 120)).await.unwrap(), held);
    assert_eq!(ledger.claim_batch("r", 1, lease("a", 59, 90)).await.unwrap(), claimed, "renewed");
    let held = BatchClaim::Held { until: second(90) };
    assert_eq!(ledger.claim_batch("r", 1, lease("b", 89, 120)).await.unwrap(), held);
    assert_eq!(ledger.claim_batch("r", 1, lease("b", 90, 120)).await.unwrap(), claimed, "expired");
    let late = ledger.finish_batch("r", 1, "a", &counts(1)).await.unwrap();
    assert_eq!(late, FinishBatch::LeaseLost);
    assert_eq!(ledger.counters("r").await.unwrap(), Counts::default());
}

#[tokio::test]
async fn a_batch_that_is_given_back_is_anybodys() {
    let fixture = empty_ledger().await;
    let ledger = &fixture.ledger;
    ledger.put_batch("r", 1, 5).await.unwrap();
    ledger.claim_batch("r", 1, lease("a", 0, 60)).await.unwrap();
    ledger.release_batch("r", 1, "b").await.unwrap();
    let held = BatchClaim::Held { until: second(60) };
    assert_eq!(ledger.claim_batch("r", 1, lease("b", 1, 70)).await.unwrap(), held);
    ledger.release_batch("r", 1, "a").await.unwrap();
    let lost = ledger.finish_batch("r", 1, "a", &counts(1)).await.unwrap();
    assert_eq!(lost, FinishBatch::LeaseLost);
    let claimed = BatchClaim::Claimed { entries: 5 };
    assert_eq!(ledger.claim_batch("r", 1, lease("b", 1, 70)).await.unwrap(), claimed);
    // Giving back what does not exist, or is closed, changes nothing.
    ledger.release_batch("r", 2, "a").await.unwrap();
    assert_eq!(ledger.claim_batch("r", 2, lease("a", 0, 60)).await.unwrap(), BatchClaim::Unknown);
    ledger.finish_batch("r", 1, "b", &counts(1)).await.unwrap();
    ledger.release_batch("r", 1, "b").await.unwrap();
    assert_eq!(ledger.claim_batch("r", 1, lease("b", 2, 70)).await.unwrap(), BatchClaim::Done);
}

#[tokio::test]
async fn a_batch_is_counted_once_however_often_it_is_closed() {
    let fixture = empty_ledger().await;
    let ledger = &fixture.ledger;
    ledger.put_batch("r", 1, 5).await.unwrap();
    let unclaimed = ledger.finish_batch("r", 1, "a", &counts(1)).await.unwrap();
    assert_eq!(unclaimed, FinishBatch::LeaseLost);
    ledger.claim_batch("r", 1, lease("a", 0, 60)).await.unwrap();
    let answers =
        join_all((0..8).map(async |_| ledger.finish_batch("r", 1, "a", &counts(1)).await.unwrap()))
            .await;
    let counted = answers.iter().filter(|answer| **answer == FinishBatch::Counted).count();
    let again = answers.iter().filter(|answer| **answer == FinishBatch::AlreadyDone).count();
    assert_eq!((counted, again), (1, 7), "{answers:?}");
    let by_another = ledger.finish_batch("r", 1, "b", &counts(9)).await.unwrap();
    assert_eq!(by_another, FinishBatch::AlreadyDone);
    assert_eq!(ledger.counters("r").await.unwrap(), counts(1));
}

#[tokio::test]
async fn announcing_a_batch_again_neither_opens_it_nor_takes_its_lease() {
    let fixture = empty_ledger().await;
    let ledger = &fixture.ledger;
    ledger.put_batch("r", 1, 5).await.unwrap();
    ledger.put_batch("r", 1, 6).await.unwrap();
    let claimed = ledger.claim_batch("r", 1, lease("a", 0, 60)).await.unwrap();
    assert_eq!(claimed, BatchClaim::Claimed { entries: 6 });
    ledger.put_batch("r", 1, 7).await.unwrap();
    let held = BatchClaim::Held { until: second(60) };
    assert_eq!(ledger.claim_batch("r", 1, lease("b", 1, 70)).await.unwrap(), held);
    ledger.finish_batch("r", 1, "a", &counts(1)).await.unwrap();
    ledger.put_batch("r", 1, 8).await.unwrap();
    assert_eq!(ledger.claim_batch("r", 1, lease("b", 99, 150)).await.unwrap(), BatchClaim::Done);
    assert_eq!(ledger.open_batches("r").await.unwrap(), 0);
}

#[tokio::test]
async fn of_several_invocations_that_want_a_batch_one_gets_it() {
    let fixture = empty_ledger().await;
    fixture.ledger.put_batch("r", 1, 5).await.unwrap();
    let owners: Vec<String> = (0..12).map(|index| format!("invocation-{index}")).collect();
    let claims = join_all(
        owners.iter().map(|owner| fixture.ledger.claim_batch("r", 1, lease(owner, 0, 60))),
    )
    .await;
    let claims: Vec<BatchClaim> = claims.into_iter().map(Result::unwrap).collect();
    let won = claims.iter().filter(|claim| **claim == BatchClaim::Claimed { entries: 5 }).count();
    let held =
        claims.iter().filter(|claim| **claim == BatchClaim::Held { until: second(60) }).count();
    assert_eq!((won, held), (1, 11), "{claims:?}");
}

#[tokio::test]
async fn counts_of_batches_closed_at_once_add_up() {
    let fixture = empty_ledger().await;
    let ledger = &fixture.ledger;
    // Every shard several times, and one shard (number 3) often.
    let numbers: Vec<u32> = (1..=40).chain((3..300).step_by(16).skip(3)).collect();
    join_all(numbers.iter().map(async |number| {
        ledger.put_batch("r", *number, 10).await.unwrap();
        ledger.claim_batch("r", *number, lease("a", 0, 60)).await.unwrap();
    }))
    .await;
    // Another run's counts stay its own.
    ledger.put_batch("r2", 1, 10).await.unwrap();
    ledger.claim_batch("r2", 1, lease("a", 0, 60)).await.unwrap();
    ledger.finish_batch("r2", 1, "a", &counts(77)).await.unwrap();

    let (closed, left) = numbers.split_at(numbers.len() - 12);
    let answers = join_all(closed.iter().map(async |number| {
        ledger.finish_batch("r", *number, "a", &counts(*number)).await.unwrap()
    }))
    .await;
    assert!(answers.iter().all(|answer| *answer == FinishBatch::Counted), "{answers:?}");
    let counted = sum(closed.iter().copied().map(counts));
    assert_eq!(ledger.counters("r").await.unwrap(), counted);
    assert_eq!(ledger.open_batches("r").await.unwrap(), 12);
    let progress = ledger.batch_progress("r").await.unwrap();
    let expected = BatchProgress {
        batches: u64::try_from(numbers.len()).unwrap(),
        batches_done: u64::try_from(closed.len()).unwrap(),
        first_open: left.iter().copied().take(10).collect(),
        entries: 10 * u64::try_from(numbers.len()).unwrap(),
        counted,
    };
    assert_eq!(progress, expected);
    assert_eq!(ledger.counters("r2").await.unwrap(), counts(77));
    assert_eq!(ledger.counters("unknown").await.unwrap(), Counts::default());
    assert_eq!(ledger.open_batches("unknown").await.unwrap(), 0);
}
