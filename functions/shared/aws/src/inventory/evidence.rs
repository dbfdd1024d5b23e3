//! Finds out what a verdict needs to know: asks for objects, and reads them.

mod checksums;
mod head;
mod read;

use std::sync::atomic::{AtomicU64, Ordering};

use drayage_domain::reconcile::judge::{BothRead, Case, Evidence, OneRead, Step};
use drayage_domain::reconcile::{Doubt, Requests, Side, Verdict};

use super::listing::S3Place;
use crate::objects::s3_failure::{Meaning, S3Failure};
use read::Reading;

/// Both places, as far as they are buckets that can be asked.
#[derive(Debug)]
pub struct Examiner {
    source: Option<S3Place>,
    destination: Option<S3Place>,
    spent: Spent,
}

/// Requests and bytes that evidence has cost.
#[derive(Debug, Default)]
struct Spent {
    heads: AtomicU64,
    gets: AtomicU64,
    bytes_read: AtomicU64,
}

/// An object that is looked at: only in the version that was listed or seen before.
#[derive(Debug, Clone)]
struct Target<'a> {
    place: &'a S3Place,
    key: String,
    size_bytes: u64,
    /// Without quotes.
    etag: Option<String>,
}

impl Examiner {
    /// `None` for a side that is no bucket.
    pub fn new(source: Option<S3Place>, destination: Option<S3Place>) -> Self {
        Self { source, destination, spent: Spent::default() }
    }

    /// Requests so far.
    pub fn requests(&self) -> Requests {
        Requests {
            head: self.spent.heads.load(Ordering::Relaxed),
            get: self.spent.gets.load(Ordering::Relaxed),
            ..Requests::default()
        }
    }

    /// Bytes of objects that were read so far.
    pub fn bytes_read(&self) -> u64 {
        self.spent.bytes_read.load(Ordering::Relaxed)
    }

    /// Brings a case to its end. What cannot be found out is part of the verdict.
    pub async fn judge(&self, case: &mut Case) -> Verdict {
        let (source, destination) = case.objects();
        let mut versions = Versions {
            source: source.etag.clone(),
            destination: destination.etag.clone(),
            size_bytes: source.size_bytes,
            key: source.key.clone(),
        };
        loop {
            match case.step() {
                Step::Verdict(verdict) => return verdict,
                Step::Look(sides) => {
                    for side in sides {
                        let found = match self.target(side, &versions) {
                            Ok(target) => self.head(&target).await,
                            Err(doubt) => Err(doubt),
                        };
                        if let Ok(head) = &found {
                            versions.seen(side, head.etag.as_deref());
                        }
                        case.learn(Evidence::Head { side, found });
                    }
                }
                Step::FindPartSizes { side, parts } => {
                    let found = match self.target(side, &versions) {
                        Ok(target) => self.part_sizes(&target, parts).await,
                        Err(doubt) => Err(doubt),
                    };
                    case.learn(Evidence::PartSizes { side, found });
                }
                Step::ConfirmParts { side, parts, part_size_bytes } => {
                    let found = match self.target(side, &versions) {
                        Ok(target) => self.confirm_parts(&target, parts, part_size_bytes).await,
                        Err(doubt) => Err(doubt),
                    };
                    case.learn(Evidence::PartsConfirmed { side, found });
                }
                Step::ReadOne { side, part_sizes, algorithms } => {
                    let found = match self.target(side, &versions) {
                        Ok(target) => self.read_one(target, &part_sizes, &algorithms).await,
                        Err(doubt) => Err(doubt),
                    };
                    case.learn(Evidence::OneRead { side, found });
                }
                Step::ReadBoth => {
                    let targets = self
                        .target(Side::Source, &versions)
                        .and_then(|one| Ok((one, self.target(Side::Destination, &versions)?)));
                    let found = match targets {
                        Ok((source, destination)) => self.read_both(source, destination).await,
                        Err(doubt) => Err(doubt),
                    };
                    case.learn(Evidence::BothRead(found));
                }
            }
        }
    }

