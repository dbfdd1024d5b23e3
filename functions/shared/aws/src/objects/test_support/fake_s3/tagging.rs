//! Tags of objects, as they are sent and told.

use wiremock::{Request, ResponseTemplate};

use super::{State, error, header, xml};

/// Keys and values.
pub(super) type Tags = Vec<(String, String)>;

/// The tags that a write carries.
pub(super) fn sent(request: &Request) -> Tags {
    let query = header(request, "x-amz-tagging").unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

impl State {
    pub(super) fn tags(&self, place: &str, request: &Request) -> ResponseTemplate {
        let Some(stored) = self.objects.get(place) else { return error(request, 404, "NoSuchKey") };
        let tags = stored.tags.iter().map(|(key, value)| {
            let escaped = |text: &str| quick_xml::escape::escape(text).into_owned();
            format!("<Tag><Key>{}</Key><Value>{}</Value></Tag>", escaped(key), escaped(value))
        });
        let tags: String = tags.collect();
        xml(ResponseTemplate::new(200), &format!("<Tagging><TagSet>{tags}</TagSet></Tagging>"))
    }
}
