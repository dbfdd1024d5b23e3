//! Which state machines a migration of this size is best done with.

use serde::{Deserialize, Serialize};

/// From so many records on, copying and repointing are two steps that are looked at one by one.
const TWO_STEPS_FROM_RECORDS: u64 = 100_000;

/// What is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Procedure {
    /// One execution that copies and then repoints.
    #[serde(rename = "single-phase")]
    SinglePhase,
    /// `backup`, as often as it takes, and `migrate` when its result is good.
    #[serde(rename = "backup and migrate")]
    BackupAndMigrate,
}

/// A recommendation, with its reason for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recommendation {
    /// What to start.
    pub state_machine: Procedure,
    /// Why, in a sentence.
    pub why: String,
}

/// What to start for so many records.
pub fn recommend(records: u64) -> Recommendation {
    let (state_machine, why) = if records < TWO_STEPS_FROM_RECORDS {
        (
            Procedure::SinglePhase,
            format!(
                "{records} records are fewer than {TWO_STEPS_FROM_RECORDS}: copying and repointing fit one execution"
            ),
        )
    } else {
        (
            Procedure::BackupAndMigrate,
            format!(
                "{records} records are {TWO_STEPS_FROM_RECORDS} or more: copy them first, in full and then \
                 incrementally, and repoint them when everything is accounted for"
            ),
        )
    };
    Recommendation { state_machine, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_decides() {
        for (records, expected) in
            [(0, "single-phase"), (99_999, "single-phase"), (100_000, "backup and migrate")]
        {
            let told = serde_json::to_value(recommend(records)).unwrap();
            assert_eq!(told["stateMachine"], expected);
            assert!(told["why"].as_str().unwrap().contains(&records.to_string()));
        }
    }
}
