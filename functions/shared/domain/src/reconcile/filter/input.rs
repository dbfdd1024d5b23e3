//! The filter as people write it, and everything that can be wrong with it.

use glob::Pattern;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Filter;
use crate::input_fields;
use crate::problem::Problem;

/// Patterns per list. Every key is held against all of them.
pub const PATTERNS_MAX: usize = 100;

/// The fields of [`FilterInput`] as they are spelled in JSON, with what each takes.
const FIELDS: [(&str, &str); 6] = [
    ("include", "a list of patterns such as [\"*.pdf\"]"),
    ("exclude", "a list of patterns such as [\"tmp/*\"]"),
    ("minSizeBytes", "a whole number of bytes"),
    ("maxSizeBytes", "a whole number of bytes"),
    ("modifiedFrom", "a time such as \"2026-01-31T00:00:00Z\""),
    ("modifiedBefore", "a time such as \"2026-01-31T00:00:00Z\""),
];

/// The filter of a run, as it is written in its input. `{}` is everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FilterInput {
    /// Only keys that match one of these patterns. Absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include: Option<Vec<String>>,
    /// No keys that match one of these patterns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// Only objects of at least so many bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_size_bytes: Option<u64>,
    /// Only objects of at most so many bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_size_bytes: Option<u64>,
    /// Only objects that were last written at that time or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_from: Option<Timestamp>,
    /// Only objects that were last written before that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_before: Option<Timestamp>,
}

impl FilterInput {
    /// Checks an input. Returns every problem, each naming its field.
    pub fn parse(input: &Value) -> Result<(Self, Filter), Vec<Problem>> {
        let parsed: Self = input_fields::parse(input, &FIELDS)?;
        let filter = parsed.filter()?;
        Ok((parsed, filter))
    }

    /// The filter, ready to select.
    pub fn filter(&self) -> Result<Filter, Vec<Problem>> {
        let mut problems = Vec::new();
        self.check(&mut problems);
        let mut set =
            |place: &str, patterns: &[String]| read_patterns(place, patterns, &mut problems);
        let include = self.include.as_deref().map(|patterns| set("include", patterns));
        let exclude = set("exclude", &self.exclude);
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Filter {
            include,
            exclude,
            size_min_bytes: self.min_size_bytes,
            size_max_bytes: self.max_size_bytes,
            modified_from: self.modified_from,
            modified_before: self.modified_before,
        })
    }

    fn check(&self, problems: &mut Vec<Problem>) {
        if self.include.as_ref().is_some_and(Vec::is_empty) {
            problems.push(Problem::new(
                "include",
                "is an empty list, which would select nothing",
                "leave the field out to take all keys",
            ));
        }
        if let (Some(min), Some(max)) = (self.min_size_bytes, self.max_size_bytes)
            && min > max
        {
            problems.push(Problem::new(
                "minSizeBytes",
                format!("is above maxSizeBytes ({min} > {max}), which would select nothing"),
                "exchange the two, or leave one out",
            ));
        }
        if let (Some(from), Some(before)) = (self.modified_from, self.modified_before)
            && from >= before
        {
            problems.push(Problem::new(
                "modifiedFrom",
                format!(
                    "is not before modifiedBefore ({from}, {before}), which would select nothing"
                ),
                "exchange the two, or leave one out",
            ));
        }
    }
}

/// Every pattern that can be read; the others become problems.
fn read_patterns(place: &str, patterns: &[String], problems: &mut Vec<Problem>) -> Vec<Pattern> {
    if patterns.len() > PATTERNS_MAX {
        problems.push(Problem::new(
            place,
            format!("has {} patterns, more than {PATTERNS_MAX}", patterns.len()),
            "use a prefix, or wider patterns",
        ));
    }
    let mut read = Vec::new();
    for text in patterns {
        if text.is_empty() {
            problems.push(Problem::new(
                place,
                "has an empty pattern, which matches nothing",
                "give a pattern such as *.pdf, or leave it out",
            ));
            continue;
        }
        match Pattern::new(text) {
            Ok(pattern) => read.push(pattern),
            Err(error) => problems.push(Problem::new(
                place,
                format!("{text:?} is not a pattern: {}", error.msg),
                "* stands for any characters, ? for one, [ab] for one of some, and [*] for the character itself",
            )),
        }
    }
    read
}
