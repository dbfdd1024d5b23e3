//! The run lock.

use drayage_aws::ledger::{LedgerError, Lock};
use futures::future::join_all;

use crate::support::{empty_ledger, second};

fn held_by(run_id: &str) -> Lock {
    Lock::HeldBy { run_id: run_id.to_owned(), execution_arn: format!("arn:{run_id}") }
}

#[tokio::test]
async fn a_lock_is_one_runs_until_it_is_given_back() {
    let fixture = empty_ledger().await;
    let ledger = &fixture.ledger;
    let now = second(0);
    assert_eq!(ledger.acquire_lock("m", "a", "arn:a", now).await.unwrap(), Lock::Acquired);
    assert_eq!(ledger.acquire_lock("m", "a", "arn:a", now).await.unwrap(), Lock::Acquired);
    assert_eq!(ledger.acquire_lock("m", "b", "arn:b", now).await.unwrap(), held_by("a"));
    assert_eq!(ledger.acquire_lock("other", "b", "arn:b", now).await.unwrap(), Lock::Acquired);
    ledger.release_lock("m", "b").await.unwrap();
    assert_eq!(ledger.acquire_lock("m", "b", "arn:b", now).await.unwrap(), held_by("a"));
    ledger.release_lock("m", "a").await.unwrap();
    ledger.release_lock("m", "a").await.unwrap();
    assert_eq!(ledger.acquire_lock("m", "b", "arn:b", now).await.unwrap(), Lock::Acquired);
    // Late, and not the holder any more.
    ledger.release_lock("m", "a").await.unwrap();
    assert_eq!(ledger.acquire_lock("m", "c", "arn:c", now).await.unwrap(), held_by("b"));
}

#[tokio::test]
async fn of_several_runs_that_start_at_once_one_gets_the_lock() {
    let fixture = empty_ledger().await;
    let ledger = &fixture.ledger;
    let locks = join_all((0..8).map(async |index| {
        let run_id = format!("run-{index}");
        ledger.acquire_lock("m", &run_id, &format!("arn:{run_id}"), second(0)).await.unwrap()
    }))
    .await;
    let acquired = locks.iter().filter(|lock| **lock == Lock::Acquired).count();
    assert_eq!(acquired, 1, "{locks:?}");
}

#[tokio::test]
async fn of_several_runs_that_take_over_a_lock_one_gets_it() {
    let fixture = empty_ledger().await;
    let ledger = &fixture.ledger;
    ledger.acquire_lock("m", "dead", "arn:dead", second(0)).await.unwrap();
    let taken = join_all((0..8).map(async |index| {
        let run_id = format!("run-{index}");
        let arn = format!("arn:{run_id}");
        let ours =
            ledger.take_over_lock("m", "arn:dead", (&run_id, &arn), second(1)).await.unwrap();
        ours.then_some(run_id)
    }))
    .await;
    let winners: Vec<String> = taken.into_iter().flatten().collect();
    assert_eq!(winners.len(), 1, "{winners:?}");
    let holder = ledger.acquire_lock("m", "late", "arn:late", second(2)).await.unwrap();
    assert_eq!(holder, held_by(&winners[0]));
    // The dead run's own last step must not open the lock for a third.
    ledger.release_lock("m", "dead").await.unwrap();
    let holder = ledger.acquire_lock("m", "late", "arn:late", second(3)).await.unwrap();
    assert_eq!(holder, held_by(&winners[0]));
}

#[tokio::test]
async fn a_lock_that_nobody_has_is_not_taken_over() {
    let fixture = empty_ledger().await;
    let taken = fixture.ledger.take_over_lock("m", "arn:dead", ("a", "arn:a"), second(0)).await;
    assert!(!taken.unwrap());
}

#[tokio::test]
async fn no_run_may_be_called_like_the_partition_of_the_locks() {
    let fixture = empty_ledger().await;
    let refused = fixture.ledger.acquire_lock("m", "LOCK", "arn:a", second(0)).await.unwrap_err();
    assert!(matches!(refused, LedgerError::Conflict { .. }), "{refused}");
}
