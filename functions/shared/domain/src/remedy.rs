//! What a person does about how a record, an object or a run has ended: one sentence each, shared by reports, the command line and
//! notifications. The runbook tells more under the same names.
//!
//! Commands stand in backticks and begin with `dray `; a test of `dray` holds them against its commands.

mod errors;
mod outcomes;

use crate::outcome::Outcome;
use crate::reconcile::{Category, Doubt};

pub use errors::{ERROR_REMEDIES, remedy_of_error};
pub use outcomes::{remedy_of_failure, remedy_of_outcome};

/// For what this version has no name for.
const UNKNOWN: &str = "Look at the message beside it in `dray status --errors`, and update this tool to the version that is deployed: it does not know the name.";

/// What a person does about an outcome such as `failed.access_denied` or a verdict such as `missing`. A label of a newer version
/// gets a general sentence.
pub fn remedy(label: &str) -> &'static str {
    if let Some(outcome) = Outcome::from_label(label) {
        return remedy_of_outcome(outcome);
    }
    match Category::of_label(label) {
        Some(Category::NotVerifiable) => label
            .split_once('.')
            .and_then(|(_, reason)| Doubt::from_label(reason))
            .map_or(UNKNOWN, Doubt::recommendation),
        Some(category) => remedy_of_verdict(category),
        None => UNKNOWN,
    }
}

/// What a person does about keys with a verdict of that category; a [`Doubt`] has its own recommendation.
pub const fn remedy_of_verdict(category: Category) -> &'static str {
    match category {
        Category::Match => "Nothing: both sides hold the same.",
        Category::Missing => {
            "Copy what is missing with `dray reconcile --fix`, which compares again afterwards."
        }
        Category::Extra => {
            "Look whether it belongs there, and leave it alone in case of doubt: nothing deletes it unless deleting is asked for."
        }
        Category::SizeDiffers => {
            "Find out who has overwritten the copy, then put the right one back with `dray reconcile --fix`."
        }
        Category::ContentDiffers => {
            "Treat the copy as damaged: find out what has written to the bucket, then replace it with `dray reconcile --fix`."
        }
        Category::NotVerifiable => "Compare again at a higher level, or with more rights.",
    }
}

#[cfg(test)]
mod tests;
