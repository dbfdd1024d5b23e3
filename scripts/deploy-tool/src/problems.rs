//! Everything that keeps a deployment back, told at once: a person mends it all and calls the script a second time, not a tenth.

use std::fmt;

use anyhow::{Result, bail};

/// One thing that is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    what: String,
    hint: String,
}

impl Problem {
    pub(crate) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }

    /// An error of a call, which brings its own hint.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        let told = format!("{error:#}");
        match told.rsplit_once("hint: ") {
            Some((what, hint)) => Self::new(what.trim(), hint),
            None => Self::new(told, "the message above is that of the AWS CLI"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}\n    hint: {}", self.what, self.hint)
    }
}

/// An error that names all of them, unless there are none.
pub(crate) fn refuse(problems: &[Problem]) -> Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    let listed: Vec<String> = problems.iter().map(|problem| format!("  - {problem}")).collect();
    let noun = if problems.len() == 1 { "problem" } else { "problems" };
    bail!("nothing was built or deployed: {} {noun}\n{}", problems.len(), listed.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_problems_are_told_with_their_hints() {
        assert!(refuse(&[]).is_ok());
        let problems = [Problem::new("one", "mend it"), Problem::new("two", "mend that")];
        let told = refuse(&problems).unwrap_err().to_string();
        assert!(told.contains("2 problems\n  - one\n    hint: mend it\n  - two"), "{told}");
    }
}
