//! The objects of the demo: awkward keys, sizes from nothing to a few MiB, and everything that can describe an object.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use drayage_sim::dataset::{Content, FileKind};
use futures::{StreamExt as _, TryStreamExt as _, stream};

/// Uploads at a time.
const UPLOADS_AT_A_TIME: usize = 16;
/// How many objects may have more than [`MEDIUM_BYTES_MAX`], so that all of them stay below some 100 MiB.
const LARGE_MAX: usize = 10;
const LARGE_BYTES_MAX: usize = 3 * 1024 * 1024;
const MEDIUM_MAX: usize = 200;
const MEDIUM_BYTES_MAX: usize = 200 * 1024;
const SMALL_BYTES_MAX: usize = 8 * 1024;
/// Objects that are uploaded in parts of a size that the copy does not have, so that their `ETag`s tell nothing.
const PARTED: [usize; 2] = [1, 9];
const PARTED_BYTES: usize = 12 * 1024 * 1024;
const PART_BYTES: usize = 5 * 1024 * 1024;

/// Keys that programs tend to get wrong; `#` becomes a number, which makes them unique.
const KEYS: [&str; 16] = [
    "contracts/2026/#.pdf",
    "scans/page #.png",
    "ünïcode/Ärzte 😀 #.docx",
    "50% + # & <two>.pdf",
    "/leading//double/../dots/#.txt",
    "it's \"quoted\" $(id) `x` #.csv",
    "new\nline\ttab #.txt",
    "\u{202e}gpj.# exe",
    "-dash #.pdf",
    "~tilde|pipe^caret {#}.jpg",
    "a=b&c=d?e=#f #.txt",
    "trailing space # ",
    "folder #/",
    "decomposed e\u{301} #.pdf",
    "composed \u{e9} #.pdf",
    "control\u{1}\u{7f} #.bin",
];

/// An object as the demo makes it.
#[derive(Debug, Clone)]
pub(super) struct Planted {
    pub(super) key: String,
    content: Content,
    metadata: BTreeMap<String, String>,
    tags: usize,
    parted: bool,
}

/// Object number `at`. Equal seeds give equal objects.
pub(super) fn planted(seed: u64, at: usize) -> Planted {
    let mut random = fastrand::Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(at as u64));
    let pattern = KEYS.get(at % KEYS.len()).copied().unwrap_or_default();
    let key = match at {
        // As long as a key below this prefix can be: S3 takes 1,024 bytes.
        7 => format!("{}.pdf", "long/".repeat(202)),
        _ => pattern.replace('#', &format!("{at:05}")),
    };
    let parted = PARTED.contains(&at);
    let size_bytes = if parted {
        PARTED_BYTES
    } else if key.ends_with('/') || at % 20 == 3 {
        0
    } else if at.is_multiple_of(50) && at / 50 < LARGE_MAX {
        random.usize(MEDIUM_BYTES_MAX..LARGE_BYTES_MAX)
    } else if at % 4 == 1 && at / 4 < MEDIUM_MAX {
        random.usize(SMALL_BYTES_MAX..MEDIUM_BYTES_MAX)
    } else {
        random.usize(1..SMALL_BYTES_MAX)
    };
    let metadata = match at % 3 {
        0 => BTreeMap::from([("owner".to_owned(), format!("person {at}"))]),
        1 => BTreeMap::from([
            ("case-number".to_owned(), format!("A/{at} & more")),
            ("percent".to_owned(), "100% 'sure'".to_owned()),
        ]),
        _ => BTreeMap::new(),
    };
    let content = Content { kind: FileKind::of(&key), seed: random.u64(..), size_bytes };
    // The emulator drops the tags of an upload in parts, which the check would notice.
    let tags = if parted { 0 } else { at % 8 };
    Planted { key, content, metadata, tags, parted }
}

impl Planted {
    /// The same key with other bytes.
    pub(super) fn replaced(mut self) -> Self {
        self.content.seed ^= 1;
        self.content.size_bytes = self.content.size_bytes.max(1);
        self
    }

