//! A problem with something a person wrote: what is wrong, where, and what to do.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One problem. Parsers return all of them at once, so that nobody has to fix a configuration one line per attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The field, variable or position at fault, such as `maxFiles` or `DRAYAGE_BATCH_SIZE`.
    pub place: String,
    /// What is wrong with it. Never repeats a secret.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl Problem {
    /// A problem at `place`.
    pub fn new(
        place: impl Into<String>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { place: place.into(), message: message.into(), hint: hint.into() }
    }

    /// A problem from an error whose text carries its own `hint:`.
    pub fn from_error(place: impl Into<String>, error: &impl fmt::Display) -> Self {
        let text = error.to_string();
        match text.split_once("; hint: ") {
            Some((message, hint)) => Self::new(place, message, hint),
            None => Self::new(place, text, "correct the value"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}; hint: {}", self.place, self.message, self.hint)
    }
}

/// All of `problems` as one text, one per line.
pub fn joined(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
