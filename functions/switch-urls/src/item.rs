//! A line on its way through a window.

use drayage_domain::outcome::{Outcome, WriteFailure};
use drayage_domain::row::FileRow;
use drayage_domain::state::FileState;
use drayage_domain::switch::SwitchLine;
use drayage_domain::switch::decide::{Answered, Decision, Holds, Standing, after, before, stored};
use drayage_domain::switch::results::LineEnding;
use drayage_domain::switch::written_row::message;
use drayage_salesforce::{CurrentRow, RowEnding, RowOutcome, RowUpdate};

use crate::context::Context;

/// Codes of Salesforce are short; anything longer is not one.
const CODE_CHARACTERS_MAX: usize = 60;

/// A line, what was read for it, and how far it is.
#[derive(Debug)]
pub(crate) struct Item<'a> {
    pub(crate) line: &'a SwitchLine,
    pub(crate) row: Option<FileRow>,
    /// The row is not, or not any more, the one that is stored.
    pub(crate) row_is_stale: bool,
    /// The record as it was read last; `None` when it is gone.
    pub(crate) found: Option<CurrentRow>,
    /// Whether it is to be written in a call of its own, because others lock it.
    pub(crate) alone: bool,
    pub(crate) stage: Stage,
    answered: Answered,
    detail: Option<String>,
    /// An earlier job has refused it.
    refused_before: bool,
}

/// How far an item is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stage {
    /// To be looked at.
    Open,
    /// Its intent is durable: it may be written.
    Ready,
    /// It may have been written: it has to be read back.
    Sent,
    /// Its row says how.
    Ended(LineEnding),
}

impl<'a> Item<'a> {
    /// An item of which nothing has been read yet.
    pub(crate) const fn new(line: &'a SwitchLine) -> Self {
        Self {
            line,
            row: None,
            row_is_stale: true,
            found: None,
            alone: false,
            stage: Stage::Open,
            answered: Answered::Anything,
            detail: None,
            refused_before: false,
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.line.record_id
    }

    /// What the record held when it was read last.
    pub(crate) fn holds(&self) -> Holds {
        self.found.as_ref().map_or(Holds::Gone, |row| Holds::of(self.line, row.value.as_deref()))
    }

    /// What is written.
    pub(crate) fn update(&self) -> RowUpdate<'a> {
        RowUpdate { id: &self.line.record_id, value: stored(self.line.to.as_deref()) }
    }

    fn state(&self) -> Option<FileState> {
        self.row.as_ref().map(|row| row.state)
    }

    /// Takes what Salesforce has answered. It decides nothing before the record is read back.
    pub(crate) fn take(&mut self, outcome: &RowOutcome) {
        self.stage = Stage::Sent;
        self.detail = None;
        self.answered = match &outcome.ending {
            RowEnding::Locked => Answered::Locked,
            RowEnding::Refused { code, fields, .. } => {
                self.detail = Some(refusal(code, fields));
                Answered::Refused
            }
            RowEnding::Written
            | RowEnding::ChangedMeanwhile
            | RowEnding::Gone
            | RowEnding::Unprocessed
            | RowEnding::Unknown { .. } => Answered::Anything,
        };
    }

    /// Takes what the job of an earlier invocation has answered.
    pub(crate) fn take_earlier(&mut self, outcome: &RowOutcome) {
        self.take(outcome);
        self.stage = Stage::Open;
        self.refused_before = self.answered == Answered::Refused;
        self.alone = self.answered == Answered::Locked;
    }

    /// It was about to be written, and the record held something else just then: nothing was sent.
    pub(crate) fn hold_back(&mut self) {
        self.stage = Stage::Sent;
        self.answered = Answered::Anything;
        self.detail = None;
    }

    /// What is to be done about it, before it is written.
    pub(crate) fn decide_before(&self, context: &Context) -> Decision {
        let direction = context.direction();
        let holds = self.holds();
        if self.refused_before && holds == Holds::From {
            return after(direction, self.state(), holds, Answered::Refused, true);
        }
        let standing = self
            .row
            .as_ref()
            .map(|row| Standing::of(row, self.line, direction, &context.run.run_id));
        before(direction, standing, holds)
    }

    /// What is to be done about it, after it was sent and read back.
    pub(crate) fn decide_after(&self, context: &Context, last: bool) -> Decision {
        after(context.direction(), self.state(), self.holds(), self.answered, last)
    }

    /// The ending that goes with an outcome.
    pub(crate) fn ending(&self, outcome: Outcome) -> LineEnding {
        let not_verified = Outcome::NotWritten(WriteFailure::NotVerified);
        let state = if outcome == not_verified {
            Some(match &self.row {
                None => "it has no row".to_owned(),
                Some(_) if self.row_is_stale => "somebody else writes its row".to_owned(),
                Some(row) => format!("its row is {}", row.state.name()),
            })
        } else {
            None
        };
        let detail = state.as_deref().or(self.detail.as_deref());
        LineEnding { outcome: outcome.label(), message: message(outcome, detail) }
    }
}

/// Code and fields. Salesforce's own message may quote the value, which does not belong in rows and results.
fn refusal(code: &str, fields: &[String]) -> String {
    let is_plain = |text: &str| {
        text.len() <= CODE_CHARACTERS_MAX
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
    };
    let code = if is_plain(code) && !code.is_empty() { code } else { "without a code" };
    let fields: Vec<&str> =
        fields.iter().map(String::as_str).filter(|field| is_plain(field)).collect();
    if fields.is_empty() { code.to_owned() } else { format!("{code} ({})", fields.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> SwitchLine {
        SwitchLine {
            record_id: "a0B000000000001AAA".to_owned(),
            account_id: None,
            account_name: None,
            from: Some("https://old/x".to_owned()),
            to: Some("https://new/x".to_owned()),
        }
    }

    fn outcome(ending: RowEnding) -> RowOutcome {
        RowOutcome { id: "a0B000000000001AAA".to_owned(), ending }
    }

    #[test]
    fn a_refusal_keeps_code_and_fields_and_no_text() {
        let line = line();
        let mut item = Item::new(&line);
        item.take(&outcome(RowEnding::Refused {
            code: "FIELD_CUSTOM_VALIDATION_EXCEPTION".to_owned(),
            message: "https://old/x?signature=s is bad".to_owned(),
            fields: vec!["Document__c".to_owned(), "https://old/x".to_owned()],
        }));
        let refused = Outcome::NotWritten(WriteFailure::Refused);
        let message = item.ending(refused).message.unwrap();
        assert!(message.ends_with("FIELD_CUSTOM_VALIDATION_EXCEPTION (Document__c)"), "{message}");
        assert_eq!(refusal("see https://old/x", &[]), "without a code");
    }

    #[test]
    fn an_empty_text_is_written_as_null() {
        let line = SwitchLine { to: Some(String::new()), ..line() };
        assert_eq!(Item::new(&line).update().value, None);
    }

    #[test]
    fn a_later_answer_replaces_an_earlier_one() {
        let line = line();
        let mut item = Item::new(&line);
        item.take(&outcome(RowEnding::Locked));
        assert_eq!(item.answered, Answered::Locked);
        item.take(&outcome(RowEnding::Written));
        assert_eq!((item.answered, item.stage), (Answered::Anything, Stage::Sent));
    }
}
