//! The multipart trap: the same bytes under different `ETag`s, and among them one object that really differs.

use drayage_domain::reconcile::judge::Terms;
use drayage_domain::reconcile::{Category, Doubt, Level, Verdict};
use rstest::rstest;

use super::world::{Effort, Stored, Upload, buckets, judge};

const MIB: usize = 1 << 20;

/// Four objects of 20 MiB: put in one piece on the one side, in parts of `part_size` on the other, `o3` with other bytes.
fn compare(part_size: usize, parted_source: bool, terms: Terms) -> Vec<(String, Verdict, Effort)> {
    (0..4)
        .map(|number: u8| {
            let mut bytes: Vec<u8> = (0..251).map(|at| number.wrapping_mul(31) ^ at).collect();
            bytes = bytes.repeat(20 * MIB / 251 + 1);
            bytes.truncate(20 * MIB);
            let mut other = bytes.clone();
            if number == 3 {
                *other.last_mut().unwrap() ^= 1;
            }
            let single = Stored::new(bytes, Upload::Single);
            let parted = Stored::new(other, Upload::Parts(vec![part_size; 3]));
            let (source, destination) =
                if parted_source { (parted, single) } else { (single, parted) };
            let key = format!("o{number}");
            let (verdict, effort) = judge(&key, &source, &destination, terms);
            (key, verdict, effort)
        })
        .collect()
}

#[rstest]
#[case::destination_in_mib(8 * MIB, false, Level::MultipartEtag)]
#[case::destination_in_mb(8_000_000, false, Level::Bytes)]
#[case::source_in_mib(8 * MIB, true, Level::Bytes)]
#[case::source_in_mb(8_000_000, true, Level::MultipartEtag)]
fn only_the_object_with_other_bytes_differs(
    #[case] part_size: usize,
    #[case] parted_source: bool,
    #[case] level: Level,
) {
    for (key, verdict, effort) in compare(part_size, parted_source, buckets(level)) {
        let expected = if key == "o3" { Category::ContentDiffers } else { Category::Match };
        assert_eq!(verdict.category(), expected, "{key}: {effort:?}");
        assert_eq!(effort.reads(), 1, "{key}: {effort:?}");
    }
}

#[rstest]
#[case(false)]
#[case(true)]
fn etags_alone_tell_nothing_and_say_so(#[case] parted_source: bool) {
    for (key, verdict, effort) in compare(8 * MIB, parted_source, buckets(Level::Etag)) {
        let expected = Verdict::NotVerifiable { level: Level::Etag, reason: Doubt::MultipartEtag };
        assert_eq!(verdict, expected, "{key}");
        assert!(effort.steps.is_empty(), "{effort:?}");
    }
}
