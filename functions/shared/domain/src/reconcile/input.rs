//! What a person, a schedule or another run passes when starting a `reconcile` or `transfer` execution. `{}` compares the
//! ledger with the destination bucket and changes nothing; a transfer is a comparison of two buckets that copies what is missing.

mod check;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::filter::{FilterInput, Overwrite};
use super::level::Level;
use super::repair::{Extras, RepairRules, SourceRead};
use super::report::{BucketAccess, Place};
use crate::problem::Problem;
use crate::run::SourceAccess;
use crate::settings::Settings;

/// Rounds of comparing and fixing, unless said otherwise.
const ROUNDS_DEFAULT: u32 = 3;
/// What is not fixed in ten rounds needs a person.
const ROUNDS_MAX: u32 = 10;
/// Ranges that a bucket's keys are cut into, unless said otherwise.
const SHARDS_DEFAULT: u32 = 8;
/// What each shard's execution has come to goes into one state of the comparison, which takes 256 KiB: about 1.2 KB of one that fails.
const SHARDS_MAX: u32 = 128;

/// What a reconciliation is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// To know.
    #[default]
    Reconcile,
    /// To move a bucket: what is missing is expected.
    Transfer,
}

impl Purpose {
    /// The name of the state machine.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reconcile => "reconcile",
            Self::Transfer => "transfer",
        }
    }
}

/// A report of S3 Inventory (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InventoryReport {
    /// The bucket that S3 writes reports to.
    pub bucket: String,
    /// The key of the report's `manifest.json`.
    pub manifest: String,
}

/// A prefix of a bucket. Keys are compared relative to the prefix.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BucketPlace {
    /// The bucket; left out for a destination: the stack's destination bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// What every key begins with; empty for the whole bucket.
    #[serde(default)]
    pub prefix: String,
    /// How the bucket is reached. If left out: a source as the stack reaches its source, a destination with the stack's roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<BucketAccess>,
    /// A report to read instead of listing the bucket. Keys that are not in order are looked at again in the bucket; what
    /// only this side has got since the report was made is not seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventory: Option<InventoryReport>,
}

/// The input of a `reconcile` or `transfer` execution, checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "an input that people write, field by field")]
pub struct ReconcileInput {
    /// What it is for; the state machine sets it.
    #[serde(default)]
    pub purpose: Purpose,
    /// How far comparisons may go. If left out: `checksum` for the ledger, which has recorded one of every copy; `etag` for
    /// two buckets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Whether missing and differing files are copied again, and compared again after that.
    #[serde(default)]
    pub fix: bool,
    /// Compares once and tells what a fix would do.
    #[serde(default)]
    pub dry_run: bool,
    /// Comparisons at most; 3 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_rounds: Option<u32>,
    /// Whether objects that only the destination has are deleted, once everything of the source is there.
    #[serde(default)]
    pub delete_extra: bool,
    /// Deleting is only shown without it.
    #[serde(default)]
    pub execute: bool,
    /// The run that this is the last step of. It holds the run lock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_run: Option<String>,
    /// A bucket to compare with, instead of the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<BucketPlace>,
    /// The place that is compared with `source`; the whole destination bucket if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<BucketPlace>,
    /// Which objects of two buckets it is about.
    #[serde(default)]
    pub filter: FilterInput,
    /// What a fix of two buckets does where the destination has the key.
    #[serde(default)]
    pub overwrite: Overwrite,
    /// The storage class of copies from bucket to bucket; the default of the bucket if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    /// Whether copies from bucket to bucket get the tags of their source; they do if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preserve_tags: Option<bool>,
    /// Ranges of keys that two buckets are compared in at the same time; 8 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shards: Option<u32>,
}

impl ReconcileInput {
    /// Checks an execution input. Returns every problem, each naming its field.
    pub fn parse(input: &Value) -> Result<Self, Vec<Problem>> {
        check::parse(input)
    }

    /// Checks an input against the stack that it is for. Returns every problem.
    pub fn check(&self, settings: &Settings) -> Result<(), Vec<Problem>> {
        check::against_stack(self, settings)
    }

    /// Whether anything may be written to the destination.
    pub const fn fixes(&self) -> bool {
        self.fix && !self.dry_run
    }

    /// The run lock's name. Two runs must not write into the same place at a time, and the prefixes of two runs may overlap.
    pub fn lock(&self, settings: &Settings) -> String {
        match self.destination_place(settings).bucket {
            Some(bucket) if bucket != settings.destination_bucket => bucket,
            Some(_) | None => settings.migration(),
        }
    }

    /// Whether objects that only the destination has are out of order. The ledger's bucket may hold other files, and copies of
    /// earlier file names, and what a transfer writes into may have been in use; two buckets that are compared are meant to
    /// be alike.
    pub const fn extras_count(&self) -> bool {
        match self.purpose {
            Purpose::Reconcile => self.source.is_some() || self.delete_extra,
            Purpose::Transfer => self.delete_extra,
        }
    }

    /// Whether a round looks at the destination. The first round of a run that copies everything again does not.
    pub const fn looks_at_destination(&self, round: u32) -> bool {
        !(self.fix && round == 1 && matches!(self.overwrite, Overwrite::Always))
    }

