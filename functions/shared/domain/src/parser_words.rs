//! What a parser says of a document that it cannot read, without what stood there. Its own words may quote a value, and the values of
//! our documents are URLs with signatures and names of people; errors go into logs, events of executions and notifications.

/// How the parser begins when it only names what our types know.
const OF_OUR_TYPES: [&str; 2] = ["missing field `", "duplicate field `"];

/// What is wrong and where, without a value of the document.
pub fn without_values(error: &serde_json::Error) -> String {
    let told = error.to_string();
    let harmless = !error.is_data() || OF_OUR_TYPES.iter().any(|begins| told.starts_with(begins));
    if harmless {
        return told;
    }
    format!("a value that does not fit at line {} column {}", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Line {
        #[expect(dead_code, reason = "only parsed")]
        number: u8,
        #[expect(dead_code, reason = "only parsed")]
        kind: Kind,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Known,
    }

    #[test]
    fn a_value_is_never_repeated() {
        for (text, expected) in [
            (r#"{"number": "SECRET"}"#, "a value that does not fit at line 1 column"),
            (r#"{"number": 1, "kind": "SECRET"}"#, "a value that does not fit"),
            (r#"{"SECRET": 1}"#, "a value that does not fit"),
            (r#"{"number": 1}"#, "missing field `kind` at line 1"),
            (r#"{"number": 1, "kind": "known", "number": 2}"#, "duplicate field `number`"),
            (r#"{"number": SECRET"#, "expected value at line 1"),
            (r#"{"number": 1, "kind": "SECRET"#, "EOF while parsing a string"),
        ] {
            let told = without_values(&serde_json::from_str::<Line>(text).unwrap_err());
            assert!(told.starts_with(expected), "{text}: {told}");
            assert!(!told.contains("SECRET"), "{text}: {told}");
        }
    }
}
