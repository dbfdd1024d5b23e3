//! Salesforce record ids: the 15-character case-sensitive form and the 18-character safe form.
//!
//! An id is a 3-character key prefix, a 12-character serial, and (in the long form) a 3-character checksum of
//! the letter cases. Ids compare case-sensitively, so everything inside the simulator uses the long form.

/// Alphabet of the serial part, in the order in which Salesforce sorts ids.
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Alphabet of the checksum suffix: one character per group of five, one bit per character of the group.
const SUFFIX: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// Length of the serial part of an id.
const SERIAL_LENGTH: usize = 12;

/// Gives the 18-character form of a 15- or 18-character id, or `None` when `text` is not an id.
///
/// An 18-character id with letters in the wrong case is repaired from its checksum by the real service; here
/// it is refused, so that a client which folds case is found out.
pub fn to_18(text: &str) -> Option<String> {
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let stem = text.get(..15)?;
    let full = format!("{stem}{}", suffix(stem));
    match text.len() {
        15 => Some(full),
        18 => (full == text).then_some(full),
        _ => None,
    }
}

/// The checksum of the first fifteen characters: bit `i` of a group of five is set when character `i` is upper case.
fn suffix(stem: &str) -> String {
    stem.as_bytes()
        .chunks(5)
        .map(|group| {
            let bits = group
                .iter()
                .enumerate()
                .filter(|(_, byte)| byte.is_ascii_uppercase())
                .fold(0_usize, |bits, (position, _)| bits | (1 << position));
            char::from(SUFFIX.get(bits).copied().unwrap_or(b'A'))
        })
        .collect()
}

/// Builds the id with serial number `serial` under a three-character key prefix.
pub(crate) fn from_serial(prefix: &str, serial: u64) -> String {
    let mut digits = [b'0'; SERIAL_LENGTH];
    let mut rest = serial;
    for digit in digits.iter_mut().rev() {
        let index = usize::try_from(rest % 62).unwrap_or_default();
        *digit = BASE62.get(index).copied().unwrap_or(b'0');
        rest /= 62;
    }
    let stem: String = prefix.chars().chain(digits.iter().map(|byte| char::from(*byte))).collect();
    let suffix = suffix(&stem);
    format!("{stem}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::{from_serial, to_18};

    #[test]
    fn published_ids_get_their_published_suffix() {
        for (short, long) in [
            ("01gRO0000016PIA", "01gRO0000016PIAYA2"),
            ("0013000000xxxxx", "0013000000xxxxxAAA"),
            ("001A0000006Vm9u", "001A0000006Vm9uIAC"),
        ] {
            assert_eq!(to_18(short).as_deref(), Some(long));
            assert_eq!(to_18(long).as_deref(), Some(long));
        }
    }

    #[test]
    fn a_folded_id_is_not_an_id() {
        assert_eq!(to_18("001a0000006vm9uIAC"), None);
        assert_eq!(to_18("0013D00000AbcDef"), None, "16 characters");
    }

    #[test]
    fn serials_sort_like_their_ids() {
        let ids: Vec<String> = (0..500).map(|serial| from_serial("a0B", serial)).collect();
        assert!(ids.is_sorted());
        assert!(ids.iter().all(|id| to_18(id).as_ref() == Some(id)));
    }
}
