//! Comparisons of two buckets that change, refuse, or are told of by a report.

use drayage_domain::reconcile::Report;

use super::super::super::test_support::{Change, ETAG, FakeBucket};
use super::super::super::{InFolder, ListingInventory};
use super::*;
use drayage_domain::reconcile::ranges::KeyRange;

async fn bucket(keys: &[&str]) -> FakeBucket {
    FakeBucket::start("b", keys.iter().map(|key| (*key).to_owned())).await
}

fn listed(bucket: &FakeBucket, prefix: &str) -> Party {
    let place = bucket.place(prefix);
    Party {
        inventory: Box::new(ListingInventory::new(place.clone(), KeyRange::ALL)),
        witness: Witness::Bucket,
        place: Some(place),
        lookup: None,
    }
}

/// What a report says of a bucket; sizes are the lengths of keys, as in the bucket.
fn reported(bucket: &FakeBucket, keys: &[&str]) -> Party {
    let object = |key: &&str| Object {
        key: (*key).to_owned(),
        size_bytes: key.len() as u64,
        etag: Some(ETAG.to_owned()),
        ..Object::default()
    };
    let page = Ok(keys.iter().map(object).collect());
    Party {
        inventory: Box::new(Pages([page].into())),
        lookup: Some(Arc::new(S3Lookup::new(bucket.place("")))),
        ..listed(bucket, "")
    }
}

fn rechecking() -> ComparisonOptions {
    ComparisonOptions { recheck: true, ..options() }
}

fn put(key: &str) -> Change {
    Change::Put(key.to_owned(), key.len() as u64)
}

fn delete(key: &str) -> Change {
    Change::Delete(key.to_owned())
}

fn is_clean(compared: &Compared) -> bool {
    Report::is_clean(matches!(compared.end, End::Finished), &compared.tally, true)
}

/// More than one page of keys that both sides have, and some more.
fn many(more: &[&str]) -> Vec<String> {
    let mut keys: Vec<_> = (0..1_500).map(|number| format!("k{number:04}")).collect();
    keys.extend(more.iter().map(|key| (*key).to_owned()));
    keys
}

#[tokio::test]
async fn what_appears_or_disappears_between_two_listings_is_not_told() {
    let shared = many(&["deleted", "z-deleted"]);
    let source = FakeBucket::start("b", shared.clone()).await;
    let destination = FakeBucket::start("b", shared).await;
    // Between the source's first page and everything else; with the first listing of each, which is answered as if before.
    for change in [put("k0001-new"), put("z-new"), delete("deleted"), delete("z-deleted")] {
        source.after_listings(1, change.clone());
        destination.after_listings(1, change);
    }
    let mut early = listed(&source, "");
    let first = early.inventory.next_page().await.unwrap().unwrap();
    assert_eq!(first.len(), 1_000);
    destination.place("").probe().await.unwrap();
    let early = Party { inventory: Box::new(Chain(Some(first), early.inventory)), ..early };
    let (compared, kept) = compare(early, listed(&destination, ""), rechecking()).await;
    assert!(matches!(compared.end, End::Finished), "{compared:?}");
    assert_eq!(kept.findings, [""; 0]);
    assert!(is_clean(&compared));
    // Only the two keys of the first page look different: each costs one HEAD of either side.
    assert_eq!(compared.tally.requests.head, 4);
}

/// A page that was read before, and what follows.
struct Chain(Option<Vec<Object>>, Box<dyn Inventory>);

#[async_trait]
impl Inventory for Chain {
    async fn next_page(&mut self) -> Result<Option<Vec<Object>>, InventoryError> {
        match self.0.take() {
            Some(page) => Ok(Some(page)),
            None => self.1.next_page().await,
        }
    }

    fn requests(&self) -> Requests {
        self.1.requests()
    }
}

