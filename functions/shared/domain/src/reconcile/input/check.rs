//! Everything that can be wrong with the input of a reconciliation or a transfer.

use serde_json::Value;

use super::{Purpose, ROUNDS_MAX, ReconcileInput, SHARDS_MAX};
use crate::allow_list::is_bucket_name;
use crate::input_fields;
use crate::problem::Problem;
use crate::reconcile::filter::{FilterInput, Overwrite};
use crate::reconcile::report::{BucketAccess, Place};
use crate::settings::Settings;

/// A `BucketPlace` in JSON.
const PLACE: &str = "{\"bucket\": \"…\", \"prefix\": \"…\", \"access\": \"role\" or \"keys\"}, and for S3 Inventory \
                     \"inventory\": {\"bucket\": \"…\", \"manifest\": \"…/manifest.json\"} in it";

/// The fields of [`ReconcileInput`] as they are spelled in JSON, with what each takes.
const FIELDS: [(&str, &str); 15] = [
    ("purpose", "\"reconcile\" or \"transfer\"; the state machine sets it"),
    ("level", "\"size\", \"etag\", \"multipart-etag\", \"checksum\" or \"bytes\""),
    ("fix", "true or false"),
    ("dryRun", "true or false"),
    ("maxRounds", "a whole number from 1 to 10"),
    ("deleteExtra", "true or false"),
    ("execute", "true or false"),
    ("parentRun", "the name of the execution that this is a step of"),
    ("source", PLACE),
    ("destination", PLACE),
    (
        "filter",
        "an object with include, exclude, minSizeBytes, maxSizeBytes, modifiedFrom, modifiedBefore",
    ),
    ("overwrite", "\"never\", \"if-different\" or \"always\""),
    ("storageClass", "a storage class such as \"STANDARD_IA\""),
    ("preserveTags", "true or false"),
    ("shards", "a whole number from 1 to 128"),
];

pub(super) fn parse(input: &Value) -> Result<ReconcileInput, Vec<Problem>> {
    let filter = input.get("filter").map_or_else(Vec::new, filter_problems);
    let parsed: ReconcileInput = match input_fields::parse(input, &FIELDS) {
        Ok(parsed) => parsed,
        Err(mut problems) => {
            problems.retain(|problem| problem.place != "filter" || filter.is_empty());
            problems.extend(filter);
            return Err(problems);
        }
    };
    let mut problems = filter;
    ranges(&parsed, &mut problems);
    places(&parsed, &mut problems);
    fixing(&parsed, &mut problems);
    if problems.is_empty() { Ok(parsed) } else { Err(problems) }
}

fn filter_problems(filter: &Value) -> Vec<Problem> {
    let problems = FilterInput::parse(filter).err().unwrap_or_default();
    let named = |problem: Problem| match problem.place.as_str() {
        "input" => Problem { place: "filter".to_owned(), ..problem },
        place => Problem { place: format!("filter.{place}"), ..problem },
    };
    problems.into_iter().map(named).collect()
}

fn ranges(input: &ReconcileInput, problems: &mut Vec<Problem>) {
    for (name, value, max) in
        [("maxRounds", input.max_rounds, ROUNDS_MAX), ("shards", input.shards, SHARDS_MAX)]
    {
        if value.is_some_and(|value| !(1..=max).contains(&value)) {
            problems.push(Problem::new(
                name,
                "is out of range",
                format!("give a number from 1 to {max}, or leave the field out"),
            ));
        }
    }
}

