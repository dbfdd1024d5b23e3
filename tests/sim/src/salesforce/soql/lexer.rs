//! Splits a statement into tokens.

use super::super::error::ApiError;
use super::super::time::{self, Millis};
use super::error_at;

/// Longest text literal in a condition, in characters.
const LITERAL_CHARACTERS_MAX: usize = 4_000;

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A keyword, a name, or a path with dots.
    Word(String),
    Text(String),
    Number(String),
    Time(Millis),
    Symbol(&'static str),
    End,
}

impl Token {
    /// The token as an error message shows it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Word(text) | Self::Number(text) => format!("'{text}'"),
            Self::Text(text) => format!("''{text}''"),
            Self::Time(millis) => format!("'{}'", time::bulk(*millis)),
            Self::Symbol(symbol) => format!("'{symbol}'"),
            Self::End => "'<EOF>'".to_owned(),
        }
    }
}

/// Two-character symbols come first, so that `<=` is not read as `<` and `=`.
const SYMBOLS: [&str; 10] = ["!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", ","];

/// Reads all tokens with their byte offsets; the last one is [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, usize)>, ApiError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = rest(text, at).chars().next() {
        let start = at;
        let token = if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        } else if first == '\'' {
            let (value, end) = quoted(text, start)?;
            at = end;
            Token::Text(value)
        } else if first.is_ascii_alphabetic() || first == '_' {
            at += span(rest(text, at), |c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
            Token::Word(text.get(start..at).unwrap_or_default().to_owned())
        } else if first.is_ascii_digit() || first == '-' {
            at += 1 + span(rest(text, at + 1), |c| c.is_ascii_alphanumeric() || "+-:.".contains(c));
            number_or_time(text, start, at)?
        } else if let Some(symbol) = SYMBOLS.iter().find(|s| rest(text, at).starts_with(**s)) {
            at += symbol.len();
            Token::Symbol(symbol)
        } else {
            let message = format!("unexpected token: '{first}'");
            return Err(error_at(text, start, "MALFORMED_QUERY", &message));
        };
        found.push((token, start));
    }
    found.push((Token::End, text.len()));
    Ok(found)
}

fn rest(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or_default()
}

/// Length in bytes of the longest start of `text` whose characters all belong.
fn span(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

fn number_or_time(text: &str, start: usize, end: usize) -> Result<Token, ApiError> {
    let raw = text.get(start..end).unwrap_or_default();
    if raw.parse::<f64>().is_ok() {
        return Ok(Token::Number(raw.to_owned()));
    }
    if let Some(millis) = time::parse(raw) {
        return Ok(Token::Time(millis));
    }
    let message = format!("unexpected token: '{raw}'");
    Err(error_at(text, start, "MALFORMED_QUERY", &message))
}

/// Reads a quoted literal that opens at `start`; gives its value and the offset after the closing quote.
fn quoted(text: &str, start: usize) -> Result<(String, usize), ApiError> {
    let mut value = String::new();
    let mut characters = rest(text, start + 1).char_indices();
    while let Some((offset, character)) = characters.next() {
        let at = start + 1 + offset;
        match character {
            '\'' => {
                if value.chars().count() > LITERAL_CHARACTERS_MAX {
                    let message = "string literal is too long";
                    return Err(error_at(text, start, "MALFORMED_QUERY", message));
                }
                return Ok((value, at + 1));
            }
            '\\' => {
                let Some(escaped) = characters.next().and_then(|(_, next)| unescape(next)) else {
                    let message = "Illegal escape sequence in string literal";
                    return Err(error_at(text, at, "MALFORMED_QUERY", message));
                };
                value.push(escaped);
            }
            other => value.push(other),
        }
    }
    Err(error_at(text, start, "MALFORMED_QUERY", "line ended without closing quote"))
}

/// The escapes of SOQL. `\_` and `\%` keep their backslash's meaning only in LIKE patterns; see [`super::eval`].
fn unescape(character: char) -> Option<char> {
    match character {
        'n' | 'N' => Some('\n'),
        'r' | 'R' => Some('\r'),
        't' | 'T' => Some('\t'),
        'b' | 'B' => Some('\u{8}'),
        'f' | 'F' => Some('\u{c}'),
        '"' | '\'' | '\\' => Some(character),
        '_' => Some(LIKE_UNDERSCORE),
        '%' => Some(LIKE_PERCENT),
        _ => None,
    }
}

/// Stands for an escaped `_` until the literal's use is known (private-use character).
pub(super) const LIKE_UNDERSCORE: char = '\u{f8f0}';

/// Stands for an escaped `%` until the literal's use is known (private-use character).
pub(super) const LIKE_PERCENT: char = '\u{f8f1}';
