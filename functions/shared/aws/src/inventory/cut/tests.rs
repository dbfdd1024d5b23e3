//! Which pieces two places come to, whatever may be listed of them.

use drayage_domain::reconcile::Side;

use super::super::test_support::{FakeBucket, Quirk};
use super::*;

async fn bucket(keys: &[&str]) -> FakeBucket {
    FakeBucket::start("b", keys.iter().map(|key| (*key).to_owned())).await
}

fn side(bucket: &FakeBucket, prefix: &str) -> CutSide {
    CutSide { place: bucket.place(prefix), listed: true }
}

fn reported(bucket: &FakeBucket, prefix: &str) -> CutSide {
    CutSide { listed: false, ..side(bucket, prefix) }
}

fn folders_of(cut: &Cut) -> Vec<&str> {
    cut.pieces.iter().map(|piece| piece.folder.as_str()).collect()
}

fn unread(cut: &Cut) -> Vec<(Side, &str)> {
    cut.unreadable.iter().map(|partial| (partial.side, partial.prefix.as_str())).collect()
}

const FILES: [&str; 6] = ["p/a/1", "p/b/1", "p/b/2", "p/c/", "p/d/x/1", "p/root.txt"];

#[tokio::test]
async fn places_that_may_be_listed_are_cut_into_ranges_of_all_keys() {
    let (source, destination) = (bucket(&FILES).await, bucket(&[]).await);
    let cut = cut(&side(&source, "p/"), &side(&destination, ""), 8).await.unwrap();
    assert_eq!(cut, Cut { pieces: vec![everything()], unreadable: Vec::new() });
}

#[tokio::test]
async fn folders_that_stay_denied_and_what_lies_outside_of_folders_are_named() {
    for denied in [Side::Source, Side::Destination] {
        let (open, refusing) = (bucket(&FILES).await, bucket(&["p/a/1"]).await);
        refusing.deny_all_but(&["p/a/", "p/c/"]);
        let (open_side, refusing_side) = (side(&open, "p/"), side(&refusing, "p/"));
        let cut = match denied {
            Side::Source => cut(&refusing_side, &open_side, 1).await.unwrap(),
            Side::Destination => cut(&open_side, &refusing_side, 1).await.unwrap(),
        };
        assert_eq!(folders_of(&cut), ["a/", "c/"]);
        assert!(cut.pieces.iter().all(|piece| piece.range == KeyRange::ALL));
        assert_eq!(unread(&cut), [(denied, ""), (denied, "b/"), (denied, "d/")]);
        let outside = &cut.unreadable[0].reason;
        assert!(outside.contains("except what lies in a folder"), "{outside}");
        let folder = &cut.unreadable[1].reason;
        assert!(folder.contains("s3://b/p/b/ may not be listed") && folder.contains("hint: "));
    }
}

#[tokio::test]
async fn a_place_without_a_folder_that_may_be_listed_is_one_piece() {
    let (source, destination) = (bucket(&FILES).await, bucket(&FILES).await);
    destination.deny_all_but(&["elsewhere/"]);
    let whole = Cut { pieces: vec![everything()], unreadable: Vec::new() };
    let found = cut(&side(&source, "p/"), &side(&destination, "p/"), 8).await.unwrap();
    assert_eq!(found, whole);
    source.deny_all_but(&["elsewhere/"]);
    let found = cut(&side(&source, "p/"), &side(&destination, "p/"), 8).await.unwrap();
    assert_eq!(found, whole);
    let (empty, denied) = (bucket(&[]).await, bucket(&FILES).await);
    denied.deny_all_but(&["p/a/"]);
    assert_eq!(cut(&side(&empty, ""), &side(&denied, "p/"), 8).await.unwrap(), whole);
}

