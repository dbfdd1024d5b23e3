//! The one line of each difference.
//!
//! How the AWS command line reads its options decides how a key has to be written:
//!
//! - A value that begins with `-` is taken for an option, and one that begins with `file://`, `fileb://`, `http://` or
//!   `https://` is replaced by what that address holds
//!   (<https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters-file.html>). Inside `--cli-input-json` neither
//!   is. That option has to be a word of its own: with `=` the command line still asks for `--key`. `get-object` does not
//!   have it; `--key=KEY` settles the `-`, and `aws s3 cp`, whose URIs begin with `s3://`, settles the addresses.
//! - `--copy-source` is percent-encoded by the command line itself, except for a version at its end. An encoded value would be
//!   encoded twice and name another object; a key that looks like a version cannot be told from one.

use drayage_domain::reconcile::{Difference, Place};

use super::named;
use crate::shell::{can_be_an_argument, quote};

/// The largest object that one `CopyObject` or `PutObject` takes, in bytes
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html>).
const ONE_REQUEST_BYTES_MAX: u64 = 5 << 30;

/// Beginnings that make the command line read an address instead of taking the value as it is.
const ADDRESSES: [&str; 4] = ["file://", "fileb://", "http://", "https://"];

/// What begins a version at the end of `--copy-source`.
const VERSION: &str = "?versionId=";

/// How objects get from the source to the destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// Inside one service.
    Inside {
        /// The source's prefix.
        prefix: String,
        /// The bucket is an access point, which names its objects in another way.
        access_point: bool,
    },
    /// Through a file on the machine that runs the script, because the services do not know each other.
    ThroughFile {
        /// The source's prefix.
        prefix: String,
    },
    /// Not by a script: the source is the ledger.
    Ledger,
}

/// What commands need to know of the places.
#[derive(Debug, Clone)]
pub(super) struct Places {
    pub(super) way: Way,
    /// The destination's prefix, or `None` if the destination is no bucket.
    pub(super) destination: Option<String>,
}

impl Places {
    pub(super) fn of(source: &Place, destination: &Place) -> Self {
        let prefix = source.prefix.clone();
        let way = match &source.bucket {
            None => Way::Ledger,
            Some(_) if source.endpoint != destination.endpoint => Way::ThroughFile { prefix },
            Some(bucket) => Way::Inside { prefix, access_point: bucket.starts_with("arn:") },
        };
        Self { way, destination: destination.bucket.as_ref().map(|_| destination.prefix.clone()) }
    }

    /// Copies the object, over what is in the destination.
    pub(super) fn copy(&self, difference: &Difference) -> String {
        let Some(to) = &self.destination else {
            return by_hand(difference, "the destination is no bucket");
        };
        let (from, inside) = match &self.way {
            Way::Ledger => return ledger(difference),
            Way::Inside { prefix, .. } => (prefix, true),
            Way::ThroughFile { prefix } => (prefix, false),
        };
        let Some(seen) = &difference.source else {
            return by_hand(difference, "the report does not know the source's object");
        };
        let (from, to) = (format!("{from}{}", difference.key), format!("{to}{}", difference.key));
        if let Some(reason) = unsayable(&from).or_else(|| unsayable(&to)) {
            return by_hand(difference, reason);
        }
        let through_file = !inside || from.contains(VERSION);
        if seen.size_bytes > ONE_REQUEST_BYTES_MAX || (through_file && is_address(&from)) {
            if from.ends_with('/') || to.ends_with('/') {
                return by_hand(
                    difference,
                    "`aws s3 cp` takes a key that ends with / for a folder",
                );
            }
            return in_parts(&from, &to, inside);
        }
        let etag = seen.etag.as_deref().filter(|etag| can_be_an_argument(etag));
        if !through_file {
            return self.copy_object(&from, &to, etag);
        }
        let condition = etag.map(|etag| format!(" --if-match={}", quoted_etag(etag)));
        format!(
            "try copy_through_file {} {}{}",
            quote(&from),
            key_option(&to),
            condition.unwrap_or_default()
        )
    }

    fn copy_object(&self, from: &str, to: &str, etag: Option<&str>) -> String {
        let access_point = matches!(&self.way, Way::Inside { access_point: true, .. });
        let between = if access_point { "/object/" } else { "/" };
        let condition = etag.map(|etag| format!(" --copy-source-if-match {}", quoted_etag(etag)));
        format!(
            "try destination_aws s3api copy-object --bucket \"$DESTINATION_BUCKET\" {} --copy-source \"$SOURCE_BUCKET{between}\"{}{}",
            key_option(to),
            quote(from),
            condition.unwrap_or_default()
        )
    }

    /// Deletes the object, once somebody has taken the mark away.
    pub(super) fn delete(&self, difference: &Difference) -> String {
        let Some(prefix) = &self.destination else {
            return by_hand(difference, "the destination is no bucket");
        };
        let key = format!("{prefix}{}", difference.key);
        if let Some(reason) = unsayable(&key) {
            return by_hand(difference, reason);
        }
        format!(
            "#delete try destination_aws s3api delete-object --bucket \"$DESTINATION_BUCKET\" {}",
            key_option(&key)
        )
    }
}

/// A comment about what cannot be verified.
pub(super) fn review(difference: &Difference) -> String {
    format!(
        "#review {} {}: {}",
        difference.verdict.label(),
        named(difference),
        difference.recommendation()
    )
}

fn by_hand(difference: &Difference, reason: &str) -> String {
    format!("#by-hand {} {}: {reason}", difference.verdict.label(), named(difference))
}

fn ledger(difference: &Difference) -> String {
    let of = |name: &str, id: &Option<String>| {
        id.as_deref().map(|id| format!(" {name} {}", quote(id))).unwrap_or_default()
    };
    format!(
        "#retry {} {}{}{}",
        difference.verdict.label(),
        named(difference),
        of("record", &difference.record_id),
        of("account", &difference.account_id)
    )
}

/// `aws s3 cp` copies objects of any size, in parts where it has to. It knows no condition on the `ETag`.
fn in_parts(from: &str, to: &str, inside: bool) -> String {
    let command = if inside {
        "try destination_aws s3 cp --no-progress"
    } else {
        "try copy_in_parts_through_file"
    };
    format!(
        "{command} \"s3://$SOURCE_BUCKET/\"{} \"s3://$DESTINATION_BUCKET/\"{}",
        quote(from),
        quote(to)
    )
}

/// Why no command can name the key.
fn unsayable(key: &str) -> Option<&'static str> {
    if key.is_empty() {
        Some("the key is empty")
    } else if can_be_an_argument(key) {
        None
    } else {
        Some("a key with a NUL cannot be given on a command line")
    }
}

/// Whether the command line would read `key` as an address.
fn is_address(key: &str) -> bool {
    let lower = key.get(..8).unwrap_or(key).to_ascii_lowercase();
    ADDRESSES.iter().any(|address| lower.starts_with(address))
}

/// The option that names the key: two words.
fn key_option(key: &str) -> String {
    if key.starts_with('-') || is_address(key) {
        let input = serde_json::json!({ "Key": key }).to_string();
        format!("--cli-input-json {}", quote(&input))
    } else {
        format!("--key {}", quote(key))
    }
}

/// An `ETag` as HTTP writes it.
fn quoted_etag(etag: &str) -> String {
    quote(&format!("\"{etag}\""))
}
