//! Buckets whose objects are made by a rule whenever they are asked for: a listing of a hundred million keys takes no more
//! memory than one of ten.
//!
//! Two such buckets of one prefix and count hold the same objects. One of them may have differences planted, every so many
//! keys one of each kind, so that whoever compares the two can be held to finding exactly those.

use std::ops::Bound;
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use thiserror::Error;

use super::checksum::{Algorithm, Checksum, Kind, hex, md5_of, multipart_etag};
use super::content::Content;
use super::store::Object;

/// Keys of one folder.
const FOLDER_KEYS: u64 = 1_000;
/// When all objects were written, in seconds since the epoch: 2026-01-01.
const MODIFIED: i64 = 1_767_225_600;

/// A bucket of `count` keys, named `prefix`, a folder of a thousand keys, and a number. It cannot be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Generated {
    /// The bucket.
    pub bucket: String,
    /// Start of every key.
    pub prefix: String,
    /// Number of keys, planted differences not counted.
    pub count: u64,
    /// Of so many keys in a row, one is planted with a difference of each kind; `None`: no differences.
    pub plant_every: Option<u64>,
}

/// A difference from the bucket without any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum S3Plant {
    /// The key is not there.
    Missing,
    /// Behind the key there is one more, see [`S3Generated::extra_key`].
    Extra,
    /// The object is longer.
    Size,
    /// The object has other bytes, and as many.
    Content,
    /// The same bytes, uploaded in parts: the `ETag` is another one.
    Parts,
    /// Other bytes, as many, uploaded in parts.
    ContentInParts,
}

impl S3Plant {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Missing, Self::Extra, Self::Size, Self::Content, Self::Parts, Self::ContentInParts];
}

/// Why a text is no generated bucket.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` is no generated bucket; hint: write bucket:prefix:count or bucket:prefix:count:every, with at least 6 for `every`"
)]
pub struct S3GeneratedError(String);

impl FromStr for S3Generated {
    type Err = S3GeneratedError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || S3GeneratedError(text.to_owned());
        let number = |text: &str| text.parse::<u64>().map_err(|_error| invalid());
        let (bucket, prefix, count, every) = match text.split(':').collect::<Vec<_>>()[..] {
            [bucket, prefix, count] => (bucket, prefix, count, None),
            [bucket, prefix, count, every] => (bucket, prefix, count, Some(number(every)?)),
            _ => return Err(invalid()),
        };
        if bucket.is_empty() || every.is_some_and(|every| every < S3Plant::ALL.len() as u64) {
            return Err(invalid());
        }
        Ok(Self {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            count: number(count)?,
            plant_every: every,
        })
    }
}

impl S3Generated {
    /// The key of that number. Keys are in the order of their numbers.
    pub fn key(&self, number: u64) -> String {
        let (folder, file) = (number / FOLDER_KEYS, number % FOLDER_KEYS);
        format!("{}{folder:06}/{file:03}.bin", self.prefix)
    }

    /// The additional key behind the key of that number, before the next one.
    pub fn extra_key(&self, number: u64) -> String {
        format!("{} (copy)", self.key(number))
    }

    /// What is planted at the key of that number.
    pub fn plant(&self, number: u64) -> Option<S3Plant> {
        let every = self.plant_every?;
        let kinds = S3Plant::ALL.len() as u64;
        let at = |kind: u64| kind * every / kinds;
        (0..kinds).zip(S3Plant::ALL).find(|(kind, _)| at(*kind) == number % every).map(|(_, p)| p)
    }

    /// Every planted difference with its number, in the order of keys.
    pub fn plants(&self) -> impl Iterator<Item = (u64, S3Plant)> + '_ {
        (0..self.count).filter_map(|number| Some((number, self.plant(number)?)))
    }

    /// The objects from a key on, in the order of keys.
    pub(super) fn range(
        &self,
        start: Bound<&str>,
    ) -> impl Iterator<Item = (String, Arc<Object>)> + use<'_> {
        let from = match start {
            // An additional key belongs to the number before.
            Bound::Included(key) | Bound::Excluded(key) => self.first_from(key).saturating_sub(1),
            Bound::Unbounded => 0,
        };
        let start = start.map(str::to_owned);
        let before = move |key: &String| match &start {
            Bound::Included(start) => key < start,
            Bound::Excluded(start) => key <= start,
            Bound::Unbounded => false,
        };
        let keys = (from..self.count).flat_map(|number| {
            let plant = self.plant(number);
            let own = (plant != Some(S3Plant::Missing)).then(|| (self.key(number), plant));
            let extra = (plant == Some(S3Plant::Extra)).then(|| (self.extra_key(number), None));
            own.into_iter().chain(extra)
        });
        keys.skip_while(move |(key, _)| before(key)).map(|(key, plant)| {
            let object = Arc::new(object(&key, plant));
            (key, object)
        })
    }

    pub(super) fn object(&self, key: &str) -> Option<Arc<Object>> {
        let (found, object) = self.range(Bound::Included(key)).next()?;
        (found == key).then_some(object)
    }

    /// The first number whose key is not before `key`.
    fn first_from(&self, key: &str) -> u64 {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low.midpoint(high);
            if self.key(middle).as_str() < key { low = middle + 1 } else { high = middle }
        }
        low
    }
}

fn object(key: &str, plant: Option<S3Plant>) -> Object {
    let ending = match plant {
        Some(S3Plant::Size) => "\n\n",
        Some(S3Plant::Content | S3Plant::ContentInParts) => "!",
        Some(S3Plant::Missing | S3Plant::Extra | S3Plant::Parts) | None => "\n",
    };
    let content = Content::of_pieces([Bytes::from(format!("{key}{ending}"))]);
    let md5 = md5_of(&content);
    let etag = match plant {
        Some(S3Plant::Parts | S3Plant::ContentInParts) => multipart_etag([&md5]),
        Some(S3Plant::Missing | S3Plant::Extra | S3Plant::Size | S3Plant::Content) | None => {
            hex(&md5)
        }
    };
    let algorithm = Algorithm::Crc64Nvme;
    let value = algorithm.of(&content);
    Object {
        content,
        etag,
        checksum: Some(Checksum { algorithm, kind: Kind::FullObject, value }),
        kept: Arc::default(),
        modified: MODIFIED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_bucket_is_read_from_a_flag() {
        let read: S3Generated = "b:in/:20:6".parse().unwrap();
        let prefix = "in/".to_owned();
        let whole = S3Generated { bucket: "b".to_owned(), prefix, count: 20, plant_every: Some(6) };
        assert_eq!(read, whole);
        assert_eq!("b:in/:20".parse(), Ok(S3Generated { plant_every: None, ..whole }));
        for wrong in ["", "b", "b:in/", ":in/:1", "b:in/:x", "b:in/:1:5", "b:in/:1:6:7"] {
            assert!(wrong.parse::<S3Generated>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_kind_is_planted_once_in_so_many_keys() {
        for every in [6, 7, 100, 400] {
            let planted: S3Generated = format!("b::{}:{every}", 3 * every).parse().unwrap();
            let mut kinds: Vec<_> = planted.plants().map(|(_, kind)| kind).collect();
            kinds.sort_unstable();
            let thrice = S3Plant::ALL.into_iter().flat_map(|kind| [kind; 3]);
            assert_eq!(kinds, thrice.collect::<Vec<_>>());
        }
    }
}