    fn target(&self, side: Side, versions: &Versions) -> Result<Target<'_>, Doubt> {
        let (place, etag) = match side {
            Side::Source => (&self.source, &versions.source),
            Side::Destination => (&self.destination, &versions.destination),
        };
        // The judge does not ask for a side that is no bucket.
        let place = place.as_ref().ok_or(Doubt::ReadFailed)?;
        Ok(Target {
            key: place.whole_key(&versions.key),
            place,
            size_bytes: versions.size_bytes,
            etag: etag.clone(),
        })
    }

    async fn read_one(
        &self,
        target: Target<'_>,
        part_sizes: &[u64],
        algorithms: &[String],
    ) -> Result<OneRead, Doubt> {
        let mut digest = checksums::Digests::new(part_sizes, algorithms);
        let mut reading = Reading::new(&self.spent, target);
        while let Some(chunk) = reading.next().await? {
            digest.update(&chunk);
        }
        Ok(digest.finish())
    }

    /// Compares the bytes as they arrive, and stops at the first difference.
    async fn read_both(
        &self,
        source: Target<'_>,
        destination: Target<'_>,
    ) -> Result<BothRead, Doubt> {
        let (source_bytes, destination_bytes) = (source.size_bytes, destination.size_bytes);
        let mut source = Reading::new(&self.spent, source);
        let mut destination = Reading::new(&self.spent, destination);
        let (mut one, mut other) = tokio::try_join!(source.next(), destination.next())?;
        let equal = loop {
            let (Some(mine), Some(theirs)) = (&mut one, &mut other) else {
                break one.is_none() && other.is_none();
            };
            let length = mine.len().min(theirs.len());
            if mine.split_to(length) != theirs.split_to(length) {
                break false;
            }
            if mine.is_empty() && theirs.is_empty() {
                (one, other) = tokio::try_join!(source.next(), destination.next())?;
            } else if mine.is_empty() {
                one = source.next().await?;
            } else {
                other = destination.next().await?;
            }
        };
        Ok(BothRead { source_bytes, destination_bytes, equal })
    }
}

/// The versions that a case is about. A `HEAD` tells what a listing has left out.
#[derive(Debug)]
struct Versions {
    key: String,
    size_bytes: u64,
    source: Option<String>,
    destination: Option<String>,
}

impl Versions {
    fn seen(&mut self, side: Side, etag: Option<&str>) {
        let known = match side {
            Side::Source => &mut self.source,
            Side::Destination => &mut self.destination,
        };
        if known.is_none() {
            *known = etag.map(str::to_owned);
        }
    }
}

impl Target<'_> {
    /// For `If-Match`. A weak `ETag` never matches there (RFC 9110 13.1.1).
    fn if_match(&self) -> Option<String> {
        let strong = self.etag.as_ref().filter(|etag| !etag.starts_with("W/"));
        strong.map(|etag| format!("\"{etag}\""))
    }

    /// What a failed request means for the verdict.
    fn doubt(&self, failure: &S3Failure) -> Doubt {
        let doubt = match failure.meaning {
            Meaning::Missing | Meaning::Changed => Doubt::Changed,
            Meaning::Denied => Doubt::AccessDenied,
            Meaning::KmsDenied => Doubt::KmsDenied,
            Meaning::Archived => Doubt::Archived,
            Meaning::BadDigest
            | Meaning::OtherRegion(_)
            | Meaning::Throttled
            | Meaning::TimedOut
            | Meaning::Unavailable
            | Meaning::Refused => Doubt::ReadFailed,
        };
        self.warn(doubt, &failure.code);
        doubt
    }

    fn warn(&self, doubt: Doubt, code: &str) {
        tracing::warn!(
            bucket = self.place.bucket,
            key = ?self.key,
            doubt = doubt.label(),
            code,
            "an object cannot be verified"
        );
    }
}

#[cfg(test)]
mod tests;
