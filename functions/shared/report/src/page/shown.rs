//! Values that bring their own markup. Each is a template of its own, so that the engine escapes what is foreign in it.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::text::bytes;
use crate::visible::{Piece, visible};

/// Foreign text: kept apart from the direction in which its surroundings are written, with symbols for what nobody would
/// see.
#[derive(Debug, Clone, Template)]
#[template(
    source = "<bdi>{% for piece in pieces %}{% if let Some(name) = piece.name %}<span class=\"symbol\">{{ name }}</span>{% else %}{{ piece.text }}{% endif %}{% endfor %}</bdi>",
    ext = "html"
)]
pub(super) struct Shown {
    pieces: Vec<Piece>,
}

impl HtmlSafe for Shown {}

impl Shown {
    pub(super) fn new(text: &str) -> Self {
        Self { pieces: visible(text) }
    }

    pub(super) fn optional(text: Option<&String>) -> Option<Self> {
        text.map(|text| Self::new(text))
    }
}

/// A size for people, with the bytes for machines and for who points at it.
#[derive(Debug, Clone, Copy, Template)]
#[template(
    source = "<data value=\"{{ exact }}\" title=\"{{ exact }} bytes\">{{ self.text() }}</data>",
    ext = "html"
)]
pub(super) struct Size {
    exact: u64,
}

impl HtmlSafe for Size {}

impl Size {
    pub(super) const fn new(exact: u64) -> Self {
        Self { exact }
    }

    fn text(self) -> String {
        bytes(self.exact)
    }
}

/// The length of `part` in a bar that is `full` units long at `whole`. What is not nothing is seen.
pub(super) fn length(part: u64, whole: u64, full: u64) -> u64 {
    if part == 0 || whole == 0 {
        return 0;
    }
    let scaled = u128::from(part) * u128::from(full) / u128::from(whole);
    u64::try_from(scaled).unwrap_or(full).clamp(1, full)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_escaped_and_isolated() {
        let text = Shown::new("<b>\u{202e}&").to_string();
        assert_eq!(text, "<bdi>&#60;b&#62;<span class=\"symbol\">U+202E</span>&#38;</bdi>");
    }

    #[test]
    fn a_bar_shows_what_is_not_nothing_and_stays_in_its_frame() {
        assert_eq!(length(0, 10, 100), 0);
        assert_eq!(length(1, u64::MAX, 100), 1);
        assert_eq!(length(5, 10, 100), 50);
        assert_eq!(length(20, 10, 100), 100);
        assert_eq!(length(3, 0, 100), 0);
    }
}
