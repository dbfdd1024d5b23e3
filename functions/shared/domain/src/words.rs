//! Numbers and reasons as people read them.

/// `1204331` as `1,204,331`.
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 object`, `2 objects`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// At most `characters` characters of `text`; three dots stand for the rest.
pub fn shortened(text: &str, characters: usize) -> String {
    if text.chars().count() <= characters {
        return text.to_owned();
    }
    let kept: String = text.chars().take(characters.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_counted() {
        assert_eq!(counted(1, "record", "records"), "1 record");
        assert_eq!(counted(1_204_331, "record", "records"), "1,204,331 records");
    }

    #[test]
    fn what_is_too_long_ends_in_dots() {
        assert_eq!(shortened("äbc", 3), "äbc");
        assert_eq!(shortened("äb cd", 4), "äb…");
    }
}
