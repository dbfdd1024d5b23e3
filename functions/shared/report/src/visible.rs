//! Characters that nobody sees, or that make a page or a script look like something else.

/// Whether a character is invisible or moves its neighbours: controls, line separators, marks of the direction of writing,
/// joiners and tags (<https://www.unicode.org/reports/tr36/>).
pub(crate) fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// A stretch of a text: shown as it is, or standing for something invisible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// What is shown where there is nothing but text: control pictures and code points.
    pub(crate) text: String,
    /// The name of the invisible character that it stands for. Control pictures are too small to be read in many fonts.
    pub(crate) name: Option<String>,
}

/// A text with symbols for what nobody would see, spaces at the ends among it.
pub(crate) fn visible(text: &str) -> Vec<Piece> {
    let middle = text.trim_matches(' ');
    let leading = text.len() - text.trim_start_matches(' ').len();
    let trailing = text.len().saturating_sub(leading + middle.len());
    let mut pieces = Vec::new();
    pieces.extend((0..leading).map(|_| symbol(' ')));
    for c in middle.chars() {
        if is_deceptive(c) {
            pieces.push(symbol(c));
            continue;
        }
        match pieces.last_mut() {
            Some(Piece { text, name: None }) => text.push(c),
            Some(_) | None => pieces.push(Piece { text: c.to_string(), name: None }),
        }
    }
    pieces.extend((0..trailing).map(|_| symbol(' ')));
    pieces
}

/// [`visible`] as one line of plain text.
pub(crate) fn plain(text: &str) -> String {
    visible(text).into_iter().map(|piece| piece.text).collect()
}

fn symbol(c: char) -> Piece {
    let code = u32::from(c);
    let picture = match code {
        0..=0x20 => char::from_u32(0x2400 + code),
        0x7f => Some('␡'),
        _ => None,
    };
    let number = format!("U+{code:04X}");
    let name = match c {
        '\0' => "NUL",
        '\t' => "TAB",
        '\n' => "LF",
        '\r' => "CR",
        '\u{1b}' => "ESC",
        ' ' => "SPACE",
        '\u{7f}' => "DEL",
        _ => &number,
    };
    Piece {
        name: Some(name.to_owned()),
        text: picture.map_or_else(|| number.clone(), String::from),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("a b", "a b")]
    #[case("", "")]
    #[case("a\nb\0", "a␊b␀")]
    #[case(" a  ", "␠a␠␠")]
    #[case("  ", "␠␠")]
    #[case("x\u{202e}gnp.exe", "xU+202Egnp.exe")]
    #[case("\u{7f}\u{85}", "␡U+0085")]
    #[case("日本 é", "日本 é")]
    fn nothing_stays_invisible(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(plain(text), expected);
    }

    #[test]
    fn a_symbol_is_told_from_a_character_that_looks_like_it() {
        let pieces = visible("␊\n");
        assert_eq!(
            pieces.iter().map(|piece| piece.name.as_deref()).collect::<Vec<_>>(),
            [None, Some("LF")]
        );
    }
}
