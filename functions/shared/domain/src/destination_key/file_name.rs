//! File names that are safe as an S3 key segment, in a URL, and on any desktop.

use unicode_normalization::UnicodeNormalization;

use crate::extension::split_extension;

/// Stands in for a file name of which nothing can be kept.
const UNNAMED_FILE: &str = "file";

/// Device names Windows refuses as a file name, with any extension
/// (<https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file>).
const RESERVED_STEMS: [&str; 4] = ["con", "prn", "aux", "nul"];
/// Device names followed by one digit.
const RESERVED_NUMBERED_STEMS: [&str; 2] = ["com", "lpt"];

/// Cleans a file name: composed form (NFC), unsafe characters replaced by `_`, dots and blanks at both ends
/// removed, `file` for names that are empty or reserved by Windows. Extension and letter case are kept.
pub fn clean_file_name(raw: &str) -> String {
    let replaced: String = raw.nfc().map(|c| if is_unsafe(c) { '_' } else { c }).collect();
    let trimmed = replaced.trim_matches(|c: char| c == '.' || c.is_whitespace());
    if trimmed.is_empty() {
        return UNNAMED_FILE.to_owned();
    }
    let before_first_dot = trimmed.split('.').next().unwrap_or(trimmed);
    if !is_reserved(before_first_dot.trim_end()) {
        return trimmed.to_owned();
    }
    match split_extension(trimmed).1 {
        Some(extension) => format!("{UNNAMED_FILE}.{extension}"),
        None => UNNAMED_FILE.to_owned(),
    }
}

/// Characters S3 advises to avoid, desktops refuse, or that are invisible and so make two names look alike.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\\' | '/' | '{' | '}' | '^' | '%' | '`' | '[' | ']' | '"' | '<' | '>' | '~' | '#'
                | '|' | ':' | '*' | '?'
        )
        // Soft hyphen, Mongolian vowel separator, zero width, direction marks and isolates, joiners.
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
        // The mark of a decoding error, and code points no XML list of keys can hold.
        || matches!(character, '\u{fff9}'..='\u{fffd}' | '\u{fffe}' | '\u{ffff}')
}

fn is_reserved(stem: &str) -> bool {
    let lower = stem.to_lowercase();
    let is_numbered = |name: &str| {
        lower.strip_prefix(name).is_some_and(|tail| {
            let mut digits = tail.chars();
            matches!(digits.next(), Some('1'..='9' | '¹' | '²' | '³')) && digits.next().is_none()
        })
    };
    RESERVED_STEMS.contains(&lower.as_str()) || RESERVED_NUMBERED_STEMS.into_iter().any(is_numbered)
}
