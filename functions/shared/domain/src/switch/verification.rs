//! The second look at every record of a run, after everything was written: what it holds against what it must hold.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::run_files::kept;

/// What a second look has found, of one batch or of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// Records that were looked at.
    pub records: u64,
    /// Records that hold exactly what their outcome says.
    pub as_told: u64,
    /// Records that do not, by [`Surprise::label`].
    pub surprises: BTreeMap<String, u64>,
    /// API calls that it took.
    pub api_calls: u64,
}

impl Verification {
    /// Counts one record.
    pub fn add(&mut self, surprise: Option<Surprise>) {
        self.records += 1;
        match surprise {
            None => self.as_told += 1,
            Some(surprise) => {
                *self.surprises.entry(surprise.label().to_owned()).or_default() += 1;
            }
        }
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.records += other.records;
        self.as_told += other.as_told;
        self.api_calls += other.api_calls;
        for (label, count) in &other.surprises {
            *self.surprises.entry(label.clone()).or_default() += count;
        }
    }

    /// Whether every record holds what its outcome says.
    pub fn holds(&self) -> bool {
        self.records == self.as_told
    }
}

/// What a record holds although its outcome says something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Surprise {
    /// Somebody has edited it since it was written; the edit is kept.
    EditedSince,
    /// It was deleted since it was written.
    DeletedSince,
    /// It had not been written when it was last read, and a call that had been given up was carried out after that. The ledger knows
    /// it now.
    WrittenLate,
}

impl Surprise {
    /// The fixed `snake_case` name.
    pub const fn label(self) -> &'static str {
        match self {
            Self::EditedSince => "edited_since",
            Self::DeletedSince => "deleted_since",
            Self::WrittenLate => "written_late",
        }
    }
}

/// What a second look at one batch has found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchVerification {
    /// The numbers.
    pub found: Verification,
    /// The surprises by record id, by their label.
    pub surprises: BTreeMap<String, String>,
}

/// The key of what the second look at a batch has found.
pub fn verification_key(run_id: &str, number: u32) -> String {
    kept(run_id, &format!("verification/{number:06}.json"))
}
