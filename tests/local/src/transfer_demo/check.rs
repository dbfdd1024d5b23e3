//! The independent check: both sides are listed and read with the SDK, and compared object by object.
//!
//! It believes no report, no counter and no `ETag`: equal means the same bytes, content headers, metadata and tags.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use aws_sdk_s3::Client;
use aws_sdk_s3::types::EncodingType;
use futures::{StreamExt as _, stream};
use percent_encoding::percent_decode_str;
use serde::Serialize;

const COMPARISONS_AT_A_TIME: usize = 8;
/// Problems that are named one by one; the others are counted.
const PROBLEMS_SHOWN: usize = 10;

/// A prefix of a bucket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) client: &'a Client,
    pub(super) bucket: &'a str,
    pub(super) prefix: &'a str,
}

/// An object as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) size_bytes: u64,
    /// Seconds since the epoch.
    pub(super) modified: i64,
}

/// Everything about an object that a transfer keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    bytes: Vec<u8>,
    headers: [Option<String>; 6],
    metadata: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
}

/// What the check has found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Agreement {
    /// Objects that are equal on both sides.
    pub(super) equal: u64,
    /// Objects that only the destination has, and may have.
    pub(super) extra: u64,
    /// Number of problems.
    pub(super) problem_count: u64,
    /// The first problems, as sentences.
    pub(super) problems: Vec<String>,
}

impl Agreement {
    pub(super) fn passed(&self) -> bool {
        self.problem_count == 0
    }

    fn problem(&mut self, what: String) {
        self.problem_count += 1;
        if self.problems.len() < PROBLEMS_SHOWN {
            self.problems.push(what);
        }
    }
}

/// Compares both sides. `extra`: keys that the destination has, and has to have, beyond the source.
pub(super) async fn compare(
    source: Place<'_>,
    destination: Place<'_>,
    extra: &BTreeSet<String>,
) -> Result<Agreement> {
    let (theirs, ours) = tokio::try_join!(source.list(), destination.list())?;
    let mut agreement = Agreement::default();
    for key in ours.keys().filter(|key| !theirs.contains_key(*key)) {
        if extra.contains(key) {
            agreement.extra += 1;
        } else {
            agreement.problem(format!("{key:?} is in the destination only"));
        }
    }
    for key in extra.iter().filter(|key| !ours.contains_key(*key)) {
        agreement.problem(format!("{key:?} was deleted from the destination"));
    }
    let compared: Vec<_> = stream::iter(theirs.keys().map(|key| async move {
        let both = tokio::try_join!(source.read(key), destination.read(key));
        (key, both)
    }))
    .buffer_unordered(COMPARISONS_AT_A_TIME)
    .collect()
    .await;
    for (key, both) in compared {
        match both {
            Ok((theirs, ours)) if theirs == ours => agreement.equal += 1,
            Ok((theirs, ours)) => {
                agreement.problem(format!("{key:?} has {}", theirs.other_than(&ours)));
            }
            Err(error) => agreement.problem(format!("{key:?}: {error:#}")),
        }
    }
    Ok(agreement)
}

/// That nothing was written.
pub(super) async fn empty(destination: Place<'_>) -> Result<Agreement> {
    let mut agreement = Agreement::default();
    for key in destination.list().await?.keys() {
        agreement.problem(format!("{key:?} is in the destination"));
    }
    Ok(agreement)
}

