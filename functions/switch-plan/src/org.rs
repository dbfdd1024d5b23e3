//! What only the org can tell: how many API calls it has left, and whether it guards updates.

use drayage_aws::clients::Clients;
use drayage_domain::switch::SwitchLine;
use drayage_domain::switch::mode::{ModeChoice, ModeFacts, UpdateMode};
use drayage_domain::switch::options::SwitchOptions;
use drayage_lambda_kit::error::FunctionError;
use drayage_lambda_kit::salesforce;
use drayage_salesforce::{ApiUsage, Client, CurrentRow, GuardCheck, RowUpdate, SalesforceError};

use crate::Context;
use crate::draft::Draft;

/// Calls that a run makes besides those for its records: sign-ins of every invocation, limits, the canary.
const RESERVED_CALLS: u64 = 50;
/// The canary is tried with so many records before it is given up: one may be locked, or be refused by a rule.
const CANARIES_MAX: usize = 3;

/// What was learned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// API calls that the org has left today, where it tells.
    pub(crate) api_calls_left: Option<u64>,
    /// API calls that have to be left besides: the share of others, and what a run needs on top.
    pub(crate) reserve: u64,
    /// What trying guarded updates has shown; none where they were not tried.
    pub(crate) guard: Option<Tried>,
}

/// What trying guarded updates has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tried {
    /// The org refused an update of a record that was edited since the time that the update named.
    Works,
    /// It did not.
    Ignored,
    /// No record could be tried with, for this reason.
    Impossible(String),
}

impl Facts {
    /// What the choice of a way depends on.
    pub(crate) fn for_mode(&self, options: &SwitchOptions, records: u64) -> ModeFacts {
        ModeFacts {
            records,
            execute: options.execute,
            guard_works: self.guard_works(),
            api_calls_left: self.api_calls_left,
            reserve: self.reserve,
        }
    }

    /// Whether it matters if guarded updates work: they may be chosen, and the budget bears them.
    fn may_guard(&self, options: &SwitchOptions, records: u64) -> bool {
        let may_be_chosen = match options.mode {
            ModeChoice::Auto | ModeChoice::Guarded => true,
            ModeChoice::Collections | ModeChoice::Bulk => false,
        };
        may_be_chosen && self.for_mode(options, records).bears(UpdateMode::Guarded)
    }

    fn guard_works(&self) -> Option<bool> {
        match self.guard {
            Some(Tried::Works) => Some(true),
            Some(Tried::Ignored) => Some(false),
            Some(Tried::Impossible(_)) | None => None,
        }
    }
}

/// Asks the org.
///
/// * `canary`: whether guarded updates may be tried, which may write: the value that the record has.
pub(crate) async fn ask(
    clients: &Clients,
    context: &Context,
    draft: &Draft,
    canary: bool,
) -> Result<Facts, FunctionError> {
    let client = salesforce::connect(clients, &context.settings.salesforce_secret).await?;
    // Without the permission to read the limits, the headers of the calls made so far tell the same.
    let api_calls_left = match client.limits().await? {
        Some(limits) => limits.daily_api_requests().map(|limit| limit.remaining),
        None => client.usage().map(ApiUsage::remaining),
    };
    let allowed = client.usage().map_or(0, ApiUsage::allowed);
    let of_others = allowed.saturating_mul(context.settings.api_reserve_percent) / 100;
    let mut facts = Facts { api_calls_left, reserve: RESERVED_CALLS + of_others, guard: None };
    if canary && facts.may_guard(&context.options, draft.records) {
        facts.guard = Some(try_guard(&client, context, draft).await?);
    }
    Ok(facts)
}

/// Writes what a record already holds, on a condition that no record meets. Only a record that holds what the plan says is
/// taken, so that an org which ignores the condition writes nothing new.
async fn try_guard(
    client: &Client,
    context: &Context,
    draft: &Draft,
) -> Result<Tried, FunctionError> {
    let fields = &context.options.fields;
    let ids: Vec<&str> = draft.first.iter().map(|line| line.record_id.as_str()).collect();
    let rows = client.read_rows(&fields.object, &fields.url_field, &ids).await?;
    let mut why = None;
    let fit = draft.first.iter().zip(&rows).filter_map(|(line, row)| fit(line, row.as_ref()));
    for row in fit.take(CANARIES_MAX) {
        match client.canary(&fields.object, &fields.url_field, row).await {
            Ok(GuardCheck::Works) => return Ok(Tried::Works),
            Ok(GuardCheck::Ignored) => return Ok(Tried::Ignored),
            Err(error) if is_of_the_record(&error) => {
                tracing::warn!(
                    error = error.error_type(),
                    "the canary says nothing about the guard"
                );
                why = Some(error.error_type());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Tried::Impossible(why.map_or_else(
        || format!("none of the first {} records holds what the plan says", ids.len()),
        |error_type| format!("the org refused the try for another reason ({error_type})"),
    )))
}

/// What is written to try the guard with a record, if it can be tried with.
fn fit<'a>(line: &'a SwitchLine, row: Option<&CurrentRow>) -> Option<RowUpdate<'a>> {
    let value = line.from.as_deref();
    // A composite call takes @{ for a reference, and Salesforce an empty text for null.
    let sendable = value.is_none_or(|value| !value.is_empty() && !value.contains("@{"));
    let holds = row.is_some_and(|row| row.value.as_deref() == value);
    (sendable && holds).then_some(RowUpdate { id: &line.record_id, value })
}

/// Whether another record may give an answer where this one gave none.
fn is_of_the_record(error: &SalesforceError) -> bool {
    matches!(
        error,
        SalesforceError::RowLocked(_)
            | SalesforceError::Rejected(_)
            | SalesforceError::NotFound(_)
            | SalesforceError::Permission(_)
            | SalesforceError::Protocol { .. }
    )
}

#[cfg(test)]
mod tests {
    use drayage_domain::switch::Direction;

    use super::*;
    use crate::test_support::{line, options};

    fn row(value: Option<&str>) -> CurrentRow {
        CurrentRow {
            value: value.map(str::to_owned),
            last_modified: "2026-01-01T00:00:00Z".parse().unwrap(),
            system_modstamp: "2026-01-01T00:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn the_guard_is_tried_only_where_it_may_be_used() {
        let facts = |api_calls_left| Facts { api_calls_left, reserve: 50, guard: None };
        let auto = options(Direction::Switch);
        assert!(facts(None).may_guard(&auto, 1_000) && facts(Some(1_000)).may_guard(&auto, 1_000));
        assert!(!facts(Some(50)).may_guard(&auto, 1_000));
        let bulk = SwitchOptions { mode: ModeChoice::Bulk, ..auto };
        assert!(!facts(None).may_guard(&bulk, 1_000));
    }

    #[test]
    fn the_canary_writes_nothing_but_what_the_record_holds() {
        let line = line(1, Some(1));
        let from = line.from.as_deref();
        let update = fit(&line, Some(&row(from))).unwrap();
        assert_eq!((update.id, update.value), (line.record_id.as_str(), from));
        assert_eq!(fit(&line, Some(&row(line.to.as_deref()))), None);
        assert_eq!(fit(&line, Some(&row(None))), None);
        assert_eq!(fit(&line, None), None);
    }

    #[test]
    fn a_text_that_cannot_be_sent_is_not_tried_with() {
        for text in ["", "https://old/@{x}"] {
            let line = SwitchLine { from: Some(text.to_owned()), ..line(1, None) };
            assert_eq!(fit(&line, Some(&row(Some(text)))), None);
        }
    }
}