#[tokio::test]
async fn what_is_really_different_is_told_after_a_closer_look() {
    let (source, destination) = (bucket(&["a", "b"]).await, bucket(&["b", "c"]).await);
    let (compared, kept) =
        compare(listed(&source, ""), listed(&destination, ""), rechecking()).await;
    assert_eq!(kept.findings, ["a missing", "c extra"]);
    assert_eq!(compared.tally.requests.head, 4);
    let (compared, kept) = compare(listed(&source, ""), listed(&destination, ""), options()).await;
    assert_eq!(kept.findings, ["a missing", "c extra"]);
    assert_eq!(compared.tally.requests.head, 0);
}

#[tokio::test]
async fn a_refused_closer_look_leaves_what_the_listings_show() {
    let (source, destination) = (bucket(&["a", "b"]).await, bucket(&["b", "c"]).await);
    source.deny_reading();
    destination.deny_reading();
    let (compared, kept) =
        compare(listed(&source, ""), listed(&destination, ""), rechecking()).await;
    assert!(matches!(compared.end, End::Finished), "{compared:?}");
    // One listing of the key, where its HEAD is refused.
    assert_eq!(kept.findings, ["a missing", "c extra"]);
    assert_eq!(compared.tally.requests.list, 2 + 4);
}

#[tokio::test]
async fn objects_that_may_be_listed_but_not_read_are_never_clean() {
    let source = FakeBucket::start("b", ["a".to_owned(), "b".to_owned()]).await;
    let destination = bucket(&["a", "b"]).await;
    source.deny_reading();
    destination.deny_reading();
    let options = ComparisonOptions { level: Level::Bytes, ..rechecking() };
    let other_etag = |page: Vec<Object>| {
        page.into_iter().map(|object| Object { etag: Some("1".repeat(32)), ..object }).collect()
    };
    let page = listed(&source, "").inventory.next_page().await.unwrap().unwrap();
    let inventory = Box::new(Pages([Ok(other_etag(page))].into()));
    let source = Party { inventory, ..listed(&source, "") };
    let (compared, kept) = compare(source, listed(&destination, ""), options).await;
    assert!(matches!(compared.end, End::Finished), "{compared:?}");
    assert_eq!(kept.findings, ["a not_verifiable.access_denied", "b not_verifiable.access_denied"]);
    assert!(!is_clean(&compared));
}

#[tokio::test]
async fn a_report_that_is_out_of_date_is_looked_up_where_it_differs() {
    let source = bucket(&["newer", "new-on-both", "same"]).await;
    let destination = bucket(&["new-on-both", "newer", "same"]).await;
    // Gone from the source and never copied; gone from the source, and an extra by now.
    let report = ["copied-then-deleted", "gone", "same"];
    destination.after_listings(0, put("copied-then-deleted-too"));
    destination.place("").probe().await.unwrap();
    let (compared, kept) =
        compare(reported(&source, &report), listed(&destination, ""), rechecking()).await;
    assert!(matches!(compared.end, End::Finished), "{compared:?}");
    assert_eq!(kept.findings, ["copied-then-deleted-too extra"]);
    assert_eq!(compared.tally.verdicts.get("match.etag"), Some(&3));

    // The same, with a report on the destination.
    let (source, destination) = (bucket(&["a", "b", "c"]).await, bucket(&["b", "c"]).await);
    let report = reported(&destination, &["c", "d"]);
    let (compared, kept) = compare(listed(&source, ""), report, rechecking()).await;
    assert_eq!(kept.findings, ["a missing"]);
    assert_eq!(compared.tally.verdicts.get("match.etag"), Some(&2));
}

#[tokio::test]
async fn a_report_on_a_bucket_that_tells_nothing_is_never_clean() {
    let (source, destination) = (bucket(&["a"]).await, bucket(&["b"]).await);
    source.deny_reading();
    source.deny_all_but(&["elsewhere/"]);
    let (compared, kept) =
        compare(reported(&source, &["a"]), listed(&destination, ""), rechecking()).await;
    assert!(matches!(compared.end, End::Finished), "{compared:?}");
    assert_eq!(kept.findings, ["a not_verifiable.access_denied", "b not_verifiable.access_denied"]);
    assert!(!is_clean(&compared));
}

