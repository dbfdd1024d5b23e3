//! Verdicts about pairs of objects.

use drayage_domain::reconcile::judge::{Encryption, Step, Terms, Witness};
use drayage_domain::reconcile::{Doubt, Level, Object, Side, Verdict};
use drayage_domain::row::Checksum;
use proptest::prelude::*;
use rstest::rstest;

use super::world::{Stored, Upload, buckets, judge, judge_listed};

fn single(bytes: &[u8]) -> Stored {
    Stored::new(bytes.to_vec(), Upload::Single)
}

fn parted(bytes: &[u8], sizes: &[usize]) -> Stored {
    Stored::new(bytes.to_vec(), Upload::Parts(sizes.to_vec()))
}

fn verdict(source: &Stored, destination: &Stored, level: Level) -> Verdict {
    judge("k", source, destination, buckets(level)).0
}

fn doubt(level: Level, reason: Doubt) -> Verdict {
    Verdict::NotVerifiable { level, reason }
}

#[test]
fn other_sizes_need_no_request() {
    for level in Level::ALL {
        let (verdict, effort) = judge("k", &single(b"ab"), &single(b"abc"), buckets(level));
        assert_eq!(verdict, Verdict::SizeDiffers);
        assert!(effort.steps.is_empty());
    }
}

#[test]
fn the_lowest_level_believes_sizes() {
    assert_eq!(
        verdict(&single(b"ab"), &single(b"cd"), Level::Size),
        Verdict::Match { level: Level::Size }
    );
}

#[test]
fn equal_etags_need_no_request() {
    let many = parted(b"abcdef", &[2, 2]);
    for (one, other) in [(single(b"ab"), single(b"ab")), (many.clone(), many)] {
        let (verdict, effort) = judge("k", &one, &other, buckets(Level::Bytes));
        assert_eq!(verdict, Verdict::Match { level: Level::Etag });
        assert!(effort.steps.is_empty());
    }
}

#[test]
fn no_bytes_are_the_same_however_they_were_uploaded() {
    assert_eq!(
        verdict(&single(b""), &parted(b"", &[5]), Level::Etag),
        Verdict::Match { level: Level::Size }
    );
}

#[test]
fn md5s_that_differ_are_believed_once_both_sides_are_known_to_be_digests() {
    let (verdict, effort) = judge("k", &single(b"ab"), &single(b"cd"), buckets(Level::Etag));
    assert_eq!(verdict, Verdict::ContentDiffers { level: Level::Etag });
    assert_eq!(effort.steps, [Step::Look(vec![Side::Source, Side::Destination])]);
}

#[rstest]
#[case::kms(Encryption::Kms)]
#[case::customer_key(Encryption::CustomerKey)]
fn an_encrypted_object_looks_different_and_is_not_called_so(#[case] encryption: Encryption) {
    let plain = single(b"ab");
    let encrypted = Stored { encryption, ..single(b"ab") };
    let copy = Stored { salt: 1, ..encrypted.clone() };
    for level in [Level::Etag, Level::MultipartEtag] {
        let found = verdict(&encrypted, &copy, level);
        assert_eq!(found, doubt(level, Doubt::OpaqueEtag));
    }
    assert_eq!(verdict(&plain, &encrypted, Level::Etag), doubt(Level::Etag, Doubt::OpaqueEtag));
    // The encrypted side is read, and has the MD5 that the other one reports.
    let (found, effort) = judge("k", &plain, &encrypted, buckets(Level::MultipartEtag));
    assert_eq!(found, Verdict::Match { level: Level::MultipartEtag });
    assert_eq!(effort.reads(), 1);
    let other = Stored { encryption, ..single(b"cd") };
    assert_eq!(
        verdict(&other, &encrypted, Level::Bytes),
        Verdict::ContentDiffers { level: Level::Bytes }
    );
}

#[test]
fn parts_alike_with_other_etags_differ_without_reading() {
    let (one, other) = (parted(b"abcdef", &[2, 2]), parted(b"abcdeX", &[2, 2]));
    let (found, effort) = judge("k", &one, &other, buckets(Level::MultipartEtag));
    assert_eq!(found, Verdict::ContentDiffers { level: Level::MultipartEtag });
    assert_eq!(effort.reads(), 0, "{effort:?}");
}

