//! Bodies in `aws-chunked` framing, with signed or unsigned chunks and trailing checksums:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>. Signatures are not checked.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;

use super::error::S3Error;

/// Whether the request says that its body is framed.
pub(super) fn is_chunked(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    text("x-amz-content-sha256").is_some_and(|value| value.starts_with("STREAMING-"))
        || text("content-encoding")
            .is_some_and(|value| value.split(',').any(|part| part.trim() == "aws-chunked"))
}

/// The payload in pieces that share the body's bytes, and the trailers.
pub(super) fn decode(
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<(Vec<Bytes>, HeaderMap), S3Error> {
    let incomplete =
        || S3Error::new("IncompleteBody", 400, "The request body terminated unexpectedly");
    let mut pieces = Vec::new();
    let mut rest = body.clone();
    loop {
        let line = take_line(&mut rest).ok_or_else(incomplete)?;
        let size = line.split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size.trim(), 16).map_err(|_error| incomplete())?;
        if size == 0 {
            break;
        }
        if rest.len() < size + 2 {
            return Err(incomplete());
        }
        pieces.push(rest.split_to(size));
        if rest.split_to(2) != "\r\n" {
            return Err(incomplete());
        }
    }
    let mut trailers = HeaderMap::new();
    while let Some(line) = take_line(&mut rest) {
        let Some((name, value)) = line.split_once(':') else { continue };
        let name = HeaderName::try_from(name.trim()).map_err(|_error| incomplete())?;
        let value = HeaderValue::try_from(value.trim()).map_err(|_error| incomplete())?;
        trailers.insert(name, value);
    }
    let decoded: usize = pieces.iter().map(Bytes::len).sum();
    let announced = headers.get("x-amz-decoded-content-length").and_then(|v| v.to_str().ok());
    if announced.is_some_and(|announced| announced.parse() != Ok(decoded)) {
        return Err(incomplete());
    }
    if let Some(announced) = headers.get("x-amz-trailer")
        && !trailers.contains_key(announced.to_str().unwrap_or_default().trim())
    {
        return Err(S3Error::new("MalformedTrailerError", 400, "The announced trailer is missing"));
    }
    Ok((pieces, trailers))
}

fn take_line(rest: &mut Bytes) -> Option<String> {
    let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
    let line = rest.split_to(end);
    let ending = rest.split_to(2);
    debug_assert_eq!(ending, "\r\n");
    Some(String::from_utf8_lossy(&line).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn chunks_and_trailers_are_taken_apart() {
        let body = Bytes::from_static(
            b"3;chunk-signature=ab\r\nabc\r\n2\r\nde\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n",
        );
        let sent = headers(&[("x-amz-trailer", "x-amz-checksum-crc32")]);
        let (pieces, trailers) = decode(&sent, &body).unwrap();
        assert_eq!(pieces.concat(), b"abcde");
        assert_eq!(trailers["x-amz-checksum-crc32"], "AAAA");
    }

    #[test]
    fn a_body_that_is_cut_or_of_another_length_is_refused() {
        let none = HeaderMap::new();
        for body in ["5\r\nabc", "3\r\nabcde0\r\n\r\n", "", "3\r\nabc\r\n"] {
            assert_eq!(
                decode(&none, &Bytes::from(body)).unwrap_err().code,
                "IncompleteBody",
                "{body}"
            );
        }
        let body = Bytes::from_static(b"3\r\nabc\r\n0\r\n\r\n");
        let longer = headers(&[("x-amz-decoded-content-length", "4")]);
        assert_eq!(decode(&longer, &body).unwrap_err().code, "IncompleteBody");
        let trailer = headers(&[("x-amz-trailer", "x-amz-checksum-crc32")]);
        assert_eq!(decode(&trailer, &body).unwrap_err().code, "MalformedTrailerError");
    }
}
