//! Writing and reading the XML of S3's API.

use axum::body::Body;
use axum::http::HeaderValue;
use axum::response::Response;
use roxmltree::{Document, Node};

use super::error::S3Error;

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// `<name>text</name>`, escaped.
pub(super) fn element(name: &str, text: &str) -> String {
    let mut xml = String::with_capacity(2 * name.len() + text.len() + 5);
    push_element(&mut xml, name, text);
    xml
}

/// Appends `<name>text</name>`, escaped.
pub(super) fn push_element(xml: &mut String, name: &str, text: &str) {
    xml.push('<');
    xml.push_str(name);
    xml.push('>');
    for character in text.chars() {
        match character {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\r' => xml.push_str("&#13;"),
            other => xml.push(other),
        }
    }
    xml.push_str("</");
    xml.push_str(name);
    xml.push('>');
}

/// A document with this root element.
pub(super) fn document(root: &str, inner: &str) -> Response {
    let mut response = Response::new(Body::from(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"{NAMESPACE}\">{inner}</{root}>"
    )));
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/xml"));
    response
}

/// The text of each element below every `item` of a document, as `(name, text)`.
pub(super) fn items(body: &[u8], item: &str) -> Result<Vec<Vec<(String, String)>>, S3Error> {
    let malformed =
        || S3Error::new("MalformedXML", 400, "The XML you provided was not well-formed");
    let text = std::str::from_utf8(body).map_err(|_error| malformed())?;
    let document = Document::parse(text).map_err(|_error| malformed())?;
    let children = document.root_element().children();
    Ok(children.filter(|node| node.tag_name().name() == item).map(fields).collect())
}

fn fields(node: Node<'_, '_>) -> Vec<(String, String)> {
    node.children()
        .filter(Node::is_element)
        .map(|child| {
            (child.tag_name().name().to_owned(), child.text().unwrap_or_default().to_owned())
        })
        .collect()
}

/// The first field of that name.
pub(super) fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(found, _)| found == name).map(|(_, text)| text.as_str())
}