#[test]
fn parts_of_other_sizes_are_computed_from_one_read() {
    let (one, other) = (parted(b"abcdefgh", &[3, 3]), parted(b"abcdefgh", &[4]));
    let (found, effort) = judge("k", &one, &other, buckets(Level::MultipartEtag));
    assert_eq!(found, Verdict::Match { level: Level::MultipartEtag });
    assert_eq!(effort.reads(), 1, "{effort:?}");
}

#[test]
fn irregular_parts_raise_no_alarm() {
    let irregular = parted(b"abcdefgh", &[3, 1, 2]);
    let regular = parted(b"abcdefgh", &[4]);
    assert_eq!(
        verdict(&irregular, &regular, Level::MultipartEtag),
        Verdict::Match { level: Level::MultipartEtag },
        "the source is read and cut as the destination was"
    );
    let both = verdict(&irregular, &parted(b"abcdefgh", &[1, 4]), Level::MultipartEtag);
    assert_eq!(both, doubt(Level::MultipartEtag, Doubt::MultipartEtag));
    let bytes = verdict(&irregular, &parted(b"abcdefgh", &[1, 4]), Level::Bytes);
    assert_eq!(bytes, Verdict::Match { level: Level::Bytes });
}

#[test]
fn many_parts_that_only_look_regular_raise_no_alarm() {
    let bytes = b"abcdefghi";
    let hidden = parted(bytes, &[2, 1, 3, 2]);
    for other in [parted(bytes, &[2; 9]), parted(bytes, &[3; 9])] {
        let found = verdict(&hidden, &other, Level::Bytes);
        assert!(found.is_match(), "{found:?}");
        let found = verdict(&hidden, &other, Level::MultipartEtag);
        assert!(!matches!(found, Verdict::ContentDiffers { .. }), "{found:?}");
    }
}

#[test]
fn many_parts_alike_are_all_asked_for_before_they_differ() {
    let (one, other) = (parted(b"abcdefghi", &[2; 9]), parted(b"abcdefghX", &[2; 9]));
    let (found, effort) = judge("k", &one, &other, buckets(Level::MultipartEtag));
    assert_eq!(found, Verdict::ContentDiffers { level: Level::MultipartEtag });
    let confirmed = |step: &&Step| matches!(step, Step::ConfirmParts { .. });
    assert_eq!(effort.steps.iter().filter(confirmed).count(), 2, "{effort:?}");
    assert_eq!(effort.reads(), 0);
    let (found, effort) = judge("k", &one, &single(b"abcdefghX"), buckets(Level::MultipartEtag));
    assert_eq!(found, Verdict::ContentDiffers { level: Level::MultipartEtag });
    assert_eq!(effort.reads(), 1, "{effort:?}");
}

#[test]
fn a_guessed_part_size_can_match_and_never_differ() {
    let silent = |stored: Stored| Stored { tells_parts: false, ..stored };
    let same = silent(parted(b"abcdef", &[2, 2]));
    let other = silent(parted(b"abcdef", &[3]));
    let expected = Verdict::Match { level: Level::MultipartEtag };
    assert_eq!(verdict(&same, &other, Level::MultipartEtag), expected);
    // A source that stays unread: it is archived.
    let irregular = Stored { archived: true, ..silent(parted(b"abcdefgh", &[1, 3])) };
    let found = verdict(&irregular, &parted(b"abcdefgh", &[4]), Level::MultipartEtag);
    assert_eq!(found, doubt(Level::MultipartEtag, Doubt::Archived));
}

#[test]
fn checksums_settle_it_without_reading() {
    let keep = |stored: Stored| Stored { checksum: true, ..stored };
    let one = keep(parted(b"abcdef", &[2, 2]));
    for (bytes, expected) in [
        (b"abcdef", Verdict::Match { level: Level::Checksum }),
        (b"abcdeX", Verdict::ContentDiffers { level: Level::Checksum }),
    ] {
        let (found, effort) = judge("k", &one, &keep(single(bytes)), buckets(Level::Checksum));
        assert_eq!(found, expected);
        assert_eq!(effort.reads(), 0);
    }
}

