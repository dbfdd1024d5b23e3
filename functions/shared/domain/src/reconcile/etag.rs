//! `ETag`s as S3 makes them: what they are digests of, and how to compute them again.
//!
//! An object that was put in one piece, unencrypted or under SSE-S3, has the MD5 of its bytes. One that was uploaded in parts
//! has the MD5 of its parts' MD5s, followed by their number; one byte sequence has as many of these as there are ways to
//! cut it (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html>).

use md5::{Digest, Md5};

/// 1 MiB in bytes, which most uploaders count part sizes in.
const MIB: u64 = 1 << 20;
/// 1 MB in bytes, which some do.
const MB: u64 = 1_000_000;

/// Part sizes that uploaders use, counted in MiB or in MB: 8 is the default of the AWS command line and of boto3, 5 that of
/// rclone, 15 that of s3cmd, 16 that of the `MinIO` client; the others are what people set.
const USUAL_PART_SIZES: [u64; 33] = [
    5, 6, 7, 8, 9, 10, 12, 15, 16, 17, 20, 24, 25, 30, 32, 40, 48, 50, 60, 64, 80, 96, 100, 120,
    128, 150, 200, 250, 256, 500, 512, 1000, 1024,
];

/// Part sizes that are tried for one object at most: each of them costs an MD5 over all of its bytes.
pub const CANDIDATES_MAX: usize = 16;

/// What an `ETag` looks like. Whether it is a digest at all depends on how the object is encrypted, which it does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// 32 hex digits: the MD5 of an object that was put in one piece.
    Single([u8; 16]),
    /// 32 hex digits and a number of parts.
    Multipart {
        /// The MD5 of the parts' MD5s.
        digest: [u8; 16],
        /// How many parts.
        parts: u64,
    },
    /// Anything else.
    Opaque,
}

impl Shape {
    /// The shape of an `ETag`, with or without its quotes.
    pub fn of(etag: &str) -> Self {
        let etag = etag.trim_matches('"');
        match etag.split_once('-') {
            None => md5_of_hex(etag).map_or(Self::Opaque, Self::Single),
            Some((hex, parts)) => match (md5_of_hex(hex), part_count(parts)) {
                (Some(digest), Some(parts)) => Self::Multipart { digest, parts },
                (Some(_) | None, _) => Self::Opaque,
            },
        }
    }
}

fn md5_of_hex(text: &str) -> Option<[u8; 16]> {
    let mut digest = [0; 16];
    hex::decode_to_slice(text, &mut digest).ok()?;
    Some(digest)
}

fn part_count(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    plain.then(|| text.parse().ok()).flatten()
}

/// Whether two `ETag`s vouch for the same bytes, given equal sizes. Hex digits of either case are the same; a weak `ETag`
/// vouches for nothing (<https://www.rfc-editor.org/rfc/rfc9110#section-8.8.1>).
pub fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim_matches('"'), other.trim_matches('"'));
    if one == other {
        // Nearly always. What has the shape of a digest is neither empty nor weak.
        return !one.is_empty() && !one.starts_with("W/");
    }
    match (Shape::of(one), Shape::of(other)) {
        (Shape::Opaque, Shape::Opaque) => false,
        (one, other) => one == other,
    }
}

/// Whether `parts` parts of that size, of which only the last may be smaller, make `size_bytes` bytes.
pub const fn parts_fit(size_bytes: u64, part_size_bytes: u64, parts: u64) -> bool {
    part_size_bytes > 0 && size_bytes.div_ceil(part_size_bytes) == parts
}

/// The part sizes by which an object of that size may have been cut into so many parts, the usual ones first; at most
/// [`CANDIDATES_MAX`].
pub fn plausible_part_sizes(size_bytes: u64, parts: u64) -> Vec<u64> {
    if parts <= 1 {
        return if parts == 1 && size_bytes > 0 { vec![size_bytes] } else { Vec::new() };
    }
    let least = size_bytes.div_ceil(parts);
    let usual = |unit: u64| USUAL_PART_SIZES.into_iter().map(move |count| count * unit);
    let derived = [least, least.next_multiple_of(MIB), least.next_multiple_of(MB)];
    let mut sizes: Vec<u64> = Vec::new();
    for size in usual(MIB).chain(derived).chain(usual(MB)) {
        if parts_fit(size_bytes, size, parts) && !sizes.contains(&size) {
            sizes.push(size);
        }
    }
    sizes.truncate(CANDIDATES_MAX);
    sizes
}