#[tokio::test]
async fn folders_are_found_page_by_page_and_named_as_they_are() {
    let odd = ["\n", "\u{1}\u{b}", "a b+%", "<&>", "한글", "é", "~"];
    let keys = odd.iter().map(|name| format!("{name}/x"));
    let many = (0..990).map(|number| format!("n{number:04}/{number}"));
    let between = (0..1_500).map(|number| format!("n0500{number:04}"));
    let source = FakeBucket::start("b", keys.chain(many).chain(between)).await;
    let destination = bucket(&[]).await;
    let allowed: Vec<_> = odd.iter().map(|name| format!("{name}/")).collect();
    destination.deny_all_but(&allowed.iter().map(String::as_str).collect::<Vec<_>>());
    let cut = cut(&side(&source, ""), &side(&destination, ""), 1).await.unwrap();
    let mut sorted = allowed.clone();
    sorted.sort_unstable();
    assert_eq!(folders_of(&cut), sorted);
    assert_eq!(cut.unreadable.len(), 1 + 990);
    // The probe, and three pages of 2 497 objects and folders.
    assert_eq!(source.log().len(), 4);
}

#[tokio::test]
async fn more_folders_than_can_be_tried_are_not_tried() {
    let keys = (0..=FOLDERS_MAX).map(|number| format!("{number:05}/x"));
    let (source, destination) = (FakeBucket::start("b", keys).await, bucket(&[]).await);
    destination.deny_all_but(&["00001/"]);
    let cut = cut(&side(&source, ""), &side(&destination, ""), 8).await.unwrap();
    assert_eq!(cut.pieces, [everything()]);
    assert_eq!(unread(&cut), [(Side::Destination, "")]);
    assert!(cut.unreadable[0].reason.contains("hint: name a longer prefix"));
    assert_eq!(destination.log().len(), 1);
}

#[tokio::test]
async fn a_large_folder_is_cut_into_ranges_of_its_keys() {
    let keys = (0..20_000).map(|number| format!("p/big/{number:06}"));
    let source = FakeBucket::start("b", keys.chain(["p/other/1".to_owned()])).await;
    let destination = bucket(&[]).await;
    destination.deny_all_but(&["q/big/"]);
    let cut = cut(&side(&source, "p/"), &side(&destination, "q/"), 4).await.unwrap();
    assert_eq!(folders_of(&cut), ["big/"; 4]);
    for number in [0, 4_321, 19_999] {
        let key = format!("big/{number:06}");
        let having = cut.pieces.iter().filter(|piece| piece.range.contains(&key)).count();
        assert_eq!(having, 1, "{key}");
    }
    assert_eq!(unread(&cut), [(Side::Destination, ""), (Side::Destination, "other/")]);
}

#[tokio::test]
async fn a_side_that_reads_a_report_need_not_be_listed() {
    let (source, destination) = (bucket(&FILES).await, bucket(&FILES).await);
    source.deny_all_but(&["elsewhere/"]);
    let whole = Cut { pieces: vec![everything()], unreadable: Vec::new() };
    let found = cut(&reported(&source, "p/"), &side(&destination, "p/"), 8).await.unwrap();
    assert_eq!(found, whole);
    destination.deny_all_but(&["elsewhere/"]);
    let found = cut(&reported(&source, "p/"), &side(&destination, "p/"), 8).await.unwrap();
    assert_eq!(found, whole);
    let gone = FakeBucket::with_quirk("b", [], Quirk::OnlyEmptyPages).await;
    let mut elsewhere = reported(&gone, "");
    elsewhere.place.bucket = "c".to_owned();
    let open = bucket(&FILES).await;
    assert_eq!(cut(&elsewhere, &side(&open, "p/"), 8).await.unwrap(), whole);
}

#[tokio::test]
async fn a_listed_bucket_that_does_not_exist_is_an_error_of_its_side() {
    let (source, destination) = (bucket(&FILES).await, bucket(&[]).await);
    let mut elsewhere = side(&destination, "");
    elsewhere.place.bucket = "c".to_owned();
    let error = cut(&side(&source, ""), &elsewhere, 8).await.unwrap_err();
    assert_eq!(error.side, Side::Destination);
    assert!(error.to_string().contains("destination cannot be listed: bucket `c` does not exist"));
}
