//! Definitions with plausible values for their substitutions.

use super::substitutions::used_in;

/// Fills in every substitution: a number where the name tells that it is one, else a text that fits an ARN's parts.
pub(super) fn rendered(text: &str) -> String {
    used_in(text).fold(text.to_owned(), |rendered, name| {
        let value = match name {
            "Partition" => "aws".to_owned(),
            _ if name.ends_with("Seconds") => "60".to_owned(),
            _ if name.ends_with("FunctionArn") => {
                format!("arn:aws:lambda:us-east-1:123456789012:function:{name}")
            }
            _ => name.to_lowercase(),
        };
        rendered.replace(&format!("${{{name}}}"), &value)
    })
}
