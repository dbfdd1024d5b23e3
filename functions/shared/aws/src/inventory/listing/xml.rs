//! The XML of a listing (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>).

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// A parsed page. Texts are as they were sent, and borrowed where they have no escapes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ListResult<'a> {
    pub(super) truncated: bool,
    pub(super) url_encoded: bool,
    pub(super) token: Option<String>,
    pub(super) entries: Vec<Entry<'a>>,
    /// Common prefixes, where a delimiter was asked for.
    pub(super) prefixes: Vec<Cow<'a, str>>,
}

/// A listed object.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub(super) key: Option<Cow<'a, str>>,
    pub(super) size_bytes: Option<u64>,
    /// Without quotes.
    pub(super) etag: Option<Cow<'a, str>>,
    pub(super) last_modified: Option<Cow<'a, str>>,
    pub(super) storage_class: Option<Cow<'a, str>>,
}

/// Parses a page; `Err` says what is wrong with it.
pub(super) fn parse(bytes: &[u8]) -> Result<ListResult<'_>, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let mut reader = Reader::from_str(text);
    loop {
        match next(&mut reader)? {
            Event::Start(root) if root.local_name().as_ref() == "ListBucketResult" => break,
            Event::Empty(root) if root.local_name().as_ref() == "ListBucketResult" => {
                return Ok(ListResult::default());
            }
            Event::Start(other) | Event::Empty(other) => {
                return Err(format!("the root is <{}>", other.local_name().as_ref()));
            }
            Event::Eof => return Err("there is no element".to_owned()),
            Event::End(_)
            | Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_) => {}
        }
    }
    let mut result = ListResult::default();
    while let Some(element) = next_child(&mut reader)? {
        match element.local_name().as_ref() {
            "Contents" => result.entries.push(entry(&mut reader)?),
            "CommonPrefixes" => result.prefixes.extend(common_prefix(&mut reader)?),
            "IsTruncated" => result.truncated = content(&mut reader, &element)? == "true",
            "EncodingType" => result.url_encoded = content(&mut reader, &element)? == "url",
            "NextContinuationToken" => {
                result.token = Some(content(&mut reader, &element)?.into_owned());
            }
            _ => skip(&mut reader, &element)?,
        }
    }
    Ok(result)
}

fn entry<'a>(reader: &mut Reader<&'a [u8]>) -> Result<Entry<'a>, String> {
    let mut entry = Entry::default();
    while let Some(element) = next_child(reader)? {
        match element.local_name().as_ref() {
            "Key" => entry.key = Some(content(reader, &element)?),
            "Size" => entry.size_bytes = content(reader, &element)?.parse().ok(),
            "ETag" => entry.etag = Some(etag(reader, &element)?),
            "LastModified" => entry.last_modified = Some(content(reader, &element)?),
            "StorageClass" => entry.storage_class = Some(content(reader, &element)?),
            _ => skip(reader, &element)?,
        }
    }
    Ok(entry)
}

fn common_prefix<'a>(reader: &mut Reader<&'a [u8]>) -> Result<Option<Cow<'a, str>>, String> {
    let mut prefix = None;
    while let Some(element) = next_child(reader)? {
        match element.local_name().as_ref() {
            "Prefix" => prefix = Some(content(reader, &element)?),
            _ => skip(reader, &element)?,
        }
    }
    Ok(prefix)
}

/// The next element, or `None` at the end of the one around it. An empty element has nothing to say.
fn next_child<'a>(reader: &mut Reader<&'a [u8]>) -> Result<Option<BytesStart<'a>>, String> {
    loop {
        match next(reader)? {
            Event::Start(element) => return Ok(Some(element)),
            Event::End(_) => return Ok(None),
            Event::Eof => return Err("it ends in the middle".to_owned()),
            Event::Empty(_)
            | Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_) => {}
        }
    }
}

fn next<'a>(reader: &mut Reader<&'a [u8]>) -> Result<Event<'a>, String> {
    reader.read_event().map_err(|error| error.to_string())
}

fn content<'a>(
    reader: &mut Reader<&'a [u8]>,
    element: &BytesStart<'_>,
) -> Result<Cow<'a, str>, String> {
    unescaped(raw(reader, element)?)
}

/// The two quotes that every `ETag` is sent with are the only escapes of nearly every entry.
fn etag<'a>(
    reader: &mut Reader<&'a [u8]>,
    element: &BytesStart<'_>,
) -> Result<Cow<'a, str>, String> {
    let raw = raw(reader, element)?;
    if let Cow::Borrowed(sent) = raw
        && let Some(inner) = sent.strip_prefix("&quot;")
        && let Some(inner) = inner.strip_suffix("&quot;")
        && !inner.contains(['&', '"'])
    {
        return Ok(Cow::Borrowed(inner));
    }
    Ok(Cow::Owned(unescaped(raw)?.replace('"', "")))
}

