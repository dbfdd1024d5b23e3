//! Names of accounts and files: mostly what offices write, some of what they should not.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Account names that break paths, keys, HTML, CSV or tables where they are not handled as data. The first is an
/// account without a name.
pub(super) const HOSTILE_ACCOUNTS: [&str; 19] = [
    "",
    "Acme, Inc.",
    "ACME, INC.",
    "acme, inc.",
    "../..",
    "株式会社サンプル",
    "Société Générale é",
    "Socie\u{301}te\u{301} Ge\u{301}ne\u{301}rale e\u{301}",
    "<script>alert(1)</script>",
    "شركة المثال \u{202e}gpj.exe",
    "O'Brien & \"Sons\" <Ltd>",
    "=HYPERLINK(\"http://example.com\")",
    "Line\tTab",
    "  padded  ",
    "100% Natural / Organic \\ Foods",
    "🚚 Haulage 🚢",
    "null",
    "CON",
    "Eighty characters exactly, counted and padded with dots until the limit is met..",
];

const FIRST: [&str; 24] = [
    "Borealis",
    "Cobalt",
    "Dunmore",
    "Ember",
    "Fairway",
    "Granite",
    "Halcyon",
    "Ironwood",
    "Juniper",
    "Kestrel",
    "Lakeside",
    "Meridian",
    "Northgate",
    "Orchard",
    "Pinnacle",
    "Quarry",
    "Redwood",
    "Sterling",
    "Tidewater",
    "Upland",
    "Vantage",
    "Westbrook",
    "Yarrow",
    "Zephyr",
];
const SECOND: [&str; 10] = [
    "Holdings",
    "Logistics",
    "Foods",
    "Energy",
    "Partners",
    "Systems",
    "Clinic",
    "Construction",
    "Insurance Group",
    "GmbH & Co. KG",
];
const DOCUMENTS: [&str; 14] = [
    "invoice",
    "Contract (signed)",
    "statement",
    "Proposal v2",
    "site survey",
    "Übersicht",
    "photo",
    "purchase_order",
    "W-9",
    "meeting notes",
    "Relevé de compte",
    "insurance+certificate",
    "scan",
    "price list",
];
/// Weighted by how often they occur in a document list.
const EXTENSIONS: [&str; 12] =
    ["pdf", "pdf", "pdf", "pdf", "docx", "docx", "xlsx", "xlsx", "png", "jpg", "csv", "txt"];

/// The name of account `index`.
pub(super) fn account(random: &mut ChaCha8Rng, index: usize) -> String {
    match HOSTILE_ACCOUNTS.get(index) {
        Some(name) => (*name).to_owned(),
        None => format!("{} {}", pick(random, &FIRST), pick(random, &SECOND)),
    }
}

/// A file name with an allowed extension.
pub(super) fn file(random: &mut ChaCha8Rng, number: usize) -> String {
    format!("{} {number:05}.{}", pick(random, &DOCUMENTS), pick(random, &EXTENSIONS))
}

/// One of `list`.
pub(super) fn pick<'l>(random: &mut ChaCha8Rng, list: &[&'l str]) -> &'l str {
    list.get(random.random_range(0..list.len())).copied().unwrap_or_default()
}
