//! A plain data set for the stand-alone simulator: accounts, and document entries with plausible addresses.

use std::fmt;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use super::error::SaveError;
use super::org::Org;

/// Entries per account, on average.
const ENTRIES_PER_ACCOUNT: usize = 10;

/// Size and seed of a data set; equal values give equal data.
#[derive(Debug, Clone)]
pub struct Seed {
    /// Seed of the random numbers.
    pub seed: u64,
    /// Number of document entries.
    pub entries: usize,
    /// Start of every document address, without a trailing slash.
    pub url_prefix: String,
}

const FIRST: [&str; 12] = [
    "Acme", "Borealis", "Cobalt", "Dunmore", "Ember", "Fairway", "Granite", "Halcyon", "Ironwood",
    "Juniper", "Kestrel", "Lakeside",
];
const SECOND: [&str; 8] =
    ["Holdings", "Logistics", "Foods", "Energy", "Partners", "Systems", "Clinic", "& Sons, Inc."];
const DOCUMENT: [&str; 8] =
    ["invoice", "contract", "statement", "proposal", "survey", "Übersicht", "photo", "signed form"];
const EXTENSION: [&str; 6] = ["pdf", "pdf", "docx", "xlsx", "jpg", "txt"];

/// Fills an org. About one entry in a hundred has no address, and one in fifty no account.
pub fn populate(org: &Org, plan: &Seed) -> Result<(), SaveError> {
    let mut random = ChaCha8Rng::seed_from_u64(plan.seed);
    let config = org.config();
    let accounts = (0..plan.entries.div_ceil(ENTRIES_PER_ACCOUNT))
        .map(|number| {
            let name =
                format!("{} {} {number}", pick(&mut random, &FIRST), pick(&mut random, &SECOND));
            org.insert("Account", json!({"Name": name}))
        })
        .collect::<Result<Vec<_>, _>>()?;
    for number in 0..plan.entries {
        let document = pick(&mut random, &DOCUMENT);
        let file = format!("{document}-{number:07}.{}", pick(&mut random, &EXTENSION));
        let url = Address {
            prefix: &plan.url_prefix,
            year: random.random_range(2015..2026),
            file: &file,
        };
        let has_url = random.random_range(0..100) > 0;
        let has_account = random.random_range(0..50) > 0;
        let account = accounts.get(random.random_range(0..accounts.len()));
        let mut fields = json!({"Name": format!("DOC-{number:07}")});
        if let Some(members) = fields.as_object_mut() {
            if has_url {
                members.insert(config.url_field.clone(), json!(url.to_string()));
            }
            if let (true, Some(account)) = (has_account, account) {
                members.insert(config.account_field.clone(), json!(account));
            }
        }
        org.insert(&config.object, fields)?;
    }
    Ok(())
}

fn pick<'l>(random: &mut ChaCha8Rng, list: &[&'l str]) -> &'l str {
    list.get(random.random_range(0..list.len())).copied().unwrap_or_default()
}

/// The address of a document, with its file name percent-encoded.
struct Address<'a> {
    prefix: &'a str,
    year: u16,
    file: &'a str,
}

impl fmt::Display for Address<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = percent_encoding::utf8_percent_encode(self.file, UNSAFE);
        write!(formatter, "{}/{}/{file}", self.prefix, self.year)
    }
}

/// Everything but letters, digits, `-`, `.`, `_` and `~`.
const UNSAFE: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
