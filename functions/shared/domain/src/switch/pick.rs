//! Which ledger rows become lines of a plan, and why the others do not.

use std::collections::BTreeSet;

use super::line::{Direction, SwitchLine};
use super::options::{Scope, SwitchOptions};
use crate::destination_key::{DestinationKey, KeyProblem, KeyRules};
use crate::outcome::SkipReason;
use crate::row::FileRow;
use crate::state::FileState;

/// Reads rows for a run.
#[derive(Debug)]
pub struct Picker {
    direction: Direction,
    rules: KeyRules,
    /// Without its records.
    scope: Scope,
    records: Option<BTreeSet<String>>,
}

/// What a row is to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picked {
    /// Nothing: it is out of scope.
    OutOfScope,
    /// A line of the plan.
    Line(SwitchLine),
    /// In scope and not in the plan, for the reason of this label.
    NotPlanned(String),
}

impl Picker {
    /// For a run with these options.
    ///
    /// # Errors
    /// The beginning of new URLs is not one.
    pub fn new(options: &SwitchOptions) -> Result<Self, KeyProblem> {
        let records = options.scope.records.as_ref();
        Ok(Self {
            direction: options.direction,
            rules: KeyRules::new("", &options.new_url_base, options.url_length_max)?,
            scope: Scope { records: None, ..options.scope.clone() },
            records: records.map(|records| records.iter().cloned().collect()),
        })
    }

    /// Whether a record is in scope, but for the number of records.
    ///
    /// * `account`: id and name of the record's account.
    /// * `switched_by`: the run that has switched it.
    pub fn includes(
        &self,
        record_id: &str,
        account: (Option<&str>, Option<&str>),
        switched_by: Option<&str>,
    ) -> bool {
        self.records.as_ref().is_none_or(|records| records.contains(record_id))
            && self.scope.includes(record_id, account, switched_by)
    }

    /// What a row is to the run.
    pub fn pick(&self, row: &FileRow) -> Picked {
        let account = (row.account_id.as_deref(), row.account_name.as_deref());
        if !self.includes(&row.record_id, account, row.switched_by.as_deref()) {
            return Picked::OutOfScope;
        }
        let texts = match (self.direction, row.state) {
            (Direction::Switch, FileState::Verified) => self.new_url(row),
            // What was intended is settled before anything else is intended.
            (Direction::Switch, FileState::Switching) => {
                row.new_url.clone().map_or_else(|| self.new_url(row), Ok)
            }
            // Also what a killed run was about to write: reading the record tells whether it did.
            (
                Direction::Restore,
                FileState::Switched | FileState::RestoringUrl | FileState::Switching,
            ) => row.new_url.clone().ok_or_else(|| why_not(row.state, Some("no_new_url"))),
            // Deleted after its switch and restored from the recycle bin: it points at the destination again.
            (Direction::Restore, FileState::Skipped)
                if row.reason.as_deref() == Some(SkipReason::AlreadyMigrated.label())
                    && row.switched_by.is_some()
                    && row.original_url != row.new_url =>
            {
                row.new_url.clone().ok_or_else(|| why_not(row.state, Some("no_new_url")))
            }
            (Direction::Switch | Direction::Restore, _) => {
                Err(why_not(row.state, row.reason.as_deref()))
            }
        };
        match texts {
            Err(label) => Picked::NotPlanned(label),
            Ok(new_url) => {
                let line = SwitchLine {
                    record_id: row.record_id.clone(),
                    account_id: row.account_id.clone(),
                    account_name: row.account_name.clone(),
                    from: row.original_url.clone(),
                    to: Some(new_url),
                };
                Picked::Line(match self.direction {
                    Direction::Switch => line,
                    Direction::Restore => line.reversed(),
                })
            }
        }
    }

    /// What a record with a proven copy is going to hold, or the label of why it stays as it is.
    fn new_url(&self, row: &FileRow) -> Result<String, String> {
        let why_not = |reason| Err(why_not(row.state, Some(reason)));
        let (Some(key), Some(original)) = (&row.destination_key, &row.original_url) else {
            return why_not("no_destination_key");
        };
        let new_url = match DestinationKey::new(key.clone()) {
            Ok(key) => self.rules.url_of(&key),
            Err(problem) => return why_not(problem.reason()),
        };
        if new_url.chars().count() > self.rules.url_length_max() {
            return Err("new_url_too_long".to_owned());
        }
        if new_url == *original {
            return why_not("already_migrated");
        }
        Ok(new_url)
    }
}