#[test]
fn a_checksum_of_one_side_settles_it_by_reading_the_other() {
    let kept = Stored { checksum: true, encryption: Encryption::Kms, ..single(b"abcdef") };
    let encrypted = Stored { checksum: false, salt: 1, ..kept.clone() };
    let (found, effort) = judge("k", &kept, &encrypted, buckets(Level::Checksum));
    assert_eq!(found, Verdict::Match { level: Level::Checksum });
    assert_eq!(effort.reads(), 1);
    let none = verdict(&Stored { salt: 2, ..encrypted.clone() }, &encrypted, Level::Checksum);
    assert_eq!(none, doubt(Level::Checksum, Doubt::NoChecksum));
}

#[rstest]
#[case(Doubt::AccessDenied)]
#[case(Doubt::KmsDenied)]
#[case(Doubt::Changed)]
#[case(Doubt::ReadFailed)]
fn a_refusal_is_told_as_it_is(#[case] reason: Doubt) {
    let refusing = Stored { refuses: Some(reason), ..single(b"ab") };
    for level in [Level::Etag, Level::Bytes] {
        assert_eq!(verdict(&single(b"cd"), &refusing, level), doubt(Level::Etag, reason));
    }
}

#[test]
fn an_archived_side_is_compared_through_the_other_one_where_that_is_possible() {
    let archived = Stored { archived: true, ..parted(b"abcdef", &[4]) };
    let expected = Verdict::Match { level: Level::MultipartEtag };
    assert_eq!(verdict(&archived, &single(b"abcdef"), Level::Bytes), expected);
    assert_eq!(verdict(&single(b"abcdef"), &archived, Level::Bytes), expected);
    let opaque = Stored { encryption: Encryption::Kms, ..archived };
    let found = verdict(&opaque, &single(b"abcdef"), Level::MultipartEtag);
    assert_eq!(found, doubt(Level::MultipartEtag, Doubt::Archived));
}

#[test]
fn what_was_written_after_it_was_listed_is_not_judged() {
    let (before, now) = (single(b"ab"), single(b"xy"));
    let listed = (single(b"cd").listed("k"), before.listed("k"));
    let (found, _) = judge_listed(listed.0, listed.1, &single(b"cd"), &now, buckets(Level::Bytes));
    assert_eq!(found, doubt(Level::Etag, Doubt::Changed));
}

#[test]
fn a_listing_without_etags_is_helped_by_looking() {
    let silent = |stored: Stored| Stored { listed_etag: false, ..stored };
    let (one, other) = (silent(single(b"ab")), silent(single(b"ab")));
    assert_eq!(verdict(&one, &other, Level::Etag), doubt(Level::Etag, Doubt::NoEtag));
    let expected = Verdict::Match { level: Level::Etag };
    assert_eq!(verdict(&one, &other, Level::MultipartEtag), expected);
}

/// A ledger that vouches for a copy, and the bucket that has it now.
fn against_ledger(recorded: Object, now: &Stored, level: Level) -> Verdict {
    let terms = Terms { level, source: Witness::Ledger, destination: Witness::Bucket };
    let (verdict, effort) = judge_listed(recorded, now.listed("k"), now, now, terms);
    let asks_ledger = |step: &Step| match step {
        Step::Look(sides) => sides.contains(&Side::Source),
        Step::FindPartSizes { side, .. }
        | Step::ConfirmParts { side, .. }
        | Step::ReadOne { side, .. } => *side == Side::Source,
        Step::ReadBoth => true,
        Step::Verdict(_) => false,
    };
    assert!(!effort.steps.iter().any(asks_ledger), "{effort:?}");
    verdict
}

#[test]
fn the_ledger_vouches_for_the_etag_it_recorded() {
    let copy = parted(b"abcdef", &[2, 2]);
    let expected = Verdict::Match { level: Level::Etag };
    assert_eq!(against_ledger(copy.listed("k"), &copy, Level::Etag), expected);
}

