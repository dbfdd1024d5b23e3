//! Why a run was broken off, in words for people: what a state machine caught, without its wrapping.

use serde_json::Value;

use crate::words::shortened;

/// Nobody reads more of a cause, in characters.
const MESSAGE_CHARACTERS_MAX: usize = 1_000;
/// Executions inside executions, at most so deep: backup in migrate in single-phase.
const NESTING_MAX: u32 = 4;

/// A failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The error's fixed name.
    pub name: String,
    /// What happened. Has no URLs.
    pub message: String,
    /// What to do, where the error says so.
    pub hint: Option<String>,
}

impl Failure {
    /// The failure that was caught under that name with that cause.
    ///
    /// The cause of a failed Lambda is JSON with an `errorMessage`; that of a failed execution is its description, which
    /// repeats its input, so only the inner `Error` and `Cause` are taken out of it
    /// (<https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html>).
    pub fn caught(name: &str, cause: &str) -> Self {
        let (name, message) = unwrapped(name, cause, NESTING_MAX);
        let (message, hint) = match message.split_once("hint: ") {
            Some((message, hint)) => {
                (message.trim_end_matches([' ', ';']).to_owned(), Some(clean(hint)))
            }
            None => (message, None),
        };
        let name = if name.trim().is_empty() { "an error without a name" } else { &name };
        Self { name: shortened(name, 120), message: clean(&message), hint }
    }

    /// All of it in one line.
    pub fn line(&self) -> String {
        let mut text = self.name.clone();
        if !self.message.is_empty() {
            text.push_str(": ");
            text.push_str(&self.message);
        }
        if let Some(hint) = &self.hint {
            text.push_str("; hint: ");
            text.push_str(hint);
        }
        text
    }
}

fn unwrapped(name: &str, cause: &str, depth: u32) -> (String, String) {
    let Ok(Value::Object(wrapping)) = serde_json::from_str(cause) else {
        return (name.to_owned(), cause.to_owned());
    };
    let text = |field: &str| wrapping.get(field).and_then(Value::as_str);
    if let Some(message) = text("errorMessage") {
        return (name.to_owned(), message.to_owned());
    }
    match (text("Error"), text("Cause")) {
        (None, None) => (name.to_owned(), String::new()),
        (error, cause) if depth > 0 => {
            unwrapped(error.unwrap_or(name), cause.unwrap_or_default(), depth - 1)
        }
        (error, _) => (error.unwrap_or(name).to_owned(), String::new()),
    }
}

/// One line without URLs, which may carry signatures.
fn clean(text: &str) -> String {
    let words = text.split_whitespace().map(|word| {
        if word.contains("://")
            && !word.trim_start_matches(['`', '"', '\'', '(']).starts_with("s3://")
        {
            "(URL left out)"
        } else {
            word
        }
    });
    shortened(&words.collect::<Vec<_>>().join(" "), MESSAGE_CHARACTERS_MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_message_of_a_function_is_taken_apart() {
        let cause = json!({
            "errorType": "NotReady",
            "errorMessage": "the backup is not accounted for\n; hint: run a backup first"
        });
        let failure = Failure::caught("NotReady", &cause.to_string());
        assert_eq!(failure.name, "NotReady");
        assert_eq!(failure.message, "the backup is not accounted for");
        assert_eq!(failure.hint.as_deref(), Some("run a backup first"));
        assert_eq!(
            failure.line(),
            "NotReady: the backup is not accounted for; hint: run a backup first"
        );
    }

    #[test]
    fn the_description_of_an_inner_execution_gives_its_error_and_nothing_of_its_input() {
        let inner = json!({"errorMessage": "the login is refused"}).to_string();
        let described = json!({
            "Input": "{\"accounts\":[\"Acme\"]}", "Error": "SalesforceAuthFailed", "Cause": inner
        });
        let failure = Failure::caught("States.TaskFailed", &described.to_string());
        assert_eq!(failure.line(), "SalesforceAuthFailed: the login is refused");
        let silent = json!({"Input": "{\"accounts\":[\"Acme\"]}", "Status": "ABORTED"});
        assert_eq!(
            Failure::caught("States.TaskFailed", &silent.to_string()).line(),
            "States.TaskFailed"
        );
    }

    #[test]
    fn urls_are_left_out_and_long_texts_are_cut() {
        let failure =
            Failure::caught("", &format!("no https://x.example/?sig=1 {}", "a".repeat(2000)));
        assert!(failure.message.starts_with("no (URL left out) aaa"));
        assert_eq!(failure.message.chars().count(), MESSAGE_CHARACTERS_MAX);
        assert_eq!(failure.name, "an error without a name");
        assert_eq!(Failure::caught("E", "`s3://b/k` is refused").message, "`s3://b/k` is refused");
    }
}
