//! A page taken apart by a browser's tokenizer.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// An element's beginning.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    /// The names of the elements around it.
    pub(crate) inside: Vec<String>,
    /// The text before it, counted in bytes.
    start: usize,
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// Everything that a page consists of.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) elements: Vec<Element>,
    pub(crate) text: String,
    pub(crate) comments: Vec<String>,
    /// What is not well formed, or not nested.
    pub(crate) errors: Vec<String>,
    open: Vec<(String, usize)>,
    /// The text of each element that was closed, by its index.
    texts: Vec<(usize, String)>,
}

const VOID: [&str; 4] = ["meta", "br", "img", "link"];

struct Sink(RefCell<Parsed>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<()> {
        let mut parsed = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) => return parsed.tag(&tag, line),
            Token::CharacterTokens(text) => parsed.text.push_str(&text),
            Token::NullCharacterToken => parsed.errors.push(format!("{line}: NUL")),
            Token::CommentToken(text) => parsed.comments.push(text.to_string()),
            Token::ParseError(error) => parsed.errors.push(format!("{line}: {error}")),
            Token::DoctypeToken(_) | Token::EOFToken => {}
        }
        TokenSinkResult::Continue
    }
}

impl Parsed {
    pub(crate) fn of(page: &str) -> Self {
        let tokenizer = Tokenizer::new(
            Sink(RefCell::default()),
            TokenizerOpts { exact_errors: true, ..TokenizerOpts::default() },
        );
        let input = BufferQueue::default();
        input.push_back(StrTendril::from(page));
        while !matches!(tokenizer.feed(&input), html5ever::interface::TokenizerResult::Done) {}
        tokenizer.end();
        let mut parsed = tokenizer.sink.0.into_inner();
        let open: Vec<_> = parsed.open.iter().map(|(name, _)| name.clone()).collect();
        parsed.errors.extend(open.into_iter().map(|name| format!("{name} is never closed")));
        parsed
    }

    fn tag(&mut self, tag: &Tag, line: u64) -> TokenSinkResult<()> {
        let name = tag.name.to_string();
        if tag.kind == TagKind::EndTag {
            match self.open.pop() {
                Some((open, index)) if open == name => {
                    let start = self.elements[index].start;
                    self.texts.push((index, self.text[start..].to_owned()));
                }
                other => self.errors.push(format!("{line}: </{name}> closes {other:?}")),
            }
            return TokenSinkResult::Continue;
        }
        let attributes = tag.attrs.iter();
        let attributes: Vec<(String, String)> =
            attributes.map(|a| (a.name.local.to_string(), a.value.to_string())).collect();
        if ["td", "th", "small", "li"].contains(&name.as_str()) {
            self.text.push(' ');
        }
        let inside = self.open.iter().map(|(name, _)| name.clone()).collect();
        self.elements.push(Element {
            name: name.clone(),
            attributes,
            inside,
            start: self.text.len(),
        });
        if !tag.self_closing && !VOID.contains(&name.as_str()) {
            self.open.push((name.clone(), self.elements.len() - 1));
        }
        let in_svg = self.open.iter().any(|(name, _)| name == "svg");
        match name.as_str() {
            "style" => TokenSinkResult::RawData(RawKind::Rawtext),
            "title" if !in_svg => TokenSinkResult::RawData(RawKind::Rcdata),
            _ => TokenSinkResult::Continue,
        }
    }

    /// The text of every element of that name, in the order in which they end.
    pub(crate) fn texts(&self, name: &str) -> Vec<&str> {
        self.texts
            .iter()
            .filter(|(index, _)| self.elements[*index].name == name)
            .map(|(_, text)| text.as_str())
            .collect()
    }

    pub(crate) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.elements.iter().filter(move |element| element.name == name)
    }
}
