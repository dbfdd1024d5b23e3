//! The body of a source file as it arrives: counted, and checked against the length that was announced.

use std::collections::VecDeque;
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use drayage_domain::outcome::FailureClass;
use drayage_domain::row::SourceIdentity;
use tokio::time::Instant;

use super::error::CopyError;
use super::metadata::ObjectMetadata;
use super::s3_source::TagHint;

/// A source file that is ready to be read.
#[derive(Debug)]
pub(super) struct OpenSource {
    pub(super) body: SourceBody,
    pub(super) identity: SourceIdentity,
    pub(super) metadata: ObjectMetadata,
    /// Base64 CRC-64/NVME of the whole object, if the source reports one.
    pub(super) crc64_nvme: Option<String>,
    /// Whether the source can be asked for a part of the file.
    pub(super) ranges: bool,
    /// What its S3 has said about its tags; nothing for HTTP.
    pub(super) tags: TagHint,
}

/// Where the bytes come from.
#[derive(Debug)]
pub(super) enum Wire {
    Http(reqwest::Response),
    S3(ByteStream),
}

/// The bytes of a source file.
#[derive(Debug)]
pub(super) struct SourceBody {
    wire: Wire,
    length: LengthCheck,
    /// Chunks that were read to look at the beginning.
    peeked: VecDeque<Bytes>,
    /// For messages; without query.
    place: String,
    /// How long the source has been waited for, and for which bytes.
    waited: Duration,
}

/// The slowest average that a web server may send at, in bytes per second, once [`SLOW_START`] is over. A byte now and then keeps
/// any time limit between bytes from ever ending, and holds a place that other files need.
const RATE_MIN: u64 = 1024;
/// How long a source may be waited for, all its pauses added up, before its average counts.
const SLOW_START: Duration = Duration::from_mins(1);

impl SourceBody {
    /// * `announced`: `Content-Length`, if there is one.
    /// * `place`: what messages call the source; must not contain a query.
    pub(super) fn new(wire: Wire, announced: Option<u64>, place: String) -> Self {
        Self {
            wire,
            length: LengthCheck::new(announced),
            peeked: VecDeque::new(),
            place,
            waited: Duration::ZERO,
        }
    }

    /// A body without a byte.
    pub(super) fn empty(place: String) -> Self {
        Self::new(Wire::S3(ByteStream::from_static(&[])), Some(0), place)
    }

    pub(super) const fn announced(&self) -> Option<u64> {
        self.length.announced
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// The next bytes, or `None` at the end. Fails when the body is shorter or longer than announced.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, CopyError> {
        if let Some(chunk) = self.peeked.pop_front() {
            return Ok(Some(chunk));
        }
        self.read().await
    }

    /// At least `wanted` bytes from the beginning, or all of a shorter body. They are not consumed. Call it before
    /// anything was taken with [`chunk`](Self::chunk).
    pub(super) async fn peek(&mut self, wanted: usize) -> Result<Vec<u8>, CopyError> {
        let mut head: Vec<u8> = self.peeked.iter().flatten().copied().collect();
        while head.len() < wanted {
            let Some(chunk) = self.read().await? else { break };
            head.extend_from_slice(&chunk);
            self.peeked.push_back(chunk);
        }
        head.truncate(wanted);
        Ok(head)
    }

    async fn read(&mut self) -> Result<Option<Bytes>, CopyError> {
        let read = match &mut self.wire {
            Wire::Http(response) => {
                let asked = Instant::now();
                let read = response.chunk().await.map_err(|error| error.is_timeout());
                self.waited += asked.elapsed();
                if is_too_slow(self.waited, self.length.received) && !matches!(read, Ok(None)) {
                    return Err(CopyError::new(
                        FailureClass::SourceTimeout,
                        format!(
                            "{} sends less than {RATE_MIN} bytes per second: {} bytes in {} s",
                            self.place,
                            self.length.received,
                            self.waited.as_secs()
                        ),
                    ));
                }
                read
            }
            // The SDK checks the checksum at the end of the body; what it finds ends up here, too.
            Wire::S3(stream) => stream.try_next().await.map_err(|_broken| false),
        };
        match read {
            Ok(Some(chunk)) => {
                self.length.add(chunk.len() as u64, &self.place)?;
                Ok(Some(chunk))
            }
            Ok(None) => self.length.end(&self.place).map(|()| None),
            Err(_) if matches!(self.wire, Wire::S3(_)) && self.length.complete() => {
                Err(CopyError::new(
                    FailureClass::ChecksumMismatch,
                    format!("{} arrived with another checksum than S3 reports", self.place),
                ))
            }
            Err(timed_out) => Err(self.length.broken(timed_out, &self.place)),
        }
    }
}

