//! Checksums as S3 knows them: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>.

use aws_lc_rs::digest;
use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crc_fast::CrcAlgorithm;
use md5::{Digest, Md5};

use super::content::Content;
use super::error::S3Error;

/// Algorithms of `x-amz-checksum-*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

/// What a checksum of a multipart object is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    FullObject,
    Composite,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::FullObject => "FULL_OBJECT",
            Self::Composite => "COMPOSITE",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, S3Error> {
        [Self::FullObject, Self::Composite]
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| S3Error::invalid_request("unknown checksum type"))
    }
}

/// A checksum of stored bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checksum {
    pub(super) algorithm: Algorithm,
    pub(super) kind: Kind,
    /// Base64; a composite one ends in `-` and the number of parts.
    pub(super) value: String,
}

impl Algorithm {
    const ALL: [Self; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// The name in `x-amz-checksum-algorithm`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    pub(super) const fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// The element in XML, such as `ChecksumCRC64NVME`.
    pub(super) fn element(self) -> String {
        format!("Checksum{}", self.name())
    }

    pub(super) fn parse(text: &str) -> Result<Self, S3Error> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| S3Error::invalid_request("unknown checksum algorithm"))
    }

    const fn crc(self) -> Option<CrcAlgorithm> {
        match self {
            Self::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
            Self::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
            Self::Sha1 | Self::Sha256 => None,
        }
    }

    /// Base64 of the checksum of the bytes.
    pub(super) fn of(self, content: &Content) -> String {
        let Some(crc) = self.crc() else {
            let kind = if self == Self::Sha1 {
                &digest::SHA1_FOR_LEGACY_USE_ONLY
            } else {
                &digest::SHA256
            };
            let mut context = digest::Context::new(kind);
            for piece in content.pieces() {
                context.update(piece);
            }
            return STANDARD.encode(context.finish());
        };
        let mut state = crc_fast::Digest::new(crc);
        for piece in content.pieces() {
            state.update(piece);
        }
        self.encoded(state.finalize())
    }

    fn encoded(self, crc: u64) -> String {
        let bytes = crc.to_be_bytes();
        match self {
            Self::Crc64Nvme => STANDARD.encode(bytes),
            // The upper half of a CRC-32 is zero.
            Self::Crc32 | Self::Crc32c | Self::Sha1 | Self::Sha256 => {
                STANDARD.encode(bytes.get(4..).unwrap_or_default())
            }
        }
    }

    /// A CRC of everything, from CRCs and sizes of the parts in order; `None` for hashes, which cannot be combined.
    pub(super) fn combined<'a>(
        self,
        parts: impl IntoIterator<Item = (&'a str, u64)>,
    ) -> Option<String> {
        let crc = self.crc()?;
        let mut whole = crc_fast::checksum(crc, &[]);
        for (value, size) in parts {
            let bytes = STANDARD.decode(value).ok()?;
            let part = bytes.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
            whole = crc_fast::checksum_combine(crc, whole, part, size);
        }
        Some(self.encoded(whole))
    }

    /// The checksum of the parts' checksums.
    pub(super) fn composite<'a>(self, parts: impl IntoIterator<Item = &'a str>) -> String {
        let raw: Vec<Vec<u8>> =
            parts.into_iter().map(|value| STANDARD.decode(value).unwrap_or_default()).collect();
        let content = Content::of_pieces([raw.concat().into()]);
        format!("{}-{}", self.of(&content), raw.len())
    }
}

/// The checksum that a request or its trailer names; more than one is refused.
pub(super) fn named_in(headers: &HeaderMap) -> Result<Option<(Algorithm, String)>, S3Error> {
    let mut named = Algorithm::ALL.into_iter().filter_map(|algorithm| {
        let value = headers.get(algorithm.header())?.to_str().ok()?;
        Some((algorithm, value.to_owned()))
    });
    let first = named.next();
    if named.next().is_some() {
        return Err(S3Error::invalid_request("expecting a single x-amz-checksum- header"));
    }
    Ok(first)
}

/// The MD5 of the bytes.
pub(super) fn md5_of(content: &Content) -> [u8; 16] {
    let mut state = Md5::new();
    for piece in content.pieces() {
        state.update(piece);
    }
    state.finalize().into()
}

/// The multipart `ETag`: the MD5 of the parts' MD5s, and their number.
pub(super) fn multipart_etag<'a>(parts: impl IntoIterator<Item = &'a [u8; 16]>) -> String {
    let mut state = Md5::new();
    let mut number = 0_usize;
    for md5 in parts {
        state.update(md5);
        number += 1;
    }
    format!("{}-{number}", hex(&state.finalize()))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a String cannot fail.
        if write!(text, "{byte:02x}").is_err() {
            text.clear();
        }
        text
    })
}

/// Compares the bytes with `Content-MD5`, if there is one.
pub(super) fn check_md5(headers: &HeaderMap, md5: [u8; 16]) -> Result<(), S3Error> {
    let Some(sent) = headers.get("content-md5") else { return Ok(()) };
    let sent = STANDARD.decode(sent.as_bytes()).ok().filter(|sent| sent.len() == 16);
    match sent {
        None => {
            Err(S3Error::new("InvalidDigest", 400, "The Content-MD5 you specified is not valid."))
        }
        Some(sent) if sent == md5 => Ok(()),
        Some(_) => Err(S3Error::bad_digest("Content-MD5")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(text: &'static str) -> Content {
        Content::of_pieces([text.into()])
    }

    #[test]
    fn the_check_values_of_the_catalogue_are_met() {
        // https://reveng.sourceforge.io/crc-catalogue/all.htm, and coreutils for the hashes.
        for (algorithm, expected) in [
            (Algorithm::Crc32, "cbf43926"),
            (Algorithm::Crc32c, "e3069283"),
            (Algorithm::Crc64Nvme, "ae8b14860a799888"),
            (Algorithm::Sha1, "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
            (Algorithm::Sha256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
        ] {
            let found = STANDARD.decode(algorithm.of(&content("123456789"))).unwrap();
            assert_eq!(hex(&found), expected, "{algorithm:?}");
        }
    }

    #[test]
    fn parts_combine_to_the_whole() {
        let whole = content("drayage moves files");
        let parts = [content("drayage "), content("moves "), content("files")];
        for algorithm in [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme] {
            let values: Vec<_> =
                parts.iter().map(|part| (algorithm.of(part), part.size())).collect();
            let combined = algorithm.combined(values.iter().map(|(v, size)| (v.as_str(), *size)));
            assert_eq!(combined.unwrap(), algorithm.of(&whole), "{algorithm:?}");
        }
        assert_eq!(Algorithm::Sha256.combined([]), None);
    }
}