    async fn put(self, client: &Client, bucket: &str, prefix: &str) -> Result<u64> {
        let (kind, content) = (self.content.kind, self.content.clone());
        let bytes = tokio::task::spawn_blocking(move || content.bytes()).await?;
        let size = bytes.len() as u64;
        if self.parted {
            self.put_in_parts(&bytes, client, bucket, prefix).await?;
            return Ok(size);
        }
        let put = client
            .put_object()
            .bucket(bucket)
            .key(format!("{prefix}{}", self.key))
            .content_type(kind.content_type())
            .set_metadata(Some(self.metadata.into_iter().collect()));
        let put = match self.tags {
            1 => put.tagging("team=legal").content_language("de-AT"),
            2 => put.tagging("team=legal&level=A%2B%2F1").cache_control("max-age=60"),
            3 => put
                .tagging("team=sales%20%26%20more&level=2&old=")
                .content_disposition("attachment; filename=\"a; b.pdf\""),
            _ => put,
        };
        put.body(bytes.into())
            .send()
            .await
            .with_context(|| format!("{:?} cannot be uploaded", self.key))?;
        Ok(size)
    }

    async fn put_in_parts(
        self,
        bytes: &[u8],
        client: &Client,
        bucket: &str,
        prefix: &str,
    ) -> Result<()> {
        let key = format!("{prefix}{}", self.key);
        // With it, the whole object has a checksum, and not only its parts.
        let algorithm = ChecksumAlgorithm::Crc64Nvme;
        let begin = client.create_multipart_upload().bucket(bucket).key(&key);
        let begin = begin.checksum_algorithm(algorithm.clone());
        let begin = begin
            .content_type(self.content.kind.content_type())
            .set_metadata(Some(self.metadata.into_iter().collect()));
        let begun = begin.send().await.context("no upload can be begun")?;
        let id = begun.upload_id().context("the upload has no id")?;
        let mut completed = CompletedMultipartUpload::builder();
        for (number, part) in (1..).zip(bytes.chunks(PART_BYTES)) {
            let upload = client.upload_part().bucket(bucket).key(&key).upload_id(id);
            let upload = upload.part_number(number).checksum_algorithm(algorithm.clone());
            let sent = upload.body(part.to_vec().into()).send().await?;
            let part = CompletedPart::builder().part_number(number);
            completed = completed.parts(part.set_e_tag(sent.e_tag().map(str::to_owned)).build());
        }
        let complete = client.complete_multipart_upload().bucket(bucket).key(&key).upload_id(id);
        complete.multipart_upload(completed.build()).send().await?;
        Ok(())
    }
}

/// Uploads objects, and tells how many there are and their bytes.
pub(super) async fn upload(
    objects: Vec<Planted>,
    client: &Client,
    bucket: &str,
    prefix: &str,
) -> Result<(u64, u64)> {
    stream::iter(objects.into_iter().map(|object| object.put(client, bucket, prefix)))
        .buffer_unordered(UPLOADS_AT_A_TIME)
        .try_fold((0, 0), |(objects, bytes), size| async move { Ok((objects + 1, bytes + size)) })
        .await
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_thousand_objects_have_keys_of_their_own_and_stay_small() {
        let objects: Vec<Planted> = (0..1_000).map(|at| planted(1, at)).collect();
        let keys: BTreeSet<&str> = objects.iter().map(|object| object.key.as_str()).collect();
        assert_eq!(keys.len(), objects.len());
        assert!(keys.iter().all(|key| key.len() + "archive/".len() <= 1_024));
        let bytes: usize = objects.iter().map(|object| object.content.size_bytes).sum();
        assert!((20 << 20..100 << 20).contains(&bytes), "{bytes}");
        assert!(objects.iter().any(|object| object.content.size_bytes == 0));
    }

    #[test]
    fn a_replaced_object_has_other_bytes() {
        let object = planted(1, 3);
        assert_ne!(object.clone().replaced().content.bytes(), object.content.bytes());
    }
}