fn raw<'a>(
    reader: &mut Reader<&'a [u8]>,
    element: &BytesStart<'_>,
) -> Result<Cow<'a, str>, String> {
    let text = reader.read_text(element.name()).map_err(|error| error.to_string())?;
    Ok(text.into_inner())
}

fn unescaped(raw: Cow<'_, str>) -> Result<Cow<'_, str>, String> {
    match raw {
        Cow::Borrowed(raw) => quick_xml::escape::unescape(raw).map_err(|error| error.to_string()),
        Cow::Owned(raw) => match quick_xml::escape::unescape(&raw) {
            Ok(text) => Ok(Cow::Owned(text.into_owned())),
            Err(error) => Err(error.to_string()),
        },
    }
}

fn skip(reader: &mut Reader<&[u8]>, element: &BytesStart<'_>) -> Result<(), String> {
    reader.read_to_end(element.name()).map(|_span| ()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn what_is_not_known_is_passed_over() {
        let page = "<?xml version=\"1.0\"?>\n<!-- c --><s:ListBucketResult xmlns:s='http://s3.amazonaws.com/doc/2006-03-01/'>
            <s:Name>b</s:Name><Prefix/><New><Key>no</Key></New><IsTruncated>true</IsTruncated>
            <EncodingType>url</EncodingType><NextContinuationToken>a&amp;b==</NextContinuationToken>
            <Contents><Owner><ID>x</ID><Key>no</Key></Owner><Key>a&#x41;&lt;&quot;</Key><Size>18446744073709551615</Size>
              <ETag>&quot;e&quot;</ETag><LastModified>t</LastModified><StorageClass/></Contents>
            <Contents><Key> two words </Key><Size>-1</Size></Contents>
            <CommonPrefixes><New/><Prefix>p&amp;/</Prefix></CommonPrefixes><CommonPrefixes/></s:ListBucketResult>";
        let first = Entry {
            key: Some("aA<\"".into()),
            size_bytes: Some(u64::MAX),
            etag: Some("e".into()),
            last_modified: Some("t".into()),
            storage_class: None,
        };
        let second = Entry { key: Some(" two words ".into()), ..Entry::default() };
        let expected = ListResult {
            truncated: true,
            url_encoded: true,
            token: Some("a&b==".to_owned()),
            entries: vec![first, second],
            prefixes: vec!["p&/".into()],
        };
        assert_eq!(parse(page.as_bytes()), Ok(expected));
        assert_eq!(parse(b"<ListBucketResult/>"), Ok(ListResult::default()));
    }

    #[rstest]
    #[case::escaped("&quot;e-2&quot;", "e-2")]
    #[case::plain("\"e\"", "e")]
    #[case::otherwise_escaped("&#34;e&#x22;", "e")]
    #[case::none("e", "e")]
    #[case::empty("&quot;&quot;", "")]
    #[case::one("&quot;", "")]
    #[case::more("&quot;a&amp;&quot;b&quot;", "a&b")]
    fn an_etag_loses_its_quotes(#[case] sent: &str, #[case] etag: &str) {
        let page = format!(
            "<ListBucketResult><Contents><ETag>{sent}</ETag></Contents></ListBucketResult>"
        );
        let parsed = parse(page.as_bytes()).unwrap();
        assert_eq!(parsed.entries[0].etag.as_deref(), Some(etag));
    }

    #[rstest]
    #[case::nothing(b"")]
    #[case::another_document(b"<Error><Code>InternalError</Code></Error>")]
    #[case::a_page_of_a_proxy(b"<!DOCTYPE html><html><br></html>")]
    #[case::cut_off(b"<ListBucketResult><Contents><Key>a</Key>")]
    #[case::cut_off_in_a_key(b"<ListBucketResult><Contents><Key>a")]
    #[case::mixed_up(b"<ListBucketResult><Contents></ListBucketResult></Contents>")]
    #[case::unknown_entity(
        b"<ListBucketResult><Contents><Key>&x;</Key></Contents></ListBucketResult>"
    )]
    #[case::not_utf8(b"<ListBucketResult><Name>\xff</Name></ListBucketResult>")]
    fn what_is_no_listing_is_an_error(#[case] page: &[u8]) {
        assert!(parse(page).is_err());
    }
}