/// Whether a source that was waited for that long for so many bytes is slower than any that works.
fn is_too_slow(waited: Duration, received: u64) -> bool {
    waited >= SLOW_START && received < waited.as_secs().saturating_mul(RATE_MIN)
}

/// Compares the bytes that arrive with the announced number.
#[derive(Debug, Clone, Copy)]
struct LengthCheck {
    announced: Option<u64>,
    received: u64,
}

impl LengthCheck {
    const fn new(announced: Option<u64>) -> Self {
        Self { announced, received: 0 }
    }

    fn add(&mut self, bytes: u64, place: &str) -> Result<(), CopyError> {
        self.received += bytes;
        match self.announced {
            Some(announced) if self.received > announced => Err(CopyError::new(
                FailureClass::LongBody,
                format!("{place} announced {announced} bytes and sent more"),
            )),
            Some(_) | None => Ok(()),
        }
    }

    fn end(&self, place: &str) -> Result<(), CopyError> {
        match self.announced {
            Some(announced) if self.received < announced => Err(self.short(announced, place)),
            Some(_) | None => Ok(()),
        }
    }

    fn complete(&self) -> bool {
        self.announced == Some(self.received)
    }

    fn broken(&self, timed_out: bool, place: &str) -> CopyError {
        if timed_out {
            return CopyError::new(
                FailureClass::SourceTimeout,
                format!("{place} stopped sending after {} bytes", self.received),
            );
        }
        match self.announced {
            Some(announced) if self.received < announced => self.short(announced, place),
            Some(_) | None => CopyError::new(
                FailureClass::SourceUnavailable,
                format!("the connection broke after {} bytes of {place}", self.received),
            ),
        }
    }

    fn short(&self, announced: u64, place: &str) -> CopyError {
        CopyError::new(
            FailureClass::ShortBody,
            format!("{place} announced {announced} bytes and sent {}", self.received),
        )
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn body(chunks: &'static str, announced: Option<u64>) -> SourceBody {
        SourceBody::new(
            Wire::S3(ByteStream::from_static(chunks.as_bytes())),
            announced,
            "s3://b/k".to_owned(),
        )
    }

    async fn read_all(mut body: SourceBody) -> Result<Vec<u8>, CopyError> {
        let mut all = Vec::new();
        while let Some(chunk) = body.chunk().await? {
            all.extend_from_slice(&chunk);
        }
        Ok(all)
    }

    #[rstest]
    #[case("four", Some(4), Ok("four"))]
    #[case("four", None, Ok("four"))]
    #[case("", Some(0), Ok(""))]
    #[case("four", Some(5), Err(FailureClass::ShortBody))]
    #[case("four", Some(3), Err(FailureClass::LongBody))]
    #[tokio::test]
    async fn the_announced_length_is_compared(
        #[case] sent: &'static str,
        #[case] announced: Option<u64>,
        #[case] expected: Result<&str, FailureClass>,
    ) {
        let read = read_all(body(sent, announced)).await.map_err(|error| error.class);
        assert_eq!(read, expected.map(|text| text.as_bytes().to_vec()));
    }

    #[rstest]
    #[case::at_the_beginning(59, 0, false)]
    #[case::nothing_for_a_minute(60, 0, true)]
    #[case::a_byte_a_second(60, 60, true)]
    #[case::just_enough(60, 60 * 1024, false)]
    #[case::later(600, 600 * 1024 - 1, true)]
    #[case::large_and_slow(600, 10 << 20, false)]
    fn a_source_has_to_keep_up_with_the_slowest_that_works(
        #[case] seconds: u64,
        #[case] received: u64,
        #[case] expected: bool,
    ) {
        assert_eq!(is_too_slow(Duration::from_secs(seconds), received), expected);
    }

    #[tokio::test]
    async fn peeked_bytes_are_read_again() {
        let mut body = body("a longer text", Some(13));
        assert_eq!(body.peek(3).await.unwrap(), b"a l");
        assert_eq!(read_all(body).await.unwrap(), b"a longer text");
    }
}
