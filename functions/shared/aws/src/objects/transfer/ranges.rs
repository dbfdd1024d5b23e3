//! How a large file is divided into parts.

use super::PART_SIZE_MIN_BYTES;

/// Most parts of a multipart upload
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>).
const PARTS_MAX: u64 = 10_000;
/// Largest part, in bytes.
const PART_SIZE_MAX_BYTES: u64 = 5 * 1024 * 1024 * 1024;
/// Part sizes are multiples of this, so that people can recompute multipart `ETag`s with common tools.
const MEBIBYTE: u64 = 1024 * 1024;

/// Largest object that one `CopyObject` copies, in bytes.
pub(super) const SINGLE_COPY_MAX_BYTES: u64 = 5 * 1024 * 1024 * 1024;
/// Preferred part size of a copy inside S3, in bytes: nothing passes through memory, so parts can be large.
pub(super) const COPY_PART_SIZE_BYTES: u64 = 256 * MEBIBYTE;

/// The part size for a file of at most `size_bytes`: `preferred`, or the next multiple of 1 MiB with which 10,000
/// parts are enough.
pub(super) fn part_size(size_bytes: u64, preferred: u64) -> u64 {
    let needed = size_bytes.div_ceil(PARTS_MAX).div_ceil(MEBIBYTE) * MEBIBYTE;
    preferred.max(PART_SIZE_MIN_BYTES).max(needed).min(PART_SIZE_MAX_BYTES)
}

/// The `bytes=first-last` ranges of all parts, in order.
pub(super) fn ranges(size_bytes: u64, part_size_bytes: u64) -> impl Iterator<Item = String> {
    let step = part_size_bytes.max(1);
    (0..size_bytes.div_ceil(step)).map(move |part| {
        let first = part * step;
        let last = (first + step).min(size_bytes) - 1;
        format!("bytes={first}-{last}")
    })
}

/// The length of the part with that number, from 1; `None` when the file has no such part.
pub(super) fn part_length(number: i32, size_bytes: u64, part_size_bytes: u64) -> Option<u64> {
    let before = u64::try_from(number).ok()?.checked_sub(1)?.checked_mul(part_size_bytes)?;
    let left = size_bytes.checked_sub(before).filter(|left| *left > 0)?;
    Some(left.min(part_size_bytes))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const GIBIBYTE: u64 = 1024 * MEBIBYTE;

    #[rstest]
    #[case::small(10 * MEBIBYTE, 8 * MEBIBYTE, 8 * MEBIBYTE)]
    #[case::below_the_minimum(10 * MEBIBYTE, 1, 5 * MEBIBYTE)]
    #[case::exactly_ten_thousand(10_000 * 8 * MEBIBYTE, 8 * MEBIBYTE, 8 * MEBIBYTE)]
    #[case::one_byte_more(10_000 * 8 * MEBIBYTE + 1, 8 * MEBIBYTE, 9 * MEBIBYTE)]
    #[case::largest_object(48_828 * GIBIBYTE, 8 * MEBIBYTE, 5_000 * MEBIBYTE)]
    fn ten_thousand_parts_are_enough(
        #[case] size: u64,
        #[case] preferred: u64,
        #[case] expected: u64,
    ) {
        assert_eq!(part_size(size, preferred), expected);
        assert!(size.div_ceil(expected) <= PARTS_MAX);
    }

    #[rstest]
    #[case(10, 4, &["bytes=0-3", "bytes=4-7", "bytes=8-9"])]
    #[case(8, 4, &["bytes=0-3", "bytes=4-7"])]
    #[case(1, 4, &["bytes=0-0"])]
    #[case(0, 4, &[])]
    fn ranges_cover_every_byte_once(
        #[case] size: u64,
        #[case] part: u64,
        #[case] expected: &[&str],
    ) {
        assert_eq!(ranges(size, part).collect::<Vec<_>>(), expected);
    }

    #[rstest]
    #[case(1, Some(4))]
    #[case(3, Some(2))]
    #[case(4, None)]
    #[case(0, None)]
    #[case(-1, None)]
    fn a_part_has_a_length(#[case] number: i32, #[case] expected: Option<u64>) {
        assert_eq!(part_length(number, 10, 4), expected);
        assert_eq!(part_length(3, 8, 4), None, "no empty part at the end");
    }

    #[test]
    fn six_gibibytes_are_copied_in_twenty_four_parts() {
        let size = 6 * GIBIBYTE;
        let ranges: Vec<_> = ranges(size, part_size(size, COPY_PART_SIZE_BYTES)).collect();
        assert_eq!(ranges.len(), 24);
        assert_eq!(ranges.last().unwrap(), "bytes=6174015488-6442450943");
    }
}