/// The multipart `ETag` of parts with these MD5s, without quotes.
pub fn of_parts<'a>(part_digests: impl IntoIterator<Item = &'a [u8; 16]>) -> String {
    let mut outer = Md5::new();
    let mut parts = 0_u64;
    for digest in part_digests {
        outer.update(digest);
        parts += 1;
    }
    format!("{}-{parts}", hex::encode(outer.finalize()))
}

/// One way to cut the bytes, while they pass.
#[derive(Debug, Clone)]
struct Layout {
    part_size_bytes: u64,
    part: Md5,
    filled: u64,
    outer: Md5,
    parts: u64,
}

impl Layout {
    fn new(part_size_bytes: u64) -> Self {
        Self { part_size_bytes, part: Md5::new(), filled: 0, outer: Md5::new(), parts: 0 }
    }

    fn update(&mut self, mut chunk: &[u8]) {
        while !chunk.is_empty() {
            let room = usize::try_from(self.part_size_bytes - self.filled).unwrap_or(usize::MAX);
            let (now, later) = chunk.split_at(room.min(chunk.len()));
            self.part.update(now);
            self.filled += now.len() as u64;
            if self.filled == self.part_size_bytes {
                self.close_part();
            }
            chunk = later;
        }
    }

    fn close_part(&mut self) {
        self.outer.update(self.part.finalize_reset());
        self.filled = 0;
        self.parts += 1;
    }

    fn finish(mut self) -> PartedEtag {
        // An upload has one part at least, so that of no bytes is one empty part.
        if self.filled > 0 || self.parts == 0 {
            self.close_part();
        }
        PartedEtag {
            part_size_bytes: self.part_size_bytes,
            etag: format!("{}-{}", hex::encode(self.outer.finalize()), self.parts),
        }
    }
}

/// The `ETag` that bytes would have if they were uploaded in parts of one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartedEtag {
    /// Size of every part but the last, in bytes.
    pub part_size_bytes: u64,
    /// The `ETag`, without quotes.
    pub etag: String,
}

/// The `ETag`s that bytes would have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Etags {
    /// How many bytes there are.
    pub size_bytes: u64,
    /// Their MD5 in hex: the `ETag` of an object that is put in one piece.
    pub single: String,
    /// One for each part size that was asked for.
    pub parted: Vec<PartedEtag>,
}

/// Computes the `ETag`s of bytes that pass once, for several part sizes at the same time. Its memory does not depend on the
/// number of bytes.
#[derive(Debug, Clone)]
pub struct PartedDigest {
    size_bytes: u64,
    whole: Md5,
    layouts: Vec<Layout>,
}

impl PartedDigest {
    /// For these part sizes in bytes; 0 is none and left out.
    pub fn new(part_sizes: &[u64]) -> Self {
        let sizes = part_sizes.iter().copied().filter(|size| *size > 0);
        Self { size_bytes: 0, whole: Md5::new(), layouts: sizes.map(Layout::new).collect() }
    }

    /// Takes in the next bytes, in order.
    pub fn update(&mut self, chunk: &[u8]) {
        self.size_bytes += chunk.len() as u64;
        self.whole.update(chunk);
        for layout in &mut self.layouts {
            layout.update(chunk);
        }
    }

