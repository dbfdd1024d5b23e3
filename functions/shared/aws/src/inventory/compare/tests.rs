//! How two inventories become verdicts, in order, within the deadline, and resumably.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use drayage_domain::reconcile::filter::{Filter, FilterInput};
use drayage_domain::reconcile::judge::Witness;
use drayage_domain::reconcile::{Doubt, Level};
use serde_json::json;

use super::*;

/// Pages that are known beforehand; the last may be an error.
struct Pages(VecDeque<Result<Vec<Object>, InventoryError>>);

#[async_trait]
impl Inventory for Pages {
    async fn next_page(&mut self) -> Result<Option<Vec<Object>>, InventoryError> {
        self.0.pop_front().transpose()
    }

    fn requests(&self) -> Requests {
        Requests { list: 1, ..Requests::default() }
    }
}

/// `key=size`, separated by blanks; `|` begins a page, `!` fails.
fn pages(text: &str, after: Option<&str>) -> Pages {
    let object = |entry: &str| {
        let (key, size) = entry.split_once('=').unwrap();
        let etag = Some("0".repeat(32));
        Object { key: key.to_owned(), size_bytes: size.parse().unwrap(), etag, ..Object::default() }
    };
    let page = |page: &str| {
        if page.trim() == "!" {
            return Err(InventoryError::Disk { message: "full".to_owned() });
        }
        let objects = page.split_whitespace().map(object);
        Ok(objects.filter(|object| after.is_none_or(|after| object.key.as_str() > after)).collect())
    };
    Pages(text.split('|').map(page).collect())
}

fn party(text: &str, after: Option<&str>) -> Party {
    Party {
        inventory: Box::new(pages(text, after)),
        witness: Witness::Ledger,
        place: None,
        lookup: None,
    }
}

fn with_lookup(text: &str, lookup: impl Lookup + 'static) -> Party {
    Party { lookup: Some(Arc::new(lookup)), ..party(text, None) }
}

fn options() -> ComparisonOptions {
    ComparisonOptions {
        level: Level::Etag,
        filter: Filter::default(),
        cases_max: 4,
        group_segments: 1,
        after: None,
        recheck: false,
    }
}

#[derive(Default)]
struct Kept {
    findings: Vec<String>,
    fails_at: Option<usize>,
}

#[async_trait]
impl Findings for Kept {
    async fn take(&mut self, finding: &Finding) -> Result<(), StorageError> {
        if self.fails_at == Some(self.findings.len()) {
            let (place, code) = ("s3://b/k".to_owned(), "SlowDown".to_owned());
            return Err(StorageError::Unavailable { place, code });
        }
        let difference = finding.difference().unwrap();
        self.findings.push(format!("{} {}", difference.key, difference.verdict.label()));
        Ok(())
    }
}

async fn compare(
    source: Party,
    destination: Party,
    options: ComparisonOptions,
) -> (Compared, Kept) {
    let mut kept = Kept::default();
    let until = Instant::now() + Duration::from_mins(1);
    let compared = Comparison::new(source, destination, options).run(until, &mut kept).await;
    (compared, kept)
}

#[tokio::test]
async fn every_key_of_either_side_gets_one_verdict() {
    let source = party("a/1=1 a/2=2|b/1=3 b/2=4|", None);
    let destination = party("a/1=1|a/3=5 b/1=3|b/2=9", None);
    let (compared, kept) = compare(source, destination, options()).await;
    assert!(matches!(compared.end, End::Finished), "{compared:?}");
    assert_eq!(kept.findings, ["a/2 missing", "a/3 extra", "b/2 size_differs"]);
    assert_eq!(compared.position.as_deref(), Some("b/2"));
    let tally = compared.tally;
    assert_eq!((tally.keys(), tally.verdicts.get("match.etag")), (5, Some(&2)));
    assert_eq!((tally.source.bytes, tally.destination.bytes), (10, 18));
    assert_eq!((tally.groups["a/"].differences, tally.groups["b/"].differences), (2, 1));
    assert_eq!(tally.requests.list, 2);
}

#[tokio::test]
async fn a_side_that_breaks_off_leaves_a_position_to_go_on_from() {
    let (source, destination) = ("a=1 b=1|c=1 d=1|e=1", "a=1 b=2 c=1 d=1 e=2 f=1");
    let (first, mut kept) =
        compare(party(&format!("{source}|!"), None), party(destination, None), options()).await;
    let End::Broken(CompareError::Inventory { side: Side::Source, .. }) = first.end else {
        panic!("{first:?}")
    };
    // `f` might be in what was not read.
    assert_eq!(first.position.as_deref(), Some("e"));
    let after = first.position.as_deref();
    let options = ComparisonOptions { after: first.position.clone(), ..options() };
    let (second, rest) = compare(party(source, after), party(destination, after), options).await;
    kept.findings.extend(rest.findings);
    assert!(matches!(second.end, End::Finished), "{second:?}");
    assert_eq!(kept.findings, ["b size_differs", "e size_differs", "f extra"]);
    let mut tally = first.tally;
    tally.add(&second.tally);
    assert_eq!(tally.keys(), 6);
}

#[tokio::test]
async fn a_finding_that_cannot_be_kept_is_not_passed() {
    let mut kept = Kept { fails_at: Some(1), ..Kept::default() };
    let mut comparison = Comparison::new(party("a=1 b=1 c=1", None), party("", None), options());
    let until = Instant::now() + Duration::from_mins(1);
    let compared = comparison.run(until, &mut kept).await;
    assert!(matches!(compared.end, End::Broken(CompareError::Findings(_))), "{compared:?}");
    assert_eq!(compared.position.as_deref(), Some("a"));
    // It is counted when it is come to again.
    let (after, mut tally) = (compared.position.as_deref(), compared.tally);
    assert_eq!(tally.keys(), 1);
    let options = ComparisonOptions { after: after.map(str::to_owned), ..options() };
    let (rest, more) = compare(party("a=1 b=1 c=1", after), party("", None), options).await;
    tally.add(&rest.tally);
    assert_eq!((tally.keys(), tally.verdicts["missing"]), (3, 3));
    assert_eq!([kept.findings, more.findings].concat(), ["a missing", "b missing", "c missing"]);
}

