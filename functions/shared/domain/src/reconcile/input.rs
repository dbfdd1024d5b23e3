//! What a person, a schedule or another run passes when starting a `reconcile` execution. `{}` compares the ledger with the
//! destination bucket and changes nothing.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::level::Level;
use super::report::Place;
use crate::input_fields;
use crate::problem::Problem;
use crate::settings::Settings;

/// Rounds of comparing and fixing, unless said otherwise.
const ROUNDS_DEFAULT: u32 = 3;
/// What is not fixed in ten rounds needs a person.
const ROUNDS_MAX: u32 = 10;
/// Ranges that a bucket's keys are cut into, unless said otherwise.
const SHARDS_DEFAULT: u32 = 8;
/// Every shard lists both sides at once; S3 answers thousands of list requests a second.
const SHARDS_MAX: u32 = 256;

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
}

/// The input of a `reconcile` execution, checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReconcileInput {
    /// How far comparisons may go. If left out: `checksum` for the ledger, which has recorded one of every copy; `etag` for
    /// two buckets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Whether missing and differing files are copied again, and compared again after that.
    #[serde(default)]
    pub fix: bool,
    /// Comparisons at most; 3 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_rounds: Option<u32>,
    /// The run that this is the last step of. It holds the run lock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_run: Option<String>,
    /// A bucket to compare with, instead of the ledger. It is read with the stack's access to the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<BucketPlace>,
    /// The place that is compared with `source`; the whole destination bucket if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<BucketPlace>,
    /// Ranges of keys that two buckets are compared in at the same time; 8 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shards: Option<u32>,
}

/// The fields of [`ReconcileInput`] as they are spelled in JSON, with what each takes.
const FIELDS: [(&str, &str); 7] = [
    ("level", "\"size\", \"etag\", \"multipart-etag\", \"checksum\" or \"bytes\""),
    ("fix", "true or false"),
    ("maxRounds", "a whole number from 1 to 10"),
    ("parentRun", "the name of the execution that this is a step of"),
    ("source", "{\"bucket\": \"…\", \"prefix\": \"…\"}"),
    ("destination", "{\"bucket\": \"…\", \"prefix\": \"…\"}"),
    ("shards", "a whole number from 1 to 256"),
];

impl ReconcileInput {
    /// Checks an execution input. Returns every problem, each naming its field.
    pub fn parse(input: &Value) -> Result<Self, Vec<Problem>> {
        let parsed: Self = input_fields::parse(input, &FIELDS)?;
        let mut problems = Vec::new();
        for (name, value, max) in
            [("maxRounds", parsed.max_rounds, ROUNDS_MAX), ("shards", parsed.shards, SHARDS_MAX)]
        {
            if value.is_some_and(|value| !(1..=max).contains(&value)) {
                problems.push(Problem::new(
                    name,
                    "is out of range",
                    format!("give a number from 1 to {max}, or leave the field out"),
                ));
            }
        }
        match &parsed.source {
            None if parsed.destination.is_some() => problems.push(Problem::new(
                "destination",
                "is given without `source`; the ledger is compared with the stack's destination",
                "name the bucket to compare with as `source`, or leave `destination` out",
            )),
            Some(source) if source.bucket.is_none() => problems.push(Problem::new(
                "source",
                "names no bucket",
                "give {\"bucket\": \"…\", \"prefix\": \"…\"}",
            )),
            Some(_) if parsed.fix => problems.push(Problem::new(
                "fix",
                "is only possible where the ledger is compared",
                "compare without it, and use the report's fix.sh",
            )),
            Some(_) | None => {}
        }
        if problems.is_empty() { Ok(parsed) } else { Err(problems) }
    }

    /// How far comparisons may go.
    pub fn level(&self) -> Level {
        let usual = if self.source.is_none() { Level::Checksum } else { Level::Etag };
        self.level.unwrap_or(usual)
    }

    /// Where the objects come from.
    pub fn source_place(&self, settings: &Settings) -> Place {
        match &self.source {
            Some(source) => bucket_place(settings, source),
            None => Place {
                description: format!("ledger {}", settings.files_table),
                prefix: ledger_prefix(settings),
                ..Place::default()
            },
        }
    }

    /// Where they should be.
    pub fn destination_place(&self, settings: &Settings) -> Place {
        let ledger = BucketPlace { bucket: None, prefix: ledger_prefix(settings) };
        let whole = BucketPlace::default();
        let place = match (&self.source, &self.destination) {
            (None, _) => &ledger,
            (Some(_), Some(destination)) => destination,
            (Some(_), None) => &whole,
        };
        bucket_place(settings, place)
    }

    /// Comparisons at most; one when nothing is fixed.
    pub fn rounds(&self) -> u32 {
        if self.fix { self.max_rounds.unwrap_or(ROUNDS_DEFAULT) } else { 1 }
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

fn bucket_place(settings: &Settings, place: &BucketPlace) -> Place {
    let bucket = place.bucket.as_ref().unwrap_or(&settings.destination_bucket);
    Place {
        description: format!("s3://{bucket}/{}", place.prefix),
        bucket: Some(bucket.clone()),
        prefix: place.prefix.clone(),
        endpoint: None,
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
        assert_eq!((input.fix, input.rounds(), input.level()), (false, 1, Level::Checksum));
        assert_eq!(ReconcileInput::parse(&json!({"fix": true})).unwrap().rounds(), 3);
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let input = json!({"maxRounds": 0, "shards": 1000, "destination": {}, "fix": true});
        let problems = ReconcileInput::parse(&input).unwrap_err();
        let places: Vec<_> = problems.iter().map(|problem| problem.place.as_str()).collect();
        assert_eq!(places, ["maxRounds", "shards", "destination"]);
    }

    #[test]
    fn two_buckets_are_only_compared() {
        let input = json!({"source": {"bucket": "b"}, "fix": true});
        assert_eq!(ReconcileInput::parse(&input).unwrap_err()[0].place, "fix");
        let unknown = ReconcileInput::parse(&json!({"source": {"name": "b"}})).unwrap_err();
        assert_eq!(unknown[0].place, "source");
    }
}
