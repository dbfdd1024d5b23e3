//! How equal ranges become, and what they cost.

use rstest::rstest;

use super::super::test_support::FakeBucket;
use super::*;

/// Keys in order.
struct Sorted(Vec<String>);

#[async_trait]
impl Namespace for Sorted {
    async fn keys_after(
        &self,
        after: &str,
        max: i32,
    ) -> Result<(Vec<String>, bool), InventoryError> {
        let rest = &self.0[self.0.partition_point(|key| key.as_str() <= after)..];
        let shown = &rest[..usize::try_from(max).unwrap().min(rest.len())];
        Ok((shown.to_vec(), shown.len() < rest.len()))
    }
}

/// How many keys each range has.
fn sizes(keys: &[String], ranges: &[KeyRange]) -> Vec<usize> {
    let up_to = |bound: &str| keys.partition_point(|key| key.as_str() <= bound);
    let size = |range: &KeyRange| {
        range.until.as_deref().map_or(keys.len(), up_to) - range.after.as_deref().map_or(0, up_to)
    };
    ranges.iter().map(size).collect()
}

fn covers(ranges: &[KeyRange], whole: &KeyRange) -> bool {
    ranges.first().map(|range| &range.after) == Some(&whole.after)
        && ranges.last().map(|range| &range.until) == Some(&whole.until)
        && ranges.windows(2).all(|pair| pair[0].until == pair[1].after && pair[0].until.is_some())
}

const COUNT: u64 = 100_000;

fn scattered(number: u64) -> u64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn base62(number: u64) -> String {
    let letters = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let digits = (0..10).scan(scattered(number) >> 1, |left, _| {
        let digit = usize::try_from(*left % 62).unwrap();
        *left /= 62;
        Some(char::from(letters[digit]))
    });
    digits.collect()
}

#[rstest]
#[case::numbered(|n| format!("export/batch/{n:09}.pdf"))]
#[case::in_one_deep_folder(|n| format!("{}{n:07}.pdf", "a folder name/".repeat(60)))]
#[case::hexadecimal(|n| format!("{:016x}", scattered(n)))]
#[case::random_names(|n| format!("001{}/file.pdf", base62(n)))]
#[case::accounts(|n| format!("uploads/001{:012}AAA/Acme_Inc/{:06}.pdf", n / 40, n % 40))]
#[case::two_folders(|n| if n < 3 { format!("big/{n:08}") } else { format!("in/{n:08}") })]
#[case::dates(|n| format!("logs/2026/{:02}/{:02}/{:02}/{:04}.gz", 1 + n / 9_000, 1 + n / 300 % 28, n / 13 % 24, n))]
#[tokio::test]
async fn eight_workers_with_thirty_two_ranges_have_about_as_much_to_do(
    #[case] key: fn(u64) -> String,
) {
    let mut keys: Vec<String> = (0..COUNT).map(key).collect();
    keys.sort_unstable();
    keys.dedup();
    let namespace = Sorted(keys);
    let (ranges, requests) = split_keys(&namespace, KeyRange::ALL, 32).await.unwrap();
    assert!(covers(&ranges, &KeyRange::ALL), "{ranges:?}");
    let sizes = sizes(&namespace.0, &ranges);
    let mut workers = [0; 8];
    for size in &sizes {
        *workers.iter_mut().min().unwrap() += size;
    }
    let busiest = workers.iter().max().unwrap() * 100 / namespace.0.len();
    assert!(busiest <= 25, "{busiest} % of the keys with one worker: {sizes:?}");
    assert!(requests <= 100, "{requests}");
}

#[rstest]
#[case::half_in_one_folder(|n| {
    let account = if n < COUNT / 2 { 7 } else { n % 3_000 };
    format!("0018{account:011}AAA/Acme/{n:06}.pdf")
})]
#[case::many_letters(|n| {
    format!("데이터/{}{n:06}", char::from_u32(0xAC00 + u32::try_from(n % 1_000).unwrap()).unwrap())
})]
#[tokio::test]
async fn where_estimates_are_wrong_everything_is_covered_nevertheless(
    #[case] key: fn(u64) -> String,
) {
    let mut keys: Vec<String> = (0..COUNT).map(key).collect();
    keys.sort_unstable();
    let namespace = Sorted(keys);
    let (ranges, _) = split_keys(&namespace, KeyRange::ALL, 32).await.unwrap();
    assert!(covers(&ranges, &KeyRange::ALL), "{ranges:?}");
    let sizes = sizes(&namespace.0, &ranges);
    assert!(sizes.len() > 8, "{sizes:?}");
}

#[tokio::test]
async fn a_part_of_a_place_is_cut_within_its_ends() {
    let namespace = Sorted((0..COUNT).map(|n| format!("{n:06}")).collect());
    let whole = KeyRange { after: Some("020000".to_owned()), until: Some("03x".to_owned()) };
    let (ranges, _) = split_keys(&namespace, whole.clone(), 4).await.unwrap();
    assert!(covers(&ranges, &whole), "{ranges:?}");
    let sizes = sizes(&namespace.0, &ranges);
    assert!(sizes.len() == 4 && sizes.iter().all(|size| *size > 1_000), "{sizes:?}");
}

#[rstest]
#[case::nothing(0, 8, 1)]
#[case::one_page(1_000, 8, 1)]
#[case::one_range(5_000, 1, 0)]
#[tokio::test]
async fn what_is_not_worth_it_is_not_cut(
    #[case] count: u64,
    #[case] wanted: usize,
    #[case] expected: usize,
) {
    let namespace = Sorted((0..count).map(|n| format!("{n:06}")).collect());
    let (ranges, requests) = split_keys(&namespace, KeyRange::ALL, wanted).await.unwrap();
    assert_eq!((ranges, requests), (vec![KeyRange::ALL], expected));
}

#[tokio::test]
async fn a_bucket_is_cut_whatever_characters_its_keys_have() {
    let keys: Vec<String> = (0..6_000).map(|n| format!("\u{1}\n+ %/{n:06}.pdf")).collect();
    let bucket = FakeBucket::start("b", keys.iter().map(|key| format!("p/{key}"))).await;
    let (ranges, requests) = split(&bucket.place("p/"), KeyRange::ALL, 4).await.unwrap();
    assert_eq!(bucket.log().len(), requests);
    assert!(covers(&ranges, &KeyRange::ALL), "{ranges:?}");
    let sizes = sizes(&keys, &ranges);
    assert!(sizes.len() == 4 && sizes.iter().all(|size| *size <= 3_000), "{sizes:?}");
}
