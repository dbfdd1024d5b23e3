//! Faults that belong to a row or a field: locks, validation rules and field-level security.

use std::collections::BTreeMap;

use super::super::error::SaveError;
use super::super::id;
use super::row_events::RowEvents;
use super::{FaultPlan, FieldLength, FieldName, LockShare, ValidationRule};

/// The running state of a plan's row faults.
#[derive(Debug, Clone, Default)]
pub(crate) struct RowFaults {
    locks: BTreeMap<String, u32>,
    lock_share: Option<LockShare>,
    refused: BTreeMap<String, u32>,
    rules: Vec<ValidationRule>,
    hidden: Vec<FieldName>,
    read_only: Vec<FieldName>,
    lengths: Vec<FieldLength>,
    pub(crate) events: RowEvents,
    seed: u64,
}

impl RowFaults {
    pub(crate) fn new(plan: &FaultPlan, seed: u64) -> Self {
        let long = |text: &String| id::to_18(text).unwrap_or_else(|| text.clone());
        Self {
            locks: plan.row_locks.iter().map(|(row, tries)| (long(row), *tries)).collect(),
            lock_share: plan.lock_share,
            refused: BTreeMap::new(),
            rules: plan
                .validation_rules
                .iter()
                .map(|rule| ValidationRule {
                    ids: rule.ids.iter().map(long).collect(),
                    ..rule.clone()
                })
                .collect(),
            hidden: plan.hidden_fields.clone(),
            read_only: plan.read_only_fields.clone(),
            lengths: plan.field_lengths.clone(),
            events: RowEvents::new(plan),
            seed,
        }
    }

    /// Refuses the write while the row still counts as locked by another transaction.
    pub(crate) fn check_lock(&mut self, row: &str) -> Result<(), SaveError> {
        let tries = self.locks.get(row).copied().or_else(|| {
            self.lock_share.filter(|share| self.is_chosen(row, share.one_in)).map(|s| s.tries)
        });
        let Some(tries) = tries else { return Ok(()) };
        let refused = self.refused.entry(row.to_owned()).or_default();
        if *refused >= tries {
            return Ok(());
        }
        *refused += 1;
        Err(SaveError::new(
            "UNABLE_TO_LOCK_ROW",
            format!("unable to obtain exclusive access to this record or 1 records: {row}"),
        ))
    }

    /// Chooses rows by a hash of the id and the seed (FNV-1a, which is stable between builds).
    fn is_chosen(&self, row: &str, one_in: u64) -> bool {
        let start = 0xcbf2_9ce4_8422_2325_u64 ^ self.seed;
        let hash = row
            .bytes()
            .fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        one_in > 0 && (hash >> 7) % one_in == 0
    }

    /// Applies the validation rules to one new value.
    pub(crate) fn check_rules(
        &self,
        sobject: &str,
        row: &str,
        field: &str,
        value: &str,
    ) -> Result<(), SaveError> {
        let broken = self.rules.iter().find(|rule| {
            rule.sobject.eq_ignore_ascii_case(sobject)
                && rule.field.eq_ignore_ascii_case(field)
                && value.contains(&rule.contains)
                && (rule.ids.is_empty() || rule.ids.iter().any(|id| id == row))
        });
        match broken {
            Some(rule) => {
                Err(SaveError::new("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message.clone())
                    .field(field))
            }
            None => Ok(()),
        }
    }

    pub(crate) fn is_hidden(&self, sobject: &str, field: &str) -> bool {
        names(&self.hidden, sobject, field)
    }

    /// The length that an administrator has given a field.
    pub(crate) fn length_of(&self, sobject: &str, field: &str) -> Option<usize> {
        self.lengths
            .iter()
            .find(|entry| {
                entry.sobject.eq_ignore_ascii_case(sobject)
                    && entry.field.eq_ignore_ascii_case(field)
            })
            .map(|entry| entry.length)
    }

    pub(crate) fn is_read_only(&self, sobject: &str, field: &str) -> bool {
        names(&self.read_only, sobject, field)
    }
}

fn names(list: &[FieldName], sobject: &str, field: &str) -> bool {
    list.iter().any(|entry| {
        entry.sobject.eq_ignore_ascii_case(sobject) && entry.field.eq_ignore_ascii_case(field)
    })
}