#[tokio::test]
async fn an_empty_side_makes_every_key_missing_or_extra() {
    let (full, empty) = (bucket(&["a", "b/", "b/c"]).await, bucket(&[]).await);
    let (compared, kept) = compare(listed(&full, ""), listed(&empty, ""), rechecking()).await;
    assert!(matches!(compared.end, End::Finished) && !is_clean(&compared), "{compared:?}");
    assert_eq!(kept.findings, ["a missing", "b/ missing", "b/c missing"]);
    let (compared, kept) = compare(listed(&empty, ""), listed(&full, ""), rechecking()).await;
    assert!(matches!(compared.end, End::Finished) && !is_clean(&compared), "{compared:?}");
    assert_eq!(kept.findings, ["a extra", "b/ extra", "b/c extra"]);
    let (compared, _) = compare(listed(&empty, ""), listed(&empty, ""), rechecking()).await;
    assert!(is_clean(&compared) && compared.tally.keys() == 0);
}

#[tokio::test]
async fn every_key_that_s3_takes_is_compared_listed_and_looked_up() {
    let long = "\u{1}".repeat(1_024);
    let odd = [
        "\n",
        "a\r\nb",
        "\u{b}\u{1f}",
        "dir/",
        "dir//",
        "a+b %",
        "<&>\"'",
        "한글/é",
        "\u{ffff}",
        "x?y#z",
        &long,
    ];
    let (source, destination) = (bucket(&odd).await, bucket(&odd).await);
    let (compared, _) = compare(listed(&source, ""), listed(&destination, ""), rechecking()).await;
    assert!(is_clean(&compared) && compared.tally.keys() == odd.len() as u64, "{compared:?}");
    // The same by a report that knows none of them, so that each is asked for by itself. The SDK sends no HEAD for a key
    // of blanks alone; a listing tells of it.
    let (compared, kept) =
        compare(reported(&source, &[]), listed(&destination, ""), rechecking()).await;
    assert!(matches!(compared.end, End::Finished), "{:?}", compared.end);
    let Requests { head, list, .. } = compared.tally.requests;
    assert_eq!((kept.findings, head, list), (Vec::new(), odd.len() as u64, 1 + 2));
    assert!(is_clean(&compared));
}

#[tokio::test]
async fn a_folder_is_listed_by_its_own_prefix_and_told_in_the_keys_of_the_place() {
    let source = bucket(&["p/a/", "p/a/1", "p/a/2", "p/b/1", "p/z"]).await;
    let destination = bucket(&["p/a/", "p/a/2", "p/a/3"]).await;
    source.deny_all_but(&["p/a/"]);
    let in_folder = |bucket: &FakeBucket, range: &KeyRange| {
        let place = bucket.place("p/").below("a/");
        let listing = ListingInventory::new(place, range.below("a/"));
        Party {
            inventory: Box::new(InFolder::new(Box::new(listing), "a/")),
            ..listed(bucket, "p/")
        }
    };
    let whole = KeyRange::ALL;
    let parties = (in_folder(&source, &whole), in_folder(&destination, &whole));
    let (compared, kept) = compare(parties.0, parties.1, rechecking()).await;
    assert!(matches!(compared.end, End::Finished), "{compared:?}");
    assert_eq!(kept.findings, ["a/1 missing", "a/3 extra"]);
    assert_eq!((compared.tally.keys(), compared.position.as_deref()), (4, Some("a/3")));
    // Goes on in the middle.
    let rest = KeyRange { after: Some("a/1".to_owned()), until: None };
    let options = ComparisonOptions { after: rest.after.clone(), ..rechecking() };
    let parties = (in_folder(&source, &rest), in_folder(&destination, &rest));
    let (compared, kept) = compare(parties.0, parties.1, options).await;
    assert_eq!((kept.findings, compared.tally.keys()), (vec!["a/3 extra".to_owned()], 2));
}
