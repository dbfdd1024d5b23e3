//! Words of bash that stay words, whatever is in them.

use crate::visible::is_deceptive;

/// `text` as one word of bash, on one line. Plain characters stand in single quotes, where nothing has a meaning; a text
/// with invisible characters stands in `$'…'`, where they are written as the bytes of their UTF-8 form.
///
/// There is no word for a NUL, which ends an argument: see [`can_be_an_argument`].
pub(crate) fn quote(text: &str) -> String {
    if !text.chars().any(is_deceptive) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let mut word = "$'".to_owned();
    for c in text.chars() {
        match c {
            '\n' => word.push_str(r"\n"),
            '\t' => word.push_str(r"\t"),
            '\r' => word.push_str(r"\r"),
            '\'' | '\\' => word.extend(['\\', c]),
            c if is_deceptive(c) => octal(&mut word, c),
            c => word.push(c),
        }
    }
    word.push('\'');
    word
}

/// Whether the operating system can hand `text` to a program.
pub(crate) fn can_be_an_argument(text: &str) -> bool {
    !text.contains('\0')
}

/// Octal escapes have at most three digits, so that they end before a digit which follows; `\x` escapes do too, but old
/// versions of bash read more.
fn octal(word: &mut String, c: char) {
    let mut bytes = [0; 4];
    for byte in c.encode_utf8(&mut bytes).bytes() {
        word.push('\\');
        word.extend([6, 3, 0].map(|shift| char::from(b'0' + (byte >> shift & 7))));
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("a/b c", "'a/b c'")]
    #[case("", "''")]
    #[case("it's", r"'it'\''s'")]
    #[case("$(id) `id` \\ \"", "'$(id) `id` \\ \"'")]
    #[case("a\nb'\\", r"$'a\nb\'\\'")]
    #[case("\u{1}1", r"$'\0011'")]
    #[case("\u{202e}", r"$'\342\200\256'")]
    fn a_word_is_quoted(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(quote(text), expected);
    }
}