#[test]
fn another_etag_than_the_ledgers_needs_more_than_etags() {
    let recorded = single(b"abcdef").listed("k");
    let rewritten = parted(b"abcdef", &[3]);
    let found = against_ledger(recorded.clone(), &rewritten, Level::Etag);
    assert_eq!(found, doubt(Level::Etag, Doubt::MultipartEtag));
    let found = against_ledger(recorded.clone(), &rewritten, Level::MultipartEtag);
    assert_eq!(found, Verdict::Match { level: Level::MultipartEtag });
    let found = against_ledger(recorded.clone(), &single(b"abcdeX"), Level::Etag);
    assert_eq!(found, doubt(Level::Etag, Doubt::OpaqueEtag));
    let found = against_ledger(recorded, &single(b"abcdeX"), Level::Bytes);
    assert_eq!(found, doubt(Level::Bytes, Doubt::NoChecksum));
}

#[test]
fn the_ledgers_checksum_shows_a_difference() {
    let checksum = Checksum { algorithm: "SHA256".to_owned(), value: "recorded".to_owned() };
    let recorded = Object { checksum: Some(checksum), ..single(b"abcdef").listed("k") };
    let found = against_ledger(recorded, &single(b"abcdeX"), Level::Checksum);
    assert_eq!(found, Verdict::ContentDiffers { level: Level::Checksum });
}

#[test]
fn a_service_with_its_own_etags_raises_no_alarm() {
    let terms =
        Terms { level: Level::Etag, source: Witness::OpaqueBucket, destination: Witness::Bucket };
    let (found, _) = judge("k", &single(b"ab"), &single(b"cd"), terms);
    assert_eq!(found, doubt(Level::Etag, Doubt::OpaqueEtag));
}

fn uploads() -> impl Strategy<Value = Upload> {
    prop_oneof![
        Just(Upload::Single),
        (1_usize..6).prop_map(|size| Upload::Parts(vec![size; 20])),
        prop::collection::vec(1_usize..4, 0..5).prop_map(Upload::Parts),
    ]
}

fn doubts() -> impl Strategy<Value = Option<Doubt>> {
    prop_oneof![
        8 => Just(None),
        1 => Just(Some(Doubt::AccessDenied)),
        1 => Just(Some(Doubt::Changed)),
    ]
}

fn stored() -> impl Strategy<Value = Stored> {
    let encryption = prop_oneof![4 => Just(Encryption::Transparent), 1 => Just(Encryption::Kms)];
    let flags =
        (any::<bool>(), prop::bool::weighted(0.2), prop::bool::weighted(0.8), any::<bool>());
    // Few bytes of few values, so that many pairs are equal and many more differ in little.
    let bytes = prop::collection::vec(0_u8..2, 0..4).prop_map(|bytes| bytes.repeat(3));
    (bytes, uploads(), encryption, flags, doubts()).prop_map(
        |(bytes, upload, encryption, (checksum, archived, listed_etag, tells_parts), refuses)| {
            let stored = Stored::new(bytes, upload);
            Stored { encryption, checksum, archived, refuses, listed_etag, tells_parts, ..stored }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_verdict_is_never_wrong(
        source in stored(),
        destination in stored(),
        same_bytes in any::<bool>(),
        level in prop::sample::select(&Level::ALL[..]),
    ) {
        let mut destination = Stored { salt: 1, ..destination };
        if same_bytes {
            destination.bytes.clone_from(&source.bytes);
        }
        let (verdict, effort) = judge("k", &source, &destination, buckets(level));
        let equal = source.bytes == destination.bytes;
        let same_size = source.bytes.len() == destination.bytes.len();
        match verdict {
            Verdict::SizeDiffers => prop_assert!(!same_size),
            Verdict::Match { level: by } => {
                prop_assert!(by <= level);
                prop_assert!(if by == Level::Size { same_size } else { equal }, "{effort:?}");
            }
            Verdict::ContentDiffers { level: by } => {
                prop_assert!(by <= level);
                prop_assert!(same_size && !equal, "{effort:?}");
            }
            Verdict::NotVerifiable { level: reached, .. } => {
                prop_assert!(reached <= level && same_size);
                let readable = |stored: &Stored| !stored.archived && stored.refuses.is_none();
                let hopeful = level == Level::Bytes && readable(&source) && readable(&destination);
                prop_assert!(!hopeful, "everything could be read: {effort:?}");
            }
            Verdict::Missing | Verdict::Extra => panic!("both sides have it"),
        }
        if level <= Level::Etag {
            prop_assert_eq!(effort.reads(), 0);
        }
    }
}