    /// Whether a round looks again at what two listings show missing, extra or different, before it tells so. A round that
    /// finds what is to be copied need not: a request per key would cost as much as copying, and a later round does.
    pub const fn rechecks(&self, round: u32) -> bool {
        let tells = matches!(self.purpose, Purpose::Reconcile) && !self.fixes();
        self.looks_at_destination(round) && (round > 1 || tells)
    }

    /// What the fix of a round may do.
    ///
    /// * `in_place`: whether nothing is left to be copied.
    pub const fn rules(&self, source: SourceRead, in_place: bool) -> RepairRules {
        RepairRules {
            execute: self.fixes(),
            overwrite: self.overwrite,
            extras: match (self.delete_extra, self.execute && self.fixes()) {
                (false, _) => Extras::Keep,
                (true, false) => Extras::Show,
                (true, true) => Extras::Delete,
            },
            source,
            in_place,
        }
    }

    /// How far comparisons may go.
    pub fn level(&self) -> Level {
        let usual = if self.source.is_none() { Level::Checksum } else { Level::Etag };
        self.level.unwrap_or(usual)
    }

    /// Where the objects come from.
    pub fn source_place(&self, settings: &Settings) -> Place {
        match &self.source {
            Some(source) => bucket_place(settings, source, source_access(settings)),
            None => Place {
                description: format!("ledger {}", settings.files_table),
                prefix: ledger_prefix(settings),
                ..Place::default()
            },
        }
    }

    /// Where they should be.
    pub fn destination_place(&self, settings: &Settings) -> Place {
        let ledger = BucketPlace { prefix: ledger_prefix(settings), ..BucketPlace::default() };
        let whole = BucketPlace::default();
        let place = match (&self.source, &self.destination) {
            (None, _) => &ledger,
            (Some(_), Some(destination)) => destination,
            (Some(_), None) => &whole,
        };
        bucket_place(settings, place, BucketAccess::Role)
    }

    /// Comparisons at most; one when nothing is fixed.
    pub fn rounds(&self) -> u32 {
        if self.fixes() { self.max_rounds.unwrap_or(ROUNDS_DEFAULT) } else { 1 }
    }

    /// Ranges that the keys of two buckets are cut into.
    pub fn shards(&self) -> u32 {
        self.shards.unwrap_or(SHARDS_DEFAULT)
    }
}

/// What the keys of all copies begin with.
fn ledger_prefix(settings: &Settings) -> String {
    format!("{}/", settings.destination_prefix)
}

/// How the stack reaches its source, where that is a bucket.
fn source_access(settings: &Settings) -> BucketAccess {
    match settings.source_access {
        SourceAccess::Keys => BucketAccess::Keys,
        SourceAccess::Role | SourceAccess::Https => BucketAccess::Role,
    }
}

fn bucket_place(settings: &Settings, place: &BucketPlace, usual: BucketAccess) -> Place {
    let bucket = place.bucket.as_ref().unwrap_or(&settings.destination_bucket);
    Place {
        description: format!("s3://{bucket}/{}", place.prefix),
        bucket: Some(bucket.clone()),
        prefix: place.prefix.clone(),
        endpoint: None,
        access: place.access.unwrap_or(usual),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_is_changed_unless_asked_for() {
        let input = ReconcileInput::parse(&json!({})).unwrap();
        assert_eq!(input, ReconcileInput::default());
        assert_eq!((input.fixes(), input.rounds(), input.level()), (false, 1, Level::Checksum));
        assert_eq!(ReconcileInput::parse(&json!({"fix": true})).unwrap().rounds(), 3);
        let dry = ReconcileInput::parse(&json!({"fix": true, "dryRun": true})).unwrap();
        assert_eq!((dry.fixes(), dry.rounds()), (false, 1));
    }

    #[test]
    fn what_is_to_be_copied_is_not_looked_at_again() {
        let parse = |input: Value| ReconcileInput::parse(&input).unwrap();
        let source = json!({"bucket": "from"});
        let told = parse(json!({"source": source}));
        assert!(told.rechecks(1));
        let moved = parse(json!({"source": source, "purpose": "transfer", "fix": true}));
        assert_eq!((moved.rechecks(1), moved.rechecks(2)), (false, true));
        let again =
            parse(json!({"source": source, "fix": true, "overwrite": "always", "dryRun": true}));
        assert_eq!((again.looks_at_destination(1), again.rechecks(1)), (false, false));
        assert!(again.looks_at_destination(2));
    }

    #[test]
    fn a_report_of_s3_inventory_belongs_to_a_place() {
        let report =
            json!({"bucket": "r", "manifest": "src/daily/2026-01-02T01-00Z/manifest.json"});
        let input = json!({"source": {"bucket": "their-bucket", "inventory": report}});
        let parsed = ReconcileInput::parse(&input).unwrap();
        assert_eq!(serde_json::to_value(&parsed).unwrap()["source"]["inventory"], report);
        let incomplete =
            json!({"source": {"bucket": "their-bucket", "inventory": {"bucket": "r"}}});
        let problems = ReconcileInput::parse(&incomplete).unwrap_err();
        assert_eq!(problems[0].place, "source");
        assert!(problems[0].hint.contains("manifest.json"), "{}", problems[0]);
    }
}