impl Place<'_> {
    /// Objects by key, relative to the prefix.
    pub(super) async fn list(&self) -> Result<BTreeMap<String, Listed>> {
        let Place { client, bucket, prefix } = *self;
        // XML cannot carry every key.
        let list = client.list_objects_v2().bucket(bucket).prefix(prefix);
        let mut pages = list.encoding_type(EncodingType::Url).into_paginator().send();
        let mut objects = BTreeMap::new();
        while let Some(page) = pages.next().await {
            let page = page.with_context(|| format!("{bucket} cannot be listed"))?;
            for object in page.contents() {
                let encoded = object.key().unwrap_or_default().replace('+', " ");
                let key = percent_decode_str(&encoded).decode_utf8()?;
                let size = object.size().and_then(|size| u64::try_from(size).ok());
                let listed = Listed {
                    size_bytes: size.unwrap_or_default(),
                    modified: object
                        .last_modified()
                        .map_or(0, aws_sdk_s3::primitives::DateTime::secs),
                };
                objects.insert(key.strip_prefix(prefix).unwrap_or(&key).to_owned(), listed);
            }
        }
        Ok(objects)
    }

    async fn read(&self, key: &str) -> Result<Seen> {
        let Place { client, bucket, prefix } = *self;
        let whole = format!("{prefix}{key}");
        let got = client.get_object().bucket(bucket).key(&whole).send().await;
        let mut got = got.with_context(|| format!("it cannot be read in {bucket}"))?;
        let body = std::mem::take(&mut got.body).collect().await;
        let body = body.with_context(|| format!("it ends too early in {bucket}"))?;
        let mut tags = BTreeMap::new();
        // Both services tell the number wherever there are tags.
        if got.tag_count().is_some() {
            let tagging = client.get_object_tagging().bucket(bucket).key(&whole).send().await;
            let tagging = tagging.with_context(|| format!("it has no tags in {bucket}"))?;
            for tag in tagging.tag_set() {
                tags.insert(tag.key().to_owned(), tag.value().to_owned());
            }
        }
        let headers = [
            got.content_type(),
            got.content_disposition(),
            got.content_encoding(),
            got.content_language(),
            got.cache_control(),
            got.expires_string(),
        ];
        Ok(Seen {
            bytes: body.to_vec(),
            headers: headers.map(|header| header.map(str::to_owned)),
            metadata: got
                .metadata()
                .into_iter()
                .flatten()
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect(),
            tags,
        })
    }
}

impl Seen {
    fn other_than(&self, other: &Self) -> String {
        let differing = [
            ("bytes", self.bytes != other.bytes),
            ("content headers", self.headers != other.headers),
            ("metadata", self.metadata != other.metadata),
            ("tags", self.tags != other.tags),
        ];
        let names: Vec<&str> =
            differing.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect();
        format!("other {} in the destination", names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use drayage_sim::s3::S3ServerOptions;

    use super::*;
    use crate::foreign_s3::ForeignS3;

    const KEYS: [&str; 6] = ["bytes", "header", "metadata", "tags", "missing", "equal"];

    async fn put(place: Place<'_>, key: &str, body: &'static [u8], what: &str, tags: &str) {
        let put = place.client.put_object().bucket(place.bucket);
        let put = put.key(format!("{}{key}", place.prefix)).content_type("text/plain");
        let put = if what == "header" { put.content_language("de") } else { put };
        let put = if what == "metadata" { put.metadata("a", "b") } else { put };
        put.tagging(tags)
            .body(aws_sdk_s3::primitives::ByteStream::from_static(body))
            .send()
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn every_kind_of_difference_is_noticed() {
        let options =
            || S3ServerOptions { buckets: vec!["b".to_owned()], ..S3ServerOptions::default() };
        let (one, other) =
            tokio::join!(ForeignS3::start("ONE", options()), ForeignS3::start("OTHER", options()));
        let (one, other) = (one.unwrap(), other.unwrap());
        let source = Place { client: one.client(), bucket: "b", prefix: "in/\u{1}" };
        let destination = Place { client: other.client(), bucket: "b", prefix: "out+ /" };
        for key in KEYS {
            put(source, key, b"same", "", "a=1").await;
            put(destination, key, b"same", "", "a=1").await;
        }
        put(destination, "extra", b"same", "", "a=1").await;
        let extra = BTreeSet::from(["extra".to_owned()]);
        let found = compare(source, destination, &extra).await.unwrap();
        assert!(found.passed(), "{found:#?}");
        assert_eq!((found.equal, found.extra), (6, 1));

        put(destination, "bytes", b"SAME", "", "a=1").await;
        put(destination, "header", b"same", "header", "a=1").await;
        put(destination, "metadata", b"same", "metadata", "a=1").await;
        put(destination, "tags", b"same", "", "a=2").await;
        let delete = other.client().delete_object().bucket("b").key("out+ /missing");
        delete.send().await.unwrap();
        let expected = BTreeSet::from(["deleted".to_owned()]);
        let found = compare(source, destination, &expected).await.unwrap();
        assert_eq!((found.equal, found.problem_count), (1, 7), "{found:#?}");
        for part in ["bytes", "content headers", "metadata", "tags"] {
            let sentence = format!("has other {part} in the destination");
            assert!(found.problems.iter().any(|problem| problem.ends_with(&sentence)), "{part}");
        }
        assert_eq!(empty(destination).await.unwrap().problem_count, 6);
    }
}