/// The label of a row that is not in a plan: its state, and the reason that it carries.
fn why_not(state: FileState, reason: Option<&str>) -> String {
    let state = match state {
        FileState::Discovered => "discovered",
        FileState::Verified => "verified",
        FileState::Switching => "switching",
        FileState::Switched => "switched",
        FileState::RestoringUrl => "restoring_url",
        FileState::Failed => "failed",
        FileState::Skipped => "skipped",
        FileState::SourceGone => "source_gone",
        FileState::Drifted => "drifted",
        FileState::Conflict => "conflict",
    };
    match reason {
        Some(reason) if !reason.is_empty() => format!("{state}.{reason}"),
        Some(_) | None => state.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ObjectFields;
    use crate::run_input::Trigger;
    use crate::switch::mode::ModeChoice;

    fn picker(direction: Direction, scope: Scope) -> Picker {
        Picker::new(&SwitchOptions {
            direction,
            execute: true,
            plan_hash: None,
            approval: false,
            probe: true,
            mode: ModeChoice::Auto,
            scope,
            rollback_file: None,
            fields: ObjectFields::new("O__c".to_owned(), "U__c".to_owned(), "A__c".to_owned()),
            url_length_max: 40,
            org_id: None,
            org: None,
            destination_bucket: "b".to_owned(),
            new_url_base: "https://new.example/".to_owned(),
            trigger: Trigger::Manual,
        })
        .unwrap()
    }

    fn row(state: FileState) -> FileRow {
        FileRow {
            record_id: "a0B000000000001AAA".to_owned(),
            account_id: Some("001000000000001AAA".to_owned()),
            account_name: Some("Acme".to_owned()),
            original_url: Some(" https://old.example/a ".to_owned()),
            destination_key: Some("up/a b.pdf".to_owned()),
            source: None,
            proof: None,
            state,
            reason: None,
            message: None,
            run_id: "b".to_owned(),
            at: "2026-01-01T00:00:00Z".to_owned(),
            system_modstamp: None,
            new_url: None,
            switched_by: None,
            attempts: 0,
            version: 1,
        }
    }

    fn switched(state: FileState) -> FileRow {
        let new_url = Some("https://earlier.example/a".to_owned());
        FileRow { new_url, switched_by: Some("m".to_owned()), ..row(state) }
    }

    fn texts(picked: Picked) -> (Option<String>, Option<String>) {
        match picked {
            Picked::Line(line) => (line.from, line.to),
            Picked::OutOfScope | Picked::NotPlanned(_) => panic!("{picked:?}"),
        }
    }

    fn label(direction: Direction, row: &FileRow) -> String {
        match picker(direction, Scope::default()).pick(row) {
            Picked::NotPlanned(label) => label,
            other @ (Picked::Line(_) | Picked::OutOfScope) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_proven_copy_is_switched_to_from_the_text_byte_for_byte() {
        let picked = picker(Direction::Switch, Scope::default()).pick(&row(FileState::Verified));
        let (from, to) = texts(picked);
        assert_eq!(from.as_deref(), Some(" https://old.example/a "));
        assert_eq!(to.as_deref(), Some("https://new.example/up/a%20b.pdf"));
    }

    #[test]
    fn an_intent_is_gone_on_with_as_it_was() {
        let switch = picker(Direction::Switch, Scope::default());
        let (_, to) = texts(switch.pick(&switched(FileState::Switching)));
        assert_eq!(to.as_deref(), Some("https://earlier.example/a"));
        // Restored once, it is switched to where it is today.
        let (_, to) = texts(switch.pick(&switched(FileState::Verified)));
        assert_eq!(to.as_deref(), Some("https://new.example/up/a%20b.pdf"));
    }

    #[test]
    fn a_restore_puts_back_what_was_there() {
        let restore = picker(Direction::Restore, Scope::default());
        for state in [FileState::Switched, FileState::RestoringUrl] {
            let (from, to) = texts(restore.pick(&switched(state)));
            assert_eq!(from.as_deref(), Some("https://earlier.example/a"));
            assert_eq!(to.as_deref(), Some(" https://old.example/a "));
        }
    }

    #[test]
    fn what_is_not_planned_has_a_label() {
        use Direction::{Restore, Switch};
        let failed = FileRow { reason: Some("access_denied".to_owned()), ..row(FileState::Failed) };
        assert_eq!(label(Switch, &failed), "failed.access_denied");
        assert_eq!(label(Switch, &row(FileState::Switched)), "switched");
        assert_eq!(label(Switch, &row(FileState::RestoringUrl)), "restoring_url");
        assert_eq!(label(Restore, &row(FileState::Verified)), "verified");
        assert_eq!(label(Restore, &row(FileState::Switched)), "switched.no_new_url");
        let verified = row(FileState::Verified);
        let long = FileRow { destination_key: Some("é".repeat(10)), ..verified.clone() };
        assert_eq!(label(Switch, &long), "new_url_too_long");
        let keyless = FileRow { destination_key: None, ..verified.clone() };
        assert_eq!(label(Switch, &keyless), "verified.no_destination_key");
        let bad = FileRow { destination_key: Some("a//b".to_owned()), ..verified.clone() };
        assert_eq!(label(Switch, &bad), "verified.invalid_key");
        let there = Some("https://new.example/up/a%20b.pdf".to_owned());
        let there = FileRow { original_url: there, ..verified };
        assert_eq!(label(Switch, &there), "verified.already_migrated");
    }

    #[test]
    fn what_is_out_of_scope_is_not_even_counted() {
        let other = Scope { records: Some(vec!["other".to_owned()]), ..Scope::default() };
        let by_run = Scope { run: Some("other".to_owned()), ..Scope::default() };
        for scope in [other, by_run] {
            let picker = picker(Direction::Restore, scope);
            assert_eq!(picker.pick(&switched(FileState::Switched)), Picked::OutOfScope);
        }
        let by_run = Scope { run: Some("m".to_owned()), ..Scope::default() };
        texts(picker(Direction::Restore, by_run).pick(&switched(FileState::Switched)));
    }

    #[test]
    fn what_a_killed_run_or_the_recycle_bin_has_left_is_put_back_too() {
        let undeleted = FileRow {
            reason: Some(SkipReason::AlreadyMigrated.label().to_owned()),
            ..switched(FileState::Skipped)
        };
        for row in [switched(FileState::Switching), undeleted] {
            let (from, to) = texts(picker(Direction::Restore, Scope::default()).pick(&row));
            assert_eq!((from, to), (row.new_url.clone(), row.original_url.clone()));
        }
        let never_switched = FileRow { switched_by: None, ..switched(FileState::Skipped) };
        assert!(label(Direction::Restore, &never_switched).starts_with("skipped"));
    }
}