fn places(input: &ReconcileInput, problems: &mut Vec<Problem>) {
    match &input.source {
        None if input.purpose == Purpose::Transfer => problems.push(Problem::new(
            "source",
            "is missing",
            "name the bucket to copy from: {\"source\": {\"bucket\": \"…\", \"prefix\": \"…\"}}",
        )),
        None if input.destination.is_some() => problems.push(Problem::new(
            "destination",
            "is given without `source`; the ledger is compared with the stack's destination",
            "name the bucket to compare with as `source`, or leave `destination` out",
        )),
        Some(source) if source.bucket.is_none() => problems.push(Problem::new(
            "source",
            "names no bucket",
            "give {\"bucket\": \"…\", \"prefix\": \"…\"}",
        )),
        Some(_) | None => {}
    }
    for (name, place) in [("source", &input.source), ("destination", &input.destination)] {
        let Some(place) = place else { continue };
        if let Some(bucket) = place.bucket.as_ref().filter(|bucket| !is_bucket_name(bucket)) {
            problems.push(Problem::new(
                format!("{name}.bucket"),
                format!("{bucket:?} is not a bucket name"),
                "give the name alone, without s3:// and without a key",
            ));
        }
        if place.prefix.starts_with("s3://") {
            problems.push(Problem::new(
                format!("{name}.prefix"),
                "is a URL",
                "give only what comes after the bucket's name and its slash, such as \"uploads/\"",
            ));
        }
    }
}

fn fixing(input: &ReconcileInput, problems: &mut Vec<Problem>) {
    if input.fixes() && input.max_rounds == Some(1) {
        problems.push(Problem::new(
            "maxRounds",
            "leaves no comparison after the copying",
            "give 2 or more, or leave it out",
        ));
    }
    if input.delete_extra && !input.fix {
        problems.push(Problem::new(
            "deleteExtra",
            "is given without `fix`, which alone changes the destination",
            "add \"fix\": true, or leave it out and use the report's fix.sh",
        ));
    }
    if input.execute && !input.delete_extra {
        problems.push(Problem::new(
            "execute",
            "is given without `deleteExtra`, and nothing else needs it",
            "leave it out",
        ));
    }
    if input.source.is_none() {
        let only_for_buckets = [
            ("filter", input.filter != FilterInput::default()),
            ("overwrite", input.overwrite != Overwrite::default()),
            ("storageClass", input.storage_class.is_some()),
            ("preserveTags", input.preserve_tags.is_some()),
        ];
        for (name, _) in only_for_buckets.into_iter().filter(|(_, given)| *given) {
            problems.push(Problem::new(
                name,
                "is only possible between two buckets",
                "leave it out, or name a bucket as `source`",
            ));
        }
    }
    let misspelt = |class: &&String| {
        let usual = |letter: char| letter.is_ascii_uppercase() || "_0123456789".contains(letter);
        class.is_empty() || class.len() > 40 || !class.chars().all(usual)
    };
    if let Some(class) = input.storage_class.as_ref().filter(misspelt) {
        problems.push(Problem::new(
            "storageClass",
            format!("{class:?} is not a storage class"),
            "spell it as S3 does, such as STANDARD_IA or GLACIER_IR",
        ));
    }
}