#[tokio::test]
async fn an_unsorted_side_is_an_error() {
    let (compared, _) = compare(party("b=1 a=1", None), party("a=1", None), options()).await;
    assert!(matches!(compared.end, End::Broken(CompareError::Merge(_))), "{compared:?}");
    assert_eq!(compared.position, None);
}

#[tokio::test]
async fn nothing_is_begun_after_the_deadline() {
    let mut kept = Kept::default();
    let mut comparison = Comparison::new(party("a=1", None), party("", None), options());
    let compared = comparison.run(Instant::now(), &mut kept).await;
    assert!(matches!(compared.end, End::OutOfTime), "{compared:?}");
    assert_eq!((compared.position, kept.findings.len()), (None, 0));
}

/// Knows no key, after a while that depends on the key.
struct Slow(fn(&str) -> Option<Duration>, AtomicU64);

#[async_trait]
impl Lookup for Slow {
    async fn find(&self, key: &str) -> Result<Option<Object>, InventoryError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        match (self.0)(key) {
            Some(pause) => tokio::time::sleep(pause).await,
            None => pending().await,
        }
        Ok(None)
    }

    fn requests(&self) -> Requests {
        Requests { head: self.1.load(Ordering::Relaxed), ..Requests::default() }
    }
}

#[tokio::test(start_paused = true)]
async fn verdicts_leave_in_the_order_of_keys_although_evidence_comes_in_another() {
    let slow = Slow(
        |key| Some(Duration::from_secs(if key == "a" { 30 } else { 1 })),
        AtomicU64::default(),
    );
    let keys: Vec<String> = (b'a'..=b'z').map(|key| char::from(key).to_string()).collect();
    let source = format!("{}=1", keys.join("=1 "));
    let (compared, kept) = compare(party(&source, None), with_lookup("", slow), options()).await;
    assert!(matches!(compared.end, End::Finished), "{compared:?}");
    assert_eq!(kept.findings, keys.iter().map(|key| format!("{key} missing")).collect::<Vec<_>>());
    assert_eq!(compared.tally.requests.head, 26);
}

#[tokio::test(start_paused = true)]
async fn what_waits_at_the_deadline_is_left_to_the_next_invocation() {
    let slow = || Slow(|key| (key != "b").then_some(Duration::from_secs(1)), AtomicU64::default());
    let (first, kept) =
        compare(party("a=1 b=1 c=1", None), with_lookup("", slow()), options()).await;
    assert!(matches!(first.end, End::OutOfTime), "{first:?}");
    assert_eq!(kept.findings, ["a missing"]);
    assert_eq!(first.position.as_deref(), Some("a"));

    let after = ComparisonOptions { after: first.position, ..options() };
    let mut comparison = Comparison::new(party("b=1 c=1", None), with_lookup("", slow()), after);
    let mut kept = Kept::default();
    let minute = Duration::from_mins(1);
    let second = comparison.run(Instant::now() + minute, &mut kept).await;
    assert!(matches!(second.end, End::OutOfTime), "{second:?}");
    assert_eq!((second.position.as_deref(), kept.findings.len()), (Some("a"), 0));
    // It had a whole invocation to itself, and would have every later one.
    let given_up = comparison.give_up_first(&mut kept).await;
    assert_eq!(kept.findings, [format!("b not_verifiable.{}", Doubt::ReadFailed.label())]);
    assert_eq!(given_up.position.as_deref(), Some("b"));
}

/// What is really there.
struct Truth(Vec<Object>, AtomicU64);

#[async_trait]
impl Lookup for Truth {
    async fn find(&self, key: &str) -> Result<Option<Object>, InventoryError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        Ok(self.0.iter().find(|object| object.key == key).cloned())
    }

    fn requests(&self) -> Requests {
        Requests { head: self.1.load(Ordering::Relaxed), ..Requests::default() }
    }
}

#[tokio::test]
async fn an_inventory_that_is_out_of_date_is_not_believed_where_it_differs() {
    let now = pages("added=1 same=1 grown=2 lost=9", None).0.pop_front().unwrap().unwrap();
    let truth = Truth(now, AtomicU64::default());
    let source = party("added=1 grown=2 lost=1 same=1", None);
    let destination = with_lookup("deleted=1 grown=1 lost=2 same=1", truth);
    let (compared, kept) = compare(source, destination, options()).await;
    assert!(matches!(compared.end, End::Finished), "{compared:?}");
    assert_eq!(kept.findings, ["lost size_differs"]);
    assert_eq!((compared.tally.keys(), compared.tally.requests.head), (4, 4));
}

#[tokio::test]
async fn keys_that_the_comparison_is_not_about_are_passed_over() {
    let (_, filter) = FilterInput::parse(&json!({"exclude": ["*/tmp/*"]})).unwrap();
    let options = ComparisonOptions { filter, ..options() };
    let (source, destination) = (party("a/tmp/x=1 b=1 z/tmp/y=1", None), party("a/tmp/q=1", None));
    let (compared, kept) = compare(source, destination, options).await;
    assert!(matches!(compared.end, End::Finished), "{compared:?}");
    assert_eq!((kept.findings, compared.tally.keys()), (vec!["b missing".to_owned()], 1));
    assert_eq!(compared.position.as_deref(), Some("z/tmp/y"));
}

mod places;