    /// All bytes have passed.
    pub fn finish(self) -> Etags {
        Etags {
            size_bytes: self.size_bytes,
            single: hex::encode(self.whole.finalize()),
            parted: self.layouts.into_iter().map(Layout::finish).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    const EMPTY: &str = "d41d8cd98f00b204e9800998ecf8427e";

    #[rstest]
    #[case::single("d41d8cd98f00b204e9800998ecf8427e", true)]
    #[case::quoted("\"d41d8cd98f00b204e9800998ecf8427e\"", true)]
    #[case::upper_case("D41D8CD98F00B204E9800998ECF8427E", true)]
    #[case::too_short("d41d8cd98f00b204e9800998ecf8427", false)]
    #[case::not_hex("x41d8cd98f00b204e9800998ecf8427e", false)]
    #[case::weak("W/\"d41d8cd98f00b204e9800998ecf8427e\"", false)]
    #[case::empty("", false)]
    fn a_single_etag_is_an_md5(#[case] etag: &str, #[case] single: bool) {
        assert_eq!(matches!(Shape::of(etag), Shape::Single(_)), single);
    }

    #[rstest]
    #[case("2", Some(2))]
    #[case("10000", Some(10_000))]
    #[case("0", None)]
    #[case("02", None)]
    #[case("+2", None)]
    #[case("", None)]
    #[case("2-3", None)]
    #[case("99999999999999999999", None)]
    fn a_multipart_etag_ends_in_the_number_of_parts(
        #[case] suffix: &str,
        #[case] expected: Option<u64>,
    ) {
        let parts = match Shape::of(&format!("{EMPTY}-{suffix}")) {
            Shape::Multipart { parts, .. } => Some(parts),
            Shape::Single(_) | Shape::Opaque => None,
        };
        assert_eq!(parts, expected);
    }

    #[rstest]
    #[case(EMPTY, "\"D41D8CD98F00B204E9800998ECF8427E\"", true)]
    #[case("abc", "abc", true)]
    #[case("abc", "ABC", false)]
    #[case("", "", false)]
    #[case("W/\"abc\"", "W/\"abc\"", false)]
    #[case(EMPTY, "d41d8cd98f00b204e9800998ecf8427e-1", false)]
    #[case("d41d8cd98f00b204e9800998ecf8427e-2", "d41d8cd98f00b204e9800998ecf8427e-3", false)]
    fn equal_etags_vouch_for_equal_bytes(
        #[case] one: &str,
        #[case] other: &str,
        #[case] expected: bool,
    ) {
        assert_eq!(same(one, other), expected);
    }

    #[test]
    fn the_multipart_etag_is_the_md5_of_md5s() {
        // md5(md5("a") ++ md5("b")), computed with coreutils.
        let mut digest = PartedDigest::new(&[1, 0]);
        digest.update(b"ab");
        let etags = digest.finish();
        assert_eq!(etags.single, "187ef4436122d1cc2f40dc2b92f0eba0");
        assert_eq!(etags.parted.len(), 1);
        assert_eq!(etags.parted[0].etag, "96e024ba2074fe77e8e965ba43a704be-2");
        let parts = [Md5::digest(b"a").into(), Md5::digest(b"b").into()];
        assert_eq!(of_parts(&parts), etags.parted[0].etag);
    }

    #[test]
    fn no_bytes_are_one_empty_part() {
        let etags = PartedDigest::new(&[5]).finish();
        assert_eq!(etags.single, EMPTY);
        assert_eq!(etags.parted[0].etag, of_parts(&[Md5::digest(b"").into()]));
    }

    #[rstest]
    #[case::aws_cli(20 * MIB, 3, 8 * MIB)]
    #[case::decimal(20 * MB, 3, 8 * MB)]
    #[case::rclone(20 * MIB, 4, 5 * MIB)]
    #[case::halves(3 * MIB + 2, 2, 3 * MIB / 2 + 1)]
    #[case::raised_for_ten_thousand_parts(100_000 * MIB + 1, 9091, 11 * MIB)]
    #[case::one_part(7, 1, 7)]
    fn the_part_sizes_of_uploaders_are_found(
        #[case] size: u64,
        #[case] parts: u64,
        #[case] part_size: u64,
    ) {
        let sizes = plausible_part_sizes(size, parts);
        assert!(sizes.contains(&part_size), "{sizes:?}");
        assert!(sizes.iter().all(|part| parts_fit(size, *part, parts)));
    }

    #[test]
    fn impossible_numbers_of_parts_have_no_part_size() {
        assert_eq!(plausible_part_sizes(5, 0), [0; 0]);
        assert_eq!(plausible_part_sizes(5, 6), [0; 0]);
        assert_eq!(plausible_part_sizes(0, 2), [0; 0]);
    }

    proptest! {
        #[test]
        fn chunks_do_not_matter(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            cuts in prop::collection::vec(1_usize..50, 1..20),
            part_size in 1_u64..60,
        ) {
            let mut digest = PartedDigest::new(&[part_size, 7]);
            let mut rest = bytes.as_slice();
            for cut in cuts.iter().cycle() {
                let (now, later) = rest.split_at((*cut).min(rest.len()));
                digest.update(now);
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
            let etags = digest.finish();
            let part_size = usize::try_from(part_size).unwrap();
            let mut parts: Vec<[u8; 16]> =
                bytes.chunks(part_size).map(|part| Md5::digest(part).into()).collect();
            if parts.is_empty() {
                parts.push(Md5::digest([]).into());
            }
            prop_assert_eq!(&etags.parted[0].etag, &of_parts(&parts));
            prop_assert_eq!(&etags.single, &hex::encode(Md5::digest(&bytes)));
        }

        #[test]
        fn candidates_are_few_and_fit(size in 1_u64..(50 << 40), parts in 1_u64..10_001) {
            let sizes = plausible_part_sizes(size, parts);
            prop_assert!(sizes.len() <= CANDIDATES_MAX);
            prop_assert!(sizes.iter().all(|part| parts_fit(size, *part, parts)));
        }
    }
}