pub(super) fn against_stack(
    input: &ReconcileInput,
    settings: &Settings,
) -> Result<(), Vec<Problem>> {
    if input.source.is_none() {
        return Ok(());
    }
    let (source, destination) = (input.source_place(settings), input.destination_place(settings));
    let mut problems = Vec::new();
    let secrets = [
        ("source", &source, &settings.source_secret, "SourceSecret"),
        ("destination", &destination, &settings.destination_secret, "DestinationSecret"),
    ];
    for (name, place, secret, parameter) in secrets {
        if place.access == BucketAccess::Keys && secret.is_none() {
            problems.push(Problem::new(
                format!("{name}.access"),
                format!("is \"keys\", but the stack has no {parameter}"),
                format!("deploy the stack with {parameter}, or use \"role\""),
            ));
        }
    }
    if source.access == destination.access && overlap(&source, &destination) {
        problems.push(Problem::new(
            "destination",
            format!("{} and {} overlap", destination.description, source.description),
            "give two prefixes of which neither begins with the other, or two buckets",
        ));
    }
    let state = Some(&settings.state_bucket);
    if destination.access == BucketAccess::Role && destination.bucket.as_ref() == state {
        problems.push(Problem::new(
            "destination",
            format!(
                "{} is the state bucket, which holds the records of all runs",
                destination.description
            ),
            "name another bucket",
        ));
    }
    let files = Place {
        bucket: Some(settings.destination_bucket.clone()),
        prefix: format!("{}/", settings.destination_prefix),
        ..Place::default()
    };
    if input.fix && destination.access == BucketAccess::Role && overlap(&destination, &files) {
        problems.push(Problem::new(
            "destination",
            format!(
                "{} holds the files that the ledger knows below {}",
                destination.description, files.prefix
            ),
            "copy to another prefix or bucket, or compare without `fix`",
        ));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn overlap(one: &Place, other: &Place) -> bool {
    one.bucket == other.bucket
        && (one.prefix.starts_with(&other.prefix) || other.prefix.starts_with(&one.prefix))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::settings::variables;

    fn places_of(input: &Value) -> Vec<String> {
        ReconcileInput::parse(input).unwrap_err().into_iter().map(|problem| problem.place).collect()
    }

    fn settings() -> Settings {
        Settings::from_lookup(|name| {
            let value = match name {
                variables::SOURCE_ACCESS => "https",
                variables::SOURCE_HOSTS => "files.example.com",
                variables::STATE_BUCKET => "state-bucket",
                variables::DESTINATION_BUCKET => "own-bucket",
                variables::REGION => "eu-west-1",
                variables::FILES_TABLE
                | variables::RUNS_TABLE
                | variables::SALESFORCE_SECRET
                | variables::COPY_QUEUE_URL => "some-name",
                _ => return None,
            };
            Some(value.to_owned())
        })
        .unwrap()
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let input = json!({"maxRounds": 0, "shards": 1000, "destination": {}, "fix": true});
        assert_eq!(places_of(&input), ["maxRounds", "shards", "destination"]);
        assert_eq!(places_of(&json!({"fix": true, "maxRounds": 1})), ["maxRounds"]);
        let wrong = json!({"fix": "yes", "filter": {"include": "*", "overwrite": 1}, "sources": 1});
        assert_eq!(places_of(&wrong), ["fix", "sources", "filter.include", "filter.overwrite"]);
        let senseless = json!({
            "deleteExtra": true, "filter": {"minSizeBytes": 2, "maxSizeBytes": 1},
            "overwrite": "always", "storageClass": "cheap"
        });
        assert_eq!(
            places_of(&senseless),
            [
                "filter.minSizeBytes",
                "deleteExtra",
                "filter",
                "overwrite",
                "storageClass",
                "storageClass"
            ]
        );
    }

    #[test]
    fn a_place_is_a_bucket_and_a_prefix() {
        let source = |place: Value| places_of(&json!({ "source": place }));
        assert_eq!(source(json!({"name": "b"})), ["source"]);
        assert_eq!(source(json!({})), ["source"]);
        assert_eq!(source(json!({"bucket": "s3://b/x"})), ["source.bucket"]);
        assert_eq!(source(json!({"bucket": "bucket", "prefix": "s3://b/x"})), ["source.prefix"]);
        assert_eq!(places_of(&json!({"purpose": "transfer"})), ["source"]);
    }

    #[test]
    fn the_stack_has_to_be_able_to_do_it() {
        let check = |input: Value| {
            let problems = ReconcileInput::parse(&input).unwrap().check(&settings());
            let places =
                problems.err().unwrap_or_default().into_iter().map(|problem| problem.place);
            places.collect::<Vec<_>>()
        };
        let none: [&str; 0] = [];
        assert_eq!(check(json!({"fix": true})), none);
        let other = json!({"bucket": "other-bucket"});
        assert_eq!(
            check(json!({"source": other, "destination": {"prefix": "x/"}, "fix": true})),
            none
        );
        assert_eq!(check(json!({"source": other})), none, "comparing is always possible");
        assert_eq!(check(json!({"source": other, "fix": true})), ["destination"]);
        let state = json!({"bucket": "state-bucket"});
        assert_eq!(check(json!({"source": other, "destination": state})), ["destination"]);
        assert_eq!(
            check(json!({"source": {"bucket": "other-bucket", "access": "keys"}})),
            ["source.access"]
        );
        assert_eq!(check(json!({"source": other, "destination": other})), ["destination"]);
        let apart = json!({
            "source": {"bucket": "other-bucket", "prefix": "a/"},
            "destination": {"bucket": "other-bucket", "prefix": "b/"}, "fix": true
        });
        assert_eq!(check(apart), none);
    }
}
